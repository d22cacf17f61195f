package attr_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"
	"golang.org/x/text/unicode/norm"

	"terraform-provider-zookeeper/internal/provider/attr"
)

// Whatever bytes a node holds, the attribute `data` has all of them, in a text that a CLI does
// not change and that no user may write.
func TestTextValue(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		content string
		want    string // "" for the content itself
	}{
		"text":                   {"Grüße, 世界", ""},
		"empty":                  {"", "empty"},
		"a NUL":                  {"\x00", ""},
		"one byte":               {"\xff", "(1 byte, not UTF-8, in base64: /w==)"},
		"not UTF-8":              {"a\xff\xfe", "(3 bytes, not UTF-8, in base64: Yf/+)"},
		"another form":           {"cafe\u0301", "(6 bytes, text in another Unicode form than NFC, in base64: Y2FmZcyB)"},
		"a description":          {"(1 byte, not UTF-8, in base64: /w==)", "(36 bytes, text that reads like this one, in base64: KDEgYnl0ZSwgbm90IFVURi04LCBpbiBiYXNlNjQ6IC93PT0p)"},
		"nearly a description":   {"(2 bytes, not UTF-8, in base64: !)", ""},
		"parentheses of its own": {"(a, b)", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := tt.want
			if want == "" || want == "empty" {
				want = tt.content
			}
			got := attr.TextValue([]byte(tt.content)).ValueString()
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if back := attr.TextContent(got); string(back) != tt.content {
				t.Errorf("it is read back as %q", back)
			}
			if refused := attr.CheckText(got) != nil; refused != (got != tt.content) {
				t.Errorf("refused as a user's text: %v", refused)
			}
		})
	}
}

func FuzzTextValue(f *testing.F) {
	for _, seed := range []string{"", "text", "\xff", "cafe\u0301", "(1 byte, not UTF-8, in base64: /w==)"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		text := attr.TextValue(content).ValueString()
		if back := attr.TextContent(text); !bytes.Equal(back, content) {
			t.Errorf("%q is shown as %q and read back as %q", content, text, back)
		}
		if !norm.NFC.IsNormalString(text) {
			t.Errorf("%q is shown as %q, which a CLI changes", content, text)
		}
	})
}

func TestSameContent(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		a, b  string
		bytes bool // the same by its bytes
		json  bool // the same JSON value
	}{
		"the same bytes":             {`{"a":1}`, `{"a":1}`, true, true},
		"blanks":                     {`{"a":[1,2]}`, "{ \"a\" : [1,\n2] }\n", false, true},
		"order of keys":              {`{"a":1,"b":{"c":2,"d":3}}`, `{"b":{"d":3,"c":2},"a":1}`, false, true},
		"order of a list":            {`[1,2]`, `[2,1]`, false, false},
		"escapes":                    {`"é/<"`, `"\u00e9\/\u003c"`, false, true},
		"one number, two notations":  {`[1.50, -0, 10e-1, 100]`, `[15e-1, 0.0, 1, 1E+2]`, false, true},
		"numbers beyond a float's":   {`9007199254740993`, `9007199254740992`, false, false},
		"exponents beyond a machine": {`1e99999999999999999999`, `10e99999999999999999998`, false, true},
		"a number and a text":        {`1`, `"1"`, false, false},
		"null and nothing":           {`{"a":null}`, `{}`, false, false},
		"a key twice":                {`{"a":1,"a":2}`, `{"a": 1,"a":2}`, false, false},
		"a key twice by escape":      {`{"a":1,"\u0061":2}`, `{"a": 1,"\u0061":2}`, false, false},
		"halves of a pair":           {`"\ud800"`, `"\ud801"`, false, false},
		"two Unicode forms":          {"\"caf\u00e9\"", "\"cafe\u0301\"", false, false},
		"not UTF-8":                  {"\"\xff\"", "\"\xfe\"", false, false},
		"one side is no JSON":        {`{"a":1}`, `{"a":1}x`, false, false},
		"two values":                 {`1 2`, `1  2`, false, false},
		"no JSON at all":             {`a`, ` a`, false, false},
		"empty":                      {``, ` `, false, false},
		"nested too deep":            {strings.Repeat("[", 20_000), strings.Repeat("[", 20_000) + " ", false, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, pair := range [][2]string{{tt.a, tt.b}, {tt.b, tt.a}} {
				if got := attr.SameContent(types.StringValue(attr.CompareBytes), []byte(pair[0]), []byte(pair[1])); got != tt.bytes {
					t.Errorf("by bytes: %v", got)
				}
				if got := attr.SameContent(types.StringValue(attr.CompareJSON), []byte(pair[0]), []byte(pair[1])); got != tt.json {
					t.Errorf("as JSON: %v", got)
				}
			}
		})
	}
}
