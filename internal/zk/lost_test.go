package zk_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

var isAuth = zktest.Is(zktest.OpAuth)

// writes are the writes whose lost replies the tests below look at. Each works on base,
// which holds the node base/there with the data "old" and version 0.
var writes = []struct {
	name  string
	match func(int32) bool
	needs feature // none for most
	// do makes the write and checks what it answers.
	do func(ctx context.Context, t *testing.T, c *zk.Client, base string) error
	// effect checks, with a client of its own, that the write took effect exactly once.
	effect func(ctx context.Context, t *testing.T, c *zk.Client, base string)
}{
	{"create", zktest.IsCreate, feature{}, create("/new", zk.CreateOptions{}), oneChild("new")},
	{"create_null", zktest.IsCreate, feature{}, func(ctx context.Context, _ *testing.T, c *zk.Client, base string) error {
		_, err := c.Create(ctx, base+"/new", nil, zk.CreateOptions{})
		return err
	}, oneChild("new")},
	{"create_ephemeral", zktest.IsCreate, feature{}, create("/new", zk.CreateOptions{Mode: zk.Ephemeral}), oneChild("new")},
	{"create_container", zktest.IsCreate, containerNode, create("/new", zk.CreateOptions{Mode: zk.Container}), oneChild("new")},
	{"create_ttl", zktest.IsCreate, ttlNode, create("/new", zk.CreateOptions{Mode: zk.PersistentTTL, TTL: time.Hour}), oneChild("new")},
	{"create_acl", zktest.IsCreate, feature{}, create("/new", zk.CreateOptions{ACL: []zk.ACL{
		{Perms: zk.PermAll, Scheme: zk.SchemeAuth},
		{Perms: zk.PermRead, Scheme: zk.SchemeWorld, ID: "anyone"},
		{Perms: zk.PermRead, Scheme: zk.SchemeWorld, ID: "anyone"},
	}}), oneChild("new")},
	{"create_sequential", zktest.IsCreate, feature{}, create("/n-", zk.CreateOptions{Mode: zk.PersistentSequential}), oneChild("n-0000000001")},
	{"create_sequential_bare", zktest.IsCreate, feature{}, create("/", zk.CreateOptions{Mode: zk.PersistentSequential}), oneChild("0000000001")},
	{"create_ephemeral_sequential", zktest.IsCreate, feature{}, create("/n-", zk.CreateOptions{Mode: zk.EphemeralSequential}), oneChild("n-0000000001")},
	{"set", zktest.IsSet, feature{}, set(0), version("1")},
	{"set_any_version", zktest.IsSet, feature{}, set(zk.AnyVersion), version("1")},
	{"setACL", zktest.IsSetACL, feature{}, setACL(0), aversion},
	{"setACL_any_version", zktest.IsSetACL, feature{}, setACL(zk.AnyVersion), aversion},
	{"delete", zktest.IsDelete, feature{}, func(ctx context.Context, _ *testing.T, c *zk.Client, base string) error {
		return c.Delete(ctx, base+"/there", 0)
	}, gone},
	{"delete_any_version", zktest.IsDelete, feature{}, func(ctx context.Context, _ *testing.T, c *zk.Client, base string) error {
		return c.Delete(ctx, base+"/there", zk.AnyVersion)
	}, gone},
	{"multi", zktest.IsMulti, feature{}, func(ctx context.Context, t *testing.T, c *zk.Client, base string) error {
		results, err := c.Multi(ctx,
			zk.CheckOp(base, 0),
			zk.CreateOp(base+"/n-", []byte("new"), zk.CreateOptions{Mode: zk.PersistentSequential}),
			zk.SetOp(base+"/there", []byte("new"), 0))
		if err == nil && (len(results) != 3 || results[1].Path != base+"/n-0000000001" || results[2].Stat.Version != 1) {
			t.Errorf("results %+v", results)
		}
		return err
	}, version("1")},
	{"multi_of_deletes", zktest.IsMulti, feature{}, func(ctx context.Context, _ *testing.T, c *zk.Client, base string) error {
		_, err := c.Multi(ctx, zk.CheckOp(base, 0), zk.DeleteOp(base+"/there", 0))
		return err
	}, gone},
	{"multi_of_checks", zktest.IsMulti, feature{}, func(ctx context.Context, _ *testing.T, c *zk.Client, base string) error {
		_, err := c.Multi(ctx, zk.CheckOp(base, 0))
		return err
	}, version("0")},
}

func create(suffix string, o zk.CreateOptions) func(context.Context, *testing.T, *zk.Client, string) error {
	return func(ctx context.Context, t *testing.T, c *zk.Client, base string) error {
		made, err := c.Create(ctx, base+suffix, []byte("new"), o)
		if err != nil {
			return err
		}
		if stat, ok, err := c.Exists(ctx, made.Path); err != nil || !ok || made.HasStat && made.Stat != stat {
			t.Errorf("create answered %+v, exists %+v (%t, %v)", made, stat, ok, err)
		}
		return nil
	}
}

