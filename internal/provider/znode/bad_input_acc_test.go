package znode_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// What a plan can know, it refuses, and names the attribute. Nothing is connected to.
func TestAccZnode_invalidConfiguration(t *testing.T) {
	tests := map[string]struct {
		hcl  string
		want []string
	}{
		"relative path":       {`path = "a"`, []string{`path = "a"`, `path "a" is not absolute`}},
		"slash at the end":    {`path = "/a/"`, []string{`path = "/a/"`, "ends with /"}},
		"root":                {`path = "/"`, []string{`path = "/"`, `root "/" always exists and cannot be managed`}},
		"ZooKeeper's own":     {`path = "/zookeeper/config"`, []string{`path = "/zookeeper/config"`, "belongs to ZooKeeper itself"}},
		"unknown letter":      {"path = \"/a\"\n  acl = [{ scheme = \"world\", id = \"anyone\", permissions = \"rwx\" }]", []string{"acl = [", `Entry "world:anyone": permissions "rwx" have the unknown letter "x"`}},
		"letter, parents":     {"path = \"/a\"\n  parent_acl = [{ scheme = \"world\", id = \"anyone\", permissions = \"rwx\" }]", []string{"parent_acl = [", `Entry "world:anyone": permissions "rwx" have the unknown letter "x"`}},
		"mask out of range":   {"path = \"/a\"\n  acl = [{ scheme = \"world\", id = \"anyone\", permissions = 32 }]", []string{"acl = [", `permissions "32" are no bit mask from 1 to 31`}},
		"no entries":          {"path = \"/a\"\n  acl = []", []string{"acl = []", "An ACL without entries lets nobody in"}},
		"no entries, parents": {"path = \"/a\"\n  parent_acl = []", []string{"parent_acl = []", "An ACL without entries lets nobody in"}},
		"clear password":      {"path = \"/a\"\n  acl = [{ scheme = \"digest\", id = \"bob:builder\", permissions = \"r\" }]", []string{`what follows "bob:" is no digest`}},
		"invalid base64":      {"path = \"/a\"\n  data_base64 = \"????\"", []string{"data_base64 =", "it is wrong from character 1 of 4 on"}},
		"data twice":          {"path = \"/a\"\n  data = \"a\"\n  data_base64 = \"YQ==\"", []string{`data_base64 = "YQ=="`, "data and data_base64 are both set"}},
		"data and secret":     {"path = \"/a\"\n  data = \"a\"\n  data_wo = \"b\"\n  data_wo_version = \"1\"", []string{"data_wo = ", "data and data_wo are both set"}},
		"base64 and secret":   {"path = \"/a\"\n  data_base64 = \"YQ==\"\n  data_wo = \"b\"\n  data_wo_version = \"1\"", []string{"data_wo = ", "data_base64 and data_wo are both set"}},
		"secret, no version":  {"path = \"/a\"\n  data_wo = \"b\"", []string{"Missing data_wo_version", `data_wo_version = "1"`}},
		"version, no secret":  {"path = \"/a\"\n  data_wo_version = \"1\"", []string{"Unexpected data_wo_version", `data_wo_version = "1"`, "data_wo is null"}},
		"secret is null":      {"path = \"/a\"\n  data_wo = null\n  data_wo_version = \"1\"", []string{"Unexpected data_wo_version"}},
		"empty version":       {"path = \"/a\"\n  data_wo = \"b\"\n  data_wo_version = \"\"", []string{`data_wo_version = ""`, "at least 1"}},
		"ACL without an id":   {"path = \"/a\"\n  acl = [{ scheme = \"auth\", permissions = \"r\" }]", []string{"acl = [", "id is missing"}},
		"ACL of null":         {"path = \"/a\"\n  acl = [null]", []string{"acl = [null]", "An entry is null"}},
		"unknown mode":        {"path = \"/a\"\n  mode = \"ephemeral\"", []string{"mode = ", `"persistent" "container" "ttl"`}},
		"ttl without ttl_ms":  {"path = \"/a\"\n  mode = \"ttl\"", []string{"Missing ttl_ms", `mode = "ttl" needs ttl_ms`}},
		"ttl_ms without ttl":  {"path = \"/a\"\n  ttl_ms = 5", []string{"ttl_ms = 5", `Only a node of mode = "ttl" has a time to live`}},
		"ttl_ms of nothing":   {"path = \"/a\"\n  mode = \"ttl\"\n  ttl_ms = 0", []string{"ttl_ms = 0", "between 1 and 1099511627775, got: 0"}},
		"ttl_ms too long":     {"path = \"/a\"\n  mode = \"ttl\"\n  ttl_ms = 1099511627776", []string{"ttl_ms = 1099511627776", "between 1 and 1099511627775"}},
		"data too large": {
			"path = \"/a\"\n  data = join(\"\", [for i in range(1024) : format(\"%01024d\", i)])",
			[]string{"data = join", `The request for "/a" would take`, "servers accept 1048575 (max_buffer_bytes)", "jute.maxbuffer"},
		},
		"secret too large": {
			"path = \"/a\"\n  data_wo_version = \"1\"\n  data_wo = join(\"\", [for i in range(1024) : format(\"%01024d\", i)])",
			[]string{"data_wo = join", `The request for "/a" would take`, "servers accept 1048575 (max_buffer_bytes)", "jute.maxbuffer"},
		},
		"base64 too large": {
			"path = \"/a\"\n  data_base64 = base64encode(join(\"\", [for i in range(1024) : format(\"%01024d\", i)]))",
			[]string{"data_base64 = ", `The request for "/a" would take`, "servers accept 1048575 (max_buffer_bytes)"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if name == "secret too large" { // the rest is found by validation, which every CLI asks for
				acctest.Needs(t, acctest.WriteOnly)
			}
			acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
				Config:      fmt.Sprintf("provider \"zookeeper\" { servers = %q }\n\nresource \"zookeeper_znode\" \"test\" {\n  %s\n}", nobodyThere, tt.hcl),
				ExpectError: acctest.Error(tt.want...),
				PlanOnly:    true,
			}}})
		})
	}
}

