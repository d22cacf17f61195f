package znodeacl

import (
	"fmt"
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
			Path: types.StringValue("/a"), ACL: attr.ACLValue(open), Recursive: types.BoolValue(true), OnDestroy: types.StringValue(onDestroyRestore),
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
