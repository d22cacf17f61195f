package stage

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"terraform-provider-zookeeper/internal/zk"

	"terraform-provider-zookeeper/chaos/history"
	"terraform-provider-zookeeper/chaos/scenario"
	"terraform-provider-zookeeper/chaos/wire"
)

// A Loss is an apply that makes many nodes, each a resource of its own, and loses replies in the middle.
type Loss struct {
	Name     string
	Nodes    int
	Ensemble bool
	// Cuts is how many connections are cut, each before the reply to a creation.
	Cuts int
	// Kill tells that the server is killed, of an ensemble the leader, and comes back after a while.
	Kill bool
}

// Losses are all of them. None may fail an apply.
var Losses = []Loss{
	{Name: "300 nodes, the server killed", Nodes: 300, Kill: true},
	{Name: "200 nodes, five cut replies", Nodes: 200, Cuts: 5},
	{Name: "60 nodes, one cut reply", Nodes: 60, Cuts: 1},
	{Name: "400 nodes, the leader of three killed", Nodes: 400, Kill: true, Ensemble: true},
}

const (
	// down is how long a server that was killed is away.
	down = 1500 * time.Millisecond
	// longestLoss is how long an apply with losses may take.
	longestLoss = 5 * time.Minute
	// parent is the node below which an apply makes the others.
	parent = "/p"
)

// hcl declares the nodes.
func (l Loss) hcl() string {
	const format = `terraform {
  required_providers {
    zookeeper = { source = "zkform/zookeeper" }
  }
}

resource "zookeeper_znode" "many" {
  count = %d
  path  = "%s/n${count.index}"
  data  = "the same"
}
`
	return fmt.Sprintf(format, l.Nodes, parent)
}

// A Trial is what came of a [Loss].
type Trial struct {
	// Happened tells that all connections were lost that were to be lost, while nodes were still to be made.
	Happened bool
	// Unanswered is how many writes the servers have done whose replies have not come through.
	Unanswered int
	// Wrong tells what the apply has not done; empty if it has done all.
	Wrong string
	Took  time.Duration
}

// Lose carries out a loss in a folder that it makes if need be. The number says at which creations replies
// are lost. In one of two the parent is there before, and others have deleted a node below it. In two of four
// the server is not killed at once: it does a creation whose reply is cut off, and is killed when the client
// comes back to ask.
func (s *Stage) Lose(ctx context.Context, w *World, loss Loss, number int, dir string) (t Trial, err error) {
	since, err := w.now(ctx)
	if err != nil {
		return t, fmt.Errorf("stage: before the apply: %w", err)
	}
	w.forget(since)
	l := newLoser(ctx, w, loss, number)
	set, err := wire.Listen(ctx, w.addrs(), l.decide)
	if err != nil {
		return t, err
	}
	defer set.Close()
	f, err := s.CLI.newFolder(dir)
	chroot := fmt.Sprintf("/lost-%x", since)
	// Nothing is destroyed: each apply has nodes of its own, and begins without a state.
	if err := errors.Join(err, f.write("main.tf", loss.hcl()), os.RemoveAll(filepath.Join(dir, stateFile)), w.used(ctx, chroot, number%2 == 0)); err != nil {
		return t, fmt.Errorf("stage: preparing the apply: %w", err)
	}
	began := time.Now()
	process, err := f.start(ctx, []string{"ZOOKEEPER_SERVERS=" + set.Addrs() + chroot}, arguments(scenario.Op{Command: scenario.Apply})...)
	if err != nil {
		return t, err
	}
	inTime, err := process.wait(ctx, longestLoss)
	t.Took = time.Since(began)
	survivors := process.survivors(survival)
	set.Close()
	l.work.Wait()
	if err := errors.Join(err, w.heal(ctx), f.write("output.txt", process.output())); err != nil {
		return t, err
	}
	t.Happened = l.reconnects >= l.losses && l.killed == loss.Kill
	txns, err := w.since(since)
	if err != nil {
		return t, err
	}
	txns = slices.DeleteFunc(within(txns, chroot), func(txn history.Txn) bool {
		_, theirs := set.Session(txn.Session)
		return !theirs || len(txn.Changes) == 0
	})
	for _, txn := range txns {
		if !set.Delivered(txn.Zxid) {
			t.Unanswered++
		}
	}
	switch {
	case !inTime:
		t.Wrong = fmt.Sprintf("it had not ended after %v", longestLoss)
	case process.code() != 0:
		t.Wrong = fmt.Sprintf("it ended with exit code %d", process.code())
	case survivors > 0:
		t.Wrong = fmt.Sprintf("it has left %d processes behind", survivors)
	default:
		owned, err := f.owned(nil)
		if err != nil {
			return t, err
		}
		t.Wrong = loss.lacks(txns, owned)
	}
	return t, nil
}

