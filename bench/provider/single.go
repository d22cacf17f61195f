package provider

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"terraform-provider-zookeeper/bench/report"
)

// before is the commit whose build this one is measured beside: the last one in which a node a
// resource took two to three times what it took the older provider that people use.
const before = "66a35b9"

// What has to be reached beside that build, each as the median of the rounds.
var (
	goalBefore = map[string]float64{stepApply: 0.35, stepPlan: 0.16, stepUpdateAll: 0.4, stepDestroy: 0.25}
	goalPlain  = map[string]float64{stepApply: 1.15, stepPlan: 0.5, stepDestroy: 1.15}
	goalACL    = map[string]float64{stepApply: 0.1, stepPlan: 0.04}
)

const (
	goalMegabytes    = 50   // at the most, for the first number of nodes
	goalMoreMemory   = 1.15 // times that for the last, at the most
	goalSlower       = 1.04 // times the CPU for a node there, at the most
	goalTwice        = 2.2  // times the CPU for twice as many entries of an ACL, at the most
	goalZnodesBefore = 0.65
	goalTreeCPU      = 0.1
	goalTreeMemory   = 0.15
)

// The configurations, each with a base path of its own, because all are on one server.
const (
	singleBelow = required + local + "resource \"zookeeper_znode\" \"node\" {\n  for_each = local.nodes\n  path     = \"%s/${each.key}\"\n  data     = each.value\n}\n"
	counted     = required + local + "resource \"zookeeper_znode\" \"node\" {\n  count = length(local.nodes)\n  path  = \"%s/node-${count.index}\"\n  data  = \"the value of node ${count.index}\"\n}\n"
	plainTexts  = required + local + "resource \"zookeeper_text\" \"node\" {\n  for_each = local.nodes\n  text     = each.value\n}\n"
	manyBelow   = required + "resource \"zookeeper_znodes\" \"nodes\" {\n  base_path = \"%s-many\"\n  data      = " + nodes + "\n}\n"
	// What the file has the keys of are the addresses that the ACL is about.
	entriesBelow = required + "resource \"zookeeper_znode\" \"node\" {\n  path = \"%s-acl\"\n  data = \"value\"\n  acl = concat([{ scheme = \"world\", id = \"anyone\", permissions = \"cdrwa\" }],\n" +
		"    [for i in range(length(" + nodes + ")) : { scheme = \"ip\", id = format(\"10.0.%%d.%%d\", floor(i / 250), i %% 250 + 1), permissions = \"r\" }])\n}\n"
)

// A build is a build of a provider.
type build struct {
	name string
	cli  cli
}

// build builds a package of the module at root.
func (b *bench) build(ctx context.Context, name, root, pkg string) (build, error) {
	dir := filepath.Join(b.work, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return build{}, err
	}
	return build{name, cli{path: b.cli.path, dir: dir, servers: b.cli.servers}}, install(ctx, dir, root, pkg)
}

// builds returns this build, that of an earlier commit, from the repository's own history, and
// the plain provider.
func (b *bench) builds(ctx context.Context) (ours, old, plain build, err error) {
	ours = build{"ours", b.cli}
	if plain, err = b.build(ctx, "plain", filepath.Join(b.root, "bench"), "./plain"); err != nil {
		return ours, old, plain, err
	}
	tree := filepath.Join(b.work, "tree")
	git := func(ctx context.Context, args ...string) error {
		if out, err := exec.CommandContext(ctx, "git", append([]string{"-C", b.root}, args...)...).CombinedOutput(); err != nil {
			return fmt.Errorf("git %v: %w: the history of the repository is needed\n%s", args, err, out)
		}
		return nil
	}
	if err := git(ctx, "worktree", "add", "--detach", tree, before); err != nil {
		return ours, old, plain, err
	}
	old, err = b.build(ctx, "old", tree, ".")
	// An interrupt ends what is measured, and leaves no work tree all the same.
	return ours, old, plain, errors.Join(err, git(context.WithoutCancel(ctx), "worktree", "remove", "--force", tree))
}

