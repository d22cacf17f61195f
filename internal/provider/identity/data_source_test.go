package identity_test

import (
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

const dataSource = `data "zookeeper_identity" "test" {}`

func who(scheme, id string) knownvalue.Check {
	return knownvalue.ObjectExact(map[string]knownvalue.Check{"scheme": knownvalue.StringExact(scheme), "id": knownvalue.StringExact(id)})
}

// A user is told once, however often it is presented, and so is the address.
func TestAccIdentityDataSource(t *testing.T) {
	acctest.Needs(t, acctest.WhoAmI)
	server := acctest.OwnServer(t)
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: fmt.Sprintf(`provider "zookeeper" {
  servers  = %q
  username = "alice"
  password = "wonderland"
  auth     = [{ scheme = "digest", credential = "alice:another" }, { scheme = "digest", credential = "bob:builder" }]
}

%s`, server.Addr(), dataSource),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue("data.zookeeper_identity.test", tfjsonpath.New("identities"), knownvalue.SetExact([]knownvalue.Check{
				who("digest", "alice"), who("digest", "bob"), who("ip", "127.0.0.1"),
			})),
		},
	}}})
}

// An ACL of what the servers say is the provider's own: it is no other than "auth", and locks
// nobody out. That holds for a name that servers were told to make of a principal as well.
func TestAccIdentityDataSource_owner(t *testing.T) {
	acctest.Needs(t, acctest.WhoAmI)
	for name, tc := range map[string]struct {
		start      func(t *testing.T) (server *zktest.Server, addr, settings string)
		scheme, id string
	}{
		"certificate": {withCertificate, "x509", "CN=tf,DC=example,DC=com"},
		"principal":   {withPrincipal, "sasl", "alice"},
	} {
		t.Run(name, func(t *testing.T) {
			server, addr, settings := tc.start(t)
			tree := acctest.NewTreeOn(t, server.Addr())
			config := func(acl string) string {
				return fmt.Sprintf("provider \"zookeeper\" {\n  servers = \"%s%s\"\n  %s\n}\n\n%s\n\nresource \"zookeeper_znode\" \"test\" {\n  path = \"/a\"\n  data = \"x\"\n  acl  = %s\n}",
					addr, tree.Base, settings, dataSource, acl)
			}
			acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
				{
					Config: config(`[for who in data.zookeeper_identity.test.identities : { scheme = who.scheme, id = who.id, permissions = "cdrwa" } if who.scheme != "ip"]`),
					ConfigStateChecks: []statecheck.StateCheck{
						statecheck.ExpectKnownValue("data.zookeeper_identity.test", tfjsonpath.New("identities"), knownvalue.SetExact([]knownvalue.Check{who(tc.scheme, tc.id), who("ip", "127.0.0.1")})),
					},
					Check: tree.CheckACL("/a", zk.ACL{Scheme: tc.scheme, ID: tc.id, Perms: zk.PermAll}),
				},
				{
					Config:           config(`[{ scheme = "auth", id = "", permissions = "cdrwa" }]`),
					ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction("zookeeper_znode.test", plancheck.ResourceActionNoop)}},
				},
			}})
		})
	}
}

// withCertificate starts a server for a certificate with a subject that openssl and Java write in
// their own ways.
func withCertificate(t *testing.T) (server *zktest.Server, addr, settings string) {
	t.Helper()
	type attribute struct {
		Type  asn1.ObjectIdentifier
		Value string `asn1:"ia5"`
	}
	type partSET []attribute
	dc := asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 25}
	raw, err := asn1.Marshal([]partSET{{{dc, "com"}}, {{dc, "example"}}, {{asn1.ObjectIdentifier{2, 5, 4, 3}, "tf"}}})
	if err != nil {
		t.Fatal(err)
	}
	ca := zktest.NewAuthority(t)
	key, cert := ca.Sign(t, &x509.Certificate{RawSubject: raw})
	server = acctest.OwnServer(t, zktest.WithTLS(t, ca, zktest.ServerCertificate(time.Time{})))
	settings = fmt.Sprintf("tls = {\n    ca_pem = %q\n    cert_pem = %q\n    key_pem = %q\n  }", zktest.CertPEM(ca.Cert), zktest.CertPEM(cert), zktest.KeyPEM(t, key))
	addr = server.SecureAddr()
	return server, addr, settings
}

// withPrincipal starts a server that takes the realm off a principal.
func withPrincipal(t *testing.T) (server *zktest.Server, addr, settings string) {
	t.Helper()
	const password = "wonderland"
	kdc := zktest.StartKDC(t, "ZK.TEST")
	kdc.AddPrincipal(t, "alice", password)
	server = acctest.OwnServer(t, zktest.WithKerberosLogin(kdc), zktest.WithConfig("kerberos.removeRealmFromPrincipal", "true"))
	settings = fmt.Sprintf("sasl = {\n    mechanism = \"GSSAPI\"\n    hostname = %q\n    krb5_conf_file = %q\n    username = \"alice\"\n    password = %q\n  }", zktest.ServiceHost, kdc.ConfigFile(), password)
	addr = server.Addr()
	return server, addr, settings
}

// Older servers cannot say it, and the error says which version they are.
func TestAccIdentityDataSource_olderServer(t *testing.T) {
	server := acctest.OwnServer(t, zktest.WithVersion("3.6.4"))
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config:      fmt.Sprintf("provider \"zookeeper\" { servers = %q }\n\n%s", server.Addr(), dataSource),
		ExpectError: acctest.Error("ZooKeeper is too old", "3.7.0", "3.6.4"),
	}}})
}
