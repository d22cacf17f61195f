package scenario

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"terraform-provider-zookeeper/internal/zk"

	"terraform-provider-zookeeper/chaos/wire"
)

// A Command is what the CLI is told to do.
type Command string

// The commands.
const (
	Apply   Command = "apply"
	Destroy Command = "destroy"
	Plan    Command = "plan"
)

// An Op is a run of the CLI.
type Op struct {
	Command Command
	// Replace is the address of a resource to replace; empty for none.
	Replace string
	// Config is the configuration that it runs with.
	Config Config
	Faults []Fault
}

// A Bystander is a node that is there before, and that somebody else has.
type Bystander struct {
	Path, Data string
	ACL        ACL
}

// An Actor is one who runs the CLI, with a configuration and a state of its own.
type Actor struct {
	Base       string // what all its paths are below
	Bystanders []Bystander
	Ops        []Op
}

// A Round is all that happens in one.
type Round struct {
	Seed     uint64
	Ensemble bool
	Actors   []Actor
}

// Times are how long things last that last.
type Times struct {
	// Session is the timeout of the provider's session.
	Session time.Duration
	// Connect is how long the provider looks for a server, and Request how long it waits for an
	// answer.
	Connect, Request time.Duration
	// Lock is how long the provider waits for its lock.
	Lock time.Duration
}

// Usual are the times of a round.
var Usual = Times{Session: 4 * time.Second, Connect: 10 * time.Second, Request: 6 * time.Second, Lock: 20 * time.Second}

// Longest is how long a run may take in which faults happen, be it to it or to a run beside it.
func (t Times) Longest(faults []Fault) time.Duration {
	longest := time.Minute + t.Lock
	for _, f := range faults {
		longest += f.For + t.Connect + t.Request
	}
	return longest
}

// New makes the round of a seed: the same one each time.
func New(seed uint64) Round {
	m := maker{rand.New(rand.NewPCG(seed, seed^0x9e3779b97f4a7c15)), seed, 0}
	r := Round{Seed: seed, Ensemble: m.chance(40)}
	locked := m.chance(35)
	actors, shared := 1, ""
	switch {
	case locked && m.chance(60):
		actors = 2
	case !locked && m.chance(20):
		actors, shared = 2, "/lk"
	}
	for i := range actors {
		r.Actors = append(r.Actors, m.actor(string(rune('a'+i)), locked, shared, r.Ensemble))
	}
	return r
}

// maker makes decisions.
type maker struct {
	*rand.Rand

	seed  uint64
	words int
}

// chance is true in so many of a hundred cases.
func (m *maker) chance(percent int) bool { return m.IntN(100) < percent }

// few is less than n, and rather little: a run may not come to more.
func (m *maker) few(n int) int { return min(m.IntN(n), m.IntN(n)) }

// word is a content that was never there before.
func (m *maker) word() string {
	m.words++
	return fmt.Sprintf("v%d-%d-%x", m.words, m.seed, m.Uint32())
}

func (m *maker) between(least, most time.Duration) time.Duration {
	return least + time.Duration(m.Int64N(int64(most-least)/int64(time.Millisecond)))*time.Millisecond
}

// actor makes an actor. The shared lock is one that another actor takes too; empty for none.
func (m *maker) actor(name string, locked bool, shared string, ensemble bool) Actor {
	a := Actor{Base: "/" + name}
	for _, by := range []string{"one", "tree", "tree/a", "tree/a/b", "adopted", "quiet"} {
		a.Bystanders = append(a.Bystanders, Bystander{Path: a.Base + "/by/" + by, Data: m.word(), ACL: Open + ACL(m.IntN(2))})
	}
	config := m.config(a.Base)
	if locked {
		config.Lock, config.LockTimeout = "/lock", int(Usual.Lock/time.Second)
	}
	config.Ephemeral = shared
	if m.chance(20) && shared == "" {
		config.Ephemeral = a.Base + "/lk"
	}
	first := Op{Command: Apply, Config: config}
	a.Ops = append(a.Ops, first)
	for range 1 + m.IntN(3) {
		op := m.next(a.Ops[len(a.Ops)-1])
		a.Ops = append(a.Ops, op)
	}
	for i := range a.Ops {
		// Not every run is disturbed: what went wrong has to be found by one that is not.
		for range m.IntN(8) {
			a.Ops[i].Faults = append(a.Ops[i].Faults, m.fault(a.Ops[i], ensemble))
		}
	}
	return a
}

