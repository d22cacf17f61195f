package provider_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/provider"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// The framework checks all schemas when it is asked for them.
func TestSchema(t *testing.T) {
	t.Parallel()
	server, err := providerserver.NewProtocol6WithError(provider.New("test", new(session.Group)))()
	if err != nil {
		t.Fatal(err)
	}
	schema, err := server.GetProviderSchema(t.Context(), new(tfprotov6.GetProviderSchemaRequest))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range schema.Diagnostics {
		t.Errorf("%s: %s", d.Summary, d.Detail)
	}
	sensitive := []string{"username", "password", "auth", "auth.credential", "sasl.password", "tls.key_pem", "tls.key_password", "tls.keystore_password", "tls.truststore_password"}
	for name, a := range attributes("", schema.Provider.Block.Attributes) {
		if slices.Contains(sensitive, name) != a.Sensitive {
			t.Errorf("%s: sensitive is %v", name, a.Sensitive)
		}
		// An entry of a list comes as a whole, in the variable of its list.
		if strings.HasPrefix(name, "auth.") || strings.HasPrefix(name, "default_acl.") || strings.HasPrefix(name, "lock.acl.") {
			continue
		}
		if !a.Optional && a.NestedType == nil {
			t.Errorf("%s is not optional, and the environment may have it", name)
		}
		// The documentation names the variable that the code makes of the attribute's name.
		variable := "ZOOKEEPER_" + strings.ToUpper(strings.ReplaceAll(name, ".", "_"))
		if a.Optional && (a.NestedType == nil || name == "auth" || name == "default_acl" || name == "lock.acl") && !strings.Contains(a.Description, "Environment: `"+variable+"`") {
			t.Errorf("the description of %s does not name %s", name, variable)
		}
	}
}

// attributes returns attributes and those inside of them, by their names as in "tls.ca_file".
func attributes(prefix string, list []*tfprotov6.SchemaAttribute) map[string]*tfprotov6.SchemaAttribute {
	all := make(map[string]*tfprotov6.SchemaAttribute)
	for _, a := range list {
		all[prefix+a.Name] = a
		if a.NestedType != nil {
			maps.Copy(all, attributes(prefix+a.Name+".", a.NestedType.Attributes))
		}
	}
	return all
}

