package recipe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"terraform-provider-zookeeper/internal/zk"
)

// What a lease's node is called, and how it tells the lease's end: in UTC, without a zone.
const (
	leaseHolder   = "lease_holder"
	leaseDate     = "2006-01-02T15:04:05"
	leaseVersion  = 1
	leaseTemplate = `{"version": 1, "holder": %s, "end": "%s"}`
)

// LeaseOptions say who asks for a lease.
type LeaseOptions struct {
	// Identifier is the holder's: whoever gives the same one renews the lease. By default it
	// is the name of this machine.
	Identifier string
	// ACL is that of the nodes that are made; nil for the client's default.
	ACL []zk.ACL
	// Now is the clock, time.Now by default. The clocks of all who ask must agree.
	Now func() time.Time
}

// NonBlockingLease is what one holder has for a time, whether its session lasts or not: kazoo's
// NonBlockingLease, and with several paths its MultiNonBlockingLease.
type NonBlockingLease struct {
	client   *zk.Client
	paths    []string
	duration time.Duration
	holder   string
	o        LeaseOptions
}

// NewNonBlockingLease returns the lease of the path, for a duration, which is counted in
// seconds. It makes no request.
func NewNonBlockingLease(client *zk.Client, path string, duration time.Duration, o LeaseOptions) (*NonBlockingLease, error) {
	return newLease(client, []string{path}, duration, o)
}

// NewMultiNonBlockingLease returns one of a number of leases below the path: that of the lowest
// number that nobody else has. It makes no request.
func NewMultiNonBlockingLease(client *zk.Client, leases int, path string, duration time.Duration, o LeaseOptions) (*NonBlockingLease, error) {
	paths := make([]string, max(0, leases))
	for i := range paths {
		paths[i] = zk.Child(path, strconv.Itoa(i))
	}
	return newLease(client, paths, duration, o)
}

func newLease(client *zk.Client, paths []string, duration time.Duration, o LeaseOptions) (*NonBlockingLease, error) {
	if o.Identifier == "" {
		o.Identifier, _ = os.Hostname()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	for _, path := range paths {
		if err := valid(path, o.Identifier); err != nil {
			return nil, err
		}
	}
	return &NonBlockingLease{client: client, paths: paths, duration: duration, holder: o.Identifier, o: o}, nil
}

// Obtain takes the lease, or renews it, and reports whether this holder has it. It waits for
// others who ask at the same time, and not for the lease.
func (l *NonBlockingLease) Obtain(ctx context.Context) (bool, error) {
	for _, path := range l.paths {
		if ok, err := l.obtain(ctx, path); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// obtain looks at the lease of one path while nobody else does.
func (l *NonBlockingLease) obtain(ctx context.Context, path string) (obtained bool, err error) {
	lock, err := NewLock(l.client, path, LockOptions{Identifier: l.holder, ACL: l.o.ACL})
	if err != nil {
		return false, err
	}
	for {
		held, err := lock.Acquire(ctx)
		if err != nil {
			return false, err
		}
		obtained, err = l.exchange(ctx, path, held)
		if released := held.Release(ctx); err == nil && !errors.Is(released, ErrLost) {
			err = released
		}
		// The outcome is unknown: whoever looks again finds what is his, and renews it.
		if !again(ctx, l.client, err) && !overtaken(ctx, l.client, err) {
			return obtained, given(ctx, l.client, err)
		}
	}
}

// exchange puts this holder into the place of one whose time is over, as long as the lock is
// held.
func (l *NonBlockingLease) exchange(ctx context.Context, path string, held *Held) (bool, error) {
	node := zk.Child(path, leaseHolder)
	now := l.o.Now().UTC()
	ops := []zk.Op{held.Fence()}
	data, stat, err := l.client.Get(ctx, node)
	switch {
	case err == nil:
		free, err := l.free(data, now)
		if err != nil || !free {
			return false, err
		}
		ops = append(ops, zk.DeleteOp(node, stat.Version))
	case !errors.Is(err, zk.ErrNoNode):
		return false, err
	}
	text := fmt.Sprintf(leaseTemplate, pythonString(l.holder), now.Add(l.duration).Format(leaseDate))
	_, err = l.client.Multi(ctx, append(ops, zk.CreateOp(node, []byte(text), zk.CreateOptions{ACL: l.o.ACL}))...)
	return err == nil, err
}

// free reports whether what a lease's node holds leaves the lease to this holder.
func (l *NonBlockingLease) free(data []byte, now time.Time) (bool, error) {
	var found struct {
		Version int    `json:"version"`
		Holder  string `json:"holder"`
		End     string `json:"end"`
	}
	if err := json.Unmarshal(data, &found); err != nil {
		return false, fmt.Errorf("what holds the lease is no lease: %w", err)
	}
	if found.Version != leaseVersion {
		return false, nil // of a newer kazoo: somebody who knows it takes the lease
	}
	end, err := time.Parse(leaseDate, found.End)
	if err != nil {
		return false, fmt.Errorf("what holds the lease is no lease: %w", err)
	}
	return found.Holder == l.holder || !now.Before(end), nil
}

// pythonString returns a text as Python's json.dumps writes it: in ASCII.
func pythonString(s string) string {
	short := map[rune]string{'"': `\"`, '\\': `\\`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\b': `\b`, '\f': `\f`}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch escape, ok := short[r]; {
		case ok:
			b.WriteString(escape)
		case r >= ' ' && r <= '~':
			b.WriteRune(r)
		default:
			for _, unit := range utf16.AppendRune(nil, r) {
				fmt.Fprintf(&b, `\u%04x`, unit)
			}
		}
	}
	b.WriteByte('"')
	return b.String()
}