// nobodyThere is an address that refuses connections: nothing listens on port 1.
const nobodyThere = "127.0.0.1:1"

// The limit is the one that is configured, and it is what the server goes by: a request that
// just fits is sent, and one byte more is refused in the plan. A node that is there is written
// by another request than one that is created, and may hold more.
func TestAccZnode_sizeLimit(t *testing.T) {
	tree := acctest.NewTree(t)
	fill := func(empty int) string { return strings.Repeat("x", zk.DefaultMaxBufferBytes-empty) }
	created := fill(zk.CreateSize(tree.Path("/a"), nil, zk.CreateOptions{ACL: zk.OpenACL()}))
	set := fill(zk.SetSize(tree.Path("/a"), nil))
	config := func(more string) string {
		return tree.Config("resource \"zookeeper_znode\" \"test\" {\n  path = \"${local.base}/a\"\n" + more + "\n}")
	}
	data := func(data string) string { return "  data = \"" + data + "\"" }
	bob := func(more int) string { // an ACL whose request takes so many bytes more than the servers accept
		acl := []zk.ACL{{Scheme: "sasl"}, {Scheme: "world", ID: "anyone"}}
		name := strings.Repeat("b", zk.DefaultMaxBufferBytes-zk.SetACLSize(tree.Path("/a"), acl)+more)
		return "\n  acl = [{ scheme = \"sasl\", id = \"" + name + "\", permissions = \"r\" }, { scheme = \"world\", id = \"anyone\", permissions = \"cdrwa\" }]"
	}
	const over = "would take 1048576 bytes, and the servers accept 1048575 (max_buffer_bytes)"
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				Config:      config(data(created + "x")),
				ExpectError: acctest.Error("Data is too large", over),
			},
			{
				PreConfig:        holds(t, tree.CheckGone("/a")),
				Config:           config(data(created)),
				ConfigPlanChecks: planned(create),
				Check:            tree.CheckData("/a", created),
			},
			{
				Config:           config(data(set)),
				ConfigPlanChecks: planned(update),
				Check:            tree.CheckData("/a", set),
			},
			{
				Config:      config(data(set + "x")),
				ExpectError: acctest.Error("Data is too large", over),
			},
			{
				PreConfig:   holds(t, tree.CheckData("/a", set)),
				Config:      tree.ConfigFor("max_buffer_bytes = 1000", "resource \"zookeeper_znode\" \"test\" {\n  path = \"${local.base}/a\"\n  data = \""+strings.Repeat("y", 1000)+"\"\n}"),
				ExpectError: acctest.Error("Data is too large", "the servers accept 1000 (max_buffer_bytes)"),
			},
			{
				Config:      config(data("small") + bob(1)),
				ExpectError: acctest.Error("ACL is too large", over),
			},
			{
				PreConfig:   holds(t, tree.CheckData("/a", set)),
				Config:      config(data("small")) + "\n\nresource \"zookeeper_znode_acl\" \"test\" {\n  path = zookeeper_znode.test.path\n" + bob(1) + "\n}",
				ExpectError: acctest.Error("ACL is too large", over),
			},
		},
	})
}

