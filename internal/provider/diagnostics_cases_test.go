package provider_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// serverKind is what a case needs of a server.
type serverKind int

const (
	usualServer    serverKind = iota // with quotas, and without TTL nodes
	oldServer                        // from before 3.5
	readOnlyServer                   // without a quorum
	saslServer                       // that serves nobody without SASL
	memberServer                     // of an ensemble that can be changed
)

func newServers(t *testing.T) map[serverKind]*zktest.Server {
	t.Helper()
	return map[serverKind]*zktest.Server{
		usualServer:    zktest.StartServer(t, zktest.WithConfig("enforceQuota", "true")),
		oldServer:      zktest.StartServer(t, zktest.WithVersion("3.4.14")),
		readOnlyServer: zktest.StartServer(t, zktest.WithoutQuorum()),
		memberServer:   zktest.StartEnsemble(t, 3, zktest.WithConfig("reconfigEnabled", "true")).Servers()[0],
		saslServer:     zktest.StartServer(t, zktest.WithDigestLogin(t, map[string]string{"alice": secret}), zktest.RequireSASL()),
	}
}

// A diagnosticCase triggers one diagnostic, or a few that come together.
type diagnosticCase struct {
	name string
	on   serverKind
	env  map[string]string
	play func(c *scene)
}

// excuses are texts of the sources that no case triggers, and why.
var excuses = map[string]string{
	"Invalid ACL":                                                  "a CLI validates the configuration again before it configures the provider, and the validator has refused it",
	"Invalid provider configuration":                               "as above: whatever else makes a session impossible is refused with the name of its attribute",
	"Session may have no ephemeral node":                           "it takes an ensemble with local sessions, see TestEphemeralOnLocalSession and the test of package diagnose",
	"Unexpected provider data":                                     "a bug of the framework or of the provider",
	"Plan cannot be written":                                       "JSON of text is always made",
	"Plan is damaged":                                              "the planned private state is the provider's own",
	"Deposed object was left as it is":                             "it takes a process that applies and has never read, see TestAccKept",
	"%T has not all that the protocol knows of":                    "a bug of the provider, that every test would meet",
	"the value is not plain":                                       "the framework is asked, and says what is wrong",
	"enough has been listed":                                       "the end of a list, and nobody is told",
	"this run holds the lock already, by the lock of the provider": "the diagnostic about it has words of its own",
	"ACL entry %q: %w":                                             "permissions have been validated, or come from a server",
	"State cannot be written":                                      "JSON of maps of text and numbers is always made",
	"no JSON that could be compared by its value":                  "then bytes are compared, and nobody is told",
	"the state has no stat of the node":                            "the diagnostic about it has words of its own",
	"another resource has the node":                                "the node is handed over, and nobody is told",
	"the resource that was to take over the node has failed":       "the diagnostic about it has words of its own",
}

// The resources and what else the provider has.
const (
	znode      = "zookeeper_znode"
	znodes     = "zookeeper_znodes"
	sequential = "zookeeper_sequential_znode"
	ensurePath = "zookeeper_ensure_path"
	znodeACL   = "zookeeper_znode_acl"
	children   = "zookeeper_children"
	wholeTree  = "zookeeper_tree"
	theLock    = "zookeeper_lock"
	quota      = "zookeeper_quota"
	member     = "zookeeper_ensemble_member"
)

var (
	ofAlice    = zk.ACL{Scheme: "digest", ID: acctest.UserID(), Perms: zk.PermAll}
	onlyAlice  = [3]string{"digest", acctest.UserID(), "cdrwa"}
	openAlice  = attrs{"username": acctest.User, "password": acctest.Password}
	everybody  = [3]string{"world", "anyone", "cdrwa"}
	mayNotRead = zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermAll &^ zk.PermRead}
	mayRead    = zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermRead}
)

// configured plays a configuration of the provider.
func configured(config attrs) func(*scene) {
	return func(c *scene) { c.configure(config) }
}

// validated plays a configuration of a resource, up to its plan.
func validated(typ string, config attrs) func(*scene) {
	return func(c *scene) { c.plan(c.none(typ), config) }
}

// written plays the creation of a node with an entry of an ACL that a server can hold and nobody
// may write.
func written(entry [3]string) func(*scene) {
	return func(c *scene) { c.connect(nil).create(znode, attrs{"path": "/app", "acl": acl(entry)}) }
}

// called plays a function.
func called(name string, arguments ...any) func(*scene) {
	return func(c *scene) { c.call(name, arguments...) }
}

var (
	isGetOp      = zktest.Is(zktest.OpGetData)
	isChildrenOp = zktest.Is(zktest.OpGetChildren, zktest.OpGetChildren2)
	anyOp        = func(int32) bool { return true }
)

// behind matches what then matches, once first has been seen.
func behind(first, then func(int32) bool) func(int32) bool {
	seen := false
	return func(op int32) bool {
		if seen && then(op) {
			return true
		}
		seen = seen || first(op)
		return false
	}
}

// before does something once, before the next matching request reaches the server.
func before(proxy *zktest.Proxy, match func(int32) bool, do func()) {
	done := false
	proxy.CutBeforeRequest(func(op int32) bool {
		if !done && match(op) {
			done = true
			do()
		}
		return false
	})
}

// cutOff ends the connection before the next matching request, and lets nobody in again.
func cutOff(proxy *zktest.Proxy, match func(int32) bool) {
	proxy.CutBeforeRequest(func(op int32) bool {
		if !match(op) {
			return false
		}
		proxy.Refuse(true)
		return true
	})
}

// loseReply lets the next matching request through, and not its reply, and nobody in again.
func loseReply(proxy *zktest.Proxy, match func(int32) bool) {
	proxy.CutAfterRequest(func(op int32) bool {
		if !match(op) {
			return false
		}
		proxy.Refuse(true)
		return true
	})
}

// answering is the address of what is the server, but answers matching requests itself, with
// an error code: what no server can be made to do.
func (c *scene) answering(match func(int32) bool, code int32) string {
	c.t.Helper()
	return c.impersonating(match, func(client io.Writer, xid []byte) error {
		reply := make([]byte, 16) // xid, zxid, code
		copy(reply, xid)
		binary.BigEndian.PutUint32(reply[12:], uint32(code))
		return zktest.WriteFrame(client, reply)
	})
}

// impersonating is answering with whatever answer writes.
func (c *scene) impersonating(match func(int32) bool, answer func(client io.Writer, xid []byte) error) string {
	c.t.Helper()
	return zktest.StartPeer(c.t, func(client net.Conn) {
		var dialer net.Dialer
		server, err := dialer.DialContext(context.Background(), "tcp", c.at)
		if err != nil {
			return
		}
		var work sync.WaitGroup
		defer work.Wait()
		defer func() { _ = server.Close() }()
		work.Go(func() {
			_, _ = io.Copy(client, server)
			_ = client.Close()
		})
		requests := bufio.NewReader(client)
		for first := true; ; first = false {
			frame, err := zktest.ReadFrame(requests)
			if err != nil {
				return
			}
			if !first && len(frame) >= 8 && match(int32(binary.BigEndian.Uint32(frame[4:]))) {
				err = answer(client, frame[:4])
			} else {
				err = zktest.WriteFrame(server, frame)
			}
			if err != nil {
				return
			}
		}
	})
}

// interruptible makes the run one that the function returned ends, as Ctrl-C does.
func (c *scene) interruptible() (interrupt func()) {
	c.t.Helper()
	c.ctx, interrupt = context.WithCancel(c.ctx)
	c.t.Cleanup(interrupt)
	return interrupt
}

func (c *scene) interrupt() { c.interruptible()() }

// silent is the address of a server that says nothing.
func (c *scene) silent() string {
	c.t.Helper()
	return zktest.StartPeer(c.t, func(client net.Conn) { _, _ = io.Copy(io.Discard, client) })
}

// foreign is the address of what is no server of ZooKeeper's.
func (c *scene) foreign() string {
	c.t.Helper()
	return zktest.StartPeer(c.t, func(client net.Conn) {
		_, _ = client.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
		_, _ = io.Copy(io.Discard, client)
	})
}

// certified reads through TLS from a peer whose certificate is made of the template.
func (c *scene) certified(template *x509.Certificate, settings attrs) {
	c.t.Helper()
	a := zktest.NewAuthority(c.t)
	key, cert := a.Sign(c.t, template)
	addr := zktest.StartPeer(c.t, func(client net.Conn) {
		_ = tls.Server(client, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}}}).HandshakeContext(c.t.Context())
		_, _ = io.Copy(io.Discard, client)
	})
	all := attrs{"ca_pem": zktest.CertPEM(a.Cert)}
	maps.Copy(all, settings)
	c.connect(attrs{"servers": addr, "tls": all, "connect_timeout": 3}).read(znode, attrs{"path": "/a"})
}

// quota lets the node have so many bytes.
func (c *scene) quota(rel string, bytes int) {
	c.t.Helper()
	at := "/zookeeper/quota" + c.Path(rel)
	for name, data := range map[string]string{
		"/zookeeper_limits": fmt.Sprintf("count=-1,bytes=-1=;byteHardLimit=%d;countHardLimit=-1", bytes),
		"/zookeeper_stats":  "count=1,bytes=0",
	} {
		if _, err := c.Client.Create(c.t.Context(), at+name, []byte(data), zk.CreateOptions{MakeParents: true}); err != nil {
			c.t.Fatal(err)
		}
	}
}

// ephemeral makes a node of the super user's session.
func (c *scene) ephemeral(rel string, mode zk.Mode) string {
	c.t.Helper()
	made, err := c.Client.Create(c.t.Context(), c.Path(rel), nil, zk.CreateOptions{Mode: mode})
	if err != nil {
		c.t.Fatal(err)
	}
	return strings.TrimPrefix(made.Path, c.Base)
}

// file makes a file.
func (c *scene) file(content string) string {
	c.t.Helper()
	name := filepath.Join(c.t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return name
}

// locked takes a lock, as somebody else.
func (c *scene) locked(rel string) {
	c.t.Helper()
	lock, err := recipe.NewLock(c.Client, c.Path(rel), recipe.LockOptions{Identifier: "somebody else"})
	if err != nil {
		c.t.Fatal(err)
	}
	held, err := lock.Acquire(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := held.Release(ctx); err != nil {
			c.t.Error(err)
		}
	})
}

// contenders are the nodes below a lock's, from the root on.
func (c *scene) contenders(rel string) (paths []string) {
	c.t.Helper()
	names, _, err := c.Client.Children(c.t.Context(), c.Path(rel))
	if err != nil {
		c.t.Fatal(err)
	}
	for _, name := range names {
		paths = append(paths, rel+"/"+name)
	}
	return paths
}

// takeAway deletes what stands for the holders of a lock.
func (c *scene) takeAway(rel string) {
	c.t.Helper()
	for _, path := range c.contenders(rel) {
		if err := c.Client.Delete(c.t.Context(), c.Path(path), zk.AnyVersion); err != nil && !errors.Is(err, zk.ErrNoNode) {
			c.t.Fatal(err)
		}
	}
}

// until does something again and again, until the provider has told of something.
func (c *scene) until(do func()) {
	c.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for do(); len(c.told) == 0; do() {
		select {
		case <-tick.C:
		case <-c.t.Context().Done():
			c.t.Fatal("nothing was told")
		}
	}
}

// putMany makes nodes that hold data below one.
func (c *scene) putMany(rel string, n int) {
	c.t.Helper()
	for i := range n {
		c.Put(fmt.Sprintf("%s/n%03d", rel, i), "theirs")
	}
}

// decomposed makes a node whose name is in NFD, with one below it.
func (c *scene) decomposed() {
	c.t.Helper()
	c.Put("/app", "")
	c.Put("/app/cafe\u0301", "")
	c.Put("/app/cafe\u0301/x", "")
}

const digestHash = "4rsXV9JgUbFl9ZE40xENilxlRV8="

