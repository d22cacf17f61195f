package direct

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// read reads a value of a type from the CLI's notation.
func read(from *msgpack.Decoder, typ attr.Type) (attr.Value, error) {
	code, err := from.PeekCode()
	if err != nil {
		return nil, err
	}
	null, unknown := code == msgpcode.Nil, msgpcode.IsExt(code)
	if null || unknown {
		if err := from.Skip(); err != nil {
			return nil, err
		}
		return without(typ, null)
	}
	switch typ := typ.(type) {
	case basetypes.StringType:
		s, err := from.DecodeString()
		return types.StringValue(s), err
	case basetypes.BoolType:
		b, err := from.DecodeBool()
		return types.BoolValue(b), err
	case basetypes.Int64Type:
		if !msgpcode.IsFixedNum(code) && (code < msgpcode.Uint8 || code > msgpcode.Int64) {
			return nil, errNotPlain
		}
		n, err := from.DecodeInt64()
		return types.Int64Value(n), err
	case basetypes.SetType:
		n, err := from.DecodeArrayLen()
		if err != nil {
			return nil, err
		}
		elements := make([]attr.Value, n)
		for i := range elements {
			if elements[i], err = read(from, typ.ElemType); err != nil {
				return nil, err
			}
		}
		return types.SetValueMust(typ.ElemType, elements), nil
	case basetypes.MapType:
		n, err := from.DecodeMapLen()
		if err != nil {
			return nil, err
		}
		elements := make(map[string]attr.Value, n)
		for range n {
			key, err := from.DecodeString()
			if err != nil {
				return nil, err
			}
			if elements[key], err = read(from, typ.ElemType); err != nil {
				return nil, err
			}
		}
		return types.MapValueMust(typ.ElemType, elements), nil
	case basetypes.ObjectType:
		n, err := from.DecodeMapLen()
		if err != nil {
			return nil, err
		}
		attributes := make(map[string]attr.Value, n)
		for range n {
			name, err := from.DecodeString()
			if err != nil {
				return nil, err
			}
			of, ok := typ.AttrTypes[name]
			if !ok {
				return nil, errNotPlain
			}
			if attributes[name], err = read(from, of); err != nil {
				return nil, err
			}
		}
		if len(attributes) != len(typ.AttrTypes) {
			return nil, errNotPlain
		}
		return types.ObjectValueMust(typ.AttrTypes, attributes), nil
	default:
		return nil, errNotPlain
	}
}

// readJSON reads a value of a type from a state. An earlier release of the provider may have stored
// fewer attributes, or others.
func readJSON(from any, typ attr.Type) (attr.Value, error) {
	if from == nil {
		return without(typ, true)
	}
	ok := false
	var v attr.Value
	switch typ := typ.(type) {
	case basetypes.StringType:
		var s string
		s, ok = from.(string)
		v = types.StringValue(s)
	case basetypes.BoolType:
		var b bool
		b, ok = from.(bool)
		v = types.BoolValue(b)
	case basetypes.Int64Type:
		var digits json.Number
		digits, ok = from.(json.Number)
		n, err := digits.Int64()
		ok = ok && err == nil
		v = types.Int64Value(n)
	case basetypes.SetType:
		var list []any
		list, ok = from.([]any)
		elements := make([]attr.Value, len(list))
		for i, element := range list {
			e, err := readJSON(element, typ.ElemType)
			if err != nil {
				return nil, err
			}
			elements[i] = e
		}
		v = types.SetValueMust(typ.ElemType, elements)
	case basetypes.MapType:
		var object map[string]any
		object, ok = from.(map[string]any)
		elements := make(map[string]attr.Value, len(object))
		for key, element := range object {
			e, err := readJSON(element, typ.ElemType)
			if err != nil {
				return nil, err
			}
			elements[key] = e
		}
		v = types.MapValueMust(typ.ElemType, elements)
	case basetypes.ObjectType:
		var object map[string]any
		object, ok = from.(map[string]any)
		attributes := make(map[string]attr.Value, len(typ.AttrTypes))
		for name, of := range typ.AttrTypes {
			a, err := readJSON(object[name], of)
			if err != nil {
				return nil, err
			}
			attributes[name] = a
		}
		v = types.ObjectValueMust(typ.AttrTypes, attributes)
	}
	if !ok {
		return nil, errNotPlain
	}
	return v, nil
}

// without is no value of a type: null, or unknown.
func without(typ attr.Type, null bool) (attr.Value, error) {
	switch typ := typ.(type) {
	case basetypes.StringType:
		return either(null, types.StringNull, types.StringUnknown), nil
	case basetypes.BoolType:
		return either(null, types.BoolNull, types.BoolUnknown), nil
	case basetypes.Int64Type:
		return either(null, types.Int64Null, types.Int64Unknown), nil
	case basetypes.SetType:
		if null {
			return types.SetNull(typ.ElemType), nil
		}
		return types.SetUnknown(typ.ElemType), nil
	case basetypes.ListType:
		if null {
			return types.ListNull(typ.ElemType), nil
		}
		return types.ListUnknown(typ.ElemType), nil
	case basetypes.MapType:
		if null {
			return types.MapNull(typ.ElemType), nil
		}
		return types.MapUnknown(typ.ElemType), nil
	case basetypes.ObjectType:
		if null {
			return types.ObjectNull(typ.AttrTypes), nil
		}
		return types.ObjectUnknown(typ.AttrTypes), nil
	default:
		return nil, errNotPlain
	}
}

func either[T any](first bool, a, b func() T) T {
	if first {
		return a()
	}
	return b()
}

// unknownMark is what stands for a value that is not known, as the protocol has it.
type unknownMark struct{}

// MarshalMsgpack writes it.
func (unknownMark) MarshalMsgpack() ([]byte, error) { return []byte{msgpcode.FixExt1, 0, 0}, nil }

// write writes a value in the CLI's notation. The names of attributes come in their order, as
// the protocol has them.
func write(to *msgpack.Encoder, value attr.Value) error {
	switch {
	case value.IsUnknown():
		return to.Encode(unknownMark{})
	case value.IsNull():
		return to.EncodeNil()
	}
	switch value := value.(type) {
	case types.String:
		return to.EncodeString(value.ValueString())
	case types.Bool:
		return to.EncodeBool(value.ValueBool())
	case types.Int64:
		return to.EncodeInt(value.ValueInt64())
	case types.Set:
		return writeList(to, value.Elements())
	case types.List:
		return writeList(to, value.Elements())
	case types.Object:
		return writeMap(to, value.Attributes())
	case types.Map:
		return writeMap(to, value.Elements())
	default:
		return errNotPlain
	}
}

func writeList(to *msgpack.Encoder, elements []attr.Value) error {
	if err := to.EncodeArrayLen(len(elements)); err != nil {
		return err
	}
	for _, element := range elements {
		if err := write(to, element); err != nil {
			return err
		}
	}
	return nil
}

func writeMap(to *msgpack.Encoder, elements map[string]attr.Value) error {
	if err := to.EncodeMapLen(len(elements)); err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(elements)) {
		if err := to.EncodeString(key); err != nil {
			return err
		}
		if err := write(to, elements[key]); err != nil {
			return err
		}
	}
	return nil
}
