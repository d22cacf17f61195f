package provider_test

import (
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
)

const nodesKept = "Znodes are kept for another resource"

// Nodes outlive their predecessor, with their secrets, and what that made for them goes with the
// successor, which knows of it unless the CLI has not given it a chance.
func TestAccHandover_znodes(t *testing.T) {
	for _, more := range []attrs{nil, {"adopt_existing": true}, {"atomic": false}, {"atomic": false, "adopt_existing": true}, {"exclusive": true}, {"exclusive": true, "adopt_existing": true}} {
		for _, o := range orders {
			_, adopts := more["adopt_existing"]
			if !o.knows && !adopts {
				continue // the nodes are there, and that is an error
			}
			t.Run(fmt.Sprintf("%s, %v", o.name, more), func(t *testing.T) {
				config := attrs{"base_path": "/theirs/app", "data": attrs{"a": "A", "d/x": "X"}, "data_base64": attrs{"b": "Qg=="}, "data_wo": attrs{"s": "sesame"}, "data_wo_version": "1"}
				maps.Copy(config, more)
				_, exclusive := more["exclusive"]
				h := handOver(t, func(tree *acctest.Tree) { tree.Put("/theirs", "") }, znodes, config)
				i := o.do(h, znodes, config)
				for rel, want := range map[string]string{"/theirs/app/a": "A", "/theirs/app/d/x": "X", "/theirs/app/b": "B", "/theirs/app/s": "sesame"} {
					if err := h.HasData(rel, want); err != nil {
						t.Error(err)
					}
				}
				h.quiet(looksRenamed, nodesKept, "Existing znodes will be taken over")
				// One that may take over whatever is there does not wait for anybody to give it up.
				kept := h.told(nodesKept)
				knows := o.knows && (!adopts || kept == "")
				if (kept != "") == knows || !knows && !strings.Contains(kept, `"/theirs/app"`) {
					t.Errorf("it was told: %q", kept)
				}
				h.settled(i, config)
				next := h.provider()
				next.refresh(i)
				next.destroy(i)
				h.gone(true, "/theirs/app/a", "/theirs/app/d/x", "/theirs/app/b", "/theirs/app/s")
				h.gone(knows, "/theirs/app")
				h.gone(knows || exclusive, "/theirs/app/d")
				h.gone(false, "/theirs")
			})
		}
	}
}

// Nodes outlive their predecessor with the content that the successor has written to them,
// whatever they held before.
func TestAccHandover_znodesWithNewContent(t *testing.T) {
	for _, o := range orders {
		for _, changed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, changed before %t", o.name, changed), func(t *testing.T) {
				h := handOver(t, func(tree *acctest.Tree) { tree.Put("/c", "") }, znodes,
					attrs{"base_path": "/c", "data": attrs{"k": "1"}, "data_wo": attrs{"s": "sesame"}, "data_wo_version": "1"})
				if changed {
					h.Write("/c/k", "theirs")
					h.run.refresh(h.old)
				}
				config := attrs{"base_path": "/c", "data": attrs{"k": "2"}, "data_wo": attrs{"s": "open"}, "data_wo_version": "2", "adopt_existing": true}
				i := o.do(h, znodes, config)
				for rel, want := range map[string]string{"/c/k": "2", "/c/s": "open"} {
					if err := h.HasData(rel, want); err != nil {
						t.Error(err)
					}
				}
				h.quiet(looksRenamed, "Existing znodes will be taken over")
				h.settled(i, config)
				next := h.provider()
				next.refresh(i)
				next.destroy(i)
				h.gone(true, "/c/k", "/c/s")
				h.gone(false, "/c")
			})
		}
	}
}

// The same for some of the nodes, which the old resource gives up and does without, and for a
// node that it has made in between and the new one fills.
func TestAccHandover_someZnodesWithNewContent(t *testing.T) {
	h := handOver(t, func(tree *acctest.Tree) { tree.Put("/c", "") }, znodes, attrs{"base_path": "/c", "data": attrs{"d/k": "1", "l": "L"}})
	config := attrs{"base_path": "/c", "data": attrs{"d": "D", "d/k": "2"}, "adopt_existing": true}
	i := h.run.create(znodes, config)
	h.run.update(h.old, attrs{"base_path": "/c", "data": attrs{"l": "L"}})
	for rel, want := range map[string]string{"/c/d": "D", "/c/d/k": "2", "/c/l": "L"} {
		if err := h.HasData(rel, want); err != nil {
			t.Error(err)
		}
	}
	h.quiet("Existing znodes will be taken over")
	h.settled(i, config)
	h.settled(h.old, attrs{"base_path": "/c", "data": attrs{"l": "L"}})
	h.provider().destroy(i)
	h.gone(true, "/c/d", "/c/d/k")
	h.gone(false, "/c/l")
}

