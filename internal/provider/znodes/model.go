package znodes

import (
	"fmt"
	"unicode/utf8"

	framework "github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
)

// model is the resource as the framework decodes it.
type model struct {
	BasePath      types.String `tfsdk:"base_path"`
	Data          types.Map    `tfsdk:"data"`
	DataBase64    types.Map    `tfsdk:"data_base64"`
	DataWO        types.Map    `tfsdk:"data_wo"` // null everywhere but in a configuration
	DataWOVersion types.String `tfsdk:"data_wo_version"`
	ACL           types.Set    `tfsdk:"acl"`
	Exclusive     types.Bool   `tfsdk:"exclusive"`
	Atomic        types.Bool   `tfsdk:"atomic"`
	Zxid          types.Int64  `tfsdk:"zxid"`
}

// contents are nodes by their keys, which are their paths below base_path, and what they
// hold.
type contents map[string]string

// known tells whether a map is known with all its values. Null is, and has none.
func known(m types.Map) bool {
	if m.IsUnknown() {
		return false
	}
	for _, v := range m.Elements() {
		if v.IsUnknown() {
			return false
		}
	}
	return true
}

// declared returns the nodes of data and data_base64, which are known and have been
// checked.
func (m *model) declared() (contents, error) {
	text, b64 := m.Data.Elements(), m.DataBase64.Elements()
	nodes := make(contents, len(text)+len(b64))
	for key, v := range text {
		nodes[key] = valueOf(v)
	}
	for key, v := range b64 {
		data, err := attr.DecodeBase64(valueOf(v))
		if err != nil {
			return nil, fmt.Errorf("data_base64 of %q: %w", key, err)
		}
		nodes[key] = string(data)
	}
	return nodes, nil
}

// secrets returns the nodes of data_wo in a configuration.
func secrets(m types.Map) contents {
	elements := m.Elements()
	nodes := make(contents, len(elements))
	for key, v := range elements {
		nodes[key] = valueOf(v)
	}
	return nodes
}

func valueOf(v framework.Value) string {
	s, _ := v.(types.String)
	return s.ValueString()
}

// show fills in what nodes hold, those that were in data_base64 there, and the others in
// data as far as they are text. A map that was null stays so as long as it has nothing.
func (m *model) show(nodes contents) {
	text := make(map[string]framework.Value, len(nodes))
	b64 := make(map[string]framework.Value)
	was := m.DataBase64.Elements()
	for key, content := range nodes {
		_, binary := was[key]
		if !binary && utf8.ValidString(content) {
			text[key] = types.StringValue(content)
			continue
		}
		_, b64[key] = attr.DataValues([]byte(content))
	}
	if len(text) > 0 || !m.Data.IsNull() {
		m.Data = types.MapValueMust(types.StringType, text)
	}
	if len(b64) > 0 || !m.DataBase64.IsNull() {
		m.DataBase64 = types.MapValueMust(types.StringType, b64)
	}
}
