package recipe_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// history is what clients have done with one thing, and when.
type history struct {
	mu  sync.Mutex
	ops []porcupine.Operation
}

// began is when all histories began.
var began = time.Now()

func now() int64 { return int64(time.Since(began)) }

// never is when a call returns of which it is not known whether it took effect: it may have
// done so at any time, and, as nothing looks after that, not at all.
const never = int64(1) << 62

// note adds what was done between two moments.
func (h *history) note(input, output any, call, back int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops = append(h.ops, porcupine.Operation{Input: input, Output: output, Call: call, Return: back})
}

// check fails the test when no order of what was done makes sense of it.
func (h *history) check(t *testing.T, name string, m porcupine.Model) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.ops) < 20 {
		t.Errorf("%s: a history of %d calls shows nothing", name, len(h.ops))
	}
	result := porcupine.CheckOperationsTimeout(m, h.ops, patience)
	t.Logf("%s: %d calls, %s", name, len(h.ops), result)
	if result != porcupine.Ok {
		slices.SortFunc(h.ops, func(a, b porcupine.Operation) int { return int(a.Call - b.Call) })
		for _, op := range h.ops {
			t.Logf("%s: %d to %d: %+v: %+v", name, op.Call, op.Return, op.Input, op.Output)
		}
		t.Errorf("%s: the history is %s", name, result)
	}
}

// as returns what is known to be a T.
func as[T any](v any) T {
	t, _ := v.(T)
	return t
}

// hold is what becomes of who acquires: it "acquires", and "releases" or "loses".
type hold struct {
	does string
	who  string
}

// admission is the model of whatever admits holders, as long as all of them may hold at once.
func admission(may func(holders []string) bool) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return "" },
		Step: func(state, input, _ any) (bool, any) {
			holders := strings.Fields(as[string](state))
			in := as[hold](input)
			if in.does == "acquires" {
				holders = append(holders, in.who)
				slices.Sort(holders)
				return may(holders), strings.Join(holders, " ")
			}
			i := slices.Index(holders, in.who)
			if i < 0 {
				return false, state
			}
			return true, strings.Join(slices.Delete(holders, i, i+1), " ")
		},
	}
}

// atMost admits a number of holders.
func atMost(n int) porcupine.Model {
	return admission(func(holders []string) bool { return len(holders) <= n })
}

// readersOrWriter admits many whose names begin with r, or one other.
func readersOrWriter() porcupine.Model {
	return admission(func(holders []string) bool {
		return len(holders) == 1 || !slices.ContainsFunc(holders, func(who string) bool { return who[0] != 'r' })
	})
}

// holdOf is a hold of one of several things.
type holdOf struct {
	hold
	of string
}

// eachAtMostOne is the model of several things, each of which admits one holder.
func eachAtMostOne() porcupine.Model {
	m := atMost(1)
	m.Partition = func(ops []porcupine.Operation) [][]porcupine.Operation {
		things := make(map[string][]porcupine.Operation)
		for _, op := range ops {
			in := as[holdOf](op.Input)
			op.Input = in.hold
			things[in.of] = append(things[in.of], op)
		}
		return slices.Collect(maps.Values(things))
	}
	return m
}

// term is a lease that was obtained: by whom, and when by the clock of the leases. It lasts for termSeconds.
type term struct {
	who  string
	from int64
}

const termSeconds = 3

// leases is the model of a number of leases: each is one holder's until its end, and whoever has one may renew it. What
// has no output has been obtained or not.
func leases(n int) porcupine.Model {
	model := porcupine.NondeterministicModel{
		Init: func() []any { return []any{""} },
		Step: func(state, input, output any) (next []any) {
			in := as[term](input)
			var all []string
			others := 0
			for lease := range strings.FieldsSeq(as[string](state)) {
				who, end, _ := strings.Cut(lease, ":")
				if who == in.who {
					continue
				}
				all = append(all, lease)
				if end, err := strconv.ParseInt(end, 10, 64); err != nil || end > in.from {
					others++
				}
			}
			if others < n {
				all = append(all, fmt.Sprintf("%s:%d", in.who, in.from+termSeconds))
				slices.Sort(all)
				next = append(next, strings.Join(all, " "))
			}
			if output == nil {
				next = append(next, state)
			}
			return next
		},
	}
	return model.ToModel()
}

