package zk_test

import (
	"slices"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// A server takes an id for the user's own only if it is made by its algorithm. Some algorithms
// are asked for by another name than they have here.
func TestDigestIDBy(t *testing.T) {
	t.Parallel()
	needs(t, whoAmI) // of the same release as the algorithms
	names := append([]string{"sha1", "sha-256"}, zk.DigestAlgorithms...)
	for _, name := range []string{"SHA-256", "SHA-512/256", "SHA3-512", "MD5"} {
		t.Run(strings.ReplaceAll(name, "/", "_"), func(t *testing.T) {
			t.Parallel()
			own := zktest.StartServer(t, zktest.WithSystemProperty("zookeeper.DigestAuthenticationProvider.digestAlg", name))
			ctx, c := testContext(t), connect(t, own.Addr(), alice)
			path := folder(t, c) + "/node"
			if _, err := c.Create(ctx, path, nil, zk.CreateOptions{ACL: []zk.ACL{{Scheme: zk.SchemeAuth, Perms: zk.PermAll}}}); err != nil {
				t.Fatal(err)
			}
			acl, _, err := c.ACL(ctx, path)
			if err != nil || len(acl) != 1 {
				t.Fatalf("%v, %v", acl, err)
			}
			var made []string
			for _, algorithm := range names {
				id, err := zk.DigestIDBy(algorithm, "alice", "secret")
				if err != nil {
					t.Fatal(err)
				}
				if id == acl[0].ID {
					made = append(made, algorithm)
				}
			}
			want := slices.DeleteFunc(slices.Clone(names), func(other string) bool { return !strings.EqualFold(other, name) })
			if !slices.Equal(made, want) {
				t.Errorf("the server made %q of it, and so did %q, want %q", acl[0].ID, made, want)
			}
		})
	}
	if _, err := zk.DigestIDBy("CRC32", "alice", "a"); err == nil || !strings.Contains(err.Error(), `"CRC32": SHA-1, SHA-224`) {
		t.Errorf("%v", err)
	}
	if id, err := zk.DigestIDBy("SHA1", "alice", "a"); err != nil || id != zk.DigestID("alice", "a") {
		t.Errorf("%q, %v", id, err)
	}
}
