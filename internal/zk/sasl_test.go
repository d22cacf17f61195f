package zk_test

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/sasl"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

func digestMD5(user, password string) func(*zk.Config) {
	return func(cfg *zk.Config) {
		cfg.SASL = &sasl.Options{Mechanism: sasl.DigestMD5, Username: user, Password: sasl.NewSecret(password)}
	}
}

// An ACL for a SASL identity lets its owner in, on every connection, and keeps others out.
func conformSASL(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	own := zktest.StartServer(t, zktest.WithDigestLogin(t, map[string]string{"alice": "secret", "bob": "hush"}))
	proxy := zktest.StartProxy(t, own.Addr())
	c := connect(t, proxy.Addr(), digestMD5("alice", "secret"))
	acl := []zk.ACL{{Perms: zk.PermAll, Scheme: "sasl", ID: "alice"}}
	if _, err := c.Create(ctx, "/hers", []byte("x"), zk.CreateOptions{ACL: acl}); err != nil {
		t.Fatal(err)
	}
	proxy.CutAll()
	if data, _, err := c.Get(ctx, "/hers"); err != nil || string(data) != "x" {
		t.Errorf("after a cut: %q, %v", data, err)
	}
	for name, change := range map[string]func(*zk.Config){
		"bob":    digestMD5("bob", "hush"),
		"nobody": func(*zk.Config) {},
	} {
		other := connect(t, own.Addr(), change)
		if _, _, err := other.Get(ctx, "/hers"); !errors.Is(err, zk.ErrNoAuth) {
			t.Errorf("%s: %v", name, err)
		}
	}
	before := proxy.Connections()
	wrong := newClient(t, proxy.Addr(), digestMD5("alice", "guess"))
	for range 2 {
		if err := wrong.Start(ctx); !errors.Is(err, zk.ErrAuthFailed) || strings.Contains(err.Error(), "guess") {
			t.Errorf("a wrong password: %v", err)
		}
	}
	if n := proxy.Connections() - before; n != 2 {
		t.Errorf("%d connections, want one that is refused and one that ends the session", n)
	}
}

func TestSASLRequired(t *testing.T) {
	t.Parallel()
	if !has(t, requireSASL) {
		lacks(t, requireSASL)
	}
	ctx := testContext(t)
	own := zktest.StartServer(t, zktest.WithDigestLogin(t, map[string]string{"alice": "secret"}), zktest.RequireSASL())
	if err := newClient(t, own.Addr()).Start(ctx); !errors.Is(err, zk.ErrSessionClosedRequireSASL) {
		t.Errorf("without SASL: %v", err)
	}
	c := connect(t, own.Addr(), digestMD5("alice", "secret"))
	if err := c.Sync(ctx, "/"); err != nil {
		t.Error(err)
	}
}

func TestSASLKerberos(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	kdc := zktest.StartKDC(t, "ZK.TEST")
	kdc.AddPrincipal(t, "alice", "secret")
	own := zktest.StartServer(t, zktest.WithKerberosLogin(kdc))
	keytab := kdc.Keytab(t, "alice")
	c := connect(t, own.Addr(), func(cfg *zk.Config) {
		cfg.SASL = &sasl.Options{
			Mechanism: sasl.GSSAPI, Username: "alice", Hostname: zktest.ServiceHost,
			KeytabFile: keytab, KRB5ConfFile: kdc.ConfigFile(),
		}
	})
	acl := []zk.ACL{{Perms: zk.PermAll, Scheme: "sasl", ID: "alice@ZK.TEST"}}
	if _, err := c.Create(ctx, "/hers", []byte("x"), zk.CreateOptions{ACL: acl}); err != nil {
		t.Fatal(err)
	}
	if data, _, err := c.Get(ctx, "/hers"); err != nil || string(data) != "x" {
		t.Errorf("%q, %v", data, err)
	}
	if _, _, err := connect(t, own.Addr()).Get(ctx, "/hers"); !errors.Is(err, zk.ErrNoAuth) {
		t.Errorf("nobody: %v", err)
	}
}

// What the KDCs take is not the time of a server: with three that do not answer it is longer than that.
func TestSASLKerberosSlow(t *testing.T) {
	t.Parallel()
	kdc := zktest.StartKDC(t, "ZK.TEST")
	kdc.AddPrincipal(t, "alice", "secret")
	own := zktest.StartServer(t, zktest.WithKerberosLogin(kdc))
	conf := "[libdefaults]\ndefault_realm = ZK.TEST\n[realms]\nZK.TEST = {\n"
	for range 3 {
		conf += "kdc = " + zktest.StartPeer(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }) + "\n"
	}
	file := filepath.Join(t.TempDir(), "krb5.conf")
	if err := os.WriteFile(file, []byte(conf+"kdc = "+kdc.Addr()+"\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	connect(t, own.Addr(), func(cfg *zk.Config) {
		cfg.SessionTimeout = 4 * time.Second // of which a server has a third
		cfg.SASL = &sasl.Options{Mechanism: sasl.GSSAPI, Username: "alice", Hostname: zktest.ServiceHost, Password: sasl.NewSecret("secret"), KRB5ConfFile: file}
	})
}