// config declares a mix of resources below base.
func (m *maker) config(base string) Config {
	var c Config
	add := func(percent int, r Resource) {
		if m.chance(percent) {
			r.Path = base + r.Path
			c.Resources = append(c.Resources, r)
		}
	}
	one := func(data string, as Notation) map[string]Content { return map[string]Content{"": {data, as}} }
	many := func() map[string]Content {
		nodes := make(map[string]Content)
		for _, key := range []string{"a", "b/c", "b/d", "e/f/g", "h"} {
			if m.chance(70) || key == "a" {
				nodes[key] = Content{m.word(), []Notation{Text, Text, Base64, Secret}[m.IntN(4)]}
			}
		}
		return nodes
	}
	anACL := func() ACL { return ACL(m.IntN(5)) }
	add(80, Resource{Type: Znode, Name: "one", Path: "/zn/one", Nodes: one(m.word(), Text), ACL: anACL()})
	add(40, Resource{Type: Znode, Name: "below", Path: "/zn/one/below", Nodes: one(m.word(), Text), After: []string{"", "zookeeper_znode.one"}[m.IntN(2)]})
	add(50, Resource{Type: Znode, Name: "deep", Path: "/zn/deep/er/two", Nodes: one(m.word()+"\xff", Base64), First: m.chance(30)})
	add(40, Resource{Type: Znode, Name: "json", Path: "/zn/json", Nodes: one(jsonOf(m.word()), Text), JSON: true})
	add(40, Resource{Type: Znode, Name: "secret", Path: "/zn/secret", Nodes: one(m.word(), Secret), Version: 1})
	add(30, Resource{Type: Znode, Name: "empty", Path: "/zn/empty", ACL: anACL()})
	add(30, Resource{Type: Znode, Name: "adopted", Path: "/by/adopted", Nodes: one(m.word(), Text), Adopt: true, ACL: anACL()})
	add(30, Resource{Type: Znode, Name: "forced", Path: "/zn/forced", Nodes: one(m.word(), Text), Force: true})
	// What is kept is taken over again by the next one who declares it.
	add(20, Resource{Type: Znode, Name: "kept", Path: "/zn/kept", Nodes: one(m.word(), Text), Keep: true, Adopt: true})
	add(70, Resource{Type: Znodes, Name: "atomic", Version: 1, Path: "/zs", Nodes: many(), First: m.chance(20)})
	add(30, Resource{Type: Znodes, Name: "exclusive", Version: 1, Path: "/zx", Nodes: many(), Exclusive: true, ACL: anACL()})
	add(30, Resource{Type: Znodes, Name: "split", Version: 1, Path: "/zp", Nodes: many(), Split: true})
	alike := m.word()
	add(60, Resource{Type: Sequential, Name: "first", Path: "/sq/n-", Nodes: one(alike, Text)})
	add(50, Resource{Type: Sequential, Name: "second", Path: "/sq/n-", Nodes: one(alike, Text), ACL: anACL()})
	add(60, Resource{Type: EnsurePath, Name: "path", Path: "/en/x/y", ACL: anACL()})
	add(40, Resource{Type: EnsurePath, Name: "other", Path: "/en/x/z/w"})
	add(20, Resource{Type: Znode, Name: "ensured", Path: "/en/x/y/n", Nodes: one(m.word(), Text), After: "zookeeper_ensure_path.path"})
	add(40, Resource{Type: ZnodeACL, Name: "tree", Path: "/by/tree", ACL: Open + ACL(m.IntN(4)), Recursive: m.chance(70)})
	add(30, Resource{Type: ZnodeACL, Name: "single", Path: "/by/one", ACL: Open + ACL(m.IntN(4))})
	add(40, Resource{Type: Quota, Name: "quiet", Path: "/by/quiet", Limits: m.limits()})
	declared := func(address string) bool {
		return slices.ContainsFunc(c.Resources, func(r Resource) bool { return r.Address() == address })
	}
	for i, r := range c.Resources {
		if !declared(r.After) {
			c.Resources[i].After = ""
		}
	}
	return c
}

