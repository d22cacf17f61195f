package znodes

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// remove removes what the resource has, and what of exclusive is below base besides. With an
// error, it tells what that has left.
func (r *Resource) remove(ctx context.Context, m *model, had holding) (outcome, diag.Diagnostics) {
	about := r.about(m)
	fail := func(err error) diag.Diagnostics { return failed(about, doingDelete, err, nil) }
	out := outcome{holding: had.clone()}
	client, err := r.Session.Client(ctx)
	if err != nil {
		return out, fail(err)
	}
	if err := out.recognize(ctx, client, m.Zxid.ValueInt64()); err != nil {
		return out, fail(err)
	}
	var left []zk.Write
	var ownerless []string
	err = r.Session.InTurn(ctx, had.base, func() error {
		writes := removal(out.holding, m.Exclusive.ValueBool())
		if m.Exclusive.ValueBool() {
			var err error
			if writes, err = withAll(ctx, client, had.base, writes); err != nil {
				return err
			}
		}
		given, err := r.giveUp(ctx, client, writes)
		if err != nil {
			return err
		}
		defer given.undone()
		ownerless = append(ownerless, given.ownerless...)
		writes = given.drop(&out, writes)
		results, err := r.Session.Apply(ctx, had.base, zk.Batch{Writes: writes, Split: !m.Atomic.ValueBool(), GoneIsDeleted: true})
		out.settle(wanted{}, writes, results)
		if err != nil {
			given.takeBack(&out)
		}
		left = left[:0]
		for i, w := range writes {
			if w.Kind == zk.WritePrune && results[i].Needless {
				left = append(left, w)
			}
		}
		return err
	})
	if err == nil {
		err = r.removeLeft(ctx, client, had.base, left)
	}
	if err != nil {
		return out, fail(err)
	}
	if len(ownerless) > 0 {
		return out, diag.Diagnostics{keptForAnother(had.base, ownerless)}
	}
	return out, nil
}

// removeLeft removes nodes in between that were in use, maybe by resources that are being
// destroyed as well. What is still in use then is left to its users.
func (r *Resource) removeLeft(ctx context.Context, client *zk.Client, base string, left []zk.Write) error {
	if len(left) == 0 {
		return nil
	}
	err := r.Session.InTurn(ctx, base, func() error {
		results, err := r.Session.Apply(ctx, base, zk.Batch{Writes: left, Split: true})
		if err != nil {
			return err
		}
		stats, err := client.Stats(ctx, pathsOf(left))
		if err != nil {
			return err
		}
		for i, w := range left {
			if results[i].Needless && stats[i].Czxid != 0 && stats[i].Mzxid == w.Mzxid {
				return zk.ErrNotEmpty
			}
		}
		return nil
	})
	if !errors.Is(err, zk.ErrNotEmpty) {
		return err
	}
	// What cannot be remembered is nobody's: whoever needs it finds it.
	if memories, _, err := remembered(ctx, client, left); err == nil {
		r.Session.Bequeath(session.Whole, memories)
	}
	return nil
}

// leaveAlike leaves nodes that look like those of a creation whose outcome is not known to a
// creation that comes after it. They may be somebody else's.
func (r *Resource) leaveAlike(ctx context.Context, m *model, had holding) diag.Diagnostics {
	client, err := r.Session.Client(ctx)
	if err == nil {
		err = had.recognizeAlike(ctx, client)
	}
	var memories map[string]any
	if err == nil {
		memories, _, err = remembered(ctx, client, removal(had, false))
	}
	switch {
	case err != nil:
		return failed(r.about(m), doingDelete, err, nil)
	case len(memories) == 0:
		return nil
	}
	r.Session.Leave(session.Whole, memories)
	return diag.Diagnostics{leftUnread(had.base, slices.Collect(maps.Keys(memories)))}
}

// keep leaves all nodes as they are, for a resource of this run that may come for them.
func (r *Resource) keep(ctx context.Context, m *model, had holding) {
	client, err := r.Session.Client(ctx)
	if err != nil {
		return
	}
	if err := had.recognize(ctx, client, m.Zxid.ValueInt64()); err != nil {
		return
	}
	if memories, _, err := remembered(ctx, client, removal(had, m.Exclusive.ValueBool())); err == nil {
		r.Session.Leave(session.Whole, memories)
	}
}

// recognize completes the record of a holding that has none: Terraform does not hand it to the
// destruction of a tainted resource that it replaces. latest is the last transaction that had
// written one of the nodes, as of the last read: what was written later is planned against it,
// and so by nobody.
//
// What is in between and empty is the resource's where it was made by the same transaction as
// one of its nodes.
func (h holding) recognize(ctx context.Context, client *zk.Client, latest int64) error {
	if len(h.written) > 0 || latest == inDoubt {
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
	made := map[int64]bool{latest: true}
	for i, key := range keys {
		if (h.shows(key) || h.secrets[key]) && stats[i].Czxid != 0 {
			made[stats[i].Czxid] = true
			h.written[key] = written{zxid: min(stats[i].Mzxid, latest)}
		}
	}
	for i, key := range keys {
		if !h.there(key) && made[stats[i].Czxid] && stats[i].DataLength == 0 {
			h.written[key] = written{zxid: stats[i].Mzxid}
		}
	}
	return nil
}

// withAll adds deletions of all that is below base and not in the writes.
func withAll(ctx context.Context, client *zk.Client, base string, writes []zk.Write) ([]zk.Write, error) {
	in := make(map[string]bool, len(writes))
	for _, w := range writes {
		in[w.Path] = true
	}
	err := client.WalkStats(ctx, base, -1, func(n zk.Reading) error {
		// What no plan can show stays, and so does what is above it: that is not empty then.
		if n.Path != base && !in[n.Path] && attr.Crosses(keyOf(base, n.Path)) {
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
