package zk_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// server is a standalone server that the tests share; each works below a path of its own.
// It has TTL nodes, which are off by default, and looks for nodes to expire all the time.
var server *zktest.Server

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var err error
	server, err = zktest.Start(ctx,
		zktest.WithSystemProperty("zookeeper.extendedTypesEnabled", "true"),
		zktest.WithSystemProperty("znode.container.checkIntervalMs", "100"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if err := server.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	return code
}

// patience bounds what a test waits for; nothing is expected to take it.
const patience = 30 * time.Second

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// connect returns a started client of the servers, which is closed when the test ends.
func connect(t *testing.T, servers string, change ...func(*zk.Config)) *zk.Client {
	t.Helper()
	c := newClient(t, servers, change...)
	if err := c.Start(testContext(t)); err != nil {
		t.Fatal(err)
	}
	return c
}

func newClient(t *testing.T, servers string, change ...func(*zk.Config)) *zk.Client {
	t.Helper()
	quick := zk.RetryPolicy{Delay: 10 * time.Millisecond}
	cfg := zk.Config{Servers: servers, Retry: quick, ConnectRetry: quick}
	for _, f := range change {
		f(&cfg)
	}
	c, err := zk.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		_ = c.Close(ctx) // where the connection is gone there is nobody to end the session with
	})
	return c
}

// folder makes a node for the test alone, and for this run of it, and returns its path.
func folder(t *testing.T, c *zk.Client) string {
	t.Helper()
	path := "/" + strings.NewReplacer("/", "-", " ", "_", "#", "-").Replace(t.Name()) + "-"
	made, err := c.Create(testContext(t), path, nil, zk.CreateOptions{Mode: zk.PersistentSequential})
	if err != nil {
		t.Fatal(err)
	}
	return made.Path
}

// until waits for a condition, which it looks at again and again.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain for: %s", patience, what)
		}
	}
}
