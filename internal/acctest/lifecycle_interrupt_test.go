package acctest_test

import (
	"os"
	"path/filepath"
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

// interruptCreate has a creation interrupted at each of its requests, and the next apply go on.
func (r *row) interruptCreate(lost bool) {
	i := interruption{what: "a creation", then: r.has(r.made), lost: lost}
	for n := 0; r.interrupted(i, n); n++ {
		r.want = i.then
		if orphan, ok := r.orphaned(); lost && ok {
			// The servers do not tell whose it is: it stays, and the apply names it.
			r.want = i.then.with(world{orphan + "+": i.then[orphan]})
			run := r.tryApply()
			if path := r.numberedPath(orphan); run.Code != 0 || !strings.Contains(run.Output, path) {
				r.t.Errorf("after %s the apply does not name %s: exit code %d\n%s", i.what, path, run.Code, run.Output)
			}
			r.check("the apply after " + i.what)
			r.settled("the apply after " + i.what)
			r.destroy(world{orphan: i.then[orphan]})
			r.somebodyElse(world{orphan: {gone: true}})
			continue
		}
		r.apply("the apply after " + i.what)
		r.settled("the apply after " + i.what)
		r.destroy()
	}
	r.want = i.then
	r.settled(i.what)
}

// orphaned returns the numbered node that a creation has made and that is in no state.
func (r *row) orphaned() (rel string, ok bool) {
	if !r.numbered {
		return "", false
	}
	for rel := range r.made {
		if path := r.numberedPath(rel); path != "" {
			for _, i := range r.instances() {
				if i.Path == path {
					return "", false
				}
			}
			return rel, true
		}
	}
	return "", false
}

// interruptUpdate has an update interrupted at each of its requests, and the next apply go on.
func (r *row) interruptUpdate(lost bool) {
	r.create()
	changes := []edit{{attrs: r.update.attrs, world: r.has(r.made, r.update.world)}, {world: r.has(r.made, r.update.left)}}
	more := true
	for n := 0; more; n++ {
		change := changes[n%2]
		r.edit(change.attrs)
		i := interruption{what: "an update", then: change.world, lost: lost}
		more = r.interrupted(i, n)
		r.want = change.world
		r.apply("the apply after " + i.what)
		r.settled("the apply after " + i.what)
	}
	r.destroy(r.update.left)
}

// interruptDestroy has a destruction interrupted at each of its requests, and the next one go
// on.
func (r *row) interruptDestroy(lost bool) {
	more := true
	for n := 0; more; n++ {
		r.want = r.has(r.left)
		r.create()
		more = r.interrupted(interruption{what: "a destruction", then: r.has(r.left), destroys: true, lost: lost}, n)
		r.destroy()
	}
}

// interrupted applies a plan, has the reply to its request number n held, interrupts the CLI,
// and checks what it has left. It returns false where there was no such request, and the plan
// was applied to its end.
func (r *row) interrupted(i interruption, n int) bool {
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
	hold := proxy.HoldReply(func(op int32) bool {
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
		"ZOOKEEPER_SERVERS=" + proxy.Addr() + r.tree.Base, "ZOOKEEPER_CONNECT_TIMEOUT=60", "ZOOKEEPER_SESSION_TIMEOUT=" + timeout,
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
		return false
	case <-hold.Reached():
	}
	r.must(run.Signal(syscall.SIGINT))
	if !i.lost {
		r.waitStopped(log, ended)
		hold.Release()
	}
	r.must(<-ended)
	r.checkInterrupted(i, n, run)
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
	known := r.checkState(after, now)
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
		if _, left := r.left[rel]; same || left || !there {
			continue
		}
		owned := r.numbered && len(known) > 0
		for _, instance := range known {
			owned = owned || instance.owned(rel)
		}
		if !owned && !(r.numbered && i.lost) {
			r.t.Errorf("%s at request %d, and no state has %s\n%s", after, n, rel, run.Output)
		}
	}
}
