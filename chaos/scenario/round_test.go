package scenario_test

import (
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/zk"

	"terraform-provider-zookeeper/chaos/scenario"
	"terraform-provider-zookeeper/chaos/wire"
)

// many is how many seeds are looked at: enough for everything that there is.
const many = 500

func TestNew_isTheSameEachTime(t *testing.T) {
	t.Parallel()
	for seed := range uint64(many) {
		if a, b := scenario.New(seed), scenario.New(seed); !reflect.DeepEqual(a, b) {
			t.Fatalf("seed %d makes %+v, and then %+v", seed, a, b)
		}
	}
	if reflect.DeepEqual(scenario.New(1).Actors, scenario.New(2).Actors) {
		t.Error("two seeds make the same round")
	}
}

// In some hundred rounds there is everything that can be.
func TestNew_hasEverything(t *testing.T) {
	t.Parallel()
	seen := make(map[any]int)
	note := func(on bool, what any) {
		if on {
			seen[what]++
		}
	}
	for seed := range uint64(many) {
		round := scenario.New(seed)
		note(round.Ensemble, "ensemble")
		note(!round.Ensemble, "single server")
		note(len(round.Actors) == 2, "two actors")
		for _, a := range round.Actors {
			for i, op := range a.Ops {
				note(true, op.Command)
				note(op.Replace != "", "replace")
				note(len(op.Config.Moved) > 0, "moved")
				note(op.Config.Lock != "", "lock")
				note(op.Config.Ephemeral != "", "ephemeral lock")
				note(len(op.Faults) == 0, "no faults")
				note(i > 0 && len(op.Config.Resources) < len(a.Ops[i-1].Config.Resources), "one resource less")
				for _, f := range op.Faults {
					note(true, f.What)
					note(true, f.At)
				}
				for _, r := range op.Config.Resources {
					note(true, r.Type)
					note(true, r.ACL)
					note(r.JSON, "JSON")
					note(r.Force, "force")
					note(r.Adopt, "adopt")
					note(r.Keep, "keep")
					note(r.Recursive, "recursive")
					note(r.Exclusive, "exclusive")
					note(r.Split, "split")
					note(r.First, "create before destroy")
					note(r.After != "", "after")
					for _, c := range r.Nodes {
						note(true, c.As)
					}
				}
			}
		}
	}
	for _, what := range []any{
		"ensemble", "single server", "two actors", scenario.Apply, scenario.Destroy, "replace", "moved", "lock", "ephemeral lock", "no faults", "one resource less",
		scenario.CutBefore, scenario.CutAfter, scenario.CutReply, scenario.CutMiddle, scenario.ResetBefore, scenario.ResetAfter, scenario.HalfOpen,
		scenario.Drip, scenario.Delay, scenario.Freeze, scenario.Refuse, scenario.Expire, scenario.Kill, scenario.Stop, scenario.KillLeader,
		scenario.StopLeader, scenario.NoQuorum, scenario.Interrupt, scenario.InterruptCLI, scenario.Terminate, scenario.KillProvider,
		scenario.KillCLI, scenario.KillBoth, scenario.InterruptHard, scenario.TheySet, scenario.TheySetACL, scenario.TheyDelete, scenario.TheyReplace, scenario.TheyAdd,
		scenario.TheyNumber, scenario.TheyReformat,
		wire.Connect, wire.Create, wire.Delete, wire.SetData, wire.SetACL, wire.Multi, wire.Read, wire.Close, wire.AnyWrite, wire.Any,
		scenario.Znode, scenario.Znodes, scenario.Sequential, scenario.EnsurePath, scenario.ZnodeACL,
		scenario.NoACL, scenario.Open, scenario.Guarded, scenario.Marked, scenario.Own, scenario.Text, scenario.Base64, scenario.Secret,
		"JSON", "force", "adopt", "keep", "recursive", "exclusive", "split", "create before destroy", "after",
	} {
		if seen[what] < 5 {
			t.Errorf("in %d rounds there is %v %d times", many, what, seen[what])
		}
	}
}

