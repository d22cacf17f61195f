package stage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"terraform-provider-zookeeper/internal/zk"

	"terraform-provider-zookeeper/chaos/history"
	"terraform-provider-zookeeper/chaos/oracle"
	"terraform-provider-zookeeper/chaos/scenario"
	"terraform-provider-zookeeper/chaos/wire"
)

const (
	// applies is how many runs without faults have to be enough.
	applies = 2
	// survival is how long a provider may be there after its CLI.
	survival = 15 * time.Second
	// expiry is how long sessions may be there after the last run, beyond their timeout.
	expiry = 30 * time.Second
	// stateFile is where the CLI keeps its state.
	stateFile = "terraform.tfstate"
)

// A Stage carries out rounds.
type Stage struct {
	CLI *CLI
}

// play is a round under way.
type play struct {
	stage    *Stage
	world    *World
	chroot   string
	stranger *stranger
	folders  []folder
	round    *oracle.Round

	mu   sync.Mutex
	sets []*wire.Set
	runs int
}

// Play carries out a round in a folder that it makes, and returns what is known of it.
func (s *Stage) Play(ctx context.Context, w *World, scene scenario.Round, dir string) (*oracle.Round, error) {
	p := &play{
		stage: s, world: w,
		chroot: fmt.Sprintf("/chaos-%d", scene.Seed),
		round:  &oracle.Round{Scenario: scene},
	}
	since, err := w.now(ctx)
	if err != nil {
		return nil, fmt.Errorf("stage: before the round: %w", err)
	}
	w.forget(since)
	err = p.play(ctx, dir)
	return p.round, errors.Join(err, p.tell(since), p.clear(ctx))
}

func (p *play) play(ctx context.Context, dir string) error {
	if err := p.prepare(ctx, dir); err != nil {
		return fmt.Errorf("stage: preparing the round: %w", err)
	}
	defer func() { _ = p.stranger.client.Close(context.WithoutCancel(ctx)) }()
	longest := 0
	for _, a := range p.round.Scenario.Actors {
		longest = max(longest, len(a.Ops))
	}
	for i := range longest {
		if err := p.together(ctx, i); err != nil {
			return err
		}
	}
	if err := p.stranger.goHome(ctx); err != nil {
		return err
	}
	p.round.Acts = p.stranger.acts
	for i := range p.round.Scenario.Actors {
		ending, err := p.end(ctx, i)
		p.round.Endings = append(p.round.Endings, ending)
		if err != nil {
			return err
		}
	}
	return nil
}

// prepare makes the nodes that are there before, and the working folders.
func (p *play) prepare(ctx context.Context, dir string) error {
	client, err := p.world.newClient(ctx)
	if err != nil {
		return err
	}
	p.stranger = &stranger{world: p.world, client: client, chroot: p.chroot, knows: p.knows}
	if _, err := client.EnsurePath(ctx, p.chroot, nil); err != nil {
		return err
	}
	for i, a := range p.round.Scenario.Actors {
		for _, b := range a.Bystanders {
			if _, err := client.Create(ctx, p.chroot+b.Path, []byte(b.Data), zk.CreateOptions{ACL: b.ACL.Entries(), MakeParents: true}); err != nil {
				return err
			}
		}
		f, err := p.stage.CLI.newFolder(filepath.Join(dir, fmt.Sprintf("actor-%d", i)))
		if err != nil {
			return err
		}
		p.folders = append(p.folders, f)
	}
	p.world.own(client)
	return nil
}

// knows reports whether the provider knows of a creation: there is none of its own, or it was
// told.
func (p *play) knows(zxid int64) bool {
	txns, err := p.world.since(zxid - 1)
	if err != nil || len(txns) == 0 || txns[0].Zxid != zxid {
		return false
	}
	if p.world.ours()[txns[0].Session] {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.sets, func(s *wire.Set) bool { return s.Delivered(zxid) })
}