// barrierCall is what a call does with a barrier: it "closes", "opens" or "passes" it.
type barrierCall string

// passing is the model of a barrier. Whoever opens it is told whether it was closed, which it may be by somebody
// else's opening too. What has no output has taken effect or not.
func passing() porcupine.Model {
	model := porcupine.NondeterministicModel{
		Init: func() []any { return []any{false} },
		Step: func(state, input, output any) (next []any) {
			closed := as[bool](state)
			switch as[barrierCall](input) {
			case "closes":
				next = append(next, true)
			case "opens":
				if was, known := output.(bool); !known || was || !closed {
					next = append(next, false)
				}
			case "passes":
				if !closed {
					next = append(next, false)
				}
			}
			if output == nil {
				next = append(next, state)
			}
			return next
		},
	}
	return model.ToModel()
}

// span is what adding to a number came to.
type span struct{ before, after int64 }

// numbers is the model of a counter.
func numbers() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return int64(0) },
		Step: func(state, input, output any) (bool, any) {
			n, delta := as[int64](state), as[int64](input)
			return output == span{n, n + delta}, n + delta
		},
	}
}

// queued is a call of a queue: what is put, or "" to get.
type queued string

// items is the model of a queue, whose items go in the order in which they come.
func items() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return "" },
		Step: func(state, input, output any) (bool, any) {
			all := strings.Fields(as[string](state))
			if item := as[queued](input); item != "" {
				return true, strings.Join(append(all, string(item)), " ")
			}
			got := as[string](output)
			if got == "" || len(all) == 0 {
				return got == "" && len(all) == 0, state
			}
			return all[0] == got, strings.Join(all[1:], " ")
		},
	}
}

// settleNumbers makes of the history of a counter, to which each call adds 1, one of which all is
// known: what no known call has counted was counted by one whose outcome is unknown, as long as there
// are so many.
func (h *history) settleNumbers(t *testing.T) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	counted := make(map[int64]bool)
	first, unknown, most := never, 0, int64(0)
	for _, op := range h.ops {
		if s, ok := op.Output.(span); ok {
			counted[s.before] = true
			most = max(most, s.after)
		} else {
			unknown++
			first = min(first, op.Call)
		}
	}
	h.ops = slices.DeleteFunc(h.ops, func(op porcupine.Operation) bool { return op.Output == nil })
	for n := range most {
		if !counted[n] {
			unknown--
			h.ops = append(h.ops, porcupine.Operation{Input: int64(1), Output: span{n, n + 1}, Call: first, Return: never})
		}
	}
	if unknown < 0 {
		t.Errorf("%d were counted that nobody has added", -unknown)
	}
}

// settleItems makes of the history of a queue that is empty in the end one of which all is known.
// A put whose outcome is unknown has been made if its item was got. What was put and not got was
// got by a call whose outcome is unknown, as long as there are so many.
func (h *history) settleItems(t *testing.T) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	back := make(map[string]int64) // when what was got had been
	first, unknown := never, 0
	for _, op := range h.ops {
		if op.Input != queued("") {
			continue
		}
		if item, ok := op.Output.(string); ok {
			back[item] = op.Return
		} else {
			unknown++
			first = min(first, op.Call)
		}
	}
	var ops []porcupine.Operation
	for _, op := range h.ops {
		item := string(as[queued](op.Input))
		_, wasGot := back[item]
		switch {
		case item == "":
			if op.Output == nil {
				continue
			}
		case op.Return == never && !wasGot:
			continue
		case op.Return == never:
			op.Return = back[item]
		case !wasGot:
			unknown--
			ops = append(ops, porcupine.Operation{Input: queued(""), Output: item, Call: first, Return: never})
		}
		ops = append(ops, op)
	}
	if unknown < 0 {
		t.Errorf("%d items that were put have been lost", -unknown)
	}
	h.ops = ops
}

