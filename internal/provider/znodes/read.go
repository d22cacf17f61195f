package znodes

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/zk"
)

// refreshed is what a read has found.
type refreshed struct {
	have contents
	rec  record
	zxid int64 // the latest transaction that wrote one of the nodes
	// rewritten tells that a secret may no longer be the one that was written.
	rewritten bool
}

// refresh reads the nodes of a state: those that it has, those in between, and with
// exclusive all the others below base. It returns [zk.ErrNoNode] when base is gone.
func refresh(ctx context.Context, client *zk.Client, base string, have contents, rec record, exclusive bool) (refreshed, error) {
	out := refreshed{have: make(contents, len(have)), rec: newRecord()}
	out.rec.secrets = rec.secrets
	in := between(have, hidden(rec.secrets))
	see := func(r zk.Reading) error {
		key := keyOf(base, r.Path)
		switch {
		case errors.Is(r.Err, zk.ErrNoNode) && key != "":
			return nil
		case r.Err != nil:
			return r.Err
		}
		was, shown := have[key]
		switch zxid := r.Stat.Mzxid; {
		case shown:
			if was != string(r.Data) {
				was = string(r.Data)
			}
			out.have[key] = was
			out.rec.nodes[key] = zxid
			if rec.nodes[key] < 0 {
				out.rec.nodes[key] = -zxid
			}
			out.zxid = max(out.zxid, zxid)
		case rec.secrets[key]:
			out.rec.nodes[key] = zxid
			out.zxid = max(out.zxid, zxid)
		case rec.nodes[key] == zxid:
			out.rec.nodes[key] = zxid // ours in between, and empty as it was made
		case in[key]:
			out.rec.nodes[key] = -zxid
		case exclusive:
			out.have[key] = string(r.Data)
			out.rec.nodes[key] = -zxid
		}
		return nil
	}
	var err error
	if exclusive {
		err = client.Walk(ctx, base, -1, see)
	} else {
		err = readAll(ctx, client, base, have, rec, in, see)
	}
	if err != nil {
		return refreshed{}, err
	}
	out.rec.seen = client.Zxid()
	for key := range rec.secrets {
		if out.rec.nodes[key] != rec.nodes[key] {
			out.rewritten = true
		}
	}
	return out, nil
}

// readAll reads the nodes of a state and those in between.
func readAll(ctx context.Context, client *zk.Client, base string, have contents, rec record, in map[string]bool, see func(zk.Reading) error) error {
	all := maps.Clone(in)
	for key := range have {
		all[key] = true
	}
	for key := range rec.secrets {
		all[key] = true
	}
	for key := range rec.nodes {
		all[key] = true // those in between that are no longer
	}
	paths := make([]string, 0, len(all))
	for key := range all {
		paths = append(paths, join(base, key))
	}
	slices.Sort(paths)
	readings, err := client.ReadMany(ctx, paths, false)
	if err != nil {
		return err
	}
	for _, r := range readings {
		if err := see(r); err != nil {
			return err
		}
	}
	return nil
}

// hidden returns the nodes of secrets, without what they hold.
func hidden(secrets map[string]bool) contents {
	nodes := make(contents, len(secrets))
	for key := range secrets {
		nodes[key] = ""
	}
	return nodes
}

// importAll reads all nodes below base that can be a resource's. Empty ones in between are
// the resource's without being shown, as those that it would make, and ephemeral ones belong
// to the sessions of others.
func importAll(ctx context.Context, client *zk.Client, base string) (refreshed, error) {
	out := refreshed{have: make(contents), rec: newRecord()}
	err := client.Walk(ctx, base, -1, func(r zk.Reading) error {
		key := keyOf(base, r.Path)
		zxid := r.Stat.Mzxid
		switch {
		case key == "":
			out.rec.nodes[key] = -zxid
			out.zxid = max(out.zxid, zxid)
			return nil
		case r.Stat.EphemeralOwner != 0:
			return nil
		case len(r.Data) > 0 || len(r.Children) == 0:
			out.have[key] = string(r.Data)
		}
		out.rec.nodes[key] = zxid
		out.zxid = max(out.zxid, zxid)
		return nil
	})
	if err != nil {
		return refreshed{}, err
	}
	out.rec.seen = client.Zxid()
	// What is in between ephemeral nodes alone is none of those.
	in := between(out.have)
	for key := range out.rec.nodes {
		if _, shown := out.have[key]; !shown && !in[key] {
			out.have[key] = ""
		}
	}
	return out, nil
}

// importSome reads the nodes with the keys, all of which must be there, and those in
// between, which are not the resource's.
func importSome(ctx context.Context, client *zk.Client, base string, keys contents) (refreshed, error) {
	out, err := refresh(ctx, client, base, keys, newRecord(), false)
	if err != nil {
		return refreshed{}, err
	}
	for key := range keys {
		if !out.rec.ours(key) {
			return refreshed{}, &missingError{path: join(base, key)}
		}
	}
	return out, nil
}

// A missingError tells that a node that is to be imported is not there.
type missingError struct{ path string }

func (e *missingError) Error() string { return fmt.Sprintf("there is no node %q", e.path) }

// fill puts what was read into a state.
func (m *model) fill(r refreshed, have contents) {
	if !maps.Equal(have, r.have) {
		m.show(r.have)
	}
	m.Zxid = types.Int64Value(max(r.zxid, m.Zxid.ValueInt64()))
	if r.rewritten {
		m.DataWOVersion = types.StringNull()
	}
}
