package ensemblemember

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// A change is what an apply makes of one server.
type change struct {
	id int64
	// was is what was planned against; nil for a server that joins. want is what it becomes; nil for one that leaves.
	was, want *zk.Member
	// version is that of the configuration that was planned against; null where that is not known.
	version types.Int64
}

// doing is the change in the words of a diagnostic.
func (c change) doing() string {
	switch {
	case c.was == nil:
		return fmt.Sprintf("add server %d to the ensemble", c.id)
	case c.want == nil:
		return fmt.Sprintf("remove server %d from the ensemble", c.id)
	default:
		return fmt.Sprintf("change server %d of the ensemble", c.id)
	}
}

// turns has the changes of one run made one after the other.
type turns struct {
	// free holds one, who may change the ensemble and what follows.
	free chan struct{}
	// made has the version that this run has made of another.
	made map[int64]int64
}

// turnsKey is where a session keeps them.
type turnsKey struct{}

func turnsOf(s *session.Session) *turns {
	kept, _ := s.Notes().LoadOrStore(turnsKey{}, &turns{free: make(chan struct{}, 1), made: make(map[int64]int64)})
	t, _ := kept.(*turns)
	return t
}

// latest is what this run has made of a version.
func (t *turns) latest(version int64) int64 {
	for {
		next, ok := t.made[version]
		if !ok {
			return version
		}
		version = next
	}
}

// apply makes a change, and returns the ensemble after it.
func (r *Resource) apply(ctx context.Context, c change) (after zk.Ensemble, diags diag.Diagnostics) {
	var before zk.Ensemble
	fail := func(err error) (zk.Ensemble, diag.Diagnostics) {
		return zk.Ensemble{}, diag.Diagnostics{c.failed(r.subject(), before, err)}
	}
	client, err := r.Session.Client(ctx)
	if err != nil {
		return fail(err)
	}
	t := turnsOf(r.Session)
	select {
	case t.free <- struct{}{}:
		defer func() { <-t.free }()
	case <-ctx.Done():
		return fail(ctx.Err())
	}
	if before, err = client.Ensemble(ctx); err != nil {
		return fail(err)
	}
	now, isMember := before.Member(c.id)
	switch {
	case c.want == nil && !isMember && len(before.Members) > 0:
		return before, nil
	case c.was == nil && isMember:
		return zk.Ensemble{}, diag.Diagnostics{exists(r.subject(), now)}
	}
	if d := c.conflict(t, before, now, isMember); d != nil {
		return zk.Ensemble{}, diag.Diagnostics{d}
	}
	if c.want == nil {
		after, err = client.RemoveMember(ctx, c.id, before.Version)
	} else {
		after, err = client.SetMember(ctx, *c.want, before.Version)
	}
	if err != nil {
		return fail(err)
	}
	t.made[before.Version] = after.Version
	return after, nil
}

// conflict tells what somebody else has changed since the plan; nil for nothing.
func (c change) conflict(t *turns, before zk.Ensemble, now zk.Member, isMember bool) diag.Diagnostic {
	planned := t.latest(c.version.ValueInt64())
	switch {
	case c.was != nil && !isMember:
		return c.changed(fmt.Sprintf("server %d has left it", c.id))
	case c.was != nil && !now.Equal(*c.was):
		return c.changed(fmt.Sprintf("server %d was planned as %s and is %s", c.id, inWords(*c.was), inWords(now)))
	case !c.version.IsNull() && planned != before.Version:
		return c.changed(fmt.Sprintf("the change was planned against version %#x of its configuration, which is at version %#x", planned, before.Version))
	default:
		return nil
	}
}
