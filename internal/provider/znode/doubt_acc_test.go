package znode_test

import (
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// A doubtful is a folder of the CLI whose first apply does not learn what became of a creation.
type doubtful struct {
	*acctest.CLI

	t     *testing.T
	tree  *acctest.Tree
	proxy *zktest.Proxy
}

// doubt runs the first apply. Its creation takes effect, or does not reach the servers, and
// they cannot be reached any more. The state has the resource, and nothing of the node.
func doubt(t *testing.T, hcl string, tookEffect bool) *doubtful {
	t.Helper()
	tree := acctest.NewTree(t)
	proxy := newProxy(t)
	d := &doubtful{acctest.NewCLI(t, map[string]string{"main.tf": through(proxy, tree, hcl)}), t, tree, proxy}
	d.lose(tookEffect)
	if err := tree.CheckGone("/a")(nil); (err != nil) != tookEffect {
		t.Fatalf("it is there: %t, want %t", err != nil, tookEffect)
	}
	return d
}

// lose runs an apply whose creation has an outcome that nobody knows.
func (d *doubtful) lose(tookEffect bool) {
	d.t.Helper()
	var happened <-chan struct{}
	if tookEffect {
		happened = loseReply(d.proxy, zktest.IsCreate)
	} else { // it does not get beyond the proxy, which the client cannot know
		happened = d.proxy.CutBeforeRequest(func(op int32) bool {
			if !zktest.IsCreate(op) {
				return false
			}
			d.proxy.Refuse(true)
			return true
		})
	}
	if out := d.FailApply(); !acctest.Error("Outcome unknown", `create the znode "`+d.tree.Path("/a")+`"`, "Run apply again").MatchString(out) {
		d.t.Fatalf("the outcome is known:\n%s", out)
	}
	select {
	case <-happened:
	default:
		d.t.Fatal("nothing was lost: the test showed nothing")
	}
	d.CheckValues("zookeeper_znode.test", map[string]any{"stat": nil})
	d.proxy.Refuse(false)
}

// converges runs the apply that the error asks for, and finds the node as it is declared.
func (d *doubtful) converges(data string) zk.Stat {
	d.t.Helper()
	d.Apply()
	d.CheckPlansNothing("the next apply")
	if err := d.tree.HasData("/a", data); err != nil {
		d.t.Error(err)
	}
	if all := d.Values(); all["zookeeper_znode.test"] == nil {
		d.t.Errorf("the state has %v", all)
	}
	return stat(d.t, d.tree, "/a")
}

// ends destroys everything, and finds that nothing is left.
func (d *doubtful) ends() {
	d.t.Helper()
	d.MustRun("destroy", "-no-color", "-auto-approve")
	if err := d.tree.CheckGone("/a")(nil); err != nil {
		d.t.Error(err)
	}
}

const secretHCL = "data_wo = \"sesame\"\n  data_wo_version = \"1\"\n  "

// A creation whose outcome is not known leaves a trace: the next apply without faults makes of
// it what is declared, whether the node was made or not.
func TestAccZnode_doubt(t *testing.T) {
	for name, tt := range map[string]struct {
		attributes, data string
		feature          *acctest.Feature
	}{
		"data":        {`data = "ours"`, "ours", nil},
		"data_base64": {`data_base64 = "//4="`, "\xff\xfe", nil},
		"nothing":     {``, "", nil},
		"secret":      {secretHCL, "sesame", &acctest.WriteOnly},
		"ACL":         {"data = \"ours\"\n  acl = [{ scheme = \"ip\", id = \"127.0.0.1\", permissions = 31 }]", "ours", nil},
		"container":   {"data = \"ours\"\n  mode = \"container\"", "ours", nil},
	} {
		for _, tookEffect := range []bool{true, false} {
			t.Run(name+map[bool]string{true: ", made", false: ", not made"}[tookEffect], func(t *testing.T) {
				t.Parallel()
				if tt.feature != nil {
					acctest.Needs(t, *tt.feature)
				}
				d := doubt(t, declared(tt.attributes, ""), tookEffect)
				if now := d.converges(tt.data); now.Version != 0 {
					t.Errorf("it was written to: %+v", now)
				}
				d.CheckValues("zookeeper_znode.test", map[string]any{"force_destroy": false, "create_parents": true})
				d.ends()
			})
		}
	}
}

// What somebody else makes at the path meanwhile is neither taken nor removed, unless it is the
// very same that this resource was to make, which nobody can tell from it.
func TestAccZnode_doubtAndSomebodyElse(t *testing.T) {
	for name, tt := range map[string]struct {
		attributes, theirs string
		acl                zk.ACL
		taken              bool
		feature            *acctest.Feature
	}{
		"other data":               {`data = "ours"`, "another's", acctest.Open(), false, nil},
		"other data of that size":  {`data = "ours"`, "hers", acctest.Open(), false, nil},
		"another ACL":              {`data = "ours"`, "ours", zk.ACL{Scheme: "ip", ID: "127.0.0.1", Perms: zk.PermAll}, false, nil},
		"the same":                 {`data = "ours"`, "ours", acctest.Open(), true, nil},
		"another secret of a size": {secretHCL, "simsim", acctest.Open(), false, &acctest.WriteOnly},
		"the same secret":          {secretHCL, "sesame", acctest.Open(), true, &acctest.WriteOnly},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.feature != nil {
				acctest.Needs(t, *tt.feature)
			}
			d := doubt(t, declared(tt.attributes, ""), false)
			d.tree.PutGuarded("/a", tt.theirs, tt.acl)
			d.tree.Put("/a/below", "theirs")
			before := stat(t, d.tree, "/a")
			if tt.taken {
				if now := d.converges(tt.theirs); now != before {
					t.Errorf("it was %+v, and is %+v", before, now)
				}
				return
			}
			if out := d.FailApply(); !acctest.Error("Znode already exists", "adopt_existing = true").MatchString(out) {
				t.Errorf("it was not refused:\n%s", out)
			}
			if now := stat(t, d.tree, "/a"); now != before {
				t.Errorf("it was %+v, and is %+v", before, now)
			}
			if all := d.Values(); len(all) != 0 {
				t.Errorf("the state has %v", all)
			}
			// The error's advice.
			d.Write("main.tf", through(d.proxy, d.tree, declared(tt.attributes+"\n  adopt_existing = true", "")))
			d.Apply()
			d.CheckPlansNothing("the adoption")
		})
	}
}

