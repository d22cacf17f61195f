package recipe

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"terraform-provider-zookeeper/internal/zk"
)

// A Form is how a counter's node holds its number.
type Form int

const (
	// Text is decimal text, as kazoo's Counter has it.
	Text Form = iota
	// Int32 is four bytes, the highest first: Curator's SharedCount and
	// DistributedAtomicInteger, and kazoo's Counter with support_curator.
	Int32
	// Int64 is eight bytes: Curator's DistributedAtomicLong.
	Int64
)

// CounterOptions say how a counter is stored. The zero value is kazoo's default.
type CounterOptions struct {
	// Form is how the node holds the number.
	Form Form
	// Default is the value of a counter that nobody has written.
	Default int64
	// ACL is that of the nodes that are made; nil for the client's default. Whoever counts
	// reads and writes the counter's node, and creates and deletes below it.
	ACL []zk.ACL
}

// Counter is a number that processes share.
type Counter[N int64 | float64] struct {
	client  *zk.Client
	path    string
	initial N
	first   []byte // what the node is made with
	acl     []zk.ACL
	encode  func(N) ([]byte, error)
	decode  func([]byte) (N, error)
}

// NewCounter returns the counter of the path, a whole number. It makes no request.
func NewCounter(client *zk.Client, path string, o CounterOptions) (*Counter[int64], error) {
	c := &Counter[int64]{client: client, path: path, initial: o.Default, acl: o.ACL}
	switch o.Form {
	case Text:
		c.encode = func(n int64) ([]byte, error) { return strconv.AppendInt(nil, n, 10), nil }
		c.decode = func(data []byte) (int64, error) { return strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64) }
	case Int32, Int64:
		size := map[Form]int{Int32: 4, Int64: 8}[o.Form]
		c.encode = func(n int64) ([]byte, error) {
			if size == 4 && (n < math.MinInt32 || n > math.MaxInt32) {
				return nil, fmt.Errorf("%d does not fit into four bytes", n)
			}
			return binary.BigEndian.AppendUint64(nil, uint64(n))[8-size:], nil
		}
		c.decode = func(data []byte) (int64, error) {
			switch {
			case len(data) != size:
				return 0, fmt.Errorf("a number of %d bytes was expected, and there are %d", size, len(data))
			case size == 4:
				return int64(int32(binary.BigEndian.Uint32(data))), nil
			}
			return int64(binary.BigEndian.Uint64(data)), nil
		}
		first, err := c.encode(o.Default)
		if err != nil {
			return nil, err
		}
		c.first = first // Curator's SharedCount does not read a node without data
	default:
		return nil, fmt.Errorf("there is no form %d of a counter", o.Form)
	}
	if err := zk.ValidatePath(path); err != nil {
		return nil, err
	}
	return c, nil
}

// NewFloatCounter returns the counter of the path, a number as kazoo's Counter has it whose
// default is a float. It makes no request.
func NewFloatCounter(client *zk.Client, path string, initial float64, acl []zk.ACL) (*Counter[float64], error) {
	c := &Counter[float64]{client: client, path: path, initial: initial, acl: acl}
	c.encode = func(f float64) ([]byte, error) { return []byte(pythonFloat(f)), nil }
	c.decode = func(data []byte) (float64, error) { return strconv.ParseFloat(strings.TrimSpace(string(data)), 64) }
	if err := zk.ValidatePath(path); err != nil {
		return nil, err
	}
	return c, nil
}

// pythonFloat returns a number as Python's repr writes it.
func pythonFloat(f float64) string {
	switch abs := math.Abs(f); {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 0):
		return strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(f, 'g', -1, 64), "+"))
	case abs != 0 && (abs < 1e-4 || abs >= 1e16):
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	text := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// Value returns the number; the default where nobody has written one.
func (c *Counter[N]) Value(ctx context.Context) (N, error) {
	n, _, err := c.read(ctx)
	if errors.Is(err, zk.ErrNoNode) {
		return c.initial, nil
	}
	return n, err
}

// Add adds to the number, and returns what it was and what it is. Each call that returns
// without an error has added once; with [zk.ErrOutcomeUnknown], which takes the loss of both
// a reply and the session, it may have. Any other error tells that it has not.
func (c *Counter[N]) Add(ctx context.Context, delta N) (before, after N, err error) {
	return c.change(ctx, func(n N) (N, bool, error) {
		sum := n + delta
		if (sum > n) != (delta > 0) && delta != 0 && c.whole() {
			return 0, false, fmt.Errorf("%v and %v are too large a sum", n, delta)
		}
		return sum, true, nil
	})
}

// whole reports whether the numbers are whole ones, which overflow.
func (c *Counter[N]) whole() bool {
	_, ok := any(c.initial).(int64)
	return ok
}

// Set replaces the number, whatever it is, and returns what it was.
func (c *Counter[N]) Set(ctx context.Context, value N) (before N, err error) {
	before, _, err = c.change(ctx, func(N) (N, bool, error) { return value, true, nil })
	return before, err
}

// CompareAndSet replaces the number if it is the expected one, and reports whether it was.
func (c *Counter[N]) CompareAndSet(ctx context.Context, expected, value N) (bool, error) {
	done := false
	_, _, err := c.change(ctx, func(n N) (N, bool, error) {
		done = n == expected
		return value, done, nil
	})
	return done && err == nil, err
}

func (c *Counter[N]) read(ctx context.Context) (N, int32, error) {
	data, stat, err := c.client.Get(ctx, c.path)
	if err != nil {
		return 0, 0, err
	}
	if len(data) == 0 {
		return c.initial, stat.Version, nil
	}
	n, err := c.decode(data)
	if err != nil {
		return 0, 0, fmt.Errorf("the counter %s: %w", c.path, err)
	}
	return n, stat.Version, nil
}

// change replaces the number by what f makes of it, if f says so. It makes the node where it
// is missing.
func (c *Counter[N]) change(ctx context.Context, f func(N) (N, bool, error)) (before, after N, err error) {
	for {
		n, version, err := c.read(ctx)
		if errors.Is(err, zk.ErrNoNode) {
			if err = c.make(ctx); err == nil {
				continue
			}
		}
		if err == nil {
			next, write, err := f(n)
			if err != nil || !write {
				return n, n, err
			}
			data, err := c.encode(next)
			if err != nil {
				return n, n, fmt.Errorf("the counter %s: %w", c.path, err)
			}
			err = commit(ctx, c.client, zk.Child(c.path, ""), c.acl, zk.SetOp(c.path, data, version))
			if err == nil {
				return n, next, nil
			}
			if !overtaken(ctx, c.client, err) {
				return n, n, given(ctx, c.client, err)
			}
			continue
		}
		return 0, 0, err
	}
}

func (c *Counter[N]) make(ctx context.Context) error {
	for {
		_, err := c.client.Create(ctx, c.path, c.first, zk.CreateOptions{ACL: c.acl, MakeParents: true})
		switch {
		case err == nil, errors.Is(err, zk.ErrNodeExists):
			return nil
		case !again(ctx, c.client, err):
			return err
		}
	}
}
