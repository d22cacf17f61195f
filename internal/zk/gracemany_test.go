package zk_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// smallFrames has a transaction take a few nodes only.
func smallFrames(cfg *zk.Config) { cfg.MaxBufferBytes = 600 }

// end is how what the tests below interrupt goes on, with the answers to writes held back.
type end struct {
	name    string
	grace   time.Duration
	proceed func(p *zktest.Proxy, release func()) // nil for nothing
}

var ends = []end{
	{"answered", patience, func(_ *zktest.Proxy, release func()) { release() }},
	{"cut", patience, func(p *zktest.Proxy, _ func()) { p.CutAll() }},
	{"never_answered", 20 * time.Millisecond, nil},
}

// A batch that is split ends behind the transaction in flight, and says of each write what
// became of it.
func TestGraceSplitBatch(t *testing.T) {
	t.Parallel()
	for _, e := range ends {
		for _, at := range []int{1, 3} { // the transaction that is in flight
			t.Run(fmt.Sprintf("%s_%d", e.name, at), func(t *testing.T) {
				t.Parallel()
				ctx, direct := testContext(t), connect(t, server.Addr())
				base := folder(t, direct)
				proxy := zktest.StartProxy(t, server.Addr())
				c, overstays := graceful(t, proxy.Addr(), e.grace, smallFrames)
				batch := zk.Batch{Split: true}
				for i := range 60 {
					batch.Writes = append(batch.Writes, zk.Write{Path: fmt.Sprintf("%s/%02d", base, i), Data: []byte("ours")})
				}
				held, release := proxy.HoldReplies(nth(at, zktest.IsMulti))
				defer release()
				short, cancel := context.WithCancel(ctx)
				defer cancel()
				result := make(chan error, 1)
				var results []zk.WriteResult
				go func() {
					var err error
					results, err = c.Apply(short, batch)
					result <- err
				}()
				began(t, held, result)
				cancel()
				began(t, overstays, result)
				if e.proceed != nil {
					e.proceed(proxy, release)
				}
				err := <-result
				if n := multis(proxy); n != at {
					t.Errorf("%d transactions were sent, want %d", n, at)
				}
				unknown, doubtful := errors.AsType[*zk.OutcomeUnknownError](err)
				if doubtful != (e.proceed == nil) || !errors.Is(err, context.Canceled) {
					t.Fatalf("answered %v", err)
				}
				done, inDoubt := 0, 0
				for i, r := range results {
					path := batch.Writes[i].Path
					stat, there, err := direct.Exists(ctx, path)
					switch {
					case err != nil:
						t.Fatal(err)
					case r.Needless, r.Done && r.InDoubt:
						t.Errorf("%s: %+v", path, r)
					case r.Done:
						done++
						if !there || stat.Mzxid != r.Zxid {
							t.Errorf("%s was made by %d: %+v", path, r.Zxid, stat)
						}
					case r.InDoubt:
						inDoubt++
						// A later client knows it for ours.
						made := zk.Making{Seen: unknown.Seen, Others: unknown.Others, Data: []byte("ours")}
						if _, ok, err := direct.Recognize(ctx, path, made); !ok || err != nil {
							t.Errorf("%s is not recognized: %v", path, err)
						}
					case there:
						t.Errorf("%s was made, and told is %+v", path, r)
					}
				}
				if (inDoubt > 0) != doubtful || done == 0 == (!doubtful || at > 1) {
					t.Errorf("%d are done and %d in doubt: %v", done, inDoubt, err)
				}
				if partial, ok := errors.AsType[*zk.PartialError](err); ok != (done > 0) || done > 0 && !strings.Contains(partial.Done, fmt.Sprintf("%d of 60 writes", done)) {
					t.Errorf("%d are done: %v", done, err)
				}
			})
		}
	}
}

// So does the deletion of a tree.
func TestGraceDeleteTree(t *testing.T) {
	t.Parallel()
	for _, e := range ends {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			base := folder(t, direct)
			const nodes = 60
			for i := range nodes {
				if _, err := direct.Create(ctx, fmt.Sprintf("%s/%02d", base, i), nil, zk.CreateOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			proxy := zktest.StartProxy(t, server.Addr())
			c, overstays := graceful(t, proxy.Addr(), e.grace, smallFrames)
			held, release := proxy.HoldReplies(nth(2, zktest.IsMulti))
			defer release()
			short, cancel := context.WithCancel(ctx)
			defer cancel()
			result := make(chan error, 1)
			go func() { result <- c.DeleteTree(short, base, zk.AnyVersion) }()
			began(t, held, result)
			cancel()
			began(t, overstays, result)
			if e.proceed != nil {
				e.proceed(proxy, release)
			}
			err := <-result
			if n := multis(proxy); n != 2 {
				t.Errorf("%d transactions were sent", n)
			}
			left, _, lerr := direct.Children(ctx, base)
			if lerr != nil {
				t.Fatal(lerr)
			}
			gone := nodes - len(left)
			if e.proceed == nil {
				gone /= 2 // that of the second one it cannot tell
			}
			if partial, ok := errors.AsType[*zk.PartialError](err); !ok || partial.Done != fmt.Sprintf("%d nodes below it have been deleted", gone) ||
				!errors.Is(err, context.Canceled) || errors.Is(err, zk.ErrOutcomeUnknown) != (e.proceed == nil) {
				t.Errorf("%d of %d are left: %v", len(left), nodes, err)
			}
		})
	}
}

