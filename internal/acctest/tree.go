package acctest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// The user whom tests have the provider present.
const (
	User     = "alice"
	Password = "wonderland-7391"
)

// UserID is the id of the user in an ACL.
func UserID() string { return zk.DigestID(User, Password) }

// Tree is the part of a server's tree that belongs to one test, and the super user's eyes
// and hands on it: independent of the provider under test, and unhindered by ACLs. Paths
// given to its methods are below Base.
type Tree struct {
	// Base is the path that the test works below. It exists.
	Base string
	// Client is the super user's. What it does to the tree is somebody else's doing to the
	// provider.
	Client *zk.Client

	tb      testing.TB
	servers string
}

// NewTree makes a tree on the server that the tests of the package share. When the test
// ends, it is removed.
func NewTree(tb testing.TB) *Tree {
	tb.Helper()
	skipWithoutCLI(tb)
	return NewTreeOn(tb, Server(tb).Addr())
}

// NewTreeOn makes a tree on a server of the test's own.
func NewTreeOn(tb testing.TB, servers string) *Tree {
	tb.Helper()
	client, err := zk.New(tb.Context(), zk.Config{
		Servers: servers,
		Auth:    []zk.Credential{{Scheme: "digest", Secret: zktest.SuperUser + ":" + zktest.SuperPassword}},
	})
	if err != nil {
		tb.Fatal(err)
	}
	t := &Tree{
		Base:    "/" + strings.NewReplacer("/", "-", " ", "-", "#", "-").Replace(tb.Name()),
		Client:  client,
		tb:      tb,
		servers: servers,
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := client.Start(ctx); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := client.DeleteTree(ctx, t.Base, zk.AnyVersion); err != nil && !errors.Is(err, zk.ErrNoNode) {
			tb.Errorf("removing what the test left: %v", err)
		}
		_ = client.Close(ctx) // a session that is not ended here ends by itself
	})
	if _, err := client.Create(ctx, t.Base, nil, zk.CreateOptions{}); err != nil {
		tb.Fatal(err)
	}
	return t
}

// Stranger returns a client that presents nobody, on the servers of the tree.
func (t *Tree) Stranger() *zk.Client {
	t.tb.Helper()
	return Stranger(t.tb, t.servers)
}

// Stranger returns a client that presents nobody, on servers that may name a chroot.
func Stranger(tb testing.TB, servers string) *zk.Client {
	tb.Helper()
	client, err := zk.New(tb.Context(), zk.Config{Servers: servers})
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), patience)
	defer cancel()
	if err := client.Start(ctx); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), patience)
		defer cancel()
		_ = client.Close(ctx) // a session that is not ended here ends by itself
	})
	return client
}

// Config returns a configuration: the given resources, with local.base as the path to work
// below, and a provider that presents nobody.
func (t *Tree) Config(hcl string) string { return t.ConfigFor("", hcl) }

// ConfigAs is Config with a provider that presents the user.
func (t *Tree) ConfigAs(user, password, hcl string) string {
	return t.ConfigFor(fmt.Sprintf("username = %q\n  password = %q", user, password), hcl)
}

// ConfigFor is Config with further attributes of the provider.
func (t *Tree) ConfigFor(attributes, hcl string) string {
	return fmt.Sprintf("provider \"zookeeper\" {\n  servers = %q\n  %s\n}\n\nlocals { base = %q }\n\n%s\n", t.servers, attributes, t.Base, hcl)
}

// ImportBlock returns HCL that imports a node. The older CLIs take no expression for the id.
func (t *Tree) ImportBlock(to, rel string) string {
	return fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", to, t.Path(rel))
}

// Path returns the full path of a node of the tree.
func (t *Tree) Path(rel string) string { return t.Base + rel }

// Context is that of the test, for what is done with Client.
func (t *Tree) Context() context.Context { return t.tb.Context() }

