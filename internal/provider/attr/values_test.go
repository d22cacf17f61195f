package attr_test

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

func TestDataValues(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		data []byte
		text types.String
		b64  string
	}{
		"text":          {[]byte("Grüße, 世界"), types.StringValue("Grüße, 世界"), "R3LDvMOfZSwg5LiW55WM"},
		"binary":        {[]byte{0, 1, 2, 0xfe, 0xff}, types.StringNull(), "AAEC/v8="},
		"binary as NUL": {[]byte{0}, types.StringValue("\x00"), "AA=="},
		"empty":         {[]byte{}, types.StringValue(""), ""},
		"none at all":   {nil, types.StringValue(""), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, b64 := attr.DataValues(tt.data)
			if !text.Equal(tt.text) || b64.ValueString() != tt.b64 {
				t.Errorf("got %v and %v, want %v and %q", text, b64, tt.text, tt.b64)
			}
			back, err := attr.DecodeBase64(b64.ValueString())
			if err != nil || !bytes.Equal(back, tt.data) {
				t.Errorf("decoded to %q, %v", back, err)
			}
		})
	}
}

func TestBase64Validator(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in   types.String
		want string
	}{
		"null":         {in: types.StringNull()},
		"unknown":      {in: types.StringUnknown()},
		"empty":        {in: types.StringValue("")},
		"standard":     {in: types.StringValue("AAEC/v8=")},
		"no padding":   {types.StringValue("AAEC/v8"), "its padding (=) is missing"},
		"URL alphabet": {types.StringValue("AAEC_v8="), "it is wrong from character 5 of 8 on"},
		"stray bits":   {types.StringValue("AAEC/v9="), "it is wrong from character"},
		"line breaks":  {types.StringValue("AAEC\n/v8=\n"), "it has line breaks, which are not allowed here"},
		"clear text":   {types.StringValue("hello, world"), "it is wrong from character 6 of 12 on"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var resp validator.StringResponse
			attr.Base64().ValidateString(t.Context(), validator.StringRequest{Path: path.Root("data_base64"), ConfigValue: tt.in}, &resp)
			checkDetail(t, resp, tt.want)
		})
	}
}

func TestPathValidators(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in                types.String
		want, wantManaged string
	}{
		"null":              {in: types.StringNull()},
		"unknown":           {in: types.StringUnknown()},
		"fine":              {in: types.StringValue("/a/b c/ü")},
		"like zookeeper":    {in: types.StringValue("/zookeepers")},
		"relative":          {types.StringValue("a/b"), `"a/b" is not absolute`, `"a/b" is not absolute`},
		"slash at the end":  {types.StringValue("/a/"), "ends with /", "ends with /"},
		"empty element":     {types.StringValue("/a//b"), "empty element", "empty element"},
		"root":              {types.StringValue("/"), "", `root "/" always exists`},
		"ZooKeeper's own":   {types.StringValue("/zookeeper"), "", "belongs to ZooKeeper itself"},
		"and what is below": {types.StringValue("/zookeeper/quota/a"), "", "belongs to ZooKeeper itself"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, kind := range []struct {
				validator.String
				want string
			}{{attr.Path(), tt.want}, {attr.ManagedPath(), tt.wantManaged}} {
				var resp validator.StringResponse
				kind.ValidateString(t.Context(), validator.StringRequest{Path: path.Root("path"), ConfigValue: tt.in}, &resp)
				checkDetail(t, resp, kind.want)
			}
		})
	}
}

func checkDetail(t *testing.T, resp validator.StringResponse, want string) {
	t.Helper()
	switch got := resp.Diagnostics.Errors(); {
	case want == "" && len(got) > 0:
		t.Errorf("unexpected error: %v", got)
	case want != "" && (len(got) != 1 || !strings.Contains(got[0].Detail(), want)):
		t.Errorf("errors %v, want one with %q", got, want)
	}
}

func TestStatValue(t *testing.T) {
	t.Parallel()
	stat := zk.Stat{
		Czxid: 1, Mzxid: 2, Ctime: 3, Mtime: 4, Version: 5, Cversion: 6, Aversion: 7,
		EphemeralOwner: math.MinInt64, DataLength: 9, NumChildren: 10, Pzxid: 11,
	}
	got := attr.StatValue(stat)
	for name, want := range map[string]int64{
		"czxid": 1, "mzxid": 2, "ctime": 3, "mtime": 4, "version": 5, "cversion": 6, "aversion": 7,
		"ephemeral_owner": math.MinInt64, "data_length": 9, "num_children": 10, "pzxid": 11,
	} {
		if v := got.Attributes()[name]; !v.Equal(types.Int64Value(want)) {
			t.Errorf("%s = %v, want %d", name, v, want)
		}
	}
	if n := len(got.Attributes()); n != 11 {
		t.Errorf("%d attributes", n)
	}

	planned, ok := attr.PlannedAgainst(got)
	if want := (attr.Planned{Czxid: 1, Version: 5, Aversion: 7}); !ok || planned != want {
		t.Errorf("planned against %v, %v; want %v", planned, ok, want)
	}
	for _, none := range []types.Object{types.ObjectNull(attr.StatType.AttrTypes), types.ObjectUnknown(attr.StatType.AttrTypes)} {
		if _, ok := attr.PlannedAgainst(none); ok {
			t.Errorf("%v says what was planned against", none)
		}
	}

	// What is not known is null, and no number.
	some := planned.Stat()
	if again, ok := attr.PlannedAgainst(some); !ok || again != planned {
		t.Errorf("planned against %v, %v; want %v", again, ok, planned)
	}
	for name, v := range some.Attributes() {
		if known := name == "czxid" || name == "version" || name == "aversion"; v.IsNull() == known {
			t.Errorf("%s = %v", name, v)
		}
	}
}
