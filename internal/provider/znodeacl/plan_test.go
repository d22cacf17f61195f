package znodeacl

import (
	"fmt"
	"slices"
	"testing"

	fwattr "github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

func TestComplete(t *testing.T) {
	t.Parallel()
	unknownACL := types.SetUnknown(attr.ACLEntryType)
	differing := types.MapValueMust(types.StringType, map[string]fwattr.Value{"/a/b": types.StringValue("world:anyone:r")})
	base := func() resourceModel {
		return resourceModel{
			Path: types.StringValue("/a"), ACL: attr.ACLValue(open), Recursive: types.BoolValue(true), Exclude: types.SetNull(types.StringType), OnDestroy: types.StringValue(onDestroyRestore),
			Differing: differingValue("/a", nil), Record: types.StringValue("r"), Stat: attr.StatValue(zk.Stat{Czxid: 1}),
		}
	}
	tests := map[string]struct {
		state, config func(*resourceModel)
		creates       bool
		adopts        bool
		leaves        bool
		writes        bool
		acl           types.Set
	}{
		"nothing":                  {writes: false, acl: attr.ACLValue(open)},
		"of the node, for others":  {adopts: true, writes: true, acl: attr.ACLValue(open)},
		"create":                   {creates: true, writes: true, acl: attr.ACLValue(open)},
		"another ACL":              {config: func(m *resourceModel) { m.ACL = attr.ACLValue(reader) }, writes: true, acl: attr.ACLValue(reader)},
		"ACL not known":            {config: func(m *resourceModel) { m.ACL = unknownACL }, writes: true, acl: unknownACL},
		"another notation":         {state: func(m *resourceModel) { m.ACL = attr.ACLValue(ofHers) }, config: func(m *resourceModel) { m.ACL = attr.ACLValue(byAuth) }, acl: attr.ACLValue(ofHers)},
		"recursive":                {config: func(m *resourceModel) { m.Recursive = types.BoolValue(false) }, writes: true, acl: attr.ACLValue(open)},
		"exclude":                  {config: func(m *resourceModel) { m.Exclude = excludeValue([]string{"/a/b"}, m.Exclude) }, writes: true, acl: attr.ACLValue(open)},
		"another path":             {config: func(m *resourceModel) { m.Path = types.StringValue("/b") }, writes: true, acl: attr.ACLValue(open)},
		"on_destroy alone":         {config: func(m *resourceModel) { m.OnDestroy = types.StringValue(onDestroyKeep) }, acl: attr.ACLValue(open)},
		"others below":             {state: func(m *resourceModel) { m.Differing = differing }, writes: true, acl: attr.ACLValue(open)},
		"others below, by then":    {state: func(m *resourceModel) { m.Differing = differing }, leaves: true, acl: attr.ACLValue(open)},
		"a digest without a hash":  {state: func(m *resourceModel) { m.ACL = attr.ACLValue(masked) }, config: func(m *resourceModel) { m.ACL = attr.ACLValue(ofHers) }, writes: true, acl: attr.ACLValue(ofHers)},
		"recursive is not known":   {config: func(m *resourceModel) { m.Recursive = types.BoolUnknown() }, writes: true, acl: attr.ACLValue(open)},
		"on_destroy is not known":  {config: func(m *resourceModel) { m.OnDestroy = types.StringUnknown() }, acl: attr.ACLValue(open)},
		"another path, not known":  {config: func(m *resourceModel) { m.Path = types.StringUnknown() }, writes: true, acl: attr.ACLValue(open)},
		"create, ACL is not known": {creates: true, config: func(m *resourceModel) { m.ACL = unknownACL }, writes: true, acl: unknownACL},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			was, config := base(), base()
			if tt.state != nil {
				tt.state(&was)
			}
			if tt.config != nil {
				tt.config(&config)
			}
			plan := config // the framework marks what is computed as unknown
			plan.Differing, plan.Record, plan.Stat = types.MapUnknown(types.StringType), types.StringUnknown(), types.ObjectUnknown(attr.StatType.AttrTypes)
			state := &was
			if tt.creates {
				state = nil
			}
			got, writes := complete(plan, config, state, []attr.Identity{alice}, tt.adopts, tt.leaves)
			if writes != tt.writes || got.Stat.IsUnknown() != tt.writes || got.Record.IsUnknown() != tt.writes || got.Differing.IsUnknown() || len(got.Differing.Elements()) > 0 != tt.leaves {
				t.Errorf("writes %t: %+v", writes, got)
			}
			if !got.ACL.Equal(tt.acl) || !got.Path.Equal(config.Path) || !got.Recursive.Equal(config.Recursive) || !got.OnDestroy.Equal(config.OnDestroy) {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestExclude(t *testing.T) {
	t.Parallel()
	tree := func(path string, recursive bool, exclude ...string) *resourceModel {
		return &resourceModel{
			Path: types.StringValue(path), Recursive: types.BoolValue(recursive),
			Exclude: excludeValue(exclude, types.SetNull(types.StringType)),
		}
	}
	for _, tt := range []struct {
		of   *resourceModel
		node string
		has  bool
	}{
		{tree("/a", true), "/a/b", true},
		{tree("/a", false), "/a/b", false},
		{tree("/a", true, "/a/b"), "/a", true},
		{tree("/a", true, "/a/b"), "/a/b", false},
		{tree("/a", true, "/a/b"), "/a/b/c", false},
		{tree("/a", true, "/a/b"), "/a/bc", true},
		{tree("/", true, "/a"), "/b", true},
	} {
		if got := tt.of.has(tt.node); got != tt.has {
			t.Errorf("%v without %v has %s: %t", tt.of.Path, tt.of.excluded(), tt.node, got)
		}
	}
	for _, tt := range []struct {
		plan, state *resourceModel
		covers      bool
		neither     []string
	}{
		{tree("/a", true, "/a/b"), tree("/a", true), true, nil},
		{tree("/a", true), tree("/a", true, "/a/b"), false, nil},
		{tree("/a", true, "/a/b"), tree("/a", true, "/a/b/c"), true, []string{"/a/b/c"}},
		{tree("/a", true, "/a/b/c"), tree("/a", true, "/a/b"), false, []string{"/a/b/c"}},
		{tree("/a", true, "/a/b"), tree("/a", true, "/a/c", "/a/b"), false, []string{"/a/b"}},
		{tree("/a", false), tree("/a", true, "/a/c"), true, []string{"/a/c"}},
		{tree("/a", true, "/a/c"), tree("/a", false), false, []string{"/a/c"}},
	} {
		if got := tt.plan.covers(tt.state); got != tt.covers {
			t.Errorf("%v after %v covers: %t", tt.plan.excluded(), tt.state.excluded(), got)
		}
		if got := neither(tt.plan, tt.state); !slices.Equal(got, tt.neither) {
			t.Errorf("%v after %v: neither has %v, want %v", tt.plan.excluded(), tt.state.excluded(), got, tt.neither)
		}
	}
}

func TestDifferingValue(t *testing.T) {
	t.Parallel()
	nodes := []zk.ACLReading{reading("/a", 1, 0, reader), reading("/a/b", 2, 0, append(append([]zk.ACL{}, open...), ofHers...))}
	got := differingValue("/a", nodes)
	want := types.MapValueMust(types.StringType, map[string]fwattr.Value{"/a/b": types.StringValue("digest:" + alice.ID + ":cdrwa,world:anyone:cdrwa")})
	if !got.Equal(want) {
		t.Errorf("%v, want %v", got, want)
	}
	for i := range 2 * maxDiffering {
		nodes = append(nodes, reading(fmt.Sprintf("/a/%d", i), 3, 0, open))
	}
	if n := len(differingValue("/a", nodes).Elements()); n != maxDiffering {
		t.Errorf("%d nodes are named", n)
	}
}
