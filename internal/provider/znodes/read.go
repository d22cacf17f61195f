package znodes

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// Reads brings the state to what the server holds.
func (r *Resource) Reads(ctx context.Context, req *request) {
	state := req.State
	req.Identity = state.BasePath
	about := r.about(state)
	had, diags := held(ctx, state, req.Private)
	req.Diags.Append(diags...)
	if req.Failed() {
		return
	}
	client, err := r.Session.Client(ctx)
	if err != nil {
		req.Diags.Append(about.Error(doingRead, err))
		return
	}
	if had, diags = recall(ctx, client, about, state, had, req.Private); diags.HasError() {
		req.Diags.Append(diags...)
		return
	}
	what, diags := loadImport(ctx, req.Private)
	req.Diags.Append(diags...)
	var found refreshed
	switch {
	case diags.HasError():
	case what != nil:
		found, diags = what.read(ctx, client, about)
	case state.Zxid.ValueInt64() == inDoubt && len(had.written) == 0:
		found.gone = true // a creation that has made nothing
	default:
		// The CLI loses the record when the provider is killed in an update.
		if err := had.recognize(ctx, client, state.Zxid.ValueInt64()); err != nil {
			req.Diags.Append(about.Error(doingRead, err))
			return
		}
		found, diags = refresh(ctx, client, about, had, state)
	}
	req.Diags.Append(diags...)
	switch {
	case req.Failed():
		return
	case found.gone:
		req.Gone = true
		return
	}
	if what != nil {
		state.introduce(found.nodes)
		req.Diags.Append(markImported(ctx, req.Private, true)...)
	}
	req.Diags.Append(state.refresh(had, found)...)
	parents, diags := session.LoadParents(ctx, req.Private)
	req.Diags.Append(diags...)
	acl, diags, err := r.Session.RefreshAuthor(ctx, req.Private, state.ACL, append(parents.Paths, found.ownPaths()...))
	req.Diags.Append(diags...)
	if err != nil {
		req.Diags.Append(about.Error(doingRead, err))
		return
	}
	state.ACL = acl
	req.Result = state
	req.Diags.Append(found.save(ctx, req.Private)...)
	req.Diags.Append((*doubt)(nil).save(ctx, req.Private)...)
	req.Diags.Append((*importing)(nil).save(ctx, req.Private)...)
}

// recall returns what a state holds with what an apply has made whose outcome was not known.
func recall(ctx context.Context, client *zk.Client, about diagnose.Subject, state *model, had holding, p attr.PrivateState) (holding, diag.Diagnostics) {
	d, diags := loadDoubt(ctx, p)
	if d == nil || diags.HasError() {
		return had, diags
	}
	zxid, err := d.resolve(ctx, client, state, &had)
	if err != nil {
		return had, diag.Diagnostics{about.Error(doingRead, err)}
	}
	if zxid != 0 {
		state.Zxid = types.Int64Value(max(zxid, state.Zxid.ValueInt64()))
	}
	return had, nil
}

// refresh fills a state with what was read.
func (m *model) refresh(had holding, found refreshed) (diags diag.Diagnostics) {
	if !maps.Equal(had.nodes, found.nodes) || !maps.Equal(had.secrets, found.secrets) {
		m.show(found.holding, nil)
		m.DataWOKeys = keySetValue(found.secrets)
	}
	m.Zxid = types.Int64Value(max(found.zxid, m.Zxid.ValueInt64()))
	if found.rewritten {
		m.DataWOVersion = attr.Overwritten(m.DataWOVersion)
		diags.Append(secretsChanged(found.base))
	}
	return diags
}

// refreshed is what a read has found.
type refreshed struct {
	holding
	gone bool  // there is no base_path
	zxid int64 // the latest transaction that wrote one of the nodes
	// rewritten tells that a secret may no longer be the one that was written.
	rewritten bool
	// unnamed are the keys of nodes below an exclusive base that no configuration can have,
	// because the CLIs change their names.
	unnamed []string
}

