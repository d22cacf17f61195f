package acctest_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
)

// Every resource goes through what Terraform's life cycle has. After each step the tree on
// the server is exactly what the row says, the state tells the truth of it, and the next
// plan is empty where the row does not say otherwise.
func TestAccLifecycle(t *testing.T) {
	for _, s := range subjects {
		t.Run(s.name, func(t *testing.T) {
			for _, about := range s.needs {
				acctest.Needs(t, about)
			}
			for name, feature := range features {
				t.Run(name, func(t *testing.T) {
					r := newRow(t, s)
					feature(r)
				})
			}
			for _, th := range s.things {
				t.Run("ignore_changes of "+th.name(), func(t *testing.T) {
					newRow(t, s).ignoreChanges("["+strings.Join(th.ignore, ", ")+"]", th)
				})
			}
		})
	}
}

// features are what each subject goes through, apart from ignore_changes of its attributes.
var features = map[string]func(r *row){
	"without ignore_changes":               (*row).noticesChanges,
	"ignore_changes = all":                 func(r *row) { r.ignoreChanges("all", r.things...) },
	"replacement, create_before_destroy":   (*row).replacement,
	"-replace":                             func(r *row) { r.replace("") },
	"-replace, create_before_destroy":      func(r *row) { r.replace("create_before_destroy = true") },
	"rename without moved":                 (*row).rename,
	"rename of a for_each key, one by one": (*row).renameKey,
	"moved":                                (*row).moved,
	"removed, destroy = false":             func(r *row) { r.removed(false) },
	"removed, destroy = true":              func(r *row) { r.removed(true) },
	"taint":                                (*row).taint,
	"interrupted":                          (*row).interrupted,
	"interrupted without a reply":          (*row).lost,
	"replacement, interrupted":             (*row).interruptedReplacement,
	"rename without moved, interrupted":    (*row).interruptedRename,
	"deposed object, destroyed":            (*row).deposed,
}

// A subject is a resource with a configuration that the features are tried on.
type subject struct {
	name  string
	typ   string
	needs []acctest.Feature
	// attrs is the configuration, each attribute as HCL.
	attrs attrs
	// before is what others have put below the base.
	before world
	// made is what the resource makes of that.
	made world
	// left is what stays of it after a destroy, apart from what was there before.
	left world
	// things are what somebody can change of it.
	things []thing
	// update is a change of the configuration that the resource makes in place, and replaced
	// one that replaces it.
	update, replaced edit
	// again is how the creation of a second resource for the same nodes ends, while the first
	// one is there: with this error, or, where it is empty, it takes them over.
	again string
	// unordered says that the creation does not wait for the destruction of the first one in the same apply. It may find it
	// there.
	unordered bool
	// forgets is what a replacement for the same nodes warns of, when it is created before its
	// predecessor is destroyed and so is not told what that remembers; forgotten is what stays
	// after a destroy for that.
	forgets   string
	forgotten world
	// replacing is how -replace ends, where it cannot be done.
	replacing string
	// numbered subjects have nodes that the server numbers. Their numbers are N in a world.
	numbered bool
}

// attrs are attributes by name, as HCL. In a change, an empty one leaves it out.
type attrs map[string]string

// An edit is a change of the configuration, and what the tree is once it is applied.
type edit struct {
	attrs attrs
	world world
	// left is what stays of it when the change is taken back, or everything destroyed, as
	// missing parents do that were created.
	left world
}

// A thing is what ignore_changes can have Terraform ignore, with what somebody else and the
// user change of it.
type thing struct {
	// ignore is what ignore_changes has.
	ignore []string
	// theirs is what somebody else makes of the tree.
	theirs world
	// same says that theirs makes no difference, so that no plan shows it.
	same bool
	// stays is what of theirs is there after a destroy.
	stays world
	// edit is the user's change.
	edit edit
	// shown is how the apply after each of them ends that changes nothing on the servers, and
	// is not empty all the same. It says so in numbers, as in "1 changed".
	shownTheirs, shownEdit string
	// undone is how the apply ends that undoes somebody else's change although it is ignored.
	undone string
	// wins is what the user's change makes of the tree although it is ignored in part: content
	// that is then in two attributes. The ignored one is stale until the next refresh, as the
	// CLI wants to have it as it was.
	wins world
}

func (th thing) name() string {
	return strings.NewReplacer("[", " ", "]", "", "\"", "").Replace(strings.Join(th.ignore, ", "))
}

