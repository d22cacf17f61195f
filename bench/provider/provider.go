package provider

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"terraform-provider-zookeeper/bench/report"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// Sizes say how much is measured.
type Sizes struct {
	// Rounds is how often everything is measured, but for the largest number of nodes,
	// which is measured once: the CLIs' own time grows with the square of it, to minutes
	// for each step.
	Rounds int
	// Atomic are the numbers of nodes that one zookeeper_znodes writes in one transaction,
	// the last of which has the goals; Big is the number for as many as it takes.
	Atomic []int
	Big    int
	// Single is the number of zookeeper_znode beside the CLI's own floor.
	Single int
	// Singles are the numbers of zookeeper_znode beside other builds, the first of which has the
	// goals, ACL the numbers of entries of one ACL, Tree is the number of nodes of a tree.
	Singles, ACL []int
	Tree         int
	// Lots is the number of zookeeper_znode that is measured once.
	Lots int
}

// Full are the sizes that figures are published with.
var Full = Sizes{Rounds: 3, Atomic: []int{1000, 5000}, Big: 50_000, Single: 1000, Singles: []int{1000, 5000}, ACL: []int{500, 1000}, Tree: 50_000, Lots: 50_000}

// What has to be reached, each as the median of the rounds.
const (
	goalStep   = 2.5 // times the floor, at the most, for each step of the largest atomic number
	goalGrowth = 1   // times the floor's growth from there to the largest number, at the most
	goalMemory = 40  // times the size of keys and data, at the most
)

// dataSize is the size of each node's data in bytes.
const dataSize = 100

// The configurations. Those of the floor hold the same values, and write them nowhere but
// into the state. range, which would be the obvious way to so many, stops at 1,024.
const (
	required = "terraform {\n  required_providers {\n    zookeeper = { source = \"zkform/zookeeper\" }\n  }\n}\n"
	nodes    = `tomap(jsondecode(file("` + nodesFile + `")))`

	floorOfMap = "resource \"terraform_data\" \"nodes\" {\n  input = " + nodes + "\n}\n"
	// A local value is computed once, and what for_each says for each of the instances.
	local       = "locals {\n  nodes = " + nodes + "\n}\n"
	floorOfEach = local + "resource \"terraform_data\" \"node\" {\n  for_each = local.nodes\n  input    = each.value\n}\n"
	many        = required + "resource \"zookeeper_znodes\" \"nodes\" {\n  base_path = \"/bench\"\n  data      = " + nodes + "\n  atomic    = %t\n}\n"
	single      = required + local + "resource \"zookeeper_znode\" \"node\" {\n  for_each = local.nodes\n  path     = \"/bench/${each.key}\"\n  data     = each.value\n}\n"
)

// The steps in the life of a configuration.
const (
	stepApply     = "apply"
	stepPlan      = "plan"
	stepUpdateAll = "update-all"
	stepUpdateOne = "update-one"
	stepDestroy   = "destroy"
)

var stepNames = []string{stepApply, stepPlan, stepUpdateAll, stepUpdateOne, stepDestroy}

// A step is one run of the CLI, with the nodes that are declared then.
type step struct {
	name  string
	nodes map[string]string
	args  []string
}

// steps are the life of a configuration of n nodes.
func steps(n int) []step {
	apply := []string{"apply", "-auto-approve", "-no-color"}
	first, second := declared(n, "a"), declared(n, "b")
	third := declared(n, "b")
	third[key(n/2)] = content(n/2, "c")
	return []step{
		{stepApply, first, apply},
		// Exit code 2 of a plan that is not empty is an error here.
		{stepPlan, first, []string{"plan", "-detailed-exitcode", "-no-color"}},
		{stepUpdateAll, second, apply},
		{stepUpdateOne, third, apply},
		{stepDestroy, third, []string{"destroy", "-auto-approve", "-no-color"}},
	}
}

func key(i int) string { return fmt.Sprintf("node-%06d", i) }

func content(i int, version string) string {
	s := fmt.Sprintf("%s-%d-", version, i)
	return s + strings.Repeat("x", dataSize-len(s))
}

func declared(n int, version string) map[string]string {
	out := make(map[string]string, n)
	for i := range n {
		out[key(i)] = content(i, version)
	}
	return out
}

// bench is the CLI and a server.
type bench struct {
	cli    cli
	root   string
	work   string
	report *report.Report
}

// Run measures runs of the CLI at path, and adds the figures to the report. root is that of
// the provider's module.
func Run(ctx context.Context, sizes Sizes, path, root string, to *report.Report) error {
	return run(ctx, path, root, to, func(b *bench) error {
		for range sizes.Rounds {
			for i, n := range sizes.Atomic {
				if err := b.many(ctx, n, i == len(sizes.Atomic)-1); err != nil {
					return err
				}
			}
			if err := b.single(ctx, sizes.Single); err != nil {
				return err
			}
		}
		return nil
	})
}

