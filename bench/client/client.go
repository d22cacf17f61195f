package client

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"terraform-provider-zookeeper/bench/report"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/proto"
)

// dataSize is the size of each node's data in bytes.
const dataSize = 100

// Sizes say how much is measured.
type Sizes struct {
	// Rounds is how often everything is measured.
	Rounds int
	// Single is how many operations of a kind one caller does in a round, Many how many any
	// larger number of callers does.
	Single, Many int
	// Read is how many nodes are read at once, Create how many are created at once.
	Read, Create int
}

// Full are the sizes that figures are published with.
var Full = Sizes{Rounds: 15, Single: 1000, Many: 8000, Read: 10_000, Create: 5000}

// callers are the numbers of concurrent callers.
var callers = []int{1, 10, 64, mostCallers}

const mostCallers = 256

// What has to be reached, each as the median of the rounds.
const (
	goalThroughput = 1.3  // of go-zookeeper's, at the least, from goalCallers on
	goalCPU        = 0.4  // of go-zookeeper's, at the most, from goalCallers on
	goalLatency    = 1.05 // of go-zookeeper's, at the most, with one caller
	goalWire       = 0.85 // of the wire's throughput, at the least, with the most callers
	goalAllocs     = 4    // of a get or a create, at the most
	goalRead       = 8    // times as fast as go-zookeeper with the most callers, at the least
	goalCreate     = 4    // times as fast as go-zookeeper with the most callers, at the least
	goalCallers    = 64
)

// kinds are the operations, in an order in which each finds the nodes that it needs.
var kinds = []string{"create", "get", "set", "delete"}

// bench is a server and what is measured on it.
type bench struct {
	addr   string
	sizes  Sizes
	data   []byte
	report *report.Report
	warm   bool // the server has been warmed up: the figures count
}

