package znodes_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// A scene is a folder with a resource, whose provider reaches the server through a proxy.
type scene struct {
	t     *testing.T
	tree  *acctest.Tree
	proxy *zktest.Proxy
	cli   *acctest.CLI
}

func newScene(t *testing.T, settings string) *scene {
	t.Helper()
	server := acctest.Server(t)
	s := &scene{t: t, tree: acctest.NewTreeOn(t, server.Addr()), proxy: zktest.StartProxy(t, server.Addr())}
	s.cli = acctest.NewCLI(t, map[string]string{
		"provider.tf": fmt.Sprintf("provider \"zookeeper\" {\n  servers = %q\n  session_timeout = 4\n  connect_timeout = 4\n  %s\n}\n\nlocals { base = %q }\n", s.proxy.Addr(), settings, s.tree.Base),
	})
	return s
}

// apply applies a configuration.
func (s *scene) apply(hcl string, args ...string) *acctest.Run {
	s.t.Helper()
	s.cli.Write("main.tf", hcl)
	return s.cli.Run(append([]string{"apply", "-no-color", "-auto-approve"}, args...)...)
}

// lost applies a configuration while the nth transaction is lost, after the server has done it
// or before, and nobody is let in again.
func (s *scene) lost(n int, done bool, hcl string) *acctest.Run {
	s.t.Helper()
	nth := atNth(n, zktest.IsMulti)
	cut := func(op int32) bool {
		met := nth(op)
		if met {
			s.proxy.Refuse(true)
		}
		return met
	}
	if done {
		s.proxy.CutAfterRequest(cut)
	} else {
		s.proxy.CutBeforeRequest(cut)
	}
	run := s.apply(hcl)
	s.proxy.Refuse(false)
	if run.Code == 0 || !strings.Contains(run.Output, "Outcome unknown") {
		s.t.Fatalf("exit code %d\n%s", run.Code, run.Output)
	}
	return run
}

// converges applies the configuration again, which has to do what is left to do by itself. It
// checks what is counted, the tree, and that there is nothing left to do.
func (s *scene) converges(hcl, counts string, want map[string]string) {
	s.t.Helper()
	run := s.apply(hcl)
	if run.Code != 0 || !strings.Contains(run.Output, "Apply complete! Resources: "+counts) {
		s.t.Fatalf("exit code %d, want %s\n%s", run.Code, counts, run.Output)
	}
	s.holds(want)
	if run := s.cli.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 0 {
		s.t.Fatalf("the plan is not empty: exit code %d\n%s", run.Code, run.Output)
	}
	s.holds(want)
}

func (s *scene) holds(want map[string]string) {
	s.t.Helper()
	if err := holds(s.tree, want)(nil); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) destroys(left map[string]string) {
	s.t.Helper()
	s.cli.MustRun("destroy", "-no-color", "-auto-approve")
	if left != nil {
		s.holds(left)
	} else if err := s.tree.CheckGone("/app")(nil); err != nil {
		s.t.Fatal(err)
	}
}

// all is a resource with nodes in each of the three attributes.
func all(a, b, s, version string) string {
	return fmt.Sprintf("resource \"zookeeper_znodes\" \"test\" {\n  base_path = \"${local.base}/app\"\n  data = { a = %q, \"deep/a\" = %q }\n  data_base64 = { b = base64encode(%q) }\n  data_wo = { s = %q, \"deep/er/s\" = %q }\n  data_wo_version = %q\n}\n", a, a, b, s, s, version)
}

func allOf(a, b, s string) map[string]string {
	return map[string]string{"": "", "/a": a, "/deep": "", "/deep/a": a, "/b": b, "/s": s, "/deep/er": "", "/deep/er/s": s}
}