// What a round does can be done: names are there that others refer to, nodes are declared once,
// and everybody stays below the own base.
func TestNew_makesSense(t *testing.T) {
	t.Parallel()
	for seed := range uint64(many) {
		round := scenario.New(seed)
		for _, a := range round.Actors {
			for _, op := range a.Ops {
				var addresses []string
				paths := make(map[string]string)
				for _, r := range op.Config.Resources {
					addresses = append(addresses, r.Address())
					if !strings.HasPrefix(r.Path, a.Base+"/") {
						t.Errorf("seed %d: %s is at %s, and not below %s", seed, r.Address(), r.Path, a.Base)
					}
				}
				for _, w := range op.Config.Wants() {
					if other, twice := paths[w.Path]; twice && other != w.By {
						t.Errorf("seed %d: %s is wanted by %s and %s", seed, w.Path, other, w.By)
					}
					paths[w.Path] = w.By
				}
				for _, r := range op.Config.Resources {
					if r.After != "" && !slices.Contains(addresses, r.After) {
						t.Errorf("seed %d: %s comes after %s, which is not there", seed, r.Address(), r.After)
					}
				}
				// Nobody can remove a node and leave what is below it.
				for _, r := range op.Config.Resources {
					for _, above := range a.Ops[0].Config.Resources {
						_, there := paths[above.Path]
						if above.Type == scenario.Znode && strings.HasPrefix(r.Path, above.Path+"/") && (!there || op.Replace == above.Address()) {
							t.Errorf("seed %d: %s stays below %s, which goes", seed, r.Address(), above.Path)
						}
					}
				}
				if op.Replace != "" && !slices.Contains(addresses, op.Replace) {
					t.Errorf("seed %d: %s is to be replaced, which is not there", seed, op.Replace)
				}
				for _, f := range op.Faults {
					if f.Count < 1 {
						t.Errorf("seed %d: %v", seed, f)
					}
					if f.Path != "" && !strings.HasPrefix(strings.TrimPrefix(f.Path, scenario.QuotaNodes), a.Base+"/") {
						t.Errorf("seed %d: somebody else is at %s, and not below %s", seed, f.Path, a.Base)
					}
				}
			}
		}
		if len(round.Actors) == 2 {
			for _, a := range round.Actors {
				if a.Ops[0].Config.Lock == "" && a.Ops[0].Config.Ephemeral != "/lk" {
					t.Errorf("seed %d: two actors, and no lock", seed)
				}
			}
		}
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	c := scenario.Config{
		Lock: "/locks/run", LockTimeout: 20, Ephemeral: "/held/by", Moved: [][2]string{{"zookeeper_znode.a", "zookeeper_znode.b"}},
		Resources: []scenario.Resource{
			{Type: scenario.Znode, Name: "b", Path: "/x/y/b", Nodes: map[string]scenario.Content{"": {Data: `{"a":1}`}}, JSON: true, ACL: scenario.Guarded, Keep: true},
			{Type: scenario.Znode, Name: "s", Path: "/s", Nodes: map[string]scenario.Content{"": {Data: "secret", As: scenario.Secret}}, Version: 3, After: "zookeeper_znode.b"},
			{Type: scenario.Znodes, Name: "m", Path: "/m", Nodes: map[string]scenario.Content{"k/l": {Data: "one"}, "b": {Data: "two", As: scenario.Base64}}, Split: true, Exclusive: true},
			{Type: scenario.Sequential, Name: "q", Path: "/q/n-", First: true},
			{Type: scenario.EnsurePath, Name: "e", Path: "/e/f"},
			{Type: scenario.ZnodeACL, Name: "t", Path: "/t", ACL: scenario.Open, Recursive: true},
			{Type: scenario.Quota, Name: "u", Path: "/u", Limits: zk.Quota{Count: zk.NoLimit, Bytes: zk.NoLimit, HardCount: 7, HardBytes: 100}},
		},
	}
	want := `terraform {
  required_providers {
    zookeeper = { source = "zkform/zookeeper" }
  }
}
provider "zookeeper" {
  lock = {
    path    = "/locks/run"
    timeout = 20
  }
}
ephemeral "zookeeper_lock" "held" {
  path    = "/held/by"
  timeout = 20
}
moved {
  from = zookeeper_znode.a
  to   = zookeeper_znode.b
}
resource "zookeeper_znode" "b" {
  path = "/x/y/b"
  data = "{\"a\":1}"
  acl = [
    { scheme = "world", id = "anyone", permissions = "cdrwa" },
    { scheme = "ip", id = "10.0.0.1", permissions = "r" },
  ]
  compare = "json"
  on_destroy = "keep"
  depends_on = [ephemeral.zookeeper_lock.held]
}
resource "zookeeper_znode" "s" {
  path = "/s"
  data_wo = "secret"
  data_wo_version = "3"
  depends_on = [zookeeper_znode.b]
}
resource "zookeeper_znodes" "m" {
  base_path = "/m"
  data = {
    "k/l" = "one"
  }
  data_base64 = {
    "b" = "dHdv"
  }
  exclusive = true
  atomic = false
}
resource "zookeeper_sequential_znode" "q" {
  path_prefix = "/q/n-"
  lifecycle {
    create_before_destroy = true
  }
}
resource "zookeeper_ensure_path" "e" {
  path = "/e/f"
}
resource "zookeeper_znode_acl" "t" {
  path = "/t"
  acl = [
    { scheme = "world", id = "anyone", permissions = "cdrwa" },
  ]
  recursive = true
}
resource "zookeeper_quota" "u" {
  path = "/u"
  max_count = 7
  max_bytes = 100
  hard = true
}
`
	if got := c.HCL(); got != want {
		t.Errorf("the configuration is\n%s", got)
	}
	var wanted []string
	for _, w := range c.Wants() {
		wanted = append(wanted, w.Path)
	}
	if want := []string{"/x/y/b", "/s", "/m/b", "/m/k/l", "/e/f", "/t", "/zookeeper/quota/u/zookeeper_limits"}; !slices.Equal(wanted, want) {
		t.Errorf("it wants %v", wanted)
	}
	if got, want := c.Parents(), []string{"/held", "/held/by", "/locks", "/locks/run", "/q", "/x", "/x/y"}; !slices.Equal(got, want) {
		t.Errorf("it leaves %v", got)
	}
	for _, w := range c.Wants() {
		if path.IsAbs(w.Path) && w.Path == "/t" && !w.Below {
			t.Error("the ACL of a tree is wanted for its root alone")
		}
	}
}
