package sequentialznode

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

// tfzkInstances returns the attributes of the sequential nodes in the state that
// tfzk/zookeeper 1.4 wrote, by name.
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
		if r.Type == typeName {
			instances[r.Name] = r.Instances[0].Attributes
		}
	}
	return instances
}

func TestUpgradeFromTFZK(t *testing.T) {
	t.Parallel()
	instances := tfzkInstances(t)
	const imported = "imported, of a version that had no stats"
	instances[imported] = json.RawMessage(`{"id": "/q/n-0000000007", "path": "/q/n-0000000007", "path_prefix": null, "data": "x", "acl": [], "stat": []}`)
	stat := func(zxid, time int64, length int32) types.Object {
		return attr.StatValue(zk.Stat{Czxid: zxid, Mzxid: zxid, Pzxid: zxid, Ctime: time, Mtime: time, DataLength: length})
	}
	tests := map[string]struct {
		prefix, path, data string
		acl                []zk.ACL
		stat               types.Object
	}{
		"numbered": {"/from_tfzk/job-", "/from_tfzk/job-0000000002", "first", zk.OpenACL(), stat(507026, 1795374297468, 5)},
		"bare":     {"/from_tfzk/jobs/", "/from_tfzk/jobs/0000000000", "second", zk.OpenACL(), stat(507029, 1795374297472, 6)},
		imported:   {"/q/n-", "/q/n-0000000007", "x", nil, types.ObjectNull(attr.StatType.AttrTypes)},
	}
	if len(tests) != len(instances) {
		t.Fatalf("%d states, and the test knows %d", len(instances), len(tests))
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := upgradeState(t, instances[name])
			if err != "" {
				t.Fatal(err)
			}
			if got.PathPrefix.ValueString() != tt.prefix || got.Path.ValueString() != tt.path || got.Data.ValueString() != tt.data {
				t.Errorf("prefix %v, path %v, data %v", got.PathPrefix, got.Path, got.Data)
			}
			if want := attr.ACLValue(tt.acl); !got.ACL.Equal(want) {
				t.Errorf("ACL %v, want %v", got.ACL, want)
			}
			if !got.Stat.Equal(tt.stat) {
				t.Errorf("stat %v, want %v", got.Stat, tt.stat)
			}
			if !got.CreateParents.ValueBool() || got.ForceDestroy.ValueBool() {
				t.Errorf("settings are not the defaults: %+v", got)
			}
		})
	}
}

func TestUpgradeFromTFZKWithoutPrefix(t *testing.T) {
	t.Parallel()
	_, err := upgradeState(t, json.RawMessage(`{"id": "/q/n", "path": "/q/n", "path_prefix": "", "data": "", "acl": [], "stat": []}`))
	if !strings.Contains(err, `"/q/n" does not end with the number`) || !strings.Contains(err, "import the node") {
		t.Errorf("got %q", err)
	}
}

// upgradeState runs the upgrade as the framework does. The text is that of its error.
func upgradeState(t *testing.T, attributes json.RawMessage) (resourceModel, string) {
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
		return resourceModel{}, resp.Diagnostics.Errors()[0].Detail()
	}
	var m resourceModel
	if diags := resp.State.Get(t.Context(), &m); diags.HasError() {
		t.Fatal(diags)
	}
	return m, ""
}
