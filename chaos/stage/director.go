package stage

import (
	"context"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"terraform-provider-zookeeper/internal/zk/zktest"

	"terraform-provider-zookeeper/chaos/scenario"
	"terraform-provider-zookeeper/chaos/wire"
)

// secondInterrupt is how long after the first SIGINT the second one comes: signals that come at
// once are one.
const secondInterrupt = 50 * time.Millisecond

// A director makes the faults of a run happen, each at its event.
type director struct {
	world    *World
	stranger *stranger
	op       scenario.Op
	chroot   string

	set     *wire.Set     // the run's
	process *process      // the run's
	ready   chan struct{} // closed when both are there

	mu     sync.Mutex
	faults []armed
}

// armed is a fault that waits for its event.
type armed struct {
	scenario.Fault
	seen     int // requests of its kind so far
	tries    int // how often it was due and could not happen
	spent    bool
	happened bool
}

// maxTries is how often a fault that cannot happen at its event is tried at the next ones: there
// may be no such node yet, or other servers may fail already.
const maxTries = 10

func newDirector(w *World, s *stranger, op scenario.Op, chroot string) *director {
	d := &director{world: w, stranger: s, op: op, chroot: chroot, ready: make(chan struct{})}
	for _, f := range op.Faults {
		d.faults = append(d.faults, armed{Fault: f})
	}
	return d
}

// happened are the faults that did.
func (d *director) happened() (faults []scenario.Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range d.faults {
		if f.happened {
			faults = append(faults, f.Fault)
		}
	}
	return faults
}

// fates are what becomes of a request, where nothing else is to be done.
var fates = map[scenario.Act]wire.Fate{
	scenario.CutBefore: wire.CutBefore, scenario.CutAfter: wire.CutAfter, scenario.CutReply: wire.CutReply, scenario.CutMiddle: wire.CutMiddle,
	scenario.ResetBefore: wire.ResetBefore, scenario.ResetAfter: wire.ResetAfter, scenario.HalfOpen: wire.HalfOpen, scenario.Drip: wire.Drip,
}

// decide says what becomes of a request: of the faults whose event it is, the first one.
func (d *director) decide(r wire.Request) wire.Decision {
	<-d.ready
	d.mu.Lock()
	defer d.mu.Unlock()
	met := -1
	for i := range d.faults {
		f := &d.faults[i]
		if f.spent || !f.At.Matches(r.Kind) {
			continue
		}
		f.seen++
		if f.seen >= f.Count && met < 0 {
			met = i
		}
	}
	if met < 0 {
		return wire.Decision{}
	}
	f := &d.faults[met]
	f.spent = true
	if fate, ok := fates[f.What]; ok {
		f.happened = true
		return wire.Decision{Fate: fate}
	}
	decision := wire.Decision{Hold: func(ctx context.Context) {
		done := d.act(ctx, f.Fault, r)
		d.mu.Lock()
		defer d.mu.Unlock()
		if f.happened = done; !done {
			f.tries++
			f.spent = f.tries >= maxTries
		}
	}}
	if f.What == scenario.Refuse {
		decision.Fate = wire.CutAfter
	}
	return decision
}

// act makes a fault happen while a request is held back, and reports whether it did.
func (d *director) act(ctx context.Context, f scenario.Fault, r wire.Request) bool {
	switch f.What {
	case scenario.Delay:
		timer := time.NewTimer(f.For)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		return true
	case scenario.Freeze:
		d.set.Freeze(f.For)
		return true
	case scenario.Refuse:
		d.set.Refuse(f.For)
		return true
	case scenario.Expire:
		session, ok := d.set.Session(r.Session)
		return ok && d.world.expire(ctx, session.ID, session.Password)
	case scenario.Interrupt:
		return d.process.signal(syscall.SIGINT)
	case scenario.InterruptHard:
		timer := time.NewTimer(secondInterrupt)
		defer timer.Stop()
		first := d.process.signal(syscall.SIGINT)
		<-timer.C
		return d.process.signal(syscall.SIGINT) && first
	case scenario.InterruptCLI:
		return d.process.signalCLI(syscall.SIGINT)
	case scenario.Terminate:
		return d.process.signalProviders(syscall.SIGTERM)
	case scenario.KillProvider:
		return d.process.signalProviders(syscall.SIGKILL)
	case scenario.KillCLI:
		return d.process.signalCLI(syscall.SIGKILL)
	case scenario.KillBoth:
		return d.process.signal(syscall.SIGKILL)
	case scenario.Kill, scenario.Stop, scenario.KillLeader, scenario.StopLeader, scenario.NoQuorum:
		return d.fail(ctx, f, r)
	default:
		return d.foreign(ctx, f, r)
	}
}

// fail makes servers fail.
func (d *director) fail(ctx context.Context, f scenario.Fault, r wire.Request) bool {
	server := d.world.servers[r.Server]
	switch f.What {
	case scenario.Kill:
		return d.world.kill(ctx, server, f.For)
	case scenario.KillLeader:
		return d.world.kill(ctx, d.world.leader(ctx), f.For)
	case scenario.StopLeader:
		return d.world.stop(ctx, f.For, d.world.leader(ctx))
	case scenario.NoQuorum:
		others := slices.DeleteFunc(slices.Clone(d.world.servers), func(other *zktest.Server) bool { return other == server })
		return d.world.stop(ctx, f.For, others...)
	default:
		return d.world.stop(ctx, f.For, server)
	}
}

// foreign lets the stranger do something. Locks are not the stranger's business, and neither
// does anybody take away the nodes whose ACL or quota a resource manages that does not make them.
func (d *director) foreign(ctx context.Context, f scenario.Fault, r wire.Request) bool {
	at := f.Path
	if at == "" {
		at = strings.TrimPrefix(r.Path, d.chroot)
	}
	if at == "" || at == "/" || slices.ContainsFunc(d.op.Config.Locks(), func(lock string) bool { return strings.HasPrefix(at, lock) }) {
		return false
	}
	if f.What == scenario.TheyDelete || f.What == scenario.TheyReplace {
		for _, res := range d.op.Config.Resources {
			if (res.Type == scenario.ZnodeACL || res.Type == scenario.Quota) && res.Path == at {
				return false
			}
		}
	}
	return d.stranger.act(ctx, f.What, at)
}