// Others can use the node by the time of the next apply: it is taken over then, with what is
// below it. In the plan of its destruction too.
func TestAccZnode_doubtAndChildren(t *testing.T) {
	t.Run("applied", func(t *testing.T) {
		t.Parallel()
		d := doubt(t, declared(`data = "ours"`, ""), true)
		d.tree.Put("/a/theirs", "x")
		before := stat(t, d.tree, "/a")
		if now := d.converges("ours"); now != before {
			t.Errorf("it was %+v, and is %+v", before, now)
		}
		if err := d.tree.HasData("/a/theirs", "x"); err != nil {
			t.Error(err)
		}
	})
	t.Run("changed and applied", func(t *testing.T) {
		t.Parallel()
		d := doubt(t, declared(`data = "ours"`, ""), true)
		d.tree.Put("/a/theirs", "x")
		d.Write("main.tf", through(d.proxy, d.tree, declared("data = \"newer\"\n  force_destroy = true", "")))
		if now := d.converges("newer"); now.Version != 1 || now.NumChildren != 1 {
			t.Errorf("it is %+v", now)
		}
		d.ends()
	})
	t.Run("destroyed", func(t *testing.T) {
		t.Parallel()
		d := doubt(t, declared(`data = "ours"`, ""), true)
		d.tree.Put("/a/theirs", "x")
		if out := d.MustRun("destroy", "-no-color", "-auto-approve").Output; !acctest.Error("Znode was left as it is", "theirs", "delete it when it is no longer used").MatchString(out) {
			t.Errorf("nothing is told:\n%s", out)
		}
		if err := d.tree.HasData("/a", "ours"); err != nil {
			t.Error(err)
		}
	})
}

