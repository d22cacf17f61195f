package znodes

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// A resource takes nodes over that are there: with adopt_existing whatever is at the keys that it
// would create, and otherwise what another resource of the same run gives up, because it was
// renamed, is replaced, or has lost the key to this one. See session.Heir.

// adopt takes over those of the nodes to be created that exist, where the user wants that.
// What this run itself has made is not for it: as the parent of another node it is given to the
// resource when it is to be made, and otherwise another resource has it.
func (a *applying) adopt(ctx context.Context) error {
	if !a.plan.AdoptExisting.ValueBool() {
		return nil
	}
	keys := make(keySet)
	for _, w := range changes(a.out.holding, a.want) {
		if w.Kind == zk.WriteCreate && !a.Session.HasMade(w.Path) {
			keys[keyOf(a.out.base, w.Path)] = true
		}
	}
	return a.take(ctx, keys, func(string, zk.Stat) (take, given bool) { return true, false })
}

// mostAwaited is how often an apply waits in vain for resources that give nodes up.
const mostAwaited = 3

// inherit takes over those of nodes that another resource of this run gives up. It reports
// whether another try may succeed.
func (a *applying) inherit(ctx context.Context, keys keySet) (again bool, err error) {
	waited := a.heir.Claim(ctx, a.pathsOf(keys)...)
	memories := a.heir.Received()
	if len(memories) == 0 && !waited {
		memories = a.heir.Await(ctx)
	}
	before := len(a.taken)
	if err := a.take(ctx, keys, given(memories)); err != nil {
		return false, err
	}
	// Two resources that swap nodes each wait for the other, so one look may come too early.
	again = waited || len(a.taken) > before || a.awaited < mostAwaited
	a.awaited++
	return again, nil
}

// given chooses nodes that others have given up and that are as they left them.
func given(memories map[string]any) func(path string, stat zk.Stat) (take, given bool) {
	return func(path string, stat zk.Stat) (take, given bool) {
		from, ok := memories[path].(attr.Planned)
		return ok && from.Czxid == stat.Czxid && from.Version == stat.Version, true
	}
}

// takeGiven ends the claims, and takes over what others have given up and this resource declares.
// A node that cannot be read any more is not remembered: nobody could say that it is the same.
func (a *applying) takeGiven(ctx context.Context) {
	memories := a.heir.Close()
	keys := make(keySet)
	for path := range memories {
		key := keyOf(a.out.base, path)
		if _, taken := a.taken[key]; !taken && a.want.declares(key) {
			keys[key] = true
		}
	}
	if len(keys) == 0 {
		return
	}
	after, end := a.client.Outlive(ctx)
	defer end()
	_ = a.take(after, keys, given(memories))
}

// take takes over those of nodes that are there and that choose chooses, as they are now.
func (a *applying) take(ctx context.Context, keys keySet, choose func(path string, stat zk.Stat) (take, given bool)) error {
	chosen, err := a.there(ctx, a.pathsOf(keys), choose)
	if err != nil || len(chosen) == 0 {
		return err
	}
	paths := make([]string, len(chosen))
	for i, reading := range chosen {
		paths[i] = reading.Path
	}
	// From here on whoever destroys one of them leaves it to this resource. Where a destruction
	// was under way, it may be gone by now.
	if a.heir.Claim(ctx, paths...) {
		if chosen, err = a.there(ctx, paths, choose); err != nil {
			return err
		}
	}
	for _, reading := range chosen {
		key := keyOf(a.out.base, reading.Path)
		switch {
		case reading.Stat.EphemeralOwner != 0:
			return &ephemeralError{path: reading.Path}
		case !a.owned[key] && !a.Session.Own(reading.Path):
			return &twiceError{path: reading.Path}
		}
		a.owned[key] = true
		_, a.taken[key] = choose(reading.Path, reading.Stat)
		a.out.nodes[key] = string(reading.Data)
		a.out.written[key] = written{zxid: reading.Stat.Mzxid, theirs: true}
		a.out.zxid = max(a.out.zxid, reading.Stat.Mzxid)
	}
	return nil
}

// there reads those of nodes that are there and that choose chooses.
func (a *applying) there(ctx context.Context, paths []string, choose func(path string, stat zk.Stat) (take, given bool)) (chosen []zk.Reading, err error) {
	readings, err := a.client.ReadMany(ctx, paths, false)
	if err != nil {
		return nil, err
	}
	for _, reading := range readings {
		switch {
		case errors.Is(reading.Err, zk.ErrNoNode):
			continue
		case reading.Err != nil:
			return nil, reading.Err
		}
		if take, _ := choose(reading.Path, reading.Stat); take {
			chosen = append(chosen, reading)
		}
	}
	return chosen, nil
}

// An ephemeralError tells that a node belongs to the session of another client.
type ephemeralError struct{ path string }