// A row is a subject and what becomes of it.
type row struct {
	*subject
	t    *testing.T
	tree *acctest.Tree
	cli  *acctest.CLI

	// The configuration.
	label     string
	key       string // of for_each, or empty
	attrs     attrs
	lifecycle string
	more      string
	absent    bool // the resource is not in it
	stale     bool // the state may say what is not so

	// What there has to be.
	want world
	// had is what was there before.
	had census
}

// newRow makes a tree with what others have there, and an empty folder.
func newRow(t *testing.T, s *subject) *row {
	t.Helper()
	t.Parallel()
	r := &row{subject: s, t: t, tree: acctest.NewTree(t), cli: acctest.NewCLI(t, nil), label: "a", attrs: s.attrs, want: world{}}
	r.cli.Env = []string{"GOGC=off", "ZOOKEEPER_SERVERS=" + acctest.Server(t).Addr() + r.tree.Base, "ZOOKEEPER_CONNECT_TIMEOUT=60"}
	r.somebodyElse(bystanders)
	r.somebodyElse(s.before)
	r.had = r.look()
	return r
}

// bystanders are nodes of others, beside those of every resource.
var bystanders = world{"/others": {data: "theirs"}, "/others/closed": {data: "theirs too", acl: "ip:192.0.2.1:r"}}

// address is that of the resource.
func (r *row) address() string {
	if r.key != "" {
		return fmt.Sprintf("%s.%s[%q]", r.typ, r.label, r.key)
	}
	return r.typ + "." + r.label
}

// write writes the configuration.
func (r *row) write() {
	r.t.Helper()
	var hcl strings.Builder
	if !r.absent {
		fmt.Fprintf(&hcl, "resource %q %q {\n", r.typ, r.label)
		if r.key != "" {
			fmt.Fprintf(&hcl, "  for_each = toset([%q])\n", r.key)
		}
		for _, name := range slices.Sorted(maps.Keys(r.attrs)) {
			if r.attrs[name] != "" {
				fmt.Fprintf(&hcl, "  %s = %s\n", name, r.attrs[name])
			}
		}
		if r.lifecycle != "" {
			fmt.Fprintf(&hcl, "  lifecycle {\n    %s\n  }\n", r.lifecycle)
		}
		hcl.WriteString("}\n")
	}
	r.cli.Write("main.tf", hcl.String()+r.more)
}

// edit changes attributes of the configuration that the subject begins with.
func (r *row) edit(change attrs) {
	r.attrs = maps.Clone(r.subject.attrs)
	maps.Copy(r.attrs, change)
}

// has is what there is with what the resource has made or left, beside what is others'.
func (r *row) has(changes ...world) world {
	w := bystanders.with(r.before)
	for _, change := range changes {
		w = w.with(change)
	}
	return w
}

// expect changes what there has to be.
func (r *row) expect(changes ...world) {
	for _, change := range changes {
		r.want = r.want.with(change)
	}
}

// Counts of an apply, as the CLIs print them.
var counts = regexp.MustCompile(`(?:Apply|Destroy) complete! Resources: (?:\d+ imported, )?(?:(\d+ added), (\d+ changed), )?(\d+ destroyed)`)

// apply applies the configuration, and returns what was counted: "" for a plan that was empty.
func (r *row) apply(after string) string {
	r.t.Helper()
	counted := r.counted(r.mustApply(after))
	r.check(after)
	return counted
}

func (r *row) mustApply(after string, args ...string) *acctest.Run {
	r.t.Helper()
	run := r.tryApply(args...)
	if run.Code != 0 {
		r.t.Fatalf("after %s, apply %s: exit code %d\n%s", after, strings.Join(args, " "), run.Code, run.Output)
	}
	return run
}

func (r *row) tryApply(args ...string) *acctest.Run {
	r.t.Helper()
	r.write()
	return r.cli.Run(append([]string{"apply", "-no-color", "-auto-approve"}, args...)...)
}

// counted returns which of the counts of an apply are not zero.
func (r *row) counted(run *acctest.Run) string {
	r.t.Helper()
	m := counts.FindStringSubmatch(run.Output)
	if m == nil {
		r.t.Fatalf("the apply counted nothing:\n%s", run.Output)
	}
	var some []string
	for _, count := range m[1:] {
		if count != "" && !strings.HasPrefix(count, "0 ") {
			some = append(some, count)
		}
	}
	if len(some) == 0 && !strings.Contains(run.Output, "No changes.") && !strings.Contains(run.Output, "has moved to") {
		some = append(some, "something")
	}
	return strings.Join(some, ", ")
}