// together does one op of each actor, all at the same time.
func (p *play) together(ctx context.Context, i int) error {
	errs := make([]error, len(p.round.Scenario.Actors))
	var faults []scenario.Fault
	for _, a := range p.round.Scenario.Actors {
		if i < len(a.Ops) {
			faults = append(faults, a.Ops[i].Faults...)
		}
	}
	var all sync.WaitGroup
	for actor, a := range p.round.Scenario.Actors {
		if i < len(a.Ops) {
			all.Go(func() {
				_, errs[actor] = p.cli(ctx, actor, a.Ops[i], scenario.Usual.Longest(faults), arguments(a.Ops[i])...)
			})
		}
	}
	all.Wait()
	return errors.Join(append(errs, p.world.heal(ctx))...)
}

// arguments are what the CLI is called with for an op.
func arguments(op scenario.Op) []string {
	args := []string{string(op.Command), "-auto-approve", "-no-color", "-input=false"}
	if op.Replace != "" {
		args = append(args, "-replace="+op.Replace)
	}
	return args
}

// run does an op of an actor's, which nothing disturbs.
func (p *play) run(ctx context.Context, actor int, op scenario.Op) (oracle.Run, error) {
	return p.alone(ctx, actor, op, arguments(op)...)
}

// alone runs the CLI while nothing else happens.
func (p *play) alone(ctx context.Context, actor int, op scenario.Op, args ...string) (oracle.Run, error) {
	return p.cli(ctx, actor, op, scenario.Usual.Longest(nil), args...)
}

// cli runs the CLI with a configuration, for as long as a bound at most, and notes what came of it.
func (p *play) cli(ctx context.Context, actor int, op scenario.Op, bound time.Duration, args ...string) (run oracle.Run, err error) {
	p.mu.Lock()
	p.runs++
	run = oracle.Run{Name: fmt.Sprintf("run %d (%s of actor %d)", p.runs, args[0], actor), Actor: actor, Op: op, Bound: bound}
	number := p.runs
	p.mu.Unlock()

	f := p.folders[actor]
	if err := errors.Join(f.write("main.tf", op.Config.HCL()), f.write(fmt.Sprintf("%02d-main.tf.txt", number), op.Config.HCL())); err != nil {
		return run, err
	}
	if run.From, err = p.world.now(ctx); err != nil {
		return run, err
	}
	before, err := f.readState()
	if err != nil {
		return run, err
	}
	d := newDirector(p.world, p.stranger, op, p.chroot)
	set, err := wire.Listen(ctx, p.world.addrs(), d.decide)
	if err != nil {
		return run, err
	}
	defer set.Close()
	p.mu.Lock()
	p.sets = append(p.sets, set)
	p.mu.Unlock()
	began := time.Now()
	seconds := func(d time.Duration) string { return fmt.Sprintf("%g", d.Seconds()) }
	process, err := f.start(ctx, []string{
		"ZOOKEEPER_SERVERS=" + set.Addrs() + p.chroot,
		"ZOOKEEPER_SESSION_TIMEOUT=" + seconds(scenario.Usual.Session),
		"ZOOKEEPER_CONNECT_TIMEOUT=" + seconds(scenario.Usual.Connect),
		"ZOOKEEPER_REQUEST_TIMEOUT=" + seconds(scenario.Usual.Request),
		"ZOOKEEPER_USERNAME=" + scenario.User,
		"ZOOKEEPER_PASSWORD=" + scenario.Password,
	}, args...)
	if err != nil {
		return run, err
	}
	d.set, d.process = set, process
	close(d.ready)
	inTime, err := process.wait(ctx, bound)
	run.Took, run.Outlived = time.Since(began), !inTime
	run.Survivors = process.survivors(survival)
	set.Close()
	run.Code, run.Output, run.Faults = process.code(), process.output(), d.happened()
	for _, session := range set.Sessions() {
		run.Sessions = append(run.Sessions, session.ID)
		if !session.Used {
			run.Unknown = append(run.Unknown, session.ID)
		}
	}
	// A CLI that is ended while it writes its state leaves half of one, be it by SIGKILL or, as
	// OpenTofu does now and then, by a SIGINT at the end of an apply. That is not the provider's to
	// answer for. People have the backup then.
	lost, restoreErr := f.restore(before)
	run.StateLost = lost
	run.Owned, err = f.owned(errors.Join(err, restoreErr))
	var nowErr error
	if err == nil {
		// Servers that have failed are back, or come back; a mark waits for that.
		p.world.work.Wait()
		run.To, nowErr = p.world.now(ctx)
	}
	p.mu.Lock()
	p.round.Runs = append(p.round.Runs, run)
	p.mu.Unlock()
	return run, errors.Join(err, nowErr, f.write(fmt.Sprintf("%02d-%s.txt", number, args[0]), report(run)), f.copyState(fmt.Sprintf("%02d-state.txt", number)))
}