func set(at int32) func(context.Context, *testing.T, *zk.Client, string) error {
	return func(ctx context.Context, t *testing.T, c *zk.Client, base string) error {
		stat, err := c.Set(ctx, base+"/there", []byte("new"), at)
		if err == nil && stat.Version != 1 {
			t.Errorf("version %d", stat.Version)
		}
		return err
	}
}

func setACL(at int32) func(context.Context, *testing.T, *zk.Client, string) error {
	return func(ctx context.Context, t *testing.T, c *zk.Client, base string) error {
		stat, err := c.SetACL(ctx, base+"/there", []zk.ACL{{Perms: zk.PermAll &^ zk.PermDelete, Scheme: zk.SchemeWorld, ID: "anyone"}}, at)
		if err == nil && stat.Aversion != 1 {
			t.Errorf("aversion %d", stat.Aversion)
		}
		return err
	}
}

func oneChild(want string) func(context.Context, *testing.T, *zk.Client, string) {
	return func(ctx context.Context, t *testing.T, c *zk.Client, base string) {
		names, _, err := c.Children(ctx, base)
		if err != nil || strings.Join(names, " ") != strings.Join(sorted(want, "there"), " ") {
			t.Errorf("children %v, %v", names, err)
		}
	}
}

func sorted(a, b string) []string {
	if a < b {
		return []string{a, b}
	}
	return []string{b, a}
}

func version(want string) func(context.Context, *testing.T, *zk.Client, string) {
	return func(ctx context.Context, t *testing.T, c *zk.Client, base string) {
		stat, _, err := c.Exists(ctx, base+"/there")
		if err != nil || stat.Version != int32(want[0]-'0') {
			t.Errorf("version %d, %v", stat.Version, err)
		}
	}
}

func aversion(ctx context.Context, t *testing.T, c *zk.Client, base string) {
	stat, _, err := c.Exists(ctx, base+"/there")
	if err != nil || stat.Aversion != 1 {
		t.Errorf("aversion %d, %v", stat.Aversion, err)
	}
}

func gone(ctx context.Context, t *testing.T, c *zk.Client, base string) {
	if _, ok, err := c.Exists(ctx, base+"/there"); ok || err != nil {
		t.Errorf("still there: %t, %v", ok, err)
	}
}

func alice(cfg *zk.Config) { cfg.Auth = []zk.Credential{{Scheme: "digest", Secret: "alice:secret"}} }

// prepare makes the folder that the writes work on.
func prepare(ctx context.Context, t *testing.T, c *zk.Client) string {
	t.Helper()
	base := folder(t, c)
	if _, err := c.Create(ctx, base+"/there", []byte("old"), zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	return base
}

// The server executed the write and its reply was lost: the client finds out and answers
// truly, and the write reaches the server once.
func TestReplyLost(t *testing.T) {
	t.Parallel()
	for _, w := range writes {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			needs(t, w.needs)
			ctx, direct := testContext(t), connect(t, server.Addr())
			base := prepare(ctx, t, direct)
			proxy := zktest.StartProxy(t, server.Addr())
			c := connect(t, proxy.Addr(), alice)
			cut := proxy.CutAfterRequest(w.match)
			if err := w.do(ctx, t, c, base); err != nil {
				t.Error(err)
			}
			happened(t, cut)
			want := 1
			if w.name == "multi_of_checks" {
				want = 2 // it has no effect that could tell, and may be asked again
			}
			if n := proxy.Count(w.match); n != want {
				t.Errorf("the write reached the server %d times", n)
			}
			w.effect(ctx, t, direct, base)
			// The look sees all that had been accepted, on whichever server.
			requests := proxy.Requests()
			behind := slices.IndexFunc(requests, func(r zktest.Request) bool { return w.match(r.Opcode) }) + 1
			look := slices.IndexFunc(requests[behind:], func(r zktest.Request) bool {
				return zktest.Is(zktest.OpExists, zktest.OpGetData, zktest.OpGetACL, zktest.OpSync, zktest.OpGetChildren2)(r.Opcode)
			})
			if look < 0 || requests[behind+look].Opcode != zktest.OpSync {
				t.Errorf("no sync came before the look: %v", requests[behind:])
			}
		})
	}
}

// The connection was lost before the write reached the server: it is sent again.
func TestRequestLost(t *testing.T) {
	t.Parallel()
	for _, w := range writes {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			needs(t, w.needs)
			ctx, direct := testContext(t), connect(t, server.Addr())
			base := prepare(ctx, t, direct)
			proxy := zktest.StartProxy(t, server.Addr())
			c := connect(t, proxy.Addr(), alice)
			cut := proxy.CutBeforeRequest(w.match)
			err := w.do(ctx, t, c, base)
			happened(t, cut)
			if w.name == "setACL_any_version" {
				// Servers keep no trace of who set an ACL: this may be before ours, or in its
				// place.
				if n := proxy.Count(w.match); !errors.Is(err, zk.ErrOutcomeUnknown) || n != 0 {
					t.Errorf("%v, and the write reached the server %d times", err, n)
				}
				return
			}
			if err != nil {
				t.Error(err)
			}
			if n := proxy.Count(w.match); n != 1 {
				t.Errorf("the write reached the server %d times", n)
			}
			w.effect(ctx, t, direct, base)
		})
	}
}

