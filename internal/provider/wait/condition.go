package wait

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
)

// typeName is the name of the data source and of the action.
const typeName = "zookeeper_wait"

// What can be waited for.
const (
	exists      = "exists"
	absent      = "absent"
	dataEquals  = "data_equals"
	minChildren = "min_children"
)

// How long is waited.
const (
	defaultTimeout = 60 * time.Second
	maxTimeout     = 24 * time.Hour
)

// condition is what a configuration waits for.
type condition struct {
	Path             types.String  `tfsdk:"path"`
	Condition        types.String  `tfsdk:"condition"`
	ExpectedData     types.String  `tfsdk:"expected_data"`
	ExpectedChildren types.Int64   `tfsdk:"expected_children"`
	Timeout          types.Float64 `tfsdk:"timeout"`
}

// kind is the condition's, which has a default.
func (c *condition) kind() string {
	if c.Condition.IsNull() {
		return exists
	}
	return c.Condition.ValueString()
}

func (c *condition) timeout() time.Duration {
	if c.Timeout.IsNull() {
		return defaultTimeout
	}
	return time.Duration(c.Timeout.ValueFloat64() * float64(time.Second))
}

// check checks that what a condition compares with is there, and nothing else. What is not known
// yet may turn out to be anything.
func (c *condition) check() (diags diag.Diagnostics) {
	if c.Condition.IsUnknown() {
		return nil
	}
	for _, expected := range []struct {
		name, kind       string
		given, isUnknown bool
	}{
		{"expected_data", dataEquals, !c.ExpectedData.IsNull(), c.ExpectedData.IsUnknown()},
		{"expected_children", minChildren, !c.ExpectedChildren.IsNull(), c.ExpectedChildren.IsUnknown()},
	} {
		switch {
		case expected.isUnknown:
		case expected.given && c.kind() != expected.kind:
			diags.AddAttributeError(path.Root(expected.name), "Nothing is compared with this", fmt.Sprintf(
				"The condition is %q, and %s is for the condition %q. Remove one of the two.", c.kind(), expected.name, expected.kind))
		case !expected.given && c.kind() == expected.kind:
			diags.AddAttributeError(path.Root("condition"), "Nothing to compare with", fmt.Sprintf(
				"The condition %q needs %s.", expected.kind, expected.name))
		}
	}
	return diags
}

// seen is what a look has found of the node. Children and data are known where the condition is about
// them, and at the end.
type seen struct {
	exists   bool
	data     []byte
	children []string
	unread   bool // the provider may not read data and children, and maybe not the stat, which is zero then
	stat     zk.Stat
}

// met reports whether the condition holds.
func (c *condition) met(s seen) bool {
	switch c.kind() {
	case absent:
		return !s.exists
	case dataEquals:
		return s.exists && bytes.Equal(s.data, []byte(c.ExpectedData.ValueString()))
	case minChildren:
		return s.exists && int64(len(s.children)) >= c.ExpectedChildren.ValueInt64()
	default:
		return s.exists
	}
}

// watch returns what looks at the node: at once the first time, and then when it has changed. The
// second function ends that.
func (c *condition) watch(client *zk.Client) (next func(context.Context) (seen, error), end func(), err error) {
	if c.kind() == minChildren {
		w, err := recipe.NewChildrenWatch(client, c.Path.ValueString())
		if err != nil {
			return nil, nil, err
		}
		return func(ctx context.Context) (seen, error) {
			n, err := w.Next(ctx)
			return seen{exists: n.Exists, children: n.Children, stat: n.Stat}, err
		}, w.Close, nil
	}
	of := recipe.NewExistsWatch
	if c.kind() == dataEquals {
		of = recipe.NewDataWatch
	}
	w, err := of(client, c.Path.ValueString())
	if err != nil {
		return nil, nil, err
	}
	return func(ctx context.Context) (seen, error) {
		n, err := w.Next(ctx)
		if c.kind() == exists && errors.Is(err, zk.ErrNoAuth) {
			// Servers since 3.8 may refuse to tell more of a node that is there.
			return seen{exists: true, unread: true}, nil
		}
		return seen{exists: n.Exists, data: n.Data, stat: n.Stat}, err
	}, w.Close, nil
}

// A lateError tells that a condition did not hold in time.
type lateError struct {
	// waited is how long, and last what was seen last; nil when no server has answered.
	waited time.Duration
	last   *seen
}

func (e *lateError) Error() string { return fmt.Sprintf("it did not come true within %v", e.waited) }

// await waits until the condition holds, and returns what the node is then, its data and its
// children. It tells of whatever it sees meanwhile. The error is a *[lateError] where that took too
// long.
func (c *condition) await(ctx context.Context, client *zk.Client, tell func(seen)) (seen, error) {
	began := time.Now()
	next, end, err := c.watch(client)
	if err != nil {
		return seen{}, err
	}
	defer end()
	short, cancel := context.WithDeadline(ctx, began.Add(c.timeout()))
	defer cancel()
	last, err := c.first(ctx, began, next)
	for ; err == nil; last, err = c.later(short, next, last) {
		if !c.met(last) {
			tell(last)
			continue
		}
		whole, gone, err := c.complete(ctx, client, last)
		if err != nil || !gone {
			return whole, err
		}
	}
	if _, ok := errors.AsType[*lateError](err); !ok && short.Err() != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return last, &lateError{waited: time.Since(began), last: &last}
	}
	return last, err
}

// first is next for the first look, which there is in any case: even where the timeout is 0.
func (c *condition) first(ctx context.Context, began time.Time, next func(context.Context) (seen, error)) (seen, error) {
	timeout := c.timeout()
	if timeout == 0 {
		timeout = zk.DefaultConnectTimeout
	}
	short, cancel := context.WithDeadline(ctx, began.Add(timeout))
	defer cancel()
	s, err := next(short)
	if short.Err() != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return s, &lateError{waited: time.Since(began)}
	}
	return s, err
}

// later is next, which keeps what was seen last where nothing more is.
func (c *condition) later(ctx context.Context, next func(context.Context) (seen, error), last seen) (seen, error) {
	now, err := next(ctx)
	if err != nil {
		return last, err
	}
	return now, nil
}

// complete reads what the watch did not tell. A node that exists and has gone since is to be waited
// for again.
func (c *condition) complete(ctx context.Context, client *zk.Client, s seen) (whole seen, gone bool, err error) {
	stat := s.stat
	switch {
	case !s.exists, s.unread:
		return s, false, nil
	case c.kind() == minChildren:
		s.data, s.stat, err = client.Get(ctx, c.Path.ValueString())
	case c.kind() == dataEquals:
		s.children, _, err = client.Children(ctx, c.Path.ValueString())
	default:
		if s.data, s.stat, err = client.Get(ctx, c.Path.ValueString()); err == nil {
			s.children, _, err = client.Children(ctx, c.Path.ValueString())
		}
		if errors.Is(err, zk.ErrNoAuth) {
			return seen{exists: true, unread: true, stat: stat}, false, nil
		}
	}
	if errors.Is(err, zk.ErrNoNode) {
		return s, true, nil
	}
	return s, false, err
}
