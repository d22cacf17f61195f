package provider_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/provider"
	"terraform-provider-zookeeper/internal/provider/front"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// A recorder is a server that keeps what it answered about resources, in words: how often it has
// answered without the framework does not show.
type recorder struct {
	frameworkServer

	schemas *tfprotov6.GetProviderSchemaResponse
	tb      testing.TB
	said    []string
}

// say keeps an answer. What differs between two nodes that are made at different times is left out.
func (r *recorder) say(what, typ string, diags []*tfprotov6.Diagnostic, state *tfprotov6.DynamicValue, identity *tfprotov6.ResourceIdentityData, private []byte, replace []*tftypes.AttributePath) {
	var out strings.Builder
	fmt.Fprintf(&out, "%s %v\n", what, replace)
	told := make([]string, len(diags))
	for i, d := range diags {
		told[i] = fmt.Sprintf("%s: %s (%s)\n%s\n", d.Severity, d.Summary, d.Attribute, zxids.ReplaceAllString(d.Detail, "0xN"))
	}
	slices.Sort(told) // the framework goes through a schema in no order
	fmt.Fprintln(&out, told)
	if state != nil {
		schema := r.schemas.ResourceSchemas[typ].ValueType()
		v, err := state.Unmarshal(schema)
		if err != nil {
			r.tb.Fatal(err)
		}
		again, err := tfprotov6.NewDynamicValue(schema, v)
		same := bytes.Equal(again.MsgPack, state.MsgPack)
		if typ == znodes { // the protocol writes maps in no order
			same = len(again.MsgPack) == len(state.MsgPack)
		}
		if err != nil || !same {
			r.tb.Errorf("%s: it is written as\n%q and not as\n%q: %v", what, state.MsgPack, again.MsgPack, err)
		}
		v, err = tftypes.Transform(v, func(at *tftypes.AttributePath, v tftypes.Value) (tftypes.Value, error) {
			steps := at.Steps()
			if len(steps) > 0 && v.IsKnown() && !v.IsNull() && slices.Contains([]string{"czxid", "mzxid", "pzxid", "ctime", "mtime", "zxid"}, fmt.Sprint(steps[len(steps)-1])) {
				return tftypes.NewValue(tftypes.Number, 1), nil
			}
			return v, nil
		})
		fmt.Fprintf(&out, "%s %v\n", v, err)
	}
	if identity != nil {
		fmt.Fprintf(&out, "%q\n", identity.IdentityData.MsgPack)
	}
	if private != nil {
		var all map[string][]byte
		if err := json.Unmarshal(private, &all); err != nil {
			r.tb.Fatal(err)
		}
		for _, key := range slices.Sorted(maps.Keys(all)) {
			fmt.Fprintf(&out, "%s: %s\n", key, numbers.ReplaceAll(all[key], []byte("N")))
		}
		again, err := json.Marshal(all)
		if err != nil || !bytes.Equal(again, private) {
			r.tb.Errorf("%s: it is written as %s and not as %s: %v", what, private, again, err)
		}
	}
	r.said = append(r.said, out.String())
}

var (
	numbers = regexp.MustCompile(`\b(\d+|[A-Z2-7]{26})\b`)
	zxids   = regexp.MustCompile(`\b0x[0-9a-f]+\b`)
)

func (r *recorder) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	resp, err := r.frameworkServer.ValidateResourceConfig(ctx, req)
	r.say("validate", req.TypeName, resp.Diagnostics, nil, nil, nil, nil)
	return resp, err
}

func (r *recorder) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	resp, err := r.frameworkServer.UpgradeResourceState(ctx, req)
	r.say("upgrade", req.TypeName, resp.Diagnostics, resp.UpgradedState, nil, nil, nil)
	return resp, err
}

func (r *recorder) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	resp, err := r.frameworkServer.ReadResource(ctx, req)
	r.say("read", req.TypeName, resp.Diagnostics, resp.NewState, resp.NewIdentity, resp.Private, nil)
	return resp, err
}

func (r *recorder) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	resp, err := r.frameworkServer.PlanResourceChange(ctx, req)
	r.say("plan", req.TypeName, resp.Diagnostics, resp.PlannedState, resp.PlannedIdentity, resp.PlannedPrivate, resp.RequiresReplace)
	return resp, err
}

