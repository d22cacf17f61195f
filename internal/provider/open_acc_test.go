package provider_test

import (
	"slices"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

// Somebody else deletes the nodes of secrets and creates others, for themselves to read. What a
// refresh saves does not make these the resources' own: the apply closes them before it writes, and
// where ignore_changes keeps it from that, the plan says who is let in.
func TestAccSecret_madeAgain(t *testing.T) {
	acctest.Needs(t, acctest.WriteOnly)
	t.Parallel()
	tree := acctest.NewTree(t)
	tree.PutGuarded("/app", "", ofAlice)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": `
resource "zookeeper_znode" "one" {
  path            = "/app/one"
  data_wo         = "secret"
  data_wo_version = "1"
}

resource "zookeeper_sequential_znode" "numbered" {
  path_prefix     = "/app/n-"
  data_wo         = "secret"
  data_wo_version = "1"
}

resource "zookeeper_znodes" "many" {
  base_path       = "/app/many"
  data            = { public = "public" }
  data_wo         = { a = "secret", b = "secret" }
  data_wo_version = "1"
}

resource "zookeeper_znode" "shared" {
  path            = "/app/shared"
  data_wo         = "secret"
  data_wo_version = "1"
}

resource "zookeeper_znode_acl" "shared" {
  path = zookeeper_znode.shared.path
  acl = [
    { scheme = "auth", id = "", permissions = "cdrwa" },
    { scheme = "ip", id = "10.0.0.1", permissions = "r" },
  ]
}

resource "zookeeper_znode" "ignored" {
  path            = "/app/ignored"
  data_wo         = "secret"
  data_wo_version = "1"
  acl             = [{ scheme = "auth", id = "", permissions = "cdrwa" }]

  lifecycle {
    ignore_changes = [acl]
  }
}
`})
	cli.Env = []string{
		"ZOOKEEPER_SERVERS=" + acctest.Server(t).Addr() + tree.Base, "ZOOKEEPER_USERNAME=" + acctest.User, "ZOOKEEPER_PASSWORD=" + acctest.Password,
		"ZOOKEEPER_DEFAULT_ACL=auth::cdrwa",
	}
	if out := cli.MustRun("apply", "-no-color", "-auto-approve").Output; strings.Contains(out, "Warning: Secret") {
		t.Errorf("the first apply warns:\n%s", out)
	}
	names, _, err := tree.Client.Children(t.Context(), tree.Path("/app"))
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(names, func(name string) bool { return strings.HasPrefix(name, "n-") })
	closed := []string{"/app/one", "/app/" + names[at], "/app/many/a"}
	for _, node := range append(slices.Clone(closed), "/app/ignored", "/app/shared") {
		tree.Remove(node)
		tree.PutGuarded(node, "theirs", ofAlice, mallory)
	}
	cli.MustRun("apply", "-no-color", "-auto-approve", "-refresh-only")
	out := cli.MustRun("apply", "-no-color", "-auto-approve").Output
	for _, says := range []string{
		"ACL of another's znode will be replaced", "more similar warning",
		"ACLs of others' znodes will be replaced", `"/app/many/a": digest:alice:…:cdrwa,digest:mallory:…:r`,
		"Secret is open to others", `goes to "/app/ignored", which exists, and its ACL has digest:mallory:…:r`, "acl is in ignore_changes, and so it does not count",
	} {
		if !acctest.Error(says).MatchString(out) {
			t.Errorf("the apply does not say %q:\n%s", says, out)
		}
	}
	for _, node := range append(slices.Clone(closed), "/app/many/b", "/app/ignored", "/app/shared") {
		want := []zk.ACL{ofAlice}
		switch node {
		case "/app/ignored":
			want = append(want, mallory)
		case "/app/shared":
			want = append(want, zk.ACL{Scheme: "ip", ID: "10.0.0.1", Perms: zk.PermRead})
		}
		acl, _, err := tree.Client.ACL(t.Context(), tree.Path(node))
		if err != nil || !attr.SameACL(acl, want, nil) {
			t.Errorf("the ACL of %s is %v, %v", node, acl, err)
		}
		if err := tree.HasData(node, "secret"); err != nil {
			t.Error(err)
		}
	}
	if plan := cli.MustRun("plan", "-no-color").Output; !strings.Contains(plan, "No changes") || strings.Contains(plan, "Warning: Secret") {
		t.Errorf("another plan:\n%s", plan)
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
}
