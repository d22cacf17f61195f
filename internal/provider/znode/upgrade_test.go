package znode

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

// tfzkInstances returns the attributes of the resources in the state that tfzk/zookeeper
// 1.4 wrote, by name.
func tfzkInstances(t *testing.T) map[string]json.RawMessage {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "acctest", "testdata", "tfzk", "terraform.tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	var state struct {
		Resources []struct {
			Type, Name string
			Instances  []struct{ Attributes json.RawMessage }
		}
	}
	if err := json.Unmarshal(b, &state); err != nil {
		t.Fatal(err)
	}
	instances := make(map[string]json.RawMessage)
	for _, r := range state.Resources {
		if r.Type == TypeName {
			instances[r.Name] = r.Instances[0].Attributes
		}
	}
	return instances
}

func TestUpgradeFromTFZK(t *testing.T) {
	t.Parallel()
	null, text := types.StringNull(), types.StringValue
	anyone := zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermAll}
	readers := zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermRead}
	alice := zk.ACL{Scheme: "digest", ID: zk.DigestID("alice", "secret"), Perms: zk.PermAll}
	stat := func(zxid, time int64, length int32) types.Object {
		return attr.StatValue(zk.Stat{Czxid: zxid, Mzxid: zxid, Pzxid: zxid, Ctime: time, Mtime: time, DataLength: length})
	}

	instances := tfzkInstances(t)
	const before = "of a version that had no stats"
	instances[before] = json.RawMessage(`{"id": "/old", "path": "/old", "data": "x", "acl": [], "stat": []}`)
	tests := map[string]struct {
		path string
		data types.String
		b64  types.String
		acl  []zk.ACL
		stat types.Object
	}{
		"plain":   {"/from_tfzk", null, null, []zk.ACL{anyone}, stat(507023, 1795374297453, 0)},
		"text":    {"/from_tfzk/text", text("Grüße, 世界"), null, []zk.ACL{anyone}, stat(507024, 1795374297463, 15)},
		"binary":  {"/from_tfzk/binary", null, text("AAEC/v8="), []zk.ACL{anyone}, stat(507025, 1795374297464, 5)},
		"guarded": {"/from_tfzk/guarded", text("only alice"), null, []zk.ACL{alice, readers}, stat(507028, 1795374297471, 10)},
		before:    {"/old", text("x"), null, nil, types.ObjectNull(attr.StatType.AttrTypes)},
	}
	if len(tests) != len(instances) {
		t.Fatalf("%d states, and the test knows %d", len(instances), len(tests))
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := upgradeState(t, instances[name])
			if got.Path.ValueString() != tt.path || !got.Data.Equal(tt.data) || !got.DataBase64.Equal(tt.b64) {
				t.Errorf("path %v, data %v and %v", got.Path, got.Data, got.DataBase64)
			}
			if want := attr.ACLValue(tt.acl); !got.ACL.Equal(want) {
				t.Errorf("ACL %v, want %v", got.ACL, want)
			}
			if !got.Stat.Equal(tt.stat) {
				t.Errorf("stat %v, want %v", got.Stat, tt.stat)
			}
			if got.Mode.ValueString() != modePersistent || !got.TTLMillis.IsNull() || !got.CreateParents.ValueBool() ||
				got.ForceDestroy.ValueBool() || got.AdoptExisting.ValueBool() || !got.ParentACL.IsNull() {
				t.Errorf("settings are not the defaults: %+v", got)
			}
		})
	}
}

// upgradeState runs the upgrade as the framework does.
func upgradeState(t *testing.T, attributes json.RawMessage) resourceModel {
	t.Helper()
	upgrader := new(Resource).UpgradeState(t.Context())[0]
	raw := tfprotov6.RawState{JSON: attributes}
	value, err := raw.UnmarshalWithOpts(upgrader.PriorSchema.Type().TerraformType(t.Context()), tfprotov6.UnmarshalOpts{
		ValueFromJSONOpts: tftypes.ValueFromJSONOpts{IgnoreUndefinedAttributes: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	var current resource.SchemaResponse
	new(Resource).Schema(t.Context(), resource.SchemaRequest{}, &current)
	resp := resource.UpgradeStateResponse{State: tfsdk.State{
		Schema: current.Schema, Raw: tftypes.NewValue(current.Schema.Type().TerraformType(t.Context()), nil),
	}}
	upgrader.StateUpgrader(t.Context(), resource.UpgradeStateRequest{State: &tfsdk.State{Schema: *upgrader.PriorSchema, Raw: value}}, &resp)
	if resp.Diagnostics.HasError() {
		t.Fatal(resp.Diagnostics)
	}
	var m resourceModel
	if diags := resp.State.Get(t.Context(), &m); diags.HasError() {
		t.Fatal(diags)
	}
	return m
}