func happened(t *testing.T, cut <-chan struct{}) {
	t.Helper()
	select {
	case <-cut:
	default:
		t.Error("the connection was not cut: the test showed nothing")
	}
}

// A write that the server refused, and whose refusal was lost, is still refused.
func TestRefusalLost(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		match func(int32) bool
		do    func(ctx context.Context, c *zk.Client, base string) error
		want  error
	}{
		{"create_of_what_was_there", zktest.IsCreate, func(ctx context.Context, c *zk.Client, base string) error {
			// With the very data and ACL of the node that is there.
			_, err := c.Create(ctx, base+"/there", []byte("old"), zk.CreateOptions{})
			return err
		}, zk.ErrNodeExists},
		{"create_without_parent", zktest.IsCreate, func(ctx context.Context, c *zk.Client, base string) error {
			_, err := c.Create(ctx, base+"/none/child", nil, zk.CreateOptions{})
			return err
		}, zk.ErrNoNode},
		{"sequential_without_parent", zktest.IsCreate, func(ctx context.Context, c *zk.Client, base string) error {
			_, err := c.Create(ctx, base+"/none/child-", nil, zk.CreateOptions{Mode: zk.PersistentSequential})
			return err
		}, zk.ErrNoNode},
		{"stale_set", zktest.IsSet, func(ctx context.Context, c *zk.Client, base string) error {
			_, err := c.Set(ctx, base+"/there", []byte("new"), 4)
			return err
		}, zk.ErrBadVersion},
		{"set_of_nothing", zktest.IsSet, func(ctx context.Context, c *zk.Client, base string) error {
			_, err := c.Set(ctx, base+"/none", []byte("new"), 0)
			return err
		}, zk.ErrNoNode},
		{"stale_setACL", zktest.IsSetACL, func(ctx context.Context, c *zk.Client, base string) error {
			_, err := c.SetACL(ctx, base+"/there", zk.OpenACL(), 4)
			return err
		}, zk.ErrBadVersion},
		{"stale_delete", zktest.IsDelete, func(ctx context.Context, c *zk.Client, base string) error {
			return c.Delete(ctx, base+"/there", 4)
		}, zk.ErrBadVersion},
		{"delete_of_nothing", zktest.IsDelete, func(ctx context.Context, c *zk.Client, base string) error {
			return c.Delete(ctx, base+"/none", 0)
		}, zk.ErrNoNode},
		{"multi", zktest.IsMulti, func(ctx context.Context, c *zk.Client, base string) error {
			_, err := c.Multi(ctx, zk.SetOp(base+"/there", []byte("new"), 0), zk.CreateOp(base, nil, zk.CreateOptions{}))
			if me, ok := errors.AsType[*zk.MultiError](err); ok && me.Index != 1 {
				return errors.New("another operation is named: " + err.Error())
			}
			return err
		}, zk.ErrNodeExists},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			base := prepare(ctx, t, direct)
			proxy := zktest.StartProxy(t, server.Addr())
			c := connect(t, proxy.Addr())
			cut := proxy.CutAfterRequest(tc.match)
			if err := tc.do(ctx, c, base); !errors.Is(err, tc.want) || errors.Is(err, zk.ErrOutcomeUnknown) {
				t.Errorf("%v, want %v", err, tc.want)
			}
			happened(t, cut)
			version("0")(ctx, t, direct, base)
			names, _, err := direct.Children(ctx, base)
			if err != nil || len(names) != 1 {
				t.Errorf("children %v, %v", names, err)
			}
		})
	}
}

// gate is a dialer that can be closed, to hold a client back from its next connection.
type gate struct {
	mu   sync.Mutex
	open chan struct{}
}

func newGate() *gate {
	g := &gate{open: make(chan struct{})}
	close(g.open)
	return g
}

func (g *gate) close() (reopen func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open = make(chan struct{})
	return sync.OnceFunc(func() { close(g.open) })
}

