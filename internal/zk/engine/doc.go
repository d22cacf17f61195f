// Package engine keeps one session with the servers over as many connections as it takes.
//
//	e, err := engine.New(ctx, engine.Config{Hosts: hosts})
//	…
//	err = e.Start(ctx)
//	…
//	e.Submit(ctx, call)
//	ended, err := e.Await(ctx, call)
//
// It finds a server, opens the session there, and resumes it at another one when the connection is lost;
// where the session has expired it begins a new one. Requests are [conn.Call]s. Those that are submitted while
// there is no connection wait, and none is sent in a session other than the one that it was pinned to.
// Beside that it knows what goes with a session whatever is asked in it: hosts, TLS, SASL and identities, states
// and who listens to them, the version of the server and what it may be asked, how often and for how long
// something is tried again, how long a caller is outlived ([Waiter]), and the watches, which it registers with each
// server again.
//
// What it is not: it knows no operation. What a request means, what a path inside a chroot is, whether a write whose
// reply was lost took effect, and what the client itself has written are for internal/zk, which is built on it and
// is its only user.
//
// Where to begin reading: serve in run.go is the life of an engine, one connection after the other. It runs in a
// goroutine that [Engine.Begin] starts; connect.go is how a connection is found, call.go how a request gets to it.
//
// # Locks
//
// In the order in which they are taken, where one is held when another is:
//
//  1. Engine.mu: phase, queue, hosts, identities. What is called with it does no I/O and waits for nobody. Calls
//     that wait in the queue are ended with it held: what runs then (Call.Ended) does not take it.
//  2. the lock of a [conn.Conn], which asks admit about each call when its turn comes.
//  3. watches.mu: what is watched, and what was asked for. No request is made with it held.
//  4. Watch.mu: the events of one watch.
//
// listeners.mu and failures.mu are taken with any of them held, and nothing is taken after them. None is held across I/O.
//
// Those of the client in internal/zk come last, because a call's Ended takes them: ledger.mu and claims.mu, never one
// with the other held. With neither of them held is anything asked of the engine.
//
// Three are channels, because whoever waits for one may give up, and are held across I/O. None is taken with a mutex
// held, and among themselves they go in this order: the turn of a Pending, held by the one who collects its result;
// Client.numbering, held by the one who looks for a sequential node; and the turn of a link's versionCache, held by the
// one who asks for the version.
package engine
