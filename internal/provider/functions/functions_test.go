package functions_test

import (
	"math"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	shared "terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/functions"
	"terraform-provider-zookeeper/internal/zk"
)

// The digest of bob with the password "builder", as org.apache.zookeeper.server.auth's
// DigestAuthenticationProvider prints it.
const bob = "bob:4rsXV9JgUbFl9ZE40xENilxlRV8="

// call runs a function as the framework does. The last argument of a variadic function is
// a tuple.
func call(t *testing.T, f function.Function, args ...attr.Value) (attr.Value, *function.FuncError) {
	t.Helper()
	var def function.DefinitionResponse
	f.Definition(t.Context(), function.DefinitionRequest{}, &def)
	result, err := def.Definition.Return.NewResultData(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	resp := function.RunResponse{Result: result}
	f.Run(t.Context(), function.RunRequest{Arguments: function.NewArgumentsData(args)}, &resp)
	return resp.Result.Value(), resp.Error
}

// check expects a result, or an error with a text about the argument.
func check(t *testing.T, got attr.Value, err *function.FuncError, want attr.Value, wantErr string, argument int64) {
	t.Helper()
	switch {
	case wantErr == "" && err != nil:
		t.Errorf("error %q", err.Text)
	case wantErr == "":
		if !got.Equal(want) {
			t.Errorf("got %v, want %v", got, want)
		}
	case err == nil:
		t.Errorf("got %v, want an error with %q", got, wantErr)
	case !strings.Contains(err.Text, wantErr):
		t.Errorf("error %q, want one with %q", err.Text, wantErr)
	case err.FunctionArgument == nil || *err.FunctionArgument != argument:
		t.Errorf("the error is about argument %v, want %d", err.FunctionArgument, argument)
	}
}

func text(s string) types.String { return types.StringValue(s) }

// tuple is the last argument of a variadic function.
func tuple(texts []string) types.Tuple {
	var elements []attr.Value
	var kinds []attr.Type
	for _, s := range texts {
		elements, kinds = append(elements, text(s)), append(kinds, types.StringType)
	}
	return types.TupleValueMust(kinds, elements)
}

func TestDigest(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		user, password string
		algorithms     []string
		want           string
		wantErr        string
		argument       int64
	}{
		"plain":               {user: "bob", password: "builder", want: bob},
		"super of the manual": {user: "super", password: "superpw", want: "super:g9oN2HttPfn8MMWJZ2r45Np/LIA="},
		"colon in a password": {user: "bob", password: "a:b", want: zk.DigestID("bob", "a:b")},
		"UTF-8":               {user: "Müller", password: "Geheimnis€", want: zk.DigestID("Müller", "Geheimnis€")},
		"by its name":         {user: "bob", password: "builder", algorithms: []string{"SHA-1"}, want: bob},
		"by another":          {user: "bob", password: "builder", algorithms: []string{"SHA-256"}, want: "bob:v37dNNT7LkdtAJTDtSMyNHfa8idgzMs5y0wgHWFoUcA="},
		"by none":             {user: "bob", password: "builder", algorithms: []string{"bcrypt"}, wantErr: `no digest is made by "bcrypt"`, argument: 2},
		"by two":              {user: "bob", password: "builder", algorithms: []string{"SHA-1", "MD5"}, wantErr: "more than one algorithm", argument: 3},
		"no user":             {user: "", password: "builder", wantErr: "the user is empty", argument: 0},
		"colon in a user":     {user: "b:b", password: "builder", wantErr: "the user has a colon", argument: 0},
		"no password":         {user: "bob", password: "", wantErr: "the password is empty", argument: 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := call(t, functions.NewDigest(), text(tt.user), text(tt.password), tuple(tt.algorithms))
			check(t, got, err, text(tt.want), tt.wantErr, tt.argument)
		})
	}
}

