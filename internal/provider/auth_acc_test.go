package provider_test

import (
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"go.step.sm/crypto/pemutil"
	"software.sslmate.com/src/go-pkcs12"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// secret is what no error and no file may show.
const secret = "correct-horse-battery"

// guarded is a node that belongs to whom the provider presents.
const guarded = `
resource "zookeeper_znode" "test" {
  path = "${local.base}/a"
  data = "x"
  acl  = [{ scheme = "auth", id = "", permissions = "cdrwa" }]
}
`

// config is a configuration for a server of the test's own, where Tree.Config is for the
// one that the tests share.
func config(tree *acctest.Tree, servers, attributes, hcl string) string {
	return fmt.Sprintf("provider \"zookeeper\" {\n  servers = %q\n  connect_timeout = 60\n  session_timeout = 60\n  %s\n}\n\nlocals { base = %q }\n\n%s\n", servers, attributes, tree.Base, hcl)
}

// impatient is a configuration for what is going to fail.
func impatient(config string) string {
	return strings.Replace(config, "connect_timeout = 60", "connect_timeout = 5", 1)
}

// keeps is a step that creates the guarded node, and one that finds nothing to do: an
// entry of the scheme "auth" makes no difference to those that the server put in its place.
func keeps(tree *acctest.Tree, config string, owners ...zk.ACL) []resource.TestStep {
	return []resource.TestStep{
		{
			Config: config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction("zookeeper_znode.test", plancheck.ResourceActionCreate),
			}},
			ConfigStateChecks: []statecheck.StateCheck{acctest.Attributes("zookeeper_znode.test", map[string]knownvalue.Check{
				"path": knownvalue.StringExact(tree.Path("/a")), "data": knownvalue.StringExact("x"), "data_base64": knownvalue.Null(),
				"acl":            knownvalue.SetExact([]knownvalue.Check{acctest.ACLEntry("auth", "", "cdrwa")}),
				"create_parents": knownvalue.Bool(true), "parent_acl": knownvalue.Null(), "mode": knownvalue.StringExact("persistent"), "ttl_ms": knownvalue.Null(),
				"force_destroy": knownvalue.Bool(false), "adopt_existing": knownvalue.Bool(false), "compare": knownvalue.StringExact("bytes"), "on_destroy": knownvalue.StringExact("delete"), "data_wo": knownvalue.Null(), "data_wo_version": knownvalue.Null(), "stat": acctest.Stat(0, 0, 1, 0),
			})},
			Check: hasOwners(tree, owners),
		},
		{
			Config: config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectEmptyPlan(),
			}},
		},
	}
}

// hasOwners checks who owns the guarded node, in whatever order the server has them.
func hasOwners(tree *acctest.Tree, want []zk.ACL) resource.TestCheckFunc {
	return func(*terraform.State) error {
		got, _, err := tree.Client.ACL(context.Background(), tree.Path("/a"))
		if err != nil {
			return err
		}
		byID := func(a, b zk.ACL) int { return strings.Compare(a.ID, b.ID) }
		slices.SortFunc(got, byID)
		if !slices.Equal(got, slices.SortedFunc(slices.Values(want), byID)) {
			return fmt.Errorf("the ACL is %v, want %v", got, want)
		}
		return nil
	}
}

func owner(scheme, id string) zk.ACL { return zk.ACL{Scheme: scheme, ID: id, Perms: zk.PermAll} }

