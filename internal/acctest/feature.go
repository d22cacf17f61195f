package acctest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"testing"

	"github.com/hashicorp/go-version"
)

// A Feature is something that a test needs of the CLI, and that not every CLI has.
type Feature struct {
	name string
	// terraform and opentofu are the first versions that have it; empty where none has.
	terraform, opentofu string
}

// The features of the CLIs. See [Needs].
var (
	// Functions are functions of providers.
	Functions = Feature{"provider functions", "1.8", "1.7"}
	// Ephemeral is ephemeral resources and values.
	Ephemeral = Feature{"ephemeral resources", "1.10", "1.11"}
	// WriteOnly is write-only attributes.
	WriteOnly = Feature{"write-only attributes", "1.11", "1.11"}
	// Identity is the identity of resources.
	Identity = Feature{"resource identity", "1.12", "1.12"}
	// IdentityShown is the identity of resources in the state as it is shown.
	IdentityShown = Feature{"identities in what it shows of a state", "1.12", ""}
	// Generation is configuration for an import that the provider generates.
	Generation = Feature{"configuration that providers generate", "1.14", ""}
	// List is list resources, for queries.
	List = Feature{"list resources", "1.14", ""}
	// Actions are actions of providers.
	Actions = Feature{"actions", "1.14", ""}
)

// Needs skips a test where the CLI that it would run does not have a feature. It knows
// Terraform and OpenTofu, whose version numbers do not mean the same. Call it before
// anything is started.
func Needs(tb testing.TB, f Feature) {
	tb.Helper()
	if lack := lack(tb, f); lack != "" {
		tb.Skip(lack)
	}
}

// Has tells whether the CLI has a feature, for a test of which a part needs it.
func Has(tb testing.TB, f Feature) bool {
	tb.Helper()
	return lack(tb, f) == ""
}

func lack(tb testing.TB, f Feature) string {
	tb.Helper()
	skipWithoutCLI(tb)
	tested.once.Do(func() { tested.cli, tested.err = askVersion(os.Getenv(cliVariable)) })
	if tested.err != nil {
		tb.Fatal(tested.err)
	}
	return tested.cli.lacks(f)
}

// tested is the CLI that the tests run.
var tested struct {
	once sync.Once
	cli  product
	err  error
}

// A product is a CLI by its name and version.
type product struct {
	name    string
	version *version.Version
}

// askVersion asks a CLI what it is. Its answer as JSON would not tell its name.
func askVersion(path string) (product, error) {
	cmd := exec.CommandContext(context.Background(), path, "version")
	cmd.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+os.DevNull, "CHECKPOINT_DISABLE=1")
	out, err := cmd.Output()
	if err != nil {
		return product{}, fmt.Errorf("asking the CLI of %s, %q, for its version: %w", cliVariable, path, err)
	}
	return parseProduct(string(out))
}

var productLine = regexp.MustCompile(`(?m)^(Terraform|OpenTofu) v(\S+)$`)

// parseProduct reads what a CLI says to "version".
func parseProduct(out string) (product, error) {
	m := productLine.FindStringSubmatch(out)
	if m == nil {
		return product{}, fmt.Errorf("neither Terraform nor OpenTofu says %q of its version", out)
	}
	v, err := version.NewVersion(m[2])
	if err != nil {
		return product{}, err
	}
	return product{m[1], v}, nil
}

// lacks says which feature the CLI does not have; it is empty for one that it has. What is
// to come with a version is in its prereleases.
func (p product) lacks(f Feature) string {
	since := f.terraform
	if p.name == "OpenTofu" {
		since = f.opentofu
	}
	switch {
	case since == "":
		return fmt.Sprintf("%s has no %s", p.name, f.name)
	case p.version.Core().LessThan(version.Must(version.NewVersion(since))):
		return fmt.Sprintf("%s %s has no %s, which came with %s", p.name, p.version, f.name, since)
	default:
		return ""
	}
}
