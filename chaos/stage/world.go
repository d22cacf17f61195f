package stage

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"

	"terraform-provider-zookeeper/chaos/history"
	"terraform-provider-zookeeper/chaos/scenario"
)

// members is how many servers an ensemble has.
const members = 3

// marker is the node that is written to learn where in the history one is.
const marker = "/marker"

// A World is the servers of rounds, one after the other.
type World struct {
	servers  []*zktest.Server
	ensemble *zktest.Ensemble // nil for a single server
	client   *zk.Client

	// failing holds a token while servers fail: one fault of theirs at a time.
	failing chan struct{}
	work    sync.WaitGroup

	mu       sync.Mutex
	logs     []*history.Log
	sessions map[int64]bool // our own
}

// NewWorld starts a server, or an ensemble.
func NewWorld(ctx context.Context, ensemble bool) (w *World, err error) {
	w = &World{failing: make(chan struct{}, 1), sessions: make(map[int64]bool)}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Close(context.WithoutCancel(ctx)))
			w = nil
		}
	}()
	// Snapshots would only take time, and the logs are read to their beginning.
	options := []zktest.Option{zktest.WithSystemProperty("zookeeper.snapCount", "10000000"), zktest.WithConfig("syncLimit", "10")}
	if ensemble {
		if w.ensemble, err = zktest.NewEnsemble(ctx, members, options...); err != nil {
			return w, err
		}
		w.servers = w.ensemble.Servers()
	} else {
		server, err := zktest.Start(ctx, options...)
		if err != nil {
			return w, err
		}
		w.servers = []*zktest.Server{server}
	}
	for _, server := range w.servers {
		w.logs = append(w.logs, history.NewLog(server.TxnLogDir()))
	}
	if w.client, err = w.newClient(ctx); err != nil {
		return w, err
	}
	_, err = w.client.Create(ctx, marker, nil, zk.CreateOptions{})
	return w, err
}

// newClient connects to the servers themselves.
func (w *World) newClient(ctx context.Context) (*zk.Client, error) {
	servers := w.servers[0].Addr()
	if w.ensemble != nil {
		servers = w.ensemble.Addrs()
	}
	client, err := zk.New(ctx, zk.Config{
		Servers: servers, SessionTimeout: time.Minute, ConnectTimeout: time.Minute,
		Auth: []zk.Credential{{Scheme: zk.SchemeDigest, Secret: scenario.User + ":" + scenario.Password}},
	})
	if err != nil {
		return nil, err
	}
	if err := client.Start(ctx); err != nil {
		return nil, err
	}
	return client, nil
}

// own notes the session that a client has now for one of ours.
func (w *World) own(client *zk.Client) {
	id, _ := client.Session()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sessions[id] = true
}

// ours are the sessions that the harness has had, as those of somebody else.
func (w *World) ours() map[int64]bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make(map[int64]bool, len(w.sessions))
	for id := range w.sessions {
		all[id] = true
	}
	return all
}

// Close ends the servers.
func (w *World) Close(ctx context.Context) error {
	var err error
	if w.client != nil {
		err = w.client.Close(ctx)
	}
	w.work.Wait()
	for _, server := range w.servers {
		err = errors.Join(err, server.Close())
	}
	return err
}

// now writes a mark, and returns its transaction. One mark too many does no harm.
func (w *World) now(ctx context.Context) (int64, error) {
	for {
		stat, err := w.client.Set(ctx, marker, nil, zk.AnyVersion)
		w.own(w.client)
		if !errors.Is(err, zk.ErrOutcomeUnknown) || ctx.Err() != nil {
			return stat.Mzxid, err
		}
	}
}

// since returns what was done after a transaction.
func (w *World) since(zxid int64) ([]history.Txn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all [][]history.Txn
	for _, log := range w.logs {
		txns, err := log.Since(zxid)
		if err != nil {
			return nil, err
		}
		all = append(all, txns)
	}
	return history.Agreed(all), nil
}

// forget forgets what was done up to a transaction.
func (w *World) forget(zxid int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, log := range w.logs {
		log.Forget(zxid)
	}
}

// addrs are the addresses of the servers.
func (w *World) addrs() []string {
	addrs := make([]string, len(w.servers))
	for i, server := range w.servers {
		addrs[i] = server.Addr()
	}
	return addrs
}

// heal waits for what servers do to end, and until all of them serve.
func (w *World) heal(ctx context.Context) error {
	w.work.Wait()
	var errs []error
	for _, server := range w.servers {
		if !server.Running() {
			errs = append(errs, fmt.Errorf("stage: the server at %s is not running", server.Addr()))
		}
	}
	if w.ensemble != nil {
		_, err := w.ensemble.WaitLeader(ctx)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// fail lets servers fail in a way, and come back after a while. It reports false when others
// fail already. begin is done before it returns, and end later.
func (w *World) fail(ctx context.Context, d time.Duration, begin, end func() error) bool {
	select {
	case w.failing <- struct{}{}:
	default:
		return false
	}
	began := begin()
	w.work.Go(func() {
		defer func() { <-w.failing }()
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		if err := errors.Join(began, end()); err != nil {
			// What is not healed is found by heal.
			_ = err
		}
	})
	return began == nil
}

// kill ends a server, which comes back after a while.
func (w *World) kill(ctx context.Context, server *zktest.Server, d time.Duration) bool {
	life := context.WithoutCancel(ctx)
	return w.fail(ctx, d, server.Kill, func() error { return server.Restart(life) })
}

// stop makes servers stand still for a while.
func (w *World) stop(ctx context.Context, d time.Duration, servers ...*zktest.Server) bool {
	each := func(do func(*zktest.Server) error) func() error {
		return func() error {
			var errs []error
			for _, server := range servers {
				errs = append(errs, do(server))
			}
			return errors.Join(errs...)
		}
	}
	return w.fail(ctx, d, each((*zktest.Server).Pause), each((*zktest.Server).Resume))
}

// leader is the one who leads, or the first where nobody does.
func (w *World) leader(ctx context.Context) *zktest.Server {
	ctx, cancel := context.WithTimeout(ctx, actTimeout)
	defer cancel()
	if w.ensemble != nil {
		if leader, err := w.ensemble.WaitLeader(ctx); err == nil {
			return leader
		}
	}
	return w.servers[0]
}

// expire ends a session, as its timeout would.
func (w *World) expire(ctx context.Context, id int64, password []byte) bool {
	ctx, cancel := context.WithTimeout(ctx, actTimeout)
	defer cancel()
	servers := w.servers[0].Addr()
	if w.ensemble != nil {
		servers = w.ensemble.Addrs()
	}
	client, err := zk.New(ctx, zk.Config{Servers: servers, SessionID: id, SessionPassword: password, SessionTimeout: scenario.Usual.Session, ConnectTimeout: actTimeout})
	if err != nil {
		return false
	}
	err = client.Start(ctx)
	now, _ := client.Session()
	// It is closed whatever came before: it would keep the session.
	return errors.Join(err, client.Close(ctx)) == nil && now == id
}
