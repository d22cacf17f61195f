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

// A Feature is something that a test needs of the CLI, or of the servers, and that not all of
// them have.
type Feature struct {
	name string
	// terraform and opentofu are the first versions that have it; empty where none has.
	terraform, opentofu string
	// zookeeper is the first version of the servers that has it, and empty for what is the CLI's.
	zookeeper string
}

// What CLIs have. See [Needs].
var (
	// Functions are functions of providers.
	Functions = Feature{name: "provider functions", terraform: "1.8", opentofu: "1.7"}
	// Ephemeral is ephemeral resources and values.
	Ephemeral = Feature{name: "ephemeral resources", terraform: "1.10", opentofu: "1.11"}
	// WriteOnly is write-only attributes.
	WriteOnly = Feature{name: "write-only attributes", terraform: "1.11", opentofu: "1.11"}
	// Identity is the identity of resources.
	Identity = Feature{name: "resource identity", terraform: "1.12", opentofu: "1.12"}
	// IdentityShown is the identity of resources in the state as it is shown.
	IdentityShown = Feature{name: "identities in what it shows of a state", terraform: "1.12"}
	// Generation is configuration that the CLI generates for imports. Earlier releases of
	// Terraform have it too, and crash at a set of objects.
	Generation = Feature{name: "configuration that is generated for imports", terraform: "1.14", opentofu: "1.12"}
	// List is list resources, for queries.
	List = Feature{name: "list resources", terraform: "1.14"}
	// Removed is `removed` blocks that say what becomes of what they remove.
	Removed = Feature{name: "removed blocks with a lifecycle", terraform: "1.7", opentofu: "1.10"}
	// MovedTypes is `moved` blocks between resources of different types.
	MovedTypes = Feature{name: "moves between types", terraform: "1.8", opentofu: "1.10"}
	// MovedProviders is `moved` blocks between resources of different providers, of which the
	// new one is told the old one.
	MovedProviders = Feature{name: "moves between providers", terraform: "1.8", opentofu: "1.12.4"}
	// DestroyFalse is `destroy = false` in the lifecycle of a resource.
	DestroyFalse = Feature{name: "destroy in a lifecycle", terraform: "1.16", opentofu: "1.12"}
	// Actions are actions of providers.
	Actions = Feature{name: "actions", terraform: "1.14"}
)

// What servers have that the provider is meant for.
var (
	// BatchedReads is many reads in one request.
	BatchedReads = Feature{name: "many reads in one request", zookeeper: "3.6"}
	// EnforcedQuotas is quotas that hold, and are not just logged.
	EnforcedQuotas = Feature{name: "quotas that hold", zookeeper: "3.7"}
	// WhoAmI is who the servers know a client by.
	WhoAmI = Feature{name: "telling a client who it is", zookeeper: "3.7"}
	// IPv6 is addresses of IPv6 in ACLs.
	IPv6 = Feature{name: "addresses of IPv6 in ACLs", zookeeper: "3.9.4"}
)

// Needs skips a test where the CLI that it would run, or the server, does not have a
// feature. It knows Terraform and OpenTofu, whose version numbers do not mean the same. Call
// it before anything is started.
func Needs(tb testing.TB, f Feature) {
	tb.Helper()
	if lack := lack(tb, f); lack != "" {
		tb.Skip(lack)
	}
}

// Has reports whether there is a feature, for a test of which a part needs it.
func Has(tb testing.TB, f Feature) bool {
	tb.Helper()
	return lack(tb, f) == ""
}

func lack(tb testing.TB, f Feature) string {
	tb.Helper()
	if f.zookeeper != "" {
		v, err := version.NewVersion(Server(tb).Version())
		if err != nil {
			tb.Fatal(err)
		}
		return product{"ZooKeeper", v}.lacks(f)
	}
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

// A product is a CLI, or the server, by its name and version.
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

// lacks says which feature the product does not have; it is empty for one that it has. What
// is to come with a version is in its prereleases.
func (p product) lacks(f Feature) string {
	since := map[string]string{"Terraform": f.terraform, "OpenTofu": f.opentofu, "ZooKeeper": f.zookeeper}[p.name]
	switch {
	case since == "":
		return fmt.Sprintf("%s has no %s", p.name, f.name)
	case p.version.Core().LessThan(version.Must(version.NewVersion(since))):
		return fmt.Sprintf("%s %s has no %s, which came with %s", p.name, p.version, f.name, since)
	default:
		return ""
	}
}
