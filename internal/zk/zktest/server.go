package zktest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	// startTimeout bounds the wait for a server that takes half a second on an idle machine.
	startTimeout = 2 * time.Minute

	// stopTimeout bounds the wait for a server that was asked to end, before it is killed.
	stopTimeout = 20 * time.Second

	// pollInterval is short beside what is waited for, and long beside what asking costs.
	pollInterval = 20 * time.Millisecond

	// startTries is how often a start is tried with other ports, when somebody else is on one.
	startTries = 5

	// logTail is how much of a server's log a failure shows, in bytes.
	logTail = 16 << 10

	mainClass = "org.apache.zookeeper.server.quorum.QuorumPeerMain"
)

// errPortTaken is why a server ended, when it found a port of its own in use.
var errPortTaken = errors.New("a port was taken meanwhile")

// A Server is a ZooKeeper server in a process and a folder of its own. Its address and its data stay the same from one
// run of the process to the next.
type Server struct {
	version string
	dir     string
	command []string
	client  *port
	secure  *port // nil without [WithSecurePort]
	ports   []*port
	member  string // where other members reach it; empty for one that is alone
	dog     *watchdog
	closed  func() error

	mu  sync.Mutex
	run *process // the last run; nil before the first one
}

// StartServer starts a standalone server and waits until it serves. When the test ends, the server's log is shown if
// the test has failed, and the server is stopped and its data removed.
func StartServer(tb testing.TB, opts ...Option) *Server {
	tb.Helper()
	server, err := Start(tb.Context(), opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { server.finish(tb) })
	return server
}

// Start starts a standalone server and waits until it serves, for TestMain and others that have no [testing.TB]. The
// caller closes the server.
func Start(ctx context.Context, opts ...Option) (*Server, error) {
	servers, err := startAll(ctx, 1, newSettings(opts))
	if err != nil {
		return nil, err
	}
	return servers[0], nil
}

// startAll starts the members of an ensemble, or a single server, and waits until each of them serves.
func startAll(ctx context.Context, n int, set *settings) ([]*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for try := 1; ; try++ {
		servers, err := tryStartAll(ctx, n, set)
		if err == nil || try == startTries || !errors.Is(err, errPortTaken) {
			return servers, err
		}
	}
}

func tryStartAll(ctx context.Context, n int, set *settings) (servers []*Server, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, closeAll(servers))
			servers = nil
		}
	}()
	// Each member's configuration names the ports of all, so all are reserved before the first one is written.
	var members []string
	for id := 1; id <= n; id++ {
		server, err := newServer(ctx, set)
		if err != nil {
			return servers, err
		}
		servers = append(servers, server)
		if n > 1 || set.alone {
			if server.member, err = server.reserveMember(ctx); err != nil {
				return servers, err
			}
			members = append(members, fmt.Sprintf("server.%d=%s", id, server.member))
		}
	}
	for id := n + 1; set.alone && id <= n+2; id++ {
		member, err := servers[0].reserveMember(ctx)
		if err != nil {
			return servers, err
		}
		members = append(members, fmt.Sprintf("server.%d=%s", id, member))
	}
	for i, server := range servers {
		if err := server.writeConfig(set, i+1, members); err != nil {
			return servers, err
		}
		if err := server.start(ctx); err != nil {
			return servers, err
		}
	}
	for _, server := range servers {
		if err := server.waitServing(ctx); err != nil {
			return servers, err
		}
	}
	return servers, nil
}

func closeAll(servers []*Server) error {
	var errs []error
	for _, server := range servers {
		errs = append(errs, server.Close())
	}
	return errors.Join(errs...)
}