// A creation whose outcome is unknown is looked for by the next apply. What it has made is
// removed, secrets and what is in between included, and made again.
func TestAccZnodes_creationInDoubt(t *testing.T) {
	acctest.Needs(t, acctest.WriteOnly)
	hcl := all("A", "B", "sesame", "1")
	t.Run("done", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, "")
		run := s.lost(1, true, hcl)
		if !acctest.Error("Outcome unknown", `create the znodes below "`+s.tree.Path("/app")+`"`, "It was not repeated", "tainted", "Run apply again").MatchString(run.Output) {
			t.Errorf("the error is\n%s", run.Output)
		}
		s.holds(allOf("A", "B", "sesame"))
		s.converges(hcl, "1 added, 0 changed, 1 destroyed", allOf("A", "B", "sesame"))
		s.destroys(nil)
	})
	t.Run("not done", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, "")
		s.lost(1, false, hcl)
		if err := s.tree.CheckGone("/app")(nil); err != nil {
			t.Fatal(err)
		}
		s.converges(hcl, "1 added, 0 changed, 0 destroyed", allOf("A", "B", "sesame"))
		s.destroys(nil)
	})
	t.Run("done, and kept on destroy", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, "")
		kept := strings.Replace(hcl, "base_path", "on_destroy = \"keep\"\n  base_path", 1)
		s.lost(1, true, kept)
		s.converges(kept, "1 added, 0 changed, 1 destroyed", allOf("A", "B", "sesame"))
		s.destroys(allOf("A", "B", "sesame"))
	})
	t.Run("secrets alone", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, "")
		hcl := "resource \"zookeeper_znodes\" \"test\" {\n  base_path = \"${local.base}/app\"\n  data_wo = { s = \"sesame\", \"deep/s\" = \"sesame\" }\n  data_wo_version = \"1\"\n}\n"
		s.lost(1, true, hcl)
		want := map[string]string{"": "", "/s": "sesame", "/deep": "", "/deep/s": "sesame"}
		s.converges(hcl, "1 added, 0 changed, 1 destroyed", want)
		s.destroys(nil)
	})
	t.Run("changed since", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, "")
		s.lost(1, true, hcl)
		s.tree.Write("/app/a", "theirs")
		s.tree.Put("/app/theirs", "theirs")
		want := allOf("A", "B", "sesame")
		want["/theirs"] = "theirs"
		s.converges(hcl, "1 added, 0 changed, 1 destroyed", want)
		s.destroys(map[string]string{"": "", "/theirs": "theirs"})
	})
	t.Run("not refreshed", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, "")
		s.lost(1, true, hcl)
		s.tree.Put("/app/theirs", "theirs")
		s.tree.Write("/app/theirs", "theirs")
		want := allOf("A", "B", "sesame")
		want["/theirs"] = "theirs"
		run := s.apply(hcl, "-refresh=false")
		if run.Code != 0 || !acctest.Error("Znodes were left as they are", `/app"`, `/app/a"`).MatchString(run.Output) {
			t.Fatalf("exit code %d\n%s", run.Code, run.Output)
		}
		s.holds(want)
		s.destroys(map[string]string{"": "", "/theirs": "theirs"})
	})
	t.Run("destroyed at once", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, "")
		s.lost(1, true, hcl)
		s.destroys(nil)
	})
	t.Run("destroyed at once, not refreshed", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, "")
		s.lost(1, true, hcl)
		s.cli.MustRun("destroy", "-no-color", "-auto-approve", "-refresh=false")
		if err := s.tree.CheckGone("/app")(nil); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("somebody else's, destroyed at once, not refreshed", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, "")
		one := znodes(map[string]string{"a": "A"}, "")
		s.lost(1, false, one)
		theirs := map[string]string{"": "", "/a": "A"} // as the resource would have made them
		s.tree.Put("/app", "")
		s.tree.Put("/app/a", "A")
		s.cli.MustRun("destroy", "-no-color", "-auto-approve", "-refresh=false")
		s.holds(theirs)
	})
}

// Where the nodes are somebody else's, they stay.
func TestAccZnodes_creationInDoubtOfOthers(t *testing.T) {
	s := newScene(t, "")
	hcl := znodes(map[string]string{"a": "A", "b": "B"}, "")
	s.lost(1, false, hcl)
	// Somebody else makes the same nodes, one by one.
	for _, rel := range []string{"/app", "/app/a", "/app/b"} {
		s.tree.Put(rel, strings.ToUpper(strings.TrimPrefix(strings.TrimPrefix(rel, "/app"), "/")))
	}
	run := s.apply(hcl)
	if run.Code == 0 || !acctest.Error("Znodes already exist", `/app/a" exists`, `/app/b" exists`).MatchString(run.Output) {
		t.Errorf("exit code %d\n%s", run.Code, run.Output)
	}
	s.holds(map[string]string{"": "", "/a": "A", "/b": "B"})
	if err := s.tree.CheckVersions("/app/a", 0, 0)(nil); err != nil {
		t.Error(err)
	}
}