// What is a secret is write-only, and a CLI that does not know what that is does not get
// to send it: it would store it.
func TestWriteOnlyNeedsTheCLI(t *testing.T) {
	t.Parallel()
	server, err := providerserver.NewProtocol6WithError(provider.New("test", new(session.Group)))()
	if err != nil {
		t.Fatal(err)
	}
	schema, err := server.GetProviderSchema(t.Context(), new(tfprotov6.GetProviderSchemaRequest))
	if err != nil {
		t.Fatal(err)
	}
	const secret = "sesame"
	znode := schema.ResourceSchemas["zookeeper_znode"]
	kind, ok := znode.ValueType().(tftypes.Object)
	if !ok {
		t.Fatalf("the schema is a %T", znode.ValueType())
	}
	values := make(map[string]tftypes.Value)
	for name, of := range kind.AttributeTypes {
		values[name] = tftypes.NewValue(of, nil)
	}
	for name, v := range map[string]string{"path": "/a", "data_wo": secret, "data_wo_version": "1"} {
		values[name] = tftypes.NewValue(tftypes.String, v)
	}
	config, err := tfprotov6.NewDynamicValue(kind, tftypes.NewValue(kind, values))
	if err != nil {
		t.Fatal(err)
	}
	for allowed, want := range map[bool]int{true: 0, false: 1} {
		resp, err := server.ValidateResourceConfig(t.Context(), &tfprotov6.ValidateResourceConfigRequest{
			TypeName: "zookeeper_znode", Config: &config,
			ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: allowed},
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(resp.Diagnostics) != want {
			t.Errorf("allowed %v: %d diagnostics, want %d", allowed, len(resp.Diagnostics), want)
		}
		for _, d := range resp.Diagnostics {
			if d.Severity != tfprotov6.DiagnosticSeverityError || !strings.Contains(d.Detail, "data_wo") || !strings.Contains(d.Detail, "Terraform 1.11") || strings.Contains(d.Detail, secret) {
				t.Errorf("%v %s: %s", d.Severity, d.Summary, d.Detail)
			}
		}
	}
	for _, a := range znode.Block.Attributes {
		if (a.Name == "data_wo") != a.WriteOnly || (a.Name == "data_wo") != a.Sensitive {
			t.Errorf("%s: write-only is %v, sensitive is %v", a.Name, a.WriteOnly, a.Sensitive)
		}
	}
}

// An entry of an ACL may come whole from a variable, which is unknown to a validation.
func TestAccProvider_aclOfVariables(t *testing.T) {
	acctest.Needs(t, acctest.Functions)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": `
variable "entry" { type = object({ scheme = string, id = string, permissions = string }) }

provider "zookeeper" { default_acl = [var.entry] }

resource "zookeeper_znode" "test" {
  path = "/a"
  acl  = [var.entry, provider::zookeeper::acl("${var.entry.scheme}:anyone:r")]
}
`})
	cli.MustRun("validate", "-no-color")
}

func TestAccProvider_invalidConfiguration(t *testing.T) {
	tests := map[string]struct {
		hcl  string
		want []string
	}{
		"servers":          {`servers = "zk1:2181,,zk2"`, []string{"servers = ", "the server list has an empty entry"}},
		"session_timeout":  {`session_timeout = 0`, []string{"session_timeout = 0", "it is a number of seconds from 0.001"}},
		"connect_timeout":  {`connect_timeout = -1`, []string{"connect_timeout = -1", "not -1"}},
		"request_timeout":  {`request_timeout = 0`, []string{"request_timeout = 0", "it is a number of seconds from 0.001"}},
		"username alone":   {`username = "alice"`, []string{"Missing password", "Set password or ZOOKEEPER_PASSWORD as well, or neither"}},
		"password alone":   {`password = "wonderland"`, []string{"Missing username", "Set username or ZOOKEEPER_USERNAME as well, or neither"}},
		"colon in a name":  {"username = \"a:b\"\n  password = \"c\"", []string{"username = ", "has no colon"}},
		"default_acl":      {`default_acl = [{ scheme = "world", id = "anyone", permissions = "rx" }]`, []string{"default_acl = ", `permissions "rx" have the unknown letter "x"`}},
		"auth":             {`auth = [{ scheme = "digest", credential = "no-colon-in-it" }]`, []string{"auth[0].credential: a credential of the scheme digest is user:password, and there is no colon"}},
		"auth by SASL":     {`auth = [{ scheme = "sasl", credential = "alice:secret" }]`, []string{"auth[0].scheme: the scheme sasl takes no credential: set sasl of the provider"}},
		"sasl mechanism":   {`sasl = { mechanism = "PLAIN" }`, []string{`sasl.mechanism: the mechanisms are DIGEST-MD5 and GSSAPI, and not "PLAIN"`}},
		"sasl incomplete":  {`sasl = { mechanism = "DIGEST-MD5", username = "alice" }`, []string{"sasl.password: DIGEST-MD5 takes a username and a password", "Set password, or ZOOKEEPER_SASL_PASSWORD"}},
		"sasl foreign":     {`sasl = { mechanism = "DIGEST-MD5", keytab_file = "k" }`, []string{"sasl.keytab_file: a keytab", "With DIGEST-MD5, leave it out"}},
		"tls conflict":     {`tls = { ca_file = "a", ca_pem = "-----BEGIN" }`, []string{"tls.ca_file and tls.ca_pem are there for the same thing"}},
		"tls missing file": {`tls = { ca_file = "/nowhere/ca.pem" }`, []string{"tls.ca_file: there is no such file", "Name a file"}},
		"tls no PEM":       {`tls = { ca_pem = "/nowhere/ca.pem" }`, []string{"tls.ca_pem: this is text in PEM"}},
		"tls server name":  {`tls = { server_name = "zk1:2281" }`, []string{"tls.server_name: this is the name of a host"}},
		"retry tries":      {`retry = { max_tries = 0 }`, []string{"or -1 for no limit, and not 0"}},
		"retry delay":      {`retry = { delay = 0 }`, []string{"retry.delay: it is a number of seconds from 0.001"}},
		"retry backoff":    {`retry = { backoff = 0.9 }`, []string{"retry.backoff", "a number from 1, and not 0.9"}},
		"retry jitter":     {`retry = { jitter = 1.1 }`, []string{"retry.jitter", "from 0 to 1, and not 1.1"}},
		"retry max_delay":  {`retry = { delay = 3, max_delay = 1 }`, []string{"the longest wait, 1s, is shorter than the first, 3s"}},
		"read_only":        {`read_only = "perhaps"`, []string{"read_only = ", "a bool is required"}},
		"max_buffer_bytes": {`max_buffer_bytes = 0`, []string{"max_buffer_bytes = 0", "between 1 and 2147483647, got: 0"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
				Config:      fmt.Sprintf("provider \"zookeeper\" {\n  %s\n}\n\nresource \"zookeeper_znode\" \"test\" { path = \"/a\" }", tt.hcl),
				ExpectError: acctest.Error(tt.want...),
				PlanOnly:    true,
			}}})
		})
	}
}

// The servers are known only once another resource has been created. What is planned
// meanwhile needs no connection; what does says so, and names the attribute.
func TestAccProvider_unknownConfiguration(t *testing.T) {
	tree := acctest.NewTree(t)
	address := acctest.Server(t).Addr()
	config := func(hcl string) string {
		return fmt.Sprintf(`resource "terraform_data" "cluster" { input = %q }

provider "zookeeper" { servers = terraform_data.cluster.output }

%s`, address, hcl)
	}
	znode := fmt.Sprintf("resource \"zookeeper_znode\" \"test\" {\n  path = %q\n  data = \"x\"\n}\n", tree.Path("/a"))
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				Config:      config(`data "zookeeper_znode" "test" { path = "/" }`),
				ExpectError: acctest.Error("Provider is not configured yet", "known only after apply: servers", "-target"),
			},
			{
				Config: config(znode),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction("zookeeper_znode.test", plancheck.ResourceActionCreate),
				}},
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue("zookeeper_znode.test", tfjsonpath.New("data"), knownvalue.StringExact("x")),
				},
				Check: tree.CheckData("/a", "x"),
			},
		},
	})
}

// All paths are below the chroot, those in messages too.
func TestAccProvider_chroot(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/app", "")
	config := func(hcl string) string {
		return fmt.Sprintf("provider \"zookeeper\" { servers = \"%s%s\" }\n\n%s", acctest.Server(t).Addr(), tree.Path("/app"), hcl)
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/app/a"),
		Steps: []resource.TestStep{
			{
				Config: config("resource \"zookeeper_znode\" \"test\" {\n  path = \"/a\"\n  data = \"x\"\n}\n\ndata \"zookeeper_children\" \"root\" {\n  path = \"/\"\n  depends_on = [zookeeper_znode.test]\n}"),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction("zookeeper_znode.test", plancheck.ResourceActionCreate),
				}},
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue("data.zookeeper_children.root", tfjsonpath.New("children"), knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact("a")})),
				},
				Check: tree.CheckData("/app/a", "x"),
			},
			{
				Config: config("resource \"zookeeper_znode\" \"other\" { path = \"/a\" }\n\nresource \"zookeeper_znode\" \"test\" {\n  path = \"/a\"\n  data = \"x\"\n}"),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction("zookeeper_znode.other", plancheck.ResourceActionCreate),
				}},
				ExpectError: acctest.Error("Znode already exists", `"/a" exists on the server`),
			},
		},
	})
}

// A chroot that does not exist drops nothing from the state. When it has been created again, the
// next apply creates what was below it.
func TestAccProvider_chrootGone(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/app", "")
	cli := acctest.NewCLI(t, map[string]string{"main.tf": fmt.Sprintf(
		"provider \"zookeeper\" { servers = \"%s%s\" }\n\nresource \"zookeeper_znode\" \"test\" {\n  path = \"/a\"\n  data = \"x\"\n}\n", acctest.Server(t).Addr(), tree.Path("/app"))})
	cli.MustRun("apply", "-no-color", "-auto-approve")
	tree.Remove("/app/a")
	tree.Remove("/app")
	run := cli.Run("apply", "-no-color", "-auto-approve")
	if want := acctest.Error("Chroot does not exist", tree.Path("/app"), "The state stays as it is"); run.Code != 1 || !want.MatchString(run.Output) {
		t.Errorf("exit code %d\n%s", run.Code, run.Output)
	}
	if got := strings.TrimSpace(cli.MustRun("state", "list").Output); got != "zookeeper_znode.test" {
		t.Errorf("the state has %q", got)
	}
	tree.Put("/app", "")
	cli.MustRun("apply", "-no-color", "-auto-approve")
	if err := tree.HasData("/app/a", "x"); err != nil {
		t.Error(err)
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
}

// One user's provider guards a node, which another user's may not read.
func TestAccProvider_digest(t *testing.T) {
	tree := acctest.NewTree(t)
	guarded := zk.ACL{Scheme: "digest", ID: acctest.UserID(), Perms: zk.PermAll}
	hcl := fmt.Sprintf("resource \"zookeeper_znode\" \"test\" {\n  path = \"${local.base}/a\"\n  data = \"x\"\n  acl = [{ scheme = \"digest\", id = %q, permissions = \"cdrwa\" }]\n}", acctest.UserID())
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				Config: tree.ConfigAs(acctest.User, acctest.Password, hcl),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction("zookeeper_znode.test", plancheck.ResourceActionCreate),
				}},
				Check: tree.CheckACL("/a", guarded),
			},
			{
				Config:      tree.ConfigAs("bob", "builder", hcl),
				ExpectError: acctest.Error("Permission denied", `read the znode "`+tree.Path("/a")+`"`, "The provider presents digest (bob)"),
			},
		},
	})
}