// Each of the identities lets the provider in where it is wanted, and together they are who
// owns what is created.
func TestAccProvider_auth(t *testing.T) {
	tree := acctest.NewTree(t)
	bob, carol := zk.DigestID("bob", "builder:with:colons"), zk.DigestID("carol", secret)
	tree.PutGuarded("/bobs", "of bob", owner("digest", bob))
	tree.PutGuarded("/carols", "of carol", owner("digest", carol))
	const attributes = `username = "alice"
  password = "wonderland-7391"
  auth = [
    { scheme = "digest", credential = "bob:builder:with:colons" },
    { scheme = "digest", credential = "carol:` + secret + `" },
  ]`
	const reads = `
data "zookeeper_znode" "bobs" { path = "${local.base}/bobs" }

data "zookeeper_znode" "carols" { path = "${local.base}/carols" }
`
	steps := keeps(tree, tree.ConfigFor(attributes, guarded+reads), owner("digest", acctest.UserID()), owner("digest", bob), owner("digest", carol))
	steps[0].ConfigStateChecks = append(steps[0].ConfigStateChecks,
		statecheck.ExpectKnownValue("data.zookeeper_znode.bobs", tfjsonpath.New("data"), knownvalue.StringExact("of bob")),
		statecheck.ExpectKnownValue("data.zookeeper_znode.carols", tfjsonpath.New("data"), knownvalue.StringExact("of carol")))
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: append(steps,
			resource.TestStep{
				Config:      tree.ConfigFor(`auth = [{ scheme = "digest", credential = "bob:builder:with:colons" }]`, guarded+reads),
				ExpectError: acctest.Error("Permission denied", `read the znode "`+tree.Path("/carols")+`"`, "The provider presents digest (bob)"),
			},
			resource.TestStep{
				Config:      tree.ConfigFor(`auth = [{ scheme = "no-such-scheme", credential = "`+secret+`" }]`, guarded),
				ExpectError: acctest.Error("ZooKeeper refused the credentials", "its scheme is not enabled there, or what proves it is wrong", "presents no-such-scheme."),
			},
			resource.TestStep{Config: tree.ConfigFor(attributes, "")},
		),
	})
}

// pki is an authority with a client's certificate, in PEM and in files.
type pki struct {
	ca, cert, key, encrypted, strangersCA string
	authority                             *zktest.Authority
	dir                                   string
}

const subject = `CN=terraform,OU=Ops,O=Example\, Inc.,C=DE`