func (g *gate) dial(ctx context.Context, network, address string) (net.Conn, error) {
	g.mu.Lock()
	open := g.open
	g.mu.Unlock()
	select {
	case <-open:
		return new(net.Dialer).DialContext(ctx, network, address)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Where somebody else has written before the client could look, the outcome cannot be
// told, and nothing is repeated: their write stands.
func TestOutcomeUnknown(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		match func(int32) bool
		do    func(ctx context.Context, c *zk.Client, base string) error
		other func(ctx context.Context, c *zk.Client, base string) error
	}{
		{"create", zktest.IsCreate, func(ctx context.Context, c *zk.Client, base string) error {
			_, err := c.Create(ctx, base+"/new", []byte("ours"), zk.CreateOptions{})
			return err
		}, func(ctx context.Context, c *zk.Client, base string) error {
			_, err := c.Set(ctx, base+"/new", []byte("theirs"), 0)
			return err
		}},
		{"set", zktest.IsSet, func(ctx context.Context, c *zk.Client, base string) error {
			_, err := c.Set(ctx, base+"/there", []byte("ours"), 0)
			return err
		}, overwrite},
		{"set_any_version", zktest.IsSet, func(ctx context.Context, c *zk.Client, base string) error {
			_, err := c.Set(ctx, base+"/there", []byte("ours"), zk.AnyVersion)
			return err
		}, overwrite},
		{"multi", zktest.IsMulti, func(ctx context.Context, c *zk.Client, base string) error {
			_, err := c.Multi(ctx, zk.SetOp(base+"/there", []byte("ours"), 0))
			return err
		}, overwrite},
		{"create_of_what_was_taken_away", zktest.IsCreate, func(ctx context.Context, c *zk.Client, base string) error {
			_, err := c.Create(ctx, base+"/new", []byte("ours"), zk.CreateOptions{})
			return err
		}, func(ctx context.Context, c *zk.Client, base string) error {
			return c.Delete(ctx, base+"/new", 0) // as a worker does with a job that is done
		}},
		{"delete", zktest.IsDelete, func(ctx context.Context, c *zk.Client, base string) error {
			return c.Delete(ctx, base+"/there", 0)
		}, func(ctx context.Context, c *zk.Client, base string) error {
			_, err := c.Create(ctx, base+"/there", []byte("theirs"), zk.CreateOptions{})
			return err
		}},
		{"set_of_a_node_made_anew", zktest.IsSet, func(ctx context.Context, c *zk.Client, base string) error {
			_, err := c.Set(ctx, base+"/there", []byte("ours"), 0)
			return err
		}, func(ctx context.Context, c *zk.Client, base string) error {
			if err := c.Delete(ctx, base+"/there", 1); err != nil {
				return err
			}
			_, err := c.Create(ctx, base+"/there", []byte("theirs"), zk.CreateOptions{})
			return err
		}},
		{"sequential_taken", zktest.IsCreate, func(ctx context.Context, c *zk.Client, base string) error {
			_, err := c.Create(ctx, base+"/n-", nil, zk.CreateOptions{Mode: zk.PersistentSequential})
			return err
		}, func(ctx context.Context, c *zk.Client, base string) error {
			names, _, err := c.Children(ctx, base)
			if err != nil {
				return err
			}
			for _, name := range names {
				if strings.HasPrefix(name, "n-") {
					return c.Delete(ctx, base+"/"+name, 0)
				}
			}
			return errors.New("there is nothing to take")
		}},
		{"sequential", zktest.IsCreate, func(ctx context.Context, c *zk.Client, base string) error {
			_, err := c.Create(ctx, base+"/n-", []byte("same"), zk.CreateOptions{Mode: zk.PersistentSequential})
			return err
		}, func(ctx context.Context, c *zk.Client, base string) error {
			_, err := c.Create(ctx, base+"/n-", []byte("same"), zk.CreateOptions{Mode: zk.PersistentSequential})
			return err
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			base := prepare(ctx, t, direct)
			proxy := zktest.StartProxy(t, server.Addr())
			g := newGate()
			c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.Dial = g.dial })
			if _, err := c.ServerInfo(ctx); err != nil { // creates ask for the version first
				t.Fatal(err)
			}
			if _, err := c.Create(ctx, base+"/ours", nil, zk.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			sent := proxy.Count(tc.match)
			cut := proxy.CutAfterRequest(tc.match)
			reopen := g.close()
			defer reopen()
			result := make(chan error, 1)
			go func() { result <- tc.do(ctx, c, base) }()
			<-cut
			if err := tc.other(ctx, direct, base); err != nil {
				t.Fatal(err)
			}
			reopen()
			err := <-result
			if !errors.Is(err, zk.ErrOutcomeUnknown) || !errors.Is(err, zk.ErrConnectionLoss) {
				t.Errorf("answered %v", err)
			}
			if n := proxy.Count(tc.match) - sent; n != 1 {
				t.Errorf("the write reached the server %d times", n)
			}
			if tc.name == "create_of_what_was_taken_away" {
				oneChild("ours")(ctx, t, direct, base)
				return
			}
			if strings.HasPrefix(tc.name, "sequential") {
				var want []string
				if tc.name == "sequential" {
					want = []string{base + "/n-0000000002", base + "/n-0000000003"}
				}
				if candidates, ok := errors.AsType[*zk.CandidatesError](err); !ok || !slices.Equal(candidates.Paths, want) {
					t.Errorf("%v does not name the candidates %v", err, want)
				}
				return
			}
			path := base + "/there"
			if tc.name == "create" {
				path = base + "/new"
			}
			if data, _, err := direct.Get(ctx, path); err != nil || string(data) != "theirs" {
				t.Errorf("their write did not stand: %q, %v", data, err)
			}
		})
	}
}