// see takes in what was read of a node that the resource has, and had. One that was created after
// the last write that is known of it is another node.
func (f *refreshed) see(key string, stat zk.Stat, had written) {
	again := had.zxid != 0 && stat.Czxid > had.zxid
	f.written[key] = written{zxid: stat.Mzxid, others: had.others, theirs: had.theirs || again}
	f.zxid = max(f.zxid, stat.Mzxid)
}

// refresh reads the nodes of a state: those that it has, those in between, and with
// exclusive all the others below base.
func refresh(ctx context.Context, client *zk.Client, about diagnose.Subject, had holding, state *model) (refreshed, diag.Diagnostics) {
	found := refreshed{holding: newHolding(had.base)}
	found.nodes = make(contents, len(had.nodes))
	in := between(had.nodes, had.secrets)
	exclusive := state.Exclusive.ValueBool()
	see := func(reading zk.Reading) error {
		key := keyOf(had.base, reading.Path)
		switch {
		case errors.Is(reading.Err, zk.ErrNoNode) && key != "":
			return nil
		case reading.Err != nil:
			return reading.Err
		}
		switch zxid := reading.Stat.Mzxid; {
		case had.shows(key):
			content := had.nodes[key]
			if content != string(reading.Data) {
				content = string(reading.Data)
			}
			found.nodes[key] = content
			found.see(key, reading.Stat, had.written[key])
		case had.secrets[key]:
			found.secrets[key] = true
			was := had.written[key]
			was.others = false
			found.see(key, reading.Stat, was)
		case had.ours(key) && had.planned(key) == zxid:
			found.written[key] = written{zxid: zxid} // in between, and empty as it was made
		case in[key]:
			found.written[key] = written{zxid: zxid, others: true}
		case exclusive && !attr.Crosses(key):
			found.unnamed = append(found.unnamed, key)
			return zk.ErrSkipBelow
		case exclusive:
			found.nodes[key] = string(reading.Data)
			found.written[key] = written{zxid: zxid, others: true}
		}
		return nil
	}
	var err error
	if exclusive {
		err = client.Walk(ctx, had.base, -1, see)
	} else {
		err = readAll(ctx, client, had, in, see)
	}
	switch {
	case errors.Is(err, zk.ErrNoNode):
		if d, ok := about.GoneWithChroot(ctx, doingRead); ok {
			return refreshed{}, diag.Diagnostics{d}
		}
		return refreshed{gone: true}, nil
	case err != nil:
		return refreshed{}, diag.Diagnostics{about.Error(doingRead, err)}
	}
	found.latest = client.Zxid()
	for key := range had.secrets {
		if found.planned(key) != had.planned(key) {
			found.rewritten = true
		}
	}
	diags := found.passOver(about)
	return found, diags
}

// passOver leaves out what is above nodes that no configuration can name: they stay, and so does
// that.
func (f *refreshed) passOver(about diagnose.Subject) diag.Diagnostics {
	if len(f.unnamed) == 0 {
		return nil
	}
	for _, key := range f.unnamed {
		above(key, func(key string) bool {
			if f.isOthers(key) {
				delete(f.nodes, key)
			}
			return true
		})
	}
	return diag.Diagnostics{unnamedStay(about, f.unnamed)}
}

// readAll reads the nodes of a state and those in between.
func readAll(ctx context.Context, client *zk.Client, had holding, in keySet, see func(zk.Reading) error) error {
	all := maps.Clone(in)
	for key := range had.nodes {
		all[key] = true
	}
	for key := range had.secrets {
		all[key] = true
	}
	for key := range had.written {
		all[key] = true // those in between that are no longer
	}
	paths := make([]string, 0, len(all))
	for key := range all {
		paths = append(paths, had.path(key))
	}
	slices.Sort(paths)
	readings, err := client.ReadMany(ctx, paths, false)
	if err != nil {
		return err
	}
	for _, reading := range readings {
		if err := see(reading); err != nil {
			return err
		}
	}
	return nil
}