// The time to live is a part of the request.
func TestAccZnode_sizeLimitTTL(t *testing.T) {
	tree := acctest.NewTree(t)
	fits := strings.Repeat("x", zk.DefaultMaxBufferBytes-zk.CreateSize(tree.Path("/a"), nil, zk.CreateOptions{ACL: zk.OpenACL()})-8)
	config := func(data string) string {
		return tree.Config("resource \"zookeeper_znode\" \"test\" {\n  path = \"${local.base}/a\"\n  mode = \"ttl\"\n  ttl_ms = 3600000\n  data = \"" + data + "\"\n}")
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				Config:      config(fits + "x"),
				ExpectError: acctest.Error("Data is too large", "would take 1048576 bytes"),
			},
			{
				PreConfig:        holds(t, tree.CheckGone("/a")),
				Config:           config(fits),
				ConfigPlanChecks: planned(create),
				Check:            tree.CheckData("/a", fits),
			},
		},
	})
}

func TestAccZnode_parentMissing(t *testing.T) {
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/p"),
		Steps: []resource.TestStep{{
			Config: tree.Config(`resource "zookeeper_znode" "test" {
  path           = "${local.base}/p/a"
  create_parents = false
}`),
			ConfigPlanChecks: planned(create),
			ExpectError:      acctest.Error("Parent does not exist", tree.Path("/p/a")+`" was not created, because its parent "`+tree.Path("/p")+`" does not exist`, "create_parents = true"),
		}},
	})
}

// What a failed creation made on its way is told.
func TestAccZnode_parentsOfAFailure(t *testing.T) {
	tree := acctest.NewTree(t)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(`resource "zookeeper_znode" "test" {
  path       = "${local.base}/p/q/a"
  parent_acl = [{ scheme = "world", id = "anyone", permissions = "rd" }]
}`)})
	run := cli.Run("apply", "-no-color", "-auto-approve")
	want := acctest.Error("Permission denied", `CREATE (c) on "`+tree.Path("/p")+`"`)
	warning := acctest.Error("Parents were made", `made the missing parents "`+tree.Path("/p")+`".`, "They stay")
	if run.Code == 0 || !want.MatchString(run.Output) || !warning.MatchString(run.Output) {
		t.Errorf("exit code %d\n%s", run.Code, run.Output)
	}
	if err := tree.HasData("/p", ""); err != nil {
		t.Error(err)
	}
	if err := tree.CheckGone("/p/q")(nil); err != nil {
		t.Error(err)
	}
}