func newPKI(t *testing.T) *pki {
	t.Helper()
	a := zktest.NewAuthority(t)
	key, cert := a.Sign(t, &x509.Certificate{
		Subject:     pkix.Name{CommonName: "terraform", OrganizationalUnit: []string{"Ops"}, Organization: []string{"Example, Inc."}, Country: []string{"DE"}},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	block, err := pemutil.Serialize(key, pemutil.WithPKCS8(true), pemutil.WithPassword([]byte(secret)))
	if err != nil {
		t.Fatal(err)
	}
	p := &pki{
		ca: zktest.CertPEM(a.Cert), cert: zktest.CertPEM(cert), key: zktest.KeyPEM(t, key), encrypted: string(pem.EncodeToMemory(block)),
		strangersCA: zktest.CertPEM(zktest.NewAuthority(t).Cert), authority: a, dir: t.TempDir(),
	}
	keystore, err := pkcs12.Modern.Encode(key, cert, nil, secret)
	if err != nil {
		t.Fatal(err)
	}
	truststore, err := pkcs12.Modern.EncodeTrustStore([]*x509.Certificate{a.Cert}, secret)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"key.p12": string(keystore), "trust.p12": string(truststore), "ca.pem": p.ca, "cert.pem": p.cert, "key.pem": p.key, "encrypted.pem": p.encrypted} {
		if err := os.WriteFile(p.file(name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func (p *pki) file(name string) string { return filepath.Join(p.dir, name) }

// heredoc is PEM in HCL.
func heredoc(text string) string { return "<<-EOT\n" + text + "EOT\n" }

func TestAccProvider_tls(t *testing.T) {
	p := newPKI(t)
	server := acctest.OwnServer(t, zktest.WithTLS(t, p.authority, zktest.ServerCertificate(time.Time{})), zktest.WithConfig("ssl.clientAuth", "none"))
	tree := acctest.NewTreeOn(t, server.Addr())
	hcl := `resource "zookeeper_znode" "test" { path = "${local.base}/a" }`
	create := resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction("zookeeper_znode.test", plancheck.ResourceActionCreate)}}
	fails := func(servers, tls string, want ...string) resource.TestStep {
		return resource.TestStep{
			Config:      impatient(config(tree, servers, tls, hcl)),
			ExpectError: acctest.Error(append([]string{"Cannot reach ZooKeeper"}, want...)...),
		}
	}
	byName := strings.Replace(server.SecureAddr(), "127.0.0.1", "localhost", 1)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			// First, because the first handshake of a server takes it a while.
			{Config: config(tree, server.SecureAddr(), fmt.Sprintf("tls = { ca_file = %q }", p.file("ca.pem")), hcl), ConfigPlanChecks: create, Check: tree.CheckData("/a", "")},
			fails(server.SecureAddr(), "tls = { ca_pem = "+heredoc(p.strangersCA)+"}", "the server's certificate is not signed by a CA that is trusted here", "For TLS, give the very CA"),
			fails(server.SecureAddr(), "tls = {}", "the server's certificate is not signed by a CA that is trusted here"),
			fails(byName, fmt.Sprintf("tls = { ca_file = %q }", p.file("ca.pem")), `the server's certificate is not one for "localhost"`, "set the server name"),
			fails(server.Addr(), fmt.Sprintf("tls = { ca_file = %q }", p.file("ca.pem")), "does this port speak TLS?"),
			fails(server.SecureAddr(), "", "want TLS on this port"),
			{
				Config:           config(tree, byName, "tls = {\n    server_name = \"zookeeper.test\"\n    ca_pem = "+heredoc(p.ca)+"\n}", hcl),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
			{
				Config:           config(tree, byName, "tls = {\n    verify_hostname = false\n    ca_pem = "+heredoc(p.ca)+"\n}", hcl),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
			{
				Config:           config(tree, byName, "tls = { insecure_skip_verify = true }", hcl),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
		},
	})
}

// Servers that want a certificate take the provider's for who it is.
func TestAccProvider_mutualTLS(t *testing.T) {
	p := newPKI(t)
	server := acctest.OwnServer(t, zktest.WithTLS(t, p.authority, zktest.ServerCertificate(time.Time{})))
	tree := acctest.NewTreeOn(t, server.Addr())
	files := config(tree, server.SecureAddr(), fmt.Sprintf("tls = {\n  ca_file = %q\n  cert_file = %q\n  key_file = %q\n}", p.file("ca.pem"), p.file("cert.pem"), p.file("key.pem")), guarded)
	inline := config(tree, server.SecureAddr(), "tls = {\n  ca_pem = "+heredoc(p.ca)+"\n  cert_pem = "+heredoc(p.cert)+"\n  key_pem = "+heredoc(p.encrypted)+"\n  key_password = \""+secret+"\"\n}", guarded)
	stores := config(tree, server.SecureAddr(), fmt.Sprintf("tls = {\n  keystore_file = %[1]q\n  keystore_password = %[3]q\n  truststore_file = %[2]q\n  truststore_password = %[3]q\n}", p.file("key.p12"), p.file("trust.p12"), secret), guarded)
	steps := keeps(tree, files, owner("x509", subject))
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: append(steps,
			resource.TestStep{
				Config:           inline,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
			resource.TestStep{
				Config:           stores,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
			resource.TestStep{
				Config:      strings.Replace(stores, secret, "guess", 1),
				ExpectError: acctest.Error("Invalid TLS settings", "tls.keystore_password: the key store cannot be opened: most likely the key store password is wrong"),
			},
			resource.TestStep{
				Config:      strings.Replace(inline, secret, "guess", 1),
				ExpectError: acctest.Error("Invalid TLS settings", "tls.key_password: the key cannot be decrypted: most likely the key password is wrong", "Set key_password, or ZOOKEEPER_TLS_KEY_PASSWORD"),
			},
			resource.TestStep{
				Config:      impatient(config(tree, server.SecureAddr(), fmt.Sprintf("tls = { ca_file = %q }", p.file("ca.pem")), guarded)),
				ExpectError: acctest.Error("Cannot reach ZooKeeper", "the server refused this client's certificate, or wants one", "ssl.clientAuth"),
			},
			// The plain port knows nobody.
			resource.TestStep{
				Config:      config(tree, server.Addr(), "", guarded),
				ExpectError: acctest.Error("Permission denied", `read the znode "`+tree.Path("/a")+`"`, "presents no identity"),
			},
		),
	})
}

func TestAccProvider_saslDigest(t *testing.T) {
	login := zktest.WithDigestLogin(t, map[string]string{"alice": secret, "bob": "hush"})
	server, strict := acctest.OwnServer(t, login), acctest.OwnServer(t, login, zktest.RequireSASL())
	as := func(user, password string) string {
		return fmt.Sprintf("sasl = {\n    mechanism = \"DIGEST-MD5\"\n    username = %q\n    password = %q\n  }", user, password)
	}
	tree := acctest.NewTreeOn(t, server.Addr())
	const read = `data "zookeeper_children" "root" { path = "/" }`
	children := []statecheck.StateCheck{
		statecheck.ExpectKnownValue("data.zookeeper_children.root", tfjsonpath.New("children"), knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact("zookeeper")})),
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: append(keeps(tree, config(tree, server.Addr(), as("alice", secret), guarded), owner("sasl", "alice")),
			resource.TestStep{
				Config:      config(tree, server.Addr(), as("bob", "hush"), guarded),
				ExpectError: acctest.Error("Permission denied", `read the znode "`+tree.Path("/a")+`"`, "The provider presents sasl (bob)"),
			},
			resource.TestStep{
				Config: config(tree, server.Addr(), as("alice", secret+"!"), guarded),
				ExpectError: acctest.Error("ZooKeeper refused the credentials", "what proves it is wrong", "The provider presents sasl (alice).",
					`In the SASL exchange the server was given the user "alice" and a digest of the password, for the service "zookeeper/zk-sasl-md5": it may know no such user, or another password`),
			},
			resource.TestStep{Config: config(tree, server.Addr(), as("alice", secret), "")},
			resource.TestStep{
				Config:      config(tree, strict.Addr(), "", read),
				ExpectError: acctest.Error("ZooKeeper wants authentication", "list the children", "The provider presents no identity", "any of sasl (sasl of the provider), digest"),
			},
			resource.TestStep{
				Config:      config(tree, strict.Addr(), as("alice", secret+"!"), read),
				ExpectError: acctest.Error("SASL authentication failed", "the provider presents: sasl (alice). In the SASL exchange the server was given the user", "its username and its password"),
			},
			resource.TestStep{Config: config(tree, strict.Addr(), as("alice", secret), read), ConfigStateChecks: children},
		),
	})
}

