package provider

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

// blank is a configuration in which nothing is written.
func blank(change ...func(*model)) *model {
	m := &model{DefaultACL: types.SetNull(attr.ACLEntryType)}
	for _, f := range change {
		f(m)
	}
	return m
}

func env(variables map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := variables[name]
		return v, ok
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	readers := []zk.ACL{{Scheme: "world", ID: "anyone", Perms: zk.PermRead}}
	defaults := func(change func(*zk.Config)) zk.Config {
		cfg := zk.Config{
			Servers:        "127.0.0.1:2181",
			SessionTimeout: 10 * time.Second,
			ConnectTimeout: 15 * time.Second,
			RequestTimeout: 60 * time.Second,
			MaxBufferBytes: 1048575,
			Retry:          zk.RetryPolicy{Expired: true},
		}
		if change != nil {
			change(&cfg)
		}
		return cfg
	}
	tests := map[string]struct {
		model   *model
		env     map[string]string
		want    zk.Config
		unknown []string
	}{
		"defaults": {model: blank(), want: defaults(nil)},
		"all in HCL": {
			model: &model{
				Servers:        types.StringValue("zk1:2181,zk2:2181/app"),
				SessionTimeout: types.Float64Value(4),
				ConnectTimeout: types.Float64Value(0.5),
				RequestTimeout: types.Float64Value(7),
				Username:       types.StringValue("alice"),
				Password:       types.StringValue("a:b"),
				DefaultACL:     attr.ACLValue(readers),
				RandomizeHosts: types.BoolValue(false),
				ReadOnly:       types.BoolValue(true),
				MaxBufferBytes: types.Int64Value(4 << 20),
			},
			// HCL wins, so that none of these is looked at.
			env: map[string]string{
				"ZOOKEEPER_SERVERS": "://", "ZOOKEEPER_SESSION_TIMEOUT": "x", "ZOOKEEPER_CONNECT_TIMEOUT": "x", "ZOOKEEPER_REQUEST_TIMEOUT": "x", "ZOOKEEPER_USERNAME": "x", "ZOOKEEPER_PASSWORD": "x",
				"ZOOKEEPER_DEFAULT_ACL": "x", "ZOOKEEPER_RANDOMIZE_HOSTS": "x", "ZOOKEEPER_READ_ONLY": "x", "ZOOKEEPER_MAX_BUFFER_BYTES": "x",
			},
			want: zk.Config{
				Servers: "zk1:2181,zk2:2181/app", SessionTimeout: 4 * time.Second, ConnectTimeout: 500 * time.Millisecond, RequestTimeout: 7 * time.Second,
				Auth: []zk.Credential{{Scheme: "digest", Secret: "alice:a:b"}}, DefaultACL: readers, KeepHostOrder: true, ReadOnly: true, MaxBufferBytes: 4 << 20,
				Retry: zk.RetryPolicy{Expired: true},
			},
		},
		"all in the environment": {
			model: blank(),
			env: map[string]string{
				"ZOOKEEPER_SERVERS": "zk3", "ZOOKEEPER_SESSION_TIMEOUT": "4.5", "ZOOKEEPER_CONNECT_TIMEOUT": "30", "ZOOKEEPER_REQUEST_TIMEOUT": "9", "ZOOKEEPER_USERNAME": "bob", "ZOOKEEPER_PASSWORD": "builder",
				"ZOOKEEPER_DEFAULT_ACL": "world:anyone:r", "ZOOKEEPER_RANDOMIZE_HOSTS": "false", "ZOOKEEPER_READ_ONLY": "true", "ZOOKEEPER_MAX_BUFFER_BYTES": "2000",
			},
			want: zk.Config{
				Servers: "zk3", SessionTimeout: 4500 * time.Millisecond, ConnectTimeout: 30 * time.Second, RequestTimeout: 9 * time.Second,
				Auth: []zk.Credential{{Scheme: "digest", Secret: "bob:builder"}}, DefaultACL: readers, KeepHostOrder: true, ReadOnly: true, MaxBufferBytes: 2000,
				Retry: zk.RetryPolicy{Expired: true},
			},
		},
		"tfzk's variable": {
			model: blank(), env: map[string]string{"ZOOKEEPER_SESSION": "20"},
			want: defaults(func(c *zk.Config) { c.SessionTimeout = 20 * time.Second }),
		},
		"our variable before tfzk's": {
			model: blank(), env: map[string]string{"ZOOKEEPER_SESSION": "20", "ZOOKEEPER_SESSION_TIMEOUT": "5"},
			want: defaults(func(c *zk.Config) { c.SessionTimeout = 5 * time.Second }),
		},
		"an empty variable is none": {
			model: blank(), env: map[string]string{"ZOOKEEPER_SERVERS": "", "ZOOKEEPER_PASSWORD": "", "ZOOKEEPER_SESSION_TIMEOUT": ""},
			want: defaults(nil),
		},
		"user in HCL, password in the environment": {
			model: blank(func(m *model) { m.Username = types.StringValue("alice") }), env: map[string]string{"ZOOKEEPER_PASSWORD": "secret"},
			want: defaults(func(c *zk.Config) { c.Auth = []zk.Credential{{Scheme: "digest", Secret: "alice:secret"}} }),
		},
		"nobody, whatever the environment says": {
			model: blank(func(m *model) { m.Username, m.Password = types.StringValue(""), types.StringValue("") }),
			env:   map[string]string{"ZOOKEEPER_USERNAME": "bob", "ZOOKEEPER_PASSWORD": "builder"},
			want:  defaults(nil),
		},
		"unknown": {
			model: &model{
				Servers: types.StringUnknown(), SessionTimeout: types.Float64Unknown(), ConnectTimeout: types.Float64Unknown(), RequestTimeout: types.Float64Unknown(), Username: types.StringValue("alice"),
				Password: types.StringUnknown(), DefaultACL: types.SetUnknown(attr.ACLEntryType), RandomizeHosts: types.BoolUnknown(), ReadOnly: types.BoolUnknown(), MaxBufferBytes: types.Int64Unknown(),
			},
			env:     map[string]string{"ZOOKEEPER_SERVERS": "://"},
			want:    defaults(func(cfg *zk.Config) { cfg.MaxBufferBytes = 0 }),
			unknown: []string{"servers", "session_timeout", "connect_timeout", "request_timeout", "read_only", "randomize_hosts", "max_buffer_bytes", "password"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, unknown, diags := tt.model.resolve(t.Context(), env(tt.env))
			if diags.HasError() {
				t.Fatal(diags)
			}
			if !slices.Equal(unknown, tt.unknown) {
				t.Errorf("unknown %q, want %q", unknown, tt.unknown)
			}
			if got.Servers != tt.want.Servers || got.SessionTimeout != tt.want.SessionTimeout || got.ConnectTimeout != tt.want.ConnectTimeout || got.RequestTimeout != tt.want.RequestTimeout ||
				got.KeepHostOrder != tt.want.KeepHostOrder || got.ReadOnly != tt.want.ReadOnly || got.MaxBufferBytes != tt.want.MaxBufferBytes || got.Retry != tt.want.Retry ||
				!slices.Equal(got.Auth, tt.want.Auth) || !slices.Equal(got.DefaultACL, tt.want.DefaultACL) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestResolveErrors(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		model     *model
		env       map[string]string
		attribute string
		want      string
	}{
		"servers":            {blank(), map[string]string{"ZOOKEEPER_SERVERS": "zk1:port"}, "servers", `ZOOKEEPER_SERVERS, which stands for servers: server "zk1:port"`},
		"no number":          {blank(), map[string]string{"ZOOKEEPER_SESSION_TIMEOUT": "10s"}, "session_timeout", `ZOOKEEPER_SESSION_TIMEOUT, which stands for session_timeout: "10s" is no number of seconds`},
		"negative":           {blank(), map[string]string{"ZOOKEEPER_SESSION": "-1"}, "session_timeout", "ZOOKEEPER_SESSION, which stands for session_timeout: it is a number of seconds from 0.001"},
		"not a number":       {blank(), map[string]string{"ZOOKEEPER_CONNECT_TIMEOUT": "NaN"}, "connect_timeout", "it is a number of seconds"},
		"an endless request": {blank(), map[string]string{"ZOOKEEPER_REQUEST_TIMEOUT": "0"}, "request_timeout", "ZOOKEEPER_REQUEST_TIMEOUT, which stands for request_timeout: it is a number of seconds"},
		"a bound of none":    {blank(), map[string]string{"ZOOKEEPER_TREE_LIMITS_MAX_NODES": "0"}, "tree_limits.max_nodes", `"0" is no whole number from 1 to 2147483647`},
		"no boolean":         {blank(), map[string]string{"ZOOKEEPER_RANDOMIZE_HOSTS": "maybe"}, "randomize_hosts", `ZOOKEEPER_RANDOMIZE_HOSTS, which stands for randomize_hosts: "maybe" is neither true nor false`},
		"read only":          {blank(), map[string]string{"ZOOKEEPER_READ_ONLY": "yes!"}, "read_only", `ZOOKEEPER_READ_ONLY, which stands for read_only: "yes!" is neither true nor false`},
		"no whole number":    {blank(), map[string]string{"ZOOKEEPER_MAX_BUFFER_BYTES": "1.5"}, "max_buffer_bytes", `"1.5" is no whole number from 1 to 2147483647`},
		"zero bytes":         {blank(), map[string]string{"ZOOKEEPER_MAX_BUFFER_BYTES": "0"}, "max_buffer_bytes", `"0" is no whole number`},
		"ACL":                {blank(), map[string]string{"ZOOKEEPER_DEFAULT_ACL": "world:anyone:rx"}, "default_acl", `ZOOKEEPER_DEFAULT_ACL, which stands for default_acl: entry 1: permissions "rx" have the unknown letter "x"`},
		"colon in a name":    {blank(), map[string]string{"ZOOKEEPER_USERNAME": "a:b", "ZOOKEEPER_PASSWORD": "c"}, "username", "has no colon"},
		"user alone":         {blank(func(m *model) { m.Username = types.StringValue("alice") }), nil, "password", "There is a user name (username or ZOOKEEPER_USERNAME) and no password"},
		"password alone":     {blank(), map[string]string{"ZOOKEEPER_PASSWORD": "secret"}, "username", "There is a password (password or ZOOKEEPER_PASSWORD) and no user name"},
		"an empty password":  {blank(func(m *model) { m.Username, m.Password = types.StringValue("alice"), types.StringValue("") }), nil, "password", "and no password"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, diags := tt.model.resolve(t.Context(), env(tt.env))
			checkOne(t, diags, tt.attribute, tt.want)
			if strings.Contains(diags[0].Detail(), "secret") {
				t.Errorf("the error shows a password: %s", diags[0].Detail())
			}
		})
	}
}

func TestValidators(t *testing.T) {
	t.Parallel()
	servers := func(v types.String) diag.Diagnostics {
		var resp validator.StringResponse
		serversValidator.ValidateString(t.Context(), validator.StringRequest{Path: path.Root("servers"), ConfigValue: v}, &resp)
		return resp.Diagnostics
	}
	seconds := func(v types.Float64) diag.Diagnostics {
		var resp validator.Float64Response
		secondsValidator.ValidateFloat64(t.Context(), validator.Float64Request{Path: path.Root("session_timeout"), ConfigValue: v}, &resp)
		return resp.Diagnostics
	}
	username := func(v types.String) diag.Diagnostics {
		var resp validator.StringResponse
		usernameValidator.ValidateString(t.Context(), validator.StringRequest{Path: path.Root("username"), ConfigValue: v}, &resp)
		return resp.Diagnostics
	}
	for name, valid := range map[string]diag.Diagnostics{
		"servers null": servers(types.StringNull()), "servers unknown": servers(types.StringUnknown()), "servers": servers(types.StringValue("[::1]:2181,zk/chroot")),
		"seconds null": seconds(types.Float64Null()), "seconds unknown": seconds(types.Float64Unknown()), "seconds": seconds(types.Float64Value(0.25)),
		"username null": username(types.StringNull()), "username unknown": username(types.StringUnknown()), "username": username(types.StringValue("alice")),
	} {
		if valid.HasError() {
			t.Errorf("%s: %v", name, valid)
		}
	}
	checkOne(t, servers(types.StringValue("zk1,,zk2")), "servers", "empty entry")
	checkOne(t, servers(types.StringValue("")), "servers", "the server list is empty")
	checkOne(t, seconds(types.Float64Value(0)), "session_timeout", "from 0.001 to 2147483, and not 0")
	checkOne(t, seconds(types.Float64Value(2147484)), "session_timeout", "from 0.001 to 2147483, and not 2147484.")
	checkOne(t, seconds(types.Float64Value(2147483.75)), "session_timeout", "and not 2147483.75.")
	checkOne(t, seconds(types.Float64Value(0.00000001)), "session_timeout", "and not 0.00000001.")
	checkOne(t, seconds(types.Float64Value(1e300)), "session_timeout", "and not 1e+300.")
	checkOne(t, seconds(types.Float64Value(-3)), "session_timeout", "not -3")
	checkOne(t, seconds(types.Float64Value(math.Inf(1))), "session_timeout", "not +Inf")
	checkOne(t, username(types.StringValue("alice:secret")), "username", "has no colon")
}

// checkOne checks that there is one error, at the attribute, with the text.
func checkOne(t *testing.T, diags diag.Diagnostics, attribute, want string) {
	t.Helper()
	if len(diags) != 1 || !strings.Contains(diags[0].Detail(), want) {
		t.Fatalf("got %v, want one error with %q", diags, want)
	}
	at, ok := diags[0].(diag.DiagnosticWithPath)
	if !ok || at.Path().String() != attribute {
		t.Errorf("%v is not at %s", diags[0], attribute)
	}
}