func (r *recorder) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	resp, err := r.frameworkServer.ApplyResourceChange(ctx, req)
	r.say("apply", req.TypeName, resp.Diagnostics, resp.NewState, resp.NewIdentity, resp.Private, nil)
	return resp, err
}

// A game is what is done at random with a resource.
type game struct {
	typ    string
	path   string // the attribute that identifies it
	below  string // a node of it, below that
	config func(*rand.Rand) attrs
}

// Two providers do the same at random, one of them through the framework alone, on a tree each.
// Their answers are the same.
func TestDirectIsTheFrameworks(t *testing.T) {
	t.Parallel()
	server := zktest.StartServer(t).Addr()
	for _, g := range []game{{znode, "path", "", randomConfig}, {znodes, "base_path", "/k", randomNodes}} {
		t.Run(g.typ, func(t *testing.T) {
			t.Parallel()
			g.playAll(t, server)
		})
	}
}

func (g game) playAll(t *testing.T, server string) {
	t.Helper()
	tree := acctest.NewTreeOn(t, server)
	seeds := 6
	if testing.Short() {
		seeds = 2
	}
	for seed := range seeds {
		var drivers [2]*driver
		var recorders [2]*recorder
		for i := range drivers {
			d := newDriverOf(t, func(sessions *session.Group) (tfprotov6.ProviderServer, error) {
				p := provider.New("test", sessions)
				if i == 0 {
					return provider.NewServer(p)
				}
				return front.New(p, sessions, front.Direct{})
			})
			recorders[i] = &recorder{frameworkServer: d.server, schemas: d.schemas, tb: t}
			d.server = recorders[i]
			base := fmt.Sprintf("/%d-%d", seed, i)
			tree.Put(base, "")
			config := attrs{"servers": server + tree.Base + base}
			if seed%3 > 0 {
				config["username"], config["password"] = "alice", "secret"
			}
			d.configure(config)
			drivers[i] = d
		}
		g.play(t, tree, seed, drivers[:], recorders[:])
		if t.Failed() {
			return
		}
	}
}

// play has drivers do the same.
func (g game) play(t *testing.T, tree *acctest.Tree, seed int, drivers []*driver, recorders []*recorder) {
	t.Helper()
	const rounds = 60
	rng := rand.New(rand.NewPCG(1, uint64(seed)))
	known := make([][]*instance, len(drivers))
	for round := range rounds {
		config, act, at := g.config(rng), rng.IntN(12), rng.IntN(8)
		for i, d := range drivers {
			d.tb = t
			var of *instance
			if at < len(known[i]) {
				of = known[i][at]
			}
			base := fmt.Sprintf("/%d-%d", seed, i)
			switch {
			case of == nil || of.state.IsNull():
				if act == 0 {
					tree.Client.Create(tree.Context(), tree.Path(base+"/b"), []byte("foreign"), zk.CreateOptions{}) //nolint:errcheck // it may be there
					of = d.imports(g.typ, "/b")
				} else {
					of = d.create(g.typ, config)
				}
				known[i] = append(known[i], of)
			case act == 0:
				d.destroy(of)
			case act == 1:
				d.apply(d.plan(of, nil))
			case act < 4:
				d.refresh(of)
			case act == 4:
				d.edit(of, "on_destroy", "keep")
			case act == 5:
				outside(tree, base+d.text(of, g.path)+g.below, round)
				d.refresh(of)
			case act == 6:
				d.upgradeSame(of)
			default:
				// Mostly the node that it is.
				again := config
				if act > 7 {
					again = attrs{g.path: d.text(of, g.path)}
					for _, name := range []string{"data", "compare", "mode", "exclusive"} {
						if v := d.was(of, name); v != nil {
							again[name] = v
						}
					}
					if act > 9 {
						again["data"] = config["data"]
						again["acl"] = config["acl"]
					}
				}
				d.update(of, again)
			}
		}
		a, b := recorders[0].said, recorders[1].said
		for i := range max(len(a), len(b)) {
			if i >= len(a) || i >= len(b) || a[i] != b[i] {
				t.Fatalf("seed %d, round %d, act %d: %v\ndirect:\n%s\nframework:\n%s", seed, round, act, config, a[min(i, len(a)-1)], b[min(i, len(b)-1)])
			}
		}
		recorders[0].said, recorders[1].said = nil, nil
	}
}