func TestAccProvider_saslKerberos(t *testing.T) {
	kdc := zktest.StartKDC(t, "ZK.TEST")
	kdc.AddPrincipal(t, "alice", secret)
	server := acctest.OwnServer(t, zktest.WithKerberosLogin(kdc))
	tree := acctest.NewTreeOn(t, server.Addr())
	with := func(hcl string) string {
		return config(tree, server.Addr(), fmt.Sprintf("sasl = {\n    mechanism = \"GSSAPI\"\n    hostname = %q\n    krb5_conf_file = %q\n    %s\n  }", zktest.ServiceHost, kdc.ConfigFile(), hcl), guarded)
	}
	again := func(hcl string) resource.TestStep {
		return resource.TestStep{Config: with(hcl), ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}}
	}
	keytab := kdc.Keytab(t, "alice")
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: append(keeps(tree, with(fmt.Sprintf("username = \"alice\"\n    keytab_file = %q", keytab)), owner("sasl", "alice@ZK.TEST")),
			again(fmt.Sprintf("username = \"alice\"\n    realm = \"ZK.TEST\"\n    password = %q", secret)),
			again(fmt.Sprintf("credential_cache_file = %q", kdc.CredentialCache(t, "alice"))),
			resource.TestStep{
				Config:      with(fmt.Sprintf("username = \"bob\"\n    keytab_file = %q", keytab)),
				ExpectError: acctest.Error("Invalid SASL settings", "sasl.keytab_file: the keytab", `has no key of "bob@ZK.TEST"`, "With GSSAPI, name a keytab"),
			},
			resource.TestStep{
				Config:      with(fmt.Sprintf("username = \"alice\"\n    password = %q", secret+"!")),
				ExpectError: acctest.Error("SASL authentication failed", "GSSAPI", `the password of "alice@ZK.TEST" is wrong`),
			},
			again(fmt.Sprintf("username = \"alice\"\n    keytab_file = %q", keytab)),
		),
	})
}

// Servers that make another name of a principal are asked for it: messages and the scheme "auth" have their name.
func TestAccProvider_saslRewritten(t *testing.T) {
	acctest.Needs(t, acctest.WhoAmI)
	kdc := zktest.StartKDC(t, "ZK.TEST")
	kdc.AddPrincipal(t, "alice/ci", secret)
	server := acctest.OwnServer(t, zktest.WithKerberosLogin(kdc), zktest.WithConfig("kerberos.removeHostFromPrincipal", "true"))
	tree := acctest.NewTreeOn(t, server.Addr())
	tree.PutGuarded("/theirs", "x", owner("sasl", "bob@ZK.TEST"))
	with := func(hcl string) string {
		return config(tree, server.Addr(), fmt.Sprintf("sasl = {\n    mechanism = \"GSSAPI\"\n    hostname = %q\n    krb5_conf_file = %q\n    username = \"alice/ci\"\n    password = %q\n  }", zktest.ServiceHost, kdc.ConfigFile(), secret), hcl)
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: append(keeps(tree, with(guarded), owner("sasl", "alice@ZK.TEST")), resource.TestStep{
			Config:      with(guarded + "\ndata \"zookeeper_znode\" \"theirs\" {\n  path = \"${local.base}/theirs\"\n}\n"),
			ExpectError: acctest.Error("Permission denied", "The provider presents sasl (alice@ZK.TEST)."),
		}),
	})
}