// applied applies the configuration, and checks what was counted. It returns what the CLI said.
func (r *row) applied(after, want string, args ...string) string {
	r.t.Helper()
	run := r.mustApply(after, args...)
	if got := r.counted(run); got != want {
		r.t.Errorf("after %s the apply says %q, want %q", after, got, want)
	}
	r.check(after)
	return run.Output
}

// settled checks that a plan is empty.
func (r *row) settled(after string) {
	r.t.Helper()
	r.write()
	if run := r.cli.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 0 {
		r.t.Errorf("after %s the plan is not empty: exit code %d\n%s", after, run.Code, run.Output)
	}
	r.check("the plan after " + after)
}

// create applies the configuration for the first time.
func (r *row) create() {
	r.t.Helper()
	r.expect(r.made)
	r.applied("the configuration", "1 added")
}

// destroy destroys everything, and checks what is left: what was there before, or what others
// have made of it since.
func (r *row) destroy(stays ...world) {
	r.t.Helper()
	r.want = r.has(append([]world{r.left}, stays...)...)
	r.absent = true
	run := r.cli.Run("destroy", "-no-color", "-auto-approve")
	if run.Code != 0 {
		r.t.Fatalf("destroy: exit code %d\n%s", run.Code, run.Output)
	}
	r.check("destroy")
	r.absent = false
}

// noticesChanges is the opposite of ignore_changes: what others change shows in the plan and is
// undone, and what the user changes is done.
func (r *row) noticesChanges() {
	r.create()
	r.settled("the creation")
	for _, th := range r.things {
		if th.theirs == nil {
			continue
		}
		r.somebodyElse(th.theirs)
		switch {
		case th.same:
			r.applied("somebody else's change of "+th.name(), "")
			r.somebodyElse(r.made)
		default:
			r.want = r.has(r.made)
			if r.apply("somebody else's change of "+th.name()) == "" {
				r.t.Errorf("somebody else's change of %s is not seen", th.name())
			}
		}
	}
	stays, done := world{}, attrs(nil)
	for _, th := range r.things {
		if th.edit.attrs == nil || maps.Equal(th.edit.attrs, done) {
			continue
		}
		r.edit(th.edit.attrs)
		r.want = r.has(r.made, stays, th.edit.world)
		if r.apply("the user's change of "+th.name()) == "" {
			r.t.Errorf("the user's change of %s is not seen", th.name())
		}
		stays, done = stays.with(th.edit.left), th.edit.attrs
		r.edit(nil)
		r.want = r.has(r.made, stays)
		if th.edit.world.removes() { // then the next change would find other nodes
			r.apply("taking back the user's change of " + th.name())
		}
	}
	r.apply("taking back all changes")
	r.settled("all changes")
}

// ignoreChanges has changes ignored, and then a destroy.
func (r *row) ignoreChanges(what string, things ...thing) {
	r.lifecycle = "ignore_changes = " + what
	r.create()
	var stays []world
	for _, th := range things {
		all := what == "all"
		if th.theirs != nil {
			r.somebodyElse(th.theirs)
			stays = append(stays, th.stays)
			after := "somebody else's change of " + th.name()
			switch {
			case th.undone != "":
				r.expect(r.made)
				r.applied(after, th.undone)
			case th.shownTheirs != "" && !all:
				r.applied(after, th.shownTheirs)
			}
			r.applied(after, "")
		}
		if th.edit.attrs != nil {
			r.edit(th.edit.attrs)
			after := "the user's change of " + th.name()
			if !all {
				r.expect(th.wins)
			}
			if th.shownEdit != "" && !all {
				r.stale = th.wins != nil
				r.applied(after, th.shownEdit)
				r.stale = false
			}
			r.applied(after, "")
		}
	}
	r.destroy(stays...)
}

// replacement changes what cannot be changed in place.
func (r *row) replacement() {
	r.lifecycle = "create_before_destroy = true"
	r.create()
	r.edit(r.replaced.attrs)
	r.expect(r.replaced.world)
	if output := r.applied("a change that replaces it", "1 added, 1 destroyed"); r.forgets != "" && r.replaced.left != nil && !strings.Contains(output, r.forgets) {
		r.t.Errorf("the apply does not warn that %q:\n%s", r.forgets, output)
	}
	r.settled("the replacement")
	r.destroy(r.replaced.left)
}

