package session

import (
	"context"
	"errors"

	"terraform-provider-zookeeper/internal/zk"
)

// CheckBatch returns the error of [zk.Batch.CheckSize] when the servers would not accept the
// batch for its size. While the limit is unknown everything fits.
func (s *Session) CheckBatch(b zk.Batch) error {
	if s.cfg.MaxBufferBytes <= 0 {
		return nil
	}
	if b.ACL == nil {
		b.ACL = s.DefaultACL()
	}
	return b.CheckSize(s.chroot, s.cfg.MaxBufferBytes)
}

// Apply does the writes of a batch, all at base or below it, and makes what is missing above
// base in the same transaction. The results and the error are those of [zk.Client.Apply].
// The usual case takes no lock: only when something is missing above base are parents made,
// by one resource at a time.
func (s *Session) Apply(ctx context.Context, base string, b zk.Batch) ([]zk.WriteResult, error) {
	client, err := s.Client(ctx)
	if err != nil {
		return make([]zk.WriteResult, len(b.Writes)), err
	}
	results, err := client.Apply(ctx, b)
	if conflict := (*zk.ConflictError)(nil); !errors.Is(err, zk.ErrNoNode) || errors.As(err, &conflict) {
		return results, err
	}
	own := len(b.Writes)
	err = s.MakeParents(ctx, func() ([]string, error) {
		// What the chroot stands for is part of the servers' address, and of no transaction.
		if _, err := client.EnsurePath(ctx, "/", b.ACL); err != nil {
			return nil, err
		}
		with := b
		with.Writes = b.Writes[:own:own]
		for path := zk.Parent(base); path != "/"; path = zk.Parent(path) {
			with.Writes = append(with.Writes, zk.Write{Kind: zk.WriteEnsure, Path: path})
		}
		var err error
		results, err = client.Apply(ctx, with)
		var made []string
		for i, w := range with.Writes[own:] {
			if results[own+i].Done {
				made = append(made, w.Path)
			}
		}
		return made, err
	})
	return results[:own], err
}
