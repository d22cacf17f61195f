package functions_test

import (
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

func TestMain(m *testing.M) { os.Exit(acctest.Main(m)) }

// What the functions give is what the resource takes, and the server too: the user that
// digest made may do what the entry says, and a change of notation is no change.
func TestAccFunctions_inResources(t *testing.T) {
	acctest.Needs(t, acctest.Functions)
	tree := acctest.NewTree(t)
	config := func(letters string) string {
		return tree.ConfigAs("bob", "builder", `
locals {
  bob  = provider::zookeeper::digest("bob", "builder")
  path = provider::zookeeper::join(local.base, "web", "limits")
}

resource "zookeeper_znode" "test" {
  path = local.path
  acl  = [for e in ["digest:${local.bob}:`+letters+`", "ip:10.0.0.0/8:r"] : provider::zookeeper::acl(e)]
}

output "all" {
  value = [local.bob, local.path, provider::zookeeper::parent(local.path), provider::zookeeper::acl("auth::31")]
}`)
	}
	action := func(a plancheck.ResourceActionType) resource.ConfigPlanChecks {
		return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction("zookeeper_znode.test", a)}}
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/web/limits"),
		Steps: []resource.TestStep{
			{
				Config:           config("cdrwa"),
				ConfigPlanChecks: action(plancheck.ResourceActionCreate),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownOutputValue("all", knownvalue.TupleExact([]knownvalue.Check{
						knownvalue.StringExact(bob), knownvalue.StringExact(tree.Path("/web/limits")), knownvalue.StringExact(tree.Path("/web")),
						acctest.ACLEntry("auth", "", "cdrwa"),
					})),
				},
				Check: tree.CheckACL("/web/limits",
					zk.ACL{Scheme: "ip", ID: "10.0.0.0/8", Perms: zk.PermRead}, zk.ACL{Scheme: "digest", ID: bob, Perms: zk.PermAll}),
			},
			{Config: config("31"), ConfigPlanChecks: action(plancheck.ResourceActionNoop)},
		},
	})
}

// What encode_int makes is the number that Curator's counters read, and what these write is the number that decode_int
// makes of it.
func TestAccFunctions_countersOfCurator(t *testing.T) {
	acctest.Needs(t, acctest.Functions)
	tree := acctest.NewTree(t)
	j := acctest.Curator(t)
	j.Make(t, "retry", "org.apache.curator.retry.RetryForever", 10)
	// shared returns what a SharedCount reads, and long what a DistributedAtomicLong does.
	shared := func(rel string) any {
		j.Make(t, "count", "shared.SharedCount", "@client", tree.Path(rel), 0)
		j.Call(t, "count", "start")
		defer j.Call(t, "count", "close")
		return j.Call(t, "count", "getCount")
	}
	long := func(rel string) any {
		j.Make(t, "atomic", "atomic.DistributedAtomicLong", "@client", tree.Path(rel), "@retry")
		j.Keep(t, "got", "atomic", "get")
		return j.Call(t, "got", "postValue")
	}
	j.Make(t, "their count", "shared.SharedCount", "@client", tree.Path("/their-count"), 77)
	j.Call(t, "their count", "start")
	j.Make(t, "their atomic", "atomic.DistributedAtomicLong", "@client", tree.Path("/their-atomic"), "@retry")
	j.Keep(t, "added", "their atomic", "add", -12_345_678_901)

	step := func(ourCount, ourLong, theirCount, theirLong int64) resource.TestStep {
		return resource.TestStep{
			Config: tree.Config(fmt.Sprintf(`
resource "zookeeper_znode" "count" {
  path        = "${local.base}/count"
  data_base64 = provider::zookeeper::encode_int(%d, 32)
}

resource "zookeeper_znode" "long" {
  path        = "${local.base}/long"
  data_base64 = provider::zookeeper::encode_int(%d, 64)
}

data "zookeeper_znode" "count" { path = "${local.base}/their-count" }
data "zookeeper_znode" "atomic" { path = "${local.base}/their-atomic" }

output "theirs" {
  value = [for n in [data.zookeeper_znode.count, data.zookeeper_znode.atomic] : provider::zookeeper::decode_int(n.data_base64)]
}`, ourCount, ourLong)),
			ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("theirs", knownvalue.TupleExact([]knownvalue.Check{
				knownvalue.Int64Exact(theirCount), knownvalue.Int64Exact(theirLong),
			}))},
			Check: func(*terraform.State) error {
				if got := shared("/count"); got != float64(ourCount) {
					return fmt.Errorf("a SharedCount reads %v, want %d", got, ourCount)
				}
				if got := long("/long"); got != float64(ourLong) {
					return fmt.Errorf("a DistributedAtomicLong reads %v, want %d", got, ourLong)
				}
				return nil
			},
		}
	}
	second := step(math.MaxInt32, 1<<52, -78, -12_345_678_900)
	second.PreConfig = func() {
		j.Call(t, "their count", "setCount", -78)
		j.Keep(t, "added", "their atomic", "increment")
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/count", "/long"),
		Steps:        []resource.TestStep{step(-1234, -9_876_543_210, 77, -12_345_678_901), second},
	})
}

// An argument that comes late gives a result that comes late.
func TestAccFunctions_unknown(t *testing.T) {
	acctest.Needs(t, acctest.Functions)
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/web"),
		Steps: []resource.TestStep{{
			Config: tree.ConfigAs("bob", "builder", `
resource "terraform_data" "late" { input = ["builder", "web"] }

resource "zookeeper_znode" "test" {
  path = provider::zookeeper::join(local.base, terraform_data.late.output[1])
  acl  = [provider::zookeeper::acl("digest:${provider::zookeeper::digest("bob", terraform_data.late.output[0])}:cdrwa")]
}

output "parent" { value = provider::zookeeper::parent(zookeeper_znode.test.path) }`),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction("zookeeper_znode.test", plancheck.ResourceActionCreate),
				plancheck.ExpectUnknownOutputValue("parent"),
			}},
			ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("parent", knownvalue.StringExact(tree.Base))},
			Check:             tree.CheckACL("/web", zk.ACL{Scheme: "digest", ID: bob, Perms: zk.PermAll}),
		}},
	})
}

// An error names the argument, as the configuration has it.
func TestAccFunctions_errors(t *testing.T) {
	acctest.Needs(t, acctest.Functions)
	tests := map[string]struct {
		call string
		want []string
	}{
		"digest":      {`digest("a:b", "c")`, []string{`"user"`, "the user has a colon"}},
		"password":    {`digest("bob", "")`, []string{`"password"`, "the password is empty"}},
		"algorithm":   {`digest("bob", "builder", "bcrypt")`, []string{`"algorithm"`, `no digest is made by "bcrypt"`, "SHA-256"}},
		"null":        {`digest("bob", null)`, []string{`"password"`, "argument must not be null"}},
		"acl":         {`acl("world:anyone")`, []string{`"entry"`, "an ACL entry is scheme:id:permissions"}},
		"parent":      {`parent("web")`, []string{`"path"`, `the path "web" is not absolute`}},
		"join":        {`join("/a", "b", "c/d")`, []string{`"name"`, `the name "c/d" has a slash`}},
		"null name":   {`join("/a", null)`, []string{`"name"`, "argument must not be null"}},
		"no argument": {`acl()`, []string{"Not enough function arguments"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
				Config:      "provider \"zookeeper\" {}\n\noutput \"x\" { value = provider::zookeeper::" + tt.call + " }",
				ExpectError: acctest.Error(tt.want...),
			}}})
		})
	}
}
