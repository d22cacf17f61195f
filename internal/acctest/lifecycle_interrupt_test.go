package acctest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
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
	// args are the plan's.
	args []string
	// remakes says that nodes may be deleted, and made again.
	remakes bool
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

// The ways in which a replacement with create_before_destroy comes about: the arguments of the
// plan, the change of the configuration, and what the tree is afterwards and after a destroy.
type replacing struct {
	name  string
	args  []string
	attrs attrs
	world world
	left  world
}

func (r *row) replacings() []replacing {
	all := []replacing{{name: "a replacement", attrs: r.replaced.attrs, world: r.replaced.world, left: r.replaced.left}}
	if r.again == "" && r.replacing == "" {
		all = append(all, replacing{name: "-replace", args: []string{"-replace=" + r.address()}, left: r.forgotten})
	}
	return all
}

// interruptedReplacement has replacements with create_before_destroy interrupted at their first
// request, then at their second, and so on, and the next apply go on each time.
func (r *row) interruptedReplacement() {
	r.lifecycle = "create_before_destroy = true"
	for _, how := range r.replacings() {
		for n, more := 0, true; more; n++ {
			r.edit(nil)
			r.create()
			r.edit(how.attrs)
			then := r.has(r.made, how.world)
			more = r.interrupt(interruption{what: how.name, then: then, args: how.args, remakes: r.numbered}, n)
			after := how.name + " that was interrupted"
			if more {
				run := r.mustApply(after)
				if r.deposedLeft(run) {
					r.want = then.with(r.made).with(r.first(how.world))
				}
				r.check(after)
				r.settled(after)
			}
			r.reset()
		}
	}
}

// interruptedRename is interruptedReplacement for a rename without moved.
func (r *row) interruptedRename() {
	if r.unordered {
		return // it may fail without an interruption, and rename shows how that goes on
	}
	for n, more := 0, true; more; n++ {
		r.label = "a"
		r.create()
		r.label = "b"
		more = r.interrupt(interruption{what: "a rename", then: r.has(r.made), remakes: true}, n)
		if more {
			r.mustApply("a rename that was interrupted")
			r.check("a rename that was interrupted")
			r.settled("a rename that was interrupted")
		}
		r.reset()
	}
}

// deposed destroys everything where a replacement has ended between its two halves: something
// that waits for the new object could not be created.
func (r *row) deposed() {
	r.lifecycle = "create_before_destroy = true"
	for _, how := range r.replacings() {
		r.edit(nil)
		r.create()
		r.edit(how.attrs)
		kind, place := "zookeeper_znode", `path = "/others"`
		if r.typ == kind {
			kind, place = "zookeeper_znodes", "base_path = \"/\"\n  data = { others = \"\" }"
		}
		r.more = fmt.Sprintf("resource %q \"dependent\" {\n  %s\n  depends_on = [%s]\n}\n", kind, place, r.address())
		run := r.tryApply(how.args...)
		if run.Code == 0 || !strings.Contains(run.Output, existsAlready) {
			r.t.Fatalf("%s: exit code %d\n%s", how.name, run.Code, run.Output)
		}
		r.want = r.has(r.made, r.first(how.world))
		if r.numbered && how.world == nil {
			r.want = r.want.with(world{"/q/job-N+": r.made["/q/job-N"]})
		}
		r.check(how.name + " that has ended between its halves")
		r.more = ""
		r.absent = true
		run = r.cli.Run("destroy", "-no-color", "-auto-approve")
		if run.Code != 0 {
			r.t.Fatalf("destroy: exit code %d\n%s", run.Code, run.Output)
		}
		r.want = r.has(r.left, how.left)
		if r.deposedLeft(run) && how.args == nil {
			r.want = r.has(r.made, how.left)
		}
		r.check("destroy of a deposed object")
		r.settled("destroy of a deposed object")
		r.reset()
	}
}

// deposedLeft reports whether an apply has left what a deposed object has, and checks that it
// names the nodes.
func (r *row) deposedLeft(run *acctest.Run) bool {
	r.t.Helper()
	if !strings.Contains(run.Output, "Deposed object was left as it is") {
		return false
	}
	for rel, n := range r.made {
		if _, before := r.before[rel]; r.left[rel] != n && !n.gone && !before && !strings.Contains(run.Output, `"`+rel+`"`) {
			r.t.Errorf("it is not told that %s was left:\n%s", rel, run.Output)
		}
	}
	return true
}

// first is what a replacement does before it destroys the old object: what a change makes, without
// what it removes or gives back.
func (r *row) first(change world) world {
	some := make(world)
	for rel, n := range change {
		if was, ok := r.before[rel]; !n.gone && (!ok || n != was) {
			some[rel] = n
		}
	}
	return some
}

// reset destroys everything, and brings the tree back to what was there before.
func (r *row) reset() {
	r.t.Helper()
	r.absent = true
	r.mustApply("the resource has left the configuration")
	r.absent = false
	for rel := range r.look() {
		if _, before := r.had[rel]; !before {
			r.must(r.tree.Client.DeleteTree(r.t.Context(), r.path(rel), zk.AnyVersion))
		}
	}
	r.want = r.has()
	r.somebodyElse(r.before)
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
	plan := append([]string{"plan", "-no-color", "-out=plan"}, i.args...)
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

// parentOf reports whether a node is one that the creation of a zookeeper_znode or of a zookeeper_quota has made for
// what is below: those are in no state.
func (r *row) parentOf(rel string, is world) bool {
	if r.typ == "zookeeper_quota" && strings.HasPrefix(rel, quotas) {
		return !strings.Contains(rel, "/zookeeper_")
	}
	if n, there := is[rel]; !there || n.data != "" || r.typ != "zookeeper_znode" {
		return false
	}
	for other := range is {
		if strings.HasPrefix(other, rel+"/") {
			return true
		}
	}
	return false
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
	for path := range now {
		// Those of a creation without a reply are nobody's.
		if r.numbered && !i.lost && !i.destroys && number.MatchString(path) && !slices.ContainsFunc(known, func(in instance) bool { return in.Path == path }) {
			r.t.Errorf("%s at request %d, and no state has %s\n%s", after, n, path, run.Output)
		}
	}
	is := now.world(r.numbered)
	for rel := range is.with(r.want) {
		have, there := is[rel]
		was, before := r.want[rel]
		must, expected := i.then[rel]
		if another, ok := strings.CutSuffix(rel, "+"); ok && i.remakes { // the old one and the new one
			must, expected = i.then[another]
		}
		same := there == before && have == was
		// An ACL and data are two requests, and no transaction has both.
		partly := there && before && expected && (have.data == was.data || have.data == must.data) && (have.acl == was.acl || have.acl == must.acl)
		remaking := !there && expected && i.remakes
		// What was there before the resource: the old object has given it back, and the new one has not come.
		original, restored := r.before[rel]
		restored = restored && there && have == original
		parent := r.parentOf(rel, is) || there && have.data == "" && strings.Contains(run.Output, "Parents were made")
		if !same && !partly && !remaking && !restored && !parent && (there != expected || have != must) {
			r.t.Errorf("%s at request %d: %s is %+v (there: %t), was %+v, and had to become %+v\n%s", after, n, rel, have, there, was, must, run.Output)
		}
		if _, left := r.left[rel]; same || left || !there || i.destroys || restored || parent {
			continue
		}
		owned := r.numbered // see above
		for _, instance := range known {
			owned = owned || instance.owned(rel)
		}
		if !owned {
			r.t.Errorf("%s at request %d, and no state has %s\n%s", after, n, rel, run.Output)
		}
	}
}