// A candidate is a build with the configuration that it runs, in which %s is the base path.
type candidate struct {
	build
	config string
}

// turns measures steps of several builds, in turns, so that what else the machine does is in
// all of them. It returns what each took of each step.
func (b *bench) turns(ctx context.Context, steps []step, candidates ...candidate) ([]map[string]cost, error) {
	folders, costs := make([]folder, len(candidates)), make([]map[string]cost, len(candidates))
	for i, c := range candidates {
		hcl := c.config
		if strings.Contains(hcl, "%s") {
			hcl = fmt.Sprintf(hcl, "/"+c.name)
		}
		var err error
		if folders[i], err = c.cli.newFolder(b.work, hcl); err != nil {
			return nil, err
		}
		costs[i] = make(map[string]cost)
	}
	for at, s := range steps {
		for j := range candidates {
			i := (at + j) % len(candidates)
			if err := folders[i].declare(s.nodes); err != nil {
				return nil, err
			}
			c, err := folders[i].run(ctx, s.args...)
			if err != nil {
				return nil, fmt.Errorf("%s: %d nodes: %s: %w", candidates[i].name, len(s.nodes), s.name, err)
			}
			costs[i][s.name] = c
		}
	}
	return costs, nil
}

// only returns those of the steps that are named.
func only(steps []step, names ...string) (some []step) {
	for _, s := range steps {
		for _, name := range names {
			if s.name == name {
				some = append(some, s)
			}
		}
	}
	return some
}

// RunSingle measures a node a resource, large ACLs, and many nodes, beside the earlier build and
// the plain provider. What is compared is the CPU time of the provider's processes alone, and
// their memory at its largest.
func RunSingle(ctx context.Context, sizes Sizes, path, root string, to *report.Report) error {
	return run(ctx, path, root, to, func(b *bench) error {
		ours, old, plain, err := b.builds(ctx)
		if err != nil {
			return err
		}
		for range sizes.Rounds {
			if err := b.singles(ctx, sizes.Singles, ours, old, plain); err != nil {
				return err
			}
			if err := b.entries(ctx, sizes.ACL, ours, old); err != nil {
				return err
			}
			if err := b.znodes(ctx, sizes.Atomic[len(sizes.Atomic)-1], ours, old); err != nil {
				return err
			}
		}
		return nil
	})
}

// lower is a figure that is the better the lower it is.
func lower(goal float64, format string, args ...any) report.Figure {
	return report.Figure{Name: fmt.Sprintf(format, args...), Best: report.Lower, Goal: goal}
}

// RunLots measures as many zookeeper_znode as one person may have, once and beside nobody: what it
// takes of the provider, and of the CLI. They are counted, because with for_each a CLI evaluates
// the whole map for each instance. They are not destroyed: the CLI's own time for that grows with
// the square of their number.
func RunLots(ctx context.Context, sizes Sizes, path, root string, to *report.Report) error {
	return run(ctx, path, root, to, func(b *bench) error {
		n := sizes.Lots
		names := []string{stepApply, stepPlan}
		costs, err := b.turns(ctx, only(steps(n), names...), candidate{build{"lots", b.cli}, counted})
		if err != nil {
			return err
		}
		for _, name := range names {
			took := costs[0][name]
			b.report.Add(lower(0, "lots-wall-seconds/%d/%s", n, name), took.wall.Seconds())
			b.report.Add(lower(0, "lots-seconds/%d/%s", n, name), took.provider.cpu.Seconds())
			b.report.Add(lower(0, "lots-cli-seconds/%d/%s", n, name), (took.cpu - took.provider.cpu).Seconds())
			b.report.Add(lower(0, "lots-megabytes/%d/%s", n, name), float64(took.provider.memory)/1e6)
			b.report.Add(lower(0, "lots-cli-megabytes/%d/%s", n, name), float64(took.memory)/1e6)
		}
		return nil
	})
}