// A name that looks like a sequential one, and is older, does not hide the node that was
// made; and a node of the same name with other data is not taken for ours.
func TestSequentialAmongOthers(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	for _, name := range []string{"/task9999999999", "/task10000000001", "/task-1"} {
		if _, err := direct.Create(ctx, base+name, []byte("x"), zk.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr())
	cut := proxy.CutAfterRequest(zktest.IsCreate)
	made, err := c.Create(ctx, base+"/task", []byte("x"), zk.CreateOptions{Mode: zk.PersistentSequential})
	happened(t, cut)
	if err != nil || made.Path != base+"/task0000000003" || proxy.Count(zktest.IsCreate) != 1 {
		t.Errorf("%+v, %v, sent %d times", made, err, proxy.Count(zktest.IsCreate))
	}
}

// The node of a sequential create is found among many others that have come meanwhile; only
// those are read that could be it by their stats.
func TestSequentialAmongMany(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	proxy := zktest.StartProxy(t, server.Addr())
	g := newGate()
	c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.Dial = g.dial })
	if _, err := c.Create(ctx, base+"/first", nil, zk.CreateOptions{}); err != nil { // creates ask for the version first
		t.Fatal(err)
	}
	cut := proxy.CutAfterRequest(zktest.IsCreate)
	reopen := g.close()
	defer reopen()
	result := make(chan error, 1)
	var made zk.Created
	go func() {
		var err error
		made, err = c.Create(ctx, base+"/n-", []byte("ours"), zk.CreateOptions{Mode: zk.PersistentSequential})
		result <- err
	}()
	<-cut
	const alike, others = 50, 20
	var ops []zk.Op
	for i := range alike + others {
		data := "them"
		if i >= alike {
			data = "others"
		}
		ops = append(ops, zk.CreateOp(base+"/n-", []byte(data), zk.CreateOptions{Mode: zk.PersistentSequential}))
	}
	if _, err := direct.Multi(ctx, ops...); err != nil {
		t.Fatal(err)
	}
	reopen()
	if err := <-result; err != nil || made.Path != base+"/n-0000000001" {
		t.Errorf("made %q, %v", made.Path, err)
	}
	if n := proxy.Count(zktest.Is(zktest.OpGetData)); n != alike+1 {
		t.Errorf("%d nodes were read, %d could have been ours", n, alike+1)
	}
}

// Two calls of one client that ask for the same node do not both get it, though both lose
// their replies.
func TestOneNodeHasOneMaker(t *testing.T) {
	t.Parallel()
	for _, mode := range []zk.Mode{zk.Persistent, zk.Ephemeral} {
		ctx, direct := testContext(t), connect(t, server.Addr())
		base := folder(t, direct)
		proxy := zktest.StartProxy(t, server.Addr())
		g := newGate()
		c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.Dial = g.dial })
		if _, err := c.Create(ctx, base+"/first", nil, zk.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		cut := proxy.CutAfterRequest(zktest.IsCreate)
		reopen := g.close()
		results := make(chan error, 2)
		for range 2 {
			go func() {
				_, err := c.Create(ctx, base+"/lock", nil, zk.CreateOptions{Mode: mode})
				results <- err
			}()
		}
		<-cut
		until(t, "both to look for the node", func() bool { return zk.Waiting(c) == 2 })
		reopen()
		first, second := <-results, <-results
		if first != nil {
			first, second = second, first
		}
		if first != nil || !errors.Is(second, zk.ErrNodeExists) {
			t.Errorf("mode %d: %v and %v", mode, first, second)
		}
	}
}

// A parent of unknown outcome is asked for again. If it exists
// then, it does not count as created.
func TestParentOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		cut   func(p *zktest.Proxy, match func(int32) bool) <-chan struct{}
		other func(ctx context.Context, c *zk.Client, base string) error
		made  []string
	}{
		{"not_made", (*zktest.Proxy).CutBeforeRequest, anotherChild, []string{"/a", "/a/b"}},
		{"made_and_changed", (*zktest.Proxy).CutAfterRequest, func(ctx context.Context, c *zk.Client, base string) error {
			_, err := c.Set(ctx, base+"/a", []byte("theirs"), 0)
			return err
		}, []string{"/a/b"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			base := prepare(ctx, t, direct)
			proxy := zktest.StartProxy(t, server.Addr())
			g := newGate()
			c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.Dial = g.dial })
			if _, err := c.Create(ctx, base+"/ours", nil, zk.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			// The node and its parent are refused first, because what is above is missing.
			creates := 0
			cut := tc.cut(proxy, func(op int32) bool {
				if zktest.IsCreate(op) {
					creates++
				}
				return creates == 3
			})
			reopen := g.close()
			defer reopen()
			result := make(chan error, 1)
			var made zk.Created
			go func() {
				var err error
				made, err = c.Create(ctx, base+"/a/b/node", nil, zk.CreateOptions{MakeParents: true})
				result <- err
			}()
			<-cut
			if err := tc.other(ctx, direct, base); err != nil {
				t.Fatal(err)
			}
			reopen()
			if err := <-result; err != nil {
				t.Fatal(err)
			}
			for i := range tc.made {
				tc.made[i] = base + tc.made[i]
			}
			if !slices.Equal(made.Parents, tc.made) {
				t.Errorf("made %v, want %v", made.Parents, tc.made)
			}
		})
	}
}