// topics are all cases, in the order of the catalogue.
var topics = []struct {
	name  string
	cases []diagnosticCase
}{
	{"Provider configuration", []diagnosticCase{
		{name: "an empty entry", play: configured(attrs{"servers": "zk1:2181,,zk2"})},
		{name: "a port that is invalid", play: configured(attrs{"servers": "zk1:port"})},
		{name: "a chroot that is no path", play: configured(attrs{"servers": "zk1/a/"})},
		{name: "session_timeout", play: configured(attrs{"session_timeout": 0})},
		{name: "a colon", play: configured(attrs{"username": "a:b", "password": "c"})},
		{name: "no password", play: configured(attrs{"username": "alice"})},
		{name: "no username", play: configured(attrs{"password": secret})},
		{name: "a scheme for ACLs", play: configured(attrs{"auth": []any{attrs{"scheme": "world", "credential": secret}}})},
		{name: "no scheme", play: configured(attrs{"auth": []any{attrs{"scheme": "", "credential": secret}}})},
		{name: "the scheme of SASL", play: configured(attrs{"auth": []any{attrs{"scheme": "sasl", "credential": secret}}})},
		{name: "no colon", play: configured(attrs{"auth": []any{attrs{"scheme": "digest", "credential": secret}}})},
		{name: "no user", play: configured(attrs{"auth": []any{attrs{"scheme": "digest", "credential": ":" + secret}}})},
		{name: "no password behind the colon", play: configured(attrs{"auth": []any{attrs{"scheme": "digest", "credential": "alice:"}}})},
		{name: "default_acl", play: configured(attrs{"default_acl": acl([3]string{"world", "anyone", "rx"})})},
		{name: "delay and max_delay", play: configured(attrs{"retry": attrs{"delay": 3, "max_delay": 1}})},
		{name: "max_tries", play: configured(attrs{"retry": attrs{"max_tries": 0}})},
		{name: "backoff", play: configured(attrs{"retry": attrs{"backoff": 0.9}})},
		{name: "jitter", play: configured(attrs{"retry": attrs{"jitter": 1.1}})},
		{name: "no lock path", play: configured(attrs{"lock": attrs{"mode": "shared"}})},
		{name: "a lock of the servers' own", play: configured(attrs{"lock": attrs{"path": "/zookeeper/lock"}})},
		{name: "lock path", play: configured(attrs{"lock": attrs{"path": "relative"}})},
		{name: "lock mode", play: configured(attrs{"lock": attrs{"path": "/a", "mode": "open"}})},
		{name: "lock protocol", play: configured(attrs{"lock": attrs{"path": "/a", "protocol": "go"}})},
		{name: "lock timeout", play: configured(attrs{"lock": attrs{"path": "/a", "timeout": -1}})},
		{name: "servers that are not known", play: func(c *scene) {
			c.connect(attrs{"servers": unknown, "password": unknown, "username": "alice"}).read(znode, attrs{"path": "/a"})
		}},
	}},
	{"SASL and TLS settings", []diagnosticCase{
		{name: "a mechanism that is invalid", play: configured(attrs{"sasl": attrs{"mechanism": "PLAIN"}})},
		{name: "no mechanism", play: configured(attrs{"sasl": attrs{"username": "alice"}})},
		{name: "no username", play: configured(attrs{"sasl": attrs{"mechanism": "DIGEST-MD5", "password": secret}})},
		{name: "no password", play: configured(attrs{"sasl": attrs{"mechanism": "DIGEST-MD5", "username": "alice"}})},
		{name: "a keytab for DIGEST-MD5", play: configured(attrs{"sasl": attrs{"mechanism": "DIGEST-MD5", "username": "alice", "password": secret, "keytab_file": "k"}})},
		{name: "a cache for DIGEST-MD5", play: configured(attrs{"sasl": attrs{"mechanism": "DIGEST-MD5", "username": "alice", "password": secret, "credential_cache_file": "k"}})},
		{name: "krb5.conf for DIGEST-MD5", play: configured(attrs{"sasl": attrs{"mechanism": "DIGEST-MD5", "username": "alice", "password": secret, "krb5_conf_file": "k"}})},
		{name: "a password and a keytab", play: configured(attrs{"sasl": attrs{"mechanism": "GSSAPI", "username": "alice", "password": secret, "keytab_file": "k"}})},
		{name: "no realm", play: func(c *scene) {
			c.configure(attrs{"sasl": attrs{"mechanism": "GSSAPI", "username": "alice", "password": secret, "krb5_conf_file": c.file("[libdefaults]\n")}})
		}},
		{name: "a missing krb5.conf", play: configured(attrs{"sasl": attrs{"mechanism": "GSSAPI", "username": "alice", "password": secret, "krb5_conf_file": "/nowhere/krb5.conf"}})},
		{name: "a missing keytab", play: configured(attrs{"sasl": attrs{"mechanism": "GSSAPI", "username": "alice", "realm": "EXAMPLE.COM", "keytab_file": "/nowhere/keytab"}})},
		{name: "a missing cache", play: configured(attrs{"sasl": attrs{"mechanism": "GSSAPI", "credential_cache_file": "/nowhere/cache"}})},
		{name: "a service that is invalid", play: configured(attrs{"sasl": attrs{"mechanism": "GSSAPI", "username": "alice@EXAMPLE.COM", "password": secret, "service": "zoo\tkeeper"}})},
		{name: "a host that is invalid", play: configured(attrs{"sasl": attrs{"mechanism": "GSSAPI", "username": "alice@EXAMPLE.COM", "password": secret, "hostname": "zk1\n"}})},
		{name: "the content of a file", play: configured(attrs{"tls": attrs{"ca_file": "-----BEGIN CERTIFICATE-----\n"}})},
		{name: "the name of a file", play: configured(attrs{"tls": attrs{"ca_pem": "/etc/ca.pem"}})},
		{name: "a port in a name", play: configured(attrs{"tls": attrs{"server_name": "zk1:2281"}})},
		{name: "a file and PEM", play: configured(attrs{"tls": attrs{"ca_file": "a", "ca_pem": "-----BEGIN"}})},
		{name: "a missing CA", play: configured(attrs{"tls": attrs{"ca_file": "/nowhere/ca.pem"}})},
		{name: "no certificate in PEM", play: configured(attrs{"tls": attrs{"ca_pem": "-----BEGIN NOTHING-----"}})},
		{name: "a certificate and no key", play: configured(attrs{"tls": attrs{"cert_pem": "-----BEGIN CERTIFICATE-----"}})},
		{name: "a key and no certificate", play: configured(attrs{"tls": attrs{"key_pem": "-----BEGIN PRIVATE KEY-----"}})},
		{name: "a certificate that is invalid", play: configured(attrs{"tls": attrs{"cert_pem": "-----BEGIN CERTIFICATE-----", "key_pem": "-----BEGIN PRIVATE KEY-----"}})},
		{name: "a key that is invalid", play: func(c *scene) {
			c.configure(attrs{"tls": attrs{"cert_pem": newPKI(c.t).cert, "key_pem": "-----BEGIN PRIVATE KEY-----"}})
		}},
		{name: "a key of another certificate", play: func(c *scene) {
			c.configure(attrs{"tls": attrs{"cert_pem": newPKI(c.t).cert, "key_pem": newPKI(c.t).key}})
		}},
		{name: "no password of the key", play: func(c *scene) {
			p := newPKI(c.t)
			c.configure(attrs{"tls": attrs{"cert_pem": p.cert, "key_pem": p.encrypted}})
		}},
		{name: "a wrong password of the key", play: func(c *scene) {
			p := newPKI(c.t)
			c.configure(attrs{"tls": attrs{"cert_pem": p.cert, "key_pem": p.encrypted, "key_password": "guess"}})
		}},
		{name: "one bad certificate among good ones", play: func(c *scene) {
			p := newPKI(c.t)
			c.configure(attrs{"tls": attrs{"ca_pem": p.ca + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" + p.strangersCA}})
		}},
		{name: "a key store for a CA", play: func(c *scene) {
			c.configure(attrs{"tls": attrs{"ca_file": newPKI(c.t).file("trust.p12")}})
		}},
		{name: "PEM for a key store", play: func(c *scene) {
			c.configure(attrs{"tls": attrs{"keystore_file": newPKI(c.t).file("key.pem")}})
		}},
		{name: "PEM for a trust store", play: func(c *scene) {
			c.configure(attrs{"tls": attrs{"truststore_file": newPKI(c.t).file("ca.pem")}})
		}},
		{name: "a wrong password of a key store", play: func(c *scene) {
			c.configure(attrs{"tls": attrs{"keystore_file": newPKI(c.t).file("key.p12"), "keystore_password": "guess"}})
		}},
		{name: "no password of a trust store", play: func(c *scene) {
			c.configure(attrs{"tls": attrs{"truststore_file": newPKI(c.t).file("trust.p12")}})
		}},
		{name: "a key store and a key", play: configured(attrs{"tls": attrs{"keystore_file": "a", "key_pem": "-----BEGIN"}})},
		{name: "a password and no key", play: configured(attrs{"tls": attrs{"key_password": secret}})},
	}},
	{"Environment", []diagnosticCase{
		{name: "servers", env: map[string]string{"ZOOKEEPER_SERVERS": ","}, play: configured(nil)},
		{name: "seconds", env: map[string]string{"ZOOKEEPER_SESSION": "long"}, play: configured(nil)},
		{name: "too few seconds", env: map[string]string{"ZOOKEEPER_CONNECT_TIMEOUT": "0"}, play: configured(nil)},
		{name: "a number", env: map[string]string{"ZOOKEEPER_RETRY_BACKOFF": "much"}, play: configured(nil)},
		{name: "a whole number", env: map[string]string{"ZOOKEEPER_RETRY_MAX_TRIES": "1.5"}, play: configured(nil)},
		{name: "a boolean", env: map[string]string{"ZOOKEEPER_READ_ONLY": "perhaps"}, play: configured(nil)},
		{name: "a size", env: map[string]string{"ZOOKEEPER_MAX_BUFFER_BYTES": "0"}, play: configured(nil)},
		{name: "TLS", env: map[string]string{"ZOOKEEPER_TLS_ENABLED": "perhaps"}, play: configured(nil)},
		{name: "a CA for TLS that is off", env: map[string]string{"ZOOKEEPER_TLS_CA_FILE": "/nowhere"}, play: configured(nil)},
		{name: "a user for SASL that is off", env: map[string]string{"ZOOKEEPER_SASL_USERNAME": "alice", "ZOOKEEPER_SASL_REALM": "x"}, play: configured(nil)},
		{name: "any certificate", env: map[string]string{"ZOOKEEPER_TLS_INSECURE_SKIP_VERIFY": "true"}, play: configured(attrs{"tls": attrs{}})},
		{name: "no name", env: map[string]string{"ZOOKEEPER_TLS_VERIFY_HOSTNAME": "false"}, play: configured(attrs{"tls": attrs{}})},
		{name: "another name", env: map[string]string{"ZOOKEEPER_TLS_SERVER_NAME": "zk.example.com"}, play: configured(attrs{"tls": attrs{}})},
		{name: "a password in clear", env: map[string]string{"ZOOKEEPER_PASSWORD": secret}, play: configured(attrs{"username": "alice", "servers": "zk1.example.com:2181"})},
		{name: "a lock that is shared", env: map[string]string{"ZOOKEEPER_LOCK_MODE": "shared"}, play: configured(attrs{"lock": attrs{"path": "/locks/run"}})},
		{name: "a lock for everybody", env: map[string]string{"ZOOKEEPER_LOCK_ACL": "world:anyone:cdrwa", "ZOOKEEPER_USERNAME": "alice", "ZOOKEEPER_PASSWORD": secret}, play: configured(attrs{"lock": attrs{"path": "/locks/run"}})},
		{name: "an identity without a colon", env: map[string]string{"ZOOKEEPER_AUTH": "digest:alice:a\n" + secret}, play: configured(nil)},
		{name: "an identity that is wrong", env: map[string]string{"ZOOKEEPER_AUTH": "digest:" + secret}, play: configured(nil)},
		{name: "an ACL", env: map[string]string{"ZOOKEEPER_DEFAULT_ACL": "world:anyone:r,alice"}, play: configured(nil)},
		{name: "a variable and another", env: map[string]string{"ZOOKEEPER_TLS_CA_FILE": "a", "ZOOKEEPER_TLS_CA_PEM": "-----BEGIN"}, play: configured(attrs{"tls": attrs{}})},
		{name: "a file that is missing", env: map[string]string{"ZOOKEEPER_TLS_CA_FILE": "/nowhere/ca.pem"}, play: configured(attrs{"tls": attrs{}})},
	}},
	{"Connection", []diagnosticCase{
		{name: "nobody there, and others", play: func(c *scene) {
			c.connect(attrs{"servers": "127.0.0.1:1," + c.silent() + "," + c.foreign(), "connect_timeout": 3}).read(znode, attrs{"path": "/a"})
		}},
		{name: "no server without a quorum", on: readOnlyServer, play: func(c *scene) {
			c.connect(attrs{"servers": c.at, "connect_timeout": 3}).read(children, attrs{"path": "/"})
		}},
		{name: "no TLS on the port", play: func(c *scene) {
			c.connect(attrs{"tls": attrs{}, "connect_timeout": 3}).read(znode, attrs{"path": "/a"})
		}},
		{name: "a certificate of another CA", play: func(c *scene) {
			c.certified(zktest.ServerCertificate(time.Time{}), attrs{"ca_pem": nil})
		}},
		{name: "a certificate with another name", play: func(c *scene) {
			c.certified(&x509.Certificate{DNSNames: []string{"zookeeper.test"}}, nil)
		}},
		{name: "a certificate with a common name alone", play: func(c *scene) {
			c.certified(&x509.Certificate{Subject: pkix.Name{CommonName: "zookeeper.test"}}, attrs{"server_name": "zookeeper.test"})
		}},
		{name: "a certificate for clients", play: func(c *scene) {
			c.certified(&x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, attrs{"verify_hostname": false})
		}},
		{name: "interrupted", play: func(c *scene) {
			c.connect(nil)
			c.interrupt()
			c.read(znode, attrs{"path": "/a"})
		}},
		{name: "interrupted before a write", play: func(c *scene) {
			c.connect(nil)
			p := c.plan(c.none(znode), attrs{"path": "/a"})
			c.interrupt()
			c.apply(p)
		}},
		{name: "interrupted between two writes", play: func(c *scene) {
			proxy := c.proxied(nil)
			i := c.create(znode, attrs{"path": "/a", "data": "one"})
			held, release := proxy.HoldReplies(zktest.Is(zktest.OpSetACL)) // the ACL, which goes first
			interrupt := c.interruptible()
			go func() {
				<-held
				interrupt()
				release()
			}()
			c.update(i, attrs{"path": "/a", "data": "two", "acl": []any{attrs{"scheme": "world", "id": "anyone", "permissions": "cdrwa"}, attrs{"scheme": "ip", "id": "10.0.0.0/8", "permissions": "r"}}})
		}},
		{name: "interrupted, and no answer", play: func(c *scene) {
			proxy := c.proxied(attrs{"session_timeout": 1, "connect_timeout": 60})
			held, release := proxy.HoldReplies(zktest.Is(zktest.OpCreate, zktest.OpCreate2))
			defer release()
			interrupt := c.interruptible()
			go func() {
				<-held
				proxy.Refuse(true)
				interrupt()
			}()
			c.create(znode, attrs{"path": "/a"})
			proxy.Refuse(false)
		}},
		{name: "a read that is cut", play: func(c *scene) {
			proxy := c.proxied(attrs{"retry": attrs{"max_tries": 1}})
			proxy.CutBeforeRequest(zktest.Is(zktest.OpGetChildren, zktest.OpGetChildren2)) // of the children
			c.read(children, attrs{"path": "/"})
		}},
		{name: "read_only", on: readOnlyServer, play: func(c *scene) {
			c.connect(attrs{"servers": c.at, "read_only": true}).create(znode, attrs{"path": "/a"})
		}},
		{name: "read_only and a transaction", on: readOnlyServer, play: func(c *scene) {
			c.connect(attrs{"servers": c.at, "read_only": true}).create(znodes, attrs{"base_path": "/a", "data": attrs{"k": "v"}})
		}},
		{name: "no version", play: func(c *scene) {
			addr := zktest.StartPeer(c.t, func(client net.Conn) { c.misinform(client) })
			c.connect(attrs{"servers": addr}).read("zookeeper_server_version", nil)
		}},
		{name: "a code of its own", play: func(c *scene) {
			const throttled = -127
			c.Put("/app", "")
			c.connect(attrs{"retry": attrs{"max_tries": 5}, "servers": c.through(c.answering(isGetOp, throttled))}).read(znode, attrs{"path": "/app"})
		}},
		{name: "an answer without bounds", play: func(c *scene) {
			c.Put("/app", "")
			listed := c.impersonating(isChildrenOp, func(client io.Writer, xid []byte) error {
				_, err := client.Write(append(binary.BigEndian.AppendUint32(nil, 100_000_000), xid...))
				return err
			})
			c.connect(attrs{"servers": c.through(listed)}).read(children, attrs{"path": "/app"})
		}},
		{name: "a chroot that is not there", play: func(c *scene) {
			c.connect(attrs{"servers": c.at + "/no-such-node"})
			c.read(znode, attrs{"path": "/app"})
			c.read(children, attrs{"path": "/"})
			c.create(znode, attrs{"path": "/app", "create_parents": false})
			c.create(znodeACL, attrs{"path": "/app", "acl": acl(everybody)})
		}},
		{name: "a chroot that has gone", play: func(c *scene) {
			c.Put("/gone", "")
			c.connect(attrs{"servers": c.at + c.Base + "/gone"})
			all := []*instance{
				c.create(znode, attrs{"path": "/app"}),
				c.create(sequential, attrs{"path_prefix": "/n-"}),
				c.create(ensurePath, attrs{"path": "/path"}),
				c.create(znodes, attrs{"base_path": "/many", "data": attrs{"a": "A"}}),
				c.create(znodeACL, attrs{"path": "/app", "acl": acl(everybody)}),
			}
			if err := c.Client.DeleteTree(c.Context(), c.Path("/gone"), zk.AnyVersion); err != nil {
				c.t.Error(err)
			}
			for _, made := range all {
				c.refresh(made)
			}
		}},
		{name: "a wait that compares with nothing", play: func(c *scene) {
			c.connect(nil).read("zookeeper_wait", attrs{"path": "/a", "condition": "data_equals"})
			c.read("zookeeper_wait", attrs{"path": "/a", "expected_children": 2})
		}},
		{name: "a wait in vain", play: func(c *scene) {
			c.Put("/app", "x")
			c.connect(nil).read("zookeeper_wait", attrs{"path": "/a", "timeout": 0})
			c.read("zookeeper_wait", attrs{"path": "/app", "timeout": 0, "condition": "absent"})
			c.read("zookeeper_wait", attrs{"path": "/app", "timeout": 0, "condition": "data_equals", "expected_data": "y"})
			c.read("zookeeper_wait", attrs{"path": "/app", "timeout": 0, "condition": "min_children", "expected_children": 1})
		}},
		{name: "a wait without an answer", play: func(c *scene) {
			_, release := c.proxied(nil).HoldReplies(zktest.IsExists)
			defer release()
			c.read("zookeeper_wait", attrs{"path": "/a", "timeout": 0.1})
		}},
		{name: "a set of a node that does not exist", play: func(c *scene) {
			c.connect(nil).invoke("zookeeper_set", attrs{"path": "/a", "data": "x"})
		}},
		{name: "a set without an answer", play: func(c *scene) {
			c.Put("/app", "")
			loseReply(c.proxied(nil), zktest.IsSet)
			c.invoke("zookeeper_set", attrs{"path": "/app", "data": "x"})
		}},
		{name: "a quota below another", play: func(c *scene) {
			c.Put("/app", "")
			c.Put("/app/a", "")
			c.connect(nil).create(quota, attrs{"path": "/app/a", "max_count": 5})
			c.create(quota, attrs{"path": "/app/a", "max_count": 5})
			c.again()
			c.create(quota, attrs{"path": "/app", "max_count": 5})
		}},
		{name: "two quotas above each other in one plan", play: func(c *scene) {
			c.Put("/app", "")
			c.connect(nil).plan(c.none(quota), attrs{"path": "/app", "max_count": 5})
			c.plan(c.none(quota), attrs{"path": "/app/a", "max_count": 5})
		}},
		{name: "a quota that does not count", play: func(c *scene) {
			c.Put("/app", "")
			at := "/zookeeper/quota" + c.Path("/app")
			if _, err := c.Client.EnsurePath(c.Context(), at, nil); err != nil {
				c.t.Fatal(err)
			}
			made := c.connect(attrs{"servers": c.through(c.answering(behind(zktest.IsCreate, zktest.IsCreate), int32(zk.ErrNodeExists)))}).create(quota, attrs{"path": "/app", "max_count": 5})
			c.connect(attrs{"servers": c.through(c.answering(zktest.IsCreate, int32(zk.ErrNoNode)))}).update(made, attrs{"path": "/app", "max_count": 6})
		}},
		{name: "a quota of no node", play: func(c *scene) {
			c.connect(nil).create(quota, attrs{"path": "/app", "max_count": 5})
		}},
		{name: "a hard quota on old servers", on: oldServer, play: func(c *scene) {
			c.Put("/app", "")
			c.connect(nil).create(quota, attrs{"path": "/app", "max_count": 5, "hard": true})
		}},
		{name: "a quota without an answer", play: func(c *scene) {
			c.Put("/app", "")
			loseReply(c.proxied(nil), zktest.IsCreate)
			c.create(quota, attrs{"path": "/app", "max_count": 5})
		}},
		{name: "a quota that was changed", play: func(c *scene) {
			c.Put("/app", "")
			made := c.connect(nil).create(quota, attrs{"path": "/app", "max_count": 5})
			limits := "/zookeeper/quota" + c.Path("/app") + "/zookeeper_limits"
			if _, err := c.Client.Set(c.Context(), limits, []byte("count=7,bytes=-1"), zk.AnyVersion); err != nil {
				c.t.Fatal(err)
			}
			c.update(made, attrs{"path": "/app", "max_count": 6})
			if err := c.Client.Delete(c.Context(), limits, zk.AnyVersion); err != nil {
				c.t.Fatal(err)
			}
			c.update(made, attrs{"path": "/app", "max_count": 6})
		}},
		{name: "a member of the ensemble", on: memberServer, play: func(c *scene) {
			attributes := func(id int, role string) attrs {
				at := fmt.Sprintf("10.0.0.%d", id)
				return attrs{"id": id, "address": at + ":2888:3888", "role": role, "client_address": at + ":2181"}
			}
			super := attrs{"username": zktest.SuperUser, "password": zktest.SuperPassword}
			observer := attributes(4, zk.Observer)
			c.connect(nil).create(member, observer) // by nobody
			c.connect(super)
			made := c.create(member, observer)
			c.create(member, observer)
			several := attributes(5, zk.Observer)
			several["address"] = "10.0.0.5:2888:3888|10.0.0.6:2888:3888"
			c.create(member, several)
			for _, m := range []int{2, 1} { // which the client may be connected to
				c.destroy(c.imports(member, strconv.Itoa(m)))
			}
			other := c.another()
			other.connect(super)
			there := other.imports(member, "4")
			other.update(there, attributes(4, zk.Observer))
			changed := attributes(4, zk.Observer)
			changed["client_address"] = "10.0.0.4:2182"
			other.update(there, changed)
			c.update(made, attributes(4, zk.Participant))
			c.refresh(made)
			other.create(member, attributes(5, zk.Observer))
			c.update(made, attributes(4, zk.Observer))
			other.destroy(there)
			c.update(made, attributes(4, zk.Observer))
			c.imports(member, "four")
			// Here, because no other case may change the ensemble meanwhile.
			loseReply(c.proxied(super), zktest.Is(zktest.OpReconfig))
			c.create(member, attributes(7, zk.Observer))
		}},
		{name: "a member of an ensemble that cannot be changed", on: memberServer, play: func(c *scene) {
			isReconfig := zktest.Is(zktest.OpReconfig)
			attributes := attrs{"id": 7, "address": "10.0.0.7:2888:3888", "role": zk.Observer, "client_address": "10.0.0.7:2181"}
			for _, code := range []zk.ErrCode{zk.ErrReconfigDisabled, zk.ErrReconfigInProgress, zk.ErrNewConfigNoQuorum, zk.ErrUnimplemented, zk.ErrBadVersion} {
				c.connect(attrs{"servers": c.answering(isReconfig, int32(code))}).create(member, attributes)
			}
		}},
		{name: "a member of no ensemble", play: func(c *scene) {
			attributes := attrs{"id": 4, "address": "10.0.0.4:2888:3888", "client_address": "10.0.0.4:2181"}
			c.connect(nil).create(member, attributes)
			c.imports(member, "4")
		}},
		{name: "a member of an ensemble that cannot be reached", play: func(c *scene) {
			attributes := attrs{"id": 4, "address": "10.0.0.4:2888:3888", "client_address": "10.0.0.4:2181"}
			c.connect(attrs{"servers": c.silent(), "connect_timeout": 1}).create(member, attributes)
			attributes["address"], attributes["client_address"] = "10.0.0.4:2888", "10.0.0.4"
			c.create(member, attributes)
		}},
		{name: "an import of a quota of the root", play: func(c *scene) {
			c.connect(nil).imports(quota, "/")
		}},
		{name: "a clear below others who go on", play: func(c *scene) {
			c.Put("/queue", "")
			c.Put("/queue/entry", "")
			proxy := c.proxied(nil)
			n := 0
			proxy.CutBeforeRequest(func(op int32) bool {
				if zktest.IsMulti(op) {
					n++
					c.Put(fmt.Sprintf("/queue/entry/n%d", n), "")
				}
				return false
			})
			c.invoke("zookeeper_clear", attrs{"path": "/queue"})
		}},
		{name: "a clear without an answer", play: func(c *scene) {
			c.Put("/queue", "")
			c.Put("/queue/entry", "")
			loseReply(c.proxied(nil), zktest.IsMulti)
			c.invoke("zookeeper_clear", attrs{"path": "/queue"})
		}},
		{name: "a clear that ends in the middle", play: func(c *scene) {
			c.Put("/queue", "")
			c.PutGuarded("/queue/closed", "", zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermRead})
			c.Put("/queue/closed/a", "")
			c.Put("/queue/open", "")
			c.Put("/queue/open/later", "")
			c.Put("/queue/open/later/still", "")
			c.connect(attrs{"max_buffer_bytes": 120}).invoke("zookeeper_clear", attrs{"path": "/queue"})
		}},
		{name: "a clear of what has the run's lock", play: func(c *scene) {
			c.Put("/app", "")
			c.connect(attrs{"lock": attrs{"path": "/app/lock"}}).invoke("zookeeper_clear", attrs{"path": "/app"})
		}},
		{name: "a sequential creation without an answer", play: func(c *scene) {
			c.Put("/queue", "")
			loseReply(c.proxied(nil), zktest.IsCreate)
			c.invoke("zookeeper_create_sequential", attrs{"path_prefix": "/queue/entry-"})
		}},
		{name: "an export that cannot be applied", play: func(c *scene) {
			c.Put("/cafe\u0301", "")
			c.connect(nil).invoke("zookeeper_export", attrs{"path": "/", "file": "x.json"})
			c.PutGuarded("/guarded", "", zk.ACL{Scheme: "digest", ID: acctest.UserID(), Perms: zk.PermAll}, zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermRead})
			c.invoke("zookeeper_export", attrs{"path": "/guarded", "file": "x.json"})
		}},
		{name: "an export of an ACL that no configuration can have", play: func(c *scene) {
			c.PutGuarded("/app", "", zk.ACL{Scheme: "digest", ID: "cafe\u0301" + acctest.UserID()[strings.IndexByte(acctest.UserID(), ':'):], Perms: zk.PermAll}, zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermAll})
			c.connect(nil).invoke("zookeeper_export", attrs{"path": "/app", "file": "x.json"})
			c.PutGuarded("/idle", "", zk.ACL{Scheme: "ip", ID: "127.0.0.1"}, zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermAll})
			c.invoke("zookeeper_export", attrs{"path": "/idle", "file": "x.json"})
		}},
		{name: "an export to a device", play: func(c *scene) {
			c.Put("/app", "")
			c.connect(nil).invoke("zookeeper_export", attrs{"path": "/app", "file": "/dev/null"})
		}},
		{name: "an export to a symbolic link to nothing", play: func(c *scene) {
			c.Put("/app", "")
			link := filepath.Join(c.t.TempDir(), "file")
			if err := os.Symlink("nowhere", link); err != nil {
				c.t.Fatal(err)
			}
			c.connect(nil).invoke("zookeeper_export", attrs{"path": "/app", "file": link})
		}},
		{name: "an export to no folder", play: func(c *scene) {
			c.Put("/app", "")
			c.connect(nil).invoke("zookeeper_export", attrs{"path": "/app", "file": "/no/such/folder.json"})
		}},
		{name: "an election of another recipe", play: func(c *scene) {
			c.Put("/latch", "")
			c.Put("/latch/_c_00000000-0000-4000-8000-000000000000-latch-0000000000", "")
			c.connect(nil).read("zookeeper_leader", attrs{"path": "/latch", "recipe": "election"})
		}},
		{name: "members of one identifier", play: func(c *scene) {
			c.Put("/party", "")
			c.Put("/party/00000000000040008000000000000000__party__", "alice")
			c.Put("/party/00000000000040008000000000000001__party__", "alice")
			c.connect(nil).read("zookeeper_members", attrs{"path": "/party", "recipe": "party"})
		}},
		{name: "a lock that Curator's users share", play: func(c *scene) {
			c.Put("/lock", "")
			c.Put("/lock/_c_00000000-0000-4000-8000-000000000000-lock-0000000000", "")
			c.connect(attrs{"lock": attrs{"path": "/lock"}}).create(znode, attrs{"path": "/app"})
		}},
		{name: "a container", on: oldServer, play: func(c *scene) {
			c.connect(nil).create(znode, attrs{"path": "/app", "mode": "container"})
		}},
		{name: "a TTL on an old server", on: oldServer, play: func(c *scene) {
			c.connect(nil).create(znode, attrs{"path": "/app", "mode": "ttl", "ttl_ms": 1000})
		}},
		{name: "a TTL", play: func(c *scene) {
			c.connect(nil).create(znode, attrs{"path": "/app", "mode": "ttl", "ttl_ms": 1000})
		}},
	}},
	{"Identities and permissions", []diagnosticCase{
		{name: "an unknown scheme", play: func(c *scene) {
			c.connect(attrs{"auth": []any{attrs{"scheme": "no-such-scheme", "credential": secret}}}).read(znode, attrs{"path": "/a"})
		}},
		{name: "no SASL", on: saslServer, play: func(c *scene) { c.connect(nil).read(children, attrs{"path": "/"}) }},
		{name: "another password", on: saslServer, play: func(c *scene) {
			c.connect(attrs{"sasl": attrs{"mechanism": "DIGEST-MD5", "username": "alice", "password": "guess"}}).read(children, attrs{"path": "/"})
		}},
		{name: "a server without SASL", play: func(c *scene) {
			c.connect(attrs{"sasl": attrs{"mechanism": "DIGEST-MD5", "username": "alice", "password": secret}}).read(children, attrs{"path": "/"})
		}},
		{name: "read", play: func(c *scene) {
			c.PutGuarded("/app", "x", ofAlice)
			c.connect(attrs{"username": "bob", "password": "builder"}).read(znode, attrs{"path": "/app"})
		}},
		{name: "list the children", play: func(c *scene) {
			c.PutGuarded("/app", "x", ofAlice)
			c.connect(nil).read(children, attrs{"path": "/app"})
		}},
		{name: "read the ACL", play: func(c *scene) {
			c.PutGuarded("/app", "x", ofAlice)
			c.connect(nil).imports(znodeACL, "/app")
		}},
		{name: "create", play: func(c *scene) {
			c.PutGuarded("/app", "x", ofAlice, mayRead)
			c.connect(nil).create(znode, attrs{"path": "/app/limits"})
		}},
		{name: "create and a parent", play: func(c *scene) {
			c.connect(nil).create(znode, attrs{"path": "/app/web/limits", "acl": acl([3]string{"world", "anyone", "rwda"})})
		}},
		{name: "create in order and a parent", play: func(c *scene) {
			c.connect(nil).create(sequential, attrs{"path_prefix": "/app/web/job-", "acl": acl([3]string{"world", "anyone", "rwda"})})
		}},
		{name: "set", play: func(c *scene) {
			i := c.connect(nil).create(znode, attrs{"path": "/app", "data": "one"})
			c.WriteACL("/app", ofAlice, mayRead)
			c.update(i, attrs{"path": "/app", "data": "two"})
		}},
		{name: "set the ACL", play: func(c *scene) {
			c.PutGuarded("/app", "", ofAlice, mayRead)
			c.connect(nil).create(znodeACL, attrs{"path": "/app", "acl": acl(everybody)})
		}},
		{name: "delete", play: func(c *scene) {
			c.PutGuarded("/app", "", acctest.Open())
			i := c.connect(nil).create(znode, attrs{"path": "/app/limits"})
			c.WriteACL("/app", ofAlice)
			c.destroy(i)
		}},
		{name: "write many", play: func(c *scene) {
			c.PutGuarded("/app", "", ofAlice, mayRead)
			c.connect(nil).create(znodes, attrs{"base_path": "/app", "data": attrs{"k": "v"}})
		}},
		{name: "read the nodes of a tree", play: func(c *scene) {
			c.Put("/app", "")
			c.PutGuarded("/app/web", "", ofAlice)
			c.connect(nil).read(wholeTree, attrs{"path": "/app"})
		}},
		{name: "auth without an identity", play: func(c *scene) {
			c.connect(nil).create(znode, attrs{"path": "/app", "acl": acl([3]string{"auth", "", "cdrwa"})})
		}},
		{name: "a scheme that the server does not have", play: func(c *scene) {
			c.connect(nil).create(znode, attrs{"path": "/app", "acl": acl(everybody, [3]string{"no-such-scheme", "alice", "r"})})
		}},
		{name: "a plan that locks out", play: func(c *scene) {
			c.connect(attrs{"username": "bob", "password": "builder"}).plan(c.none(znode), attrs{"path": "/app", "data": "x", "acl": acl(onlyAlice)})
		}},
		{name: "a plan that locks out by an address", play: func(c *scene) {
			c.connect(nil).plan(c.none(znode), attrs{"path": "/app", "data": "x", "acl": acl([3]string{"ip", "10.0.0.0/8", "cdrwa"})})
		}},
		{name: "a plan without a refresh for another user", play: func(c *scene) {
			i := c.connect(attrs{"username": "bob", "password": "builder"}).create(znode, attrs{"path": "/app", "acl": acl([3]string{"auth", "", "cdrwa"})})
			c.connect(attrs{"username": "carol", "password": "builder"}).plan(i, attrs{"path": "/app", "acl": acl([3]string{"auth", "", "cdrwa"})})
		}},
		{name: "two resources with the ACL of one node", play: func(c *scene) {
			c.connect(nil).plan(c.none(znodeACL), attrs{"path": "/app", "acl": acl(everybody, onlyAlice)})
			c.plan(c.none(znode), attrs{"path": "/app", "acl": acl(everybody)})
		}},
		{name: "a tree in a tree", play: func(c *scene) {
			c.connect(nil).plan(c.none(znodeACL), attrs{"path": "/app/web", "acl": acl(everybody, onlyAlice), "recursive": true})
			c.plan(c.none(znodeACL), attrs{"path": "/app", "acl": acl(everybody), "recursive": true})
		}},
		{name: "a plan that opens", play: func(c *scene) { c.connect(openAlice).plan(c.none(znode), attrs{"path": "/app/settings"}) }},
		{name: "parents that lock out", play: func(c *scene) {
			c.connect(nil).plan(c.none(znode), attrs{"path": "/app/web", "parent_acl": acl([3]string{"world", "anyone", "r"})})
		}},
		{name: "a path not known yet", play: func(c *scene) {
			c.connect(nil).plan(c.none(znodeACL), attrs{"path": unknown, "acl": acl([3]string{"world", "anyone", "r"})})
		}},
	}},
	{"Values of resources", []diagnosticCase{
		{name: "a relative path", play: validated(znode, attrs{"path": "app"})},
		{name: "a slash at the end", play: validated(znode, attrs{"path": "/app/"})},
		{name: "the root", play: validated(znode, attrs{"path": "/"})},
		{name: "ZooKeeper's own", play: validated(znode, attrs{"path": "/zookeeper/quota"})},
		{name: "ZooKeeper's own by the chroot", play: func(c *scene) {
			c.connect(attrs{"servers": c.at + "/zookeeper"})
			c.plan(c.none(znode), attrs{"path": "/quota"})
			c.plan(c.none(ensurePath), attrs{"path": "/quota"})
			c.plan(c.none(sequential), attrs{"path_prefix": "/quota/job-"})
			c.plan(c.none(znodes), attrs{"base_path": "/quota"})
		}},
		{name: "a prefix that is invalid", play: validated(sequential, attrs{"path_prefix": "jobs"})},
		{name: "a prefix of ZooKeeper's own", play: validated(sequential, attrs{"path_prefix": "/zookeeper/job-"})},
		{name: "an exclude that is not below the path", play: func(c *scene) {
			c.plan(c.none(znodeACL), attrs{"path": "/app", "acl": acl(everybody), "recursive": true, "exclude": []any{"/web"}})
		}},
		{name: "a part of no tree", play: func(c *scene) {
			c.plan(c.none(znodeACL), attrs{"path": "/app", "acl": acl(everybody), "exclude": []any{"/app/web"}})
		}},
		{name: "two kinds of data", play: validated(znode, attrs{"path": "/app", "data": "x", "data_base64": "eA=="})},
		{name: "a secret without a version", play: validated(znode, attrs{"path": "/app", "data_wo": secret})},
		{name: "a version without a secret", play: validated(znode, attrs{"path": "/app", "data_wo_version": "1"})},
		{name: "a version that a plan shows", play: validated(znode, attrs{"path": "/app", "data_wo": secret, "data_wo_version": "1 (overwritten since)"})},
		{name: "the description of one of many", play: validated(znodes, attrs{"base_path": "/app", "data": attrs{"a": "(1 byte, not UTF-8, in base64: /w==)"}})},
		{name: "a description that a plan shows", play: validated(znode, attrs{"path": "/app", "data": "(2 bytes, not UTF-8, in base64: //4=)"})},
		{name: "base64 that was cut", play: validated(znode, attrs{"path": "/app", "data_base64": "AAEC/v8"})},
		{name: "base64 for URLs", play: validated(znode, attrs{"path": "/app", "data_base64": "AAEC_v8="})},
		{name: "base64 in lines", play: validated(znode, attrs{"path": "/app", "data_base64": "AAEC\n/v8=\n"})},
		{name: "a TTL and no mode", play: validated(znode, attrs{"path": "/app", "ttl_ms": 1000})},
		{name: "a mode and no TTL", play: validated(znode, attrs{"path": "/app", "mode": "ttl"})},
		{name: "no entries", play: validated(znode, attrs{"path": "/app", "acl": acl()})},
		{name: "an entry that is null", play: validated(znode, attrs{"path": "/app", "acl": []any{nil}})},
		{name: "no scheme", play: validated(znode, attrs{"path": "/app", "acl": acl([3]string{"", "alice", "r"})})},
		{name: "a scheme in capitals", play: validated(znode, attrs{"path": "/app", "acl": acl([3]string{"Digest", "alice:" + digestHash, "r"})})},
		{name: "a scheme that is nearly one", play: validated(znode, attrs{"path": "/app", "acl": acl([3]string{"wrld", "anyone", "r"})})},
		{name: "a part that is null", play: validated(znode, attrs{"path": "/app", "acl": []any{attrs{"scheme": "auth", "permissions": "r"}}})},
		{name: "not everybody", play: validated(znode, attrs{"path": "/app", "acl": acl([3]string{"world", "alice", "r"})})},
		{name: "a digest without a hash", play: validated(znode, attrs{"path": "/app", "acl": acl([3]string{"digest", "alice", "r"})})},
		{name: "a digest with a password", play: written([3]string{"digest", "alice:" + secret, "r"})},
		{name: "a digest that is masked", play: written([3]string{"digest", "alice:x", "r"})},
		{name: "no address", play: validated(znode, attrs{"path": "/app", "acl": acl([3]string{"ip", "localhost", "r"})})},
		{name: "an address with a zone", play: validated(znode, attrs{"path": "/app", "acl": acl([3]string{"ip", "fe80::1%eth0", "r"})})},
		{name: "IPv4 as IPv6", play: validated(znode, attrs{"path": "/app", "acl": acl([3]string{"ip", "::ffff:10.0.0.1", "r"})})},
		{name: "IPv6 with a decimal end", play: validated(znode, attrs{"path": "/app", "acl": acl([3]string{"ip", "64:ff9b::10.0.0.1", "r"})})},
		{name: "no network", play: validated(znode, attrs{"path": "/app", "acl": acl([3]string{"ip", "10.0.0.0/99", "r"})})},
		{name: "no principal", play: written([3]string{"sasl", "", "r"})},
		{name: "no permissions", play: written([3]string{"world", "anyone", ""})},
		{name: "a letter that is invalid", play: validated(znode, attrs{"path": "/app", "acl": acl([3]string{"world", "anyone", "rx"})})},
		{name: "a mask that is invalid", play: validated(znode, attrs{"path": "/app", "acl": acl([3]string{"world", "anyone", "32"})})},
		{name: "too many entries", play: func(c *scene) {
			c.connect(nil).plan(c.none(znodeACL), attrs{"path": "/app", "acl": acl([3]string{"sasl", strings.Repeat("x", 2000000), "r"})})
		}},
		{name: "too much data", play: func(c *scene) {
			c.connect(nil).plan(c.none(znode), attrs{"path": "/app", "data": strings.Repeat("x", 2000000)})
		}},
		{name: "keys that are none", play: validated(znodes, attrs{"base_path": "/app", "data": attrs{"": "x", "/a": "x", "b/": "x", "a//b": "x"}})},
		{name: "a key in two maps", play: validated(znodes, attrs{"base_path": "/app", "data": attrs{"a": "x"}, "data_base64": attrs{"a": "eA=="}})},
		{name: "a text that a plan shows", play: validated(znodes, attrs{"base_path": "/app", "data": attrs{"a": "(1 byte, not UTF-8, in base64: /w==)"}})},
		{name: "a null value and bad base64", play: validated(znodes, attrs{"base_path": "/app", "data": attrs{"a": nil}, "data_base64": attrs{"b": "x"}})},
		{name: "many keys that are none", play: func(c *scene) {
			data := make(attrs)
			for i := range 12 {
				data[fmt.Sprintf("n%02d/", i)] = "x"
			}
			c.plan(c.none(znodes), attrs{"base_path": "/app", "data": data})
		}},
		{name: "secrets without a version", play: validated(znodes, attrs{"base_path": "/app", "data_wo": attrs{"a": secret}})},
		{name: "a version without secrets", play: validated(znodes, attrs{"base_path": "/app", "data_wo_version": "1"})},
		{name: "ZooKeeper's own by a key", play: validated(znodes, attrs{"base_path": "/", "data": attrs{"zookeeper/a": "x"}})},
		{name: "too much in one transaction", play: func(c *scene) {
			c.connect(nil).plan(c.none(znodes), attrs{"base_path": "/app", "data": attrs{"a": strings.Repeat("x", 600000), "b": strings.Repeat("x", 600000)}})
		}},
		{name: "too much at one key", play: func(c *scene) {
			c.connect(nil).plan(c.none(znodes), attrs{"base_path": "/app", "data": attrs{"a": strings.Repeat("x", 2000000)}})
		}},
		{name: "list nodes of ZooKeeper's own", play: func(c *scene) { c.connect(nil).list(attrs{"path": "/zookeeper"}) }},
		{name: "patterns that are none", play: func(c *scene) {
			for _, pattern := range []string{"", "/a", "a/", "a//b", "a**", "[a", "a}", "{a", strings.Repeat("{a,b}", 20)} {
				c.list(attrs{"path": "/app", "include": []any{pattern}})
			}
			c.list(attrs{"path": "/app", "exclude": []any{"a", "/b"}})
		}},
	}},
	{"Existing nodes", []diagnosticCase{
		{name: "a node whose path has to be escaped", play: func(c *scene) {
			c.Put("/${x} it's", "")
			c.connect(nil).create(znode, attrs{"path": "/${x} it's"})
		}},
		{name: "nodes whose keys have to be escaped", play: func(c *scene) {
			c.Put("/${x}", "")
			c.Put("/${x}/it's", "")
			c.connect(nil).create(znodes, attrs{"base_path": "/${x}", "data": attrs{"it's": "1"}})
		}},
		{name: "a node", play: func(c *scene) {
			c.Put("/app", "theirs")
			c.connect(nil).create(znode, attrs{"path": "/app", "data": "ours"})
		}},
		{name: "a node for a secret", play: func(c *scene) {
			c.Put("/app", "theirs")
			c.connect(nil).create(znode, attrs{"path": "/app", "data_wo": secret, "data_wo_version": "1"})
		}},
		{name: "a node to adopt", play: func(c *scene) {
			c.Put("/app", "theirs")
			c.Put("/app/web", "")
			c.connect(nil).plan(c.none(znode), attrs{"path": "/app", "data": "ours", "acl": acl(onlyAlice, everybody), "adopt_existing": true})
		}},
		{name: "a node to adopt as it is", play: func(c *scene) {
			c.Put("/app", "theirs")
			c.connect(nil).plan(c.none(znode), attrs{"path": "/app", "adopt_existing": true})
		}},
		{name: "a node to adopt, for data that is not known", play: func(c *scene) {
			c.Put("/app", "theirs")
			c.connect(nil).plan(c.none(znode), attrs{"path": "/app", "data": unknown, "adopt_existing": true})
		}},
		{name: "a node to adopt that may not be read", play: func(c *scene) {
			c.PutGuarded("/app", "theirs", ofAlice)
			c.connect(nil).plan(c.none(znode), attrs{"path": "/app", "adopt_existing": true})
		}},
		{name: "two resources", play: func(c *scene) {
			c.connect(nil).create(znode, attrs{"path": "/app"})
			c.create(znode, attrs{"path": "/app"})
		}},
		{name: "an ephemeral node to adopt", play: func(c *scene) {
			c.ephemeral("/app", zk.Ephemeral)
			c.connect(nil).create(znode, attrs{"path": "/app", "adopt_existing": true})
		}},
		{name: "a parent of this run that is to be a container", play: func(c *scene) {
			c.connect(nil).create(znode, attrs{"path": "/app/web"})
			c.create(znode, attrs{"path": "/app", "mode": "container"})
		}},
		{name: "one of many", play: func(c *scene) {
			c.Put("/app", "")
			c.Put("/app/a", "theirs")
			c.connect(nil).create(znodes, attrs{"base_path": "/app", "data": attrs{"a": "ours", "b": "ours"}})
		}},
		{name: "one of many secrets", play: func(c *scene) {
			c.Put("/app", "")
			c.Put("/app/a", "theirs")
			c.connect(nil).create(znodes, attrs{"base_path": "/app", "data_wo": attrs{"a": secret}, "data_wo_version": "1"})
		}},
		{name: "many of many", play: func(c *scene) {
			c.Put("/app", "")
			c.putMany("/app", 12)
			data := make(attrs)
			for i := range 12 {
				data[fmt.Sprintf("n%03d", i)] = "ours"
			}
			c.connect(nil).create(znodes, attrs{"base_path": "/app", "data": data})
		}},
		{name: "many nodes to adopt", play: func(c *scene) {
			c.Put("/app", "")
			c.Put("/app/a", "theirs")
			c.Put("/app/b", "ours")
			c.connect(nil).plan(c.none(znodes), attrs{"base_path": "/app", "data": attrs{"a": "ours", "b": "ours"}, "adopt_existing": true})
			c.plan(c.none(znodes), attrs{"base_path": "/app", "data_wo": attrs{"a": secret}, "data_wo_version": "1", "adopt_existing": true, "on_destroy": "keep"})
		}},
		{name: "many nodes to adopt, of which one may not be read", play: func(c *scene) {
			c.Put("/app", "")
			c.PutGuarded("/app/a", "theirs", ofAlice)
			c.connect(nil).plan(c.none(znodes), attrs{"base_path": "/app", "data": attrs{"a": "ours"}, "adopt_existing": true})
		}},
		{name: "many nodes to adopt, of which one is ephemeral", play: func(c *scene) {
			c.Put("/app", "")
			c.ephemeral("/app/a", zk.Ephemeral)
			c.connect(nil).create(znodes, attrs{"base_path": "/app", "data": attrs{"a": "ours"}, "adopt_existing": true})
		}},
		{name: "something below what is to be exclusive", play: func(c *scene) {
			c.Put("/app", "")
			c.Put("/app/theirs", "")
			c.connect(nil).create(znodes, attrs{"base_path": "/app", "data": attrs{"a": "ours"}, "exclusive": true})
		}},
		{name: "nodes to be taken over", play: func(c *scene) {
			for _, rel := range []string{"/app", "/app/a", "/app/b", "/app/b/c", "/app/s"} {
				c.Put(rel, "theirs")
			}
			config := attrs{"base_path": "/app", "data": attrs{"a": "ours", "b": "theirs", "n": ""}, "data_wo": attrs{"s": secret}, "data_wo_version": "1", "adopt_existing": true}
			c.connect(nil).plan(c.none(znodes), config)
			config["on_destroy"] = "keep"
			c.plan(c.none(znodes), config)
		}},
		{name: "many nodes to be taken over", play: func(c *scene) {
			data := make(attrs)
			c.Put("/app", "")
			for i := range 12 {
				key := fmt.Sprintf("n%02d", i)
				c.Put("/app/"+key, "")
				data[key] = ""
			}
			c.connect(nil).plan(c.none(znodes), attrs{"base_path": "/app", "data": data, "adopt_existing": true})
		}},
		{name: "an ephemeral node among those to be taken over", play: func(c *scene) {
			c.Put("/app", "")
			c.ephemeral("/app/e", zk.Ephemeral)
			c.connect(nil).plan(c.none(znodes), attrs{"base_path": "/app", "data": attrs{"e": "ours"}, "adopt_existing": true})
		}},
		{name: "nodes to be taken over that cannot be read", play: func(c *scene) {
			c.Put("/app", "")
			c.PutGuarded("/app/a", "", ofAlice)
			c.connect(nil).plan(c.none(znodes), attrs{"base_path": "/app", "data": attrs{"a": "ours"}, "adopt_existing": true})
		}},
		{name: "znodes that were renamed", play: func(c *scene) {
			config := attrs{"base_path": "/app", "data": attrs{"a": "x"}}
			i := c.connect(nil).create(znodes, config)
			c.again()
			c.plan(i, nil)
			c.plan(c.none(znodes), config)
		}},
		{name: "znodes kept for another resource", play: func(c *scene) {
			config := attrs{"base_path": "/app", "data": attrs{"a/b": "x"}, "adopt_existing": true}
			i := c.connect(nil).create(znodes, config)
			c.again()
			c.create(znodes, config)
			c.apply(c.plan(i, nil))
		}},
		{name: "znodes that another resource of the run has taken over", play: func(c *scene) {
			c.Put("/app", "")
			c.Put("/app/a", "x")
			config := attrs{"base_path": "/app", "data": attrs{"a": "x"}, "adopt_existing": true}
			first, second := c.connect(nil).plan(c.none(znodes), config), c.plan(c.none(znodes), config)
			c.apply(first)
			c.apply(second)
		}},
		{name: "a name that is not NFC below what is exclusive", play: func(c *scene) {
			config := attrs{"base_path": "/app", "data": attrs{"a": "x"}, "exclusive": true}
			i := c.connect(nil).create(znodes, config)
			c.Put("/app/cafe\u0301", "")
			c.refresh(i)
		}},
		{name: "more imported than declared", play: func(c *scene) {
			c.Put("/app", "")
			c.Put("/app/a", "")
			c.Put("/app/theirs", "")
			i := c.connect(nil).imports(znodes, "/app")
			c.plan(i, attrs{"base_path": "/app", "data": attrs{"a": ""}})
		}},
		{name: "secrets that are declared no more", play: func(c *scene) {
			i := c.connect(nil).create(znodes, attrs{"base_path": "/app", "data": attrs{"a": "x"}, "data_wo": attrs{"s": secret, "deep/t": secret, "a2": secret}, "data_wo_version": "1"})
			c.plan(i, attrs{"base_path": "/app", "data": attrs{"a": "x", "a2": "told", "s/low": ""}})
		}},
		{name: "the lock below what is exclusive", play: func(c *scene) {
			c.connect(attrs{"lock": attrs{"path": "/app/lock"}}).create(znodes, attrs{"base_path": "/app", "data": attrs{"a": "x"}, "exclusive": true})
		}},
		{name: "something below what becomes exclusive", play: func(c *scene) {
			i := c.connect(nil).create(znodes, attrs{"base_path": "/app", "data": attrs{"a": "ours"}})
			c.Put("/app/theirs", "")
			c.refresh(i)
			c.plan(i, attrs{"base_path": "/app", "data": attrs{"a": "ours"}, "exclusive": true})
		}},
		{name: "a node of another kind, and both are to be kept", play: func(c *scene) {
			i := c.connect(nil).create(znode, attrs{"path": "/app", "on_destroy": "keep"})
			c.plan(i, attrs{"path": "/app", "on_destroy": "keep", "mode": "container"})
			c.plan(i, attrs{"path": "/app", "on_destroy": "keep", "mode": "ttl", "ttl_ms": 1000})
		}},
		{name: "a node that a path of the same run needs", play: func(c *scene) {
			i := c.connect(nil).create(znode, attrs{"path": "/app"})
			c.again()
			c.create(ensurePath, attrs{"path": "/app"})
			c.apply(c.plan(i, nil))
		}},
		{name: "a node below that another resource of the same run has", play: func(c *scene) {
			i := c.connect(nil).create(znode, attrs{"path": "/app", "force_destroy": true})
			c.Put("/app/web", "theirs")
			c.again()
			c.create(znode, attrs{"path": "/app/web", "adopt_existing": true})
			c.apply(c.plan(i, nil))
		}},
		{name: "an ACL that another resource of the same run has", play: func(c *scene) {
			c.Put("/app", "")
			i := c.connect(nil).create(znodeACL, attrs{"path": "/app", "acl": acl(everybody, onlyAlice)})
			c.again()
			c.create(znodeACL, attrs{"path": "/app", "acl": acl(everybody)})
			c.apply(c.plan(i, nil))
		}},
		{name: "an ACL that is there already", play: func(c *scene) {
			c.Put("/app", "")
			c.WriteACL("/app", acctest.Open(), zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermRead})
			c.connect(nil).create(znodeACL, attrs{"path": "/app", "acl": acl(everybody)})
		}},
		{name: "an ACL that another resource of the same run has set", play: func(c *scene) {
			n := c.connect(nil).create(znode, attrs{"path": "/app"})
			i := c.create(znodeACL, attrs{"path": "/app", "acl": acl(everybody, onlyAlice)})
			c.again()
			c.refresh(n)
			c.update(n, attrs{"path": "/app", "acl": acl(everybody, [3]string{"ip", "127.0.0.1", "r"})})
			c.apply(c.plan(i, nil))
		}},
		{name: "a sequential one that was renamed", play: func(c *scene) {
			i := c.connect(nil).create(sequential, attrs{"path_prefix": "/job-"})
			c.again()
			c.plan(i, nil)
			c.plan(c.none(sequential), attrs{"path_prefix": "/job-"})
		}},
		{name: "a resource that was renamed", play: func(c *scene) {
			i := c.connect(nil).create(znode, attrs{"path": "/app"})
			c.again()
			c.plan(i, nil)
			c.plan(c.none(znode), attrs{"path": "/app"})
		}},
		{name: "a path that was renamed", play: func(c *scene) {
			i := c.connect(nil).create(ensurePath, attrs{"path": "/app"})
			c.again()
			c.plan(i, nil)
			c.plan(c.none(ensurePath), attrs{"path": "/app"})
		}},
		{name: "a path, and its old resource is destroyed afterwards", play: func(c *scene) {
			i := c.connect(nil).create(ensurePath, attrs{"path": "/app/web"})
			c.again()
			c.create(ensurePath, attrs{"path": "/app/web"})
			c.apply(c.plan(i, nil))
		}},
		{name: "a path that somebody else has made again", play: func(c *scene) {
			i := c.connect(nil).create(ensurePath, attrs{"path": "/app"})
			c.Remove("/app")
			c.Put("/app", "")
			c.refresh(i)
		}},
		{name: "names in another Unicode form", play: func(c *scene) {
			c.Put("/app", "")
			c.Put("/app/cafe\u0301", "")
			c.connect(nil).read(children, attrs{"path": "/app"})
			c.Put("/app/re\u0301sume\u0301", "")
			c.read(wholeTree, attrs{"path": "/app"})
		}},
		{name: "the next number", play: func(c *scene) {
			c.Put("/job-0000000001", "theirs") // the parent counts it, so that 1 is next
			c.connect(nil).create(sequential, attrs{"path_prefix": "/job-"})
		}},
		{name: "a quota", play: func(c *scene) {
			c.Put("/app", "")
			c.quota("/app", 10)
			c.connect(nil).create(znode, attrs{"path": "/app/web", "data": "much more than ten bytes"})
		}},
	}},
	{"What is not there", []diagnosticCase{
		{name: "a data source", play: func(c *scene) { c.connect(nil).read(znode, attrs{"path": "/app"}) }},
		{name: "an ephemeral resource", play: func(c *scene) { c.connect(nil).open(znode, attrs{"path": "/app"}) }},
		{name: "children", play: func(c *scene) { c.connect(nil).read(children, attrs{"path": "/app"}) }},
		{name: "a node whose ACL is to be set", play: func(c *scene) { c.connect(nil).create(znodeACL, attrs{"path": "/app", "acl": acl(everybody)}) }},
		{name: "a parent", play: func(c *scene) {
			c.connect(nil).create(znode, attrs{"path": "/app/web", "create_parents": false})
		}},
		{name: "a parent of a sequence", play: func(c *scene) {
			c.connect(nil).create(sequential, attrs{"path_prefix": "/app/job-", "create_parents": false})
		}},
		{name: "an ephemeral parent", play: func(c *scene) {
			c.ephemeral("/app", zk.Ephemeral)
			c.connect(nil).create(znode, attrs{"path": "/app/web"})
		}},
		{name: "a node that was there", play: func(c *scene) {
			i := c.connect(nil).create(znode, attrs{"path": "/app", "data": "one"})
			c.Remove("/app")
			c.update(i, attrs{"path": "/app", "data": "two"})
		}},
		{name: "a node that this apply has deleted", play: func(c *scene) {
			i := c.connect(nil).create(znode, attrs{"path": "/app", "data": "one"})
			j := c.imports(znode, "/app")
			c.again()
			deletion := c.plan(j, nil) // which is planned without knowing of the other
			c.again()
			update, of := c.plan(i, attrs{"path": "/app", "data": "two"}), c.plan(c.none(znodeACL), attrs{"path": "/app", "acl": acl(everybody, onlyAlice)})
			c.apply(deletion)
			c.apply(update)
			c.apply(of)
		}},
	}},
	{"Conflicts", []diagnosticCase{
		{name: "data", play: func(c *scene) {
			i := c.connect(nil).create(znode, attrs{"path": "/app", "data": "one"})
			c.Write("/app", "theirs")
			c.update(i, attrs{"path": "/app", "data": "two"})
		}},
		{name: "an ACL", play: func(c *scene) {
			i := c.connect(nil).create(znode, attrs{"path": "/app", "acl": acl(everybody)})
			c.WriteACL("/app", acctest.Open(), mayRead)
			c.again()
			c.update(i, attrs{"path": "/app", "acl": acl(everybody, onlyAlice)})
		}},
		{name: "another node", play: func(c *scene) {
			i := c.connect(nil).create(znode, attrs{"path": "/app", "data": "one"})
			c.Remove("/app")
			c.Put("/app", "theirs")
			c.destroy(i)
		}},
		{name: "changed and changed back", play: func(c *scene) {
			const badVersion = -103
			i := c.connect(nil).create(znode, attrs{"path": "/app", "data": "one"})
			other := *c
			other.driver = newDriver(c.t)
			other.connect(attrs{"servers": c.through(c.answering(zktest.IsSet, badVersion))}).update(i, attrs{"path": "/app", "data": "two"})
			c.told = append(c.told, other.told...)
		}},
		{name: "between two writes", play: func(c *scene) {
			proxy := c.proxied(nil)
			i := c.create(znode, attrs{"path": "/app", "data": "one", "acl": acl(everybody)})
			before(proxy, behind(zktest.Is(zktest.OpSetData, zktest.OpSetACL), zktest.Is(zktest.OpSetData, zktest.OpSetACL)), func() { c.Write("/app", "theirs"); c.WriteACL("/app", acctest.Open(), ofAlice) })
			c.again()
			c.update(i, attrs{"path": "/app", "data": "two", "acl": acl([3]string{"world", "anyone", "rwa"})})
		}},
		{name: "what may not be seen", play: func(c *scene) {
			proxy := c.proxied(nil)
			i := c.create(znode, attrs{"path": "/app", "data": "one"})
			c.Write("/app", "theirs")
			cutOff(proxy, behind(zktest.IsSet, zktest.IsExists))
			c.update(i, attrs{"path": "/app", "data": "two"})
		}},
		{name: "another resource of this apply", play: func(c *scene) {
			i := c.connect(nil).create(znode, attrs{"path": "/app", "data": "one"})
			j := c.imports(znode, "/app")
			update := c.plan(i, attrs{"path": "/app", "data": "two"})
			c.update(j, attrs{"path": "/app", "data": "three"})
			c.apply(update)
		}},
		{name: "another resource of this apply, and many nodes", play: func(c *scene) {
			i := c.connect(nil).create(znodes, attrs{"base_path": "/app", "data": attrs{"a": "one"}})
			j := c.imports(znode, "/app/a")
			update := c.plan(i, attrs{"base_path": "/app", "data": attrs{"a": "two"}})
			c.update(j, attrs{"path": "/app/a", "data": "three"})
			c.apply(update)
		}},
		{name: "many nodes", play: func(c *scene) {
			data := attrs{"changed": "1", "gone": "1", "again": "1"}
			i := c.connect(nil).create(znodes, attrs{"base_path": "/app", "data": data})
			c.Write("/app/changed", "theirs")
			c.Remove("/app/gone")
			c.Remove("/app/again")
			c.Put("/app/again", "theirs")
			c.update(i, attrs{"base_path": "/app", "data": attrs{"changed": "2", "gone": "2", "again": "2"}})
		}},
		{name: "one node of many, in the middle", play: func(c *scene) {
			big := strings.Repeat("x", 400000)
			proxy := c.proxied(attrs{"max_buffer_bytes": 500000})
			config := func(v string) attrs {
				return attrs{"base_path": "/app", "data": attrs{"a": v + big, "b": v + big}, "atomic": false}
			}
			i := c.create(znodes, config("1"))
			before(proxy, behind(zktest.IsMulti, zktest.IsMulti), func() { c.Write("/app/b", "theirs") })
			c.update(i, config("2"))
		}},
		{name: "half of many nodes", play: func(c *scene) {
			big := strings.Repeat("x", 400000)
			proxy := c.proxied(attrs{"max_buffer_bytes": 500000})
			before(proxy, behind(zktest.IsMulti, zktest.IsMulti), func() { c.Put("/app/b", "theirs") })
			c.create(znodes, attrs{"base_path": "/app", "data": attrs{"a": big, "b": big}, "atomic": false})
		}},
		{name: "an ACL of a tree", play: func(c *scene) {
			c.Put("/app", "")
			i := c.connect(nil).create(znodeACL, attrs{"path": "/app", "acl": acl(everybody, onlyAlice)})
			c.WriteACL("/app", acctest.Open())
			c.again()
			c.update(i, attrs{"path": "/app", "acl": acl(everybody, [3]string{"ip", "10.0.0.0/8", "r"})})
		}},
		{name: "an ACL that was closed meanwhile", play: func(c *scene) {
			c.Put("/app", "")
			proxy := c.proxied(nil)
			before(proxy, zktest.IsSetACL, func() { c.WriteACL("/app", ofAlice) })
			c.create(znodeACL, attrs{"path": "/app", "acl": acl(everybody, onlyAlice)})
		}},
	}},
	{"Outcomes", []diagnosticCase{
		{name: "a reply that is lost", play: func(c *scene) {
			proxy := c.proxied(nil)
			i := c.create(znode, attrs{"path": "/app", "data": "one"})
			loseReply(proxy, zktest.IsSet)
			c.update(i, attrs{"path": "/app", "data": "two"})
		}},
		{name: "two that it can be", play: func(c *scene) {
			proxy := c.proxied(nil)
			proxy.CutAfterRequest(func(op int32) bool {
				if zktest.IsCreate(op) {
					c.ephemeralData("/job-", "x")
				}
				return zktest.IsCreate(op)
			})
			c.create(sequential, attrs{"path_prefix": "/job-", "data": "x"})
		}},
		{name: "one that nobody can look for", play: func(c *scene) {
			proxy := c.proxied(nil)
			loseReply(proxy, zktest.IsCreate)
			i := c.create(sequential, attrs{"path_prefix": "/job-"})
			proxy.Refuse(false)
			c.again()
			c.refresh(i)
		}},
		{name: "many that nobody can look for", play: func(c *scene) {
			proxy := c.proxied(nil)
			loseReply(proxy, zktest.IsMulti)
			c.create(znodes, attrs{"base_path": "/app", "data": attrs{"a": "1"}})
		}},
		{name: "one that is the parent of another", play: func(c *scene) {
			c.Put("/app", "")
			proxy := c.proxied(nil)
			proxy.CutBeforeRequest(func(op int32) bool {
				if !zktest.IsCreate(op) {
					return false
				}
				c.Put("/app/sibling", "")
				c.Remove("/app/sibling")
				return true
			})
			c.create(znode, attrs{"path": "/app/a"})
			c.told = nil
			c.create(znode, attrs{"path": "/app/a/below"})
		}},
		{name: "one part is done, the other refused", play: func(c *scene) {
			i := c.connect(nil).create(znode, attrs{"path": "/app", "data": "one", "acl": acl(everybody)})
			c.again()
			c.update(i, attrs{"path": "/app", "data": "two", "acl": acl([3]string{"no-such-scheme", "alice", "r"})})
		}},
		{name: "some nodes are done, another refused", play: func(c *scene) {
			c.Put("/app", "")
			c.PutGuarded("/app/closed", "", ofAlice, mayRead)
			c.connect(nil).create(znodeACL, attrs{"path": "/app", "acl": acl(everybody, onlyAlice), "recursive": true})
		}},
		{name: "cannot be read back", play: func(c *scene) {
			c.connect(nil).create(znode, attrs{"path": "/app", "data": "x", "acl": acl([3]string{"world", "anyone", "cdwa"})})
		}},
		{name: "many cannot be read back", play: func(c *scene) {
			proxy := c.proxied(nil)
			cutOff(proxy, behind(zktest.IsMulti, anyOp))
			c.create(znodes, attrs{"base_path": "/app", "data": attrs{"a": "x"}})
		}},
		{name: "changed right afterwards", play: func(c *scene) {
			proxy := c.proxied(nil)
			before(proxy, behind(zktest.IsCreate, isGetOp), func() { c.Write("/app", "theirs"); c.WriteACL("/app", acctest.Open(), ofAlice) })
			c.create(znode, attrs{"path": "/app", "data": "ours", "acl": acl(everybody)})
		}},
		{name: "a transaction that makes nodes, and no answer", play: func(c *scene) {
			proxy := c.proxied(nil)
			loseReply(proxy, zktest.IsMulti)
			c.create(znodes, attrs{"base_path": "/app", "data": attrs{"a": "x"}})
		}},
		{name: "a transaction that changes nodes, and no answer", play: func(c *scene) {
			proxy := c.proxied(nil)
			i := c.create(znodes, attrs{"base_path": "/app", "data": attrs{"a": "x"}})
			loseReply(proxy, zktest.IsMulti)
			c.update(i, attrs{"base_path": "/app", "data": attrs{"a": "y", "b": "z"}})
		}},
		{name: "many changed right afterwards", play: func(c *scene) {
			proxy := c.proxied(nil)
			before(proxy, behind(zktest.IsMulti, anyOp), func() { c.Write("/app/a", "theirs") })
			c.create(znodes, attrs{"base_path": "/app", "data": attrs{"a": "ours", "b": "ours"}})
		}},
		{name: "an ACL changed right afterwards", play: func(c *scene) {
			c.Put("/app", "")
			proxy := c.proxied(nil)
			before(proxy, behind(zktest.IsSetACL, zktest.IsGetACL), func() { c.WriteACL("/app", acctest.Open()) })
			c.create(znodeACL, attrs{"path": "/app", "acl": acl(everybody, onlyAlice)})
		}},
		{name: "a secret that was overwritten", play: func(c *scene) {
			i := c.connect(nil).create(znode, attrs{"path": "/app", "data_wo": secret, "data_wo_version": "1"})
			c.Write("/app", "theirs")
			c.refresh(i)
		}},
		{name: "one of many secrets that was overwritten", play: func(c *scene) {
			i := c.connect(nil).create(znodes, attrs{"base_path": "/app", "data_wo": attrs{"a": secret}, "data_wo_version": "1"})
			c.Write("/app/a", "theirs")
			c.refresh(i)
		}},
		{name: "a secret for a node that somebody else made again", play: secretMadeAgain(attrs{"default_acl": acl(onlyAlice)})},
		{name: "a secret for a node that somebody else made again, without any ACL", play: secretMadeAgain(nil)},
		{name: "secrets for nodes that somebody else made again", play: func(c *scene) {
			config := func(version string, acl []any) attrs {
				return attrs{"base_path": "/app", "data_wo": attrs{"a": secret, "b": secret}, "data_wo_version": version, "acl": acl}
			}
			i := c.connect(openAlice).create(znodes, config("1", acl(onlyAlice)))
			for _, node := range []string{"/app/a", "/app/b"} {
				c.Remove(node)
				c.PutGuarded(node, "theirs", ofAlice, mallory)
			}
			c.told = nil
			c.refresh(i)
			c.plan(i, config("2", acl(onlyAlice)))
		}},
		{name: "a secret for a node that somebody else makes again at the moment of the write", play: func(c *scene) {
			proxy := c.proxied(nil)
			i := c.create(znode, attrs{"path": "/app", "data_wo": secret, "data_wo_version": "1"})
			before(proxy, zktest.IsSet, func() { c.Remove("/app"); c.Put("/app", "theirs") })
			c.told = nil
			c.update(i, attrs{"path": "/app", "data_wo": secret, "data_wo_version": "2"})
		}},
		{name: "secrets for nodes of which somebody else makes one again at the moment of the write", play: func(c *scene) {
			proxy := c.proxied(nil)
			config := func(version string) attrs {
				return attrs{"base_path": "/app", "data_wo": attrs{"a": secret, "b": secret}, "data_wo_version": version}
			}
			i := c.create(znodes, config("1"))
			before(proxy, zktest.IsMulti, func() { c.Remove("/app/b"); c.Put("/app/b", "theirs") })
			c.told = nil
			c.update(i, config("2"))
		}},
		{name: "secrets for nodes that somebody else made again, without the provider's ADMIN", play: func(c *scene) {
			one := func(version string) attrs {
				return attrs{"path": "/app/one", "data_wo": secret, "data_wo_version": version}
			}
			many := func(version string) attrs {
				return attrs{"base_path": "/app", "data_wo": attrs{"a": secret, "b": secret}, "data_wo_version": version}
			}
			all := maps.Clone(openAlice)
			all["default_acl"] = acl(onlyAlice)
			i := c.connect(all).create(znodes, many("1"))
			j := c.create(znode, one("1"))
			rw := ofAlice
			rw.Perms = zk.PermRead | zk.PermWrite
			for _, node := range []string{"/app/a", "/app/b", "/app/one"} {
				c.Remove(node)
				c.PutGuarded(node, "theirs", rw)
			}
			c.told = nil
			c.refresh(i)
			c.plan(i, many("2"))
			c.refresh(j)
			c.plan(j, one("2"))
		}},
		{name: "secrets for nodes that were opened", play: func(c *scene) {
			config := func(version string) attrs {
				return attrs{"base_path": "/app", "data_wo": attrs{"a": secret, "b": secret}, "data_wo_version": version, "acl": acl(onlyAlice)}
			}
			i := c.connect(openAlice).create(znodes, config("1"))
			c.WriteACL("/app/a", acctest.Open())
			c.told = nil
			c.plan(i, config("2"))
		}},
		{name: "a secret below a node that is open", play: func(c *scene) {
			c.connect(openAlice).plan(c.none(znode), attrs{"path": "/app", "data_wo": secret, "data_wo_version": "1", "acl": acl(onlyAlice)})
		}},
	}},
	{"Destruction", []diagnosticCase{
		{name: "a secret that was created in doubt", play: func(c *scene) {
			proxy := c.proxied(nil)
			loseReply(proxy, zktest.IsCreate)
			i := c.create(znode, attrs{"path": "/app", "data_wo": secret, "data_wo_version": "1"})
			c.told = nil
			proxy.Refuse(false)
			c.again()
			c.refresh(i)
			c.destroy(i)
		}},
		{name: "what was created in doubt, replaced without a refresh", play: func(c *scene) {
			for _, made := range []struct {
				typ    string
				config attrs
				op     func(op int32) bool
			}{
				{znode, attrs{"path": "/app"}, zktest.IsCreate},
				{sequential, attrs{"path_prefix": "/job-"}, zktest.IsCreate},
				{znodes, attrs{"base_path": "/many", "data": attrs{"a": "x"}}, zktest.IsMulti},
			} {
				proxy := c.proxied(nil)
				loseReply(proxy, made.op)
				before := c.told
				i := c.create(made.typ, made.config)
				c.told = before
				proxy.Refuse(false)
				c.again()
				i.private = nil // as the CLI hands it over
				c.apply(c.plan(i, nil))
			}
		}},
		{name: "another provider's, that was not read", play: func(c *scene) {
			c.connect(nil)
			c.destroy(c.upgrade(znode, attrs{"id": "/app", "path": "/app", "data": "", "acl": []any{}, "stat": []any{}}))
		}},
		{name: "what another resource keeps", play: func(c *scene) {
			i := c.connect(nil).create(znode, attrs{"path": "/app"})
			j := c.imports(znode, "/app")
			c.again()
			c.plan(i, attrs{"path": "/app"})
			c.plan(j, nil)
			c.again()
			c.plan(j, nil)
			c.plan(i, attrs{"path": "/app"})
		}},
		{name: "a successor that has failed", play: func(c *scene) {
			i := c.connect(nil).create(znode, attrs{"path": "/app"})
			c.again()
			creation := c.plan(c.none(znode), attrs{"path": "/app"})
			destruction := c.plan(i, nil)
			c.again()
			c.told = nil
			c.apply(creation)
			c.told = nil
			c.apply(destruction)
		}},
		{name: "a resource whose creation was planned first", play: func(c *scene) {
			i := c.connect(nil).create(znode, attrs{"path": "/app"})
			c.again()
			c.plan(c.none(znode), attrs{"path": "/app"})
			c.plan(i, nil)
		}},
		{name: "a child below what was created in doubt", play: func(c *scene) {
			proxy := c.proxied(nil)
			loseReply(proxy, zktest.IsCreate)
			i := c.create(znode, attrs{"path": "/app"})
			c.told = nil
			proxy.Refuse(false)
			c.again()
			c.refresh(i)
			c.Put("/app/theirs", "")
			c.destroy(i)
		}},
		{name: "a child", play: func(c *scene) {
			i := c.connect(nil).create(znode, attrs{"path": "/app"})
			c.Put("/app/theirs", "")
			c.destroy(i)
		}},
		{name: "many children", play: func(c *scene) {
			i := c.connect(nil).create(znode, attrs{"path": "/app"})
			c.putMany("/app", 7)
			c.destroy(i)
		}},
		{name: "children of one of many", play: func(c *scene) {
			i := c.connect(nil).create(znodes, attrs{"base_path": "/app", "data": attrs{"a": "x"}})
			c.Put("/app/a/theirs", "")
			c.destroy(i)
		}},
		{name: "a path that is in use", play: func(c *scene) {
			i := c.connect(nil).create(ensurePath, attrs{"path": "/app"})
			c.Write("/app", "theirs")
			c.destroy(i)
		}},
		{name: "a longer path that is in use", play: func(c *scene) {
			i := c.connect(nil).create(ensurePath, attrs{"path": "/app/web/limits"})
			c.Put("/app/web/limits/theirs", "")
			c.destroy(i)
		}},
		{name: "an ACL that somebody else has set", play: func(c *scene) {
			c.Put("/app", "")
			i := c.connect(nil).create(znodeACL, attrs{"path": "/app", "acl": acl(everybody, onlyAlice)})
			c.WriteACL("/app", acctest.Open(), zk.ACL{Scheme: "ip", ID: "10.0.0.0/8", Perms: zk.PermRead})
			c.destroy(i)
		}},
		{name: "an ACL that may not be restored", play: func(c *scene) {
			c.Put("/app", "")
			i := c.connect(nil).create(znodeACL, attrs{"path": "/app", "acl": acl([3]string{"world", "anyone", "r"})})
			c.told = nil // of the warning that this will come
			c.destroy(i)
		}},
		{name: "ACLs that may not be read any more", play: func(c *scene) {
			c.Put("/app", "")
			i := c.connect(nil).create(znodeACL, attrs{"path": "/app", "acl": acl(everybody, onlyAlice)})
			c.WriteACL("/app", ofAlice)
			c.destroy(i)
		}},
	}},
	{"Imports and states", []diagnosticCase{
		{name: "a relative path", play: func(c *scene) {
			c.connect(nil)
			c.imports(znode, "app")
			c.imports(ensurePath, "app")
			c.imports(sequential, "app")
			c.imports(znodeACL, "app")
			c.imports(znodes, "app")
		}},
		{name: "no number", play: func(c *scene) { c.connect(nil).imports(sequential, "/jobs/job-7") }},
		{name: "a key that is invalid", play: func(c *scene) { c.connect(nil).imports(znodes, "/app//a/") }},
		{name: "a key that is not NFC", play: func(c *scene) { c.connect(nil).imports(znodes, "/app//cafe\u0301") }},
		{name: "nodes to be created that look the same as others", play: func(c *scene) {
			c.Put("/app", "")
			c.Put("/app/cafe\u0301", "")
			c.Put("/app/cafe\u0301/a", "")
			c.connect(nil).plan(c.none(znode), attrs{"path": "/app/caf\u00e9"})
			c.plan(c.none(ensurePath), attrs{"path": "/app/caf\u00e9/a"})
			c.plan(c.none(znodes), attrs{"base_path": "/app", "data": attrs{"caf\u00e9/a": "x", "caf\u00e9/b": "x", "other": "x"}})
		}},
		{name: "a key that looks the same as a node", play: func(c *scene) {
			c.Put("/app", "")
			c.Put("/app/cafe\u0301", "")
			c.connect(nil).imports(znodes, "/app//caf\u00e9")
			c.imports(znodes, "/app")
		}},
		{name: "an ephemeral node by its key", play: func(c *scene) {
			c.Put("/app", "")
			c.ephemeral("/app/e", zk.Ephemeral)
			c.connect(nil).imports(znodes, "/app//e")
		}},
		{name: "patterns that are none", play: func(c *scene) {
			c.connect(nil)
			for _, query := range []string{"?include=a/", "?exclude=[a", "?include=a&b", "?include=%zz", "//b?include=a"} {
				c.imports(znodes, "/app"+query)
			}
		}},
		{name: "patterns that match nothing", play: func(c *scene) {
			c.Put("/app", "")
			c.Put("/app/a", "")
			c.connect(nil).imports(znodes, "/app?include=b/**")
			c.imports(znodes, "/app?exclude=b/**")
		}},
		{name: "private states of znodes that are damaged", play: func(c *scene) {
			i := c.connect(nil).create(znodes, attrs{"base_path": "/app", "data": attrs{"a": "x"}})
			i.private = kept(c.t, "doubt", "7")
			c.refresh(i)
		}},
		{name: "a node that is not there", play: func(c *scene) {
			c.Put("/app", "")
			c.connect(nil).imports(znodes, "/app//a")
		}},
		{name: "keys and patterns", play: func(c *scene) { c.connect(nil).imports(znodes, "/app//a?include=b") }},
		{name: "a pattern with half a code", play: func(c *scene) { c.connect(nil).imports(znodes, "/app?include=50%") }},
		{name: "a pattern that is neither", play: func(c *scene) { c.connect(nil).imports(znodes, "/app?include=a&omit=b") }},
		{name: "a key that the CLIs change", play: func(c *scene) { c.connect(nil).imports(znodes, "/app//cafe\u0301") }},
		{name: "a key that looks like another", play: func(c *scene) {
			c.decomposed()
			c.connect(nil).imports(znodes, "/app//caf\u00e9")
		}},
		{name: "patterns that match nothing", play: func(c *scene) {
			c.Put("/app", "")
			c.Put("/app/a", "")
			c.connect(nil).imports(znodes, "/app?include=b/**")
		}},
		{name: "patterns that exclude nothing", play: func(c *scene) {
			c.Put("/app", "")
			c.Put("/app/a", "")
			c.connect(nil).imports(znodes, "/app?exclude=b/**")
		}},
		{name: "an ephemeral node", play: func(c *scene) {
			c.ephemeral("/app", zk.Ephemeral)
			c.connect(nil).imports(znode, "/app")
		}},
		{name: "an ephemeral node of a sequence", play: func(c *scene) {
			c.connect(nil).imports(sequential, c.ephemeral("/job-", zk.EphemeralSequential))
		}},
		{name: "an ACL", play: func(c *scene) {
			c.Put("/app", "")
			c.connect(nil).imports(znodeACL, "/app")
		}},
		{name: "a container on trust", play: func(c *scene) {
			c.Put("/app", "")
			c.connect(nil).plan(c.imports(znode, "/app"), attrs{"path": "/app", "mode": "container"})
		}},
		{name: "a state of tfzk without a prefix", play: func(c *scene) {
			c.upgrade(sequential, attrs{"id": "/q/n", "path": "/q/n", "path_prefix": "", "data": "", "acl": []any{}, "stat": []any{}})
		}},
		{name: "a record that was edited", play: func(c *scene) {
			c.Put("/app", "")
			i := c.connect(nil).create(znodeACL, attrs{"path": "/app", "acl": acl(everybody, onlyAlice)})
			c.edit(i, "record", "edited")
			c.refresh(i)
		}},
		{name: "base64 that was edited", play: func(c *scene) {
			i := c.connect(nil).create(znodes, attrs{"base_path": "/app", "data_base64": attrs{"a": "eA=="}})
			c.edit(i, "data_base64", attrs{"a": "x"})
			c.refresh(i)
		}},
		{name: "a private state that is damaged", play: func(c *scene) {
			i := c.connect(nil).create(znode, attrs{"path": "/app"})
			i.private = kept(c.t, "doubt", "7")
			c.refresh(i)
		}},
		{name: "a private state of a quota that is damaged", play: func(c *scene) {
			c.Put("/app", "")
			i := c.connect(nil).create(quota, attrs{"path": "/app", "max_count": 5})
			i.private = kept(c.t, "doubt", "7")
			c.refresh(i)
		}},
		{name: "a private state of an author that is damaged", play: func(c *scene) {
			i := c.connect(nil).create(znode, attrs{"path": "/app"})
			i.private = kept(c.t, "author", "7")
			c.refresh(i)
		}},
		{name: "a private state of parents that is damaged", play: func(c *scene) {
			i := c.connect(nil).create(znode, attrs{"path": "/app/web"})
			i.private = kept(c.t, "parents", "7")
			c.refresh(i)
		}},
		{name: "a private state of a path that is damaged", play: func(c *scene) {
			i := c.connect(nil).create(ensurePath, attrs{"path": "/app"})
			i.private = kept(c.t, "doubt", "7")
			c.refresh(i)
		}},
		{name: "a move of a node without a number", play: func(c *scene) { c.move(znode, sequential, attrs{"path": "/app"}) }},
		{name: "a plan that is damaged", play: func(c *scene) {
			i := c.connect(nil).create(znodes, attrs{"base_path": "/app", "data": attrs{"a": "1"}})
			p := c.plan(i, attrs{"base_path": "/app", "data": attrs{"a": "2"}})
			p.private = kept(c.t, "order", "7")
			c.apply(p)
		}},
		{name: "many other ACLs", play: func(c *scene) {
			c.Put("/app", "")
			i := c.connect(nil).create(znodeACL, attrs{"path": "/app", "acl": acl(everybody, onlyAlice), "recursive": true})
			c.putMany("/app", 101)
			c.refresh(i)
		}},
	}},
	{"Large reads", []diagnosticCase{
		{name: "a tree of more nodes than a bound", play: func(c *scene) {
			c.Put("/app", "")
			c.Put("/app/a", "")
			c.connect(nil).read(wholeTree, attrs{"path": "/app", "max_nodes": 1})
			c.connect(attrs{"tree_limits": attrs{"max_nodes": 1}}).read(wholeTree, attrs{"path": "/app"})
		}},
		{name: "a tree", play: func(c *scene) {
			c.Put("/app", "")
			for i := range 17 {
				c.Put(fmt.Sprintf("/app/n%d", i), strings.Repeat("x", 1000000))
			}
			c.connect(nil).read(wholeTree, attrs{"path": "/app", "include_data": true})
		}},
		{name: "nodes that are not in a list", play: func(c *scene) {
			c.Put("/app", "")
			for i := range 12 {
				c.PutGuarded(fmt.Sprintf("/app/n%02d", i), "", mayNotRead)
			}
			c.connect(nil).list(attrs{"path": "/app"})
		}},
		{name: "a node that is not there", play: func(c *scene) { c.connect(nil).list(attrs{"path": "/app"}) }},
		{name: "more nodes than are wanted", play: func(c *scene) {
			c.Put("/app", "")
			c.putMany("/app", 101)
			c.connect(nil).list(attrs{"path": "/app"})
		}},
		{name: "a pattern that no node matches", play: func(c *scene) {
			c.Put("/app", "")
			c.Put("/app/a", "")
			c.connect(nil).list(attrs{"path": "/app", "include": []any{"a", "b/**"}})
		}},
	}},
	{"Names that the CLIs change", []diagnosticCase{
		{name: "in a list", play: func(c *scene) {
			c.decomposed()
			c.connect(nil).list(attrs{"path": "/app"})
		}},
		{name: "of children", play: func(c *scene) {
			c.decomposed()
			c.connect(nil).read(children, attrs{"path": "/app"})
		}},
		{name: "in a tree", play: func(c *scene) {
			c.decomposed()
			c.connect(nil).read(wholeTree, attrs{"path": "/app"})
		}},
		{name: "of a node that is not there in NFC", play: func(c *scene) {
			c.decomposed()
			c.connect(nil).read(znode, attrs{"path": "/app/caf\u00e9"})
		}},
		{name: "of a node that is imported", play: func(c *scene) {
			c.decomposed()
			c.connect(nil).imports(znode, "/app/cafe\u0301")
		}},
	}},
	{"Locks", []diagnosticCase{
		{name: "held by somebody else", play: func(c *scene) {
			c.locked("/lock")
			c.connect(nil).open(theLock, attrs{"path": "/lock", "timeout": 0.5})
		}},
		{name: "the provider's, held by somebody else", play: func(c *scene) {
			c.locked("/lock")
			c.connect(attrs{"lock": attrs{"path": "/lock", "timeout": 0}}).read(children, attrs{"path": "/"})
		}},
		{name: "the provider's, and the same once more", play: func(c *scene) {
			c.connect(attrs{"lock": attrs{"path": "/lock"}}).open(theLock, attrs{"path": "/lock"})
		}},
		{name: "held by nobody knows whom", play: func(c *scene) {
			c.locked("/lock")
			c.connect(attrs{"servers": c.through(c.answering(behind(zktest.Is(zktest.OpGetChildren2), zktest.Is(zktest.OpGetChildren2)), -102))}).open(theLock, attrs{"path": "/lock", "timeout": 0})
		}},
		{name: "open to everybody", play: func(c *scene) {
			c.PutGuarded("/locks", "", ofAlice)
			c.Put("/locks/run", "")
			c.connect(openAlice).open(theLock, attrs{"path": "/locks/run"})
		}},
		{name: "below a node that is open to everybody", play: func(c *scene) {
			c.connect(openAlice).open(theLock, attrs{"path": "/lock"})
		}},
		{name: "for somebody else", play: func(c *scene) {
			c.connect(openAlice).open(theLock, attrs{"path": "/locks/run", "acl": acl([3]string{"digest", zk.DigestID("bob", "x"), "cdrwa"}), "timeout": 0})
		}},
		{name: "the provider's, for another network", play: func(c *scene) {
			c.connect(attrs{"lock": attrs{"path": "/locks/run", "acl": acl([3]string{"ip", "10.0.0.0/8", "cdrwa"})}}).read(children, attrs{"path": "/"})
		}},
		{name: "held by somebody who does not say who", play: func(c *scene) {
			c.locked("/lock")
			for _, path := range c.contenders("/lock") {
				c.WriteACL(path, ofAlice)
			}
			c.connect(nil).open(theLock, attrs{"path": "/lock", "timeout": 0})
		}},
		{name: "lost", play: func(c *scene) {
			private := c.connect(nil).open(theLock, attrs{"path": "/lock"})
			c.takeAway("/lock")
			c.until(func() { c.renew(private) })
			c.closes(theLock, private)
		}},
		{name: "the provider's, lost", play: func(c *scene) {
			c.connect(attrs{"lock": attrs{"path": "/lock"}}).read(children, attrs{"path": "/"})
			c.takeAway("/lock")
			c.until(func() { c.read(children, attrs{"path": "/"}) })
		}},
		{name: "the provider's, used in another way", play: func(c *scene) {
			c.connect(attrs{"lock": attrs{"path": "/lock"}}).read(children, attrs{"path": "/"})
			c.Put("/lock/_c_7c9ad7e0-44c1-4f4d-9e0a-0a3f5b2c6d18-lock-0000000001", "10.0.0.1") // as Curator's mutex
			c.until(func() { c.read(children, attrs{"path": "/"}) })
		}},
		{name: "of another process", play: func(c *scene) {
			private := c.another().open(theLock, attrs{"path": "/lock"})
			c.connect(nil).renew(private)
		}},
		{name: "private data that is damaged", play: func(c *scene) { c.connect(nil).renew(kept(c.t, "lock", "7")) }},
	}},
	{"Functions", []diagnosticCase{
		{name: "acl without permissions", play: called("acl", "world:anyone")},
		{name: "digest by none", play: called("digest", "bob", "builder", "bcrypt")},
		{name: "digest by two", play: called("digest", "bob", "builder", "SHA-1", "MD5")},
		{name: "acl of somebody else", play: called("acl", "world:alice:r")},
		{name: "acl with a letter that is invalid", play: called("acl", "world:anyone:x")},
		{name: "acl with a digest", play: called("acl", "digest:alice:"+digestHash+":")},
		{name: "digest of nobody", play: called("digest", "", secret)},
		{name: "digest with a colon", play: called("digest", "a:b", secret)},
		{name: "digest without a password", play: called("digest", "alice", "")},
		{name: "join to a relative path", play: called("join", "app", "a")},
		{name: "join of an empty name", play: called("join", "/app", "")},
		{name: "join of a path", play: called("join", "/app", "a/b")},
		{name: "join of a name that is invalid", play: called("join", "/app", "..")},
		{name: "parent of a relative path", play: called("parent", "app")},
		{name: "encode_int of a number that is too large", play: called("encode_int", 1<<31, 32)},
		{name: "encode_int of another size", play: called("encode_int", 1, 16)},
		{name: "decode_int of no base64", play: called("decode_int", "12 34")},
		{name: "decode_int of another size", play: called("decode_int", "AAAA")},
	}},
}

