package znodes

import (
	"context"
	"encoding/base64"
	"fmt"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
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
	ACL           types.Set
	Exclusive     types.Bool
	Atomic        types.Bool
	Zxid          types.Int64
}

// source is a configuration, a plan or a state of the framework.
type source interface {
	GetAttribute(ctx context.Context, at path.Path, target any) diag.Diagnostics
}

// decode returns the model of a source, with the value that it has.
func decode(ctx context.Context, from source, raw tftypes.Value) (*model, diag.Diagnostics) {
	m := new(model)
	var attributes map[string]tftypes.Value
	if err := raw.As(&attributes); err != nil {
		return nil, diag.Diagnostics{unexpected(err)}
	}
	var diags diag.Diagnostics
	for name, target := range map[string]any{
		"base_path": &m.BasePath, "data_wo_version": &m.DataWOVersion, "acl": &m.ACL,
		"exclusive": &m.Exclusive, "atomic": &m.Atomic, "zxid": &m.Zxid,
	} {
		diags.Append(from.GetAttribute(ctx, path.Root(name), target)...)
	}
	for name, target := range map[string]*nodeMap{"data": &m.Data, "data_base64": &m.DataBase64, "data_wo": &m.DataWO} {
		var err error
		if *target, err = newNodeMap(attributes[name]); err != nil {
			diags.Append(unexpected(err))
		}
	}
	return m, diags
}

// encode is the opposite of decode. The type is that of the resource's values.
func (m *model) encode(ctx context.Context, typ tftypes.Type) (tftypes.Value, diag.Diagnostics) {
	attributes := map[string]tftypes.Value{"data": m.Data.value(), "data_base64": m.DataBase64.value(), "data_wo": m.DataWO.value()}
	for name, v := range map[string]interface {
		ToTerraformValue(ctx context.Context) (tftypes.Value, error)
	}{
		"base_path": m.BasePath, "data_wo_version": m.DataWOVersion, "acl": m.ACL,
		"exclusive": m.Exclusive, "atomic": m.Atomic, "zxid": m.Zxid,
	} {
		var err error
		if attributes[name], err = v.ToTerraformValue(ctx); err != nil {
			return tftypes.Value{}, diag.Diagnostics{unexpected(err)}
		}
	}
	return tftypes.NewValue(typ, attributes), nil
}

func unexpected(err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Unexpected value", fmt.Sprintf("A value of the resource could not be converted: %v. This is a bug in the provider.", err))
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

// IsNull tells whether there is no map.
func (m nodeMap) IsNull() bool { return !m.unknown && m.elements == nil }

// IsUnknown tells whether the map is not known yet, not even its keys.
func (m nodeMap) IsUnknown() bool { return m.unknown }

// known tells whether the map is known with all its values. Null is, and has none.
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

// contents are nodes by their keys, which are their paths below base_path, and what they
// hold.
type contents map[string]string

// declared returns the nodes of data and data_base64, which are known and have been
// checked.
func (m *model) declared() (contents, error) {
	nodes := make(contents, len(m.Data.elements)+len(m.DataBase64.elements))
	for key, v := range m.Data.elements {
		nodes[key] = textOf(v)
	}
	for key, v := range m.DataBase64.elements {
		data, err := attr.DecodeBase64(textOf(v))
		if err != nil {
			return nil, fmt.Errorf("data_base64 of %q: %w", key, err)
		}
		nodes[key] = string(data)
	}
	return nodes, nil
}

// secrets returns the nodes of data_wo.
func (m *model) secrets() contents {
	nodes := make(contents, len(m.DataWO.elements))
	for key, v := range m.DataWO.elements {
		nodes[key] = textOf(v)
	}
	return nodes
}

// show fills in what nodes hold, those that were in data_base64 there, and the others in
// data as far as they are text. A map that was null stays so as long as it has nothing.
func (m *model) show(nodes contents) {
	text := make(map[string]tftypes.Value, len(nodes))
	b64 := make(map[string]tftypes.Value)
	for key, content := range nodes {
		if !m.DataBase64.has(key) && utf8.ValidString(content) {
			text[key] = tftypes.NewValue(tftypes.String, content)
			continue
		}
		b64[key] = tftypes.NewValue(tftypes.String, base64.StdEncoding.EncodeToString([]byte(content)))
	}
	if len(text) > 0 || !m.Data.IsNull() {
		m.Data = nodeMap{elements: text}
	}
	if len(b64) > 0 || !m.DataBase64.IsNull() {
		m.DataBase64 = nodeMap{elements: b64}
	}
}

// known tells whether a plan has all that decides what is written, with the secrets of the
// configuration.
func (m *model) known() bool {
	return !m.BasePath.IsUnknown() && !m.DataWOVersion.IsUnknown() && !m.Exclusive.IsUnknown() && !m.Atomic.IsUnknown() &&
		m.Data.known() && m.DataBase64.known() && m.DataWO.known()
}

// wants is what a plan asks for, with the secrets of the configuration. The state may be
// nil.
func (m *model) wants(state *model) (wanted, error) {
	nodes, err := m.declared()
	return wanted{
		nodes:     nodes,
		secrets:   m.secrets(),
		rewrite:   state == nil || !m.DataWOVersion.Equal(state.DataWOVersion),
		exclusive: m.Exclusive.ValueBool(),
	}, err
}
