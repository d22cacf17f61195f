package acctest_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"terraform-provider-zookeeper/internal/acctest"
)

func TestFeatures(t *testing.T) {
	t.Parallel()
	features := map[string]acctest.Feature{
		"functions": acctest.Functions, "ephemeral": acctest.Ephemeral, "write-only": acctest.WriteOnly,
		"identity": acctest.Identity, "shown": acctest.IdentityShown, "generation": acctest.Generation, "list": acctest.List, "actions": acctest.Actions,
	}
	tests := map[string]struct {
		out   string
		lacks string
	}{
		"Terraform 1.5":   {"Terraform v1.5.7\non linux_amd64\n", "actions ephemeral functions generation identity list shown write-only"},
		"Terraform 1.8":   {"Terraform v1.8.0\non linux_amd64\n", "actions ephemeral generation identity list shown write-only"},
		"Terraform 1.10":  {"Terraform v1.10.5\non linux_amd64\n", "actions generation identity list shown write-only"},
		"Terraform 1.11":  {"Terraform v1.11.4\non linux_amd64\n\nYour version of Terraform is out of date!\n", "actions generation identity list shown"},
		"Terraform 1.12":  {"Terraform v1.12.0\n", "actions generation list"},
		"Terraform 1.14":  {"Terraform v1.14.0\n", ""},
		"a release to be": {"Terraform v1.14.0-beta2\n", ""},
		"Terraform 1.16":  {"Terraform v1.16.0\non linux_amd64\n", ""},
		"OpenTofu 1.6":    {"OpenTofu v1.6.3\non linux_amd64\n", "actions ephemeral functions generation identity list shown write-only"},
		"OpenTofu 1.7":    {"OpenTofu v1.7.0\non linux_amd64\n", "actions ephemeral generation identity list shown write-only"},
		"OpenTofu 1.10":   {"OpenTofu v1.10.9\non linux_amd64\n", "actions ephemeral generation identity list shown write-only"},
		"OpenTofu 1.11":   {"OpenTofu v1.11.0\non linux_amd64\n", "actions generation identity list shown"},
		"OpenTofu 1.12":   {"\nWarning: Unable to open CLI configuration file\n\nOpenTofu v1.12.6\non linux_amd64\n", "actions list shown"},
		"OpenTofu 1.14":   {"OpenTofu v1.14.0\n", "actions list shown"}, // as far as anybody knows
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var lacks []string
			for key, f := range features {
				reason, err := acctest.Lacks(tt.out, f)
				if err != nil {
					t.Error(err)
				}
				if reason != "" {
					lacks = append(lacks, key)
				}
			}
			slices.Sort(lacks)
			if got := strings.Join(lacks, " "); got != tt.lacks {
				t.Errorf("lacks %q, want %q", got, tt.lacks)
			}
		})
	}
}

func TestFeatures_reasons(t *testing.T) {
	t.Parallel()
	for out, want := range map[string]string{
		"Terraform v1.13.4\n":      "Terraform 1.13.4 has no actions, which came with 1.14",
		"OpenTofu v1.12.6\n":       "OpenTofu has no actions",
		"Terraform v1.14.0-rc1\n":  "",
		"Terraformer v1.14.0\n":    `neither Terraform nor OpenTofu says "Terraformer v1.14.0\n" of its version`,
		"Terraform v1.fourteen\n":  "alformed version: 1.fourteen", // newer releases of the module write it small
		"Terraform 1.14.0 (dev)\n": "neither Terraform nor OpenTofu",
	} {
		got, err := acctest.Lacks(out, acctest.Actions)
		if err != nil {
			got = err.Error()
		}
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", out, got, want)
		}
	}
}

func TestAskVersion(t *testing.T) {
	t.Parallel()
	cli := filepath.Join(t.TempDir(), "cli")
	// It takes neither the user's configuration nor the network to say what it is.
	script := "#!/bin/sh\n[ \"$*:$TF_CLI_CONFIG_FILE:$CHECKPOINT_DISABLE\" = version:/dev/null:1 ] && echo OpenTofu v1.12.6\n"
	if err := os.WriteFile(cli, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	if got, err := acctest.AskVersion(cli); err != nil || got != "OpenTofu 1.12.6" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := acctest.AskVersion(cli + "-missing"); err == nil || !strings.Contains(err.Error(), "TF_ACC_TERRAFORM_PATH") {
		t.Errorf("of a program that does not exist: %q, %v", got, err)
	}
}

// A test runs where the CLI has what it needs, and only there.
func TestAccNeeds(t *testing.T) {
	if os.Getenv(resource.EnvTfAcc) == "" {
		t.Skipf("Acceptance tests skipped unless env '%s' set", resource.EnvTfAcc)
	}
	server, err := version.NewVersion(acctest.Server(t).Version())
	if err != nil {
		t.Fatal(err)
	}
	if old := server.LessThan(version.Must(version.NewVersion("3.6"))); acctest.Has(t, acctest.BatchedReads) == old {
		t.Errorf("ZooKeeper %s has batched reads: %t", server, !old)
	}
	for name, f := range map[string]acctest.Feature{"functions": acctest.Functions, "actions": acctest.Actions} {
		running, err := acctest.AskVersion(os.Getenv("TF_ACC_TERRAFORM_PATH"))
		if err != nil {
			t.Fatal(err)
		}
		lack, err := acctest.Lacks(strings.Replace(running, " ", " v", 1), f)
		if err != nil {
			t.Fatal(err)
		}
		var skipped bool
		t.Run(name, func(t *testing.T) {
			defer func() { skipped = t.Skipped() }()
			acctest.Needs(t, f)
		})
		if skipped != (lack != "") {
			t.Errorf("%s on %s: skipped is %v: %q", name, running, skipped, lack)
		}
	}
}
