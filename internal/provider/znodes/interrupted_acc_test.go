package znodes_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// targets are what applies make of a tree, one after the other: nodes come, change and go,
// and those in between with them. The last one is nothing at all.
func targets() []map[string]string {
	a, b := make(map[string]string), make(map[string]string)
	for i := range 40 {
		key := fmt.Sprintf("d%d/n%02d", i%5, i)
		switch i % 5 {
		case 0:
			a[key] = "only here"
		case 1:
			b[key] = "only there"
		default:
			a[key], b[key] = fmt.Sprintf("a%d", i), fmt.Sprintf("b%d", i)
		}
	}
	return []map[string]string{a, b, nil}
}

// whole is the tree with the nodes, as holding returns it.
func whole(data map[string]string) map[string]string {
	all := make(map[string]string)
	for key, content := range data {
		dir, _, _ := strings.Cut(key, "/")
		all[""], all["/"+dir], all["/"+key] = "", "", content
	}
	return all
}

// declared is the opposite of whole.
func declared(tree map[string]string) map[string]string {
	data := make(map[string]string)
	for name, content := range tree {
		if strings.Contains(name, "/n") {
			data[name[1:]] = content
		}
	}
	return data
}

// prefixes returns the trees on the way from one to another, both included, when it is gone
// write by write: what comes from the top down, what changes, what goes from the bottom up.
func prefixes(from, to map[string]string) []map[string]string {
	now := maps.Clone(from)
	trees := []map[string]string{maps.Clone(now)}
	for _, comes := range []bool{true, false} {
		for _, name := range slices.Sorted(maps.Keys(to)) {
			if was, there := from[name]; there != comes && (comes || was != to[name]) {
				now[name] = to[name]
				trees = append(trees, maps.Clone(now))
			}
		}
	}
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(from))) {
		if _, stays := to[name]; !stays {
			delete(now, name)
			trees = append(trees, maps.Clone(now))
		}
	}
	return trees
}

// stored returns the data in the state of a folder; nil where the resource is not in it.
func stored(t *testing.T, cli *acctest.CLI) map[string]string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(cli.Dir, "terraform.tfstate"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	var state struct {
		Resources []struct {
			Instances []struct {
				Attributes struct {
					Data map[string]string `json:"data"`
				} `json:"attributes"`
			} `json:"instances"`
		} `json:"resources"`
	}
	if err := errors.Join(err, json.Unmarshal(b, &state)); err != nil {
		t.Fatal(err)
	}
	for _, r := range state.Resources {
		for _, instance := range r.Instances {
			return instance.Attributes.Data
		}
	}
	return nil
}

// A broken is applies of which each is interrupted.
type broken struct {
	atomic bool
	tree   *acctest.Tree
	cli    *acctest.CLI
	proxy  *zktest.Proxy
	now    map[string]string // the tree
}

func newBroken(t *testing.T, server *zktest.Server, one bool, settings string) *broken {
	t.Helper()
	b := &broken{atomic: one, tree: acctest.NewTreeOn(t, server.Addr()), proxy: zktest.StartProxy(t, server.Addr()), now: make(map[string]string)}
	limit := 1 << 20
	if !one {
		limit = 1000 // a few nodes
	}
	b.cli = acctest.NewCLI(t, map[string]string{
		"provider.tf": fmt.Sprintf("provider \"zookeeper\" {\n  servers = %q\n  max_buffer_bytes = %d\n  %s\n}\n\nlocals { base = %q }\n", b.proxy.Addr(), limit, settings, b.tree.Base),
	})
	return b
}

// configure declares what the next apply is to make.
func (b *broken) configure(data map[string]string) {
	hcl := ""
	if data != nil {
		hcl = znodes(data, fmt.Sprintf("atomic = %t", b.atomic))
	}
	b.cli.Write("main.tf", hcl)
}

// learn applies all targets without a fault, and returns how many requests an apply of each
// takes, and how many of them are transactions.
func (b *broken) learn(t *testing.T) (requests, transactions []int) {
	t.Helper()
	seen := 0
	for _, data := range targets() {
		b.configure(data)
		b.cli.MustRun("apply", "-no-color", "-auto-approve")
		all := b.proxy.Requests()
		n := 0
		for _, r := range all[seen:] {
			if zktest.IsMulti(r.Opcode) {
				n++
			}
		}
		requests, transactions = append(requests, len(all)-seen), append(transactions, n)
		seen = len(all)
	}
	return requests, transactions
}