// newServer makes a server's folder and reserves its ports, and starts nothing but the watchdog.
func newServer(ctx context.Context, set *settings) (server *Server, err error) {
	version := set.version
	if version == "" {
		if version, err = defaultVersion(); err != nil {
			return nil, err
		}
	}
	jars, err := classPath(version)
	if err != nil {
		return nil, err
	}
	java, err := javaCommand()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "zktest-")
	if err != nil {
		return nil, fmt.Errorf("zktest: %w", err)
	}
	dog, err := startWatchdog(ctx, dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	s := &Server{version: version, dir: dir, dog: dog}
	s.closed = sync.OnceValue(s.close)
	defer func() {
		if err != nil {
			server, err = nil, errors.Join(err, s.Close())
		}
	}()

	for _, sub := range []string{s.dataDir(), s.tmpDir()} {
		if err := os.Mkdir(sub, 0o700); err != nil {
			return nil, fmt.Errorf("zktest: %w", err)
		}
	}
	if s.client, err = s.reserve(ctx); err != nil {
		return nil, err
	}
	if set.securePort {
		if s.secure, err = s.reserve(ctx); err != nil {
			return nil, err
		}
	}
	s.command = append([]string{java}, set.javaArgs(jars)...)
	// Libraries unpack native code there, and a killed JVM does not clean up.
	s.command = append(s.command, "-Djava.io.tmpdir="+s.tmpDir(), mainClass, s.configFile())
	return s, nil
}

func (s *Server) reserve(ctx context.Context) (*port, error) {
	p, err := reservePort(ctx)
	if err != nil {
		return nil, err
	}
	s.ports = append(s.ports, p)
	return p, nil
}

// reserveMember reserves the ports that the other members of an ensemble reach one at, and returns its address.
func (s *Server) reserveMember(ctx context.Context) (string, error) {
	quorum, err := s.reserve(ctx)
	if err != nil {
		return "", err
	}
	election, err := s.reserve(ctx)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s:%d:%d", loopback, quorum.number, election.number), nil
}

// writeConfig is called once: a reconfiguration makes the server rewrite the file, which a restart must find again.
func (s *Server) writeConfig(set *settings, id int, members []string) error {
	config := maps.Clone(set.config)
	config["dataDir"] = s.dataDir()
	config["clientPort"] = strconv.Itoa(s.client.number)
	config["clientPortAddress"] = loopback
	if s.secure != nil {
		config["secureClientPort"] = strconv.Itoa(s.secure.number)
		config["secureClientPortAddress"] = loopback
	}
	var lines strings.Builder
	for _, key := range slices.Sorted(maps.Keys(config)) {
		fmt.Fprintf(&lines, "%s=%s\n", key, config[key])
	}
	for _, member := range members {
		fmt.Fprintln(&lines, member)
	}
	if err := os.WriteFile(s.configFile(), []byte(lines.String()), 0o600); err != nil {
		return fmt.Errorf("zktest: %w", err)
	}
	if len(members) > 0 {
		if err := os.WriteFile(filepath.Join(s.dataDir(), "myid"), []byte(strconv.Itoa(id)), 0o600); err != nil {
			return fmt.Errorf("zktest: %w", err)
		}
	}
	return nil
}

func (s *Server) configFile() string { return filepath.Join(s.dir, "zoo.cfg") }
func (s *Server) dataDir() string    { return filepath.Join(s.dir, "data") }
func (s *Server) tmpDir() string     { return filepath.Join(s.dir, "tmp") }
func (s *Server) logFile() string    { return filepath.Join(s.dir, "log") }

// start runs the server's process, and does not wait for it to serve.
func (s *Server) start(ctx context.Context) error {
	log, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("zktest: %w", err)
	}
	defer func() { _ = log.Close() }()
	run, err := startProcess(ctx, s.command, log, s.dog)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.run = run
	return nil
}

// waitServing waits until the server answers as one that serves.
func (s *Server) waitServing(ctx context.Context) error {
	run := s.current()
	err := poll(ctx, func(ctx context.Context) (bool, error) {
		if run.ended() {
			if saysPortTaken(s.Log()) {
				return false, errPortTaken
			}
			return false, errors.New("it ended")
		}
		_, serving := s.mode(ctx)
		return serving, nil
	})
	if err != nil {
		return fmt.Errorf("zktest: ZooKeeper %s does not serve at %s: %w; its log ends:\n%s", s.version, s.Addr(), err, s.tail())
	}
	return nil
}

// saysPortTaken tells by a server's log whether it ended because it could not bind an address: in the words of Java, or
// of Netty's native transport.
func saysPortTaken(log string) bool {
	return strings.Contains(log, "java.net.BindException") || strings.Contains(log, "bind(..) failed")
}

