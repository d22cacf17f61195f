package direct

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/defaults"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// described is what the schemas of resources and of data sources say of an attribute.
type described interface {
	GetType() attr.Type
	IsRequired() bool
	IsOptional() bool
	IsComputed() bool
	IsWriteOnly() bool
}

// attribute is one of a schema.
type attribute struct {
	described

	name  string
	typ   attr.Type
	index []int      // of the model's field
	init  attr.Value // what it is where the configuration says nothing; nil for the CLI's proposal
	check check      // nil for an attribute without validators
}

// codec converts the values of a resource between the CLI's notation, which is MessagePack, and
// the model M, whose fields are tagged with the attributes as the framework wants it.
type codec[M any] struct {
	attributes []attribute // by name, as they are written
}

func newCodec[A described, M any](of map[string]A) (codec[M], error) {
	fields := make(map[string][]int)
	for _, field := range reflect.VisibleFields(reflect.TypeFor[M]()) {
		if name := field.Tag.Get("tfsdk"); name != "" {
			fields[name] = field.Index
		}
	}
	var c codec[M]
	for _, name := range slices.Sorted(maps.Keys(of)) {
		a := attribute{described: of[name], name: name, typ: of[name].GetType(), index: fields[name]}
		if a.index == nil {
			return c, schemaError(name)
		}
		c.attributes = append(c.attributes, a)
	}
	return c, nil
}

// plannable takes from the schema of a resource what a validation and a plan take from there.
func (c codec[M]) plannable(ctx context.Context) error {
	for i := range c.attributes {
		if a := &c.attributes[i]; !a.plannable(ctx) {
			return schemaError(a.name)
		}
	}
	return nil
}

func (a *attribute) plannable(ctx context.Context) bool {
	at := path.Root(a.name)
	expression := at.Expression()
	switch is := a.described.(type) {
	case schema.StringAttribute:
		if is.Default != nil {
			var resp defaults.StringResponse
			is.Default.DefaultString(ctx, defaults.StringRequest{Path: at}, &resp)
			a.init = resp.PlanValue
		}
		a.check = each(is.Validators, func(ctx context.Context, by validator.String, v types.String) diag.Diagnostics {
			var resp validator.StringResponse
			by.ValidateString(ctx, validator.StringRequest{Path: at, PathExpression: expression, ConfigValue: v}, &resp)
			return resp.Diagnostics
		})
		return bare(is, "Default", "Validators")
	case schema.BoolAttribute:
		if is.Default != nil {
			var resp defaults.BoolResponse
			is.Default.DefaultBool(ctx, defaults.BoolRequest{Path: at}, &resp)
			a.init = resp.PlanValue
		}
		return bare(is, "Default")
	case schema.Int64Attribute:
		a.check = each(is.Validators, func(ctx context.Context, by validator.Int64, v types.Int64) diag.Diagnostics {
			var resp validator.Int64Response
			by.ValidateInt64(ctx, validator.Int64Request{Path: at, PathExpression: expression, ConfigValue: v}, &resp)
			return resp.Diagnostics
		})
		return bare(is, "Validators")
	case schema.SetNestedAttribute:
		a.check = each(is.Validators, func(ctx context.Context, by validator.Set, v types.Set) diag.Diagnostics {
			var resp validator.SetResponse
			by.ValidateSet(ctx, validator.SetRequest{Path: at, PathExpression: expression, ConfigValue: v}, &resp)
			return resp.Diagnostics
		})
		for _, nested := range is.NestedObject.Attributes {
			// Of what is required, computed or a secret in an element, the framework has something to say.
			if !bare(nested) || nested.IsRequired() || nested.IsComputed() || nested.IsWriteOnly() {
				return false
			}
		}
		return bare(is, "Validators", "NestedObject") && bare(is.NestedObject, "Attributes")
	case schema.MapAttribute, schema.SetAttribute:
		return bare(is)
	case schema.SingleNestedAttribute: // what servers say
		for _, nested := range is.Attributes {
			if !bare(nested) {
				return false
			}
		}
		return bare(is, "Attributes") && !is.Optional && !is.Required
	default:
		return false
	}
}

// bare reports whether a part of a schema has the framework do nothing but convert values: check
// them, fill them in, or complain of them. What the caller sees to itself is named.
func bare(part any, but ...string) bool {
	of := reflect.ValueOf(part)
	for _, name := range []string{"Validators", "PlanModifiers", "Default", "DeprecationMessage", "CustomType", "Attributes", "NestedObject"} {
		if field := of.FieldByName(name); field.IsValid() && !field.IsZero() && !slices.Contains(but, name) {
			return false
		}
	}
	return true
}

// A check says what is wrong with a value of an attribute.
type check func(context.Context, attr.Value) diag.Diagnostics

// each has validators of one kind check a value.
func each[V attr.Value, By any](validators []By, ask func(context.Context, By, V) diag.Diagnostics) check {
	if len(validators) == 0 {
		return nil
	}
	return func(ctx context.Context, value attr.Value) (diags diag.Diagnostics) {
		v, _ := value.(V) // by the type of the attribute
		for _, by := range validators {
			diags.Append(ask(ctx, by, v)...)
		}
		return diags
	}
}

