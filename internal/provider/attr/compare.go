package attr

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	resource "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// The values of compare.
const (
	CompareBytes = "bytes"
	CompareJSON  = "json"
)

// ResourceCompare is the attribute `compare` of a resource that writes content.
func ResourceCompare() resource.StringAttribute {
	return resource.StringAttribute{
		Optional: true,
		Computed: true,
		Default:  stringdefault.StaticString(CompareBytes),
		MarkdownDescription: "When content counts as changed. `bytes` (the default): when any byte differs. `json`: when the JSON value differs; the order of keys and the blanks between them do not matter, and the servers keep the bytes that they have. " +
			"Content that is not JSON on both sides is compared by its bytes; so is JSON that names a key twice in one object.",
		Validators: []validator.String{stringvalidator.OneOf(CompareBytes, CompareJSON)},
	}
}

// SameContent reports whether two contents are the same for `compare`.
func SameContent(compare types.String, a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	return compare.ValueString() == CompareJSON && sameJSON(a, b)
}

// sameJSON reports whether two texts are the same JSON value. A number is the same as another
// of its value however it is written, as in 1, 1.0 and 10e-1, and is never rounded.
func sameJSON(a, b []byte) bool {
	x, errX := canonicalJSON(a)
	y, errY := canonicalJSON(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

var errNoJSON = errors.New("no JSON that could be compared by its value")

// canonicalJSON writes a JSON text so that the same value is always the same text. It refuses
// what the standard decoder would let pass with a part of it lost: bytes that are not UTF-8,
// halves of a surrogate pair, a key that is there twice.
func canonicalJSON(text []byte) ([]byte, error) {
	if !utf8.Valid(text) || !json.Valid(text) {
		return nil, errNoJSON
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	value, err := canonicalValue(d)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errNoJSON
	}
	return value, nil
}

func canonicalValue(d *json.Decoder) ([]byte, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch v := token.(type) {
	case json.Delim:
		if v == '{' {
			return canonicalObject(d)
		}
		return canonicalArray(d)
	case json.Number:
		return []byte(canonicalNumber(v.String())), nil
	case string:
		return canonicalString(v)
	default: // true, false, null
		return json.Marshal(v)
	}
}

func canonicalArray(d *json.Decoder) ([]byte, error) {
	out := []byte{'['}
	for d.More() {
		element, err := canonicalValue(d)
		if err != nil {
			return nil, err
		}
		out = append(append(out, element...), ',')
	}
	_, err := d.Token()
	return append(out, ']'), err
}

func canonicalObject(d *json.Decoder) ([]byte, error) {
	members := make(map[string][]byte)
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string)
		key, err := canonicalString(name)
		if err != nil {
			return nil, err
		}
		if _, twice := members[string(key)]; twice {
			return nil, errNoJSON
		}
		if members[string(key)], err = canonicalValue(d); err != nil {
			return nil, err
		}
	}
	out := []byte{'{'}
	for _, key := range slices.Sorted(maps.Keys(members)) {
		out = append(append(append(append(out, key...), ':'), members[key]...), ',')
	}
	_, err := d.Token()
	return append(out, '}'), err
}

// canonicalString refuses a string in which the decoder may have replaced what is no
// character.
func canonicalString(s string) ([]byte, error) {
	if strings.ContainsRune(s, utf8.RuneError) {
		return nil, errNoJSON
	}
	return json.Marshal(s)
}

// canonicalNumber writes a number as its digits, without zeros at either end, and an exponent.
// It does not compute with it: an exponent can be larger than any machine's numbers.
func canonicalNumber(s string) string {
	sign := ""
	if rest, negative := strings.CutPrefix(s, "-"); negative {
		sign, s = "-", rest
	}
	mantissa, exponent := s, "0"
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, exponent = s[:i], s[i+1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	shift := -len(fraction)
	if trimmed := strings.TrimRight(digits, "0"); trimmed != digits {
		shift += len(digits) - len(trimmed)
		digits = trimmed
	}
	if digits == "" {
		return "0"
	}
	e, ok := new(big.Int).SetString(exponent, 10)
	if !ok {
		return sign + s
	}
	return sign + digits + "e" + e.Add(e, big.NewInt(int64(shift))).String()
}
