package zk_test

import (
	"errors"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// A session that one server alone knows may have no ephemeral node, unless the servers make it one
// that all know.
func TestEphemeralOnLocalSession(t *testing.T) {
	t.Parallel()
	for upgrading, want := range map[string]error{"false": zk.ErrEphemeralOnLocalSession, "true": nil} {
		t.Run("upgrading="+upgrading, func(t *testing.T) {
			t.Parallel()
			ensemble := zktest.StartEnsemble(t, 3, zktest.WithConfig("localSessionsEnabled", "true"), zktest.WithConfig("localSessionsUpgradingEnabled", upgrading))
			c := connect(t, ensemble.Addrs(), func(cfg *zk.Config) { cfg.ConnectTimeout = time.Minute })
			if _, err := c.Create(testContext(t), "/ephemeral", nil, zk.CreateOptions{Mode: zk.Ephemeral}); !errors.Is(err, want) {
				t.Errorf("%v, want %v", err, want)
			}
		})
	}
}
