package scenario

import (
	"fmt"
	"time"

	"terraform-provider-zookeeper/chaos/wire"
)

// An Act is what a fault does.
type Act string

// What happens on the wire.
const (
	CutBefore   Act = "cut before the request"
	CutAfter    Act = "cut after the request"
	CutReply    Act = "cut before the reply"
	CutMiddle   Act = "cut in the middle of the reply"
	ResetBefore Act = "reset before the request"
	ResetAfter  Act = "reset after the request"
	HalfOpen    Act = "half-open connection"
	Drip        Act = "dripping reply"
	Delay       Act = "delay"
	Freeze      Act = "freeze"
	Refuse      Act = "cut, and no new connections for a while"
)

// What happens to the session, to the servers and to the processes.
const (
	Expire       Act = "expiry of the session"
	Kill         Act = "kill the server, and restart it"
	Stop         Act = "stop the server for a while"
	KillLeader   Act = "kill the leader, and restart it"
	StopLeader   Act = "stop the leader for a while"
	NoQuorum     Act = "no quorum for a while"
	Interrupt    Act = "SIGINT to the CLI and the provider"
	InterruptCLI Act = "SIGINT to the CLI alone"
	Terminate    Act = "SIGTERM to the provider"
	KillProvider Act = "SIGKILL to the provider"
	KillCLI      Act = "SIGKILL to the CLI alone"
	KillBoth     Act = "SIGKILL to the CLI and the provider"
	// InterruptHard is the second SIGINT: the CLI ends at once, and kills the provider.
	InterruptHard Act = "SIGINT twice"
)

// What somebody else does.
const (
	TheySet      Act = "foreign set"
	TheySetACL   Act = "foreign setACL"
	TheyDelete   Act = "foreign delete"
	TheyReplace  Act = "foreign delete and create"
	TheyAdd      Act = "foreign child"
	TheyNumber   Act = "foreign sequential sibling"
	TheyReformat Act = "foreign rewrite of JSON"
	// TheyCreate is a node where a run is about to create one. The stranger takes it away again, when all is over.
	TheyCreate Act = "foreign create"
)

// Kills reports whether an act ends a process without its having a say in it.
func (a Act) Kills() bool {
	return a == KillProvider || a == KillCLI || a == KillBoth || a == InterruptHard
}

// Servers reports whether an act is one of the servers themselves: runs beside feel it too.
func (a Act) Servers() bool {
	switch a {
	case Kill, Stop, KillLeader, StopLeader, NoQuorum:
		return true
	default:
		return false
	}
}

// Signals reports whether an act is a signal to the CLI.
func (a Act) Signals() bool {
	switch a {
	case Interrupt, InterruptCLI, InterruptHard, KillCLI, KillBoth:
		return true
	default:
		return false
	}
}

// Foreign reports whether it is an act of somebody else.
func (a Act) Foreign() bool {
	switch a {
	case TheySet, TheySetACL, TheyDelete, TheyReplace, TheyAdd, TheyNumber, TheyReformat, TheyCreate:
		return true
	default:
		return false
	}
}

// A Fault is what happens at an event: when the Count-th request of a kind passes, from the
// beginning of the run on.
type Fault struct {
	At    wire.Kind
	Count int
	What  Act
	// For is how long it lasts, where it lasts.
	For time.Duration
	// Path is the node of somebody else's act; empty for that of the request.
	Path string
}

// String says what happens when.
func (f Fault) String() string {
	s := fmt.Sprintf("at %s request %d: %s", f.At, f.Count, f.What)
	if f.For > 0 {
		s += fmt.Sprintf(" for %v", f.For)
	}
	if f.Path != "" {
		s += " at " + f.Path
	}
	return s
}