func TestACL(t *testing.T) {
	t.Parallel()
	const r, all = zk.PermRead, zk.PermAll
	tests := map[string]struct {
		in      string
		want    zk.ACL
		wantErr string
	}{
		"world":           {in: "world:anyone:cdrwa", want: zk.ACL{Scheme: "world", ID: "anyone", Perms: all}},
		"another order":   {in: "world:anyone:awr", want: zk.ACL{Scheme: "world", ID: "anyone", Perms: r | zk.PermWrite | zk.PermAdmin}},
		"a mask":          {in: "world:anyone:31", want: zk.ACL{Scheme: "world", ID: "anyone", Perms: all}},
		"digest":          {in: "digest:" + bob + ":cdrwa", want: zk.ACL{Scheme: "digest", ID: bob, Perms: all}},
		"auth":            {in: "auth::cdrwa", want: zk.ACL{Scheme: "auth", Perms: all}},
		"a network":       {in: "ip:10.0.0.0/8:r", want: zk.ACL{Scheme: "ip", ID: "10.0.0.0/8", Perms: r}},
		"an IPv6 network": {in: "ip:2001:db8::/32:r", want: zk.ACL{Scheme: "ip", ID: "2001:db8::/32", Perms: r}},
		"a certificate":   {in: "x509:CN=web,OU=shop:a,O=Example, Inc.:r", want: zk.ACL{Scheme: "x509", ID: "CN=web,OU=shop:a,O=Example, Inc.", Perms: r}},
		"a principal":     {in: "sasl:web/host@EXAMPLE.COM:r", want: zk.ACL{Scheme: "sasl", ID: "web/host@EXAMPLE.COM", Perms: r}},
		"another scheme":  {in: "ldap:cn=web:r", want: zk.ACL{Scheme: "ldap", ID: "cn=web", Perms: r}},

		"empty":                  {in: "", wantErr: "an ACL entry is scheme:id:permissions"},
		"no permissions":         {in: "world:anyone", wantErr: "an ACL entry is scheme:id:permissions"},
		"nothing in their place": {in: "world:anyone:", wantErr: "permissions"},
		"an unknown letter":      {in: "world:anyone:rx", wantErr: `permissions "rx" have the unknown letter "x"`},
		"a mask out of range":    {in: "world:anyone:32", wantErr: `permissions "32" are no bit mask from 1 to 31`},
		"no scheme":              {in: ":anyone:r", wantErr: "the scheme is empty"},
		"somebody of the world":  {in: "world:bob:r", wantErr: `the only id of the scheme "world" is "anyone"`},
		"a password":             {in: "digest:bob:builder:r", wantErr: `what follows "bob:" is no digest`},
		"a masked digest":        {in: "digest:bob:x:r", wantErr: "is how a server shows a digest"},
		"no network":             {in: "ip:10.0.0.0/33:r", wantErr: "from 0 to 32"},
		"no name":                {in: "x509::r", wantErr: "the id is empty"},
		"two entries":            {in: "world:anyone:r,ip:10.0.0.1:r", wantErr: `the only id of the scheme "world"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := call(t, functions.NewACL(), text(tt.in))
			check(t, got, err, shared.ACLEntryValue(tt.want), tt.wantErr, 0)
			if err != nil && strings.Contains(err.Text, "builder") {
				t.Errorf("the error has the password: %s", err.Text)
			}
		})
	}
}

func TestParent(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ in, want, wantErr string }{
		"below":            {in: "/services/web", want: "/services"},
		"at the top":       {in: "/services", want: "/"},
		"root":             {in: "/", want: "/"},
		"relative":         {in: "services/web", wantErr: "is not absolute"},
		"empty":            {in: "", wantErr: "the path is empty"},
		"slash at the end": {in: "/services/", wantErr: "ends with /"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := call(t, functions.NewParent(), text(tt.in))
			check(t, got, err, text(tt.want), tt.wantErr, 0)
		})
	}
}

func TestJoin(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		path     string
		names    []string
		want     string
		wantErr  string
		argument int64
	}{
		"one":              {path: "/services", names: []string{"web"}, want: "/services/web"},
		"more":             {path: "/services", names: []string{"web", "limits", "ü"}, want: "/services/web/limits/ü"},
		"none":             {path: "/services", want: "/services"},
		"root":             {path: "/", names: []string{"services"}, want: "/services"},
		"root alone":       {path: "/", want: "/"},
		"relative":         {path: "services", names: []string{"web"}, wantErr: "is not absolute", argument: 0},
		"slash at the end": {path: "/services/", names: []string{"web"}, wantErr: "ends with /", argument: 0},
		"no name":          {path: "/services", names: []string{"web", ""}, wantErr: "the name of a node is empty", argument: 2},
		"slash in a name":  {path: "/services", names: []string{"web/limits"}, wantErr: `"web/limits" has a slash`, argument: 1},
		"slash before it":  {path: "/services", names: []string{"/web"}, wantErr: "has a slash", argument: 1},
		"upwards":          {path: "/services", names: []string{"web", "..", "db"}, wantErr: `".." is no name of a node`, argument: 2},
		"refused":          {path: "/services", names: []string{"a\nb"}, wantErr: "which ZooKeeper refuses", argument: 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := call(t, functions.NewJoin(), text(tt.path), tuple(tt.names))
			check(t, got, err, text(tt.want), tt.wantErr, tt.argument)
		})
	}
}

// The bytes are those that Curator's SharedCount and DistributedAtomicLong have stored, see the
// tests of package recipe.
func TestEncodeInt(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		number, bits int64
		want         string
		wantErr      string
		argument     int64
	}{
		"32 bits":           {number: 1234, bits: 32, want: "AAAE0g=="},
		"64 bits":           {number: 1234, bits: 64, want: "AAAAAAAABNI="},
		"negative, 32 bits": {number: -2, bits: 32, want: "/////g=="},
		"negative, 64 bits": {number: -2, bits: 64, want: "//////////4="},
		"smallest, 32 bits": {number: math.MinInt32, bits: 32, want: "gAAAAA=="},
		"largest, 64 bits":  {number: math.MaxInt64, bits: 64, want: "f/////////8="},
		"too large":         {number: math.MaxInt32 + 1, bits: 32, wantErr: "2147483648 does not fit into 32 bits", argument: 0},
		"too small":         {number: math.MinInt32 - 1, bits: 32, wantErr: "does not fit into 32 bits", argument: 0},
		"of another size":   {number: 1, bits: 16, wantErr: "a number has 32 or 64 bits, and not 16", argument: 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := call(t, functions.NewEncodeInt(), types.Int64Value(tt.number), types.Int64Value(tt.bits))
			check(t, got, err, text(tt.want), tt.wantErr, tt.argument)
			if tt.wantErr != "" {
				return
			}
			back, err := call(t, functions.NewDecodeInt(), text(tt.want))
			check(t, back, err, types.Int64Value(tt.number), "", 0)
		})
	}
}

func TestDecodeInt(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ base64, wantErr string }{
		"empty":           {"", "a number has 4 or 8 bytes, and these are 0"},
		"text":            {"12 34", "it is not standard base64"},
		"of another size": {"AAAA", "and these are 3"},
		"spare bits":      {"AAAE0h==", "it is not standard base64"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := call(t, functions.NewDecodeInt(), text(tt.base64))
			check(t, got, err, nil, tt.wantErr, 0)
		})
	}
}