// report is a run as it is kept for people to read.
func report(run oracle.Run) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, from %#x to %#x, exit code %d, %v\n", run.Name, run.From, run.To, run.Code, run.Took.Round(time.Millisecond))
	if run.StateLost {
		b.WriteString("the CLI has lost its state, and was given the one before the run\n")
	}
	for _, f := range run.Op.Faults {
		happened := "did not happen"
		if slices.Contains(run.Faults, f) {
			happened = "happened"
		}
		fmt.Fprintf(&b, "%s: %v\n", happened, f)
	}
	for _, id := range run.Sessions {
		fmt.Fprintf(&b, "session %#x\n", id)
	}
	b.WriteString("\n" + run.Output)
	return b.String()
}

// end lets an actor's configuration come to rest, and destroys it.
func (p *play) end(ctx context.Context, actor int) (oracle.Ending, error) {
	ops := p.round.Scenario.Actors[actor].Ops
	e := oracle.Ending{Config: ops[len(ops)-1].Config, Destroyed: -1}
	apply := scenario.Op{Command: scenario.Apply, Config: e.Config}
	for try := 1; e.Applies == 0; try++ {
		applied, err := p.run(ctx, actor, apply)
		if err != nil {
			return e, err
		}
		plan, err := p.alone(ctx, actor, scenario.Op{Command: scenario.Plan, Config: e.Config}, "plan", "-detailed-exitcode", "-no-color", "-input=false")
		switch {
		case err != nil:
			return e, err
		case plan.Code == 0:
			e.Applies = try
			continue
		case try < applies:
			continue
		}
		e.Why = applied.Output + plan.Output
		imported, err := p.importAll(ctx, actor, &e, applied)
		if err != nil || !imported {
			return e, err
		}
	}
	var err error
	if e.State, err = p.folders[actor].state(); err != nil {
		return e, err
	}
	if e.Settled, err = p.world.now(ctx); err != nil {
		return e, err
	}
	destroyed, err := p.run(ctx, actor, scenario.Op{Command: scenario.Destroy, Config: e.Config})
	e.Destroyed, e.Why = destroyed.Code, destroyed.Output
	return e, err
}

// inTheWay matches what is said of a resource whose node is there already.
var inTheWay = regexp.MustCompile(`(?s)Error: (?:Znodes? already exists?|Quota already exists)\n.*?with ([a-z_]+\.[a-z_]+),`)