// used makes a chroot and, if it is to have one, the parent, which has had a node already.
func (w *World) used(ctx context.Context, chroot string, withParent bool) error {
	if _, err := w.client.EnsurePath(ctx, chroot, nil); err != nil || !withParent {
		return err
	}
	before := chroot + parent + "/before"
	if _, err := w.client.Create(ctx, before, nil, zk.CreateOptions{MakeParents: true}); err != nil {
		return err
	}
	return w.client.Delete(ctx, before, zk.AnyVersion)
}

// lacks tells how what an apply has done differs from what it is to do: it makes each node once, and its
// state has those nodes.
func (l Loss) lacks(done []history.Txn, owned map[string]int64) string {
	made := make(map[string]int64)
	for _, txn := range done {
		for _, c := range txn.Changes {
			switch {
			case path.Dir(c.Path) != parent:
			case c.Kind == history.Create && made[c.Path] == 0:
				made[c.Path] = txn.Zxid
			default:
				return fmt.Sprintf("it does more than create nodes once: %v", txn)
			}
		}
	}
	switch {
	case len(made) != l.Nodes:
		return fmt.Sprintf("it has made %d nodes", len(made))
	case !maps.Equal(made, owned):
		return fmt.Sprintf("its state does not have the nodes that it has made: %v, and not %v", owned, made)
	}
	return ""
}

// A loser loses the replies of an apply.
type loser struct {
	cuts   map[int]bool // creations before whose replies connections are cut
	at     int          // the creation at which kill is called, or at the connection after it if that one is cut; 0 for none
	kill   func()
	killed bool
	losses int // of connections
	work   sync.WaitGroup

	mu                    sync.Mutex
	creations, reconnects int
}

// newLoser spreads the losses over the creations.
func newLoser(ctx context.Context, w *World, loss Loss, number int) *loser {
	l := &loser{cuts: make(map[int]bool), losses: loss.Cuts}
	random := rand.New(rand.NewPCG(uint64(number), uint64(loss.Nodes)))
	for i := range loss.Cuts {
		l.cuts[inShare(random, loss.Nodes, i, loss.Cuts)] = true
	}
	if loss.Kill {
		leader := w.leader(ctx)
		l.at, l.losses = inShare(random, loss.Nodes, 0, 1), 1
		l.kill = func() { l.killed = w.kill(ctx, leader, down) }
		if number/2%2 == 1 {
			l.cuts[l.at], l.losses = true, 2
		}
	}
	return l
}

// inShare returns the number of a creation in one of some equal shares of all, neither at its beginning
// nor at its end: between two of them, new connections are made.
func inShare(random *rand.Rand, creations, share, shares int) int {
	size := creations / shares
	return share*size + size/4 + random.IntN(size/2)
}

// decide says what becomes of a request. The server is killed beside the requests, so that it has
// done some that it has not answered.
func (l *loser) decide(r wire.Request) (d wire.Decision) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case r.Kind == wire.Connect && l.creations > 0:
		l.reconnects++
		if l.reconnects == 1 && l.cuts[l.at] {
			l.work.Go(l.kill)
		}
	case r.Kind == wire.Create:
		l.creations++
		switch {
		case l.cuts[l.creations]:
			d.Fate = wire.CutReply
		case l.creations == l.at:
			l.work.Go(l.kill)
		}
	}
	return d
}