// Run measures the client on servers of its own, and adds the figures to the report: the
// operations on single nodes on one, those on many nodes on the other.
func Run(ctx context.Context, sizes Sizes, on Servers, to *report.Report) error {
	err := run(ctx, sizes, on.Single, to, func(b *bench, round int) error {
		for _, n := range callers {
			if err := b.single(ctx, round, n); err != nil {
				return fmt.Errorf("%d callers: %w", n, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return run(ctx, sizes, on.Many, to, func(b *bench, round int) error {
		if err := b.bulk(ctx, round); err != nil {
			return fmt.Errorf("many nodes: %w", err)
		}
		return nil
	})
}

// run starts a server and has measure do so in rounds.
func run(ctx context.Context, sizes Sizes, on Handling, to *report.Report, measure func(b *bench, round int) error) (err error) {
	server, err := startServer(ctx, on)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	b := &bench{addr: server.Addr(), sizes: sizes, data: make([]byte, dataSize), report: to}
	for i := range b.data {
		b.data[i] = byte('a' + i%26)
	}
	if err := b.prepare(ctx); err != nil {
		return err
	}
	// The server's compiler is busy with the first round, which does not count.
	for round := range sizes.Rounds + 1 {
		b.warm = round > 0
		if err := measure(b, round); err != nil {
			return err
		}
	}
	return nil
}

// add adds one round's value of a figure.
func (b *bench) add(f report.Figure, value float64) {
	if b.warm {
		b.report.Add(f, value)
	}
}

// addBeside adds a figure that compares our client with go-zookeeper, and the same of the
// wire: nobody can be better.
func (b *bench) addBeside(f report.Figure, c costs, ratio func(one, other cost) float64) {
	b.add(f, ratio(c.ours, c.other))
	if b.warm {
		b.report.AddLimit(f.Name, ratio(c.wire, c.other))
	}
}

// The ratios of two costs.
func latency(one, other cost) float64    { return one.wall.Seconds() / other.wall.Seconds() }
func throughput(one, other cost) float64 { return one.perSecond() / other.perSecond() }
func cpu(one, other cost) float64        { return one.cpuEach() / other.cpuEach() }

// sessions are one of each of what is compared.
type sessions struct {
	ours  ours
	other other
	wire  *wire
}

func open(ctx context.Context, addr string) (s sessions, err error) {
	if s.ours, err = openOurs(ctx, addr); err != nil {
		return s, err
	}
	if s.other, err = openOther(ctx, addr); err != nil {
		return s, errors.Join(err, s.ours.close(ctx))
	}
	if s.wire, err = openWire(ctx, addr); err != nil {
		return s, errors.Join(err, s.ours.close(ctx), s.other.close(ctx))
	}
	return s, nil
}

func (s sessions) close(ctx context.Context) error {
	return errors.Join(s.ours.close(ctx), s.other.close(ctx), s.wire.close())
}

// The folders of the three, of the same length.
const (
	folderOurs  = "/ours"
	folderOther = "/peer"
	folderWire  = "/wire"
	folderRead  = "/read" // of the nodes that all read many of
)

// prepare makes the nodes that are there all the time.
func (b *bench) prepare(ctx context.Context) (err error) {
	c, err := openOurs(ctx, b.addr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close(ctx)) }()
	for _, folder := range []string{folderOurs, folderOther, folderWire, folderRead} {
		if _, err := c.Create(ctx, folder, nil, zk.CreateOptions{}); err != nil {
			return err
		}
	}
	for some := range slices.Chunk(paths(folderRead, b.sizes.Read), b.sizes.Create) {
		if _, err := c.Multi(ctx, creates(some, b.data)...); err != nil {
			return err
		}
	}
	return nil
}

// with opens the sessions for what measure does.
func (b *bench) with(ctx context.Context, measure func(sessions) error) (err error) {
	s, err := open(ctx, b.addr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	return measure(s)
}

func paths(folder string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s/node-%06d", folder, i)
	}
	return out
}

// operation returns the i'th operation of a kind.
func (b *bench) operation(ctx context.Context, s subject, kind string, paths []string) func(i int) error {
	switch kind {
	case "create":
		return func(i int) error { return s.create(ctx, paths[i], b.data) }
	case "get":
		return func(i int) error { return s.get(ctx, paths[i]) }
	case "set":
		return func(i int) error { return s.set(ctx, paths[i], b.data) }
	default:
		return func(i int) error { return s.delete(ctx, paths[i]) }
	}
}

// encoded returns the same operations as they go over the wire.
func encoded(kind string, paths []string, data []byte) stream {
	var s stream
	for _, path := range paths {
		switch kind {
		case "create":
			s.add(proto.OpCreate2, &proto.CreateRequest{Path: path, Data: data, ACL: zk.OpenACL()})
		case "get":
			s.add(proto.OpGetData, &proto.PathWatchRequest{Path: path})
		case "set":
			s.add(proto.OpSetData, &proto.SetDataRequest{Path: path, Data: data, Version: zk.AnyVersion})
		default:
			s.add(proto.OpDelete, &proto.DeleteRequest{Path: path, Version: zk.AnyVersion})
		}
	}
	return s
}

// costs is what each of the three took.
type costs struct{ ours, other, wire cost }

// measureEach measures three ways to do n operations, one after the other, each time with
// another one first, so that none has the better place.
func measureEach(round, n int, ours, other, wire func() error) (c costs, err error) {
	turns := []struct {
		into *cost
		do   func() error
	}{{&c.ours, ours}, {&c.other, other}, {&c.wire, wire}}
	for i := range turns {
		turn := turns[(i+round)%len(turns)]
		if *turn.into, err = measure(n, turn.do); err != nil {
			return c, err
		}
	}
	return c, nil
}

// single measures the operations on single nodes.
func (b *bench) single(ctx context.Context, round, callers int) error {
	n := b.sizes.Many
	if callers == 1 {
		n = b.sizes.Single
	}
	mine, others, wires := paths(folderOurs, n), paths(folderOther, n), paths(folderWire, n)
	return b.with(ctx, func(s sessions) error {
		for _, kind := range kinds {
			requests := encoded(kind, wires, b.data)
			costs, err := measureEach(round, n, func() error {
				return spread(n, callers, b.operation(ctx, s.ours, kind, mine))
			}, func() error {
				return spread(n, callers, b.operation(ctx, s.other, kind, others))
			}, func() error {
				return s.wire.run(requests, callers)
			})
			if err != nil {
				return fmt.Errorf("%s: %w", kind, err)
			}
			b.compare(kind, callers, costs)
		}
		return nil
	})
}

// compare adds the figures of one round of one operation.
func (b *bench) compare(kind string, callers int, c costs) {
	figure := func(name string, best report.Better, goal float64, wanted bool) report.Figure {
		f := report.Figure{Name: figureName(name, kind, callers), Best: best}
		if wanted {
			f.Goal = goal
		}
		return f
	}
	if callers == 1 {
		b.addBeside(figure("latency", report.Lower, goalLatency, true), c, latency)
	} else {
		b.addBeside(figure("throughput", report.Higher, goalThroughput, callers >= goalCallers), c, throughput)
	}
	b.addBeside(figure("cpu", report.Lower, goalCPU, callers >= goalCallers), c, cpu)
	b.add(figure("wire", report.Higher, goalWire, callers == mostCallers), throughput(c.ours, c.wire))
	b.add(figure("allocs", report.Lower, goalAllocs, kind == "get" || kind == "create"), c.ours.mallocsEach())
}

func figureName(name, kind string, callers int) string {
	return fmt.Sprintf("%s/%s/%d", name, kind, callers)
}