// misinform is what is the server, but has no version.
func (c *scene) misinform(client net.Conn) {
	word := make([]byte, 4)
	if _, err := io.ReadFull(client, word); err != nil {
		return
	}
	if string(word) == "srvr" {
		_, _ = client.Write([]byte("srvr is not executed because it is not in the whitelist.\n"))
		return
	}
	var dialer net.Dialer
	server, err := dialer.DialContext(context.Background(), "tcp", c.at)
	if err != nil {
		return
	}
	var work sync.WaitGroup
	work.Go(func() {
		_, _ = io.Copy(client, server)
		_ = client.Close()
	})
	if _, err := server.Write(word); err == nil {
		_, _ = io.Copy(server, client)
	}
	_ = server.Close()
	work.Wait()
}

// ephemeralData makes a node of a sequence, as another run would.
func (c *scene) ephemeralData(rel, data string) {
	c.t.Helper()
	if _, err := c.Client.Create(c.t.Context(), c.Path(rel), []byte(data), zk.CreateOptions{Mode: zk.PersistentSequential}); err != nil {
		c.t.Error(err)
	}
}

// secretMadeAgain plans to write a secret to a node that somebody else has created in place of the
// resource's.
func secretMadeAgain(provider attrs) func(c *scene) {
	return func(c *scene) {
		config := func(version string) attrs {
			return attrs{"path": "/app", "data_wo": secret, "data_wo_version": version}
		}
		all := maps.Clone(openAlice)
		maps.Copy(all, provider)
		i := c.connect(all).create(znode, config("1"))
		c.Remove("/app")
		c.PutGuarded("/app", "theirs", ofAlice, mallory)
		c.WriteACL("", ofAlice)
		c.told = nil
		c.refresh(i)
		c.plan(i, config("2"))
	}
}
