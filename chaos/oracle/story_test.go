package oracle_test

import (
	"slices"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/zk"

	"terraform-provider-zookeeper/chaos/history"
	"terraform-provider-zookeeper/chaos/oracle"
	"terraform-provider-zookeeper/chaos/scenario"
)

// The sessions of a story. The first run has one for its plan and one for its apply.
const (
	foreign   int64 = 1
	planning  int64 = 11
	applying  int64 = 12
	again     int64 = 13 // a second one of the apply
	checking  int64 = 21
	finishing int64 = 31
)

// A story is a round made by hand. Each test changes one thing of a story in which all is well.
type story struct {
	round *oracle.Round
	zxid  int64
	// at has what is to be done at a point of the story, and without the steps that are not.
	at      map[string]func(*story)
	without []string
}

func (s *story) point(name string) {
	if do := s.at[name]; do != nil {
		do(s)
	}
}

// step is a transaction of a session's, unless the story goes without it. It returns its zxid.
func (s *story) step(name string, session int64, changes ...history.Change) int64 {
	if slices.Contains(s.without, name) {
		return 0
	}
	s.zxid++
	s.round.Txns = append(s.round.Txns, history.Txn{Zxid: s.zxid, Session: session, Cxid: 1, Changes: changes})
	return s.zxid
}

func (s *story) open(session int64) {
	s.step("", session)
	s.round.Txns[len(s.round.Txns)-1].Opened = true
}

// close ends a session by its own wish, or not.
func (s *story) close(session int64, wish bool) {
	if s.step("close", session) == 0 {
		return
	}
	last := &s.round.Txns[len(s.round.Txns)-1]
	last.Closed = true
	if !wish {
		last.Cxid = 0
	}
}

func create(path, data string) history.Change {
	return history.Change{Kind: history.Create, Path: path, Data: []byte(data), ACL: zk.OpenACL()}
}

func contender(name string) history.Change {
	c := create("/lock/"+name, "")
	c.Ephemeral = true
	return c
}

func set(path, data string) history.Change {
	return history.Change{Kind: history.SetData, Path: path, Data: []byte(data)}
}

func remove(path string) history.Change { return history.Change{Kind: history.Delete, Path: path} }

func setACL(path string, acl scenario.ACL) history.Change {
	return history.Change{Kind: history.SetACL, Path: path, ACL: acl.Entries()}
}

// declared is the story's configuration.
func declared() scenario.Config {
	one := func(data string) map[string]scenario.Content { return map[string]scenario.Content{"": {Data: data}} }
	return scenario.Config{Lock: "/lock", Resources: []scenario.Resource{
		{Type: scenario.Znode, Name: "one", Path: "/zn/one", Nodes: one("1"), ACL: scenario.Open},
		{Type: scenario.Znode, Name: "json", Path: "/zn/json", Nodes: one(`{"a":1,"b":2}`), JSON: true},
		{Type: scenario.Znode, Name: "forced", Path: "/zn/forced", Nodes: one("f"), Force: true},
		{Type: scenario.Znode, Name: "kept", Path: "/zn/kept", Nodes: one("k"), Keep: true},
		{Type: scenario.Znode, Name: "adopted", Path: "/by/adopted", Nodes: one("mine"), Adopt: true},
		{Type: scenario.Znodes, Name: "many", Path: "/zs", Nodes: map[string]scenario.Content{"a": {Data: "a1"}, "b": {Data: "b1"}}},
		{Type: scenario.Znodes, Name: "exclusive", Path: "/zx", Nodes: map[string]scenario.Content{"a/b": {Data: "x"}}, Exclusive: true},
		{Type: scenario.Sequential, Name: "number", Path: "/sq/n-", Nodes: one("n")},
		{Type: scenario.EnsurePath, Name: "path", Path: "/en/x"},
		{Type: scenario.ZnodeACL, Name: "tree", Path: "/by/tree", ACL: scenario.Guarded, Recursive: true},
		{Type: scenario.Quota, Name: "quiet", Path: "/by/quiet", Limits: limits},
	}}
}

var limits = zk.Quota{Count: 10, Bytes: 100, HardCount: zk.NoLimit, HardBytes: zk.NoLimit}

const (
	quotaNode = scenario.QuotaNodes + "/by/quiet"
	limitNode = quotaNode + "/zookeeper_limits"
	statsNode = quotaNode + "/zookeeper_stats"
)

const numbered = "/sq/n-0000000000"

