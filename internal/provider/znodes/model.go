package znodes

import (
	"context"
	"maps"
	"slices"

	fwattr "github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-zookeeper/internal/provider/attr"
)

// model is a configuration, a plan or a state of the resource. Its maps are as the protocol
// has them: the framework's own take several times the memory, and the time to convert
// thousands of nodes is felt.
type model struct {
	BasePath      types.String
	Data          nodeMap
	DataBase64    nodeMap
	DataWO        nodeMap // null everywhere but in a configuration
	DataWOVersion types.String
	DataWOKeys    types.Set
	ACL           types.Set
	Exclusive     types.Bool
	Atomic        types.Bool
	Compare       types.String
	AdoptExisting types.Bool
	OnDestroy     types.String
	Zxid          types.Int64
}

// value is a value of the framework.
type value interface {
	ToTerraformValue(ctx context.Context) (tftypes.Value, error)
}

// An attribute is one of the attributes that are as the framework has them.
type attribute struct {
	value  value
	target any
}

// attributes returns those attributes, by their names.
func (m *model) attributes() map[string]attribute {
	return map[string]attribute{
		"base_path":       {m.BasePath, &m.BasePath},
		"data_wo_version": {m.DataWOVersion, &m.DataWOVersion},
		"data_wo_keys":    {m.DataWOKeys, &m.DataWOKeys},
		"acl":             {m.ACL, &m.ACL},
		"exclusive":       {m.Exclusive, &m.Exclusive},
		"atomic":          {m.Atomic, &m.Atomic},
		"compare":         {m.Compare, &m.Compare},
		"adopt_existing":  {m.AdoptExisting, &m.AdoptExisting},
		"on_destroy":      {m.OnDestroy, &m.OnDestroy},
		"zxid":            {m.Zxid, &m.Zxid},
	}
}

// nodeMaps returns the maps of nodes, by the names of their attributes.
func (m *model) nodeMaps() map[string]*nodeMap {
	return map[string]*nodeMap{"data": &m.Data, "data_base64": &m.DataBase64, "data_wo": &m.DataWO}
}

// source is a configuration, a plan or a state of the framework.
type source interface {
	GetAttribute(ctx context.Context, at path.Path, target any) diag.Diagnostics
}

// decode returns the model of a source, with the value that it has.
func decode(ctx context.Context, from source, raw tftypes.Value) (*model, diag.Diagnostics) {
	m := new(model)
	var values map[string]tftypes.Value
	if err := raw.As(&values); err != nil {
		return nil, diag.Diagnostics{unexpected(err)}
	}
	var diags diag.Diagnostics
	for name, a := range m.attributes() {
		diags.Append(from.GetAttribute(ctx, path.Root(name), a.target)...)
	}
	for name, target := range m.nodeMaps() {
		var err error
		if *target, err = newNodeMap(values[name]); err != nil {
			diags.Append(unexpected(err))
		}
	}
	return m, diags
}

// encode is the opposite of decode. The type is that of the resource's values.
func (m *model) encode(ctx context.Context, typ tftypes.Type) (tftypes.Value, diag.Diagnostics) {
	values := make(map[string]tftypes.Value)
	for name, nodes := range m.nodeMaps() {
		values[name] = nodes.value()
	}
	for name, a := range m.attributes() {
		var err error
		if values[name], err = a.value.ToTerraformValue(ctx); err != nil {
			return tftypes.Value{}, diag.Diagnostics{unexpected(err)}
		}
	}
	return tftypes.NewValue(typ, values), nil
}

// decodePlan returns a plan with the secrets of its configuration, which the plan has not, and
// the configuration.
func decodePlan(ctx context.Context, plan tfsdk.Plan, config tfsdk.Config) (m, c *model, diags diag.Diagnostics) {
	if m, diags = decode(ctx, plan, plan.Raw); diags.HasError() {
		return nil, nil, diags
	}
	if c, diags = decode(ctx, config, config.Raw); diags.HasError() {
		return nil, nil, diags
	}
	m.DataWO = c.DataWO
	return m, c, nil
}

// A nodeMap is a map of nodes and what they hold. The zero nodeMap is null.
type nodeMap struct {
	unknown  bool
	elements map[string]tftypes.Value // nil where it is null or unknown
}

var nodeMapType = tftypes.Map{ElementType: tftypes.String}

func newNodeMap(v tftypes.Value) (m nodeMap, err error) {
	switch {
	case !v.IsKnown():
		return nodeMap{unknown: true}, nil
	case v.IsNull():
		return nodeMap{}, nil
	}
	err = v.As(&m.elements)
	return m, err
}

func (m nodeMap) value() tftypes.Value {
	switch {
	case m.unknown:
		return tftypes.NewValue(nodeMapType, tftypes.UnknownValue)
	case m.elements == nil:
		return tftypes.NewValue(nodeMapType, nil)
	}
	return tftypes.NewValue(nodeMapType, m.elements)
}

// IsNull reports whether there is no map.
func (m nodeMap) IsNull() bool { return !m.unknown && m.elements == nil }

// IsUnknown reports whether the map is not known yet, not even its keys.
func (m nodeMap) IsUnknown() bool { return m.unknown }

// known reports whether the map is known with all its values. Null is, and has none.
func (m nodeMap) known() bool {
	if m.unknown {
		return false
	}
	for _, v := range m.elements {
		if !v.IsKnown() {
			return false
		}
	}
	return true
}

func (m nodeMap) has(key string) bool {
	_, ok := m.elements[key]
	return ok
}

// textOf is the text of an element that is known; none for null.
func textOf(v tftypes.Value) string {
	var s string
	_ = v.As(&s) // it is a string, by the type of the map
	return s
}

// known reports whether a plan has all that decides what is written, with the secrets of the
// configuration.
func (m *model) known() bool {
	for _, unknown := range []bool{m.BasePath.IsUnknown(), m.DataWOVersion.IsUnknown(), m.Exclusive.IsUnknown(), m.Atomic.IsUnknown(), m.Compare.IsUnknown()} {
		if unknown {
			return false
		}
	}
	return m.Data.known() && m.DataBase64.known() && m.DataWO.known()
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
		for key := range nodes.elements {
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
	elements := make([]fwattr.Value, 0, len(keys))
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		elements = append(elements, types.StringValue(key))
	}
	return types.SetValueMust(types.StringType, elements)
}

// keepsOnDestroy reports whether destroying the resource leaves the nodes as they are.
func (m *model) keepsOnDestroy() bool { return m.OnDestroy.ValueString() == attr.OnDestroyKeep }
