package zktest_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk/zktest"
)

// listening reports whether something accepts connections at an address.
func listening(tb testing.TB, addr string) bool {
	tb.Helper()
	dialer := net.Dialer{Timeout: patience}
	// Asked during clean-up too, when the test's own context has ended.
	conn, err := dialer.DialContext(context.WithoutCancel(tb.Context()), "tcp", addr)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// exists reports whether there is a file or a folder.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// eventually waits for a condition.
func eventually(tb testing.TB, what string, condition func() bool) {
	tb.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(patience)
	for !condition() {
		select {
		case <-ticker.C:
		case <-deadline:
			tb.Fatalf("waited in vain for %s", what)
		}
	}
}

func TestStartServer(t *testing.T) {
	t.Parallel()
	var addr, dir string
	t.Run("while the test runs", func(t *testing.T) {
		server := zktest.StartServer(t)
		addr, dir = server.Addr(), zktest.Dir(server)
		client := connect(t, addr)
		client.create("/node", "data")
		client.wantData("/node", "data")

		answer, err := server.Command(t.Context(), "srvr")
		if err != nil {
			t.Fatal(err)
		}
		if want := "Zookeeper version: " + server.Version() + "-"; !strings.HasPrefix(answer, want) {
			t.Errorf("srvr answered %q, want it to start with %q", answer, want)
		}
		if !strings.Contains(answer, "Mode: standalone\n") {
			t.Errorf("srvr answered %q, want standalone mode", answer)
		}
		if log := server.Log(); !strings.Contains(log, dir) {
			t.Errorf("the log does not name the server's folder %s:\n%s", dir, log)
		}
	})
	if listening(t, addr) {
		t.Errorf("%s still accepts connections after the test", addr)
	}
	if exists(dir) {
		t.Errorf("%s is still there after the test", dir)
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	versions, err := zktest.Versions()
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			server := zktest.StartServer(t, zktest.WithVersion(version))
			answer, err := server.Command(t.Context(), "srvr")
			if err != nil {
				t.Fatal(err)
			}
			if want := "Zookeeper version: " + version + "-"; !strings.HasPrefix(answer, want) {
				t.Errorf("srvr answered %q, want it to start with %q", answer, want)
			}
			// The server writes through its logging backend, and finds exactly one.
			if log := server.Log(); !strings.Contains(log, " INFO org.apache.zookeeper.") || strings.Contains(log, "SLF4J") {
				t.Errorf("the server does not log as it should:\n%s", log)
			}
			client := connect(t, server.Addr())
			client.create("/node", version)
			if err := server.Kill(); err != nil {
				t.Fatal(err)
			}
			if err := server.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
			connect(t, server.Addr()).wantData("/node", version)
		})
	}
}

func TestRestart(t *testing.T) {
	t.Parallel()
	server := zktest.StartServer(t)
	addr := server.Addr()
	connect(t, addr).create("/node", "data")

	for _, end := range []struct {
		name string
		end  func() error
	}{
		{"stop", server.Stop},
		{"kill", server.Kill},
		{"stop while paused", func() error { return errors.Join(server.Pause(), server.Stop()) }},
		{"kill while paused", func() error { return errors.Join(server.Pause(), server.Kill()) }},
		{"nothing", func() error { return nil }},
	} {
		t.Run(end.name, func(t *testing.T) {
			client := connect(t, addr)
			if err := end.end(); err != nil {
				t.Fatal(err)
			}
			if down := !listening(t, addr); down == (end.name == "nothing") {
				t.Errorf("is the server down: %v", down)
			}
			if err := server.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
			client.wantClosed()
			if server.Addr() != addr {
				t.Errorf("the address is %s now, was %s", server.Addr(), addr)
			}
			connect(t, addr).wantData("/node", "data")
		})
	}
}

