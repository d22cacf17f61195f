package znodes

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/zk"
)

// What the resource does, in the words of a diagnostic.
const (
	doingCreate = "create the znodes below"
	doingRead   = "read the znodes below"
	doingUpdate = "update the znodes below"
	doingDelete = "delete the znodes below"
	doingImport = "import the znodes below"
)

// outcome is what an apply has left.
type outcome struct {
	have contents
	rec  record
	zxid int64 // of the last transaction; 0 for none
	// wrote tells that something was written, and complete that all was.
	wrote, complete bool
}

// apply makes of what there is what is wanted, and tells what that has left, with an error
// too.
func (r *Resource) apply(ctx context.Context, doing string, m *model, have contents, rec record, want wanted) (outcome, diag.Diagnostics) {
	base := m.BasePath.ValueString()
	about := r.subject(base)
	acl, err := attr.ACLFrom(m.ACL)
	if err != nil {
		return outcome{}, diag.Diagnostics{about.Error(doing, err)}
	}
	batch := zk.Batch{Writes: changes(base, have, rec, want), ACL: acl, Split: !m.Atomic.ValueBool()}
	if batch.ACL == nil {
		batch.ACL = r.Session.DefaultACL()
	}
	if len(batch.Writes) == 0 {
		return settle(base, have, rec, want, batch, nil, true), nil
	}
	results, err := r.Session.Apply(ctx, base, batch)
	out := settle(base, have, rec, want, batch, results, err == nil)
	if err != nil {
		diags := diag.Diagnostics{about.Error(doing, err)}
		if secretsExist(base, want.secrets, err) {
			diags.Append(importShowsWarning(base))
		}
		return out, diags
	}
	diags := r.lookBack(ctx, base, batch, results, &out)
	return out, diags
}

// secretsExist tells whether a node of data_wo could not be made because there is one.
func secretsExist(base string, secrets contents, err error) bool {
	conflict, ok := errors.AsType[*zk.BatchConflictError](err)
	return ok && slices.ContainsFunc(conflict.Conflicts, func(c zk.Conflict) bool {
		_, secret := secrets[keyOf(base, c.Write.Path)]
		return secret && errors.Is(c.Err, zk.ErrNodeExists)
	})
}

// importShowsWarning tells that an import is no way for data that the state must not have.
func importShowsWarning(base string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Import puts the data into the state", fmt.Sprintf(
		"Some of the nodes that are there already below %q are keys of data_wo. An import reads what they hold into the state and into the plan. If that is a secret already, import the other keys alone, and remove these nodes first.", base))
}

// settle tells what writes have left, of which all or some were done.
func settle(base string, have contents, rec record, want wanted, batch zk.Batch, results []zk.WriteResult, complete bool) outcome {
	out := outcome{have: maps.Clone(have), rec: rec.clone(), complete: complete}
	if out.have == nil {
		out.have = make(contents)
	}
	for i, res := range results {
		w := batch.Writes[i]
		key := keyOf(base, w.Path)
		if res.Done {
			out.wrote, out.zxid = true, max(out.zxid, res.Zxid)
		}
		switch {
		case w.Kind == zk.WriteDelete && (res.Done || res.Needless), w.Kind == zk.WritePrune && res.Done:
			delete(out.have, key)
			delete(out.rec.secrets, key)
			delete(out.rec.nodes, key)
		case res.Done:
			delete(out.have, key)
			delete(out.rec.secrets, key)
			out.rec.nodes[key] = res.Zxid
			if _, ok := want.nodes[key]; ok {
				out.have[key] = string(w.Data)
			} else if _, ok := want.secrets[key]; ok {
				out.rec.secrets[key] = true
			}
		}
	}
	if !complete {
		return out
	}
	// What is wanted is there, whether it had to be written or not, and what is neither
	// wanted nor the resource's is none of its business any more.
	out.have = want.nodes
	clear(out.rec.secrets)
	for key := range want.secrets {
		out.rec.secrets[key] = true
	}
	needed := between(want.nodes, want.secrets)
	for key, zxid := range out.rec.nodes {
		switch {
		case zxid > 0:
		case want.declares(key):
			out.rec.nodes[key] = -zxid
		case !needed[key]:
			delete(out.rec.nodes, key)
		}
	}
	return out
}

