package attr

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"
	"golang.org/x/text/unicode/norm"
)

// ImportedContent is where the content of a node goes when the node is imported or listed: the
// values of `data` and `data_base64`, of which one at least is null, and of `compare`.
//
// The CLIs can generate the configuration of an imported resource. Such a configuration does
// not always have the value that the provider returned: JSON becomes a call of jsonencode, and
// an empty string becomes null. ImportedContent chooses values for which the generated
// configuration is valid and the plan after the import is empty:
//
//   - Empty content is null in both attributes.
//   - Text that the generated configuration has byte for byte is in data.
//   - JSON that the generated configuration has as the same value is in data, and compare is
//     "json".
//   - Everything else is in data_base64.
//   - Content that no generated configuration can have in either attribute is null in both:
//     the resource does not follow it.
//
// This is for attributes of the type string. The CLIs write the elements of a map as they are:
// see [ImportedElement].
func ImportedContent(content []byte) (text, b64 types.String, compare string) {
	null := types.StringNull()
	if len(content) == 0 {
		return null, null, CompareBytes
	}
	if value, ok := ImportedElement(content); ok {
		if config, ok := generatedText(content); ok {
			switch {
			case bytes.Equal(config, content):
				return value, null, CompareBytes
			case sameJSON(config, content):
				return value, null, CompareJSON
			}
		}
	}
	value := Base64Value(content)
	if _, ok := generatedText([]byte(value.ValueString())); !ok {
		return null, null, CompareBytes // for example 1E9999999999, which is base64 and a number
	}
	return null, value, CompareBytes
}

// ImportedElement is [ImportedContent] for a map from names to contents: the element of
// `data`, or false where the content belongs in `data_base64`.
func ImportedElement(content []byte) (types.String, bool) {
	value := TextValue(content)
	return value, !IsDescribed(value.ValueString())
}

// generatedText is the value that a text has in generated configuration. It is false where
// Terraform or OpenTofu generates configuration that is not valid.
//
// Both write a text that is a JSON object or array as a call of jsonencode, with an argument
// that they decode from it. Terraform does so for `null` too. All other text becomes a string
// literal, which has every byte.
func generatedText(text []byte) ([]byte, bool) {
	if !json.Valid(text) {
		return text, !beginsAsJSON(text)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, false
	}
	switch v := value.(type) {
	case string, bool:
		return text, true
	case json.Number:
		// Terraform decodes it too, and fails for a number that is out of range.
		_, ok := parseNumber(v)
		return text, ok
	}
	value, ok := generatedValue(value)
	if !ok {
		return nil, false
	}
	encoded, err := json.Marshal(value)
	return encoded, err == nil
}

// beginsAsJSON reports whether OpenTofu takes for a JSON object or array what is not quite
// one. It does not see blanks around it that JSON does not know, nor what comes after it and
// begins with a closing bracket.
func beginsAsJSON(text []byte) bool {
	text = bytes.TrimSpace(text)
	if !bytes.HasPrefix(text, []byte("{")) && !bytes.HasPrefix(text, []byte("[")) {
		return false
	}
	d := json.NewDecoder(bytes.NewReader(text))
	var value json.RawMessage
	return d.Decode(&value) == nil && !d.More()
}

// generatedValue is what a value that is decoded from JSON, with its numbers as they were
// written, is after it has been an argument of jsonencode. It is false where the argument is
// not valid.
func generatedValue(value any) (any, bool) {
	switch v := value.(type) {
	case json.Number:
		return generatedNumber(v)
	case string:
		return norm.NFC.String(v), true
	case []any:
		for i := range v {
			var ok bool
			if v[i], ok = generatedValue(v[i]); !ok {
				return nil, false
			}
		}
		return v, true
	case map[string]any:
		return generatedObject(v)
	default: // true, false, null
		return v, true
	}
}

func generatedObject(members map[string]any) (any, bool) {
	out := make(map[string]any, len(members))
	for name, member := range members {
		member, ok := generatedValue(member)
		if !ok {
			return nil, false
		}
		out[norm.NFC.String(name)] = member
	}
	// Names stand in this order, and without quotes where they can. `for` at the beginning is
	// read as the keyword of an expression.
	if names := slices.Sorted(maps.Keys(out)); len(names) > 0 && names[0] == "for" {
		return nil, false
	}
	return out, true
}

// maxExponent bounds the numbers in JSON: the CLIs write them with all their zeros.
const maxExponent = 1000

// generatedNumber is a number as jsonencode writes it.
func generatedNumber(number json.Number) (any, bool) {
	if i := strings.IndexAny(number.String(), "eE"); i >= 0 {
		exponent, err := strconv.Atoi(number.String()[i+1:])
		if err != nil || exponent < -maxExponent || exponent > maxExponent {
			return nil, false
		}
	}
	f, ok := parseNumber(number)
	if !ok {
		return nil, false
	}
	return json.Number(f.Text('f', -1)), true
}

// parseNumber parses a number as the CLIs do.
func parseNumber(number json.Number) (*big.Float, bool) {
	f, _, err := big.ParseFloat(number.String(), 10, 512, big.ToNearestEven)
	return f, err == nil
}
