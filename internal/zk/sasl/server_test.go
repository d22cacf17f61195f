package sasl

import (
	"encoding/binary"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk/zktest"
)

// patience bounds what a test waits for; nothing is expected to take it.
const patience = 30 * time.Second

// What these tests send and see of ZooKeeper's protocol.
const (
	opCreate  = 1
	opGetData = 4
	opSASL    = 102

	errOK                       = 0
	errAuthFailed               = -115
	errSessionClosedRequireSASL = -124
)

// session is a connection with a session, which speaks just enough of the protocol to carry
// an exchange.
type session struct {
	t    *testing.T
	conn net.Conn
	xid  int32
}

func connect(t *testing.T, addr string) *session {
	t.Helper()
	conn, err := (&net.Dialer{Timeout: patience}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	s := &session{t: t, conn: conn}
	hello := appendInt(nil, 0)                    // protocol version
	hello = append(hello, make([]byte, 8)...)     // no transaction seen
	hello = appendInt(hello, 10_000)              // session timeout
	hello = append(hello, make([]byte, 8)...)     // a new session
	hello = appendBuffer(hello, make([]byte, 16)) // of no password yet
	if err := zktest.WriteFrame(conn, hello); err != nil {
		t.Fatal(err)
	}
	if _, err := zktest.ReadFrame(conn); err != nil {
		t.Fatal(err)
	}
	return s
}

func appendInt(b []byte, v int32) []byte { return binary.BigEndian.AppendUint32(b, uint32(v)) }

func appendBuffer(b, v []byte) []byte { return append(appendInt(b, int32(len(v))), v...) }

// call sends a request and returns the error code and the body of the reply.
func (s *session) call(op int32, body []byte) (code int32, reply []byte, err error) {
	s.xid++
	if err := zktest.WriteFrame(s.conn, append(appendInt(appendInt(nil, s.xid), op), body...)); err != nil {
		return 0, nil, err
	}
	frame, err := zktest.ReadFrame(s.conn)
	if err != nil {
		return 0, nil, err
	}
	if xid := int32(binary.BigEndian.Uint32(frame)); xid != s.xid {
		s.t.Fatalf("a reply with xid %d, want %d", xid, s.xid)
	}
	return int32(binary.BigEndian.Uint32(frame[12:])), frame[16:], nil
}

// buffer reads a buffer, nil where there is none.
func buffer(b []byte) []byte {
	if len(b) < 4 || int32(binary.BigEndian.Uint32(b)) < 0 {
		return nil
	}
	return b[4:][:binary.BigEndian.Uint32(b)]
}

// codeError is an error code that ended an exchange.
type codeError int32

func (codeError) Error() string { return "the server refuses" }

// authenticate does a whole exchange.
func (s *session) authenticate(m Mechanism, host string) error {
	s.t.Helper()
	e, err := m.Start(s.t.Context(), host)
	if err != nil {
		return err
	}
	token, done, err := e.Next(nil)
	for err == nil && !done {
		code, body, callErr := s.call(opSASL, appendBuffer(nil, token))
		if callErr != nil {
			s.t.Fatal(callErr)
		}
		if code != errOK {
			return e.Refused(codeError(code))
		}
		token, done, err = e.Next(buffer(body))
	}
	return err
}

// wantIdentity checks that the server takes the client for somebody, to whom alone it gives
// a node.
func (s *session) wantIdentity(id string) {
	s.t.Helper()
	const all, persistentSequential = 31, 2
	node := appendBuffer(nil, []byte("/for-one-"))
	node = appendBuffer(node, []byte("data"))
	node = appendInt(appendInt(node, 1), all)
	node = appendBuffer(appendBuffer(node, []byte("sasl")), []byte(id))
	code, path, err := s.call(opCreate, appendInt(node, persistentSequential))
	if err != nil || code != errOK {
		s.t.Fatalf("create: error code %d, error %v", code, err)
	}
	const noWatch = 0
	if code, _, err = s.call(opGetData, append(path, noWatch)); err != nil || code != errOK {
		s.t.Errorf("get the node of %s: error code %d, error %v", id, code, err)
	}
}

func (s *session) wantClosed() {
	s.t.Helper()
	if frame, err := zktest.ReadFrame(s.conn); err == nil {
		s.t.Errorf("received %x, want the end of the connection", frame)
	}
}

func wantCode(t *testing.T, err error, want int32) {
	t.Helper()
	if code, ok := errors.AsType[codeError](err); !ok || int32(code) != want {
		t.Errorf("error %v with code %d, want code %d", err, code, want)
	}
}

// wantPresented checks what a refusal tells of what the server was given.
func wantPresented(t *testing.T, err error, want ...string) {
	t.Helper()
	refused, ok := errors.AsType[*RefusedError](err)
	if !ok {
		t.Errorf("error %v, want a refusal", err)
		return
	}
	for _, text := range want {
		if !strings.Contains(refused.Presented, text) {
			t.Errorf("what was presented is %q, want it to say: %s", refused.Presented, text)
		}
	}
}

func TestDigestServer(t *testing.T) {
	t.Parallel()
	users := map[string]string{
		"alice":   "secret",
		`q"u\ote`: `p"a\ss, word=`,
		"chrïs":   "sécret",
		"крис":    "секрет",
		"latin":   "секрет",
	}
	addr := zktest.StartServer(t, zktest.WithDigestLogin(t, users)).Addr()
	mechanism := func(user, password string) Mechanism {
		return newMechanism(t, Options{Mechanism: DigestMD5, Username: user, Password: NewSecret(password)})
	}

	t.Run("good passwords", func(t *testing.T) {
		for user, password := range users {
			s := connect(t, addr)
			if err := s.authenticate(mechanism(user, password), "any"); err != nil {
				t.Errorf("%s: %v", user, err)
				continue
			}
			s.wantIdentity(user)
		}
	})
	t.Run("many connections", func(t *testing.T) {
		m := mechanism("alice", "secret")
		for range 3 {
			s := connect(t, addr)
			if err := s.authenticate(m, "any"); err != nil {
				t.Error(err)
			}
			s.wantIdentity("alice")
		}
	})
	t.Run("the server's realm", func(t *testing.T) {
		opts := Options{Mechanism: DigestMD5, Username: "alice", Password: NewSecret("secret"), Realm: "zk-sasl-md5"}
		if err := connect(t, addr).authenticate(newMechanism(t, opts), "any"); err != nil {
			t.Error(err)
		}
		opts.Realm = "another"
		wantFailed(t, connect(t, addr).authenticate(newMechanism(t, opts), "any"), `it has "zk-sasl-md5"`)
	})
	for name, tc := range map[string]struct {
		m    Mechanism
		want string // what the server was given
	}{
		"a wrong password": {mechanism("alice", "secret2"), `the user "alice" and a digest of the password, for the service "zookeeper/zk-sasl-md5"`},
		// With nobody's password: up to 3.8 a server takes for an unknown user's what the last
		// one has logged in with.
		"a wrong user": {mechanism("bob", "nobody's"), `the user "bob" and a digest`},
		"another service": {newMechanism(t, Options{
			Mechanism: DigestMD5, Username: "alice", Password: NewSecret("secret"), Service: "imap",
		}), `for the service "imap/zk-sasl-md5"`},
	} {
		t.Run(name, func(t *testing.T) {
			s := connect(t, addr)
			err := s.authenticate(tc.m, "any")
			wantCode(t, err, errAuthFailed)
			wantPresented(t, err, "the server was given the user ", tc.want, ": it may know no such user, or another password, or be another service")
			s.wantClosed()
		})
	}
	t.Run("an answer to no challenge", func(t *testing.T) {
		// The server takes any first token for the request to begin, as one of GSSAPI.
		code, body, err := connect(t, addr).call(opSASL, appendBuffer(nil, []byte("a ticket")))
		if err != nil || code != errOK {
			t.Fatalf("code %d, error %v", code, err)
		}
		challenge := buffer(body)
		if _, err := parseChallenge(challenge); err != nil {
			t.Errorf("%q: %v", challenge, err)
		}
	})
}

// A server that wants authentication, and says so in place of why it failed.
func TestDigestRequired(t *testing.T) {
	t.Parallel()
	addr := zktest.StartServer(t, zktest.RequireSASL(), zktest.WithDigestLogin(t, map[string]string{"alice": "secret"})).Addr()
	opts := Options{Mechanism: DigestMD5, Username: "alice", Password: NewSecret("secret")}
	s := connect(t, addr)
	if err := s.authenticate(newMechanism(t, opts), "any"); err != nil {
		t.Fatal(err)
	}
	s.wantIdentity("alice")

	opts.Password = NewSecret("secret2")
	s = connect(t, addr)
	err := s.authenticate(newMechanism(t, opts), "any")
	wantCode(t, err, errSessionClosedRequireSASL)
	wantPresented(t, err, `the user "alice" and a digest of the password`)
	s.wantClosed()
}

// Servers that answer, and do not authenticate.
func TestDigestWithoutProof(t *testing.T) {
	t.Parallel()
	t.Run("no SASL", func(t *testing.T) {
		t.Parallel()
		addr := zktest.StartServer(t).Addr()
		opts := Options{Mechanism: DigestMD5, Username: "alice", Password: NewSecret("secret")}
		wantFailed(t, connect(t, addr).authenticate(newMechanism(t, opts), "any"), "the server sent no challenge")
	})
	t.Run("tolerated failure", func(t *testing.T) {
		t.Parallel()
		addr := zktest.StartServer(t, zktest.WithDigestLogin(t, map[string]string{"alice": "secret"}),
			zktest.WithSystemProperty("zookeeper.allowSaslFailedClients", "true")).Addr()
		opts := Options{Mechanism: DigestMD5, Username: "alice", Password: NewSecret("secret2")}
		wantFailed(t, connect(t, addr).authenticate(newMechanism(t, opts), "any"), "the server did not prove that it knows the password")
	})
}

// A client of one realm and a server of another, which trusts it.
func TestKerberosRealms(t *testing.T) {
	t.Parallel()
	home, away := zktest.StartKDC(t, "HOME.REALM"), zktest.StartKDC(t, "AWAY.REALM")
	home.AddPrincipal(t, kerberosUser, kerberosPassword)
	for _, kdc := range []*zktest.KDC{home, away} {
		kdc.AddPrincipal(t, "krbtgt/AWAY.REALM@HOME.REALM", "the realms' secret")
	}
	addr := zktest.StartServer(t, zktest.WithKerberosLogin(away)).Addr()
	conf := "[libdefaults]\ndefault_realm = HOME.REALM\n[realms]\n"
	for _, kdc := range []*zktest.KDC{home, away} {
		conf += kdc.Realm() + " = {\nkdc = " + kdc.Addr() + "\n}\n"
	}
	opts := Options{
		Username: kerberosUser, Password: NewSecret(kerberosPassword), Hostname: zktest.ServiceHost,
		KRB5ConfFile: writeFile(t, conf+"[domain_realm]\nlocalhost = AWAY.REALM\n"),
	}
	s := connect(t, addr)
	if err := s.authenticate(newKerberos(t, opts), "any"); err != nil {
		t.Fatal(err)
	}
	s.wantIdentity("alice@HOME.REALM")

	// The service of the same name in the client's own realm is another one.
	opts.KRB5ConfFile = writeFile(t, conf)
	err := connect(t, addr).authenticate(newKerberos(t, opts), "any")
	wantCode(t, err, errAuthFailed)
	wantPresented(t, err, `the server was given a ticket for "zookeeper/localhost@HOME.REALM": its keytab may have another key for that`)
}

// kerberosUser is the client of these tests, and the password from which its keys are made.
const (
	kerberosUser     = "alice"
	kerberosPassword = "kerberos-hunter2"
)

func TestKerberosServer(t *testing.T) {
	t.Parallel()
	kdc := zktest.StartKDC(t, "TEST.REALM")
	kdc.AddPrincipal(t, kerberosUser, kerberosPassword)
	addr := zktest.StartServer(t, zktest.WithKerberosLogin(kdc)).Addr()
	with := func(change func(*Options)) *gssAPI {
		opts := Options{Username: kerberosUser, Hostname: zktest.ServiceHost, KRB5ConfFile: kdc.ConfigFile()}
		change(&opts)
		return newKerberos(t, opts)
	}

	for name, m := range map[string]*gssAPI{
		"a password":       with(func(o *Options) { o.Password = NewSecret(kerberosPassword) }),
		"a keytab":         with(func(o *Options) { o.KeytabFile = kdc.Keytab(t, kerberosUser) }),
		"a cache":          with(func(o *Options) { o.CredentialCacheFile = kdc.CredentialCache(t, kerberosUser) }),
		"a cache's client": with(func(o *Options) { o.Username, o.CredentialCacheFile = "", "FILE:"+kdc.CredentialCache(t, kerberosUser) }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Again with the ticket of the first time.
			for range 2 {
				s := connect(t, addr)
				if err := s.authenticate(m, "127.0.0.1"); err != nil {
					t.Fatal(err)
				}
				s.wantIdentity(kerberosUser + "@" + kdc.Realm())
			}
		})
	}

	t.Run("a wrong password", func(t *testing.T) {
		m := with(func(o *Options) { o.Password = NewSecret("hunter3") })
		err := connect(t, addr).authenticate(m, "127.0.0.1")
		wantFailed(t, err, `the password of "alice@TEST.REALM" is wrong: (24) KDC_ERR_PREAUTH_FAILED`)
		if strings.Contains(err.Error(), "hunter3") {
			t.Errorf("the error tells the password: %v", err)
		}
	})
	t.Run("a wrong key", func(t *testing.T) {
		other := zktest.StartKDC(t, "TEST.REALM")
		other.AddPrincipal(t, kerberosUser, "another password")
		m := with(func(o *Options) { o.KeytabFile = other.Keytab(t, kerberosUser) })
		wantFailed(t, connect(t, addr).authenticate(m, "127.0.0.1"), `the key of "alice@TEST.REALM" in the keytab `)
	})
	t.Run("an unknown user", func(t *testing.T) {
		m := with(func(o *Options) { o.Username, o.Password = "nobody", NewSecret("x") })
		wantFailed(t, connect(t, addr).authenticate(m, "127.0.0.1"), `the KDC does not know "nobody@TEST.REALM"`)
	})
	t.Run("an unknown host", func(t *testing.T) {
		m := with(func(o *Options) { o.Hostname, o.Password = "elsewhere", NewSecret(kerberosPassword) })
		wantFailed(t, connect(t, addr).authenticate(m, "127.0.0.1"), `the KDC does not know the service "zookeeper/elsewhere@TEST.REALM"`)
	})
	t.Run("a key of a type that the KDC does not expect", func(t *testing.T) {
		kdc.AddPrincipal(t, "sha2", kerberosPassword, "-e", "aes256-cts-hmac-sha384-192:normal,aes128-cts-hmac-sha256-128:normal")
		for _, m := range []*gssAPI{
			with(func(o *Options) { o.Username, o.Password = "sha2", NewSecret(kerberosPassword) }),
			with(func(o *Options) { o.Username, o.KeytabFile = "sha2", kdc.Keytab(t, "sha2") }),
		} {
			s := connect(t, addr)
			if err := s.authenticate(m, "127.0.0.1"); err != nil {
				t.Fatal(err)
			}
			s.wantIdentity("sha2@" + kdc.Realm())
		}
	})
	t.Run("no pre-authentication", func(t *testing.T) {
		kdc.AddPrincipal(t, "plain", kerberosPassword, "-requires_preauth")
		m := with(func(o *Options) { o.Username, o.Password = "plain@"+kdc.Realm(), NewSecret(kerberosPassword) })
		s := connect(t, addr)
		if err := s.authenticate(m, "127.0.0.1"); err != nil {
			t.Fatal(err)
		}
		s.wantIdentity("plain@" + kdc.Realm())
		m = with(func(o *Options) { o.Username, o.Password = "plain", NewSecret("hunter3") })
		wantFailed(t, connect(t, addr).authenticate(m, "127.0.0.1"), `the password of "plain@TEST.REALM" is wrong`)
	})
	t.Run("an expired cache", func(t *testing.T) {
		m := with(func(o *Options) { o.CredentialCacheFile = kdc.CredentialCache(t, kerberosUser, "-l", "1h") })
		m.now = func() time.Time { return time.Now().Add(2 * time.Hour) }
		wantFailed(t, connect(t, addr).authenticate(m, "127.0.0.1"), `the ticket of "alice@TEST.REALM" in the credential cache `)
	})
	t.Run("a damaged cache", func(t *testing.T) {
		content, err := os.ReadFile(kdc.CredentialCache(t, kerberosUser))
		if err != nil {
			t.Fatal(err)
		}
		// Each cache that is cut off anywhere is damaged, or has fewer tickets.
		for n := range content {
			c, err := openCache(t.Context(), cachePlace{file: writeFile(t, string(content[:n]))}, principal{})
			if err != nil && (!strings.Contains(err.Error(), " is none, or is damaged") || len(err.Error()) > 300) {
				t.Fatalf("%d bytes: %v", n, err)
			}
			if err == nil {
				_, _ = c.grantingTicket(time.Now())
			}
		}
	})
	t.Run("somebody else's cache", func(t *testing.T) {
		m := with(func(o *Options) { o.Username, o.CredentialCacheFile = "bob", kdc.CredentialCache(t, kerberosUser) })
		wantFailed(t, connect(t, addr).authenticate(m, "127.0.0.1"), `is that of "alice@TEST.REALM", not of "bob@TEST.REALM"`)
	})
	t.Run("a client of the other mechanism", func(t *testing.T) {
		m := newMechanism(t, Options{Mechanism: DigestMD5, Username: "alice", Password: NewSecret("x")})
		err := connect(t, addr).authenticate(m, "127.0.0.1")
		wantCode(t, err, errAuthFailed)
		wantPresented(t, err, "the server was asked to begin DIGEST-MD5: it may be configured for GSSAPI")
	})
	t.Run("a server of the other mechanism", func(t *testing.T) {
		digest := zktest.StartServer(t, zktest.WithDigestLogin(t, map[string]string{"alice": "secret"})).Addr()
		m := with(func(o *Options) { o.Password = NewSecret(kerberosPassword) })
		wantFailed(t, connect(t, digest).authenticate(m, "127.0.0.1"), "the server is configured for DIGEST-MD5")
	})
	t.Run("no SASL", func(t *testing.T) {
		m := with(func(o *Options) { o.Password = NewSecret(kerberosPassword) })
		wantFailed(t, connect(t, zktest.StartServer(t).Addr()).authenticate(m, "127.0.0.1"), "the server did not prove itself")
	})
	t.Run("a canonical name", func(t *testing.T) {
		// The machine's own name for loopback is not known, so the resolver is the test's.
		content, err := os.ReadFile(kdc.ConfigFile())
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "krb5.conf")
		canonicalize := strings.Replace(string(content), "dns_canonicalize_hostname = false", "", 1)
		if err := os.WriteFile(file, []byte(canonicalize), 0o600); err != nil {
			t.Fatal(err)
		}
		m := with(func(o *Options) {
			o.Hostname, o.KRB5ConfFile, o.Password = "", file, NewSecret(kerberosPassword)
		})
		m.resolver = fakeDNS{
			hosts: map[string][]string{"zk1": {"127.0.0.1"}, "LocalHost.": {"127.0.0.1"}},
			names: map[string][]string{"127.0.0.1": {"LocalHost."}},
		}
		if err := connect(t, addr).authenticate(m, "zk1"); err != nil {
			t.Error(err)
		}
	})
}
