package znodes

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

// outcome is what an apply has left.
type outcome struct {
	holding
	zxid int64 // of the last transaction; 0 for none
	// wrote tells that something was written, and complete that all was.
	wrote, complete bool
}

// apply makes of what there is what is wanted, and tells what that has left, with an error
// too.
func (r *Resource) apply(ctx context.Context, doing string, m *model, had holding, want wanted) (outcome, diag.Diagnostics) {
	about := r.about(m)
	acl, err := attr.ACLFrom(m.ACL)
	if err != nil {
		return outcome{}, diag.Diagnostics{about.Error(doing, err)}
	}
	batch := zk.Batch{Writes: changes(had, want), ACL: acl, Split: !m.Atomic.ValueBool()}
	if batch.ACL == nil {
		batch.ACL = r.Session.DefaultACL()
	}
	if len(batch.Writes) == 0 {
		return settle(had, want, batch, nil, true), nil
	}
	results, err := r.Session.Apply(ctx, had.base, batch)
	out := settle(had, want, batch, results, err == nil)
	if err != nil {
		return out, failed(about, doing, err, want.secrets)
	}
	diags := r.lookBack(ctx, batch, results, &out)
	return out, diags
}

// settle tells what writes have left, of which all or some were done.
func settle(had holding, want wanted, batch zk.Batch, results []zk.WriteResult, complete bool) outcome {
	out := outcome{holding: had.clone(), complete: complete}
	for i, result := range results {
		w := batch.Writes[i]
		key := keyOf(had.base, w.Path)
		if result.Done {
			out.wrote, out.zxid = true, max(out.zxid, result.Zxid)
		}
		switch {
		case w.Kind == zk.WriteDelete && (result.Done || result.Needless), w.Kind == zk.WritePrune && result.Done:
			out.forget(key)
		case result.Done:
			out.forget(key)
			out.written[key] = written{zxid: result.Zxid}
			if _, ok := want.nodes[key]; ok {
				out.nodes[key] = string(w.Data)
			} else if _, ok := want.secrets[key]; ok {
				out.secrets[key] = true
			}
		}
	}
	if complete {
		out.holding = out.conclude(want)
	}
	return out
}

// conclude returns the holding after all of what is wanted is there, whether it had to be
// written or not. What is neither wanted nor the resource's is none of its business any more.
func (h holding) conclude(want wanted) holding {
	for key, data := range want.nodes {
		if was, shown := h.nodes[key]; shown && was != data {
			h.reformatted[key] = true // the same JSON, and the servers keep their bytes
		}
	}
	h.nodes = want.nodes
	h.secrets = keysOf(want.secrets)
	for key := range want.kept {
		h.secrets[key] = true
	}
	needed := want.needed()
	for key, w := range h.written {
		switch {
		case !w.others:
		case want.declares(key):
			h.written[key] = written{zxid: w.zxid}
		case !needed[key]:
			delete(h.written, key)
		}
	}
	for key := range h.reformatted {
		if !h.shows(key) {
			delete(h.reformatted, key)
		}
	}
	return h
}

// finish makes a state of a plan and of what its apply has left. What the apply did not
// complete is as it was in the state, which is nil where there was none.
func (m *model) finish(state *model, out outcome) *model {
	m.DataWO = nodeMap{}
	if out.complete {
		if m.Zxid.IsUnknown() || out.wrote {
			m.Zxid = types.Int64Value(out.zxid)
		}
		m.DataWOKeys = keySetValue(out.secrets)
		return m
	}
	left := *m
	if state != nil {
		left = *state
	}
	left.DataWO = nodeMap{}
	left.Zxid = types.Int64Value(out.zxid)
	left.DataWOVersion = m.versionLeft(state, out)
	left.show(out.holding, m)
	left.DataWOKeys = keySetValue(out.secrets)
	return &left
}

// versionLeft is the data_wo_version of a state that an apply has left half-way. It is never
// null where there is a secret: ignore_changes would take that for what the user wrote.
func (m *model) versionLeft(state *model, out outcome) types.String {
	switch {
	case len(out.secrets) == 0:
		return types.StringNull()
	case state == nil || state.DataWOVersion.IsNull():
		return attr.Overwritten(m.DataWOVersion)
	case m.DataWOVersion.Equal(state.DataWOVersion):
		return state.DataWOVersion
	}
	return attr.Overwritten(state.DataWOVersion)
}

// lookBack reads what an apply has left: what is there in between that it did not make, and
// whether somebody else has changed already what it wrote. That is told, and the state
// keeps what was written, so that the next refresh shows their change as one.
func (r *Resource) lookBack(ctx context.Context, batch zk.Batch, results []zk.WriteResult, out *outcome) diag.Diagnostics {
	var paths []string
	var zxids []int64 // 0 for a node that was there
	for i, w := range batch.Writes {
		removes := w.Kind == zk.WriteDelete || w.Kind == zk.WritePrune
		if !removes && (results[i].Done || results[i].Needless) {
			paths, zxids = append(paths, w.Path), append(zxids, results[i].Zxid)
		}
	}
	if len(paths) == 0 {
		return nil
	}
	about := r.aboutPath(out.base)
	client, err := r.Session.Client(ctx)
	if err != nil {
		return diag.Diagnostics{notReadBack(about, err)}
	}
	stats, err := client.Stats(ctx, paths)
	if err != nil {
		return diag.Diagnostics{notReadBack(about, err)}
	}
	var overwritten []string
	for i, stat := range stats {
		switch {
		case zxids[i] != 0 && stat.Mzxid != zxids[i]:
			overwritten = append(overwritten, paths[i])
		case zxids[i] == 0 && stat.Czxid != 0:
			out.written[keyOf(out.base, paths[i])] = written{zxid: stat.Mzxid, others: true}
			if !out.wrote {
				out.zxid = max(out.zxid, stat.Mzxid)
			}
		}
	}
	if len(overwritten) == 0 {
		return nil
	}
	return diag.Diagnostics{changedSince(out.base, len(paths), overwritten)}
}

