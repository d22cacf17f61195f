package provider_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

// identified is a resource in the tests of identities, with the path "${local.base}/a", or
// that and a number. The node is there if the resource does not make one.
type identified struct {
	// attribute is the one with the path, where that is not "path".
	attribute string
	// config is its arguments, and changed others, for an update.
	config, changed string
	// numbered tells that the path ends with a number.
	numbered bool
	// existing tells that the resource makes no node.
	existing bool
	// quota tells that it is about the node's quota, which is not the node's end.
	quota bool
	// refused is a path that no such resource can be imported by, and why.
	refused, why string
}

var identifieds = map[string]identified{
	"zookeeper_ensure_path": {
		config: `path = "${local.base}/a"`, changed: "path = \"${local.base}/a\"\n  on_destroy = \"keep\"",
		refused: "/", why: `root "/" always exists`,
	},
	"zookeeper_quota": {
		config: "path = \"${local.base}/a\"\n  max_count = 5", changed: "path = \"${local.base}/a\"\n  max_count = 6",
		existing: true, quota: true,
		refused: "/", why: `root "/" always exists`,
	},
	"zookeeper_sequential_znode": {
		config: "path_prefix = \"${local.base}/a\"\n  data = \"one\"", changed: "path_prefix = \"${local.base}/a\"\n  data = \"two\"", numbered: true,
		refused: "/a", why: `"/a" does not end with the number of a sequential node`,
	},
	"zookeeper_znode": {
		config: "path = \"${local.base}/a\"\n  data = \"one\"", changed: "path = \"${local.base}/a\"\n  data = \"two\"",
		refused: "/zookeeper", why: `"/zookeeper" belongs to ZooKeeper itself`,
	},
	"zookeeper_znode_acl": {
		config:   "path = \"${local.base}/a\"\n  acl = [{ scheme = \"world\", id = \"anyone\", permissions = \"cdra\" }]",
		changed:  "path = \"${local.base}/a\"\n  acl = [{ scheme = \"world\", id = \"anyone\", permissions = \"cdrwa\" }]",
		existing: true,
		refused:  "a", why: `path "a" is not absolute`,
	},
	"zookeeper_znodes": {
		attribute: "base_path",
		config:    "base_path = \"${local.base}/a\"\n  data = { k = \"one\" }", changed: "base_path = \"${local.base}/a\"\n  data = { k = \"two\" }",
		// The keys that an id may have are no part of the identity.
		refused: "/a//k", why: `the path "/a//k" has an empty element`,
	},
}

// hcl is the resource with its arguments, and perhaps another block.
func (i identified) hcl(tree *acctest.Tree, typ, arguments, more string) string {
	return tree.Config(fmt.Sprintf("resource %q \"test\" {\n  %s\n}\n\n%s", typ, arguments, more))
}

func (i identified) identity() string { return cmp.Or(i.attribute, "path") }

// put makes what an import finds at the path.
func (i identified) put(t *testing.T, tree *acctest.Tree, path string) {
	t.Helper()
	tree.Put(strings.TrimPrefix(path, tree.Base), "one")
	if i.quota {
		if err := tree.Client.CreateQuota(t.Context(), path, zk.Quota{Count: 5, Bytes: zk.NoLimit, HardCount: zk.NoLimit, HardBytes: zk.NoLimit}, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// remove removes what a resource has at the path.
func (i identified) remove(t *testing.T, tree *acctest.Tree, path string) {
	t.Helper()
	if i.quota {
		now, err := tree.Client.Quota(t.Context(), path)
		if err == nil {
			err = tree.Client.DeleteQuota(t.Context(), path, now.Stat.Mzxid)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	tree.Remove(strings.TrimPrefix(path, tree.Base))
}

// path is that of the n-th node that the resource has made.
func (i identified) path(tree *acctest.Tree, n int) string {
	if i.numbered {
		return tree.Path(fmt.Sprintf("/a%010d", n))
	}
	return tree.Path("/a")
}

// The identity is the path, from the creation of a resource to its end.
func TestAccIdentity(t *testing.T) {
	acctest.Needs(t, acctest.IdentityShown)
	for typ, i := range identifieds {
		t.Run(typ, func(t *testing.T) {
			tree := acctest.NewTree(t)
			if i.existing {
				tree.Put("/a", "")
			}
			address := typ + ".test"
			step := func(arguments string, action plancheck.ResourceActionType, n int) resource.TestStep {
				return resource.TestStep{
					Config:           i.hcl(tree, typ, arguments, ""),
					ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)}},
					ConfigStateChecks: []statecheck.StateCheck{
						statecheck.ExpectIdentity(address, map[string]knownvalue.Check{i.identity(): knownvalue.StringExact(i.path(tree, n))}),
						statecheck.ExpectIdentityValueMatchesState(address, tfjsonpath.New(i.identity())),
					},
				}
			}
			steps := []resource.TestStep{
				step(i.config, plancheck.ResourceActionCreate, 0),
				{ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithResourceIdentity},
				step(i.changed, plancheck.ResourceActionUpdate, 0),
			}
			if !i.existing {
				anew := step(i.changed, plancheck.ResourceActionCreate, 1)
				anew.PreConfig = func() { tree.Remove(strings.TrimPrefix(i.path(tree, 0), tree.Base)) }
				steps = append(steps, anew)
			}
			acctest.Test(t, resource.TestCase{Steps: steps})
		})
	}
}

// A resource is imported by its identity as it is by its id.
func TestAccIdentity_import(t *testing.T) {
	acctest.Needs(t, acctest.Identity)
	for typ, i := range identifieds {
		t.Run(typ, func(t *testing.T) {
			tree := acctest.NewTree(t)
			path := i.path(tree, 0)
			i.put(t, tree, path)
			by := func(path string) string {
				return i.hcl(tree, typ, i.config, fmt.Sprintf("import {\n  to = %s.test\n  identity = { %s = %q }\n}", typ, i.identity(), path))
			}
			acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
				{Config: by(i.refused), PlanOnly: true, ExpectError: acctest.Error("Invalid import ID", i.why)},
				{Config: by(tree.Path("/none0000000000")), PlanOnly: true, ExpectError: acctest.Error("Cannot import non-existent remote object")},
				{
					Config: by(path),
					ConfigStateChecks: []statecheck.StateCheck{
						statecheck.ExpectKnownValue(typ+".test", tfjsonpath.New(i.identity()), knownvalue.StringExact(path)),
					},
				},
			}})
		})
	}
}

