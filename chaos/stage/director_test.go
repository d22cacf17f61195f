package stage

import (
	"context"
	"slices"
	"testing"
	"time"

	"terraform-provider-zookeeper/chaos/scenario"
	"terraform-provider-zookeeper/chaos/wire"
)

func directing(faults ...scenario.Fault) *director {
	d := newDirector(nil, nil, scenario.Op{Faults: faults, Config: scenario.Config{Lock: "/lock", Resources: []scenario.Resource{
		{Type: scenario.ZnodeACL, Name: "acl", Path: "/acl"},
	}}}, "/chroot")
	close(d.ready)
	return d
}

// requests are of the kinds, one after the other.
func requests(d *director, kinds ...wire.Kind) (decided []wire.Fate) {
	for _, kind := range kinds {
		decided = append(decided, d.decide(wire.Request{Kind: kind, Path: "/chroot/a"}).Fate)
	}
	return decided
}

// Each fault happens at its event, and once; of two that are due the second waits for the next.
func TestDirector_schedule(t *testing.T) {
	t.Parallel()
	const pass = wire.Pass
	for name, tt := range map[string]struct {
		faults []scenario.Fault
		kinds  []wire.Kind
		want   []wire.Fate
	}{
		"the second creation": {
			[]scenario.Fault{{At: wire.Create, Count: 2, What: scenario.CutReply}},
			[]wire.Kind{wire.Create, wire.Read, wire.SetData, wire.Create, wire.Create},
			[]wire.Fate{pass, pass, pass, wire.CutReply, pass},
		},
		"any write": {
			[]scenario.Fault{{At: wire.AnyWrite, Count: 3, What: scenario.ResetAfter}},
			[]wire.Kind{wire.Connect, wire.Create, wire.Read, wire.Multi, wire.Close, wire.SetACL, wire.Delete},
			[]wire.Fate{pass, pass, pass, pass, pass, wire.ResetAfter, pass},
		},
		"anything": {
			[]scenario.Fault{{At: wire.Any, Count: 2, What: scenario.HalfOpen}},
			[]wire.Kind{wire.Connect, wire.Read, wire.Read},
			[]wire.Fate{pass, wire.HalfOpen, pass},
		},
		"two at once": {
			[]scenario.Fault{{At: wire.Read, Count: 1, What: scenario.Drip}, {At: wire.Any, Count: 1, What: scenario.CutMiddle}},
			[]wire.Kind{wire.Read, wire.Read, wire.Read},
			[]wire.Fate{wire.Drip, wire.CutMiddle, pass},
		},
		"none": {
			[]scenario.Fault{{At: wire.Delete, Count: 1, What: scenario.CutBefore}},
			[]wire.Kind{wire.Connect, wire.Create},
			[]wire.Fate{pass, pass},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := directing(tt.faults...)
			if got := requests(d, tt.kinds...); !slices.Equal(got, tt.want) {
				t.Errorf("they were met by %v, want %v", got, tt.want)
			}
			happened := 0
			for _, fate := range tt.want {
				if fate != pass {
					happened++
				}
			}
			if got := d.happened(); len(got) != happened {
				t.Errorf("%v happened, want %d of them", got, happened)
			}
		})
	}
}

// What is done while a request is held back counts once it was done, and what cannot be done
// does not.
func TestDirector_holds(t *testing.T) {
	t.Parallel()
	const pause = 20 * time.Millisecond
	d := directing(
		scenario.Fault{At: wire.Any, Count: 1, What: scenario.Delay, For: pause},
		scenario.Fault{At: wire.Create, Count: 1, What: scenario.TheySet},
		scenario.Fault{At: wire.Read, Count: 1, What: scenario.TheyDelete, Path: "/acl"},
		scenario.Fault{At: wire.Close, Count: 1, What: scenario.TheySet},
	)
	began := time.Now()
	for _, r := range []wire.Request{
		{Kind: wire.Connect},
		{Kind: wire.Create, Path: "/chroot/lock/contender"}, // locks are left alone
		{Kind: wire.Read, Path: "/chroot/a"},                // so is what nobody would make again
		{Kind: wire.Close},                                  // and where there is no node, there is nothing to do
		{Kind: wire.Close},                                  // the next time neither
	} {
		decision := d.decide(r)
		if decision.Hold == nil || decision.Fate != wire.Pass {
			t.Fatalf("%v is met by %+v", r, decision)
		}
		decision.Hold(context.Background())
	}
	if took := time.Since(began); took < pause {
		t.Errorf("they were held back for %v", took)
	}
	if got := d.happened(); len(got) != 1 || got[0].What != scenario.Delay {
		t.Errorf("%v happened", got)
	}
}