// Two calls of one client that replace the same version with the same do not both win,
// whether both lose their replies or one of them.
func TestOneVersionHasOneWriter(t *testing.T) {
	t.Parallel()
	acl := []zk.ACL{{Perms: zk.PermAll, Scheme: zk.SchemeWorld, ID: "anyone"}, {Perms: zk.PermRead, Scheme: zk.SchemeAuth}}
	for _, tc := range []struct {
		name  string
		match func(int32) bool
		do    func(ctx context.Context, c *zk.Client, path string) error
	}{
		{"set", zktest.IsSet, func(ctx context.Context, c *zk.Client, path string) error {
			_, err := c.Set(ctx, path, []byte("same"), 0)
			return err
		}},
		{"setACL", zktest.IsSetACL, func(ctx context.Context, c *zk.Client, path string) error {
			_, err := c.SetACL(ctx, path, acl, 0)
			return err
		}},
		{"multi", zktest.IsMulti, func(ctx context.Context, c *zk.Client, path string) error {
			_, err := c.Multi(ctx, zk.SetOp(path, []byte("same"), 0), zk.CheckOp(path, 1))
			return err
		}},
		{"async_set", zktest.IsSet, func(ctx context.Context, c *zk.Client, path string) error {
			_, err := c.Async().Set(ctx, path, []byte("same"), 0).Wait(ctx)
			return err
		}},
		{"async_setACL", zktest.IsSetACL, func(ctx context.Context, c *zk.Client, path string) error {
			_, err := c.Async().SetACL(ctx, path, acl, 0).Wait(ctx)
			return err
		}},
	} {
		for _, lost := range []int{1, 2} {
			t.Run(fmt.Sprintf("%s_%d_lost", tc.name, lost), func(t *testing.T) {
				t.Parallel()
				ctx, direct := testContext(t), connect(t, server.Addr())
				path := prepare(ctx, t, direct) + "/there"
				proxy := zktest.StartProxy(t, server.Addr())
				written := make(chan struct{}, 10)
				c := connect(t, proxy.Addr(), alice, func(cfg *zk.Config) {
					cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
						nc, err := new(net.Dialer).DialContext(ctx, network, address)
						return &writing{nc, path, written}, err
					}
				})
				// Both are on their way before the server has the first; of the second the
				// reply is lost, or of both.
				requests := 0
				cut := proxy.CutAfterRequest(func(op int32) bool {
					if tc.match(op) {
						requests++
					}
					return requests == 3-lost
				})
				proxy.Blackhole(true)
				results := make(chan error, 2)
				for range 2 {
					go func() { results <- tc.do(ctx, c, path) }()
				}
				<-written
				<-written
				proxy.Blackhole(false)
				first, second := <-results, <-results
				if first != nil {
					first, second = second, first
				}
				happened(t, cut)
				want := error(zk.ErrBadVersion)
				if strings.HasPrefix(tc.name, "async") {
					want = zk.ErrConnectionLoss // it is not repeated
				}
				if first != nil || !errors.Is(second, want) || errors.Is(second, zk.ErrOutcomeUnknown) {
					t.Errorf("%v and %v", first, second)
				}
				if stat, _, err := direct.Exists(ctx, path); err != nil || stat.Version+stat.Aversion != 1 {
					t.Errorf("version %d, aversion %d, %v", stat.Version, stat.Aversion, err)
				}
			})
		}
	}
}

// A transaction that never reached the server is not taken for done, nor is any of it done,
// though somebody else has done a part of it meanwhile; and where nothing has come that its
// create could have made, it is repeated and refused.
func TestPartOfTransaction(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		other func(ctx context.Context, c *zk.Client, base string) error
		want  error
	}{
		{"create_missing", anotherChild, zk.ErrBadVersion}, // a child has come, and none has gone
		{"created_apart", func(ctx context.Context, c *zk.Client, base string) error {
			_, err := c.Create(ctx, base+"/mine", []byte("mine"), zk.CreateOptions{})
			return err
		}, zk.ErrOutcomeUnknown},
		{"quiet_parent", func(context.Context, *zk.Client, string) error { return nil }, zk.ErrBadVersion},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			base := prepare(ctx, t, direct)
			proxy := zktest.StartProxy(t, server.Addr())
			g := newGate()
			c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.Dial = g.dial })
			if _, err := c.Create(ctx, base+"/ours", nil, zk.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			cut := proxy.CutBeforeRequest(zktest.IsMulti)
			reopen := g.close()
			defer reopen()
			result := make(chan error, 1)
			go func() {
				_, err := c.Multi(ctx, zk.SetOp(base+"/there", []byte("new"), 0), zk.CreateOp(base+"/mine", []byte("mine"), zk.CreateOptions{}))
				result <- err
			}()
			<-cut
			if _, err := direct.Set(ctx, base+"/there", []byte("new"), 0); err != nil {
				t.Fatal(err)
			}
			if err := tc.other(ctx, direct, base); err != nil {
				t.Fatal(err)
			}
			before, _, err := direct.Exists(ctx, base)
			if err != nil {
				t.Fatal(err)
			}
			reopen()
			if err := <-result; !errors.Is(err, tc.want) {
				t.Errorf("answered %v, want %v", err, tc.want)
			}
			version("1")(ctx, t, direct, base)
			if after, _, err := direct.Exists(ctx, base); err != nil || after.Pzxid != before.Pzxid {
				t.Errorf("children came or went: %+v, %v", after, err)
			}
		})
	}
}

