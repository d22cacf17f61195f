package acctest_test

import (
	"archive/zip"
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.step.sm/crypto/pemutil"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// What the provider is given to prove who it is reaches the servers and nothing else: no
// plan, no state, no output, and no log at the most talkative level, of a run that works
// and of one that does not. Everything comes from the environment here, or from ephemeral
// variables: what a configuration has in the clear is in its plans all the same, because a
// plan holds the configuration, and the values of its other variables.
func TestAccSecrets(t *testing.T) {
	ca := zktest.NewAuthority(t)
	server := acctest.OwnServer(t, zktest.WithTLS(t, ca, zktest.ServerCertificate(time.Time{})), zktest.WithDigestLogin(t, map[string]string{"sally": "sasl-battery-7391"}))
	key, cert := ca.Sign(t, &x509.Certificate{Subject: pkix.Name{CommonName: "terraform"}})
	block, err := pemutil.Serialize(key, pemutil.WithPKCS8(true), pemutil.WithPassword([]byte("key-battery-7391")))
	if err != nil {
		t.Fatal(err)
	}
	encrypted := string(pem.EncodeToMemory(block))
	secrets := map[string]string{
		"password": "digest-battery-7391", "auth": "auth-battery-7391", "sasl": "sasl-battery-7391", "key": strings.Split(encrypted, "\n")[1], "key password": "key-battery-7391",
	}
	const resources = `
resource "zookeeper_znode" "a" {
  path = "/TestAccSecrets/a"
  acl  = [{ scheme = "auth", id = "", permissions = "cdrwa" }]
}
`
	for name, tc := range map[string]struct {
		hcl string
		env []string
	}{
		"environment": {resources, []string{
			"ZOOKEEPER_TLS_ENABLED=true", "ZOOKEEPER_TLS_CA_PEM=" + zktest.CertPEM(ca.Cert), "ZOOKEEPER_TLS_CERT_PEM=" + zktest.CertPEM(cert),
			"ZOOKEEPER_TLS_KEY_PEM=" + encrypted, "ZOOKEEPER_TLS_KEY_PASSWORD=" + secrets["key password"],
			"ZOOKEEPER_USERNAME=alice", "ZOOKEEPER_PASSWORD=" + secrets["password"], "ZOOKEEPER_AUTH=digest:bob:" + secrets["auth"],
			"ZOOKEEPER_SASL_MECHANISM=DIGEST-MD5", "ZOOKEEPER_SASL_USERNAME=sally", "ZOOKEEPER_SASL_PASSWORD=" + secrets["sasl"],
		}},
		"ephemeral variables": {`
variable "secrets" {
  type      = object({ password = string, auth = string, sasl = string, key = string, key_password = string })
  ephemeral = true
}

variable "certificates" {
  type = object({ ca = string, own = string })
}

provider "zookeeper" {
  username = "alice"
  password = var.secrets.password
  auth     = [{ scheme = "digest", credential = "bob:${var.secrets.auth}" }]
  sasl     = { mechanism = "DIGEST-MD5", username = "sally", password = var.secrets.sasl }
  tls = {
    ca_pem       = var.certificates.ca
    cert_pem     = var.certificates.own
    key_pem      = var.secrets.key
    key_password = var.secrets.key_password
  }
}
` + resources, []string{
			fmt.Sprintf("TF_VAR_secrets={password=%q,auth=%q,sasl=%q,key=%q,key_password=%q}", secrets["password"], secrets["auth"], secrets["sasl"], encrypted, secrets["key password"]),
			fmt.Sprintf("TF_VAR_certificates={ca=%q,own=%q}", zktest.CertPEM(ca.Cert), zktest.CertPEM(cert)),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.Contains(tc.hcl, "ephemeral") {
				acctest.Needs(t, acctest.Ephemeral)
			}
			tree := acctest.NewTreeOn(t, server.Addr())
			cli := acctest.NewCLI(t, map[string]string{"main.tf": strings.ReplaceAll(tc.hcl, "/TestAccSecrets", tree.Base)})
			log := filepath.Join(cli.Dir, "log")
			cli.Env = append([]string{"ZOOKEEPER_SERVERS=" + server.SecureAddr(), "ZOOKEEPER_CONNECT_TIMEOUT=60", "ZOOKEEPER_SESSION_TIMEOUT=60", "TF_LOG=TRACE", "TF_LOG_PATH=" + log}, tc.env...)
			output := cli.MustRun("plan", "-no-color", "-out=plan").Output
			output += cli.MustRun("apply", "-no-color", "plan").Output
			// All four are presented, and all four own the node.
			acl, _, err := tree.Client.ACL(t.Context(), tree.Path("/a"))
			if err != nil || len(acl) != 4 {
				t.Errorf("the node has the ACL %v, %v", acl, err)
			}
			state := read(t, filepath.Join(cli.Dir, "terraform.tfstate"))
			if !strings.Contains(state, tree.Path("/a")) {
				t.Error("the state does not have the node")
			}

			// Not allowed any more: errors name who asks.
			tree.WriteACL("/a", zk.ACL{Scheme: "ip", ID: "192.0.2.1", Perms: zk.PermAll})
			failed := cli.Run("plan", "-no-color")
			if failed.Code == 0 || !acctest.Error("Permission denied", "presents digest (alice), digest (bob), sasl (sally), x509 (CN=terraform)").MatchString(failed.Output) {
				t.Errorf("exit code %d\n%s", failed.Code, failed.Output)
			}
			// Nor is a credential in the error about it.
			broken := *cli
			broken.Env = append(append([]string{}, cli.Env...), "ZOOKEEPER_AUTH="+secrets["auth"], "ZOOKEEPER_SASL_KEYTAB_FILE="+encrypted, "ZOOKEEPER_TLS_KEY_FILE="+encrypted)
			wrong := broken.Run("plan", "-no-color")
			if wrong.Code == 0 {
				t.Errorf("a broken configuration does\n%s", wrong.Output)
			}
			output += failed.Output + wrong.Output
			if text := read(t, log); !strings.Contains(text, "provider.terraform-provider-zookeeper.zk") && !strings.Contains(text, "@module=zookeeper.zk") {
				t.Error("the log has nothing of the client")
			}
			for where, text := range map[string]string{"log": read(t, log), "plan": unzip(t, filepath.Join(cli.Dir, "plan")), "state": state, "output": output} {
				for what, secret := range secrets {
					if i := strings.Index(text, secret); i >= 0 {
						t.Errorf("the %s has the %s: …%s…", where, what, text[max(0, i-300):i])
					}
				}
			}
		})
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// unzip returns all that is in a plan, one file after the other.
func unzip(t *testing.T, file string) string {
	t.Helper()
	plan, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	for _, f := range plan.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(&all, r)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := plan.Close(); err != nil {
		t.Error(err)
	}
	if !bytes.Contains(all.Bytes(), []byte("zookeeper_znode")) {
		t.Error("the plan has nothing of the resource")
	}
	return all.String()
}