func TestAccZnode_parentIsEphemeral(t *testing.T) {
	tree := acctest.NewTree(t)
	if _, err := tree.Client.Create(t.Context(), tree.Path("/e"), nil, zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
		t.Fatal(err)
	}
	var steps []resource.TestStep
	for _, rel := range []string{"/e/a", "/e/a/b"} {
		steps = append(steps, resource.TestStep{
			Config:           tree.Config(`resource "zookeeper_znode" "test" { path = "${local.base}` + rel + `" }`),
			ConfigPlanChecks: planned(create),
			ExpectError:      acctest.Error("Parent is ephemeral", `create the znode "`+tree.Path(rel)+`", because "`+tree.Path("/e")+`" is an ephemeral node`),
		})
	}
	acctest.Test(t, resource.TestCase{Steps: steps})
}

// Every permission that an operation needs is named, with the node that it is needed on,
// and with who asked for it.
func TestAccZnode_permissionDenied(t *testing.T) {
	tree := acctest.NewTree(t)
	all := zk.ACL{Scheme: "digest", ID: acctest.UserID(), Perms: zk.PermAll}
	anyone := func(perms zk.Perms) zk.ACL { return zk.ACL{Scheme: "world", ID: "anyone", Perms: perms} }
	tree.PutGuarded("/closed", "", all, anyone(zk.PermRead))
	tree.PutGuarded("/closed/a", "theirs", all, anyone(zk.PermRead))
	tree.PutGuarded("/secret", "theirs", all)
	config := func(rel, more string) string {
		return "resource \"zookeeper_znode\" \"test\" {\n  path = \"${local.base}" + rel + "\"\n" + more + "\n}"
	}
	adopt := config("/closed/a", "  data = \"ours\"\n  adopt_existing = true")
	unchanged := holds(t, resource.ComposeTestCheckFunc(
		tree.CheckData("/closed/a", "theirs"), tree.CheckVersions("/closed/a", 0, 0), tree.CheckData("/secret", "theirs"), tree.CheckGone("/closed/new")))
	acctest.Test(t, resource.TestCase{
		Steps: []resource.TestStep{
			{
				Config:           tree.Config(config("/closed/new", "")),
				ConfigPlanChecks: planned(create),
				ExpectError: acctest.Error("Permission denied", `did not let the provider create the znode "`+tree.Path("/closed/new")+`"`,
					`needs the permission CREATE (c) on "`+tree.Path("/closed")+`"`, "presents no identity (none of username, auth, sasl and a certificate in tls is set)"),
			},
			{
				PreConfig:        unchanged,
				Config:           tree.ConfigAs(acctest.User, "a wrong password", adopt),
				ConfigPlanChecks: planned(create),
				ExpectError: acctest.Error("Permission denied", "WRITE (w)", tree.Path("/closed/a"), "presents digest (alice)",
					"ZooKeeper never says that a password is wrong"),
			},
			{
				PreConfig:        unchanged,
				Config:           tree.ConfigAs(acctest.User, "a wrong password", config("/secret", "  adopt_existing = true")),
				ConfigPlanChecks: planned(create),
				ExpectError:      acctest.Error("Permission denied", "READ (r)", tree.Path("/secret"), "presents digest (alice)"),
			},
			{
				PreConfig:        unchanged,
				Config:           tree.ConfigAs(acctest.User, "a wrong password", config("/closed/a", "  acl = [{ scheme = \"world\", id = \"anyone\", permissions = 31 }]\n  adopt_existing = true")),
				ConfigPlanChecks: planned(create),
				ExpectError:      acctest.Error("Permission denied", "ADMIN (a)", tree.Path("/closed/a")),
			},
			{
				PreConfig:        unchanged,
				Config:           tree.ConfigAs(acctest.User, acctest.Password, adopt),
				ConfigPlanChecks: planned(create),
				Check:            tree.CheckData("/closed/a", "ours"),
			},
			{
				Config:           tree.ConfigAs(acctest.User, "a wrong password", ``),
				ConfigPlanChecks: planned(destroy),
				ExpectError:      acctest.Error("Permission denied", `delete the znode "`+tree.Path("/closed/a")+`"`, `DELETE (d) on "`+tree.Path("/closed")+`"`),
			},
			{
				PreConfig:        holds(t, tree.CheckData("/closed/a", "ours")),
				Config:           tree.ConfigAs(acctest.User, acctest.Password, ``),
				ConfigPlanChecks: planned(destroy),
				Check:            tree.CheckGone("/closed/a"),
			},
		},
	})
}

