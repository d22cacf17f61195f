package znodes

import (
	"maps"
	"slices"

	fwattr "github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
)

// model is a configuration, a plan or a state of the resource.
type model struct {
	BasePath      types.String `tfsdk:"base_path"`
	Data          types.Map    `tfsdk:"data"`
	DataBase64    types.Map    `tfsdk:"data_base64"`
	DataWO        types.Map    `tfsdk:"data_wo"` // null everywhere but in a configuration
	DataWOVersion types.String `tfsdk:"data_wo_version"`
	DataWOKeys    types.Set    `tfsdk:"data_wo_keys"`
	ACL           types.Set    `tfsdk:"acl"`
	Exclusive     types.Bool   `tfsdk:"exclusive"`
	Atomic        types.Bool   `tfsdk:"atomic"`
	Compare       types.String `tfsdk:"compare"`
	AdoptExisting types.Bool   `tfsdk:"adopt_existing"`
	OnDestroy     types.String `tfsdk:"on_destroy"`
	Zxid          types.Int64  `tfsdk:"zxid"`
}

// nodeMaps returns the maps of nodes, by the names of their attributes.
func (m *model) nodeMaps() map[string]types.Map {
	return map[string]types.Map{"data": m.Data, "data_base64": m.DataBase64, "data_wo": m.DataWO}
}

// elements are nodes and what they hold, by their keys, as an attribute has them. [types.Map]
// copies them each time that it is asked for them.
type elements = map[string]fwattr.Value

// noNodes is a map of nodes that is null.
func noNodes() types.Map { return types.MapNull(types.StringType) }

// mapOf is a map of nodes.
func mapOf(nodes elements) types.Map { return types.MapValueMust(types.StringType, nodes) }

// known reports whether a map is known with all its values. Null is, and has none.
func known(nodes types.Map) bool {
	if nodes.IsUnknown() {
		return false
	}
	for _, v := range nodes.Elements() {
		if v.IsUnknown() {
			return false
		}
	}
	return true
}

// textOf is the text of an element that is known; none for null.
func textOf(v fwattr.Value) string {
	s, _ := v.(types.String) // by the type of the map
	return s.ValueString()
}

// known reports whether a plan has all that decides what is written, with the secrets of the
// configuration.
func (m *model) known() bool {
	for _, unknown := range []bool{m.BasePath.IsUnknown(), m.DataWOVersion.IsUnknown(), m.Exclusive.IsUnknown(), m.Atomic.IsUnknown(), m.Compare.IsUnknown()} {
		if unknown {
			return false
		}
	}
	return known(m.Data) && known(m.DataBase64) && known(m.DataWO)
}

// secretKeys returns the keys of data_wo_keys.
func (m *model) secretKeys() keySet {
	keys := make(keySet)
	for _, v := range m.DataWOKeys.Elements() {
		if key, ok := v.(types.String); ok {
			keys[key.ValueString()] = true
		}
	}
	return keys
}

// named returns the keys of all nodes that a configuration has.
func (m *model) named() keySet {
	keys := make(keySet)
	for _, nodes := range m.nodeMaps() {
		for key := range nodes.Elements() {
			keys[key] = true
		}
	}
	return keys
}

// keySetValue is data_wo_keys of nodes with secrets; null where there are none.
func keySetValue(keys keySet) types.Set {
	if len(keys) == 0 {
		return types.SetNull(types.StringType)
	}
	all := make([]fwattr.Value, 0, len(keys))
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		all = append(all, types.StringValue(key))
	}
	return types.SetValueMust(types.StringType, all)
}

// keepsOnDestroy reports whether destroying the resource leaves the nodes as they are.
func (m *model) keepsOnDestroy() bool { return m.OnDestroy.ValueString() == attr.OnDestroyKeep }
