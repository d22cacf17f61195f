package zk_test

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

func TestEphemerals(t *testing.T) {
	t.Parallel()
	needs(t, ephemeralsList)
	ctx, all := testContext(t), connect(t, server.Addr())
	base := folder(t, all)
	c := connect(t, server.Addr()+base)
	for _, path := range []string{"/a", "/ab", "/b"} {
		if _, err := c.Create(ctx, path, nil, zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
			t.Fatal(err)
		}
	}
	for prefix, want := range map[string][]string{"/": {"/a", "/ab", "/b"}, "/a": {"/a", "/ab"}, "/none": nil} {
		got, err := c.Ephemerals(ctx, prefix)
		slices.Sort(got)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v", prefix, got, err)
		}
	}
	if got, err := all.Ephemerals(ctx, "/"); err != nil || len(got) != 0 {
		t.Errorf("another session's: %v, %v", got, err)
	}
}

func TestCountDescendants(t *testing.T) {
	t.Parallel()
	needs(t, descendants)
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	if _, err := c.EnsurePath(ctx, base+"/a/b/c", nil); err != nil {
		t.Fatal(err)
	}
	if n, err := c.CountDescendants(ctx, base); n != 3 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := c.CountDescendants(ctx, base+"/none"); !errors.Is(err, zk.ErrNoNode) {
		t.Errorf("of nothing: %v", err)
	}
}

func TestWhoAmI(t *testing.T) {
	t.Parallel()
	needs(t, whoAmI)
	c := connect(t, server.Addr(), alice)
	ids, err := c.WhoAmI(testContext(t))
	if err != nil || !slices.Contains(ids, zk.Identity{Scheme: "digest", User: "alice"}) || !slices.Contains(ids, zk.Identity{Scheme: "ip", User: "127.0.0.1"}) {
		t.Errorf("%v, %v", ids, err)
	}
}

func TestEnsurePath(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	made, err := c.EnsurePath(ctx, base+"/a/b", nil)
	if err != nil || !slices.Equal(made, []string{base + "/a", base + "/a/b"}) {
		t.Errorf("%v, %v", made, err)
	}
	if made, err := c.EnsurePath(ctx, base+"/a/b", nil); err != nil || made != nil {
		t.Errorf("again: %v, %v", made, err)
	}
	// An ancestor that may be added to and not be read is no obstacle.
	blind := []zk.ACL{{Perms: zk.PermCreate, Scheme: zk.SchemeWorld, ID: "anyone"}}
	if _, err := c.Create(ctx, base+"/blind", nil, zk.CreateOptions{ACL: blind}); err != nil {
		t.Fatal(err)
	}
	if made, err := c.EnsurePath(ctx, base+"/blind", nil); err != nil || made != nil {
		t.Errorf("an unreadable node: %v, %v", made, err)
	}
	if made, err := c.EnsurePath(ctx, base+"/blind/x/y", nil); err != nil || len(made) != 2 {
		t.Errorf("below it: %v, %v", made, err)
	}
	if _, err := c.EnsurePath(ctx, "relative", nil); err == nil {
		t.Error("a relative path")
	}
}

// The stats of the nodes that a path took are those that they were made with; on servers
// that do not answer with them too.
func TestMakePath(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"", "3.4.14"} {
		t.Run("release "+version, func(t *testing.T) {
			t.Parallel()
			addr := server.Addr()
			if version != "" {
				addr = zktest.StartServer(t, zktest.WithVersion(version)).Addr()
			}
			ctx, c := testContext(t), connect(t, addr)
			base := folder(t, c)
			made, err := c.MakePath(ctx, base+"/a/b", nil)
			if err != nil || len(made) != 2 {
				t.Fatalf("%+v, %v", made, err)
			}
			for i, path := range []string{base + "/a", base + "/a/b"} {
				stat, _, err := c.Exists(ctx, path)
				if err != nil || made[i].Path != path || !made[i].HasStat || made[i].Stat.Czxid != stat.Czxid {
					t.Errorf("%+v, the server has %+v, %v", made[i], stat, err)
				}
			}
			if again, err := c.MakePath(ctx, base+"/a/b", nil); err != nil || again != nil {
				t.Errorf("again: %+v, %v", again, err)
			}
			// What was made on the way to a failure is told.
			sealed := []zk.ACL{{Perms: zk.PermAll &^ zk.PermCreate, Scheme: zk.SchemeWorld, ID: "anyone"}}
			part, err := c.MakePath(ctx, base+"/c/d", sealed)
			if !errors.Is(err, zk.ErrNoAuth) || len(part) != 1 || part[0].Path != base+"/c" || part[0].Stat.Czxid == 0 {
				t.Errorf("a path that cannot be finished: %+v, %v", part, err)
			}
		})
	}
}