// remove removes what the resource has, and what of exclusive is below base besides. With an
// error, it tells what that has left.
func (r *Resource) remove(ctx context.Context, m *model, had holding) (outcome, diag.Diagnostics) {
	about := r.about(m)
	fail := func(err error) diag.Diagnostics { return failed(about, doingDelete, err, nil) }
	client, err := r.Session.Client(ctx)
	if err != nil {
		return outcome{}, fail(err)
	}
	if err := had.recognize(ctx, client); err != nil {
		return outcome{}, fail(err)
	}
	out := outcome{holding: had}
	var left []zk.Write
	err = r.Session.Delete(ctx, had.base, func() error {
		writes := removal(out.holding, m.Exclusive.ValueBool())
		if m.Exclusive.ValueBool() {
			var err error
			if writes, err = withAll(ctx, client, had.base, writes); err != nil {
				return err
			}
		}
		batch := zk.Batch{Writes: writes, Split: !m.Atomic.ValueBool(), GoneIsDeleted: true}
		results, err := client.Apply(ctx, batch)
		before := out
		out = settle(before.holding, wanted{}, batch, results, false)
		out.wrote, out.zxid = out.wrote || before.wrote, max(out.zxid, before.zxid)
		left = left[:0]
		for i, w := range writes {
			if w.Kind == zk.WritePrune && results[i].Needless {
				left = append(left, w)
			}
		}
		return err
	})
	if err != nil {
		return out, fail(err)
	}
	if err := r.removeLeft(ctx, client, had.base, left); err != nil {
		return out, fail(err)
	}
	return out, nil
}

// removeLeft removes nodes in between that were in use, maybe by resources that are being
// destroyed as well. What is still in use then is left to who uses it.
func (r *Resource) removeLeft(ctx context.Context, client *zk.Client, base string, left []zk.Write) error {
	if len(left) == 0 {
		return nil
	}
	err := r.Session.Delete(ctx, base, func() error {
		results, err := client.Apply(ctx, zk.Batch{Writes: left, Split: true})
		if err != nil {
			return err
		}
		stats, err := client.Stats(ctx, pathsOf(left))
		if err != nil {
			return err
		}
		for i, w := range left {
			if results[i].Needless && stats[i].Czxid != 0 && stats[i].Mzxid == w.Mzxid {
				return &zk.Error{Op: "delete", Path: w.Path, Err: zk.ErrNotEmpty}
			}
		}
		return nil
	})
	if errors.Is(err, zk.ErrNotEmpty) {
		return nil
	}
	return err
}

// recognize completes the record of a holding that has none: Terraform does not hand it to the
// destruction of a tainted resource that it replaces, which is one whose creation ended
// half-way. What is in between and empty is the resource's where it was made by the same
// transaction as one of its nodes.
func (h holding) recognize(ctx context.Context, client *zk.Client) error {
	if len(h.written) > 0 {
		return nil
	}
	keys := h.positions()
	paths := make([]string, len(keys))
	for i, key := range keys {
		paths[i] = h.path(key)
	}
	stats, err := client.Stats(ctx, paths)
	if err != nil {
		return err
	}
	made := make(map[int64]bool)
	for i, key := range keys {
		if (h.shows(key) || h.secrets[key]) && stats[i].Czxid != 0 {
			made[stats[i].Czxid] = true
			h.written[key] = written{zxid: stats[i].Mzxid}
		}
	}
	for i, key := range keys {
		if !h.there(key) && made[stats[i].Czxid] && stats[i].DataLength == 0 {
			h.written[key] = written{zxid: stats[i].Mzxid}
		}
	}
	return nil
}

func pathsOf(writes []zk.Write) []string {
	paths := make([]string, len(writes))
	for i, w := range writes {
		paths[i] = w.Path
	}
	return paths
}

// withAll adds deletions of all that is below base and not in the writes.
func withAll(ctx context.Context, client *zk.Client, base string, writes []zk.Write) ([]zk.Write, error) {
	in := make(map[string]bool, len(writes))
	for _, w := range writes {
		in[w.Path] = true
	}
	err := client.WalkStats(ctx, base, -1, func(n zk.Reading) error {
		if n.Path != base && !in[n.Path] {
			writes = append(writes, zk.Write{Kind: zk.WriteDelete, Path: n.Path, Mzxid: n.Stat.Mzxid})
		}
		return nil
	})
	if errors.Is(err, zk.ErrNoNode) {
		err = nil
	}
	return writes, err
}

// others returns the nodes below base that are neither wanted nor needed, with the
// transactions that last wrote them.
func others(ctx context.Context, client *zk.Client, base string, want wanted) (map[string]int64, error) {
	needed := want.needed()
	found := make(map[string]int64)
	err := client.WalkStats(ctx, base, -1, func(n zk.Reading) error {
		key := keyOf(base, n.Path)
		if !want.declares(key) && !needed[key] {
			found[key] = n.Stat.Mzxid
		}
		return nil
	})
	if errors.Is(err, zk.ErrNoNode) {
		err = nil
	}
	return found, err
}
