package acctest_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// housekeeping are the requests of the protocol that no operation of a resource consists of:
// ping, auth, setWatches and its successor, sasl, closeSession.
var housekeeping = map[int32]bool{11: true, 100: true, 101: true, 102: true, 105: true, -11: true}

// writing are the requests that write: create, delete, setData, setACL, multi, create2,
// createContainer, createTTL.
var writing = map[int32]bool{1: true, 2: true, 5: true, 7: true, 14: true, 15: true, 19: true, 21: true}

// An interruption is one SIGINT while the CLI waits for the reply to a request.
type interruption struct {
	// what is interrupted, and then is what the tree was to become.
	what string
	then world
	// destroys says that everything is to be destroyed.
	destroys bool
	// lost says that no reply to a write ever comes; otherwise that to any request comes after
	// the provider was told to stop.
	lost bool
}

// interrupted has a creation, an update and a destruction interrupted at their first requests,
// then at their second, and so on, and the next apply go on each time.
func (r *row) interrupted() {
	for n, more := 0, true; more; n++ {
		r.edit(nil)
		created := r.interrupt(interruption{what: "a creation", then: r.has(r.made)}, n)
		r.converge("a creation that was interrupted")
		r.edit(r.update.attrs)
		updated := r.interrupt(interruption{what: "an update", then: r.has(r.made, r.update.world)}, n)
		r.converge("an update that was interrupted")
		destroyed := r.interrupt(interruption{what: "a destruction", then: r.has(r.left, r.update.left), destroys: true}, n)
		r.destroy(r.update.left)
		for rel := range r.update.left {
			r.somebodyElse(world{rel: gone})
		}
		more = created || updated || destroyed
	}
}

// lost has the reply to each of the writes of a creation never come, and the next apply go on.
func (r *row) lost() {
	i := interruption{what: "a creation without a reply", then: r.has(r.made), lost: true}
	for n := 0; r.interrupt(i, n); n++ {
		orphan, ok := r.orphaned()
		if !ok {
			r.converge(i.what)
			r.destroy()
			continue
		}
		// The servers do not tell whose it is: it stays, and the apply names it.
		r.want = i.then.with(world{orphan + "+": i.then[orphan]})
		run := r.tryApply()
		if path := r.numberedPath(orphan); run.Code != 0 || !strings.Contains(run.Output, path) {
			r.t.Errorf("after %s the apply does not name %s: exit code %d\n%s", i.what, path, run.Code, run.Output)
		}
		r.check("the apply after " + i.what)
		r.settled("the apply after " + i.what)
		r.destroy(world{orphan: i.then[orphan]})
		r.somebodyElse(world{orphan: gone})
	}
	r.destroy()
}

// converge applies what an interrupted operation may have left to do.
func (r *row) converge(after string) {
	r.t.Helper()
	if r.apply(after) != "" {
		r.settled("the apply after " + after)
	}
}

// orphaned returns the numbered node that a creation has made and that is in no state.
func (r *row) orphaned() (rel string, ok bool) {
	if !r.numbered {
		return "", false
	}
	for rel := range r.made {
		path := r.numberedPath(rel)
		if path == "" || !strings.HasSuffix(rel, "N") {
			continue
		}
		return rel, !slices.ContainsFunc(r.instances(), func(i instance) bool { return i.Path == path })
	}
	return "", false
}

// interrupt applies a plan, has the reply to its request number n held, interrupts the CLI,
// and checks what it has left. It returns false where there was no such request, and the plan
// was applied to its end. Afterwards the tree has to become what the operation was to make it.
func (r *row) interrupt(i interruption, n int) bool {
	r.t.Helper()
	plan := []string{"plan", "-no-color", "-out=plan"}
	if i.destroys {
		plan = append(plan, "-destroy")
	}
	r.write()
	r.cli.MustRun(plan...)

	proxy := zktest.StartProxy(r.t, acctest.Server(r.t).Addr())
	defer proxy.Close()
	left := n
	held, release := proxy.HoldReplies(func(op int32) bool {
		if housekeeping[op] || i.lost && !writing[op] {
			return false
		}
		left--
		if left == -1 && i.lost {
			proxy.Refuse(true)
		}
		return left == -1
	})
	cli := *r.cli
	log := filepath.Join(r.t.TempDir(), "log")
	timeout := "60"
	if i.lost {
		timeout = "1" // it bounds the wait for what never comes
	}
	cli.Env = []string{
		"GOGC=off", "ZOOKEEPER_SERVERS=" + proxy.Addr() + r.tree.Base, "ZOOKEEPER_CONNECT_TIMEOUT=60", "ZOOKEEPER_SESSION_TIMEOUT=" + timeout,
		"TF_LOG_PROVIDER=TRACE", "TF_LOG_PATH=" + log,
	}
	run := cli.Start("apply", "-no-color", "plan")
	ended := make(chan error, 1)
	go func() { ended <- run.Wait() }()
	select {
	case err := <-ended:
		r.must(err)
		if run.Code != 0 {
			r.t.Fatalf("%s that was not interrupted: exit code %d\n%s", i.what, run.Code, run.Output)
		}
		r.want = i.then
		r.check(i.what)
		return false
	case <-held:
	}
	r.must(run.Signal(syscall.SIGINT))
	if !i.lost {
		r.waitStopped(log, ended)
		release()
	}
	r.must(<-ended)
	r.checkInterrupted(i, n, run)
	r.want = i.then
	return true
}

// waitStopped waits until the provider has been told to stop, by its log, or the run has ended.
func (r *row) waitStopped(log string, ended chan error) {
	r.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		b, err := os.ReadFile(log)
		r.must(err)
		if strings.Contains(string(b), "Closed all our contexts") {
			return
		}
		select {
		case err := <-ended:
			ended <- err
			return
		case <-tick.C:
		}
	}
}

// checkInterrupted checks what an operation has left that was interrupted: each node is as it
// was, or as it was to become, and the state has what was done.
func (r *row) checkInterrupted(i interruption, n int, run *acctest.Run) {
	r.t.Helper()
	after := i.what + " was interrupted"
	now := r.look()
	known := r.instances()
	if !i.lost { // otherwise nobody knows yet
		r.checkInstances(after, known, now)
	}
	r.checkOthers(after, now)
	is := now.world(r.numbered)
	for rel := range is.with(r.want) {
		have, there := is[rel]
		was, before := r.want[rel]
		must, expected := i.then[rel]
		same := there == before && have == was
		// An ACL and data are two requests, and no transaction has both.
		partly := there && before && expected && (have.data == was.data || have.data == must.data) && (have.acl == was.acl || have.acl == must.acl)
		if !same && !partly && (there != expected || have != must) {
			r.t.Errorf("%s at request %d: %s is %+v (there: %t), was %+v, and had to become %+v\n%s", after, n, rel, have, there, was, must, run.Output)
		}
		if _, left := r.left[rel]; same || left || !there || i.destroys {
			continue
		}
		// Which of the numbered nodes are a resource's is only known by their numbers, and those
		// of a creation without a reply are nobody's.
		owned := r.numbered && (i.lost || len(known) > 0)
		for _, instance := range known {
			owned = owned || instance.owned(rel)
		}
		if !owned {
			r.t.Errorf("%s at request %d, and no state has %s\n%s", after, n, rel, run.Output)
		}
	}
}
