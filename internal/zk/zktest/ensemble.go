package zktest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// An Ensemble is a number of servers that elect a leader. Each can be stopped, killed and paused like any [Server].
type Ensemble struct {
	servers []*Server
	set     *settings
}

// StartEnsemble starts n servers as one ensemble and waits until there is a leader and all others follow it. When the
// test ends, their logs are shown if the test has failed, and they are stopped and their data removed.
func StartEnsemble(tb testing.TB, n int, opts ...Option) *Ensemble {
	tb.Helper()
	ensemble, err := NewEnsemble(tb.Context(), n, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		for _, server := range ensemble.servers {
			server.finish(tb)
		}
	})
	return ensemble
}

// NewEnsemble starts n servers as [StartEnsemble] does, for a program that has no [testing.TB]. The caller closes the
// ensemble.
func NewEnsemble(ctx context.Context, n int, opts ...Option) (*Ensemble, error) {
	if n < 2 {
		return nil, fmt.Errorf("zktest: an ensemble of %d: it takes two at least", n)
	}
	set := newSettings(opts)
	servers, err := startAll(ctx, n, set)
	if err != nil {
		return nil, err
	}
	return &Ensemble{servers: servers, set: set}, nil
}

// StartJoiner starts a server with an id of its own, which knows the members and is not one of them: as an observer it learns from
// the leader all that they have, and a reconfiguration makes it a member. It takes an ensemble with reconfigEnabled=true.
func (e *Ensemble) StartJoiner(tb testing.TB, id int) *Server {
	tb.Helper()
	joiner, err := e.newJoiner(tb.Context(), id)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { joiner.finish(tb) })
	return joiner
}

func (e *Ensemble) newJoiner(ctx context.Context, id int) (joiner *Server, err error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if joiner, err = newServer(ctx, e.set); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			joiner, err = nil, errors.Join(err, joiner.Close())
		}
	}()
	if joiner.member, err = joiner.reserveMember(ctx); err != nil {
		return joiner, err
	}
	members := []string{fmt.Sprintf("server.%d=%s:observer", id, joiner.member)}
	for i, server := range e.servers {
		members = append(members, fmt.Sprintf("server.%d=%s", i+1, server.member))
	}
	if err := errors.Join(joiner.writeConfig(e.set, id, members), joiner.start(ctx)); err != nil {
		return joiner, err
	}
	if err := joiner.waitServing(ctx); err != nil {
		return joiner, err
	}
	return joiner, nil
}

// Close closes all members. Closing again does nothing.
func (e *Ensemble) Close() error { return closeAll(e.servers) }

// Servers returns the members, in the order of their ids, running or not.
func (e *Ensemble) Servers() []*Server { return e.servers }

// Addrs returns the members' addresses for clients, separated by commas.
func (e *Ensemble) Addrs() string {
	addrs := make([]string, len(e.servers))
	for i, server := range e.servers {
		addrs[i] = server.Addr()
	}
	return strings.Join(addrs, ",")
}

// Leader returns the member that leads now, or nil while none does; see [Ensemble.WaitLeader].
func (e *Ensemble) Leader() *Server {
	leader, _ := e.state(context.Background())
	return leader
}

// WaitLeader waits until a member leads and enough others follow it for a quorum, and returns the leader.
func (e *Ensemble) WaitLeader(ctx context.Context) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	var leader *Server
	err := poll(ctx, func(ctx context.Context) (bool, error) {
		var following int
		leader, following = e.state(ctx)
		// With the leader itself, that's more than half.
		return leader != nil && following >= len(e.servers)/2, nil
	})
	if err != nil {
		return nil, fmt.Errorf("zktest: the ensemble has no leader: %w", err)
	}
	return leader, nil
}

// state asks all members at once, as each that does not answer takes a while to be given up on, and returns the one that
// leads and how many follow.
func (e *Ensemble) state(ctx context.Context) (leader *Server, following int) {
	modes := make([]string, len(e.servers))
	var all sync.WaitGroup
	for i, server := range e.servers {
		all.Go(func() { modes[i], _ = server.mode(ctx) })
	}
	all.Wait()
	for i, mode := range modes {
		switch mode {
		case modeLeader:
			leader = e.servers[i]
		case modeFollower:
			following++
		}
	}
	return leader, following
}