// limits are those of a quota, which nothing reaches.
func (m *maker) limits() zk.Quota {
	count, bytes := 1000+m.Int64N(1000), 1_000_000+m.Int64N(1_000_000)
	if m.chance(50) {
		return zk.Quota{Count: count, Bytes: bytes, HardCount: zk.NoLimit, HardBytes: zk.NoLimit}
	}
	return zk.Quota{Count: zk.NoLimit, Bytes: zk.NoLimit, HardCount: count, HardBytes: bytes}
}

func jsonOf(word string) string { return fmt.Sprintf(`{"name":%q,"list":[1,2,3]}`, word) }

// next is what comes after another op.
func (m *maker) next(last Op) Op {
	op := Op{Command: Apply, Config: last.Config.clone()}
	rs := op.Config.Resources
	pick := func() *Resource { return &rs[m.IntN(len(rs))] }
	if len(rs) == 0 || last.Command == Destroy {
		return op // all of it again
	}
	switch m.IntN(7) {
	case 0, 1:
		for i := range rs {
			if m.chance(60) {
				m.change(&rs[i])
			}
		}
	case 2:
		if r := pick(); len(under(rs, r)) == 0 {
			op.Replace = r.Address()
		}
	case 3:
		r := pick()
		before := r.Address()
		r.Name += "_renamed"
		for i := range rs {
			if rs[i].After == before {
				rs[i].After = r.Address()
			}
		}
		if m.chance(50) {
			op.Config.Moved = [][2]string{{before, r.Address()}}
		}
	case 4:
		r := pick()
		gone := append(under(rs, r), r.Address())
		op.Config.Resources = slices.DeleteFunc(rs, func(r Resource) bool { return slices.Contains(gone, r.Address()) })
		for i := range op.Config.Resources {
			if slices.Contains(gone, op.Config.Resources[i].After) {
				op.Config.Resources[i].After = ""
			}
		}
	case 5:
		if r := pick(); r.Type != ZnodeACL && r.Type != Quota && !r.Adopt {
			before, with := r.Path, under(rs, r)
			move(r)
			for i := range rs {
				if slices.Contains(with, rs[i].Address()) {
					rs[i].Path = r.Path + strings.TrimPrefix(rs[i].Path, before)
				}
			}
		}
	default:
		op.Command = Destroy
	}
	return op
}

// under are the addresses of the resources that have nodes below that of a zookeeper_znode: it
// cannot go without them.
func under(rs []Resource, above *Resource) (addresses []string) {
	for _, r := range rs {
		if above.Type == Znode && strings.HasPrefix(r.Path, above.Path+"/") {
			addresses = append(addresses, r.Address())
		}
	}
	return addresses
}

// move gives a resource another path.
func move(r *Resource) {
	switch r.Type {
	case Sequential:
		r.Path += "m-"
	case Znode, Znodes, EnsurePath, ZnodeACL, Quota:
		r.Path += "-moved"
	}
}

// change gives a resource other contents.
func (m *maker) change(r *Resource) {
	secrets := false
	for _, key := range slices.Sorted(maps.Keys(r.Nodes)) {
		c := r.Nodes[key]
		switch {
		case key != "" && key != "a" && m.chance(20):
			delete(r.Nodes, key)
			continue
		case m.chance(30):
			continue
		case r.JSON:
			c.Data = jsonOf(m.word())
		case c.As == Secret:
			c.Data = m.word()
			secrets = true
		default:
			c.Data = m.word()
		}
		r.Nodes[key] = c
	}
	if secrets {
		r.Version++
	}
	if r.Type == Znodes && m.chance(50) {
		r.Nodes[fmt.Sprintf("new/%d", m.IntN(3))] = Content{m.word(), Text}
	}
	if r.Type == Quota {
		r.Limits = m.limits()
	}
	if r.ACL != NoACL && m.chance(60) {
		r.ACL = Open + ACL(m.IntN(4))
	}
}

// weighted are acts and how often they are taken.
type weighted []struct {
	act    Act
	weight int
}

