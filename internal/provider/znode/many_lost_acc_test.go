package znode_test

import (
	"context"
	"fmt"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// many are that many resources of one node each, under one parent that others have used before.
func many(count int) string {
	return fmt.Sprintf("resource \"zookeeper_znode\" \"test\" {\n  count = %d\n  path  = \"${local.base}/p/n${count.index}\"\n  data  = \"the same\"\n}\n", count)
}

// nth matches the n-th creation from here on.
func nth(n int, then func()) func(op int32) bool {
	return func(op int32) bool {
		if !zktest.IsCreate(op) {
			return false
		}
		n--
		if n > 0 {
			return false
		}
		if then != nil {
			then()
		}
		return true
	}
}

// Connections that break in the middle of an apply of many nodes, and servers that are killed, fail
// none of it: the provider knows what its own writes have done to the parent.
func TestAccZnode_manyLost(t *testing.T) {
	for name, tt := range map[string]struct {
		count int
		// lose arms what is to happen, and returns what is closed when it has, and what waits for its end.
		lose  func(t *testing.T, proxy *zktest.Proxy, server *zktest.Server, ensemble *zktest.Ensemble) (happened []<-chan struct{}, ended func() error)
		three bool
	}{
		"a reply": {count: 60, lose: func(_ *testing.T, proxy *zktest.Proxy, _ *zktest.Server, _ *zktest.Ensemble) ([]<-chan struct{}, func() error) {
			return []<-chan struct{}{proxy.CutAfterRequest(nth(30, nil))}, nil
		}},
		"a request": {count: 60, lose: func(_ *testing.T, proxy *zktest.Proxy, _ *zktest.Server, _ *zktest.Ensemble) ([]<-chan struct{}, func() error) {
			return []<-chan struct{}{proxy.CutBeforeRequest(nth(30, nil))}, nil
		}},
		"five replies": {count: 100, lose: func(_ *testing.T, proxy *zktest.Proxy, _ *zktest.Server, _ *zktest.Ensemble) ([]<-chan struct{}, func() error) {
			var cuts []<-chan struct{}
			for i := range 5 {
				cuts = append(cuts, proxy.CutAfterRequest(nth(10+15*i, nil)))
			}
			return cuts, nil
		}},
		"the server": {count: 150, lose: func(t *testing.T, proxy *zktest.Proxy, server *zktest.Server, _ *zktest.Ensemble) ([]<-chan struct{}, func() error) {
			return killed(t, proxy, 60, func(ctx context.Context) error { return restart(ctx, server) })
		}},
		"the leader": {count: 150, three: true, lose: func(t *testing.T, proxy *zktest.Proxy, _ *zktest.Server, ensemble *zktest.Ensemble) ([]<-chan struct{}, func() error) {
			return killed(t, proxy, 60, func(ctx context.Context) error {
				leader, err := ensemble.WaitLeader(ctx)
				if err != nil {
					return err
				}
				return restart(ctx, leader)
			})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cli := acctest.NewCLI(t, nil)
			var server *zktest.Server
			var ensemble *zktest.Ensemble
			if tt.three {
				ensemble = zktest.StartEnsemble(t, 3)
				server = ensemble.Servers()[0]
			} else {
				server = zktest.StartServer(t)
			}
			tree := acctest.NewTreeOn(t, server.Addr())
			proxy := zktest.StartProxy(t, server.Addr())
			tree.Put("/p", "")
			tree.Put("/p/before", "")
			tree.Remove("/p/before")
			cli.Write("main.tf", fmt.Sprintf("provider \"zookeeper\" { servers = %q }\n\nlocals { base = %q }\n\n%s", proxy.Addr(), tree.Base, many(tt.count)))
			happened, ended := tt.lose(t, proxy, server, ensemble)
			cli.Apply()
			for i, h := range happened {
				select {
				case <-h:
				default:
					t.Errorf("loss %d did not happen: the test shows nothing", i)
				}
			}
			if ended != nil {
				if err := ended(); err != nil {
					t.Fatal(err)
				}
			}
			names, _, err := tree.Client.Children(t.Context(), tree.Path("/p"))
			if err != nil || len(names) != tt.count {
				t.Errorf("%d nodes, %v", len(names), err)
			}
			cli.CheckPlansNothing("the apply")
		})
	}
}

// killed kills at the n-th creation, in a goroutine, whose reply is lost as well.
func killed(t *testing.T, proxy *zktest.Proxy, n int, kill func(ctx context.Context) error) (happened []<-chan struct{}, ended func() error) {
	t.Helper()
	result := make(chan error, 1)
	ctx := t.Context()
	cut := proxy.CutAfterRequest(nth(n, func() { go func() { result <- kill(ctx) }() }))
	return []<-chan struct{}{cut}, func() error { return <-result }
}

func restart(ctx context.Context, server *zktest.Server) error {
	if err := server.Kill(); err != nil {
		return err
	}
	return server.Restart(ctx)
}