// importAll takes the manual step that an apply asks for, and reports whether it asked for one.
func (p *play) importAll(ctx context.Context, actor int, e *oracle.Ending, applied oracle.Run) (bool, error) {
	done := false
	for _, found := range inTheWay.FindAllStringSubmatch(strings.ReplaceAll(applied.Output, "│ ", ""), -1) {
		i := slices.IndexFunc(e.Config.Resources, func(r scenario.Resource) bool { return r.Address() == found[1] })
		// Each once: what an import does not help is for nobody to do by hand.
		if i < 0 || slices.ContainsFunc(e.Imports, func(done oracle.Import) bool { return done.Address == found[1] }) {
			continue
		}
		r := e.Config.Resources[i]
		id, at := r.Path, r.Path
		if r.Type == scenario.Quota {
			at = scenario.QuotaOf(r.Path)
		}
		if r.Type == scenario.Znodes {
			for _, w := range (scenario.Config{Resources: []scenario.Resource{r}}).Wants() {
				if _, there, err := p.world.client.Exists(ctx, p.chroot+w.Path); err == nil && there {
					id, at = id+"//"+strings.TrimPrefix(w.Path, r.Path+"/"), w.Path
				}
			}
		}
		e.Imports = append(e.Imports, oracle.Import{Address: r.Address(), ID: id, Base: r.Path, Path: at, After: p.ended()})
		// A zookeeper_znodes that has some of its nodes leaves the state first, as the error says.
		state, err := p.folders[actor].state()
		if err != nil {
			return false, err
		}
		if _, there := state[r.Address()]; there {
			if _, err := p.alone(ctx, actor, scenario.Op{Command: scenario.Plan, Config: e.Config}, "state", "rm", r.Address()); err != nil {
				return false, err
			}
		}
		if _, err := p.alone(ctx, actor, scenario.Op{Command: scenario.Plan, Config: e.Config}, "import", "-no-color", "-input=false", r.Address(), id); err != nil {
			return false, err
		}
		done = true
	}
	return done, nil
}

// ended is how many runs have ended.
func (p *play) ended() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.round.Runs)
}

// readState returns the text of the state; nil where there is none.
func (f folder) readState() ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(f.dir, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text, err
}

// restore puts a state back that there was before, where the present file is no state. It
// reports whether it did.
func (f folder) restore(before []byte) (bool, error) {
	text, err := f.readState()
	switch {
	case err != nil, text == nil, json.Valid(text):
		return false, err
	case before == nil:
		return true, os.Remove(filepath.Join(f.dir, stateFile))
	}
	return true, f.write(stateFile, string(before))
}

// copyState keeps a state as it is, for people to read.
func (f folder) copyState(name string) error {
	text, err := f.readState()
	if err != nil || text == nil {
		return err
	}
	return f.write(name, string(text))
}

// stateResource is a resource in a state, with what tells which nodes it has.
type stateResource struct {
	Type, Name string
	Instances  []struct {
		Status     string `json:"status"`
		Attributes struct {
			Path       string          `json:"path"`
			BasePath   string          `json:"base_path"`
			Data       json.RawMessage `json:"data"`
			DataBase64 json.RawMessage `json:"data_base64"`
			Secrets    []string        `json:"data_wo_keys"`
			Created    []string        `json:"created"`
			Stat       *struct {
				Czxid int64 `json:"czxid"`
			} `json:"stat"`
		} `json:"attributes"`
	} `json:"instances"`
}

func (f folder) resources() ([]stateResource, error) {
	text, err := f.readState()
	if err != nil || text == nil {
		return nil, err
	}
	var state struct {
		Resources []stateResource `json:"resources"`
	}
	if err := json.Unmarshal(text, &state); err != nil {
		return nil, fmt.Errorf("stage: the state cannot be read: %w", err)
	}
	return state.Resources, nil
}

// state returns the paths of the resources in a state, by their addresses.
func (f folder) state() (map[string]string, error) {
	resources, err := f.resources()
	paths := make(map[string]string)
	for _, r := range resources {
		for _, instance := range r.Instances {
			paths[r.Type+"."+r.Name] = instance.Attributes.Path
		}
	}
	return paths, err
}