// AwaitChildren waits until a node, which need not exist, has that many children.
func (t *Tree) AwaitChildren(rel string, n int) {
	t.tb.Helper()
	w, err := recipe.NewChildrenWatch(t.Client, t.Path(rel))
	t.must(err)
	defer w.Close()
	ctx, cancel := context.WithTimeout(t.tb.Context(), patience)
	defer cancel()
	for {
		names, err := w.Next(ctx)
		t.must(err)
		if len(names.Children) == n {
			return
		}
	}
}

// Put creates a node.
func (t *Tree) Put(rel, data string) {
	t.tb.Helper()
	_, err := t.Client.Create(t.tb.Context(), t.Path(rel), []byte(data), zk.CreateOptions{})
	t.must(err)
}

// PutGuarded creates a node with an ACL.
func (t *Tree) PutGuarded(rel, data string, acl ...zk.ACL) {
	t.tb.Helper()
	_, err := t.Client.Create(t.tb.Context(), t.Path(rel), []byte(data), zk.CreateOptions{ACL: acl})
	t.must(err)
}

// Write overwrites a node's data, as somebody else would.
func (t *Tree) Write(rel, data string) {
	t.tb.Helper()
	_, err := t.Client.Set(t.tb.Context(), t.Path(rel), []byte(data), zk.AnyVersion)
	t.must(err)
}

// WriteACL overwrites a node's ACL, as somebody else would.
func (t *Tree) WriteACL(rel string, acl ...zk.ACL) {
	t.tb.Helper()
	_, err := t.Client.SetACL(t.tb.Context(), t.Path(rel), acl, zk.AnyVersion)
	t.must(err)
}

// Remove deletes a node and what is below it, as somebody else would.
func (t *Tree) Remove(rel string) {
	t.tb.Helper()
	t.must(t.Client.DeleteTree(t.tb.Context(), t.Path(rel), zk.AnyVersion))
}

func (t *Tree) must(err error) {
	t.tb.Helper()
	if err != nil {
		t.tb.Fatal(err)
	}
}

// CheckData checks that a node holds the data.
func (t *Tree) CheckData(rel, want string) resource.TestCheckFunc {
	return func(*terraform.State) error { return t.HasData(rel, want) }
}

// HasData reports whether a node holds the data.
func (t *Tree) HasData(rel, want string) error {
	got, _, err := t.Client.Get(t.tb.Context(), t.Path(rel))
	if err != nil {
		return err
	}
	if !bytes.Equal(got, []byte(want)) {
		return fmt.Errorf("%s holds %q, want %q", t.Path(rel), got, want)
	}
	return nil
}

// CheckVersions checks how often a node's data and its ACL were written.
func (t *Tree) CheckVersions(rel string, version, aversion int32) resource.TestCheckFunc {
	return func(*terraform.State) error {
		stat, ok, err := t.Client.Exists(t.tb.Context(), t.Path(rel))
		if err != nil {
			return err
		}
		if !ok || stat.Version != version || stat.Aversion != aversion {
			return fmt.Errorf("%s is at version %d and aversion %d, want %d and %d", t.Path(rel), stat.Version, stat.Aversion, version, aversion)
		}
		return nil
	}
}

// CheckACL checks that a node has the ACL, in this order.
func (t *Tree) CheckACL(rel string, want ...zk.ACL) resource.TestCheckFunc {
	return func(*terraform.State) error {
		got, _, err := t.Client.ACL(t.tb.Context(), t.Path(rel))
		if err != nil {
			return err
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			return fmt.Errorf("%s has the ACL %v, want %v", t.Path(rel), got, want)
		}
		return nil
	}
}

// CheckGone checks that nodes do not exist.
func (t *Tree) CheckGone(rels ...string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		for _, rel := range rels {
			_, ok, err := t.Client.Exists(t.tb.Context(), t.Path(rel))
			if err != nil {
				return err
			}
			if ok {
				return fmt.Errorf("%s is still there", t.Path(rel))
			}
		}
		return nil
	}
}

// Open is the entry that lets everybody do everything.
func Open() zk.ACL { return zk.OpenACL()[0] }