// apply applies a target while something happens, which mend makes up for, and checks what
// that has left: the old tree or the new one, and if it is not atomic one on the way between
// them, and the state of that.
func (b *broken) apply(t *testing.T, data map[string]string, what string, mend func()) {
	t.Helper()
	b.configure(data)
	run := b.cli.Run("apply", "-no-color", "-auto-approve")
	mend()
	got, err := holding(b.tree, "/app")
	if err != nil && !errors.Is(err, zk.ErrNoNode) {
		t.Fatal(err)
	}
	fail := func(format string, args ...any) {
		t.Helper()
		t.Fatalf("%s: %s\n%s", what, fmt.Sprintf(format, args...), run.Output)
	}
	trees := prefixes(b.now, whole(data))
	at := slices.IndexFunc(trees, func(tree map[string]string) bool { return maps.Equal(tree, got) })
	last := len(trees) - 1
	switch {
	case at < 0:
		fail("the tree is on no way from the old one to the new one: %q", got)
	case b.atomic && at != 0 && at != last:
		fail("the tree is neither the old one nor the new one: %q", got)
	case run.Code == 0 && at != last:
		fail("the apply has succeeded, and %d of %d writes were done", at, last)
	}
	unknown := strings.Contains(run.Output, "Outcome unknown")
	t.Logf("%s: %d of %d writes, exit code %d, outcome unknown: %v", what, at, last, run.Code, unknown)
	if state := stored(t, b.cli); !unknown && !maps.Equal(state, declared(got)) {
		fail("the tree has %q, and the state %q", declared(got), state)
	}
	b.now = got
	// The next apply goes on from there by itself, and then there is nothing left to do.
	if run.Code == 0 {
		return
	}
	b.cli.MustRun("apply", "-no-color", "-auto-approve")
	if b.now, err = holding(b.tree, "/app"); err != nil && !errors.Is(err, zk.ErrNoNode) || !maps.Equal(b.now, whole(data)) {
		fail("the apply after that has left %q, %v", b.now, err)
	}
	b.cli.MustRun("plan", "-no-color", "-detailed-exitcode")
}

// end shows that nothing of all that stands in the way.
func (b *broken) end(t *testing.T) {
	t.Helper()
	for _, data := range targets() {
		b.apply(t, data, "at the end", func() {})
		if !maps.Equal(b.now, whole(data)) {
			t.Fatalf("without a fault, an apply has left %q", b.now)
		}
	}
}

// atNth matches the nth of the requests that match, from now on.
func atNth(n int, match func(op int32) bool) func(int32) bool {
	return func(op int32) bool {
		if match(op) {
			n--
			return n == 0
		}
		return false
	}
}

func anyRequest(int32) bool { return true }

// Whatever happens to the connection of an apply, and when, it has done all or nothing, or,
// where it takes many transactions, what the state says.
func TestAccZnodes_connectionBroken(t *testing.T) {
	for _, one := range []bool{true, false} {
		t.Run(fmt.Sprintf("atomic=%t", one), func(t *testing.T) {
			t.Parallel()
			b := newBroken(t, acctest.Server(t), one, "session_timeout = 4\n  connect_timeout = 4")
			requests, transactions := b.learn(t)
			var cuts sync.WaitGroup
			defer cuts.Wait()
			const rounds = 15
			for round := range rounds {
				target := round % len(requests)
				n, match, of := 1+rand.IntN(requests[target]), anyRequest, "request"
				if round%2 == 0 {
					n, match, of = 1+rand.IntN(transactions[target]), zktest.IsMulti, "transaction"
				}
				left, over := atNth(n, match), new(atomic.Bool)
				met := func(then func()) func(int32) bool {
					return func(op int32) bool {
						if over.Load() || !left(op) {
							return false
						}
						then()
						return true
					}
				}
				kind := round % 5
				switch kind {
				case 0:
					b.proxy.CutAfterRequest(met(func() {}))
				case 1:
					b.proxy.CutBeforeRequest(met(func() {}))
				case 2: // and nobody is let in again
					b.proxy.CutAfterRequest(met(func() { b.proxy.Refuse(true) }))
				case 3:
					b.proxy.CutBeforeRequest(met(func() { b.proxy.Refuse(true) }))
				case 4: // while the request is on its way; the proxy is locked here
					cut := met(func() { cuts.Go(b.proxy.CutAll) })
					b.proxy.CutBeforeRequest(func(op int32) bool { cut(op); return false })
				}
				b.apply(t, targets()[target], fmt.Sprintf("round %d, fault %d at %s %d", round, kind, of, n), func() {
					over.Store(true) // a fault that was not met must not hit the next round
					b.proxy.Refuse(false)
				})
			}
			b.end(t)
		})
	}
}

// Nor does it matter when the server is killed, whether it comes back at once or later.
func TestAccZnodes_serverKilled(t *testing.T) {
	for _, one := range []bool{true, false} {
		t.Run(fmt.Sprintf("atomic=%t", one), func(t *testing.T) {
			t.Parallel()
			server := acctest.OwnServer(t)
			b := newBroken(t, server, one, "session_timeout = 60\n  connect_timeout = 60")
			requests, transactions := b.learn(t)
			const rounds = 6
			for round := range rounds {
				target := round % len(requests)
				n, match, of := 1+rand.IntN(requests[target]), anyRequest, "request"
				if round%2 == 0 {
					n, match, of = 1+rand.IntN(transactions[target]), zktest.IsMulti, "transaction"
				}
				var kill sync.WaitGroup
				left, over := atNth(n, match), new(atomic.Bool)
				b.proxy.CutBeforeRequest(func(op int32) bool {
					if !over.Load() && left(op) {
						kill.Go(func() { // while the request is on its way
							if err := server.Kill(); err != nil {
								t.Error(err)
							}
							if err := server.Restart(context.WithoutCancel(t.Context())); err != nil {
								t.Error(err)
							}
						})
					}
					return false
				})
				b.apply(t, targets()[target], fmt.Sprintf("round %d, killed at %s %d", round, of, n), func() {
					over.Store(true) // a fault that was not met must not hit the next round
					kill.Wait()
				})
			}
			b.end(t)
		})
	}
}
