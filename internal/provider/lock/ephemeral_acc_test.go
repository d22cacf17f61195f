package lock_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk/recipe"
)

// The lock is held while what refers to it runs, and free when the run has ended.
func TestAccLock_basic(t *testing.T) {
	acctest.Needs(t, acctest.Ephemeral)
	tree := acctest.NewTree(t)
	lock, err := recipe.NewLock(tree.Client, tree.Path("/lock"), recipe.LockOptions{})
	if err != nil {
		t.Fatal(err)
	}
	during := make(chan []string, 1)
	acctest.Test(t, resource.TestCase{
		Steps: []resource.TestStep{{
			Config: tree.Config(fmt.Sprintf(`
ephemeral "zookeeper_lock" "run" {
  path       = "${local.base}/lock"
  timeout    = 30
  identifier = "the run"
}

resource "zookeeper_znode" "guarded" {
  path       = "${local.base}/guarded"
  depends_on = [ephemeral.zookeeper_lock.run]

  %s
}
`, acctest.Afterwards(t, func() {
				names, err := lock.Contenders(t.Context())
				if err != nil {
					t.Error(err)
				}
				during <- names
			}))),
		}},
	})
	if names := <-during; strings.Join(names, ",") != "the run" {
		t.Errorf("in the middle of the run the lock was held by %v", names)
	}
	held, err := lock.TryAcquire(t.Context())
	if err != nil {
		t.Fatalf("behind the run: %v", err)
	}
	if err := held.Release(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
}

// Who does not get the lock in time is told who holds it.
func TestAccLock_held(t *testing.T) {
	acctest.Needs(t, acctest.Ephemeral)
	tree := acctest.NewTree(t)
	lock, err := recipe.NewLock(tree.Client, tree.Path("/lock"), recipe.LockOptions{Identifier: "somebody else"})
	if err != nil {
		t.Fatal(err)
	}
	held, err := lock.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := held.Release(ctx); err != nil {
			t.Error(err)
		}
	})
	config := func(mode string, timeout float64) string {
		return tree.Config(fmt.Sprintf(`
ephemeral "zookeeper_lock" "run" {
  path    = "${local.base}/lock"
  mode    = %q
  timeout = %v
}

resource "zookeeper_znode" "guarded" {
  path       = "${local.base}/guarded"
  depends_on = [ephemeral.zookeeper_lock.run]
}
`, mode, timeout))
	}
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: config("exclusive", 0), ExpectError: acctest.Error("Lock is held", `take the lock "`+tree.Path("/lock")+`", because it was not free.`, "somebody else", "timeout")},
		{Config: config("shared", 0.1), ExpectError: acctest.Error("Lock is held", "not free within 100ms", "somebody else")},
	}})
}

// What is wrong with an attribute is said at plan time, without a server.
func TestAccLock_badValues(t *testing.T) {
	acctest.Needs(t, acctest.Ephemeral)
	tests := map[string]struct {
		attributes string
		want       []string
	}{
		"no path":               {``, []string{`The argument "path" is required`}},
		"empty path":            {`path = ""`, []string{`path = ""`, "path is empty"}},
		"relative path":         {`path = "a/b"`, []string{`path = "a/b"`, `"a/b" is not absolute`}},
		"slash at the end":      {`path = "/a/"`, []string{`path = "/a/"`, "ends with /"}},
		"unknown mode":          {"path = \"/a\"\n  mode = \"open\"", []string{`mode = "open"`, "exclusive", "shared"}},
		"negative timeout":      {"path = \"/a\"\n  timeout = -1", []string{"timeout = -1", "between 0"}},
		"timeout of days":       {"path = \"/a\"\n  timeout = 86401", []string{"timeout = 86401", "between 0"}},
		"timeout in words":      {"path = \"/a\"\n  timeout = \"long\"", []string{`timeout = "long"`, "a number is required"}},
		"list of identifiers":   {"path = \"/a\"\n  identifier = []", []string{"identifier = []", "string required"}},
		"lock_path is computed": {"path = \"/a\"\n  lock_path = \"/a/b\"", []string{"Read-Only Attribute", `lock_path = "/a/b"`}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
				Config:      fmt.Sprintf("provider \"zookeeper\" { servers = \"127.0.0.1:1\" }\n\nephemeral \"zookeeper_lock\" \"test\" {\n  %s\n}", tt.attributes),
				ExpectError: acctest.Error(tt.want...),
			}}})
		})
	}
}

// A lock that is lost in the meantime fails the run.
func TestAccLock_lost(t *testing.T) {
	acctest.Needs(t, acctest.Ephemeral)
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		Steps: []resource.TestStep{{
			Config: tree.Config(fmt.Sprintf(`
ephemeral "zookeeper_lock" "run" { path = "${local.base}/lock" }

resource "zookeeper_znode" "guarded" {
  path       = "${local.base}/guarded"
  depends_on = [ephemeral.zookeeper_lock.run]

  %s
}
`, acctest.Afterwards(t, func() {
				names, _, err := tree.Client.Children(t.Context(), tree.Path("/lock"))
				if err != nil || len(names) != 1 {
					t.Errorf("contenders %v, %v", names, err)
					return
				}
				if err := tree.Client.Delete(t.Context(), tree.Path("/lock/"+names[0]), -1); err != nil {
					t.Error(err)
				}
			}))),
			ExpectError: acctest.Error("Lock was lost", tree.Path("/lock"), "deleted"),
		}},
	})
}