// A node whose ACL does not let its creator read it exists all the same, and the state
// must know of it.
func TestAccZnode_unreadableAfterCreation(t *testing.T) {
	tree := acctest.NewTree(t)
	config := tree.Config(withACL(`[{ scheme = "world", id = "anyone", permissions = "wd" }]`))
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				Config:           config,
				ConfigPlanChecks: planned(create),
				// The apply succeeds; the refresh that follows is what fails.
				ExpectError: acctest.Error("Error running post-apply refresh plan", "Permission denied", `read the znode "`+tree.Path("/a")+`"`, "READ"),
			},
			{
				PreConfig: func() { tree.WriteACL("/a", acctest.Open()) },
				Config:    tree.Config(withACL(`[{ scheme = "world", id = "anyone", permissions = 31 }]`)),
				// Not created again: it was never lost.
				ConfigPlanChecks: planned(nothing),
			},
		},
	})
}

func TestAccZnode_authNeedsAnIdentity(t *testing.T) {
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{{
			Config:      tree.Config(withACL(`[{ scheme = "auth", id = "", permissions = 31 }]`)),
			PlanOnly:    true,
			ExpectError: acctest.Error("Invalid ACL entry", "acl  = [", `"auth" stands for the identities that the provider presents, and it presents none`, "Set username and password"),
		}},
	})
}

func TestAccZnode_ttlIsSwitchedOff(t *testing.T) {
	tree := acctest.NewTreeOn(t, acctest.OwnServer(t).Addr())
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{{
			Config: tree.Config(`resource "zookeeper_znode" "test" {
  path   = "${local.base}/a"
  mode   = "ttl"
  ttl_ms = 1000
}`),
			ConfigPlanChecks: planned(create),
			ExpectError:      acctest.Error("ZooKeeper does not support this", tree.Path("/a"), "zookeeper.extendedTypesEnabled=true"),
		}},
	})
}

// Nobody answers: the error comes within the connect timeout, and names each server and
// what is wrong with it. What needs no server, such as the plan, works all the same.
func TestAccZnode_unreachable(t *testing.T) {
	silent := zktest.StartPeer(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 1<<10))
		_, _ = c.Read(make([]byte, 1)) // until the client gives up
	})
	foreign := zktest.StartPeer(t, func(c net.Conn) {
		_, _ = c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
		_, _ = c.Read(make([]byte, 1<<10))
	})
	var began time.Time
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: fmt.Sprintf(`provider "zookeeper" {
  servers         = "%s,%s,%s"
  connect_timeout = 2
}

resource "zookeeper_znode" "test" {
  count = 20
  path  = "/a${count.index}"
}`, nobodyThere, silent, foreign),
		ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
			plancheck.ExpectResourceAction("zookeeper_znode.test[0]", create),
			acctest.Meanwhile(func() { began = time.Now() }),
		}},
		ExpectError: acctest.Error("Cannot reach ZooKeeper", "within connect_timeout", nobodyThere+": connect: connection refused", silent+":", foreign+":", "HTTP"),
	}}})
	// Twenty resources wait once and together.
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the error took %v with a connect timeout of 2s", took)
	}
}