// singles measures as many zookeeper_znode: the first number of them beside the others, and more
// beside that. The others would take most of the time.
func (b *bench) singles(ctx context.Context, numbers []int, ours, old, plain build) error {
	names := []string{stepApply, stepPlan, stepUpdateAll, stepDestroy}
	var less map[string]cost
	var memory int64
	for i, n := range numbers {
		candidates := []candidate{{ours, singleBelow}}
		if i == 0 {
			candidates = append(candidates, candidate{old, singleBelow}, candidate{plain, plainTexts})
		}
		costs, err := b.turns(ctx, only(steps(n), names...), candidates...)
		if err != nil {
			return err
		}
		var most, mostOld int64
		for _, name := range names {
			we := costs[0][name]
			cpu := we.provider.cpu.Seconds()
			most = max(most, we.provider.memory)
			b.report.Add(lower(0, "single-seconds/%d/%s", n, name), cpu)
			b.report.Add(lower(0, "single-cli/%d/%s", n, name), we.cpu.Seconds()-cpu)
			if i > 0 {
				b.report.Add(lower(goalSlower, "single-growth/%s", name), cpu/float64(n)/(less[name].provider.cpu.Seconds()/float64(numbers[0])))
				continue
			}
			they, floor := costs[1][name], costs[2][name]
			b.report.Add(lower(goalBefore[name], "single-before/%d/%s", n, name), cpu/they.provider.cpu.Seconds())
			b.report.Add(lower(goalPlain[name], "single-plain/%d/%s", n, name), cpu/floor.provider.cpu.Seconds())
			b.report.Add(lower(0, "single-wall/%d/%s", n, name), we.wall.Seconds()/they.wall.Seconds())
			mostOld = max(mostOld, they.provider.memory)
		}
		if i > 0 {
			b.report.Add(lower(0, "single-megabytes/%d", n), float64(most)/1e6)
			b.report.Add(lower(goalMoreMemory, "single-growth/memory"), float64(most)/float64(memory))
			continue
		}
		b.report.Add(lower(goalMegabytes, "single-megabytes/%d", n), float64(most)/1e6)
		b.report.Add(lower(0, "single-memory-before/%d", n), float64(most)/float64(mostOld))
		less, memory = costs[0], most
	}
	return nil
}

// entries measures one zookeeper_znode with as many entries in its ACL.
func (b *bench) entries(ctx context.Context, numbers []int, ours, old build) error {
	var less map[string]cost
	for i, n := range numbers {
		some := only(steps(n), stepApply, stepPlan)
		// The addresses are made of the number of nodes, and stay where they are for the next number.
		some = append(some, step{stepDestroy, some[0].nodes, []string{"destroy", "-auto-approve", "-no-color"}})
		candidates := []candidate{{ours, entriesBelow}}
		if i == 0 {
			candidates = append(candidates, candidate{old, entriesBelow})
		}
		costs, err := b.turns(ctx, some, candidates...)
		if err != nil {
			return err
		}
		for _, name := range []string{stepApply, stepPlan} {
			cpu := costs[0][name].provider.cpu.Seconds()
			if i == 0 {
				b.report.Add(lower(goalACL[name], "single-acl-before/%d/%s", n, name), cpu/costs[1][name].provider.cpu.Seconds())
			} else {
				b.report.Add(lower(goalTwice, "single-acl-growth/%s", name), cpu/less[name].provider.cpu.Seconds())
			}
			b.report.Add(lower(0, "single-acl-seconds/%d/%s", n, name), cpu)
		}
		less = costs[0]
	}
	return nil
}

// znodes measures one zookeeper_znodes of as many nodes.
func (b *bench) znodes(ctx context.Context, n int, ours, old build) error {
	costs, err := b.turns(ctx, only(steps(n), stepApply, stepUpdateAll, stepDestroy), candidate{ours, manyBelow}, candidate{old, manyBelow})
	if err != nil {
		return err
	}
	for _, name := range []string{stepUpdateAll, stepDestroy} {
		b.report.Add(lower(goalZnodesBefore, "znodes-before/%d/%s", n, name), costs[0][name].provider.cpu.Seconds()/costs[1][name].provider.cpu.Seconds())
	}
	return nil
}
