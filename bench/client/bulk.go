package client

import (
	"context"
	"fmt"
	"slices"

	"terraform-provider-zookeeper/bench/report"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/proto"
)

// How our client reads many small nodes, for the wire to do the same: so many nodes with a
// request, and so many requests on their way at once.
const (
	readBatch  = zk.DefaultMaxReplyBytes / zk.DefaultMaxBufferBytes
	readWindow = 16
)

// bulk measures what is done to many nodes at once. go-zookeeper has no request for many
// reads; it is given as many callers as help it, for both.
func (b *bench) bulk(ctx context.Context, round int) error {
	return b.with(ctx, func(s sessions) error {
		if err := b.readMany(ctx, s, round); err != nil {
			return err
		}
		return b.createMany(ctx, s, round)
	})
}

func (b *bench) readMany(ctx context.Context, s sessions, round int) error {
	nodes := paths(folderRead, b.sizes.Read)
	var requests stream
	for some := range slices.Chunk(nodes, readBatch) {
		var reads proto.MultiRequest
		for _, path := range some {
			reads.Ops = append(reads.Ops, proto.MultiOp{Op: proto.OpGetData, Request: &proto.PathWatchRequest{Path: path}})
		}
		requests.add(proto.OpMultiRead, &reads)
	}
	return b.measureMany(round, "read-many", goalRead, len(nodes), func() error {
		readings, err := s.ours.ReadMany(ctx, nodes, false)
		if err != nil {
			return err
		}
		for _, r := range readings {
			if err := checked(r.Data, r.Err); err != nil {
				return err
			}
		}
		return nil
	}, func() error {
		return spread(len(nodes), mostCallers, b.operation(ctx, s.other, "get", nodes))
	}, func() error {
		return s.wire.run(requests, readWindow)
	})
}

func (b *bench) createMany(ctx context.Context, s sessions, round int) error {
	mine, others, wires := paths(folderOurs, b.sizes.Create), paths(folderOther, b.sizes.Create), paths(folderWire, b.sizes.Create)
	ops := creates(mine, b.data)
	var transaction proto.MultiRequest
	for _, path := range wires {
		transaction.Ops = append(transaction.Ops, proto.MultiOp{
			Op: proto.OpCreate2, Request: &proto.CreateRequest{Path: path, Data: b.data, ACL: zk.OpenACL()},
		})
	}
	var request stream
	request.add(proto.OpMulti, &transaction)
	err := b.measureMany(round, "create-many", goalCreate, len(mine), func() error {
		_, err := s.ours.Multi(ctx, ops...)
		return err
	}, func() error {
		return spread(len(others), mostCallers, b.operation(ctx, s.other, "create", others))
	}, func() error {
		return s.wire.run(request, 1)
	})
	if err != nil {
		return err
	}
	for _, made := range [][]string{mine, others, wires} {
		deletes := make([]zk.Op, len(made))
		for i, path := range made {
			deletes[i] = zk.DeleteOp(path, zk.AnyVersion)
		}
		if _, err := s.ours.Multi(ctx, deletes...); err != nil {
			return err
		}
	}
	return nil
}

// creates are the operations of a transaction that creates the nodes.
func creates(paths []string, data []byte) []zk.Op {
	ops := make([]zk.Op, len(paths))
	for i, path := range paths {
		ops[i] = zk.CreateOp(path, data, zk.CreateOptions{})
	}
	return ops
}

// measureMany measures the three ways to do something to n nodes, and adds its figures.
func (b *bench) measureMany(round int, name string, goal float64, n int, ours, other, wire func() error) error {
	costs, err := measureEach(round, n, ours, other, wire)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	b.addBeside(report.Figure{Name: name, Best: report.Higher, Goal: goal}, costs, throughput)
	b.addBeside(report.Figure{Name: "cpu/" + name, Best: report.Lower}, costs, cpu)
	b.add(report.Figure{Name: "wire/" + name, Best: report.Higher}, throughput(costs.ours, costs.wire))
	return nil
}