// RunBig is Run for the largest number of nodes. The report has the figures of Run.
func RunBig(ctx context.Context, sizes Sizes, path, root string, to *report.Report) error {
	return run(ctx, path, root, to, func(b *bench) error {
		return b.growth(ctx, sizes.Atomic[len(sizes.Atomic)-1], sizes.Big)
	})
}

// run has measure do so with a server and an installed provider.
func run(ctx context.Context, path, root string, to *report.Report, measure func(*bench) error) (err error) {
	if path, err = filepath.Abs(path); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	server, err := zktest.Start(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	if err := install(ctx, work, root, "."); err != nil {
		return err
	}
	return measure(&bench{cli: cli{path: path, dir: work, servers: server.Addr()}, root: root, work: work, report: to})
}

// pair is what a step took, of ours and of the floor.
type pair struct{ ours, floor cost }

// slower is how many times as long ours took.
func (p pair) slower() float64 { return p.ours.wall.Seconds() / p.floor.wall.Seconds() }

// life measures all steps of two configurations with the same nodes, in turns.
func (b *bench) life(ctx context.Context, n int, ours, floor string) (map[string]pair, error) {
	mine, err := b.cli.newFolder(b.work, ours)
	if err != nil {
		return nil, err
	}
	other, err := b.cli.newFolder(b.work, floor)
	if err != nil {
		return nil, err
	}
	out := make(map[string]pair)
	for i, s := range steps(n) {
		var p pair
		turns := []struct {
			in   folder
			took *cost
		}{{mine, &p.ours}, {other, &p.floor}}
		for j := range turns {
			turn := turns[(i+j)%len(turns)]
			if err := turn.in.declare(s.nodes); err != nil {
				return nil, err
			}
			if *turn.took, err = turn.in.run(ctx, s.args...); err != nil {
				return nil, fmt.Errorf("%d nodes: %s: %w", n, s.name, err)
			}
		}
		out[s.name] = p
	}
	return out, nil
}

// many measures one zookeeper_znodes in one transaction.
func (b *bench) many(ctx context.Context, n int, goals bool) error {
	life, err := b.life(ctx, n, fmt.Sprintf(many, true), floorOfMap)
	if err != nil {
		return err
	}
	memory := int64(0)
	for _, name := range stepNames {
		p := life[name]
		f := report.Figure{Name: fmt.Sprintf("znodes/%d/%s", n, name), Best: report.Lower}
		if goals {
			f.Goal = goalStep
		}
		b.report.Add(f, p.slower())
		memory = max(memory, p.ours.provider.memory)
	}
	b.report.Add(report.Figure{Name: fmt.Sprintf("znodes-memory/%d", n), Best: report.Lower}, float64(memory)/float64(size(n)))
	return nil
}

// size is that of the keys and the data of n nodes, in bytes.
func size(n int) int { return n * (len(key(0)) + dataSize) }

// growth measures how much longer it takes for more nodes, beside how much longer the floor
// takes.
func (b *bench) growth(ctx context.Context, some, more int) error {
	lot, err := b.life(ctx, more, fmt.Sprintf(many, false), floorOfMap)
	if err != nil {
		return err
	}
	memory := int64(0)
	for _, name := range stepNames {
		b.report.Add(report.Figure{Name: fmt.Sprintf("znodes/%d/%s", more, name), Best: report.Lower}, lot[name].slower())
		b.report.Add(report.Figure{Name: fmt.Sprintf("growth/%s", name), Best: report.Lower, Goal: goalGrowth}, lot[name].slower()/b.report.Median(fmt.Sprintf("znodes/%d/%s", some, name)))
		memory = max(memory, lot[name].ours.provider.memory)
	}
	b.report.Add(report.Figure{Name: fmt.Sprintf("znodes-memory/%d", more), Best: report.Lower, Goal: goalMemory}, float64(memory)/float64(size(more)))
	return nil
}

// single measures as many zookeeper_znode, and what of all the CPU time is the provider's.
func (b *bench) single(ctx context.Context, n int) error {
	life, err := b.life(ctx, n, single, floorOfEach)
	if err != nil {
		return err
	}
	for _, name := range stepNames {
		p := life[name]
		b.report.Add(report.Figure{Name: fmt.Sprintf("single/%d/%s", n, name), Best: report.Lower}, p.slower())
		b.report.Add(report.Figure{Name: fmt.Sprintf("single-cpu/%d/%s", n, name), Best: report.Lower}, p.ours.provider.cpu.Seconds()/p.ours.cpu.Seconds())
	}
	return nil
}