// replace replaces the resource by one for the same nodes.
func (r *row) replace(lifecycle string) {
	r.lifecycle = lifecycle
	r.create()
	refused, forgets, forgotten := r.replacing, "", world(nil)
	if lifecycle != "" {
		refused, forgets, forgotten = r.again, r.forgets, r.forgotten
	}
	if refused != "" {
		run := r.tryApply("-replace=" + r.address())
		if run.Code == 0 || !acctest.Error(refused).MatchString(run.Output) {
			r.t.Errorf("-replace: exit code %d, want %q\n%s", run.Code, refused, run.Output)
		}
		r.check("-replace, which is refused")
	} else if output := r.applied("-replace", "1 added, 1 destroyed", "-replace="+r.address()); !strings.Contains(output, forgets) {
		r.t.Errorf("-replace does not warn that %q:\n%s", forgets, output)
	}
	r.settled("-replace")
	r.destroy(forgotten)
}

// rename gives the resource another name and does not tell the CLI.
func (r *row) rename() {
	r.create()
	r.label = "b"
	r.renamed()
}

// renameKey gives the resource another key and does not tell the CLI.
func (r *row) renameKey() {
	r.key = "x"
	r.create()
	r.key = "y"
	r.renamed("-parallelism=1")
}

// renamed applies a configuration in which the resource has another address. The CLI may create
// the new one before it destroys the old one. Where it cannot be told that the old one is going
// to be destroyed, the creation fails and the error tells how to rename; the next apply creates,
// and destroys the old one where that has stayed for the new one's sake.
func (r *row) renamed(args ...string) {
	r.t.Helper()
	run := r.tryApply(args...)
	switch {
	case run.Code == 0:
		r.check("a rename")
		if got := r.counted(run); got != "1 added, 1 destroyed" {
			r.t.Errorf("a rename is %q", got)
		}
	case r.again != "" && (len(args) > 0 || r.unordered):
		if !acctest.Error(r.again).MatchString(run.Output) || !strings.Contains(run.Output, "moved") {
			r.t.Errorf("the error does not tell how to rename a resource:\n%s", run.Output)
		}
		if strings.Contains(run.Output, "somebody else") {
			r.t.Errorf("what this apply did is said of somebody else:\n%s", run.Output)
		}
		want := "1 added"
		if strings.Contains(run.Output, "Znode was not handed over") {
			want = "1 added, 1 destroyed"
		}
		r.applied("the apply after a rename that failed", want)
	default:
		r.t.Fatalf("a rename: exit code %d\n%s", run.Code, run.Output)
	}
	r.settled("a rename")
	// One that was created long before the other was destroyed does not know what that remembers,
	// which the apply warns of.
	if r.forgets != "" && strings.Contains(run.Output, r.forgets) {
		r.destroy(r.forgotten)
		return
	}
	r.destroy()
}

// moved gives the resource another name and tells the CLI.
func (r *row) moved() {
	r.create()
	before := r.look()
	r.more = fmt.Sprintf("moved {\n  from = %s.a\n  to = %s.b\n}\n", r.typ, r.typ)
	r.label = "b"
	r.applied("moved", "")
	before.untouched(r.t, "moved", r.look())
	r.settled("moved")
}

// removed takes the resource out of the configuration by a block that says what becomes of it.
func (r *row) removed(destroy bool) {
	acctest.Needs(r.t, acctest.Removed)
	r.create()
	before := r.look()
	r.absent = true
	r.more = fmt.Sprintf("removed {\n  from = %s.a\n  lifecycle {\n    destroy = %t\n  }\n}\n", r.typ, destroy)
	if destroy {
		r.want = r.has(r.left)
		r.applied("removed", "1 destroyed")
	} else {
		if run := r.tryApply(); run.Code != 0 {
			r.t.Errorf("removed: exit code %d\n%s", run.Code, run.Output)
		}
		r.check("removed")
		before.untouched(r.t, "removed", r.look())
	}
	r.settled("removed")
}

// taint has the next apply make the resource again.
func (r *row) taint() {
	r.create()
	r.cli.MustRun("taint", r.address())
	r.cli.MustRun("untaint", r.address())
	r.applied("taint and untaint", "")
	r.cli.MustRun("taint", r.address())
	if r.replacing != "" {
		run := r.tryApply()
		if run.Code == 0 || !acctest.Error(r.replacing).MatchString(run.Output) {
			r.t.Errorf("taint: exit code %d, want %q\n%s", run.Code, r.replacing, run.Output)
		}
		r.cli.MustRun("untaint", r.address())
	} else {
		r.applied("taint", "1 added, 1 destroyed")
	}
	r.settled("taint")
	r.destroy()
}