// A destroy instead of the next apply.
func TestAccZnode_doubtAndDestroy(t *testing.T) {
	t.Run("made", func(t *testing.T) {
		t.Parallel()
		doubt(t, declared(`data = "ours"`, ""), true).ends()
	})
	t.Run("not made", func(t *testing.T) {
		t.Parallel()
		doubt(t, declared(`data = "ours"`, ""), false).ends()
	})
	t.Run("somebody else's", func(t *testing.T) {
		t.Parallel()
		d := doubt(t, declared(`data = "ours"`, ""), false)
		d.tree.Put("/a", "theirs")
		d.MustRun("destroy", "-no-color", "-auto-approve")
		if err := d.tree.HasData("/a", "theirs"); err != nil {
			t.Error(err)
		}
	})
	t.Run("a secret that may be somebody else's", func(t *testing.T) {
		acctest.Needs(t, acctest.WriteOnly)
		t.Parallel()
		d := doubt(t, declared(secretHCL, ""), false)
		d.tree.Put("/a", "theirs")
		if out := d.MustRun("destroy", "-no-color", "-auto-approve").Output; !acctest.Error("Znode was left as it is", "cannot tell here whether the node is somebody else's").MatchString(out) {
			t.Errorf("nothing is told:\n%s", out)
		}
		if err := d.tree.HasData("/a", "theirs"); err != nil {
			t.Error(err)
		}
	})
	t.Run("without a refresh", func(t *testing.T) {
		t.Parallel()
		d := doubt(t, declared(`data = "ours"`, ""), false)
		d.tree.Put("/a", "theirs")
		d.MustRun("destroy", "-no-color", "-auto-approve", "-refresh=false")
		if err := d.tree.HasData("/a", "theirs"); err != nil {
			t.Error(err)
		}
	})
	t.Run("its own, without a refresh", func(t *testing.T) {
		t.Parallel()
		d := doubt(t, declared(`data = "ours"`, ""), true)
		d.MustRun("destroy", "-no-color", "-auto-approve", "-refresh=false")
		if err := d.tree.CheckGone("/a")(nil); err != nil {
			t.Error(err)
		}
	})
	// The CLI does not hand over what the state remembers of what is replaced.
	t.Run("replaced without a refresh", func(t *testing.T) {
		t.Parallel()
		d := doubt(t, declared(`data = "ours"`, ""), true)
		before := stat(t, d.tree, "/a")
		out := d.MustRun("apply", "-no-color", "-auto-approve", "-refresh=false").Output
		if !acctest.Error("Znode was left as it is", "takes the node over when it holds what the resource declares").MatchString(out) {
			t.Errorf("nothing is told:\n%s", out)
		}
		if now := stat(t, d.tree, "/a"); now != before {
			t.Errorf("it was %+v, and is %+v", before, now)
		}
		d.ends()
	})
	t.Run("somebody else's, replaced without a refresh", func(t *testing.T) {
		t.Parallel()
		d := doubt(t, declared(`data = "ours"`, ""), false)
		d.tree.Put("/a", "theirs")
		for range 2 {
			run := d.Run("apply", "-no-color", "-auto-approve", "-refresh=false")
			if run.Code == 0 || !acctest.Error("Znode already exists").MatchString(run.Output) {
				t.Errorf("exit code %d:\n%s", run.Code, run.Output)
			}
			if err := d.tree.HasData("/a", "theirs"); err != nil {
				t.Error(err)
			}
		}
	})
}

// With create_before_destroy the replacement comes first, and finds the node there. The error
// of the first apply says what to do.
func TestAccZnode_doubtAndCreateBeforeDestroy(t *testing.T) {
	t.Parallel()
	const first = "data = \"ours\"\n  lifecycle { create_before_destroy = true }"
	d := doubt(t, declared(first, ""), true)
	before := stat(t, d.tree, "/a")
	if out := d.FailApply(); !acctest.Error("Znode already exists", "adopt_existing = true").MatchString(out) {
		t.Errorf("it does not exist:\n%s", out)
	}
	d.Write("main.tf", through(d.proxy, d.tree, declared(first+"\n  adopt_existing = true", "")))
	if now := d.converges("ours"); now != before {
		t.Errorf("it was %+v, and is %+v", before, now)
	}
	d.ends()
}

// An adoption whose write is in doubt made nothing: the next apply adopts again.
func TestAccZnode_doubtAndAdoption(t *testing.T) {
	t.Parallel()
	tree := acctest.NewTree(t)
	proxy := newProxy(t)
	tree.Put("/a", "theirs")
	tree.Put("/a/below", "x")
	cli := acctest.NewCLI(t, map[string]string{"main.tf": through(proxy, tree, declared("data = \"ours\"\n  adopt_existing = true", ""))})
	loseReply(proxy, zktest.IsSet)
	if out := cli.FailApply(); !acctest.Error("Outcome unknown", "take over the znode").MatchString(out) {
		t.Fatal(out)
	}
	proxy.Refuse(false)
	cli.Apply()
	cli.CheckPlansNothing("the next apply")
	if now := stat(t, tree, "/a"); now.Version != 1 || now.NumChildren != 1 {
		t.Errorf("it is %+v", now)
	}
}