// The models tell right from wrong.
func TestModels(t *testing.T) {
	t.Parallel()
	sequence := func(calls ...[2]any) (ops []porcupine.Operation) {
		for i, c := range calls {
			ops = append(ops, porcupine.Operation{Input: c[0], Output: c[1], Call: int64(2 * i), Return: int64(2*i + 1)})
		}
		return ops
	}
	acquires, releases := hold{"acquires", "w1"}, hold{"releases", "w1"}
	for i, tc := range []struct {
		model porcupine.Model
		ops   []porcupine.Operation
		want  bool
	}{
		{atMost(1), sequence([2]any{acquires, nil}, [2]any{releases, nil}, [2]any{hold{"acquires", "w2"}, nil}), true},
		{atMost(1), sequence([2]any{acquires, nil}, [2]any{hold{"acquires", "w2"}, nil}), false},
		{atMost(2), sequence([2]any{acquires, nil}, [2]any{hold{"acquires", "w2"}, nil}), true},
		{atMost(1), sequence([2]any{releases, nil}), false},
		{readersOrWriter(), sequence([2]any{hold{"acquires", "r1"}, nil}, [2]any{hold{"acquires", "r2"}, nil}), true},
		{readersOrWriter(), sequence([2]any{hold{"acquires", "r1"}, nil}, [2]any{acquires, nil}), false},
		{numbers(), sequence([2]any{int64(1), span{0, 1}}, [2]any{int64(2), span{1, 3}}, [2]any{int64(1), span{3, 4}}), true},
		{numbers(), sequence([2]any{int64(1), span{0, 1}}, [2]any{int64(1), span{0, 1}}), false},
		{items(), sequence([2]any{queued("a"), nil}, [2]any{queued("b"), nil}, [2]any{queued(""), "a"}, [2]any{queued(""), "b"}, [2]any{queued(""), ""}), true},
		{items(), sequence([2]any{queued("a"), nil}, [2]any{queued(""), "a"}, [2]any{queued(""), "a"}), false},
		{items(), sequence([2]any{queued("a"), nil}, [2]any{queued(""), ""}), false},
		{items(), sequence([2]any{queued("a"), nil}, [2]any{queued("b"), nil}, [2]any{queued(""), "b"}), false},
		{eachAtMostOne(), sequence([2]any{holdOf{acquires, "x"}, nil}, [2]any{holdOf{hold{"acquires", "w2"}, "y"}, nil}, [2]any{holdOf{releases, "x"}, nil}), true},
		{eachAtMostOne(), sequence([2]any{holdOf{acquires, "x"}, nil}, [2]any{holdOf{hold{"acquires", "w2"}, "x"}, nil}), false},
		{leases(1), sequence([2]any{term{"a", 1}, true}, [2]any{term{"a", 3}, true}, [2]any{term{"b", 3 + termSeconds}, true}), true},
		{leases(1), sequence([2]any{term{"a", 1}, true}, [2]any{term{"a", 3}, true}, [2]any{term{"b", 1 + termSeconds}, true}), false},
		{leases(1), sequence([2]any{term{"a", 1}, nil}, [2]any{term{"b", 2}, true}), true},
		{leases(2), sequence([2]any{term{"a", 1}, true}, [2]any{term{"b", 2}, true}, [2]any{term{"a", 3}, true}), true},
		{leases(2), sequence([2]any{term{"a", 1}, true}, [2]any{term{"b", 2}, true}, [2]any{term{"c", 3}, true}), false},
		{passing(), sequence([2]any{barrierCall("closes"), true}, [2]any{barrierCall("opens"), true}, [2]any{barrierCall("passes"), true}, [2]any{barrierCall("opens"), false}), true},
		{passing(), sequence([2]any{barrierCall("closes"), true}, [2]any{barrierCall("passes"), true}), false},
		{passing(), sequence([2]any{barrierCall("closes"), nil}, [2]any{barrierCall("passes"), true}), true},
		{passing(), sequence([2]any{barrierCall("closes"), true}, [2]any{barrierCall("opens"), false}), false},
	} {
		if got := porcupine.CheckOperations(tc.model, tc.ops); got != tc.want {
			t.Errorf("history %d: %s", i, fmt.Sprint(got))
		}
	}
}