func TestSignalsToServerThatIsDown(t *testing.T) {
	t.Parallel()
	server := zktest.StartServer(t)
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	for name, send := range map[string]func() error{
		"Stop": server.Stop, "Kill": server.Kill, "Pause": server.Pause, "Resume": server.Resume,
	} {
		if err := send(); err == nil {
			t.Errorf("%s: no error for a server that is not running", name)
		}
	}
	if err := errors.Join(server.Close(), server.Close()); err != nil {
		t.Errorf("closing a server that is down, twice: %v", err)
	}
	if err := server.Restart(t.Context()); err == nil {
		t.Error("a closed server was restarted")
	}
}

func TestPause(t *testing.T) {
	t.Parallel()
	server := zktest.StartServer(t)
	client := connect(t, server.Addr())
	client.create("/node", "data")
	if err := server.Pause(); err != nil {
		t.Fatal(err)
	}
	if !listening(t, server.Addr()) {
		t.Error("a paused server refuses connections")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if answer, err := server.Command(ctx, "srvr"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a paused server answered %q and error %v, want none until the deadline", answer, err)
	}
	client.send(client.getRequest("/node"))
	if err := server.Resume(); err != nil {
		t.Fatal(err)
	}
	if _, code, body := client.reply(); code != errOK || !strings.Contains(string(body), "data") {
		t.Errorf("a resumed server answered %q and error %d to what it was sent while paused", body, code)
	}
}

func TestSuperUser(t *testing.T) {
	t.Parallel()
	server := zktest.StartServer(t)
	client := connect(t, server.Addr())
	// Nobody has this digest, so that only the super user may read the node.
	if code, _ := client.call(client.createWithACL("/closed", "data", "digest", "nobody:x")); code != errOK {
		t.Fatalf("create: error %d", code)
	}
	if _, code := client.get("/closed"); code != errNoAuth {
		t.Fatalf("get by anyone: error %d, want %d", code, errNoAuth)
	}
	if code := client.authenticate(zktest.SuperUser, zktest.SuperPassword); code != errOK {
		t.Fatalf("auth: error %d", code)
	}
	client.wantData("/closed", "data")
}

func TestOptions(t *testing.T) {
	t.Parallel()

	t.Run("defaults", func(t *testing.T) {
		t.Parallel()
		server := zktest.StartServer(t)
		client := connect(t, server.Addr())
		if code := client.createTTL("/ttl", time.Minute); code != errUnimplemented {
			t.Errorf("a TTL node: error %d, want %d", code, errUnimplemented)
		}
		if want := 10 * time.Second; client.timeout != want {
			t.Errorf("negotiated a session timeout of %v, want the %v asked for", client.timeout, want)
		}
		wantConf(t, server, "tickTime=200", "minSessionTimeout=400", "maxSessionTimeout=60000")
	})

	t.Run("WithConfig", func(t *testing.T) {
		t.Parallel()
		server := zktest.StartServer(t, zktest.WithTickTime(700*time.Millisecond),
			zktest.WithConfig("maxSessionTimeout", "5000"), zktest.WithConfig("minSessionTimeout", ""))
		wantConf(t, server, "tickTime=700", "minSessionTimeout=1400", "maxSessionTimeout=5000")
		if client := connect(t, server.Addr()); client.timeout != 5*time.Second {
			t.Errorf("negotiated a session timeout of %v, want 5s", client.timeout)
		}
	})

	t.Run("DefaultWhitelist", func(t *testing.T) {
		t.Parallel()
		server := zktest.StartServer(t, zktest.DefaultWhitelist())
		answer, err := server.Command(t.Context(), "conf")
		if err != nil {
			t.Fatal(err)
		}
		if want := "conf is not executed because it is not in the whitelist."; strings.TrimSpace(answer) != want {
			t.Errorf("conf answered %q, want %q", answer, want)
		}
	})

	for name, opt := range map[string]zktest.Option{
		"WithSystemProperty": zktest.WithSystemProperty("zookeeper.extendedTypesEnabled", "true"),
		"WithJVMArgs":        zktest.WithJVMArgs("-Xms32m", "-Dzookeeper.extendedTypesEnabled=true"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := connect(t, zktest.StartServer(t, opt).Addr())
			if code := client.createTTL("/ttl", time.Minute); code != errOK {
				t.Errorf("a TTL node: error %d", code)
			}
		})
	}
}

