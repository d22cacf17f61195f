package attr_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"terraform-provider-zookeeper/internal/provider/attr"
)

// cafe is the word in NFD, and its twin in NFC.
const (
	cafe    = "cafe\u0301"
	cafeNFC = "caf\u00e9"
)

// deep is an array in arrays.
func deep(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }

func TestImportedContent(t *testing.T) {
	t.Parallel()
	const (
		null   = "null"
		data   = "data"
		asJSON = "data, compared as JSON"
		inB64  = "data_base64"
	)
	tests := map[string]struct{ content, want string }{
		"empty":                            {"", null},
		"text":                             {"Grüße, 世界", data},
		"lines":                            {"a = 1\r\n\tb = 2\n", data},
		"control characters":               {"\x00\x01\x7f\u0085\u2028\ufeff", data},
		"templates":                        {`${a} $${b} $$${c} %{if} %%{d} $% \${e} ${`, data},
		"quotes":                           {`"a" \" \n \u0041`, data},
		"not UTF-8":                        {"\xff", inB64},
		"not NFC":                          {cafe, inB64},
		"a description":                    {"(1 byte, not UTF-8, in base64: /w==)", inB64},
		"an ini file":                      {"[client]\nport=1\n", data},
		"JSON and a closing bracket":       {`{"a":1}}`, inB64},
		"JSON, a closing bracket and more": {`{"a":1} ] x`, inB64},
		"JSON in lines":                    {"{\"a\":1}\n{\"b\":2}\n", data},
		"JSON that is cut off":             {`{"a":1`, data},
		"JSON between blanks of another standard": {"\u00a0{\"a\":1}\v", inB64},
		"an object as jsonencode writes it":       {`{"a":1,"b":[true,null,"x"]}`, data},
		"an empty object":                         {`{}`, data},
		"an empty array":                          {`[]`, data},
		"blanks":                                  {"{\n  \"a\": 1\n}\n", asJSON},
		"another order":                           {`{"version":1,"config":{}}`, asJSON},
		"characters that jsonencode escapes":      {`["<a&b>"]`, asJSON},
		"the same, escaped":                       {`["\u003ca\u0026b\u003e"]`, data},
		"escapes that are not needed":             {`["\u0041\/"]`, asJSON},
		"a fraction of nothing":                   {`[1.0]`, asJSON},
		"an exponent":                             {`[1e3,2.50E-7]`, asJSON},
		"the range of a double":                   {`[1.7976931348623157e308,5e-324]`, asJSON},
		"minus nothing":                           {`[-0]`, data},
		"minus nothing, with a fraction":          {`[-0.0]`, asJSON},
		"150 digits":                              {"[" + strings.Repeat("7", 150) + "]", data},
		"160 digits":                              {"[" + strings.Repeat("7", 160) + "]", inB64},
		"160 digits of a fraction":                {"[0." + strings.Repeat("7", 160) + "]", inB64},
		"a huge exponent":                         {`[1e999999999]`, inB64},
		"an exponent out of all range":            {`[1e99999999999999999999]`, inB64},
		"a key twice":                             {`{"a":1,"a":1}`, inB64},
		"a key twice, with another type":          {`{"a":1,"a":"x"}`, inB64},
		"a key twice, inside":                     {`[{"a":{"b":1,"b":2}}]`, inB64},
		"a key twice but for its form":            {`{"cafe\u0301":1,"caf\u00e9":2}`, inB64},
		"a key that is not NFC":                   {`{"cafe\u0301":1}`, inB64},
		"a string that is not NFC":                {`["cafe\u0301"]`, inB64},
		"half a surrogate pair":                   {`["\ud800"]`, inB64},
		"a whole surrogate pair":                  {`["\ud83d\ude00"]`, asJSON},
		"keys that are keywords":                  {`{"":0,"for":1,"if":2,"in":3,"null":4,"true":5}`, data},
		"for at the beginning":                    {`{"for":1,"if":2}`, inB64},
		"for at the beginning, inside":            {`[{"a":{"in":1, "for":1}}]`, inB64},
		"keys with templates":                     {`{"$${a}":"%{b}","${a}":1}`, data},
		"a number":                                {"1", data},
		"a number that is written otherwise":      {" 1.0e2\n", data},
		"a number out of range":                   {"1e9999999999", inB64},
		"a commit":                                {"7e12345", data},
		"a string in quotes":                      {"\"a\"\n", data},
		"a truth":                                 {"true", data},
		"null":                                    {"null", data},
		"null and a blank":                        {"null\n", asJSON},
		"deep":                                    {deep(500), data},
		"base64 that is a number":                 {unbase64(t, "123456789012"), inB64},
		"base64 that is null":                     {unbase64(t, "null"), inB64},
		"base64 that is a number out of range":    {unbase64(t, "1E9999999999"), null},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, b64, compare := attr.ImportedContent([]byte(tt.content))
			got := null
			switch {
			case !text.IsNull() && compare == attr.CompareJSON:
				got = asJSON
			case !text.IsNull():
				got = data
			case !b64.IsNull():
				got = inB64
			}
			if got != tt.want {
				t.Errorf("%q is imported as %s, want %s", tt.content, got, tt.want)
			}
			checkImported(t, []byte(tt.content))
		})
	}
}