func (e *ephemeralError) Error() string { return fmt.Sprintf("%q is ephemeral", e.path) }

// A twiceError tells that another resource of this run has the node.
type twiceError struct{ path string }

func (e *twiceError) Error() string { return fmt.Sprintf("another resource has %q", e.path) }

// checkEmpty refuses to begin where something is below base, for a resource that is to have
// all of it: what becomes of that no plan has shown. It takes over what another resource of
// this run gives up.
func (a *applying) checkEmpty(ctx context.Context) diag.Diagnostics {
	for {
		found, err := others(ctx, a.client, a.out.base, wanted{})
		if err != nil {
			return a.failed(err)
		}
		needed := a.want.needed()
		maps.DeleteFunc(found, func(key string, _ int64) bool {
			if _, taken := a.taken[key]; taken {
				return true
			}
			return a.plan.AdoptExisting.ValueBool() && (a.want.declares(key) || needed[key])
		})
		if len(found) == 0 {
			return nil
		}
		keys := make(keySet, len(found))
		for key := range found {
			keys[key] = true
		}
		again, err := a.inherit(ctx, keys)
		switch {
		case err != nil:
			return a.failed(err)
		case !again:
			return diag.Diagnostics{occupied(a.about(a.plan), found)}
		}
	}
}

// A surrender is what has become of nodes that were to be removed and have been offered to other
// resources of this run.
type surrender struct {
	// stays are the paths of those that another one has or needs, and of what is above them.
	stays map[string]bool
	// ownerless are those of them that were the resource's in between, and that the other
	// resource does not know to be its own from here on.
	ownerless []string
	// between are those that were the resource's in between, by their keys.
	between map[string]written
	// undone is to be called when the others have been removed, or not.
	undone func()
}

// giveUp offers nodes that are to be removed to other resources of this run.
func (r *Resource) giveUp(ctx context.Context, client *zk.Client, writes []zk.Write) (s surrender, err error) {
	s = surrender{stays: make(map[string]bool), between: make(map[string]written), undone: func() {}}
	memories, changed, err := remembered(ctx, client, writes)
	if err != nil {
		return s, err
	}
	fate := r.Session.Give(session.Whole, memories)
	s.undone = func() { r.Session.Undone(session.Whole, slices.Collect(maps.Keys(memories))...) }
	for _, w := range writes {
		if !removes(w) {
			continue
		}
		// Whoever of this run has a node by now, or is about to, may have written to it.
		stat, isChanged := changed[w.Path]
		written := isChanged && r.Session.HasWritten(session.Whole, w.Path, stat)
		if !written && !fate.Stays(w.Path) && !r.Session.Taken(session.Whole, w.Path) && !r.Session.HasMade(w.Path) {
			continue
		}
		if _, empty := memories[w.Path]; empty && w.Kind == zk.WritePrune && !fate.Handed[w.Path] {
			s.ownerless = append(s.ownerless, w.Path)
		}
		for path := w.Path; path != root; path = zk.Parent(path) {
			s.stays[path] = true
		}
	}
	return s, nil
}

// drop takes the nodes that stay out of writes, and out of what the resource has.
func (s surrender) drop(out *outcome, writes []zk.Write) []zk.Write {
	return slices.DeleteFunc(writes, func(w zk.Write) bool {
		if !removes(w) || !s.stays[w.Path] {
			return false
		}
		key := keyOf(out.base, w.Path)
		if w.Kind == zk.WritePrune {
			s.between[key] = out.written[key]
		}
		out.forget(key)
		out.changed = true
		return true
	})
}

// takeBack gives the nodes in between back to a resource that could not remove what is below them.
// The one that got them may fail as well, and they would be nobody's then. Two that have the same
// node in between do no harm: it goes with the last of what is below it.
func (s surrender) takeBack(out *outcome) {
	in := between(out.nodes, out.secrets)
	for key, w := range s.between {
		if in[key] && !out.there(key) {
			out.written[key] = w
		}
	}
}

// remembered returns what another resource has to know of nodes that are to be removed, as far
// as they are as the removal expects them: what has been changed since is nobody's to give.
func remembered(ctx context.Context, client *zk.Client, writes []zk.Write) (memories map[string]any, changed map[string]zk.Stat, err error) {
	var removals []zk.Write
	for _, w := range writes {
		if removes(w) {
			removals = append(removals, w)
		}
	}
	stats, err := client.Stats(ctx, pathsOf(removals))
	if err != nil {
		return nil, nil, err
	}
	memories, changed = make(map[string]any, len(removals)), make(map[string]zk.Stat)
	for i, w := range removals {
		switch stat := stats[i]; {
		case stat.Czxid == 0:
		case w.Mzxid == 0 || w.Mzxid == stat.Mzxid:
			memories[w.Path] = attr.PlannedOf(stat)
		default:
			changed[w.Path] = stat
		}
	}
	return memories, changed, nil
}