// wantConf checks lines of the server's effective configuration.
func wantConf(t *testing.T, server *zktest.Server, lines ...string) {
	t.Helper()
	answer, err := server.Command(t.Context(), "conf")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		if !strings.Contains("\n"+answer, "\n"+line+"\n") {
			t.Errorf("conf answered %q, want the line %q", answer, line)
		}
	}
}

func TestSecurePort(t *testing.T) {
	t.Parallel()
	store, roots := newKeyStore(t)
	server := zktest.StartServer(t, zktest.WithSecurePort(),
		zktest.WithConfig("ssl.keyStore.location", store),
		zktest.WithConfig("ssl.trustStore.location", store),
		zktest.WithConfig("ssl.clientAuth", "none"))
	connect(t, server.Addr()).create("/node", "data")

	dialer := tls.Dialer{Config: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	conn, err := dialer.DialContext(t.Context(), "tcp", server.SecureAddr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "srvr"); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(answer), "Zookeeper version: ") {
		t.Errorf("srvr through TLS answered %q and error %v", answer, err)
	}

	if addr := zktest.StartServer(t).SecureAddr(); addr != "" {
		t.Errorf("a server without TLS has the secure address %s", addr)
	}
}

// newKeyStore makes a certificate for loopback, and its key, in the PEM file that a server takes for its key store.
func newKeyStore(t *testing.T) (file string, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "zktest"}, // Java takes none without a name.
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		BasicConstraintsValid: true,
		IsCA:                  true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	content := append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	file = filepath.Join(t.TempDir(), "store.pem")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AddCert(certificate)
	return file, roots
}

func TestStartFails(t *testing.T) {
	t.Parallel()

	t.Run("without a distribution", func(t *testing.T) {
		t.Parallel()
		_, err := zktest.Start(t.Context(), zktest.WithVersion("0.0.0"))
		if want := `run "make zookeeper ZOOKEEPER_VERSION=0.0.0"`; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want it to say: %s", err, want)
		}
	})

	t.Run("with a configuration that the server refuses", func(t *testing.T) {
		t.Parallel()
		_, err := zktest.Start(t.Context(), zktest.WithConfig("tickTime", "soon"))
		// The reason is in the server's log.
		if err == nil || !strings.Contains(err.Error(), "NumberFormatException") {
			t.Errorf("error %v, want it to show the server's reason", err)
		}
	})

	for name, opts := range map[string][]zktest.Option{
		"NIO":   nil,
		"Netty": {zktest.WithConfig("serverCnxnFactory", "org.apache.zookeeper.server.NettyServerCnxnFactory")},
	} {
		t.Run("on a port that is taken, with "+name, func(t *testing.T) {
			t.Parallel()
			if err := zktest.StartOnTakenPort(t.Context(), opts...); !errors.Is(err, zktest.ErrPortTaken) {
				t.Errorf("error %v, want the one that makes it try again", err)
			}
		})
	}
}

// TestServerEndsWithTestBinary kills a test binary that runs a server, in the ways that leave it no time to clean up.
func TestServerEndsWithTestBinary(t *testing.T) {
	t.Parallel()
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			child := exec.CommandContext(t.Context(), os.Args[0])
			child.Env = append(os.Environ(), childVariable+"=1")
			out, err := child.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			var addr, dir string
			line, err := bufio.NewReader(out).ReadString('\n')
			if err == nil {
				_, err = fmt.Sscan(line, &addr, &dir)
			}
			if err != nil {
				t.Fatalf("the child printed %q: %v", line, errors.Join(err, child.Wait()))
			}
			if !listening(t, addr) || !exists(dir) {
				t.Fatalf("the child's server is not at %s with its folder %s", addr, dir)
			}
			if err := child.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			_ = child.Wait()
			eventually(t, "the server's end", func() bool { return !listening(t, addr) })
			eventually(t, "the end of the server's folder", func() bool { return !exists(dir) })
		})
	}
}
