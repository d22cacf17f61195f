package zk_test

import (
	"errors"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// Servers that want a user, or somebody else by another scheme, do not say what they want.
func TestEnforcedAuth(t *testing.T) {
	t.Parallel()
	needs(t, whoAmI) // of the same release
	own := zktest.StartServer(t, zktest.WithConfig("enforce.auth.enabled", "true"), zktest.WithConfig("enforce.auth.schemes", "digest"))
	ctx := testContext(t)
	nobody := newClient(t, own.Addr(), refusal)
	err := nobody.Start(ctx)
	if err == nil {
		_, _, err = nobody.Children(ctx, "/")
	}
	if !errors.Is(err, zk.ErrSessionClosedRequireSASL) || !strings.Contains(err.Error(), "enforce.auth.schemes") {
		t.Errorf("without a user: %v", err)
	}
	if _, _, err := connect(t, own.Addr(), alice).Children(ctx, "/"); err != nil {
		t.Errorf("with one: %v", err)
	}
}