func anotherChild(ctx context.Context, c *zk.Client, base string) error {
	_, err := c.Create(ctx, base+"/other", nil, zk.CreateOptions{})
	return err
}

// The cause of a context's end is no answer of a server's.
func TestContextCause(t *testing.T) {
	t.Parallel()
	c := connect(t, server.Addr())
	base := folder(t, c)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(zk.ErrNoNode)
	if _, ok, err := c.Exists(ctx, base); ok || !errors.Is(err, context.Canceled) || errors.Is(err, zk.ErrNoNode) {
		t.Errorf("exists: %t, %v", ok, err)
	}
	// A write whose context has ended already is not sent.
	if _, err := c.Set(ctx, base, []byte("x"), 0); !errors.Is(err, context.Canceled) || errors.Is(err, zk.ErrOutcomeUnknown) {
		t.Errorf("set: %v", err)
	}
	if stat, _, err := c.Exists(t.Context(), base); err != nil || stat.Version != 0 {
		t.Errorf("version %d, %v", stat.Version, err)
	}
}

func overwrite(ctx context.Context, c *zk.Client, base string) error {
	_, err := c.Set(ctx, base+"/there", []byte("theirs"), 1)
	return err
}

// The caller's end leaves a write that was sent in the unknown, and one that was not in
// no doubt.
func TestContextEndsWrite(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := prepare(ctx, t, direct)
	proxy := zktest.StartProxy(t, server.Addr())
	g := newGate()
	c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.Dial = g.dial })

	cut := proxy.CutAfterRequest(zktest.IsSet)
	reopen := g.close()
	short, cancel := context.WithCancel(ctx)
	result := make(chan error, 1)
	go func() {
		_, err := c.Set(short, base+"/there", nil, 0)
		result <- err
	}()
	<-cut
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) || !errors.Is(err, zk.ErrOutcomeUnknown) {
		t.Errorf("in flight: %v", err)
	}
	version("1")(ctx, t, direct, base)

	until(t, "the client to notice the loss", func() bool { return c.State() != zk.StateConnected })
	short, cancel = context.WithCancel(ctx)
	go func() {
		_, err := c.Set(short, base+"/there", []byte("never"), 1)
		result <- err
	}()
	until(t, "the set to wait for a connection", func() bool { return zk.Waiting(c) == 1 })
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) || errors.Is(err, zk.ErrOutcomeUnknown) {
		t.Errorf("while disconnected: %v", err)
	}
	reopen()
	if err := c.Sync(ctx, "/"); err != nil {
		t.Fatal(err)
	}
	version("1")(ctx, t, direct, base) // a set that was withdrawn is not sent
}

// What comes into a node between the look at it and its deletion stands.
func TestPruneOfANodeThatChanges(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := prepare(ctx, t, direct)
	proxy := zktest.StartProxy(t, server.Addr())
	g := newGate()
	c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.Dial = g.dial })
	made, _, err := c.MakePath(ctx, base+"/ours", nil)
	if err != nil {
		t.Fatal(err)
	}
	cut := proxy.CutBeforeRequest(zktest.IsDelete)
	reopen := g.close()
	defer reopen()
	result := make(chan error, 1)
	go func() { result <- c.Prune(ctx, made[0].Path, made[0].Stat.Czxid) }()
	<-cut
	if _, err := direct.Set(ctx, made[0].Path, []byte("theirs"), 0); err != nil {
		t.Fatal(err)
	}
	reopen()
	if err := <-result; !errors.Is(err, zk.ErrNotEmpty) {
		t.Errorf("got %v, want %v", err, zk.ErrNotEmpty)
	}
	if data, _, err := direct.Get(ctx, made[0].Path); err != nil || string(data) != "theirs" {
		t.Errorf("what they wrote: %q, %v", data, err)
	}
}

