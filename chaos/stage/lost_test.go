package stage

import (
	"slices"
	"strings"
	"testing"

	"terraform-provider-zookeeper/chaos/history"
	"terraform-provider-zookeeper/chaos/wire"
)

// Replies are lost in the middle of the creations, at other ones each time, and so far from each other that
// each is lost on another connection.
func TestLoser_spreads(t *testing.T) {
	t.Parallel()
	loss := Losses[slices.IndexFunc(Losses, func(l Loss) bool { return l.Cuts > 1 })]
	seen := make(map[int]bool)
	for number := range 20 {
		l := newLoser(t.Context(), nil, loss, number)
		last := 0
		var cut int
		for i := 1; i <= loss.Nodes; i++ {
			if l.decide(wire.Request{Kind: wire.Create}).Fate != wire.CutReply {
				continue
			}
			if i-last < 10 || i > loss.Nodes-10 {
				t.Errorf("apply %d loses the reply to creation %d after that to %d", number, i, last)
			}
			last, seen[i] = i, true
			cut++
		}
		if cut != loss.Cuts {
			t.Errorf("apply %d loses %d replies, want %d", number, cut, loss.Cuts)
		}
	}
	if len(seen) < 50 {
		t.Errorf("all applies lose the same %d replies", len(seen))
	}
}

// The server is killed at a creation, or when the client comes back whose connection was cut there.
func TestLoser_kills(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]bool{"at a creation": false, "at a connection": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			killed := 0
			l := &loser{at: 2, kill: func() { killed++ }, cuts: map[int]bool{2: cut}}
			fate := func(kind wire.Kind, want wire.Fate, after int) {
				t.Helper()
				got := l.decide(wire.Request{Kind: kind}).Fate
				l.work.Wait()
				if got != want || killed != after {
					t.Errorf("%s has the fate %d, want %d, and the server was killed %d times, want %d", kind, got, want, killed, after)
				}
			}
			fate(wire.Connect, wire.Pass, 0)
			fate(wire.Create, wire.Pass, 0)
			if cut {
				fate(wire.Create, wire.CutReply, 0)
			} else {
				fate(wire.Create, wire.Pass, 1)
			}
			fate(wire.Connect, wire.Pass, 1)
			fate(wire.Create, wire.Pass, 1)
			fate(wire.Connect, wire.Pass, 1)
			if l.reconnects != 2 {
				t.Errorf("the client has come back %d times, want 2", l.reconnects)
			}
		})
	}
}

// What an apply has not done is told, and what it has done that it was not to do.
func TestLoss_lacks(t *testing.T) {
	t.Parallel()
	does := func(zxid int64, changes ...history.Change) history.Txn {
		return history.Txn{Zxid: zxid, Changes: changes}
	}
	create := func(path string) history.Change { return history.Change{Kind: history.Create, Path: path} }
	all := []history.Txn{does(1, create("/p")), does(2, create("/p/n0")), does(3, create("/p/n1"))}
	owned := map[string]int64{"/p/n0": 2, "/p/n1": 3}
	for name, tt := range map[string]struct {
		done  []history.Txn
		owned map[string]int64
		want  string
	}{
		"nothing":              {all, owned, ""},
		"a node":               {all[:2], map[string]int64{"/p/n0": 2}, "it has made 1 nodes"},
		"a node in the state":  {all, map[string]int64{"/p/n0": 2}, "its state does not have the nodes"},
		"the node that it has": {all, map[string]int64{"/p/n0": 2, "/p/n1": 4}, "its state does not have the nodes"},
		"once": {
			append(slices.Clone(all), does(4, history.Change{Kind: history.Delete, Path: "/p/n1"}), does(5, create("/p/n1"))), owned, "it does more than create nodes once",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := (Loss{Nodes: 2}).lacks(tt.done, tt.owned); (got == "") != (tt.want == "") || !strings.HasPrefix(got, tt.want) {
				t.Errorf("it lacks %q, want %q", got, tt.want)
			}
		})
	}
}
