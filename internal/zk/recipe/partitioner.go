package recipe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"terraform-provider-zookeeper/internal/zk"
)

// What kazoo has below a partitioner.
const (
	partitionParty = "party"
	partitionLocks = "locks"
)

// PartitionerOptions say how to share a set out.
type PartitionerOptions struct {
	// Identifier is this member's, which no other may have. By default it is made of the name
	// of this machine and the number of the process.
	Identifier string
	// Settle is how long the members must have been the same before the set is shared out; 30
	// seconds by default, as kazoo's time_boundary.
	Settle time.Duration
	// Partition decides which items are this member's, of all members' identifiers. All members
	// must decide alike. By default the items go to the members in turn, as kazoo does it.
	Partition func(identifier string, members, items []string) []string
	// ACL is that of the nodes that are made; nil for the client's default.
	ACL []zk.ACL
}

// SetPartitioner shares a set of items out among its members, each item to one of them, and
// anew whenever a member comes or goes: kazoo's SetPartitioner. One goroutine at a time may
// use it.
//
//	for {
//		part, err := partitioner.Acquire(ctx)
//		…
//		work(part.Items) until part.Done() is closed
//		part.Release(ctx)
//	}
//	partitioner.Finish(ctx)
type SetPartitioner struct {
	client *zk.Client
	path   string
	items  []string
	o      PartitionerOptions
	party  *Party
	member *Held // nil before the first Acquire
}

// NewSetPartitioner returns the partitioner of the path for a set. It makes no request.
func NewSetPartitioner(client *zk.Client, path string, items []string, o PartitionerOptions) (*SetPartitioner, error) {
	if o.Identifier == "" {
		host, _ := os.Hostname()
		o.Identifier = fmt.Sprintf("%s-%d", host, os.Getpid())
	}
	if o.Settle == 0 {
		o.Settle = 30 * time.Second
	}
	if o.Partition == nil {
		o.Partition = inTurn
	}
	for _, item := range items {
		if err := zk.ValidatePath(zk.Child("/", item)); err != nil {
			return nil, err
		}
	}
	party, err := NewShallowParty(client, zk.Child(path, partitionParty), PartyOptions{Identifier: o.Identifier, ACL: o.ACL})
	if err != nil {
		return nil, err
	}
	return &SetPartitioner{client: client, path: path, items: items, o: o, party: party}, nil
}

// inTurn is how kazoo shares a set out.
func inTurn(identifier string, members, items []string) (own []string) {
	members, items = slices.Sorted(slices.Values(members)), slices.Sorted(slices.Values(items))
	for i := slices.Index(members, identifier); i >= 0 && i < len(items); i += len(members) {
		own = append(own, items[i])
	}
	return own
}

// Partition is this member's part of the set, until it is released.
type Partition struct {
	// Items are this member's, and nobody else's as long as the partition is not done.
	Items []string

	locks []*Held
	ctx   context.Context //nolint:containedctx // The partition's own life: its end is what is told to others.
	end   context.CancelCauseFunc
	work  sync.WaitGroup
}

// ErrRepartition tells that members have come or gone: the set is to be shared out anew.
var ErrRepartition = errors.New("the members of the partitioner have changed")

// Acquire makes this client a member, unless it is, and waits until the members have settled
// and this one's items are its alone. Release what was acquired before.
func (s *SetPartitioner) Acquire(ctx context.Context) (*Partition, error) {
	for {
		if s.member == nil || errors.Is(s.member.Err(), ErrLost) {
			member, err := s.party.Join(ctx)
			if err != nil {
				return nil, err
			}
			s.member = member
		}
		p, err := s.acquire(ctx)
		if ctx.Err() != nil || !errors.Is(err, ErrRepartition) && !errors.Is(err, ErrLost) {
			return p, err
		}
		if errors.Is(err, zk.ErrClosed) {
			return nil, err
		}
	}
}

// acquire shares the set out once. The error is ErrRepartition or ErrLost when it is to be
// begun anew.
func (s *SetPartitioner) acquire(ctx context.Context) (*Partition, error) {
	w, err := NewChildrenWatch(s.client, s.party.path)
	if err != nil {
		return nil, err
	}
	names, err := w.Settle(ctx, s.o.Settle)
	if err != nil {
		w.Close()
		return nil, err
	}
	var members []string
	for _, name := range names.Children {
		identifier, _ := s.party.member(name)
		members = append(members, identifier)
	}
	p := &Partition{Items: s.o.Partition(s.o.Identifier, members, s.items)}
	p.ctx, p.end = context.WithCancelCause(context.WithoutCancel(ctx))
	p.work.Go(func() {
		defer w.Close()
		_, err := w.Next(p.ctx)
		if err == nil {
			err = ErrRepartition
		}
		p.end(err)
	})
	p.work.Go(func() {
		select {
		case <-s.member.Done():
			p.end(s.member.Err())
		case <-p.ctx.Done():
		}
	})
	if err := s.lock(ctx, p); err != nil {
		return nil, errors.Join(err, p.Release(ctx))
	}
	return p, nil
}

// lock takes the locks of a partition's items, as long as it is to be shared out like that.
func (s *SetPartitioner) lock(ctx context.Context, p *Partition) error {
	both, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := context.AfterFunc(p.ctx, func() { cancel(p.Err()) })
	defer stop()
	for _, item := range p.Items {
		lock, err := NewLock(s.client, zk.Child(zk.Child(s.path, partitionLocks), item), LockOptions{ACL: s.o.ACL})
		if err != nil {
			return err
		}
		held, err := lock.Acquire(both)
		if err != nil {
			if ctx.Err() == nil && p.ctx.Err() != nil {
				return p.Err()
			}
			return err
		}
		p.locks = append(p.locks, held)
		p.work.Go(func() {
			select {
			case <-held.Done():
				p.end(held.Err())
			case <-p.ctx.Done():
			}
		})
	}
	return p.Err()
}

// Done returns a channel that is closed when the partition is to be released: the members have
// changed, or a part of it was lost.
func (p *Partition) Done() <-chan struct{} { return p.ctx.Done() }

// Err returns why the partition is done: an error that is [ErrRepartition], [ErrLost] or
// [ErrReleased]; nil while it is not.
func (p *Partition) Err() error { return context.Cause(p.ctx) }

// Release gives the items back. What was lost of them before is no error.
func (p *Partition) Release(ctx context.Context) error {
	p.end(ErrReleased)
	p.work.Wait()
	var all []error
	for _, held := range p.locks {
		all = append(all, unlessLost(held.Release(ctx)))
	}
	return errors.Join(all...)
}

// Finish ends the membership. Release what was acquired before.
func (s *SetPartitioner) Finish(ctx context.Context) error {
	if s.member == nil {
		return nil
	}
	err := s.member.Release(ctx)
	if err == nil || errors.Is(err, ErrLost) {
		s.member = nil
		return nil
	}
	return err
}