// Of many writes that are on their way at once all are waited for, and none is begun.
func TestGraceSetACLs(t *testing.T) {
	t.Parallel()
	for _, e := range ends {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			paths := plant(ctx, t, direct)
			proxy := zktest.StartProxy(t, server.Addr())
			c, overstays := graceful(t, proxy.Addr(), e.grace)
			writes := writesOf(ctx, t, c, paths, notDelete)
			_, release := proxy.HoldReplies(nth(100, zktest.IsSetACL))
			defer release()
			short, cancel := context.WithCancel(ctx)
			defer cancel()
			result := make(chan error, 1)
			told := make([]error, 0, len(writes))
			held := make(chan struct{})
			go func() {
				result <- c.SetACLs(short, writes, func(i int, stat zk.Stat, err error) error {
					if err == nil && stat.Aversion != 1 {
						t.Errorf("%d: aversion %d", i, stat.Aversion)
					}
					told = append(told, err)
					if len(told) == 99 {
						close(held) // no answer comes after this one
					}
					return nil
				})
			}()
			began(t, held, result)
			cancel()
			began(t, overstays, result)
			if e.proceed != nil {
				e.proceed(proxy, release)
			}
			if err := <-result; !canceled(err) {
				t.Errorf("answered %v", err)
			}
			if len(told) >= len(paths) || len(told) < 100 {
				t.Fatalf("%d of %d were sent", len(told), len(paths))
			}
			release()
			if err := direct.Sync(ctx, "/"); err != nil {
				t.Fatal(err)
			}
			unknown, ours := 0, 0
			for i, path := range paths {
				stat, _, err := direct.Exists(ctx, path)
				if err != nil {
					t.Fatal(err)
				}
				ours += int(stat.Aversion)
				switch {
				case i >= len(told):
					if stat.Aversion != 0 {
						t.Errorf("%d was written, and nobody was told", i)
					}
				case errors.Is(told[i], zk.ErrOutcomeUnknown):
					unknown++
				case told[i] != nil && !canceled(told[i]), told[i] == nil != (stat.Aversion == 1):
					t.Errorf("%d: aversion %d, %v", i, stat.Aversion, told[i])
				}
			}
			if unknown > 0 != (e.proceed == nil) {
				t.Errorf("%d are in doubt", unknown)
			}
			t.Logf("%d told, %d written, %d in doubt", len(told), ours, unknown)
		})
	}
}