// Only the node that was meant is pruned, and only while there is nothing in it.
func TestPrune(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	made, err := c.MakePath(ctx, base+"/a/b", nil)
	if err != nil {
		t.Fatal(err)
	}
	a, b := made[0], made[1]
	if err := c.Prune(ctx, a.Path, a.Stat.Czxid); !errors.Is(err, zk.ErrNotEmpty) {
		t.Errorf("with a child: %v", err)
	}
	if err := c.Prune(ctx, b.Path, a.Stat.Czxid); !errors.Is(err, zk.ErrNoNode) {
		t.Errorf("another node: %v", err)
	}
	if _, err := c.Set(ctx, b.Path, []byte("x"), 0); err != nil {
		t.Fatal(err)
	}
	if err := c.Prune(ctx, b.Path, b.Stat.Czxid); !errors.Is(err, zk.ErrNotEmpty) {
		t.Errorf("with data: %v", err)
	}
	if _, err := c.Set(ctx, b.Path, nil, 1); err != nil {
		t.Fatal(err)
	}
	for _, node := range []zk.Created{b, a} {
		if err := c.Prune(ctx, node.Path, node.Stat.Czxid); err != nil {
			t.Errorf("%s: %v", node.Path, err)
		}
	}
	if err := c.Prune(ctx, a.Path, a.Stat.Czxid); !errors.Is(err, zk.ErrNoNode) {
		t.Errorf("what is gone: %v", err)
	}
	for _, path := range []string{"/", "/zookeeper", "/zookeeper/quota", "relative"} {
		if err := c.Prune(ctx, path, 1); err == nil {
			t.Errorf("%s was pruned", path)
		}
	}
}

// What the server grants is told, and before a server could, what was asked for.
func TestSessionTimeout(t *testing.T) {
	t.Parallel()
	own := zktest.StartServer(t, zktest.WithConfig("maxSessionTimeout", "3000"))
	c := newClient(t, own.Addr(), func(cfg *zk.Config) { cfg.SessionTimeout = time.Minute })
	if got := c.SessionTimeout(); got != time.Minute {
		t.Errorf("before the start: %v", got)
	}
	if err := c.Start(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if got := c.SessionTimeout(); got != 3*time.Second {
		t.Errorf("granted: %v", got)
	}
}

func TestCommand(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	if text, err := c.Command(ctx, "ruok"); err != nil || text != "imok" {
		t.Errorf("ruok: %q, %v", text, err)
	}
	if !has(t, whitelist) {
		lacks(t, whitelist)
	}
	own := zktest.StartServer(t, zktest.DefaultWhitelist())
	strict := connect(t, own.Addr())
	var refused *zk.WhitelistError
	if _, err := strict.Command(ctx, "ruok"); !errors.As(err, &refused) || refused.Word != "ruok" {
		t.Errorf("a word that is not allowed: %v", err)
	}
	if info, err := strict.ServerInfo(ctx); err != nil || info.Mode != "standalone" {
		t.Errorf("the version, with the default whitelist: %+v, %v", info, err)
	}
}

// A word that is none is not sent: a server would take it for the length of a frame.
func TestCommandIsAWord(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr())
	before := proxy.Connections()
	for _, word := range []string{"", "ruo", "ruokk", "RUOK", "ru k", "ru\x00k", "ruok\n", "rué"} {
		if text, err := c.Command(ctx, word); !errors.Is(err, zk.ErrBadArguments) {
			t.Errorf("%q: %q, %v", word, text, err)
		}
	}
	if n := proxy.Connections() - before; n != 0 {
		t.Errorf("%d connections were made", n)
	}
}

// worded is a connection on which a four-letter word is answered by a script.
type worded struct {
	net.Conn
	answer io.Reader // what the server sends, and how it ends
	asked  bool
}

func (w *worded) Write(b []byte) (int, error) {
	if w.asked = string(b) == "mntr"; w.asked {
		return len(b), nil
	}
	return w.Conn.Write(b)
}

func (w *worded) Read(b []byte) (int, error) {
	if w.asked {
		return w.answer.Read(b)
	}
	return w.Conn.Read(b)
}

type readerFunc func(b []byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// An answer that ends in the middle is no answer, and neither is one without end.
func TestCommandCutShort(t *testing.T) {
	t.Parallel()
	text := func(s string) io.Reader { return strings.NewReader(s) }
	fails := func(err error) io.Reader { return readerFunc(func([]byte) (int, error) { return 0, err }) }
	for _, tc := range []struct {
		name   string
		answer func(nc net.Conn, cancel func()) io.Reader
		want   string
		err    error // nil for an answer
	}{
		{"whole", func(net.Conn, func()) io.Reader { return text("half") }, "half", nil},
		{"reset behind it", func(net.Conn, func()) io.Reader { return io.MultiReader(text("half"), fails(syscall.ECONNRESET)) }, "half", nil},
		{"reset instead of it", func(net.Conn, func()) io.Reader { return fails(syscall.ECONNRESET) }, "", syscall.ECONNRESET},
		{"cut", func(net.Conn, func()) io.Reader { return io.MultiReader(text("half"), fails(io.ErrUnexpectedEOF)) }, "", io.ErrUnexpectedEOF},
		{"given up", func(nc net.Conn, cancel func()) io.Reader {
			return io.MultiReader(text("half"), readerFunc(func(b []byte) (int, error) {
				cancel()
				return nc.Read(b) // which nothing comes from
			}))
		}, "", context.Canceled},
		{"without end", func(net.Conn, func()) io.Reader {
			return readerFunc(func(b []byte) (int, error) { return len(b), nil })
		}, "", errTooMuch},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(testContext(t))
			defer cancel()
			c := connect(t, server.Addr(), func(cfg *zk.Config) {
				cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
					nc, err := new(net.Dialer).DialContext(ctx, network, address)
					return &worded{Conn: nc, answer: tc.answer(nc, cancel)}, err
				}
			})
			got, err := c.Command(ctx, "mntr")
			if errors.Is(tc.err, errTooMuch) && err != nil && strings.Contains(err.Error(), "more than 16777216 bytes") {
				err = errTooMuch
			}
			if got != tc.want || !errors.Is(err, tc.err) {
				t.Errorf("answered %d bytes, %v", len(got), err)
			}
		})
	}
}

// errTooMuch stands for an error that is told in words alone.
var errTooMuch = errors.New("too much")