// running returns the server's process, or an error when there is none to send a signal to.
func (s *Server) running() (*process, error) {
	if run := s.current(); run != nil && !run.ended() {
		return run, nil
	}
	return nil, fmt.Errorf("zktest: the server at %s is not running", s.Addr())
}

func (s *Server) current() *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.run
}

// Addr returns the address for clients, as host:port.
func (s *Server) Addr() string { return s.client.addr() }

// SecureAddr returns the address for clients that speak TLS, which [WithSecurePort] opens. It is empty without that.
func (s *Server) SecureAddr() string {
	if s.secure == nil {
		return ""
	}
	return s.secure.addr()
}

// MemberAddr returns the address for the other members of an ensemble, as host:quorum-port:election-port. It is empty
// for a standalone server.
func (s *Server) MemberAddr() string { return s.member }

// Version returns the ZooKeeper release that the server runs.
func (s *Server) Version() string { return s.version }

// Stop ends the server in an orderly way, with SIGTERM, and waits for its end. Its data stays.
func (s *Server) Stop() error {
	run, err := s.running()
	if err != nil {
		return err
	}
	// A paused process takes the signal only once it goes on.
	if err := errors.Join(run.signal(syscall.SIGTERM), run.thaw()); err != nil {
		return err
	}
	patience := time.NewTimer(stopTimeout)
	defer patience.Stop()
	select {
	case <-run.done:
		return nil
	case <-patience.C:
		return errors.Join(fmt.Errorf("zktest: the server at %s did not end within %v of being asked to", s.Addr(), stopTimeout), s.Kill())
	}
}

// Kill ends the server at once, with SIGKILL, as a crash does, and waits for its end. Its data stays.
func (s *Server) Kill() error {
	run, err := s.running()
	if err != nil {
		return err
	}
	if err := run.signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-run.done
	return nil
}

// Restart starts the server again at the same address and with the same data, and waits until it serves. A server that
// still runs is stopped first. A member of an ensemble serves only as part of a quorum, unless it is configured to
// serve read-only.
func (s *Server) Restart(ctx context.Context) error {
	if _, err := s.running(); err == nil {
		if err := s.Stop(); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := s.start(ctx); err != nil {
		return err
	}
	return s.waitServing(ctx)
}

// Pause freezes the server, with SIGSTOP: connections to it are accepted, and nothing is answered.
func (s *Server) Pause() error {
	run, err := s.running()
	if err != nil {
		return err
	}
	return run.freeze()
}

// Resume lets a paused server go on, with SIGCONT. It answers what it was sent meanwhile.
func (s *Server) Resume() error {
	run, err := s.running()
	if err != nil {
		return err
	}
	return run.thaw()
}

// Log returns what the server has logged so far, in all its runs.
func (s *Server) Log() string {
	log, err := os.ReadFile(s.logFile())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Sprintf("(no log: %v)", err)
	}
	return string(log)
}

// TxnLogDir returns the folder of the server's transaction logs, which hold every change that it has accepted.
func (s *Server) TxnLogDir() string { return filepath.Join(s.dataDir(), "version-2") }

// Running reports whether the server's process is there and not paused.
func (s *Server) Running() bool {
	run, err := s.running()
	return err == nil && !run.isFrozen()
}

func (s *Server) tail() string {
	log := s.Log()
	if len(log) <= logTail {
		return log
	}
	return "[…]" + log[len(log)-logTail:]
}

// Close kills the server, removes its data and releases its ports. Closing again does nothing.
func (s *Server) Close() error { return s.closed() }

func (s *Server) close() error {
	var err error
	if _, down := s.running(); down == nil {
		err = s.Kill()
	}
	err = errors.Join(err, s.dog.close())
	for _, p := range s.ports {
		p.release()
	}
	return err
}

// finish closes the server at the end of a test.
func (s *Server) finish(tb testing.TB) {
	tb.Helper()
	if tb.Failed() {
		tb.Logf("ZooKeeper %s at %s logged:\n%s", s.version, s.Addr(), s.tail())
	}
	if err := s.Close(); err != nil {
		tb.Error(err)
	}
}

// poll calls a condition until it holds, fails, or ctx ends.
func poll(ctx context.Context, condition func(context.Context) (bool, error)) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		if ok, err := condition(ctx); ok || err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