// Many creations are interrupted at once, wherever they are. What each answers is what has
// become of it, and all answers together are what the server holds.
func TestGraceConcurrent(t *testing.T) {
	t.Parallel()
	const plain, sequential = 32, 32
	for _, e := range ends[:2] {
		for _, at := range []int{1, 20, 64} { // how many have been sent when the first answer is held
			t.Run(fmt.Sprintf("%s_%d", e.name, at), func(t *testing.T) {
				t.Parallel()
				ctx, direct := testContext(t), connect(t, server.Addr())
				base := folder(t, direct)
				proxy := zktest.StartProxy(t, server.Addr())
				c, overstays := graceful(t, proxy.Addr(), e.grace)
				short, cancel := context.WithCancel(ctx)
				defer cancel()
				held, release := proxy.HoldReplies(nth(at, zktest.IsCreate))
				defer release()
				made := make([]zk.Created, plain+sequential)
				errs := make([]error, plain+sequential)
				var work sync.WaitGroup
				for i := range made {
					work.Go(func() {
						if i < plain {
							made[i], errs[i] = c.Create(short, fmt.Sprintf("%s/p/%02d", base, i), []byte("plain"), zk.CreateOptions{MakeParents: true})
						} else {
							made[i], errs[i] = c.Create(short, base+"/n-", []byte("numbered"), zk.CreateOptions{Mode: zk.PersistentSequential})
						}
					})
				}
				<-held
				cancel()
				<-overstays
				e.proceed(proxy, release)
				work.Wait()

				there := holding(t, direct, base)
				told := map[string]string{"": ""}
				var candidates []string
				var named [][]string
				for i := range made {
					for _, parent := range made[i].Parents {
						told[strings.TrimPrefix(parent, base)] = ""
					}
					c, ok := errors.AsType[*zk.CandidatesError](errs[i])
					switch {
					case errs[i] == nil && i < plain:
						told[fmt.Sprintf("/p/%02d", i)] = "plain"
					case errs[i] == nil:
						told[strings.TrimPrefix(made[i].Path, base)] = "numbered"
					case errors.Is(errs[i], zk.ErrOutcomeUnknown) && i >= plain && e.name == "cut" && ok:
						candidates = append(candidates, c.Paths...)
						named = append(named, c.Paths)
					case errors.Is(errs[i], zk.ErrOutcomeUnknown) && i < plain && e.name == "cut":
						// It was refused because its parent was missing, and the refusal was lost: it is
						// not there.
					case !canceled(errs[i]):
						t.Errorf("%d: %v", i, errs[i])
					}
				}
				// Which of the nodes is whose the servers do not tell, where all answers were lost.
				// But each that nobody has is named, and none that somebody has.
				slices.Sort(candidates)
				candidates = slices.Compact(candidates)
				for _, path := range candidates {
					rel := strings.TrimPrefix(path, base)
					if _, known := told[rel]; known {
						t.Errorf("%s is a candidate of one, and another one has it", rel)
					}
					told[rel] = "numbered"
				}
				if err := equalTrees(there, told); err != nil {
					t.Error(err)
				}
				t.Logf("%d nodes, %d candidates of %d", len(there), len(candidates), len(named))
			})
		}
	}
}

// The candidates of a create whose answer was lost are none of the nodes that other calls of
// the client have made, before or since, with the same data.
func TestCandidatesAreNobodyElses(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	proxy := zktest.StartProxy(t, server.Addr())
	g := newGate()
	c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.Dial = g.dial })
	if _, err := c.ServerInfo(ctx); err != nil {
		t.Fatal(err)
	}
	const known, lost, since = 20, 5, 20
	o := zk.CreateOptions{Mode: zk.PersistentSequential}
	// All are on their way at once. The first twenty are answered.
	_, release := proxy.HoldReplies(nth(known+1, zktest.IsCreate))
	defer release()
	issued := make([]*zk.Pending[zk.Created], known+lost)
	for i := range issued {
		issued[i] = c.Async().Create(ctx, base+"/n-", []byte("same"), o)
	}
	until(t, "all to be made", func() bool {
		names, _, err := direct.Children(ctx, base)
		return err == nil && len(names) == known+lost
	})
	for _, p := range issued[:known] {
		if _, err := p.Wait(ctx); err != nil {
			t.Fatal(err)
		}
	}
	reopen := g.close()
	defer reopen()
	proxy.CutAll()
	until(t, "the loss to be noticed", func() bool { return c.State() == zk.StateSuspended })
	// Somebody else deletes a child: any of them might have gone.
	if _, err := direct.Create(ctx, base+"/theirs", nil, zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := direct.Delete(ctx, base+"/theirs", zk.AnyVersion); err != nil {
		t.Fatal(err)
	}
	// Others are made at the same time as the look.
	var others []*zk.Pending[zk.Created]
	for range since / 2 {
		others = append(others, c.Async().Create(ctx, base+"/n-", []byte("same"), o))
	}
	reopen()
	var want []string
	for i := known; i < known+lost; i++ {
		want = append(want, fmt.Sprintf("%s/n-%010d", base, i))
	}
	for i, p := range issued[known:] {
		for range since / 2 / lost {
			others = append(others, c.Async().Create(ctx, base+"/n-", []byte("same"), o))
		}
		_, err := p.Wait(ctx)
		if candidates, ok := errors.AsType[*zk.CandidatesError](err); !ok || !slices.Equal(candidates.Paths, want) {
			t.Errorf("%d: %v, want the candidates %v", i, err, want)
		}
		// Nor does a later process take any of the others for it.
		unknown, isUnknown := errors.AsType[*zk.OutcomeUnknownError](err)
		if !isUnknown {
			t.Fatal("nothing tells them apart")
		}
		got, err := direct.RecognizeSequential(ctx, base+"/n-", zk.Making{Seen: unknown.Seen, Others: unknown.Others, Data: []byte("same")})
		if err != nil || len(got) < lost || !slices.Equal(pathsOf(got[:lost]), want) {
			t.Errorf("%d: recognized are %v, %v", i, pathsOf(got), err)
		}
	}
	for _, p := range others {
		if _, err := p.Wait(ctx); err != nil {
			t.Fatal(err)
		}
	}
}
