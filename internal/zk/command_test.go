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

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

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
	_, err := strict.Command(ctx, "ruok")
	if refused, ok := errors.AsType[*zk.WhitelistError](err); !ok || refused.Word != "ruok" {
		t.Errorf("a word that is not allowed: %v", err)
	}
	if info, err := strict.ServerInfo(ctx); err != nil || info.Mode != "standalone" {
		t.Errorf("the version, with the default whitelist: %+v, %v", info, err)
	}
}

// A word that is no four-letter word is not sent: a server would take it for the length of a frame.
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

// Any server can be asked, by a client that has no session there, and makes none.
func TestCommandAt(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	other := zktest.StartServer(t)
	never := newClient(t, server.Addr())
	closed := connect(t, server.Addr())
	if err := closed.Close(ctx); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]*zk.Client{"never started": never, "closed": closed, "of another server": connect(t, server.Addr())} {
		if text, err := c.CommandAt(ctx, other.Addr(), "ruok"); err != nil || text != "imok" {
			t.Errorf("%s: %q, %v", name, text, err)
		}
		// A session would be a transaction, the server's first.
		if text, err := c.CommandAt(ctx, other.Addr(), "srvr"); err != nil || !strings.Contains(text, "Zxid: 0x0\n") {
			t.Errorf("%s: %q, %v", name, text, err)
		}
		if info, err := c.ServerInfoAt(ctx, other.Addr()); err != nil || info.Mode != "standalone" || info.Address != other.Addr() || info.Version.Major != 3 {
			t.Errorf("%s: %+v, %v", name, info, err)
		}
	}
	if id, _ := never.Session(); id != 0 {
		t.Errorf("a client that was never started has the session %#x", id)
	}
	alone := zktest.StartServer(t, zktest.WithoutQuorum())
	if info, err := never.ServerInfoAt(ctx, alone.Addr()); err != nil || info.Mode != "read-only" {
		t.Errorf("without a quorum: %+v, %v", info, err)
	}

	for _, name := range []string{"", "a b", "::1", "host:port", "host:1/chroot", "host:1,other:2"} {
		if _, err := never.CommandAt(ctx, name, "ruok"); !errors.Is(err, zk.ErrBadArguments) {
			t.Errorf("server %q: %v", name, err)
		}
	}
	if _, err := never.CommandAt(ctx, other.Addr(), "rm -"); !errors.Is(err, zk.ErrBadArguments) {
		t.Errorf("what is no word: %v", err)
	}
	own := zktest.StartServer(t, zktest.DefaultWhitelist())
	if has(t, whitelist) {
		_, err := never.CommandAt(ctx, own.Addr(), "ruok")
		if refused, ok := errors.AsType[*zk.WhitelistError](err); !ok || refused.Word != "ruok" {
			t.Errorf("a word that is not allowed: %v", err)
		}
	}
}

// A name's addresses are asked in turn, until one answers.
func TestCommandAtEachAddress(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	_, port, err := net.SplitHostPort(server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	var dialled []string
	addresses := []string{"127.0.0.8", "127.0.0.1", "127.0.0.9"}
	c := newClient(t, server.Addr(), func(cfg *zk.Config) {
		cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			dialled = append(dialled, address)
			if address != server.Addr() {
				return nil, syscall.ECONNREFUSED
			}
			return new(net.Dialer).DialContext(ctx, network, address)
		}
		cfg.Lookup = func(context.Context, string) ([]string, error) { return slices.Clone(addresses), nil }
	})
	if text, err := c.CommandAt(ctx, "zk.example:"+port, "ruok"); err != nil || text != "imok" || len(dialled) != 2 {
		t.Errorf("%q, %v, of %q", text, err, dialled)
	}
	addresses = addresses[2:]
	if _, err := c.CommandAt(ctx, "zk.example:"+port, "ruok"); !errors.Is(err, syscall.ECONNREFUSED) || !strings.Contains(err.Error(), "zk.example:"+port+" (127.0.0.9:"+port+")") {
		t.Errorf("nobody there: %v", err)
	}
	addresses = nil
	if _, err := c.ServerInfoAt(ctx, "zk.example:"+port); err == nil {
		t.Error("a name without addresses answered")
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