// text is an attribute of a state that is a text; empty for none.
func (d *driver) text(of *instance, name string) string {
	s, _ := d.was(of, name).(string)
	return s
}

// was is what an attribute of a state has; nil for none.
func (d *driver) was(of *instance, name string) any {
	all, _ := plain(of.state).(attrs)
	return all[name]
}

// upgradeSame upgrades a state of the present version.
func (d *driver) upgradeSame(of *instance) {
	d.tb.Helper()
	schema := d.schemas.ResourceSchemas[of.typ]
	stored, ok := plain(of.state).(attrs)
	if !ok {
		return
	}
	stored["legacy"] = "x" // another release had it
	delete(stored, "compare")
	text, err := json.Marshal(stored)
	if err != nil {
		d.tb.Fatal(err)
	}
	resp, err := d.server.UpgradeResourceState(d.ctx, &tfprotov6.UpgradeResourceStateRequest{TypeName: of.typ, Version: schema.Version, RawState: &tfprotov6.RawState{JSON: text}})
	d.hears(resp.Diagnostics, err)
}

// plain is a value as JSON has it.
func plain(v tftypes.Value) any {
	var text string
	var yes bool
	var object map[string]tftypes.Value
	var list []tftypes.Value
	switch {
	case v.IsNull() || !v.IsKnown():
		return nil
	case v.As(&text) == nil:
		return text
	case v.As(&yes) == nil:
		return yes
	case v.As(&list) == nil:
		all := make([]any, len(list))
		for i, v := range list {
			all[i] = plain(v)
		}
		return all
	case v.As(&object) == nil:
		all := make(attrs)
		for name, v := range object {
			all[name] = plain(v)
		}
		return all
	default:
		return 7 // a number
	}
}

// outside has somebody else change a node.
func outside(tree *acctest.Tree, at string, how int) {
	ctx, at := tree.Context(), tree.Path(at)
	var err error
	switch how % 4 {
	case 0:
		_, err = tree.Client.Set(ctx, at, []byte{0xff, byte(how)}, zk.AnyVersion)
	case 1:
		_, err = tree.Client.SetACL(ctx, at, []zk.ACL{{Scheme: "world", ID: "anyone", Perms: zk.PermAll}, {Scheme: "ip", ID: "10.0.0.1", Perms: zk.PermRead}}, zk.AnyVersion)
	case 2:
		_, err = tree.Client.Create(ctx, at+"/child", nil, zk.CreateOptions{})
	default:
		err = tree.Client.DeleteTree(ctx, at, zk.AnyVersion)
	}
	_ = err // the node may be gone: what there is, is the same for both
}

// randomConfig is a configuration, mostly a valid one.
func randomConfig(rng *rand.Rand) attrs {
	pick := func(values ...any) any { return values[rng.IntN(len(values))] }
	seldom := func(values ...any) any {
		if rng.IntN(5) > 0 {
			return nil
		}
		return pick(values...)
	}
	acls := []any{
		acl([3]string{"world", "anyone", "cdrwa"}), acl([3]string{"world", "anyone", "31"}), acl([3]string{"world", "anyone", "cdrwa"}, [3]string{"ip", "10.0.0.1", "r"}),
		acl([3]string{"auth", "", "cdrwa"}), acl([3]string{"auth", "", "cdrwa"}, [3]string{"world", "anyone", "r"}), acl([3]string{"world", "anyone", "r"}),
		acl([3]string{"digest", "bob:x", "r"}), acl([3]string{"wrold", "anyone", "r"}),
		[]any{},
		unknown,
		[]any{attrs{"scheme": "world", "permissions": "r"}},
		[]any{attrs{"scheme": "world", "id": unknown, "permissions": "r"}},
	}
	c := attrs{
		"path": pick("/a", "/b", "/c", "/p/q", "/p", "/b/d", "/e/f"),
		"data": pick(nil, "", "a", "b", `{"a":1}`, `{ "a": 1 }`, "(2 bytes, not UTF-8, in base64: //4=)"),
		"acl":  seldom(acls...), "parent_acl": seldom(acls[:4]...),
		"compare": seldom("bytes", "json", "nothing"), "mode": seldom("persistent", "container", "persistent", "odd"),
		"adopt_existing": seldom(true, false), "create_parents": seldom(true, false), "force_destroy": seldom(true, false), "on_destroy": seldom("keep", "delete"),
	}
	switch rng.IntN(12) {
	case 0:
		c["data_base64"] = pick("YQ==", "//4=", "YQ=\n=", "%%")
		c["data"] = seldom("a")
	case 1:
		c["data"], c["data_wo"], c["data_wo_version"] = nil, pick("secret", "other"), pick("1", "2", nil)
	case 2:
		c["mode"], c["ttl_ms"] = "ttl", pick(1000, nil)
	case 3:
		c["path"] = pick(unknown, "relative", "/zookeeper/x", "/a/")
	case 4:
		c["data"] = unknown
	}
	return c
}

