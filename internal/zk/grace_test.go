package zk_test

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// overstay is a logger that tells when the client goes on to wait for a caller who has gone.
type overstay struct {
	once  sync.Once
	began chan struct{}
}

func (o *overstay) Debug(string, ...any) {}

func (o *overstay) Warn(msg string, _ ...any) {
	if strings.Contains(msg, "still waited for") {
		o.once.Do(func() { close(o.began) })
	}
}

// graceful connects a client with a grace, and returns a channel that is closed when it first
// makes use of that.
func graceful(t *testing.T, servers string, grace time.Duration, change ...func(*zk.Config)) (*zk.Client, <-chan struct{}) {
	t.Helper()
	o := &overstay{began: make(chan struct{})}
	c := connect(t, servers, append(change, alice, func(cfg *zk.Config) { cfg.Grace, cfg.Logger = grace, o })...)
	if _, err := c.ServerInfo(testContext(t)); err != nil {
		t.Fatal(err)
	}
	return c, o.began
}

// gracedWrites are all kinds of operations that write. Each works on base, which holds the
// node base/there with the data "old" and version 0, and below it base/there/a and b; and the
// empty node base/empty.
var gracedWrites = []struct {
	name  string
	match func(op int32) bool // the request whose reply is held
	nth   int                 // the how manieth of them; 0 for the first
	burst int                 // how many requests it sends before it looks at a reply; 0 for one
	// refusal is what the server answers; nil for none.
	refusal error
	do      func(ctx context.Context, c *zk.Client, base string) error
	// halfway checks the error where there was more to do; nil for none.
	halfway func(err error) bool
	// holds is what base holds then, but for what it held before.
	holds map[string]string
	// gone are the nodes that are not there any more.
	gone []string
}{
	{name: "create", match: zktest.IsCreate, do: func(ctx context.Context, c *zk.Client, base string) error {
		return create1(ctx, c, base+"/new", zk.CreateOptions{})
	}, holds: map[string]string{"/new": "new"}},
	{name: "create_sequential", match: zktest.IsCreate, do: func(ctx context.Context, c *zk.Client, base string) error {
		made, err := c.Create(ctx, base+"/n-", []byte("new"), zk.CreateOptions{Mode: zk.PersistentSequential})
		if err == nil && made.Path != base+"/n-0000000002" {
			return fmt.Errorf("made %s", made.Path)
		}
		return err
	}, holds: map[string]string{"/n-0000000002": "new"}},
	{name: "create_ephemeral", match: zktest.IsCreate, do: func(ctx context.Context, c *zk.Client, base string) error {
		return create1(ctx, c, base+"/new", zk.CreateOptions{Mode: zk.Ephemeral})
	}, holds: map[string]string{"/new": "new"}},
	{name: "create_without_parents_yet", match: zktest.IsCreate, do: createBelow(0), halfway: canceledAsTold},
	{name: "create_with_one_parent", match: zktest.IsCreate, nth: 2, do: createBelow(0), halfway: canceledAsTold},
	{name: "create_with_its_upper_parent", match: zktest.IsCreate, nth: 3, do: createBelow(1), halfway: canceledAsTold, holds: map[string]string{"/p": ""}},
	{name: "create_with_its_parents", match: zktest.IsCreate, nth: 5, do: createBelow(2), holds: map[string]string{"/p": "", "/p/q": "", "/p/q/new": "new"}},
	{name: "ensure_path", match: zktest.IsCreate, nth: 3, do: func(ctx context.Context, c *zk.Client, base string) error {
		made, err := c.EnsurePath(ctx, base+"/p/q", nil)
		if !slices.Equal(made, []string{base + "/p", base + "/p/q"}) {
			return fmt.Errorf("made %v: %w", made, err)
		}
		return err
	}, holds: map[string]string{"/p": "", "/p/q": ""}},
	{name: "make_path", match: zktest.IsMulti, do: func(ctx context.Context, c *zk.Client, base string) error {
		made, doubt, err := c.MakePath(ctx, base+"/p/q", nil)
		if err == nil && (len(doubt) > 0 || len(made) != 2 || made[0].Path != base+"/p" || made[1].Path != base+"/p/q") {
			return fmt.Errorf("made %+v, and in doubt are %v", made, doubt)
		}
		return err
	}, holds: map[string]string{"/p": "", "/p/q": ""}},
	{name: "set", match: zktest.IsSet, do: func(ctx context.Context, c *zk.Client, base string) error {
		stat, err := c.Set(ctx, base+"/there", []byte("new"), 0)
		if err == nil && stat.Version != 1 {
			return fmt.Errorf("version %d", stat.Version)
		}
		return err
	}, holds: map[string]string{"/there": "new"}},
	{name: "setACL", match: zktest.IsSetACL, do: func(ctx context.Context, c *zk.Client, base string) error {
		stat, err := c.SetACL(ctx, base+"/there", notDelete, 0)
		if err == nil && stat.Aversion != 1 {
			return fmt.Errorf("aversion %d", stat.Aversion)
		}
		return err
	}},
	{name: "setACLs", match: zktest.IsSetACL, do: func(ctx context.Context, c *zk.Client, base string) error {
		_, stat, err := c.ACL(ctx, base+"/there")
		if err != nil {
			return err
		}
		return c.SetACLs(ctx, []zk.ACLWrite{{Path: base + "/there", ACL: notDelete, Stat: stat}}, func(_ int, _ zk.Stat, err error) error { return err })
	}},
	{name: "update", match: zktest.IsSet, do: update, holds: map[string]string{"/there": "new"}},
	{name: "update_halfway", match: zktest.IsSetACL, do: update, halfway: func(err error) bool {
		partial, ok := errors.AsType[*zk.PartialError](err)
		return canceled(err) && ok && strings.Contains(partial.Done, "the ACL has been replaced, the data has not")
	}},
	{name: "delete", match: zktest.IsDelete, do: func(ctx context.Context, c *zk.Client, base string) error {
		return c.Delete(ctx, base+"/empty", 0)
	}, gone: []string{"/empty"}},
	{name: "delete_refused", match: zktest.IsDelete, do: func(ctx context.Context, c *zk.Client, base string) error {
		return c.Delete(ctx, base+"/there", 0)
	}, refusal: zk.ErrNotEmpty},
	{name: "delete_tree", match: zktest.IsMulti, do: func(ctx context.Context, c *zk.Client, base string) error {
		return c.DeleteTree(ctx, base+"/there", 0)
	}, gone: []string{"/there", "/there/a", "/there/b"}},
	{name: "prune", match: zktest.IsDelete, do: func(ctx context.Context, c *zk.Client, base string) error {
		stat, _, err := c.Exists(ctx, base+"/empty")
		if err != nil {
			return err
		}
		return c.Prune(ctx, base+"/empty", stat.Czxid)
	}, gone: []string{"/empty"}},
	{name: "multi", match: zktest.IsMulti, do: func(ctx context.Context, c *zk.Client, base string) error {
		results, err := c.Multi(ctx, zk.CreateOp(base+"/new", []byte("new"), zk.CreateOptions{}), zk.SetOp(base+"/there", []byte("new"), 0), zk.DeleteOp(base+"/empty", 0))
		if err == nil && (len(results) != 3 || results[1].Stat.Version != 1) {
			return fmt.Errorf("results %+v", results)
		}
		return err
	}, holds: map[string]string{"/new": "new", "/there": "new"}, gone: []string{"/empty"}},
	{name: "apply", match: zktest.IsMulti, do: func(ctx context.Context, c *zk.Client, base string) error {
		results, err := c.Apply(ctx, zk.Batch{Writes: []zk.Write{{Path: base + "/new", Data: []byte("new")}, {Kind: zk.WriteDelete, Path: base + "/empty"}}})
		for i, r := range results {
			if r.Done != (err == nil) || r.InDoubt != errors.Is(err, zk.ErrOutcomeUnknown) {
				return fmt.Errorf("write %d: %+v: %w", i, r, err)
			}
		}
		return err
	}, holds: map[string]string{"/new": "new"}, gone: []string{"/empty"}},
	{name: "reconfig_refused", match: zktest.Is(zktest.OpReconfig), do: func(ctx context.Context, c *zk.Client, _ string) error {
		_, _, err := c.Reconfig(ctx, zk.Reconfig{Leaving: "100", FromConfig: zk.AnyConfig})
		return err
	}, refusal: zk.ErrReconfigDisabled},
	{name: "async_create", match: zktest.IsCreate, do: func(ctx context.Context, c *zk.Client, base string) error {
		_, err := c.Async().Create(ctx, base+"/new", []byte("new"), zk.CreateOptions{}).Wait(ctx)
		return err
	}, holds: map[string]string{"/new": "new"}},
	{name: "async_create_with_parents", match: zktest.IsCreate, nth: 3, do: func(ctx context.Context, c *zk.Client, base string) error {
		made, err := c.Async().Create(ctx, base+"/p/new", []byte("new"), zk.CreateOptions{MakeParents: true}).Wait(ctx)
		if err == nil && !slices.Equal(made.Parents, []string{base + "/p"}) {
			return fmt.Errorf("made %v", made.Parents)
		}
		return err
	}, holds: map[string]string{"/p": "", "/p/new": "new"}},
	{name: "async_ensure_path", match: zktest.IsCreate, burst: 3, do: func(ctx context.Context, c *zk.Client, base string) error {
		made, err := c.Async().EnsurePath(ctx, base+"/p", nil).Wait(ctx)
		if err == nil && !slices.Equal(made, []string{base + "/p"}) {
			return fmt.Errorf("made %v", made)
		}
		return err
	}, holds: map[string]string{"/p": ""}},
	{name: "async_set", match: zktest.IsSet, do: func(ctx context.Context, c *zk.Client, base string) error {
		_, err := c.Async().Set(ctx, base+"/there", []byte("new"), 0).Wait(ctx)
		return err
	}, holds: map[string]string{"/there": "new"}},
	{name: "async_delete", match: zktest.IsDelete, do: func(ctx context.Context, c *zk.Client, base string) error {
		_, err := c.Async().Delete(ctx, base+"/empty", 0).Wait(ctx)
		return err
	}, gone: []string{"/empty"}},
	{name: "async_multi", match: zktest.IsMulti, do: func(ctx context.Context, c *zk.Client, base string) error {
		_, err := c.Async().Multi(ctx, zk.CreateOp(base+"/new", []byte("new"), zk.CreateOptions{})).Wait(ctx)
		return err
	}, holds: map[string]string{"/new": "new"}},
}