// An update and a deletion whose outcome is not known: the next plan shows what is left to do.
func TestAccZnode_doubtOfUpdates(t *testing.T) {
	t.Parallel()
	tree := acctest.NewTree(t)
	proxy := newProxy(t)
	config := func(data string) string { return through(proxy, tree, declared(`data = "`+data+`"`, "")) }
	cli := acctest.NewCLI(t, map[string]string{"main.tf": config("one")})
	cli.Apply()
	cli.Write("main.tf", config("two"))
	loseReply(proxy, zktest.IsSet)
	if out := cli.FailApply(); !acctest.Error("Outcome unknown", "Run plan again").MatchString(out) {
		t.Error(out)
	}
	proxy.Refuse(false)
	cli.CheckPlansNothing("an update that took effect")
	if err := tree.HasData("/a", "two"); err != nil {
		t.Error(err)
	}
	loseReply(proxy, zktest.IsDelete)
	if run := cli.Run("destroy", "-no-color", "-auto-approve"); run.Code == 0 || !acctest.Error("Outcome unknown").MatchString(run.Output) {
		t.Errorf("exit code %d:\n%s", run.Code, run.Output)
	}
	proxy.Refuse(false)
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	if all := cli.Values(); len(all) != 0 {
		t.Errorf("the state has %v", all)
	}
}

// A node that this run has made, or that another resource of it has given up, is in no other
// state any more. When it cannot be brought to what is declared, the state has it all the same,
// and the next apply goes on, with what is below it. That the write took effect is not needed.
func TestAccZnode_doubtOfTakeovers(t *testing.T) {
	for name, tt := range map[string]struct {
		before, hcl string
		secret      bool
	}{
		"made as a parent": {``, declared("data = \"ours\"\n  depends_on = [zookeeper_znode.child]", "") + "\nresource \"zookeeper_znode\" \"child\" { path = \"${local.base}/a/child\" }\n", false},
		"renamed":          {"resource \"zookeeper_znode\" \"old\" {\n  path = \"${local.base}/a\"\n  data = \"old\"\n}\n", declared(`data = "ours"`, ""), false},
		"renamed secret": {
			"resource \"zookeeper_znode\" \"old\" {\n  path = \"${local.base}/a\"\n  data_wo = \"old\"\n  data_wo_version = \"1\"\n}\n",
			declared("data_wo = \"ours\"\n  data_wo_version = \"1\"", ""), true,
		},
	} {
		for _, tookEffect := range []bool{true, false} {
			t.Run(name+map[bool]string{true: ", written", false: ", not written"}[tookEffect], func(t *testing.T) {
				t.Parallel()
				if tt.secret {
					acctest.Needs(t, acctest.WriteOnly)
				}
				tree := acctest.NewTree(t)
				proxy := newProxy(t)
				d := &doubtful{acctest.NewCLI(t, map[string]string{"main.tf": through(proxy, tree, tt.before)}), t, tree, proxy}
				d.Apply()
				made := zk.Stat{}
				if tt.before != "" {
					tree.Put("/a/theirs", "x") // so that the old resource cannot delete it
					made = stat(t, tree, "/a")
				}
				d.Write("main.tf", through(proxy, tree, tt.hcl))
				fault := proxy.CutAfterRequest
				if !tookEffect {
					fault = proxy.CutBeforeRequest
				}
				fault(func(op int32) bool {
					if zktest.IsSet(op) {
						proxy.Refuse(true)
					}
					return zktest.IsSet(op)
				})
				if out := d.FailApply(); !acctest.Error("Outcome unknown", `take over the znode "`+tree.Path("/a")+`"`).MatchString(out) {
					t.Fatalf("the outcome is known:\n%s", out)
				}
				proxy.Refuse(false)
				now := d.converges("ours")
				if now.NumChildren != 1 || made.Czxid != 0 && now.Czxid != made.Czxid {
					t.Errorf("it was made as %+v, and is %+v", made, now)
				}
			})
		}
	}
}