// randomNodes is a configuration of many nodes, mostly a valid one.
func randomNodes(rng *rand.Rand) attrs {
	c := randomConfig(rng)
	for _, name := range []string{"data_base64", "data_wo", "data_wo_version", "path", "mode", "ttl_ms", "parent_acl", "create_parents", "force_destroy"} {
		delete(c, name)
	}
	keys := []string{"k", "k/l", "m", "n/o/p", "q"}
	if rng.IntN(15) == 0 {
		keys = append(keys, "/wrong")
	}
	some := func(values ...any) attrs {
		nodes := make(attrs)
		for _, key := range keys {
			if rng.IntN(3) == 0 {
				nodes[key] = values[rng.IntN(len(values))]
			}
		}
		return nodes
	}
	c["base_path"] = []any{"/a", "/b", "/a/b", "/p/q", "/", "/b", "/zookeeper", unknown}[min(rng.IntN(20), rng.IntN(8))]
	c["data"] = some("", "a", "b", `{"a":1}`, `{ "a": 1 }`)
	switch rng.IntN(12) {
	case 0:
		c["data_base64"] = some("YQ==", "//4=", "%%")
	case 1:
		c["data"], c["data_base64"] = nil, some("YQ==", "//4=")
	case 2:
		c["data"], c["data_wo"], c["data_wo_version"] = nil, some("secret", "other"), []any{"1", "2", nil}[rng.IntN(3)]
	case 3:
		c["data"] = some("a", unknown, nil)
	case 4:
		c["data"] = unknown
	case 5:
		c["exclusive"] = true
	}
	if rng.IntN(4) == 0 {
		c["atomic"] = false
	}
	return c
}

// A tree that is read without the framework is the one that is read with it. Only the order in
// which maps are written differs: the framework has none.
func TestDirectTreeIsTheFrameworks(t *testing.T) {
	t.Parallel()
	server := zktest.StartServer(t).Addr()
	tree := acctest.NewTreeOn(t, server)
	tree.Put("/top", "text")
	tree.Put("/top/binary", "\x00\xff")
	tree.Put("/top/empty", "")
	tree.Put("/top/cafe\u0301", "cafe\u0301")
	for _, config := range []attrs{
		{"path": "/top"},
		{"path": "/top", "include_data": true, "include_stat": true, "max_depth": 5},
		{"path": "/top", "include_data": true, "max_depth": 0},
		{"path": "/top", "max_nodes": 1},
		{"path": "/missing"},
	} {
		var said [2]string
		for i := range said {
			d := newDriverOf(t, func(sessions *session.Group) (tfprotov6.ProviderServer, error) {
				p := provider.New("test", sessions)
				if i == 0 {
					return provider.NewServer(p)
				}
				return front.New(p, sessions, front.Direct{})
			})
			d.configure(attrs{"servers": server + tree.Base})
			schema := d.schemas.DataSourceSchemas[wholeTree]
			resp, err := d.server.ReadDataSource(t.Context(), &tfprotov6.ReadDataSourceRequest{TypeName: wholeTree, Config: d.config(schema, config)})
			if err != nil {
				t.Fatal(err)
			}
			for _, diag := range resp.Diagnostics {
				said[i] += fmt.Sprintln(diag.Severity, diag.Summary, diag.Detail, diag.Attribute)
			}
			said[i] += d.value(resp.State, schema).String()
		}
		if said[0] != said[1] {
			t.Errorf("%v: direct:\n%s\nframework:\n%s", config, said[0], said[1])
		}
	}
}
