package session

import (
	"context"
	"errors"
	"slices"

	"terraform-provider-zookeeper/internal/zk"
)

// CheckBatch returns the error of [zk.Batch.CheckSize] when the servers would not accept the
// batch for its size. While the limit is unknown everything fits.
func (s *Session) CheckBatch(b zk.Batch) error {
	if s.cfg.MaxBufferBytes <= 0 {
		return nil
	}
	if b.ACL == nil {
		b.ACL = s.KnownDefaultACL()
	}
	return b.CheckSize(s.chroot, s.cfg.MaxBufferBytes)
}

// Apply does the writes of a batch, all at base or below it, and makes what is missing above
// base in the same transaction; or, where that would be too large for the servers, which no plan can
// know, before it. The results and the error are those of [zk.Client.Apply].
//
// A node to be ensured that this run had made before on the way to another one is given to
// the caller, as [Session.EnsurePath] does, and its result is that of a node that was made.
// So is one to be created: it is written instead of being created. So the order of the
// two does not matter. Batches that may make nodes in between are written one at a time.
func (s *Session) Apply(ctx context.Context, base string, b zk.Batch) ([]zk.WriteResult, error) {
	none := make([]zk.WriteResult, len(b.Writes))
	client, err := s.Client(ctx)
	if err != nil {
		return none, err
	}
	if !slices.ContainsFunc(b.Writes, makesNode) {
		results, err := client.Apply(ctx, b)
		s.noteBatch(b.Writes, results)
		return results, err
	}
	if b.ACL == nil {
		b.ACL = s.DefaultACL()
	}
	if err := s.parents.lock(ctx); err != nil {
		return none, err
	}
	defer s.parents.unlock()
	if err := s.parents.checkDoubt(base); err != nil {
		return none, err
	}
	for _, w := range b.Writes {
		if w.Kind == zk.WriteEnsure && s.parents.doubtful[w.Path] {
			return none, &DoubtfulParentError{Path: w.Path}
		}
	}
	after, done := s.AfterWrite(ctx)
	defer done()
	own := len(b.Writes)
	var above []zk.WriteResult // of what is missing above base, where that was made beforehand
	b.Writes = slices.Clone(b.Writes)
	results, err := client.Apply(ctx, b)
	if _, ok := errors.AsType[*zk.BatchConflictError](err); errors.Is(err, zk.ErrNoNode) && !ok {
		// What the chroot stands for is part of the servers' address, and of no transaction.
		if _, err := client.EnsurePath(ctx, "/", b.ACL); err != nil {
			return results, err
		}
		for path := zk.Parent(base); path != "/"; path = zk.Parent(path) {
			b.Writes = append(b.Writes, zk.Write{Kind: zk.WriteEnsure, Path: path})
		}
		if s.CheckBatch(b) != nil {
			if above, err = client.Apply(ctx, zk.Batch{Writes: b.Writes[own:], ACL: b.ACL}); err != nil {
				return none, err // and none of them is made
			}
		}
		results, err = client.Apply(ctx, b)
	}
	claimed := s.claimCreated(b, err)
	if len(claimed) > 0 {
		results, err = client.Apply(ctx, b)
	}
	for i, made := range above {
		if made.Done {
			results[own+i] = made // it has been found since
		}
	}
	s.noteBatch(b.Writes, results)
	for i, w := range b.Writes {
		_, wasClaimed := claimed[w.Path]
		switch {
		case !results[i].Done:
		case w.Kind == zk.WriteEnsure:
			s.parents.made[w.Path] = madeNode{ensured: i < own, by: Span{results[i].Zxid - 1, results[i].Zxid}}
		case w.Kind == zk.WriteCreate, wasClaimed:
			s.Own(w.Path) // whoever wants it later is told that it is declared twice
		}
	}
	if err != nil {
		return results[:own], err
	}
	for i, w := range b.Writes[:own] {
		// What fails here is no failure of the batch: a node stays whose it was, or keeps the
		// ACL that it was made with.
		if made, ok := claimed[w.Path]; ok {
			_, _ = s.giveACL(ctx, after, client, w.Path, b.ACL, made)
		} else if w.Kind == zk.WriteEnsure && results[i].Needless {
			if node, ok, err := s.takeParent(ctx, after, client, w.Path, b.ACL); err == nil && ok {
				results[i] = zk.WriteResult{Done: true, Zxid: node.Mzxid}
			}
		}
	}
	return results[:own], nil
}

func makesNode(w zk.Write) bool { return w.Kind == zk.WriteCreate || w.Kind == zk.WriteEnsure }

// claimCreated turns creations that failed because the nodes are there into writes to them,
// where this run has made all of those nodes on the way to others, and nobody has written
// to them. It returns what it has claimed. The lock is held.
func (s *Session) claimCreated(b zk.Batch, err error) map[string]madeNode {
	conflict, isConflict := errors.AsType[*zk.BatchConflictError](err)
	if !isConflict {
		return nil
	}
	claimed, found := make(map[string]madeNode), make(map[string]zk.Stat)
	for _, c := range conflict.Conflicts {
		made, ok := s.parents.made[c.Write.Path]
		if !ok || !errors.Is(c.Err, zk.ErrNodeExists) || c.Found.Version != 0 || c.Found.Aversion != made.aversion {
			return nil
		}
		claimed[c.Write.Path], found[c.Write.Path] = made, c.Found
	}
	for i, w := range b.Writes {
		if stat, ok := found[w.Path]; ok {
			b.Writes[i].Kind, b.Writes[i].Mzxid = zk.WriteSet, stat.Mzxid
			delete(s.parents.made, w.Path)
		}
	}
	return claimed
}