// owned returns the nodes that the resources in a state have, with the transactions that created
// them where it says so, unless something is wrong already. What a creation of an unknown outcome
// may have made is not known to be there.
func (f folder) owned(wrong error) (map[string]int64, error) {
	if wrong != nil {
		return nil, wrong
	}
	resources, err := f.resources()
	owned := make(map[string]int64)
	for _, r := range resources {
		for _, instance := range r.Instances {
			a := instance.Attributes
			switch scenario.Type(r.Type) {
			case scenario.Znode, scenario.Sequential:
				if a.Stat != nil {
					owned[a.Path] = a.Stat.Czxid
				}
			case scenario.EnsurePath:
				for _, p := range a.Created {
					owned[p] = 0
				}
			case scenario.Znodes:
				keys := a.Secrets
				for _, contents := range []json.RawMessage{a.Data, a.DataBase64} {
					var some map[string]string
					if len(contents) > 0 {
						err = errors.Join(err, json.Unmarshal(contents, &some))
					}
					keys = slices.AppendSeq(keys, maps.Keys(some))
				}
				for _, key := range keys {
					if instance.Status != "tainted" {
						owned[path.Join(a.BasePath, key)] = 0
					}
				}
			case scenario.Quota:
				owned[scenario.QuotaOf(a.Path)] = 0
			case scenario.ZnodeACL:
			}
		}
	}
	return owned, err
}

// tell waits until all sessions of the runs have ended, or long enough, and completes what is
// known of the round by the history.
func (p *play) tell(since int64) error {
	deadline := time.Now().Add(scenario.Usual.Session + expiry)
	var txns []history.Txn
	for {
		var err error
		if txns, err = p.world.since(since); err != nil {
			return err
		}
		open := make(map[int64]bool)
		for _, run := range p.round.Runs {
			for _, session := range run.Sessions {
				open[session] = true
			}
		}
		for _, txn := range txns {
			if txn.Closed {
				delete(open, txn.Session)
			}
		}
		if len(open) == 0 || time.Now().After(deadline) {
			break
		}
		<-time.After(100 * time.Millisecond)
	}
	p.round.Foreign = p.world.ours()
	p.round.Txns = within(txns, p.chroot)
	// The round begins where the first run does: what was prepared is what was there before.
	p.round.Before = make(history.Tree)
	if len(p.round.Runs) == 0 {
		return nil
	}
	from := p.round.Runs[0].From
	for _, run := range p.round.Runs {
		from = min(from, run.From)
	}
	i := slices.IndexFunc(p.round.Txns, func(t history.Txn) bool { return t.Zxid > from })
	if i < 0 {
		i = len(p.round.Txns)
	}
	for _, txn := range p.round.Txns[:i] {
		p.round.Before.Apply(txn)
	}
	p.round.Txns = p.round.Txns[i:]
	return nil
}

// within returns transactions as those see them who have a chroot. It goes for quotas too, whose
// nodes are elsewhere.
func within(txns []history.Txn, chroot string) []history.Txn {
	out := slices.Clone(txns)
	for i, txn := range out {
		var changes []history.Change
		for _, c := range txn.Changes {
			top := ""
			if rest, ok := strings.CutPrefix(c.Path, scenario.QuotaNodes); ok {
				top, c.Path = scenario.QuotaNodes, rest
			}
			if at, ok := strings.CutPrefix(c.Path, chroot+"/"); ok {
				c.Path = top + "/" + at
				changes = append(changes, c)
			}
		}
		out[i].Changes = changes
	}
	return out
}

// clear removes what is left of the round from the servers.
func (p *play) clear(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	err := p.world.heal(ctx)
	if deleteErr := p.world.client.DeleteTree(ctx, p.chroot, zk.AnyVersion); !errors.Is(deleteErr, zk.ErrNoNode) {
		err = errors.Join(err, deleteErr)
	}
	for at := range p.quotas() {
		if left, quotaErr := p.world.client.Quota(ctx, at); quotaErr == nil {
			err = errors.Join(err, p.world.client.DeleteQuota(ctx, at, left.Stat.Mzxid))
		}
	}
	p.world.own(p.world.client)
	return err
}

// quotas are the paths that the round may have given quotas.
func (p *play) quotas() map[string]bool {
	paths := make(map[string]bool)
	for _, a := range p.round.Scenario.Actors {
		for _, op := range a.Ops {
			for _, r := range op.Config.Resources {
				if r.Type == scenario.Quota {
					paths[p.chroot+r.Path] = true
				}
			}
		}
	}
	return paths
}