// States of versions of the provider that knew of no identities get one, at a refresh and at
// an update without one; and where the node is gone, the refresh of such a state removes the
// resource.
func TestAccIdentity_olderState(t *testing.T) {
	acctest.Needs(t, acctest.Identity)
	for typ, i := range identifieds {
		t.Run(typ, func(t *testing.T) {
			t.Parallel()
			tree := acctest.NewTree(t)
			path := i.path(tree, 0)
			if i.existing {
				tree.Put("/a", "")
			}
			cli := acctest.NewCLI(t, map[string]string{"main.tf": i.hcl(tree, typ, i.config, "")})
			stored := func(after, want string) {
				t.Helper()
				if got := fmt.Sprint(identities(t, cli, false)); got != want {
					t.Errorf("after %s the state has the identities %s, want %s", after, got, want)
				}
			}
			is := fmt.Sprintf("[map[%s:%s]]", i.identity(), path)
			cli.MustRun("apply", "-no-color", "-auto-approve")
			stored("a creation", is)

			identities(t, cli, true)
			stored("forgetting", "[<nil>]")
			if run := cli.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 0 {
				t.Errorf("the plan is not empty: exit code %d\n%s", run.Code, run.Output)
			}
			cli.MustRun("apply", "-no-color", "-auto-approve", "-refresh-only")
			stored("a refresh", is)

			identities(t, cli, true)
			cli.Write("main.tf", i.hcl(tree, typ, i.changed, ""))
			cli.MustRun("apply", "-no-color", "-auto-approve", "-refresh=false")
			stored("an update", is)

			identities(t, cli, true)
			i.remove(t, tree, path)
			cli.MustRun("apply", "-no-color", "-auto-approve", "-refresh-only")
			stored("a removal", "[]")
		})
	}
}

// identities returns the identities in the state of a folder, and takes them out of it when
// that is asked for.
func identities(t *testing.T, cli *acctest.CLI, forget bool) []any {
	t.Helper()
	name := filepath.Join(cli.Dir, "terraform.tfstate")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var state struct {
		Version          int            `json:"version"`
		TerraformVersion string         `json:"terraform_version"`
		Serial           int            `json:"serial"`
		Lineage          string         `json:"lineage"`
		Outputs          map[string]any `json:"outputs"`
		Resources        []struct {
			Mode      string           `json:"mode"`
			Type      string           `json:"type"`
			Name      string           `json:"name"`
			Provider  string           `json:"provider"`
			Instances []map[string]any `json:"instances"`
		} `json:"resources"`
	}
	if err := json.Unmarshal(b, &state); err != nil {
		t.Fatal(err)
	}
	var found []any
	for _, r := range state.Resources {
		for _, instance := range r.Instances {
			found = append(found, instance["identity"])
			delete(instance, "identity")
			delete(instance, "identity_schema_version")
		}
	}
	if !forget {
		return found
	}
	if b, err = json.Marshal(state); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return found
}