// value returns a model's value of an attribute.
func (a *attribute) value(of reflect.Value) attr.Value {
	v, _ := reflect.TypeAssert[attr.Value](of.FieldByIndex(a.index))
	return v
}

// set sets a model's value of an attribute.
func (a *attribute) set(of reflect.Value, to attr.Value) {
	of.FieldByIndex(a.index).Set(reflect.ValueOf(to))
}

// A schemaError names an attribute that the framework alone can read, write or plan.
type schemaError string

func (e schemaError) Error() string { return "the attribute " + string(e) + " is the framework's" }

// errNotPlain tells that a value is in a notation that the CLIs do not use, or not of its type. The
// framework says what is wrong with it.
var errNotPlain = errors.New("the value is not plain")

// decode returns the model of a value; nil for null.
func (c codec[M]) decode(value *tfprotov6.DynamicValue) (*M, error) {
	if value == nil || len(value.MsgPack) == 0 {
		return nil, errNotPlain
	}
	from := msgpack.NewDecoder(bytes.NewReader(value.MsgPack))
	code, err := from.PeekCode()
	switch {
	case err != nil:
		return nil, err
	case code == msgpcode.Nil:
		return nil, nil //nolint:nilnil // null is no error
	case msgpcode.IsExt(code):
		return nil, errNotPlain // unknown as a whole
	}
	n, err := from.DecodeMapLen()
	if err != nil {
		return nil, err
	}
	if n != len(c.attributes) {
		return nil, errNotPlain
	}
	m := new(M)
	into := reflect.ValueOf(m).Elem()
	for i := range c.attributes {
		a := &c.attributes[i]
		name, err := from.DecodeString()
		if err != nil {
			return nil, err
		}
		if name != a.name { // the CLIs write them in their order
			return nil, errNotPlain
		}
		v, err := read(from, a.typ)
		if err != nil {
			return nil, err
		}
		a.set(into, v)
	}
	return m, nil
}

// stored returns the model of a state as the CLIs store it.
func (c codec[M]) stored(state []byte) (*M, error) {
	var of map[string]any
	from := json.NewDecoder(bytes.NewReader(state))
	from.UseNumber()
	if err := from.Decode(&of); err != nil || of == nil {
		return nil, errNotPlain
	}
	m := new(M)
	into := reflect.ValueOf(m).Elem()
	for i := range c.attributes {
		a := &c.attributes[i]
		v, err := readJSON(of[a.name], a.typ)
		if err != nil {
			return nil, err
		}
		a.set(into, v)
	}
	return m, nil
}

// encode returns a model's value; null for nil.
func (c codec[M]) encode(m *M) (*tfprotov6.DynamicValue, error) {
	var out bytes.Buffer
	to := msgpack.NewEncoder(&out)
	if m == nil {
		err := to.EncodeNil()
		return &tfprotov6.DynamicValue{MsgPack: out.Bytes()}, err
	}
	if err := to.EncodeMapLen(len(c.attributes)); err != nil {
		return nil, err
	}
	of := reflect.ValueOf(m).Elem()
	for i := range c.attributes {
		a := &c.attributes[i]
		if err := to.EncodeString(a.name); err != nil {
			return nil, err
		}
		if err := write(to, a.value(of)); err != nil {
			return nil, err
		}
	}
	return &tfprotov6.DynamicValue{MsgPack: out.Bytes()}, nil
}

// fill puts defaults into a plan where the configuration says nothing, and takes secrets out.
func (c codec[M]) fill(plan, config *M) {
	to, from := reflect.ValueOf(plan).Elem(), reflect.ValueOf(config).Elem()
	for i := range c.attributes {
		a := &c.attributes[i]
		if a.init != nil && a.value(from).IsNull() {
			a.set(to, a.init)
		}
		if a.IsWriteOnly() {
			v, _ := without(a.typ, true) // the type has been read
			a.set(to, v)
		}
	}
}

// forget makes unknown in a plan what is the provider's to say.
func (c codec[M]) forget(plan, config *M) {
	to, from := reflect.ValueOf(plan).Elem(), reflect.ValueOf(config).Elem()
	for i := range c.attributes {
		a := &c.attributes[i]
		if a.IsComputed() && a.init == nil && a.value(from).IsNull() {
			v, _ := without(a.typ, false) // the type has been read
			a.set(to, v)
		}
	}
}

// valid reports whether nothing is to be said of a configuration by its schema alone. Secrets
// are not valid here: not every CLI can have them.
func (c codec[M]) valid(ctx context.Context, config *M) bool {
	of := reflect.ValueOf(config).Elem()
	for i := range c.attributes {
		a := &c.attributes[i]
		value := a.value(of)
		switch null := value.IsNull(); {
		case null && a.IsRequired(), !null && a.IsWriteOnly(), !null && a.IsComputed() && !a.IsOptional():
			return false
		case a.check != nil && len(a.check(ctx, value)) > 0:
			return false
		}
	}
	return true
}

// text returns a model's text of an attribute.
func (c codec[M]) text(m *M, name string) types.String {
	for i := range c.attributes {
		if a := &c.attributes[i]; a.name == name {
			v, _ := a.value(reflect.ValueOf(m).Elem()).(types.String)
			return v
		}
	}
	return types.StringNull()
}
