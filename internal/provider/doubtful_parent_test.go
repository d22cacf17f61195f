package provider_test

import (
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// A creation fails, and whether it has made its node is not known. Another resource of the same run
// needs that node as the parent of its own: whichever of the two comes first, the next run brings
// both about, and imports nothing.
func TestDoubtfulParent(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		typ     string
		config  attrs
		content string
	}{
		"znode":             {znode, attrs{"path": "/app/a", "data": "ours"}, "ours"},
		"znode, a secret":   {znode, attrs{"path": "/app/a", "data_wo": secret, "data_wo_version": "1"}, secret},
		"znode, no content": {znode, attrs{"path": "/app/a"}, ""},
		"znodes":            {znodes, attrs{"base_path": "/app", "data": attrs{"a": "ours", "b": "x"}}, "ours"},
		"znodes, a secret":  {znodes, attrs{"base_path": "/app", "data": attrs{"b": "x"}, "data_wo": attrs{"a": secret}, "data_wo_version": "1"}, secret},
	} {
		for _, child := range []struct {
			typ    string
			config attrs
		}{
			{znode, attrs{"path": "/app/a/below", "data": "below"}},
			{znodes, attrs{"base_path": "/app/a", "data": attrs{"below": "below"}}},
		} {
			for _, first := range []bool{true, false} {
				if first && tt.typ == znodes {
					continue // the nodes are told from others' by their one transaction, which never was
				}
				t.Run(name+map[bool]string{true: ", child first, ", false: ", child second, "}[first]+child.typ, func(t *testing.T) {
					t.Parallel()
					h := &handing{Tree: acctest.NewTree(t), t: t}
					h.Put("/app", "")
					h.proxy = zktest.StartProxy(t, acctest.Server(t).Addr())
					h.run = h.patient(2)
					var below *instance
					if first {
						below = h.run.create(child.typ, child.config)
					}
					lost := h.proxy.CutBeforeRequest(func(op int32) bool {
						if !zktest.IsCreate(op) && !zktest.IsMulti(op) {
							return false
						}
						if first {
							h.proxy.Refuse(true) // so that nobody can look at the node
						} else {
							// Now the node may have come, and gone.
							h.Put("/app/sibling", "")
							h.Remove("/app/sibling")
						}
						return true
					})
					h.run.told = nil
					one := h.run.create(tt.typ, tt.config)
					<-lost
					if h.told("Outcome unknown") == "" {
						t.Fatalf("the outcome is known: %v", h.run.told)
					}
					h.proxy.Refuse(false)
					if !first {
						h.run.told = nil
						below = h.run.create(child.typ, child.config)
						if h.told("Parent is in doubt") == "" {
							h.quiet()
							t.FailNow()
						}
					}

					h.run = h.provider()
					h.run.refresh(one)
					if !below.state.IsNull() {
						h.run.refresh(below)
					}
					// The CLI replaces what is tainted.
					if !one.state.IsNull() {
						h.run.apply(h.run.plan(one, nil))
					}
					one = h.run.create(tt.typ, tt.config)
					if below.state.IsNull() {
						below = h.run.create(child.typ, child.config)
					}
					if slices.ContainsFunc(h.run.told, func(d *tfprotov6.Diagnostic) bool { return d.Severity == tfprotov6.DiagnosticSeverityError }) {
						h.quiet()
					}
					for rel, want := range map[string]string{"/app/a": tt.content, "/app/a/below": "below"} {
						if err := h.HasData(rel, want); err != nil {
							t.Error(err)
						}
					}
					h.settled(one, tt.config)
					h.settled(below, child.config)
				})
			}
		}
	}
}
