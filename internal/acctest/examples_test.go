package acctest_test

import (
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"go.step.sm/crypto/pemutil"
	"software.sslmate.com/src/go-pkcs12"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/provider"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

const (
	examples = "../../examples"
	// modules is the folder of an example that has its modules.
	modules = "modules"
)

// surroundings are what is around an example where it is applied.
type surroundings struct {
	tree *acctest.Tree
	// servers replaces the servers that the example names.
	servers string
	// etc replaces the folder /etc/zookeeper.
	etc string
	env []string
	// stays are nodes that the example leaves on the servers when it is destroyed.
	stays []string
	// inTheWay is a node that the example makes on the way and does not manage, and that keeps
	// one of its resources from being destroyed.
	inTheWay string
	// noNodes tells that the example makes none.
	noNodes bool
	// strangers are what the example lets everybody do with nodes, deliberately, besides reading what
	// is no secret.
	strangers map[string]zk.Perms
	// beforeDestroy looks at what an example promises and no tree in its README shows.
	beforeDestroy func(t *testing.T, cli *acctest.CLI)
}

// special has what is around those examples that need more than any server.
var special = map[string]func(t *testing.T) surroundings{
	"guides/migrating-from-tfzk": func(t *testing.T) surroundings {
		s := ordinary(t)
		s.env = append(s.env, "TF_VAR_zookeeper_password=secret") // as in the ACL
		s.inTheWay = "/from_tfzk/jobs"
		return s
	},
	"guides/life-cycle/ignore-changes": func(t *testing.T) surroundings {
		s := ordinary(t)
		s.beforeDestroy = func(t *testing.T, cli *acctest.CLI) {
			t.Helper()
			theirs := map[string]string{"/shop/import/offset": "\xff\xfe", "/shop/settings/limits/requests": "500", "/shop/status": "up"}
			for rel, data := range theirs {
				s.tree.Write(rel, data)
			}
			applyNothing(t, cli)
			for rel, data := range theirs {
				if err := s.tree.HasData(rel, data); err != nil {
					t.Error(err)
				}
			}
		}
		return s
	},
	"guides/life-cycle/replacement": func(t *testing.T) surroundings {
		s := ordinary(t)
		s.beforeDestroy = func(t *testing.T, cli *acctest.CLI) {
			t.Helper()
			cli.Env = append(cli.Env, "TF_VAR_release=2026-12")
			cli.MustRun("apply", "-no-color", "-auto-approve")
			if err := errors.Join(
				s.tree.HasData("/shop/current", "/shop/releases/2026-12"),
				s.tree.HasData("/shop/releases/2026-12/banner", "Welcome to 2026-12"),
				s.tree.CheckGone("/shop/releases/2026-11")(nil),
			); err != nil {
				t.Error(err)
			}
		}
		return s
	},
	"guides/life-cycle/takeover": func(t *testing.T) surroundings {
		s := ordinary(t)
		s.tree.Put("/shop", "")
		s.tree.Put("/shop/limits", `{"items": 1}`)
		s.beforeDestroy = func(t *testing.T, cli *acctest.CLI) {
			t.Helper()
			const theirs = `{ "items": 100, "currency": "EUR" }`
			s.tree.Write("/shop/limits", theirs)
			applyNothing(t, cli)
			if err := s.tree.HasData("/shop/limits", theirs); err != nil {
				t.Error(err)
			}
		}
		return s
	},
	"guides/life-cycle/renamed": ordinary,
	"guides/kafka/before-brokers": func(t *testing.T) surroundings {
		s := withKafkaLogin(t)
		s.stays = []string{
			"/kafka", "/kafka/config", "/kafka/config/brokers", "/kafka/config/brokers/<default>", "/kafka/config/clients", "/kafka/config/clients/reports",
			"/kafka/config/changes",
		}
		return s
	},
	"guides/kafka/notification": func(t *testing.T) surroundings {
		s := withKafkaLogin(t)
		s.stays = []string{"/kafka/config/changes/config_change_0000000000"}
		return s
	},
	"guides/solr": func(t *testing.T) surroundings {
		s := ordinary(t)
		s.env = append(s.env, "TF_VAR_solr_password="+acctest.Password, "TF_VAR_admin_hash=hash salt")
		s.stays = []string{
			"/solr", "/solr/security.json", "/solr/clusterprops.json", "/solr/configs", "/solr/configs/shop", "/solr/configs/shop/solrconfig.xml",
			"/solr/configs/shop/schema.xml",
		}
		return s
	},
	"guides/clickhouse": func(t *testing.T) surroundings {
		s := ordinary(t)
		s.env = append(s.env, "TF_VAR_clickhouse_password="+acctest.Password)
		s.stays = []string{"/clickhouse", "/clickhouse/config", "/clickhouse/config/remote_servers", "/clickhouse/config/max_concurrent_queries"}
		return s
	},
	"guides/hadoop-and-hbase": func(t *testing.T) surroundings {
		s := ordinary(t)
		s.env = append(s.env, "TF_VAR_hdfs_password="+acctest.Password)
		s.stays = []string{"/data", "/data/hadoop", "/data/hbase"}
		return s
	},
	"guides/curator-and-spring/service":  staying("/discovery/payments"),
	"guides/curator-and-spring/counters": staying("/services/web/orders"),
	"guides/curator-and-spring/dubbo":    staying("/dubbo/mapping/com.example.Greeter"),
	"guides/curator-and-spring/helix":    staying("/helix/shop/CONFIGS/CLUSTER/shop", "/helix/shop/CONFIGS/PARTICIPANT/node1.example.com_12913"),
	"guides/life-cycle/keep":             staying("/solr/security.json"),
	"guides/secrets/outside": func(t *testing.T) surroundings {
		s := ordinary(t)
		s.beforeDestroy = func(t *testing.T, cli *acctest.CLI) {
			t.Helper()
			s.tree.Write("/services/web/database-password", "battery-7391")
			applyNothing(t, cli)
			acctest.Secrets{"the secret": "battery-7391"}.NotInFiles(t, cli.Dir, "terraform.tfstate")
		}
		return s
	},
	"guides/authentication-and-tls/tls":    withPlainTLS,
	"provider":                             withPlainTLS,
	"guides/authentication-and-tls/digest": withPlainTLS,
	"guides/acls/parents": func(t *testing.T) surroundings {
		s := ordinary(t)
		s.strangers = map[string]zk.Perms{"/features/checkout/enabled": zk.PermWrite}
		return s
	},
	"functions/decode_int": func(t *testing.T) surroundings {
		s := ordinary(t)
		s.tree.Put("/services", "")
		s.tree.Put("/services/web", "")
		s.tree.Put("/services/web/workers", "\x00\x00\x00\x08")
		s.beforeDestroy = func(t *testing.T, cli *acctest.CLI) {
			t.Helper()
			if out := strings.TrimSpace(cli.MustRun("output", "-no-color", "workers").Output); out != "8" {
				t.Errorf("the output is %q", out)
			}
		}
		return s
	},
	"data-sources/zookeeper_wait": func(t *testing.T) surroundings {
		s := ordinary(t)
		for _, rel := range []string{"/kafka", "/kafka/brokers", "/kafka/brokers/ids", "/kafka/brokers/ids/1", "/kafka/brokers/ids/2"} {
			s.tree.Put(rel, "")
		}
		return s
	},
	"actions/zookeeper_wait": func(t *testing.T) surroundings {
		s := ordinary(t)
		s.tree.Put("/services", "")
		s.tree.Put("/services/web", "")
		s.tree.Put("/services/web/state", "ready")
		s.beforeDestroy = invokes("zookeeper_wait.ready", "it holds what was expected")
		return s
	},
	"actions/zookeeper_set": func(t *testing.T) surroundings {
		s := ordinary(t)
		s.tree.Put("/services", "")
		s.beforeDestroy = invokes("zookeeper_set.reload", "Created")
		s.stays = []string{"/services/web/reload"}
		return s
	},
	"actions/zookeeper_clear": func(t *testing.T) surroundings {
		s := ordinary(t)
		for _, rel := range []string{"/services", "/services/web", "/services/web/cache", "/services/web/cache/page"} {
			s.tree.Put(rel, "")
		}
		s.beforeDestroy = invokes("zookeeper_clear.cache", "deleted 1 node")
		return s
	},
	"actions/zookeeper_create_sequential": staying("/services/web/changes/change-0000000000"),
	"actions/zookeeper_export": func(t *testing.T) surroundings {
		s := ordinary(t)
		s.tree.Put("/services", "all")
		s.beforeDestroy = func(t *testing.T, cli *acctest.CLI) {
			t.Helper()
			invokes("zookeeper_export.services", "Exported 1 node")(t, cli)
			if text := read(t, filepath.Join(cli.Dir, "services.json")); !strings.Contains(text, `"data": "all"`) {
				t.Errorf("the file has\n%s", text)
			}
		}
		return s
	},
	"data-sources/zookeeper_leader": func(t *testing.T) surroundings {
		s := ordinary(t)
		latch, err := recipe.NewLeaderLatch(s.tree.Client, s.tree.Path("/services/scheduler/leader"), recipe.LockOptions{Identifier: "scheduler-1"})
		if err != nil {
			t.Fatal(err)
		}
		held, err := latch.Lead(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = held.Release(context.WithoutCancel(t.Context())) })
		s.beforeDestroy = func(t *testing.T, cli *acctest.CLI) {
			t.Helper()
			if out := strings.TrimSpace(cli.MustRun("output", "-no-color", "leader").Output); out != `"scheduler-1"` {
				t.Errorf("the output is %s", out)
			}
		}
		return s
	},
	"data-sources/zookeeper_members": func(t *testing.T) surroundings {
		s := ordinary(t)
		s.tree.Put("/discovery", "")
		s.tree.Put("/discovery/web", "")
		s.tree.Put("/discovery/web/i1", `{"name":"web","id":"i1","address":"10.0.0.1","port":8080}`)
		s.beforeDestroy = func(t *testing.T, cli *acctest.CLI) {
			t.Helper()
			if out := cli.MustRun("output", "-no-color", "addresses").Output; !strings.Contains(out, `"10.0.0.1:8080"`) {
				t.Errorf("the output is %s", out)
			}
		}
		return s
	},
	"resources/zookeeper_ensemble_member": func(t *testing.T) surroundings {
		ensemble := acctest.OwnEnsemble(t, 3, zktest.WithConfig("reconfigEnabled", "true"))
		s := around(acctest.NewTreeOn(t, ensemble.Addrs()), ensemble.Addrs(), "TF_VAR_super_password="+zktest.SuperPassword)
		s.noNodes = true
		return s
	},
	"guides/existing-trees": func(t *testing.T) surroundings {
		s := ordinary(t)
		s.env = append(s.env, "TF_VAR_db_password=sesame")
		s.noNodes = true
		for _, node := range [][2]string{
			{"/app", ""},
			{"/app/config", ""},
			{"/app/config/banner", "hello"},
			{"/app/config/limits", "100"},
			{"/app/db", ""},
			{"/app/db/host", "db1"},
			{"/app/db/password", "sesame"},
			{"/app/brokers", "theirs"},
		} {
			s.tree.Put(node[0], node[1])
		}
		s.beforeDestroy = func(t *testing.T, cli *acctest.CLI) {
			t.Helper()
			if strings.Contains(read(t, filepath.Join(cli.Dir, "terraform.tfstate")), "sesame") {
				t.Error("the state has the secret")
			}
			if err := errors.Join(s.tree.HasData("/app/brokers", "theirs"), s.tree.HasData("/app/db/password", "sesame")); err != nil {
				t.Error(err)
			}
			if _, _, err := s.tree.Stranger().Get(t.Context(), s.tree.Path("/app/db/password")); !errors.Is(err, zk.ErrNoAuth) {
				t.Errorf("a stranger reads the secret: %v", err)
			}
		}
		return s
	},
	"service-configuration": ordinary,
	"team-acls": func(t *testing.T) surroundings {
		s := ordinary(t)
		s.beforeDestroy = func(t *testing.T, cli *acctest.CLI) { t.Helper(); checkTeams(t, s, cli) }
		return s
	},
	"chroot-bootstrap": func(t *testing.T) surroundings {
		s := ordinary(t)
		s.beforeDestroy = func(t *testing.T, cli *acctest.CLI) {
			t.Helper()
			checkRights(t, s.tree, "/solr/security.json", "admin: cdrwa, solr: cdrwa")
			if err := s.tree.HasData("/solr/security.json", read(t, filepath.Join(examples, "chroot-bootstrap", "security.json"))); err != nil {
				t.Error(err)
			}
			s.tree.Put("/solr/live_nodes", "")
			s.tree.Write("/solr/clusterprops.json", "{ \"urlScheme\" : \"https\" }") // as Solr would
			applyNothing(t, cli)
		}
		return s
	},
	"write-only-secret": func(t *testing.T) surroundings {
		s := ordinary(t)
		s.beforeDestroy = func(t *testing.T, cli *acctest.CLI) {
			t.Helper()
			if err := s.tree.HasData("/services/checkout/database/password", "another one"); err != nil {
				t.Error(err)
			}
			if state := read(t, filepath.Join(cli.Dir, "terraform.tfstate")); strings.Contains(state, acctest.Password) || strings.Contains(state, "another one") || !strings.Contains(state, "zookeeper_znode") {
				t.Errorf("the state has the secret, or nothing:\n%s", state)
			}
		}
		return s
	},
	"read-topology": func(t *testing.T) surroundings {
		s := ordinary(t)
		s.tree.Put("/brokers", "")
		s.tree.Put("/brokers/ids", "")
		kafka(s.tree)
		s.tree.Put("/controller", `{"brokerid":1}`)
		s.beforeDestroy = func(t *testing.T, cli *acctest.CLI) { t.Helper(); checkTopology(t, s, cli) }
		return s
	},
	"locked-run": func(t *testing.T) surroundings {
		s := ordinary(t)
		s.beforeDestroy = func(t *testing.T, cli *acctest.CLI) { t.Helper(); checkLocked(t, s, cli) }
		return s
	},
	"mutual-tls": func(t *testing.T) surroundings { return withTLS(t) },
	"guides/authentication-and-tls/mutual-tls": func(t *testing.T) surroundings {
		return withTLS(t)
	},
	"guides/authentication-and-tls/java-stores": func(t *testing.T) surroundings {
		return withTLS(t)
	},
	"guides/authentication-and-tls/sasl-digest": func(t *testing.T) surroundings {
		server := acctest.OwnServer(t, zktest.WithDigestLogin(t, map[string]string{"terraform": acctest.Password}))
		return around(acctest.NewTreeOn(t, server.Addr()), server.Addr(), "TF_VAR_sasl_password="+acctest.Password)
	},
	"guides/authentication-and-tls/kerberos": func(t *testing.T) surroundings {
		kdc := zktest.StartKDC(t, "EXAMPLE.COM")
		kdc.AddPrincipal(t, "terraform", acctest.Password)
		server := acctest.OwnServer(t, zktest.WithKerberosLogin(kdc))
		// The servers' principal is that of another host than the one that they are on.
		s := around(acctest.NewTreeOn(t, server.Addr()), server.Addr(), "KRB5_CONFIG="+kdc.ConfigFile(), "ZOOKEEPER_SASL_HOSTNAME="+zktest.ServiceHost)
		s.etc = t.TempDir()
		if err := os.Link(kdc.Keytab(t, "terraform"), filepath.Join(s.etc, "terraform.keytab")); err != nil {
			t.Fatal(err)
		}
		return s
	},
}