// lookBack reads what an apply has left: what is there in between that it did not make, and
// whether somebody else has changed already what it wrote. That is told, and the state
// keeps what was written, so that the next refresh shows their change as one.
func (r *Resource) lookBack(ctx context.Context, base string, batch zk.Batch, results []zk.WriteResult, out *outcome) diag.Diagnostics {
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
	about := r.subject(base)
	client, err := r.Session.Client(ctx)
	if err != nil {
		return diag.Diagnostics{about.ManyNotReadBack(err)}
	}
	stats, err := client.Stats(ctx, paths)
	if err != nil {
		return diag.Diagnostics{about.ManyNotReadBack(err)}
	}
	var overwritten []string
	for i, stat := range stats {
		key := keyOf(base, paths[i])
		switch {
		case zxids[i] != 0 && stat.Mzxid != zxids[i]:
			overwritten = append(overwritten, fmt.Sprintf("%q", paths[i]))
		case zxids[i] == 0 && stat.Czxid != 0:
			out.rec.nodes[key] = -stat.Mzxid
			if !out.wrote {
				out.zxid = max(out.zxid, stat.Mzxid)
			}
		}
	}
	if len(overwritten) == 0 {
		return nil
	}
	slices.Sort(overwritten)
	return diag.Diagnostics{diag.NewWarningDiagnostic("Znodes were changed right after they were written", fmt.Sprintf(
		"The provider wrote %d nodes below %q, and when it read them back somebody else had already changed some:\n\n%s\n\nTheir changes stand; the next plan shows them.",
		len(paths), base, diagnose.Listed(overwritten)))}
}

// remove removes what the resource has, and what of exclusive is below base besides. With an
// error, it tells what that has left.
func (r *Resource) remove(ctx context.Context, m *model, have contents, rec record) (outcome, diag.Diagnostics) {
	base := m.BasePath.ValueString()
	fail := func(err error) diag.Diagnostics { return diag.Diagnostics{r.subject(base).Error(doingDelete, err)} }
	client, err := r.Session.Client(ctx)
	if err != nil {
		return outcome{}, fail(err)
	}
	if err := recognize(ctx, client, base, have, rec); err != nil {
		return outcome{}, fail(err)
	}
	out := outcome{have: have, rec: rec}
	var left []zk.Write
	err = r.Session.Delete(ctx, base, func() error {
		writes := removal(base, out.have, out.rec, m.Exclusive.ValueBool())
		if m.Exclusive.ValueBool() {
			var err error
			if writes, err = withAll(ctx, client, base, writes); err != nil {
				return err
			}
		}
		batch := zk.Batch{Writes: writes, Split: !m.Atomic.ValueBool(), GoneIsDeleted: true}
		results, err := client.Apply(ctx, batch)
		before := out
		out = settle(base, before.have, before.rec, wanted{}, batch, results, false)
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
	if err := r.removeLeft(ctx, client, base, left); err != nil {
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

// recognize completes the record of a state that has none: Terraform does not hand it to the
// destruction of a tainted resource that it replaces, which is one whose creation ended
// half-way. What is in between and empty is the resource's where it was made by the same
// transaction as one of its nodes.
func recognize(ctx context.Context, client *zk.Client, base string, have contents, rec record) error {
	if len(rec.nodes) > 0 {
		return nil
	}
	keys := positions(have, nil)
	paths := make([]string, len(keys))
	for i, key := range keys {
		paths[i] = join(base, key)
	}
	stats, err := client.Stats(ctx, paths)
	if err != nil {
		return err
	}
	made := make(map[int64]bool)
	for i, key := range keys {
		if _, shown := have[key]; shown && stats[i].Czxid != 0 {
			made[stats[i].Czxid] = true
			rec.nodes[key] = stats[i].Mzxid
		}
	}
	for i, key := range keys {
		if _, shown := have[key]; !shown && made[stats[i].Czxid] && stats[i].DataLength == 0 {
			rec.nodes[key] = stats[i].Mzxid
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
	needed := between(want.nodes, want.secrets)
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

// named names nodes by their keys.
func named(base string, nodes map[string]int64) []string {
	names := make([]string, 0, len(nodes))
	for key := range nodes {
		names = append(names, fmt.Sprintf("%q", join(base, key)))
	}
	slices.SortFunc(names, strings.Compare)
	return names
}
