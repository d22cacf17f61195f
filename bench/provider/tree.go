package provider

import (
	"context"
	"errors"
	"slices"

	"terraform-provider-zookeeper/bench/report"
	"terraform-provider-zookeeper/internal/zk"
)

// The nodes of the tree are below it, with data.
const (
	treeTop    = "/tree"
	treeConfig = required + "data \"zookeeper_tree\" \"tree\" {\n  path         = \"" + treeTop + "\"\n  include_data = true\n}\n"
	treeBatch  = 1000
)

// RunTree measures a plan with one data source zookeeper_tree beside the earlier build.
func RunTree(ctx context.Context, sizes Sizes, path, root string, to *report.Report) error {
	return run(ctx, path, root, to, func(b *bench) error {
		ours, old, _, err := b.builds(ctx)
		if err != nil {
			return err
		}
		if err := plant(ctx, b.cli.servers, sizes.Tree); err != nil {
			return err
		}
		plan := []step{{name: stepPlan, args: []string{"plan", "-no-color"}}}
		for range sizes.Rounds {
			costs, err := b.turns(ctx, plan, candidate{ours, treeConfig}, candidate{old, treeConfig})
			if err != nil {
				return err
			}
			we, they := costs[0][stepPlan].provider, costs[1][stepPlan].provider
			b.report.Add(lower(goalTreeCPU, "tree-before/%d/cpu", sizes.Tree), we.cpu.Seconds()/they.cpu.Seconds())
			b.report.Add(lower(goalTreeMemory, "tree-before/%d/memory", sizes.Tree), float64(we.memory)/float64(they.memory))
			b.report.Add(lower(0, "tree-seconds/%d", sizes.Tree), we.cpu.Seconds())
			b.report.Add(lower(0, "tree-megabytes/%d", sizes.Tree), float64(we.memory)/1e6)
		}
		return nil
	})
}

// plant creates a tree of n nodes, the one at the top among them.
func plant(ctx context.Context, servers string, n int) (err error) {
	client, err := zk.New(ctx, zk.Config{Servers: servers})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close(ctx)) }()
	if err := client.Start(ctx); err != nil {
		return err
	}
	ops := []zk.Op{zk.CreateOp(treeTop, nil, zk.CreateOptions{})}
	for i := range n - 1 {
		ops = append(ops, zk.CreateOp(treeTop+"/"+key(i), []byte(content(i, "a")), zk.CreateOptions{}))
	}
	for some := range slices.Chunk(ops, treeBatch) {
		if _, err := client.Multi(ctx, some...); err != nil {
			return err
		}
	}
	return nil
}