// What was to be kept is taken over too.
func TestAccHandover_keptZnodes(t *testing.T) {
	for _, o := range orders[:2] {
		t.Run(o.name, func(t *testing.T) {
			config := attrs{"base_path": "/app", "data": attrs{"a": "A", "d/x": "X"}, "data_wo": attrs{"s": "sesame"}, "data_wo_version": "1", "on_destroy": "keep"}
			h := handOver(t, func(*acctest.Tree) {}, znodes, config)
			i := o.do(h, znodes, config)
			h.quiet(looksRenamed)
			h.settled(i, config)
			config["on_destroy"] = "delete"
			next := h.provider()
			next.refresh(i)
			next.update(i, config)
			next.destroy(i)
			h.gone(true, "/app")
		})
	}
}

// Keys get resources of their own, and the other way round.
func TestAccHandover_znodesToZnode(t *testing.T) {
	for _, adopt := range []bool{false, true} {
		for _, o := range orders {
			if !o.knows && !adopt {
				continue
			}
			t.Run(fmt.Sprintf("%s, adopt %t", o.name, adopt), func(t *testing.T) {
				h := handOver(t, func(*acctest.Tree) {}, znodes, attrs{"base_path": "/app", "data": attrs{"a": "A"}})
				config := attrs{"path": "/app/a", "data": "A", "adopt_existing": adopt}
				i := o.do(h, znode, config)
				if err := h.HasData("/app/a", "A"); err != nil {
					t.Error(err)
				}
				h.quiet("Existing znode will be taken over")
				h.settled(i, config)
				h.provider().destroy(i)
				h.gone(true, "/app/a")
			})
			t.Run(fmt.Sprintf("back, %s, adopt %t", o.name, adopt), func(t *testing.T) {
				h := handOver(t, func(tree *acctest.Tree) { tree.Put("/app", "") }, znode, attrs{"path": "/app/a", "data": "A"})
				config := attrs{"base_path": "/app", "data": attrs{"a": "A"}, "adopt_existing": adopt}
				i := o.do(h, znodes, config)
				if err := h.HasData("/app/a", "A"); err != nil {
					t.Error(err)
				}
				h.quiet("Existing znodes will be taken over")
				h.settled(i, config)
				next := h.provider()
				next.refresh(i)
				next.destroy(i)
				h.gone(true, "/app/a")
				h.gone(false, "/app")
			})
		}
	}
}

// Two resources that are created at the same time and have the same node are told of each other,
// also where one of them may take over existing nodes.
func TestAccHandover_nodeOfTwo(t *testing.T) {
	for _, adopt := range []bool{false, true} {
		t.Run(fmt.Sprintf("adopt %t", adopt), func(t *testing.T) {
			h := handOver(t, func(*acctest.Tree) {}, znodes, attrs{"base_path": "/d"})
			const multi, create2 = 14, 15
			first := h.run.plan(h.run.none(znodes), attrs{"base_path": "/d", "data": attrs{"a": "1"}})
			i := h.run.none(znode)
			second := h.run.plan(i, attrs{"path": "/d/a", "data": "2", "adopt_existing": adopt})
			made, release := h.proxy.HoldReplies(func(op int32) bool { return op == multi })
			var both sync.WaitGroup
			both.Go(func() { h.run.apply(first) })
			<-made
			asked := make(chan struct{})
			seen := false
			h.proxy.CutBeforeRequest(func(op int32) bool {
				if !seen && op == create2 {
					seen = true
					close(asked)
				}
				return false
			})
			other := *h.run // what is told is kept for each
			other.told = nil
			both.Go(func() { other.apply(second) })
			<-asked
			release()
			both.Wait()
			if len(other.told) != 1 || !strings.Contains(other.told[0].Detail, `"/d/a" is created by another resource in this same run`) {
				t.Errorf("it was told: %+v", other.told)
			}
			h.quiet()
			if !i.state.IsNull() {
				t.Error("both have the node")
			}
			if err := h.HasData("/d/a", "1"); err != nil {
				t.Error(err)
			}
		})
	}
}
