package direct

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/vmihailenco/msgpack/v5"
)

type thing struct {
	Count types.Int64  `tfsdk:"count"`
	Name  types.String `tfsdk:"name"`
	Tags  types.Set    `tfsdk:"tags"`
}

var things = map[string]schema.Attribute{
	"count": schema.Int64Attribute{Optional: true},
	"name":  schema.StringAttribute{Required: true},
	"tags": schema.SetNestedAttribute{Optional: true, NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
		"key": schema.StringAttribute{Optional: true}, "on": schema.BoolAttribute{Optional: true},
	}}},
}

// thingType is the same in the protocol's words.
var thingType = tftypes.Object{AttributeTypes: map[string]tftypes.Type{
	"count": tftypes.Number, "name": tftypes.String,
	"tags": tftypes.Set{ElementType: tftypes.Object{AttributeTypes: map[string]tftypes.Type{"key": tftypes.String, "on": tftypes.Bool}}},
}}

// What is decoded is encoded as the protocol does it, whatever is known of it.
func TestCodec(t *testing.T) {
	t.Parallel()
	c, err := newCodec[schema.Attribute, thing](things)
	if err != nil {
		t.Fatal(err)
	}
	set, _ := thingType.AttributeTypes["tags"].(tftypes.Set)
	element := func(key, on any) tftypes.Value {
		return tftypes.NewValue(set.ElementType, map[string]tftypes.Value{"key": tftypes.NewValue(tftypes.String, key), "on": tftypes.NewValue(tftypes.Bool, on)})
	}
	for name, value := range map[string]map[string]any{
		"all":        {"count": int64(0x1_0000_0001), "name": "ä", "tags": []tftypes.Value{element("b", true), element("a", false)}},
		"negative":   {"count": -7, "name": "", "tags": []tftypes.Value{}},
		"large":      {"count": int64(-1) << 63, "name": string(make([]byte, 300)), "tags": nil},
		"null":       {"count": nil, "name": nil, "tags": nil},
		"unknown":    {"count": tftypes.UnknownValue, "name": tftypes.UnknownValue, "tags": tftypes.UnknownValue},
		"in part":    {"count": 1, "name": "x", "tags": []tftypes.Value{element(tftypes.UnknownValue, nil), element("a", tftypes.UnknownValue)}},
		"an element": {"count": 255, "name": "x", "tags": []tftypes.Value{tftypes.NewValue(set.ElementType, tftypes.UnknownValue), tftypes.NewValue(set.ElementType, nil)}},
	} {
		all := make(map[string]tftypes.Value)
		for of, typ := range thingType.AttributeTypes {
			all[of] = tftypes.NewValue(typ, value[of])
		}
		want, err := tfprotov6.NewDynamicValue(thingType, tftypes.NewValue(thingType, all))
		if err != nil {
			t.Fatal(err)
		}
		m, err := c.decode(&want)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := c.encode(m)
		if err != nil || !bytes.Equal(got.MsgPack, want.MsgPack) {
			t.Errorf("%s: %q instead of %q, %v", name, got.MsgPack, want.MsgPack, err)
		}
	}
	if got, err := c.encode(nil); err != nil || !bytes.Equal(got.MsgPack, null.MsgPack) {
		t.Errorf("%q, %v", got.MsgPack, err)
	}
	if m, err := c.decode(null); m != nil || err != nil {
		t.Errorf("%v, %v", m, err)
	}
}

// What is not as the CLIs write it is left to the framework.
func TestNotPlain(t *testing.T) {
	t.Parallel()
	c, err := newCodec[schema.Attribute, thing](things)
	if err != nil {
		t.Fatal(err)
	}
	type object = map[string]any
	for name, value := range map[string]any{
		"no object":        "x",
		"a fraction":       object{"count": 1.5, "name": "x", "tags": nil},
		"a number in text": object{"count": "1", "name": "x", "tags": nil},
		"text for a set":   object{"count": 1, "name": "x", "tags": "y"},
		"one too few":      object{"count": 1, "name": "x"},
		"one too many":     object{"count": 1, "name": "x", "other": 1, "tags": nil},
		"another one":      object{"count": 1, "other": "x", "tags": nil},
		"an odd element":   object{"count": 1, "name": "x", "tags": []any{object{"key": "a", "off": true}}},
		"half an element":  object{"count": 1, "name": "x", "tags": []any{object{"key": "a"}}},
	} {
		b, err := marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if m, err := c.decode(&tfprotov6.DynamicValue{MsgPack: b}); err == nil {
			t.Errorf("%s: %+v", name, m)
		}
	}
	for name, v := range map[string]*tfprotov6.DynamicValue{
		"nothing": nil, "empty": {}, "JSON": {JSON: []byte("null")}, "unknown": {MsgPack: []byte{0xd4, 0, 0}}, "cut": {MsgPack: []byte{0x83, 0xa5, 'c'}},
	} {
		if _, err := c.decode(v); err == nil {
			t.Errorf("%s is a value", name)
		}
	}
}

// marshal writes objects in the order of their attributes.
func marshal(v any) ([]byte, error) {
	var out writer
	to := msgpack.NewEncoder(&out)
	to.SetSortMapKeys(true)
	err := to.Encode(v)
	return out, err
}

type writer []byte

func (w *writer) Write(b []byte) (int, error) { *w = append(*w, b...); return len(b), nil }

// A schema that has the framework do more than convert is refused, not misread.
func TestSchemas(t *testing.T) {
	t.Parallel()
	type one struct {
		A types.String `tfsdk:"a"`
	}
	for name, a := range map[string]schema.Attribute{
		"a plan modifier":    schema.StringAttribute{Optional: true, PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()}},
		"of another kind":    schema.DynamicAttribute{Optional: true},
		"declared by nobody": schema.SingleNestedAttribute{Optional: true},
	} {
		c, err := newCodec[schema.Attribute, one](map[string]schema.Attribute{"a": a})
		if err != nil {
			t.Fatal(err)
		}
		err = c.plannable(t.Context())
		if _, ok := errors.AsType[schemaError](err); !ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := newCodec[schema.Attribute, one](things)
	if _, ok := errors.AsType[schemaError](err); !ok {
		t.Errorf("a model without all fields: %v", err)
	}
}

func TestPrivate(t *testing.T) {
	t.Parallel()
	stored, err := json.Marshal(map[string][]byte{"a": []byte("1"), "b": []byte(`"x"`)})
	if err != nil {
		t.Fatal(err)
	}
	p, ok := loadPrivate(stored)
	if !ok {
		t.Fatal("not loaded")
	}
	if again, err := p.bytes(); err != nil || !bytes.Equal(again, stored) {
		t.Errorf("%s, %v", again, err)
	}
	for key, value := range map[string]string{".a": "1", "c": "no JSON"} {
		if diags := p.SetKey(t.Context(), key, []byte(value)); !diags.HasError() {
			t.Errorf("%s is %s", key, value)
		}
	}
	for _, key := range []string{"a", "b"} {
		if diags := p.SetKey(t.Context(), key, nil); diags.HasError() {
			t.Error(diags)
		}
	}
	if empty, err := p.bytes(); empty != nil || err != nil {
		t.Errorf("%s, %v", empty, err)
	}
	for name, from := range map[string]string{
		"the framework's": `{".import_before_read":"dHJ1ZQ=="}`, "no JSON in it": `{"a":"eA=="}`, "empty": `{"a":""}`, "the older SDK's": `{"schema_version":"1"}`, "null": "null",
	} {
		if p, ok := loadPrivate([]byte(from)); ok {
			t.Errorf("%s: %v", name, p)
		}
	}
}