func canceled(err error) bool {
	return errors.Is(err, context.Canceled) && !errors.Is(err, zk.ErrOutcomeUnknown)
}

// canceledAsTold is canceled where the operation has told what it had made.
func canceledAsTold(err error) bool { return canceled(err) && !strings.Contains(err.Error(), "made ") }

func create1(ctx context.Context, c *zk.Client, path string, o zk.CreateOptions) error {
	made, err := c.Create(ctx, path, []byte("new"), o)
	if err == nil && made.Path != path {
		return fmt.Errorf("made %+v", made)
	}
	return err
}

// createBelow makes a node with the parents p and p/q, of which so many are made.
func createBelow(parents int) func(context.Context, *zk.Client, string) error {
	return func(ctx context.Context, c *zk.Client, base string) error {
		made, err := c.Create(ctx, base+"/p/q/new", []byte("new"), zk.CreateOptions{MakeParents: true})
		if len(made.Parents) != parents {
			return fmt.Errorf("made %v: %w", made.Parents, err)
		}
		return err
	}
}

func update(ctx context.Context, c *zk.Client, base string) error {
	return c.Update(ctx, base+"/there", zk.Change{SetData: true, Data: []byte("new"), SetACL: true, ACL: notDelete})
}

// furnish makes what the writes work on.
func furnish(ctx context.Context, t *testing.T, c *zk.Client) string {
	t.Helper()
	base := folder(t, c)
	for _, n := range []struct{ path, data string }{{"/there", "old"}, {"/empty", ""}, {"/there/a", "a"}, {"/there/b", "b"}} {
		if _, err := c.Create(ctx, base+n.path, []byte(n.data), zk.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	return base
}

// after is what base holds once the operation has been done.
func after(before, holds map[string]string, gone []string) map[string]string {
	tree := maps.Clone(before)
	maps.Copy(tree, holds)
	for _, path := range gone {
		delete(tree, path)
	}
	return tree
}

// began waits until something has happened, and fails the test when the operation ends before.
func began(t *testing.T, happened <-chan struct{}, result <-chan error) {
	t.Helper()
	select {
	case <-happened:
	case err := <-result:
		t.Fatalf("it has ended: %v", err)
	}
}

// afterRequests closes the channel once match has been asked about so many requests.
func afterRequests(n int, match func(op int32) bool) (sent <-chan struct{}, counting func(op int32) bool) {
	const ping = 11
	all := make(chan struct{})
	return all, func(op int32) bool {
		if op != ping {
			n--
		}
		if op != ping && n == 0 {
			close(all)
		}
		return match(op)
	}
}

// The context ends while the answer to a write is on its way. Once that is there, or the
// connection is lost and the outcome has been looked for, the call returns what became of the
// write, and nothing further has been begun.
func TestGrace(t *testing.T) {
	t.Parallel()
	for _, tc := range gracedWrites {
		for _, cut := range []bool{false, true} {
			if cut && tc.name == "async_ensure_path" {
				continue // its look at the path is lost too, and nothing is repeated
			}
			t.Run(fmt.Sprintf("%s_cut=%t", tc.name, cut), func(t *testing.T) {
				t.Parallel()
				if errors.Is(tc.refusal, zk.ErrReconfigDisabled) {
					needs(t, reconfig)
				}
				ctx, direct := testContext(t), connect(t, server.Addr())
				base := furnish(ctx, t, direct)
				before := holding(t, direct, base)
				proxy := zktest.StartProxy(t, server.Addr())
				c, overstays := graceful(t, proxy.Addr(), patience)
				sent, match := afterRequests(max(1, tc.burst), nth(max(1, tc.nth), tc.match))
				held, release := proxy.HoldReplies(match)
				defer release()
				short, cancel := context.WithCancel(ctx)
				defer cancel()
				result := make(chan error, 1)
				go func() { result <- tc.do(short, c, base) }()
				began(t, sent, result)
				began(t, held, result)
				cancel()
				began(t, overstays, result)
				if cut {
					proxy.CutAll()
				} else {
					release()
				}
				err := <-result
				switch {
				case tc.refusal != nil && cut:
					if !canceled(err) { // it is repeated no more
						t.Errorf("answered %v", err)
					}
				case tc.refusal != nil:
					if !errors.Is(err, tc.refusal) || errors.Is(err, zk.ErrOutcomeUnknown) {
						t.Errorf("answered %v, want %v", err, tc.refusal)
					}
				case tc.halfway != nil:
					if !tc.halfway(err) {
						t.Errorf("answered %v", err)
					}
				case err != nil:
					t.Error(err)
				}
				if n, sent := proxy.Count(tc.match), max(1, tc.nth); n != sent && !strings.HasPrefix(tc.name, "async") {
					t.Errorf("%d requests were sent, want %d", n, sent)
				}
				if err := equalTrees(holding(t, direct, base), after(before, tc.holds, tc.gone)); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// The answer does not come in time: the outcome is unknown then, and the error says how long
// it was waited for.
func TestGraceRunsOut(t *testing.T) {
	t.Parallel()
	const grace = 20 * time.Millisecond
	for _, tc := range gracedWrites {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if errors.Is(tc.refusal, zk.ErrReconfigDisabled) {
				needs(t, reconfig)
			}
			ctx, direct := testContext(t), connect(t, server.Addr())
			base := furnish(ctx, t, direct)
			proxy := zktest.StartProxy(t, server.Addr())
			c, _ := graceful(t, proxy.Addr(), grace)
			held, release := proxy.HoldReplies(nth(max(1, tc.nth), tc.match))
			defer release()
			short, cancel := context.WithCancel(ctx)
			defer cancel()
			result := make(chan error, 1)
			go func() { result <- tc.do(short, c, base) }()
			began(t, held, result)
			cancel()
			err := <-result
			if strings.HasPrefix(tc.name, "async") {
				// It may be asked again.
				if !canceled(err) {
					t.Errorf("answered %v", err)
				}
				return
			}
			unknown, ok := errors.AsType[*zk.OutcomeUnknownError](err)
			if !errors.Is(err, context.Canceled) || !errors.Is(err, zk.ErrOutcomeUnknown) || !ok {
				t.Fatalf("answered %v", err)
			}
			if unknown.Waited != grace || unknown.Seen == 0 || !strings.Contains(err.Error(), "no answer within 20ms") {
				t.Errorf("%+v: %v", unknown, err)
			}
		})
	}
}

// What the context ends before it has been sent never is, whatever the grace.
func TestGraceOfNothingSent(t *testing.T) {
	t.Parallel()
	for _, tc := range gracedWrites {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if errors.Is(tc.refusal, zk.ErrReconfigDisabled) {
				needs(t, reconfig)
			}
			ctx, direct := testContext(t), connect(t, server.Addr())
			base := furnish(ctx, t, direct)
			before := holding(t, direct, base)
			proxy := zktest.StartProxy(t, server.Addr())
			c, overstays := graceful(t, proxy.Addr(), patience)
			requests := proxy.Requests()

			ended, cancel := context.WithCancel(ctx)
			cancel()
			if err := tc.do(ended, c, base); !canceled(err) {
				t.Errorf("ended before: %v", err)
			}
			if now := proxy.Requests(); len(now) != len(requests) {
				t.Errorf("sent were %v", now[len(requests):])
			}

			if !strings.HasPrefix(tc.name, "async") { // what is issued stays so
				proxy.Refuse(true)
				proxy.CutAll()
				until(t, "the loss to be noticed", func() bool { return c.State() == zk.StateSuspended })
				short, cancel := context.WithCancel(ctx)
				result := make(chan error, 1)
				go func() { result <- tc.do(short, c, base) }()
				until(t, "a request to wait for a connection", func() bool { return zk.Waiting(c) > 0 })
				cancel()
				if err := <-result; !canceled(err) {
					t.Errorf("without a connection: %v", err)
				}
				proxy.Refuse(false)
				if err := c.Sync(ctx, base); err != nil {
					t.Fatal(err)
				}
				if n := proxy.Count(tc.match); n != 0 {
					t.Errorf("%d requests were sent", n)
				}
			}
			select {
			case <-overstays:
				t.Error("the client has waited for what was not sent")
			default:
			}
			if err := equalTrees(holding(t, direct, base), before); err != nil {
				t.Error(err)
			}
		})
	}
}

// The context ends, and then the connection is lost with the request: that it had no effect is
// found out, and it is not repeated.
func TestGraceRequestLost(t *testing.T) {
	t.Parallel()
	for _, tc := range gracedWrites {
		if tc.nth > 1 {
			continue
		}
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if errors.Is(tc.refusal, zk.ErrReconfigDisabled) {
				needs(t, reconfig)
			}
			ctx, direct := testContext(t), connect(t, server.Addr())
			base := furnish(ctx, t, direct)
			before := holding(t, direct, base)
			proxy := zktest.StartProxy(t, server.Addr())
			c, _ := graceful(t, proxy.Addr(), patience)
			short, cancel := context.WithCancel(ctx)
			defer cancel()
			cut := proxy.CutBeforeRequest(func(op int32) bool {
				if tc.match(op) {
					cancel()
				}
				return tc.match(op)
			})
			err := tc.do(short, c, base)
			happened(t, cut)
			async := strings.HasPrefix(tc.name, "async")
			unrepeated := async && errors.Is(err, zk.ErrConnectionLoss) && !errors.Is(err, zk.ErrOutcomeUnknown)
			if !canceled(err) && !unrepeated {
				t.Errorf("answered %v", err)
			}
			if n := proxy.Count(tc.match); n != 0 {
				t.Errorf("%d requests were sent", n)
			}
			if err := equalTrees(holding(t, direct, base), before); err != nil {
				t.Error(err)
			}
		})
	}
}

// taciturn is a server that grants a session and answers nothing else.
func taciturn(nc net.Conn, timeout time.Duration) {
	if _, err := zktest.ReadFrame(nc); err != nil {
		return
	}
	session := binary.BigEndian.AppendUint32(nil, 0)
	session = binary.BigEndian.AppendUint32(session, uint32(timeout.Milliseconds()))
	session = binary.BigEndian.AppendUint64(session, 1)
	session = append(binary.BigEndian.AppendUint32(session, 16), make([]byte, 16)...)
	if zktest.WriteFrame(nc, session) != nil {
		return
	}
	for pings := 0; ; {
		request, err := zktest.ReadFrame(nc)
		if err != nil {
			return
		}
		if binary.BigEndian.Uint32(request[4:]) != 11 {
			continue
		}
		pings++
		if pings > 1 {
			continue // it belongs to what nobody answers
		}
		pong := append(slices.Clone(request[:4]), make([]byte, 12)...)
		binary.BigEndian.PutUint64(pong[4:], 7) // the zxid
		if zktest.WriteFrame(nc, pong) != nil {
			return
		}
	}
}

// The wait is as long as the grace, to the moment, from the end of the context on: for the
// answer, and for all that is done to find out what became of the write. SessionGrace is what
// the server has granted.
func TestGraceIsABound(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		grace, want time.Duration
		within      time.Duration // the context's own time; 0 for one that is cancelled
		lost        bool          // the connection ends, and no other one comes
		async       bool
		without     bool // the caller wants no grace
	}{
		"none":             {grace: 0, want: 0},
		"not wanted":       {grace: time.Hour, want: 0, without: true},
		"cancelled":        {grace: 3 * time.Second, want: 3 * time.Second},
		"timed out":        {grace: 3 * time.Second, want: 3 * time.Second, within: time.Second},
		"of the session":   {grace: zk.SessionGrace, want: 8 * time.Second},
		"connection lost":  {grace: 3 * time.Second, want: 3 * time.Second, lost: true},
		"issued":           {grace: 3 * time.Second, want: 3 * time.Second, async: true},
		"issued and lost":  {grace: 3 * time.Second, want: 3 * time.Second, async: true, lost: true},
		"issued, and none": {grace: 0, want: 0, async: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var served sync.WaitGroup
				var mu sync.Mutex
				var ends []net.Conn
				dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
					mu.Lock()
					defer mu.Unlock()
					if len(ends) > 0 {
						mu.Unlock()
						<-ctx.Done()
						mu.Lock()
						return nil, ctx.Err()
					}
					client, server := net.Pipe()
					ends = append(ends, server)
					served.Go(func() { taciturn(server, 8*time.Second) })
					return client, nil
				}
				c, err := zk.New(t.Context(), zk.Config{Servers: "127.0.0.1:2181", Grace: tc.grace, SessionTimeout: 20 * time.Second, ConnectTimeout: time.Hour, Dial: dial})
				if err != nil {
					t.Fatal(err)
				}
				if err := c.Start(t.Context()); err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				if tc.within > 0 {
					ctx, cancel = context.WithTimeout(t.Context(), tc.within)
				}
				defer cancel()
				if tc.without {
					ctx = zk.WithoutGrace(ctx)
				}
				ended := time.Now().Add(tc.within)
				result := make(chan error, 1)
				go func() {
					if tc.async {
						_, err := c.Async().Set(context.WithoutCancel(ctx), "/a", []byte("x"), 0).Wait(ctx)
						result <- err
						return
					}
					_, err := c.Set(ctx, "/a", []byte("x"), 0)
					result <- err
				}()
				synctest.Wait()
				if tc.within == 0 {
					cancel()
				}
				if tc.lost {
					synctest.Wait()
					mu.Lock()
					_ = ends[0].Close()
					mu.Unlock()
				}
				err = <-result
				if took := time.Since(ended); took != tc.want {
					t.Errorf("it took %v, want %v", took, tc.want)
				}
				if want := cmp.Or(ctx.Err(), errors.New("not ended")); !errors.Is(err, want) {
					t.Errorf("answered %v, want %v", err, want)
				}
				unknown, ok := errors.AsType[*zk.OutcomeUnknownError](err)
				if told := ok; told && (unknown.Waited != tc.want || unknown.Seen != 7) || told == (tc.async && !tc.lost) {
					t.Errorf("answered %+v: %v", unknown, err)
				}
				closing, stop := context.WithCancel(context.Background())
				stop()
				_ = c.Close(closing)
				mu.Lock()
				_ = ends[0].Close()
				mu.Unlock()
				served.Wait()
			})
		})
	}
}