var (
	onWire = weighted{
		{CutBefore, 6},
		{CutAfter, 6},
		{CutReply, 14},
		{CutMiddle, 6},
		{ResetBefore, 3},
		{ResetAfter, 5},
		{HalfOpen, 4},
		{Drip, 4},
		{Delay, 6},
		{Freeze, 5},
		{Refuse, 4},
		{Expire, 6},
	}
	toProcesses = weighted{{Interrupt, 8}, {InterruptCLI, 3}, {Terminate, 3}, {KillProvider, 4}, {KillCLI, 2}, {KillBoth, 2}, {InterruptHard, 2}}
	toServer    = weighted{{Kill, 3}, {Stop, 3}}
	toEnsemble  = weighted{{Kill, 8}, {Stop, 6}, {KillLeader, 8}, {StopLeader, 5}, {NoQuorum, 6}}
	byOthers    = weighted{{TheySet, 12}, {TheySetACL, 8}, {TheyDelete, 5}, {TheyReplace, 4}, {TheyAdd, 5}, {TheyNumber, 3}, {TheyReformat, 3}, {TheyCreate, 6}}
)

func (m *maker) among(lists ...weighted) Act {
	total := 0
	for _, list := range lists {
		for _, one := range list {
			total += one.weight
		}
	}
	n := m.IntN(total)
	for _, list := range lists {
		for _, one := range list {
			if n -= one.weight; n < 0 {
				return one.act
			}
		}
	}
	panic("no act") // the weights add up to the total
}

// fault makes one for a run.
func (m *maker) fault(op Op, ensemble bool) Fault {
	servers := toServer
	if ensemble {
		servers = toEnsemble
	}
	f := Fault{What: m.among(onWire, toProcesses, servers, byOthers)}
	switch m.IntN(10) {
	case 0:
		f.At, f.Count = wire.Connect, 1+m.IntN(2)
	case 1, 2:
		f.At, f.Count = wire.Any, 1+m.IntN(25)
	case 3:
		f.At, f.Count = wire.Read, 1+m.IntN(12)
	case 4:
		f.At, f.Count = wire.Close, 1+m.few(2)
	case 5:
		f.At, f.Count = []wire.Kind{wire.Create, wire.Multi, wire.SetACL, wire.SetData, wire.Delete}[m.IntN(5)], 1+m.IntN(3)
	default:
		f.At, f.Count = wire.AnyWrite, 1+m.few(1+len(op.Config.Resources))
	}
	switch f.What {
	case TheyCreate:
		f.At, f.Count = []wire.Kind{wire.Create, wire.Multi}[m.IntN(2)], 1+m.IntN(3)
	case Delay:
		f.For = m.between(20*time.Millisecond, time.Second)
	case Freeze, Stop, StopLeader, NoQuorum:
		// Some outlast the session.
		f.For = m.between(200*time.Millisecond, Usual.Session*3/2)
	case Kill, KillLeader:
		f.For = m.between(0, time.Second)
	case Refuse:
		f.For = m.between(100*time.Millisecond, 3*time.Second)
	default:
	}
	if f.What.Foreign() && (m.chance(60) || f.What == TheyNumber || f.What == TheyReformat) {
		f.Path = m.target(op.Config, f.What)
	}
	return f
}

// target is a node for somebody else to act on.
func (m *maker) target(c Config, act Act) string {
	var paths []string
	for _, r := range c.Resources {
		switch {
		case act == TheyNumber:
			if r.Type == Sequential {
				paths = append(paths, r.Path)
			}
		case act == TheyReformat:
			if r.JSON {
				paths = append(paths, r.Path)
			}
		case r.Type == Quota:
			paths = append(paths, r.Path)
			if act == TheySet {
				paths = append(paths, QuotaOf(r.Path))
			}
		case r.Type == Znodes:
			paths = append(paths, r.Path)
			for _, key := range slices.Sorted(maps.Keys(r.Nodes)) {
				paths = append(paths, r.At(key))
			}
		case r.Type != Sequential:
			paths = append(paths, r.Path)
		}
	}
	if len(paths) == 0 {
		return ""
	}
	return paths[m.IntN(len(paths))]
}