// A ticket that a server cannot read is told with the service that it is for.
func TestAccProvider_saslKerberosRefused(t *testing.T) {
	known, kdc := zktest.StartKDC(t, "ZK.TEST"), zktest.StartKDC(t, "ZK.TEST")
	kdc.AddPrincipal(t, "alice", secret)
	// Its keytab is that of another KDC, as one of before a new key is.
	server := acctest.OwnServer(t, zktest.WithKerberosLogin(known))
	tree := acctest.NewTreeOn(t, server.Addr())
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: config(tree, server.Addr(), fmt.Sprintf("sasl = {\n    mechanism = \"GSSAPI\"\n    hostname = %q\n    krb5_conf_file = %q\n    username = \"alice\"\n    password = %q\n  }", zktest.ServiceHost, kdc.ConfigFile(), secret), guarded),
		ExpectError: acctest.Error("ZooKeeper refused the credentials", "The provider presents sasl (alice@ZK.TEST).",
			`In the SASL exchange the server was given a ticket for "zookeeper/localhost@ZK.TEST": its keytab may have another key for that (a stale one, or of another service)`),
	}}})
}

// A server without a quorum is read where that is accepted, and writes nothing.
func TestAccProvider_readOnly(t *testing.T) {
	server := acctest.OwnServer(t, zktest.WithoutQuorum())
	const read = `data "zookeeper_children" "root" { path = "/" }` + "\n"
	provider := func(attributes string) string {
		return fmt.Sprintf("provider \"zookeeper\" {\n  servers = %q\n  %s\n}\n\n", server.Addr(), attributes)
	}
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config:      provider("connect_timeout = 2") + read,
			ExpectError: acctest.Error("Cannot reach ZooKeeper", "be without a quorum"),
		},
		{
			Config: provider("read_only = true\n  connect_timeout = 60") + read,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("data.zookeeper_children.root", tfjsonpath.New("children"), knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact("zookeeper")})),
			},
		},
		{
			Config:      provider("read_only = true\n  connect_timeout = 60") + `resource "zookeeper_znode" "test" { path = "/a" }`,
			ExpectError: acctest.Error("Server is read-only", `could not create the znode "/a"`, "has lost its quorum and answers reads alone, which read_only of the provider accepts", "Bring the other servers back"),
		},
	}})
}

// What is unknown inside of an object is waited for like the rest, and named where it
// cannot be.
func TestAccProvider_unknownInside(t *testing.T) {
	p := newPKI(t)
	server := acctest.OwnServer(t, zktest.WithTLS(t, p.authority, zktest.ServerCertificate(time.Time{})))
	tree := acctest.NewTreeOn(t, server.Addr())
	made := fmt.Sprintf(`resource "terraform_data" "made" {
  input = {
    password = %q
    delay    = 0.2
    ca       = %s
    key      = %s
  }
}
`, secret, heredoc(p.ca), heredoc(p.key))
	attributes := fmt.Sprintf(`auth = [{ scheme = "digest", credential = "carol:${terraform_data.made.output.password}" }]
  retry = { delay = terraform_data.made.output.delay }
  tls = {
    ca_pem    = terraform_data.made.output.ca
    cert_file = %q
    key_pem   = terraform_data.made.output.key
  }`, p.file("cert.pem"))
	steps := keeps(tree, config(tree, server.SecureAddr(), attributes, made+guarded), owner("x509", subject), owner("digest", zk.DigestID("carol", secret)))
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: append([]resource.TestStep{
			{
				Config:      config(tree, server.SecureAddr(), attributes, made+`data "zookeeper_znode" "test" { path = "/" }`),
				ExpectError: acctest.Error("Provider is not configured yet", "known only after apply: retry.delay, auth[0].credential, tls.ca_pem, tls.key_pem", "-target"),
			},
			{
				// What is known is checked all the same.
				Config:      config(tree, server.SecureAddr(), attributes+"\n  sasl = { mechanism = \"DIGEST-MD5\" }", made+guarded),
				ExpectError: acctest.Error("Invalid SASL settings", "sasl.username: DIGEST-MD5 takes a username and a password"),
			},
		}, steps...),
	})
}