// tell tells the story: an apply, one more of another version of a zookeeper_znodes in the same
// run's place, a check that all is at rest, and a destroy.
func tell(at map[string]func(*story), without ...string) *oracle.Round {
	config := declared()
	s := &story{zxid: 100, at: at, without: without}
	bystanders := []scenario.Bystander{
		{Path: "/by/tree", Data: "t", ACL: scenario.Open},
		{Path: "/by/tree/a", Data: "ta", ACL: scenario.Open},
		{Path: "/by/adopted", Data: "theirs", ACL: scenario.Open},
		{Path: "/by/quiet", Data: "q", ACL: scenario.Open},
	}
	before := make(history.Tree)
	for i, b := range bystanders {
		before.Apply(history.Txn{Zxid: int64(i) + 1, Session: foreign, Changes: []history.Change{create(b.Path, b.Data)}})
	}
	s.round = &oracle.Round{
		Scenario: scenario.Round{Actors: []scenario.Actor{{Bystanders: bystanders}}},
		Before:   before,
		Foreign:  map[int64]bool{foreign: true},
		Runs: []oracle.Run{
			{Name: "first", Op: scenario.Op{Command: scenario.Apply, Config: config}, Sessions: []int64{planning, applying}},
			{Name: "check", Op: scenario.Op{Command: scenario.Plan, Config: config}, Sessions: []int64{checking}},
			{Name: "last", Op: scenario.Op{Command: scenario.Destroy, Config: config}, Sessions: []int64{finishing}},
		},
		Endings: []oracle.Ending{{Config: config, Applies: 1, State: map[string]string{"zookeeper_sequential_znode.number": numbered}}},
	}
	// Where a test adds a run, these stay where they are.
	s.round.Runs = slices.Grow(s.round.Runs, 1)
	first, check, last, ending := &s.round.Runs[0], &s.round.Runs[1], &s.round.Runs[2], &s.round.Endings[0]

	first.From = s.step("", foreign)
	s.open(planning)
	s.step("lock", planning, create("/lock", ""))
	s.step("lock", planning, contender("u__lock__0000000000"))
	s.point("in the plan")
	s.step("lock", planning, remove("/lock/u__lock__0000000000"))
	s.close(planning, true)
	s.point("after the plan")
	s.open(applying)
	s.point("before the lock")
	s.step("lock", applying, contender("v__lock__0000000001"))
	s.point("in the apply")
	s.step("", applying, create("/zn", ""))
	s.step("create one", applying, create("/zn/one", "1"))
	for path, data := range map[string]string{"/zn/json": `{"a":1,"b":2}`, "/zn/forced": "f", "/zn/kept": "k"} {
		s.step("", applying, create(path, data))
	}
	s.step("adopt", applying, set("/by/adopted", "mine"))
	s.step("create many", applying, create("/zs", ""), create("/zs/a", "a1"), create("/zs/b", "b1"))
	s.step("", applying, create("/zx", ""), create("/zx/a", ""), create("/zx/a/b", "x"))
	s.step("", applying, create("/sq", ""))
	s.step("number", applying, create(numbered, "n"))
	s.step("", applying, create("/en", ""))
	s.step("ensure", applying, create("/en/x", ""))
	s.step("tree", applying, setACL("/by/tree", scenario.Guarded))
	s.step("tree below", applying, setACL("/by/tree/a", scenario.Guarded))
	s.step("", applying, create(scenario.QuotaNodes+"/by", ""), create(quotaNode, ""))
	s.step("limit", applying, create(limitNode, limits.String()))
	s.step("", applying, create(statsNode, "count=0,bytes=0"))
	s.point("late in the apply")
	s.step("lock", applying, remove("/lock/v__lock__0000000001"))
	s.close(applying, true)
	first.To = s.step("", foreign)

	s.point("after the apply")
	check.From = s.step("", foreign)
	s.open(checking)
	s.point("in the check")
	s.close(checking, true)
	check.To = s.step("", foreign)
	ending.Settled = check.To

	s.point("before the destroy")
	last.From = s.step("", foreign)
	s.open(finishing)
	s.step("lock", finishing, contender("w__lock__0000000002"))
	s.point("in the destroy")
	for _, path := range []string{"/zn/one", "/zn/json"} {
		s.step("destroy "+path, finishing, remove(path))
	}
	s.step("", finishing, remove("/zn/forced"))
	s.step("", finishing, remove("/by/adopted"))
	s.step("destroy many", finishing, remove("/zs/b"), remove("/zs/a"), remove("/zs"))
	s.step("", finishing, remove("/zx/a/b"), remove("/zx/a"), remove("/zx"))
	s.step("destroy number", finishing, remove(numbered))
	s.step("prune", finishing, remove("/en/x"))
	s.step("prune", finishing, remove("/en"))
	s.step("restore", finishing, setACL("/by/tree", scenario.Open))
	s.step("restore", finishing, setACL("/by/tree/a", scenario.Open))
	s.step("stop counting", finishing, remove(statsNode))
	s.step("", finishing, remove(limitNode))
	s.step("stop counting", finishing, remove(quotaNode))
	s.step("stop counting", finishing, remove(scenario.QuotaNodes+"/by"))
	s.step("lock", finishing, remove("/lock/w__lock__0000000002"))
	s.close(finishing, true)
	last.To = s.step("", foreign)
	s.point("in the end")
	return s.round
}

// check wants of a round violations that have the texts, and no others.
func check(t *testing.T, round *oracle.Round, want ...string) {
	t.Helper()
	got := oracle.Check(round)
	for _, text := range want {
		if !slices.ContainsFunc(got, func(v oracle.Violation) bool { return strings.Contains(v.String(), text) }) {
			t.Errorf("nothing says %q", text)
		}
	}
	for _, v := range got {
		if !slices.ContainsFunc(want, func(text string) bool { return strings.Contains(v.String(), text) }) {
			t.Errorf("%v", v)
		}
	}
}

// fault notes one that happened in the first run.
func fault(s *story, what scenario.Act) {
	s.round.Runs[0].Faults = append(s.round.Runs[0].Faults, scenario.Fault{What: what})
}