// A creation in many transactions that ended half-way leaves a tainted resource. The next apply
// removes what it has made, what is in between and secrets as well, and nothing of others.
func TestAccZnodes_halfCreated(t *testing.T) {
	acctest.Needs(t, acctest.WriteOnly)
	for _, done := range []bool{true, false} {
		t.Run(fmt.Sprintf("done=%t", done), func(t *testing.T) {
			t.Parallel()
			s := newScene(t, "max_buffer_bytes = 600")
			hcl := func(secret string) string {
				return fmt.Sprintf("resource \"zookeeper_znodes\" \"test\" {\n  base_path = \"${local.base}/app\"\n  atomic = false\n  data = { for i in range(10) : format(\"d%%d/n\", i) => \"x\" }\n  data_wo = { for i in range(10) : format(\"d%%d/s\", i) => %q }\n  data_wo_version = \"1\"\n}\n", secret)
			}
			want := map[string]string{"": ""}
			for i := range 10 {
				dir := fmt.Sprintf("/d%d", i)
				want[dir], want[dir+"/n"], want[dir+"/s"] = "", "x", "sesame"
			}
			run := s.lost(3, done, hcl("sesame"))
			if !acctest.Error("Resource is incomplete", `Some of the nodes below "`+s.tree.Path("/app")+`" were created`, "the next apply deletes them and creates all of them again").MatchString(run.Output) || strings.Contains(run.Output, "untaint") {
				t.Errorf("the messages are\n%s", run.Output)
			}
			got, err := holding(s.tree, "/app")
			if err != nil || len(got) < 4 || len(got) == len(want) {
				t.Fatalf("the tree has %q, %v", got, err)
			}
			if state := stored(t, s.cli); len(state) == 0 {
				t.Error("nothing is in the state")
			}
			s.tree.Put("/app/theirs", "theirs")
			want["/theirs"] = "theirs"
			s.converges(hcl("sesame"), "1 added, 0 changed, 1 destroyed", want)
			s.destroys(map[string]string{"": "", "/theirs": "theirs"})
		})
	}
}

// An update whose outcome is unknown goes on by itself too: nodes that it has made are its own.
func TestAccZnodes_updateInDoubt(t *testing.T) {
	acctest.Needs(t, acctest.WriteOnly)
	first := znodes(map[string]string{"a": "A", "gone": "G"}, "")
	second := all("A2", "B", "sesame", "1")
	for _, done := range []bool{true, false} {
		t.Run(fmt.Sprintf("done=%t", done), func(t *testing.T) {
			t.Parallel()
			s := newScene(t, "")
			if run := s.apply(first); run.Code != 0 {
				t.Fatalf("exit code %d\n%s", run.Code, run.Output)
			}
			run := s.lost(1, done, second)
			if !acctest.Error("Outcome unknown", `update the znodes below "`+s.tree.Path("/app")+`"`, "Run apply again").MatchString(run.Output) {
				t.Errorf("the error is\n%s", run.Output)
			}
			got, err := holding(s.tree, "/app")
			if err != nil || maps.Equal(got, allOf("A2", "B", "sesame")) != done {
				t.Fatalf("the tree has %q, %v", got, err)
			}
			made, _, err := s.tree.Client.Exists(t.Context(), s.tree.Path("/app/b"))
			if err != nil {
				t.Fatal(err)
			}
			s.converges(second, "0 added, 1 changed, 0 destroyed", allOf("A2", "B", "sesame"))
			if after, _, err := s.tree.Client.Exists(t.Context(), s.tree.Path("/app/b")); err != nil || done && after.Mzxid != made.Mzxid {
				t.Errorf("the node was made anew, or written: %+v and %+v, %v", made, after, err)
			}
			s.destroys(nil)
		})
	}
}

// A tainted resource is replaced with its secrets, whose keys are in the state.
func TestAccZnodes_tainted(t *testing.T) {
	acctest.Needs(t, acctest.WriteOnly)
	s := newScene(t, "")
	hcl := all("A", "B", "sesame", "1")
	if run := s.apply(hcl); run.Code != 0 {
		t.Fatalf("exit code %d\n%s", run.Code, run.Output)
	}
	s.tree.Put("/app/theirs", "theirs")
	want := allOf("A", "B", "sesame")
	want["/theirs"] = "theirs"
	s.cli.MustRun("taint", address)
	s.converges(hcl, "1 added, 0 changed, 1 destroyed", want)
	// Without a refresh too.
	s.cli.MustRun("taint", address)
	if run := s.apply(hcl, "-refresh=false"); run.Code != 0 {
		t.Fatalf("exit code %d\n%s", run.Code, run.Output)
	}
	s.holds(want)
	// What somebody else writes after the plan stays.
	s.cli.MustRun("taint", address)
	s.cli.MustRun("plan", "-no-color", "-out=plan")
	s.tree.Write("/app/s", "theirs")
	if run := s.cli.Run("apply", "-no-color", "plan"); run.Code == 0 || !acctest.Error("Znodes were changed by somebody else", `/app/s" was changed`, "Nothing was written").MatchString(run.Output) {
		t.Errorf("exit code %d\n%s", run.Code, run.Output)
	}
	want["/s"] = "theirs"
	s.holds(want)
	want["/s"] = "sesame"
	s.converges(hcl, "1 added, 0 changed, 1 destroyed", want)
	s.destroys(map[string]string{"": "", "/theirs": "theirs"})
}