// withKafkaLogin starts a server that knows the provider and brokers by SASL.
func withKafkaLogin(t *testing.T) surroundings {
	t.Helper()
	server := acctest.OwnServer(t, zktest.WithDigestLogin(t, map[string]string{"terraform": acctest.Password, "kafka": "broker-4711"}))
	return around(acctest.NewTreeOn(t, server.Addr()), server.Addr(), "TF_VAR_sasl_password="+acctest.Password)
}

// invokes invokes an action of an example, which then says so.
func invokes(name, says string) func(t *testing.T, cli *acctest.CLI) {
	return func(t *testing.T, cli *acctest.CLI) {
		t.Helper()
		if out := cli.MustRun("apply", "-no-color", "-auto-approve", "-invoke=action."+name).Output; !strings.Contains(out, says) {
			t.Errorf("it does not say %q:\n%s", says, out)
		}
	}
}

// around is what is around an example that works on a tree.
func around(tree *acctest.Tree, addr string, env ...string) surroundings {
	return surroundings{tree: tree, servers: addr + tree.Base, env: env}
}

// withTLS starts a server that speaks TLS, and lays out what the examples name of it.
func withTLS(t *testing.T, opts ...zktest.Option) surroundings {
	t.Helper()
	ca := zktest.NewAuthority(t)
	key, cert := ca.Sign(t, &x509.Certificate{Subject: pkix.Name{CommonName: "terraform", Organization: []string{"Example"}}})
	block, err := pemutil.Serialize(key, pemutil.WithPKCS8(true), pemutil.WithPassword([]byte(acctest.Password)))
	if err != nil {
		t.Fatal(err)
	}
	keystore, err := pkcs12.Modern.Encode(key, cert, nil, acctest.Password)
	if err != nil {
		t.Fatal(err)
	}
	truststore, err := pkcs12.Modern.EncodeTrustStore([]*x509.Certificate{ca.Cert}, acctest.Password)
	if err != nil {
		t.Fatal(err)
	}
	server := acctest.OwnServer(t, append(opts, zktest.WithTLS(t, ca, zktest.ServerCertificate(time.Time{})))...)
	s := around(acctest.NewTreeOn(t, server.Addr()), server.SecureAddr(), "TF_VAR_key_password="+acctest.Password, "TF_VAR_store_password="+acctest.Password)
	s.etc = t.TempDir()
	for name, content := range map[string]string{
		"ca.pem": zktest.CertPEM(ca.Cert), "terraform.pem": zktest.CertPEM(cert), "terraform-key.pem": string(pem.EncodeToMemory(block)),
		"terraform.p12": string(keystore), "truststore.p12": string(truststore),
	} {
		if err := os.WriteFile(filepath.Join(s.etc, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// withPlainTLS starts a server that speaks TLS and asks for no certificate.
func withPlainTLS(t *testing.T) surroundings {
	t.Helper()
	return withTLS(t, zktest.WithConfig("ssl.clientAuth", "none"))
}

// placeholder matches servers that exist nowhere.
var placeholder = regexp.MustCompile(`"(?:zk1\.example\.com|localhost):[^"]*"`)

// entities returns the folders that the examples of all that the provider offers are in.
func entities(t *testing.T) map[string]bool {
	t.Helper()
	server, err := provider.NewServer(provider.New("test", new(session.Group)))
	if err != nil {
		t.Fatal(err)
	}
	schemas, err := server.GetProviderSchema(t.Context(), new(tfprotov6.GetProviderSchemaRequest))
	if err != nil {
		t.Fatal(err)
	}
	folders := map[string]bool{"provider": true}
	add := func(kind string, names iter.Seq[string]) {
		for name := range names {
			folders[kind+"/"+name] = true
		}
	}
	add("resources", maps.Keys(schemas.ResourceSchemas))
	add("data-sources", maps.Keys(schemas.DataSourceSchemas))
	add("ephemeral-resources", maps.Keys(schemas.EphemeralResourceSchemas))
	add("list-resources", maps.Keys(schemas.ListResourceSchemas))
	add("functions", maps.Keys(schemas.Functions))
	add("actions", maps.Keys(schemas.ActionSchemas))
	return folders
}

// Every example is applied to a real server as it is printed in the documentation, plans
// empty afterwards, and is destroyed; and there is one for all that the provider offers.
func TestAccExamples(t *testing.T) {
	unseen := entities(t)
	for name := range special {
		unseen[name] = true
	}
	err := filepath.WalkDir(examples, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == modules {
			return filepath.SkipDir // they belong to an example
		}
		if err != nil || !strings.HasSuffix(path, ".tf") && !strings.HasSuffix(path, ".tfquery.hcl") || filepath.Base(path) == byIdentity {
			return err
		}
		name, err := filepath.Rel(examples, filepath.Dir(path))
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		t.Run(strings.ReplaceAll(name, "/", "-"), func(t *testing.T) {
			t.Parallel()
			if strings.HasPrefix(name, "list-resources/") {
				testQuery(t, name)
				return
			}
			testExample(t, name)
		})
		delete(unseen, name)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	for name := range unseen {
		t.Errorf("there is no example of %s", name)
	}
}

// So do the examples of the README: for one server, and for production.
func TestAccREADME(t *testing.T) {
	text := read(t, "../../README.md")
	prepare := []func(t *testing.T) surroundings{ordinary, withPlainTLS}
	var found []string
	for _, m := range block.FindAllStringSubmatch(text, -1) {
		if m[1] == "hcl" {
			found = append(found, m[2])
		}
	}
	if len(found) != len(prepare) {
		t.Fatalf("the README has %d examples", len(found))
	}
	for i, hcl := range found {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			files := map[string]string{"main.tf": hcl + "\n"}
			needs(t, files)
			testFiles(t, files, prepare[i](t))
		})
	}
}

// ordinary is what is around most examples: the server that the tests share.
func ordinary(t *testing.T) surroundings {
	t.Helper()
	tree := acctest.NewTree(t)
	return around(tree, acctest.Server(t).Addr())
}

// staying is ordinary, for an example that leaves nodes to others when it is destroyed.
func staying(paths ...string) func(t *testing.T) surroundings {
	return func(t *testing.T) surroundings {
		t.Helper()
		s := ordinary(t)
		s.stays = paths
		return s
	}
}

func testExample(t *testing.T, name string) {
	t.Helper()
	prepare := ordinary
	if f, ok := special[name]; ok {
		prepare = f
	}
	files := exampleFiles(t, name)
	needs(t, files)
	if _, complete := files[readme]; complete {
		follow(t, files, prepare(t))
		return
	}
	testFiles(t, files, prepare(t))
}

// testQuery runs an example of lists, which need something to find.
func testQuery(t *testing.T, name string) {
	t.Helper()
	acctest.Needs(t, acctest.List)
	s := ordinary(t)
	for _, path := range []string{
		"/services/web/settings", "/kafka/config/topics/orders", "/kafka/config/changes", "/kafka/admin/delete_topics", "/kafka/brokers/ids/1", "/kafka/brokers/seqid",
		"/kafka/controller", "/kafka/controller_epoch", "/kafka/kafka-acl-changes", "/kafka/kafka-acl-extended-changes", "/kafka/kafka-acl/Topic/orders",
	} {
		if _, err := s.tree.Client.EnsurePath(t.Context(), s.tree.Path(path), nil); err != nil {
			t.Fatal(err)
		}
	}
	cli := acctest.NewCLI(t, exampleFiles(t, name))
	cli.Env = []string{"ZOOKEEPER_SERVERS=" + s.servers}
	found := make(map[string][]string)
	for line := range strings.Lines(cli.MustRun("query", "-no-color").Output) {
		if list, rest, ok := strings.Cut(line, "path="); ok {
			path, _, _ := strings.Cut(rest, " ")
			list = strings.TrimSpace(list)
			found[list] = append(found[list], path)
		}
	}
	for list, want := range map[string][]string{
		"services": {"/services", "/services/web", "/services/web/settings"},
		"kafka": {
			"/kafka", "/kafka/config", "/kafka/kafka-acl", "/kafka/config/topics", "/kafka/kafka-acl/Topic",
			"/kafka/config/topics/orders", "/kafka/kafka-acl/Topic/orders",
		},
	} {
		if got := found["list.zookeeper_znode."+list]; !slices.Equal(got, want) {
			t.Errorf("the list %s has %q, want %q", list, got, want)
		}
	}
	if n := len(found["list.zookeeper_znode.all"]); n != 21 {
		t.Errorf("the list of all has %d nodes", n)
	}
}

// exampleFiles returns the files of an example by name.
func exampleFiles(t *testing.T, name string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	for _, pattern := range []string{"*.*", modules + "/*/*.*"} {
		found, err := fs.Glob(os.DirFS(filepath.Join(examples, name)), pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range found {
			files[file] = read(t, filepath.Join(examples, name, file))
		}
	}
	return files
}

// signs are what shows that an example needs more than every CLI and every server has.
var signs = map[*regexp.Regexp]acctest.Feature{
	regexp.MustCompile(`provider::zookeeper::`): acctest.Functions,
	regexp.MustCompile(`(?m)^ephemeral "`):      acctest.Ephemeral,
	regexp.MustCompile(`_wo\s*=`):               acctest.WriteOnly,
	regexp.MustCompile(`(?m)^action "`):         acctest.Actions,
	regexp.MustCompile(`(?m)^removed \{`):       acctest.Removed,
	regexp.MustCompile(`ip:2001:`):              acctest.IPv6,
}

// needs skips the test of an example where there is not what that needs.
func needs(t *testing.T, files map[string]string) {
	t.Helper()
	for _, content := range files {
		for sign, feature := range signs {
			if sign.MatchString(content) {
				acctest.Needs(t, feature)
			}
		}
	}
}

// byIdentity is the file of an example that imports what the example has made.
const byIdentity = "import-by-identity.tf"

// importTo matches what is imported.
var importTo = regexp.MustCompile(`(?m)^\s*to\s*=\s*(\S+)$`)

func testFiles(t *testing.T, files map[string]string, s surroundings) {
	t.Helper()
	imports, byIdentityToo := files[byIdentity]
	delete(files, byIdentity)
	tree := s.tree
	for name, content := range files {
		content = placeholder.ReplaceAllLiteralString(content, `"`+s.servers+`"`)
		files[name] = strings.ReplaceAll(content, "/etc/zookeeper/", s.etc+"/")
	}
	cli := acctest.NewCLI(t, files)
	if !match(identity, files) { // what "auth" is in an example, is told nowhere in it
		s.env = append(s.env, "ZOOKEEPER_USERNAME=terraform", "ZOOKEEPER_PASSWORD="+acctest.Password)
	}
	cli.Env = append([]string{
		"ZOOKEEPER_SERVERS=" + s.servers, "ZOOKEEPER_CONNECT_TIMEOUT=60", "ZOOKEEPER_SESSION_TIMEOUT=60",
		"TF_VAR_servers=" + s.servers, "TF_VAR_username=demo", "TF_VAR_password=secret",
		"TF_VAR_zookeeper_password=" + acctest.Password, "TF_VAR_former_password=former-4711",
		"TF_VAR_terraform_password=" + acctest.Password, "TF_VAR_payments_password=" + acctest.Password,
		"TF_VAR_api_token=sesame", "TF_VAR_gateway_token=sesame", "TF_VAR_web_password=sesame",
	}, s.env...)
	// What an example reads and does not create is somebody else's.
	for _, path := range []string{"/secrets", "/secrets/database", "/secrets/database/password"} {
		tree.Put(path, "sesame")
	}
	before := nodes(t, tree)
	for name := range files {
		if strings.HasPrefix(name, modules) {
			cli.MustRun("get")
			break
		}
	}
	cli.MustRun("apply", "-no-color", "-auto-approve")
	empty := func(after string) {
		if run := cli.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 0 {
			t.Errorf("after %s the plan is not empty: exit code %d\n%s", after, run.Code, run.Output)
		}
	}
	empty("apply")
	checkStrangers(t, files, s, before)
	if sh, ok := files["import.sh"]; ok {
		for line := range strings.Lines(sh) {
			if args := strings.Fields(line); len(args) > 0 && args[0] == "terraform" {
				cli.MustRun("state", "rm", args[2])
				args[3] = strings.Trim(args[3], "'") // a shell would take the quotes away
				cli.MustRun(args[1:]...)
				empty(line)
			}
		}
	}
	if byIdentityToo && acctest.Has(t, acctest.Identity) {
		for _, to := range importTo.FindAllStringSubmatch(imports, -1) {
			cli.MustRun("state", "rm", to[1])
		}
		cli.Write(byIdentity, imports)
		run := cli.MustRun("apply", "-no-color", "-auto-approve")
		if !strings.Contains(run.Output, "1 imported, 0 added, 0 changed, 0 destroyed") {
			t.Errorf("the import by identity:\n%s", run.Output)
		}
		empty("the import by identity")
		cli.Write(byIdentity, "") // it can import no more what is destroyed
	}
	if s.inTheWay != "" {
		if run := cli.Run("destroy", "-no-color", "-auto-approve"); run.Code == 0 || !strings.Contains(run.Output, "Znode is not empty") {
			t.Errorf("destroy took no notice of %s: exit code %d\n%s", s.inTheWay, run.Code, run.Output)
		}
		tree.Remove(s.inTheWay)
	}
	if s.beforeDestroy != nil {
		s.beforeDestroy(t, cli)
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	after := nodes(t, tree)
	for _, rel := range s.stays {
		if _, there := after[tree.Path(rel)]; !there {
			t.Errorf("after destroy %s is gone", rel)
		}
		delete(after, tree.Path(rel))
	}
	for path, data := range after {
		if _, was := before[path]; !was && data != "" {
			t.Errorf("after destroy %s is still there, with %q", path, data)
		}
	}
}

var (
	// identity matches what a provider presents somebody by.
	identity  = regexp.MustCompile(`(?m)^\s*(username|mechanism|credential|cert_file)\s*=`)
	writeOnly = regexp.MustCompile(`(?m)^\s*data_wo\s*=`)
	// credential matches whatever an example has that is a secret.
	credential = regexp.MustCompile(`(?m)^\s*(username|mechanism|credential|key_file|data_wo)\s*=|::digest\(`)
)

// match reports whether an expression is in one of the files.
func match(e *regexp.Regexp, files map[string]string) bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(files)), e.MatchString)
}

// isSecret reports whether an example has put a secret into a node.
func isSecret(data string) bool {
	return slices.ContainsFunc([]string{"sesame", acctest.Password, "another one", "demo only"}, func(secret string) bool { return strings.Contains(data, secret) })
}

// checkStrangers tries what an example with a credential has created as a client that presents
// nobody. Nobody but those whom the example lets in may replace or delete it, or read a secret. An
// example that leaves the provider to its reader can see to its secrets alone.
func checkStrangers(t *testing.T, files map[string]string, s surroundings, before map[string]string) {
	t.Helper()
	if !match(credential, files) || s.noNodes {
		return
	}
	whole := match(identity, files) || !match(writeOnly, files)
	stranger := s.tree.Stranger()
	there := nodes(t, s.tree)
	tried := 0
	for path, data := range there {
		if _, was := before[path]; !was && (whole || isSecret(data)) {
			tried++
			checkStranger(t, stranger, path, data, s.strangers[strings.TrimPrefix(path, s.tree.Base)])
		}
	}
	if tried == 0 {
		t.Error("there is nothing to try as a stranger")
	}
	if now := nodes(t, s.tree); !maps.Equal(there, now) {
		t.Errorf("a stranger has made %q of %q", now, there)
	}
}

func checkStranger(t *testing.T, stranger *zk.Client, path, data string, may zk.Perms) {
	t.Helper()
	if isSecret(data) {
		if _, _, err := stranger.Get(t.Context(), path); !errors.Is(err, zk.ErrNoAuth) {
			t.Errorf("a stranger reads the secret of %s: %v", path, err)
		}
	}
	if _, err := stranger.Set(t.Context(), path, []byte(data), zk.AnyVersion); errors.Is(err, zk.ErrNoAuth) == (may&zk.PermWrite != 0) {
		t.Errorf("a stranger writes to %s: %v", path, err)
	}
	if _, err := stranger.SetACL(t.Context(), path, zk.OpenACL(), zk.AnyVersion); !errors.Is(err, zk.ErrNoAuth) {
		t.Errorf("a stranger changes the ACL of %s: %v", path, err)
	}
	if _, err := stranger.Create(t.Context(), path+"/strange", nil, zk.CreateOptions{}); !errors.Is(err, zk.ErrNoAuth) {
		t.Errorf("a stranger creates something below %s: %v", path, err)
	}
	if err := stranger.Delete(t.Context(), path, zk.AnyVersion); !errors.Is(err, zk.ErrNoAuth) && !errors.Is(err, zk.ErrNotEmpty) {
		t.Errorf("a stranger deletes %s: %v", path, err)
	}
}

// applyNothing has an apply find nothing to do.
func applyNothing(t *testing.T, cli *acctest.CLI) {
	t.Helper()
	if run := cli.MustRun("apply", "-no-color", "-auto-approve"); !strings.Contains(run.Output, "No changes.") {
		t.Errorf("the apply has something to do:\n%s", run.Output)
	}
}

// nodes returns the data of all nodes of a tree by path.
func nodes(t *testing.T, tree *acctest.Tree) map[string]string {
	t.Helper()
	all := make(map[string]string)
	var walk func(path string)
	walk = func(path string) {
		data, _, err := tree.Client.Get(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		all[path] = string(data)
		names, _, err := tree.Client.Children(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			walk(path + "/" + name)
		}
	}
	walk(tree.Base)
	return all
}
