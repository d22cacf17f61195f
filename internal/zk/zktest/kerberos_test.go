package zktest_test

import (
	"os"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/zk/zktest"
)

// TestKDC starts a server that logs in at a KDC, and gets what clients need of it. That clients can log in by that is
// tested with the client's side of SASL.
func TestKDC(t *testing.T) {
	t.Parallel()
	var addr string
	var files []string
	t.Run("while the test runs", func(t *testing.T) {
		kdc := zktest.StartKDC(t, "TEST.REALM")
		addr = kdc.Addr()
		kdc.AddPrincipal(t, "alice", "secret")
		files = []string{kdc.ConfigFile(), kdc.Keytab(t, "alice"), kdc.CredentialCache(t, "alice")}
		for _, file := range files {
			if info, err := os.Stat(file); err != nil || info.Size() == 0 {
				t.Errorf("%s: %v, error %v", file, info, err)
			}
		}
		if !listening(t, addr) {
			t.Errorf("the KDC does not listen at %s", addr)
		}

		server := zktest.StartServer(t, zktest.WithKerberosLogin(kdc))
		if log := server.Log(); !strings.Contains(log, "successfully logged in") {
			t.Errorf("the server did not log in:\n%s", log)
		}
		connect(t, server.Addr()).create("/node", "data")
	})
	if listening(t, addr) {
		t.Errorf("%s still accepts connections after the test", addr)
	}
	for _, file := range files {
		if exists(file) {
			t.Errorf("%s is still there after the test", file)
		}
	}
}
