package znodes_test

import (
	"fmt"
	"maps"
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

const (
	address = "zookeeper_znodes.test"

	create  = plancheck.ResourceActionCreate
	update  = plancheck.ResourceActionUpdate
	replace = plancheck.ResourceActionReplace
	destroy = plancheck.ResourceActionDestroy
	nothing = plancheck.ResourceActionNoop
)

type attrs = map[string]knownvalue.Check

var (
	yes  = knownvalue.Bool(true)
	no   = knownvalue.Bool(false)
	null = knownvalue.Null()
)

func text(s string) knownvalue.Check { return knownvalue.StringExact(s) }

// planned expects the action, and does something between the plan and the apply.
func planned(action plancheck.ResourceActionType, meanwhile ...func()) resource.ConfigPlanChecks {
	checks := []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)}
	for _, do := range meanwhile {
		checks = append(checks, acctest.Meanwhile(do))
	}
	return resource.ConfigPlanChecks{PreApply: checks}
}

// nodes checks a map of nodes.
func nodes(content map[string]string) knownvalue.Check {
	checks := make(map[string]knownvalue.Check, len(content))
	for key, s := range content {
		checks[key] = text(s)
	}
	return knownvalue.MapExact(checks)
}

// keys checks a set of keys.
func keys(of ...string) knownvalue.Check {
	checks := make([]knownvalue.Check, len(of))
	for i, key := range of {
		checks[i] = text(key)
	}
	return knownvalue.SetExact(checks)
}

var positive = knownvalue.Int64Func(func(v int64) error {
	if v <= 0 {
		return fmt.Errorf("%d is not positive", v)
	}
	return nil
})

// state checks all attributes: those of nodes with the data, and otherwise the defaults,
// except what is given.
func state(tree *acctest.Tree, data map[string]string, except attrs) []statecheck.StateCheck {
	want := attrs{
		"base_path":       text(tree.Path("/app")),
		"data":            nodes(data),
		"data_base64":     null,
		"data_wo":         null,
		"data_wo_version": null,
		"acl":             null,
		"exclusive":       no,
		"atomic":          yes,
		"zxid":            positive,
		"data_wo_keys":    null,
		"compare":         text("bytes"),
		"adopt_existing":  no,
		"on_destroy":      text("delete"),
	}
	maps.Copy(want, except)
	return []statecheck.StateCheck{acctest.Attributes(address, want)}
}

// znodes is a resource with data, and with more attributes, below local.base/app.
func znodes(data map[string]string, more string) string {
	s := "resource \"zookeeper_znodes\" \"test\" {\n  base_path = \"${local.base}/app\"\n  " + more + "\n  data = {\n"
	for key, content := range data {
		s += fmt.Sprintf("    %q = %q\n", key, content)
	}
	return s + "  }\n}\n"
}

// holding returns what is at and below a node of the tree, by the paths relative to it.
func holding(tree *acctest.Tree, rel string) (map[string]string, error) {
	found := make(map[string]string)
	err := tree.Client.Walk(tree.Context(), tree.Path(rel), -1, func(r zk.Reading) error {
		found[r.Path[len(tree.Path(rel)):]] = string(r.Data)
		return nil
	})
	return found, err
}

// holds checks all that is at and below /app.
func holds(tree *acctest.Tree, want map[string]string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		got, err := holding(tree, "/app")
		if err != nil {
			return err
		}
		if !maps.Equal(got, want) {
			return fmt.Errorf("the tree is %q, want %q", got, want)
		}
		return nil
	}
}

// before is a step's PreConfig: it checks what an earlier step left.
func before(t *testing.T, check resource.TestCheckFunc) func() {
	t.Helper()
	return func() {
		if err := check(nil); err != nil {
			t.Error(err)
		}
	}
}