// A node that somebody else has made meanwhile is not taken for ours, though it differs in
// one thing alone: the create is repeated, and refused.
func TestAnotherMadeIt(t *testing.T) {
	t.Parallel()
	readOnly := []zk.ACL{{Perms: zk.PermRead, Scheme: zk.SchemeWorld, ID: "anyone"}}
	for name, tc := range map[string]struct {
		ours, theirs zk.CreateOptions
		data         string // theirs
	}{
		"data":            {data: "other"},
		"no data":         {},
		"ACL":             {data: "ours", theirs: zk.CreateOptions{ACL: readOnly}},
		"ephemeral":       {data: "ours", theirs: zk.CreateOptions{Mode: zk.Ephemeral}},
		"persistent":      {data: "ours", ours: zk.CreateOptions{Mode: zk.Ephemeral}},
		"ephemeral owner": {data: "ours", ours: zk.CreateOptions{Mode: zk.Ephemeral}, theirs: zk.CreateOptions{Mode: zk.Ephemeral}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			base := folder(t, direct)
			proxy := zktest.StartProxy(t, server.Addr())
			g := newGate()
			c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.Dial = g.dial })
			if _, err := c.ServerInfo(ctx); err != nil { // creates ask for the version first
				t.Fatal(err)
			}
			if _, err := c.Create(ctx, base+"/ours", nil, zk.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			cut := proxy.CutBeforeRequest(zktest.IsCreate)
			reopen := g.close()
			defer reopen()
			result := make(chan error, 1)
			go func() {
				_, err := c.Create(ctx, base+"/node", []byte("ours"), tc.ours)
				result <- err
			}()
			<-cut
			if _, err := direct.Create(ctx, base+"/node", []byte(tc.data), tc.theirs); err != nil {
				t.Fatal(err)
			}
			reopen()
			if err := <-result; !errors.Is(err, zk.ErrNodeExists) {
				t.Errorf("answered %v", err)
			}
		})
	}
}

// writing tells of each time that a text is written.
type writing struct {
	net.Conn
	text  string
	times chan struct{}
}

func (w *writing) Write(b []byte) (int, error) {
	n, err := w.Conn.Write(b)
	for range strings.Count(string(b), w.text) {
		w.times <- struct{}{}
	}
	return n, err
}

// Of two nodes that this client has made at the same time, one whose maker is known is not
// taken for the other's.
func TestSequentialBesideAnother(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	proxy := zktest.StartProxy(t, server.Addr())
	written := make(chan struct{}, 10)
	c := connect(t, proxy.Addr(), func(cfg *zk.Config) {
		cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			nc, err := new(net.Dialer).DialContext(ctx, network, address)
			return &writing{nc, base + "/n-", written}, err
		}
	})
	if _, err := c.Create(ctx, base+"/first", nil, zk.CreateOptions{}); err != nil { // creates ask for the version first
		t.Fatal(err)
	}
	// The reply to the second is lost.
	creates := 0
	cut := proxy.CutAfterRequest(func(op int32) bool {
		if zktest.IsCreate(op) {
			creates++
		}
		return creates == 2
	})
	proxy.Blackhole(true)
	paths := make(chan string, 2)
	for range 2 {
		go func() {
			made, err := c.Create(ctx, base+"/n-", []byte("same"), zk.CreateOptions{Mode: zk.PersistentSequential})
			if err != nil {
				t.Error(err)
			}
			paths <- made.Path
		}()
	}
	// Neither knows of the other's when it is sent.
	<-written
	<-written
	proxy.Blackhole(false)
	got := []string{<-paths, <-paths}
	happened(t, cut)
	slices.Sort(got)
	if !slices.Equal(got, []string{base + "/n-0000000001", base + "/n-0000000002"}) {
		t.Errorf("made %v", got)
	}
}

// A write that had no effect in its session is not repeated in the next one.
func TestWriteStaysInItsSession(t *testing.T) {
	t.Parallel()
	for _, repeat := range []bool{false, true} {
		ctx, direct := testContext(t), connect(t, server.Addr())
		base := folder(t, direct)
		proxy := zktest.StartProxy(t, server.Addr())
		g := newGate()
		c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.Retry.Expired, cfg.Dial = repeat, g.dial })
		id, password := c.Session()
		cut := proxy.CutBeforeRequest(zktest.IsSet)
		err := zk.SetLost(ctx, c, base, []byte("x"), func() {
			// Somebody else takes the session over, and ends it.
			reopen := g.close()
			defer reopen()
			thief := connect(t, server.Addr(), func(cfg *zk.Config) { cfg.SessionID, cfg.SessionPassword = id, password })
			if err := thief.Close(ctx); err != nil {
				t.Error(err)
			}
			reopen()
			until(t, "another session", func() bool {
				now, _ := c.Session()
				return now != id && now != 0
			})
		})
		happened(t, cut)
		stat, _, lookErr := direct.Exists(ctx, base)
		if lookErr != nil {
			t.Fatal(lookErr)
		}
		if repeat && (err != nil || stat.Version != 1) || !repeat && (!errors.Is(err, zk.ErrSessionExpired) || stat.Version != 0) {
			t.Errorf("repeat=%t: %v, version %d", repeat, err, stat.Version)
		}
	}
}
