package direct

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/objectvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/vmihailenco/msgpack/v5"
)

type thing struct {
	Count types.Int64  `tfsdk:"count"`
	Name  types.String `tfsdk:"name"`
	Tags  types.Set    `tfsdk:"tags"`
	Texts types.Map    `tfsdk:"texts"`
}

var things = map[string]schema.Attribute{
	"count": schema.Int64Attribute{Optional: true},
	"name":  schema.StringAttribute{Required: true},
	"tags": schema.SetNestedAttribute{Optional: true, NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
		"key": schema.StringAttribute{Optional: true}, "on": schema.BoolAttribute{Optional: true},
	}}},
	"texts": schema.MapAttribute{Optional: true, ElementType: types.StringType},
}

// thingType is the same in the protocol's words.
var thingType = tftypes.Object{AttributeTypes: map[string]tftypes.Type{
	"count": tftypes.Number, "name": tftypes.String,
	"tags":  tftypes.Set{ElementType: tftypes.Object{AttributeTypes: map[string]tftypes.Type{"key": tftypes.String, "on": tftypes.Bool}}},
	"texts": tftypes.Map{ElementType: tftypes.String},
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
	text := func(v any) map[string]tftypes.Value {
		return map[string]tftypes.Value{"k": tftypes.NewValue(tftypes.String, v)}
	}
	for name, value := range map[string]map[string]any{
		"all":        {"count": int64(0x1_0000_0001), "name": "ä", "tags": []tftypes.Value{element("b", true), element("a", false)}, "texts": text("v")},
		"negative":   {"count": -7, "name": "", "tags": []tftypes.Value{}, "texts": map[string]tftypes.Value{}},
		"large":      {"count": int64(-1) << 63, "name": string(make([]byte, 300)), "tags": nil},
		"null":       {"count": nil, "name": nil, "tags": nil},
		"unknown":    {"count": tftypes.UnknownValue, "name": tftypes.UnknownValue, "tags": tftypes.UnknownValue, "texts": tftypes.UnknownValue},
		"in part":    {"count": 1, "name": "x", "tags": []tftypes.Value{element(tftypes.UnknownValue, nil), element("a", tftypes.UnknownValue)}, "texts": text(tftypes.UnknownValue)},
		"an element": {"count": 255, "name": "x", "texts": text(nil), "tags": []tftypes.Value{tftypes.NewValue(set.ElementType, tftypes.UnknownValue), tftypes.NewValue(set.ElementType, nil)}},
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
		"a fraction":       object{"count": 1.5, "name": "x", "tags": nil, "texts": nil},
		"a number in text": object{"count": "1", "name": "x", "tags": nil, "texts": nil},
		"text for a set":   object{"count": 1, "name": "x", "tags": "y", "texts": nil},
		"one too few":      object{"count": 1, "name": "x"},
		"one too many":     object{"count": 1, "name": "x", "other": 1, "tags": nil, "texts": nil},
		"another one":      object{"count": 1, "other": "x", "tags": nil, "texts": nil},
		"an odd element":   object{"count": 1, "name": "x", "tags": []any{object{"key": "a", "off": true}}, "texts": nil},
		"text for a map":   object{"count": 1, "name": "x", "tags": nil, "texts": "y"},
		"an odd text":      object{"count": 1, "name": "x", "tags": nil, "texts": object{"k": 1}},
		"half an element":  object{"count": 1, "name": "x", "tags": []any{object{"key": "a"}}, "texts": nil},
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
	refused := func(a schema.Attribute) bool {
		c, err := newCodec[schema.Attribute, one](map[string]schema.Attribute{"a": a})
		if err != nil {
			t.Fatal(err)
		}
		_, ok := errors.AsType[schemaError](c.plannable(t.Context()))
		return ok
	}
	set := func(nested schema.StringAttribute) schema.Attribute {
		return schema.SetNestedAttribute{Optional: true, NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{"b": nested}}}
	}
	modifiers, validators := []planmodifier.String{stringplanmodifier.RequiresReplace()}, []validator.String{stringvalidator.LengthAtLeast(1)}
	for name, a := range map[string]schema.Attribute{
		"a text":             schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString("x"), Validators: validators},
		"a set":              set(schema.StringAttribute{Optional: true}),
		"what a server says": schema.SingleNestedAttribute{Computed: true, Attributes: map[string]schema.Attribute{"b": schema.Int64Attribute{Computed: true}}},
	} {
		if refused(a) {
			t.Errorf("%s is refused", name)
		}
	}
	for name, a := range map[string]schema.Attribute{
		"a plan modifier":              schema.StringAttribute{Optional: true, PlanModifiers: modifiers},
		"a deprecation":                schema.StringAttribute{Optional: true, DeprecationMessage: "old"},
		"a type of its own":            schema.StringAttribute{Optional: true, CustomType: texts{}},
		"of another kind":              schema.DynamicAttribute{Optional: true},
		"declared by nobody":           schema.SingleNestedAttribute{Optional: true},
		"a validator of a map":         schema.MapAttribute{Optional: true, ElementType: types.StringType, Validators: []validator.Map{mapvalidator.SizeAtLeast(1)}},
		"a validator of an element":    schema.SetNestedAttribute{Optional: true, NestedObject: schema.NestedAttributeObject{Validators: []validator.Object{objectvalidator.IsRequired()}}},
		"a nested validator":           set(schema.StringAttribute{Optional: true, Validators: validators}),
		"a nested plan modifier":       set(schema.StringAttribute{Optional: true, PlanModifiers: modifiers}),
		"a nested deprecation":         set(schema.StringAttribute{Optional: true, DeprecationMessage: "old"}),
		"a nested default":             set(schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString("x")}),
		"nested and computed":          set(schema.StringAttribute{Optional: true, Computed: true}),
		"nested and required":          set(schema.StringAttribute{Required: true}),
		"a nested secret":              set(schema.StringAttribute{Optional: true, WriteOnly: true}),
		"what a server says, modified": schema.SingleNestedAttribute{Computed: true, Attributes: map[string]schema.Attribute{"b": schema.StringAttribute{Computed: true, PlanModifiers: modifiers}}},
	} {
		if !refused(a) {
			t.Errorf("%s is not refused", name)
		}
	}
	_, err := newCodec[schema.Attribute, one](things)
	if _, ok := errors.AsType[schemaError](err); !ok {
		t.Errorf("a model without all fields: %v", err)
	}
}

// texts is a type that converts texts in its own way.
type texts struct{ basetypes.StringType }

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
	for key, value := range map[string]string{".a": "1", "c": "no JSON", "d": "\"\xff\""} {
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
		"the framework's": `{".import_before_read":"dHJ1ZQ=="}`, "no JSON in it": `{"a":"eA=="}`, "no UTF-8": `{"a":"Iv8i"}`, "empty": `{"a":""}`, "the older SDK's": `{"schema_version":"1"}`, "null": "null",
	} {
		if p, ok := loadPrivate([]byte(from)); ok {
			t.Errorf("%s: %v", name, p)
		}
	}
}