func FuzzImportedContent(f *testing.F) {
	for _, seed := range []string{
		"", "text", "\xff", cafe, "1", "1e9", "null\n", `{"b":[1.0,-0,1e3],"a":"<"}`, `{"a":1}]`, "\u00a0[]", `{"for":1}`, `["\ud800\u0301"]`,
		`{"a":1,"a":{}}`, "$${a}%%{b}", unbase64(f, "1E99"), deep(10), "[0.1234567890123456789012345678901234567890e-9]",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		checkImported(t, content)
	})
}

// checkImported holds ImportedContent to what the CLIs make of its values.
func checkImported(t *testing.T, content []byte) {
	t.Helper()
	text, b64, compare := attr.ImportedContent(content)
	if !text.IsNull() && !b64.IsNull() {
		t.Errorf("%q is in both attributes", content)
	}
	if !text.IsNull() && text.ValueString() != string(content) {
		t.Errorf("%q is in data as %q", content, text.ValueString())
	}
	if decoded, err := base64.StdEncoding.DecodeString(b64.ValueString()); !b64.IsNull() && (err != nil || !bytes.Equal(decoded, content)) {
		t.Errorf("%q is in data_base64 as %q", content, b64.ValueString())
	}
	if !b64.IsNull() && compare != attr.CompareBytes {
		t.Errorf("%q in data_base64 is compared as %s", content, compare)
	}
	for cli, write := range map[string]func(cty.Value) (hclwrite.Tokens, error){"Terraform": terraformWrites, "OpenTofu": openTofuWrites} {
		for name, value := range map[string]types.String{"data": text, "data_base64": b64} {
			if value.IsNull() {
				continue
			}
			crossed := cty.StringVal(value.ValueString())
			if crossed.AsString() != value.ValueString() {
				t.Errorf("%s changes %s = %q on the way", cli, name, value.ValueString())
			}
			config, err := generated(write, crossed)
			switch {
			case err != nil:
				t.Errorf("%s writes no valid configuration for %s = %q: %v", cli, name, value.ValueString(), err)
			case name == "data" && attr.CheckText(config) != nil:
				t.Errorf("%s writes %s = %q, which no user may write", cli, name, config)
			case !attr.SameContent(types.StringValue(compare), []byte(config), []byte(value.ValueString())):
				t.Errorf("%s writes %s = %q as %q, which is another content with compare = %q", cli, name, value.ValueString(), config, compare)
			case compare == attr.CompareJSON && name == "data" && cli == "Terraform" && config == value.ValueString():
				t.Errorf("%q would do with compare = %q", content, attr.CompareBytes)
			}
		}
	}
}

// generated is the value of a string attribute in the configuration that a CLI generates.
func generated(write func(cty.Value) (hclwrite.Tokens, error), value cty.Value) (string, error) {
	if value.AsString() == "" {
		return "", fmt.Errorf("an empty string becomes null")
	}
	tokens, err := write(value)
	if err != nil {
		return "", err
	}
	source := hclwrite.Format(append([]byte("value = "), append(tokens.Bytes(), '\n')...))
	file, diags := hclsyntax.ParseConfig(source, "generated.tf", hcl.InitialPos)
	if diags.HasErrors() {
		return "", diags
	}
	attributes, diags := file.Body.JustAttributes()
	if diags.HasErrors() || attributes["value"] == nil {
		return "", diags
	}
	result, diags := attributes["value"].Expr.Value(&hcl.EvalContext{Functions: map[string]function.Function{"jsonencode": stdlib.JSONEncodeFunc}})
	if diags.HasErrors() {
		return "", diags
	}
	return result.AsString(), nil
}

// terraformWrites generates the expression of a string as Terraform 1.14 to 1.16 do.
func terraformWrites(value cty.Value) (hclwrite.Tokens, error) {
	text := []byte(value.AsString())
	if !json.Valid(text) {
		return hclwrite.TokensForValue(value), nil
	}
	var decoded ctyjson.SimpleJSONValue
	if err := decoded.UnmarshalJSON(text); err != nil {
		return nil, err // a warning, and an attribute without an expression
	}
	if decoded.Type().IsPrimitiveType() {
		return hclwrite.TokensForValue(value), nil
	}
	return hclwrite.TokensForFunctionCall("jsonencode", hclwrite.TokensForValue(decoded.Value)), nil
}

// openTofuWrites generates the expression of a string as OpenTofu 1.12 does.
func openTofuWrites(value cty.Value) (hclwrite.Tokens, error) {
	literal := hclwrite.TokensForValue(value)
	text := []byte(strings.TrimSpace(value.AsString()))
	if len(text) == 0 || text[0] != '{' && text[0] != '[' {
		return literal, nil
	}
	if implied, err := ctyjson.ImpliedType(text); err == nil {
		if decoded, err := ctyjson.Unmarshal(text, implied); err == nil {
			return hclwrite.TokensForFunctionCall("jsonencode", hclwrite.TokensForValue(decoded)), nil
		}
	}
	return literal, nil
}

func unbase64(tb testing.TB, s string) string {
	tb.Helper()
	content, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		tb.Fatal(err)
	}
	return string(content)
}
