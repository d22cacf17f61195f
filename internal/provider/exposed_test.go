package provider

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

// What makes the provider less safe than it seems is told of, by the name of what does it, and
// once; and nothing else is.
func TestWarnExposed(t *testing.T) {
	t.Parallel()
	as := func(change ...func(*model)) *model {
		return blank(append([]func(*model){func(m *model) {
			m.Username, m.Password = types.StringValue("alice"), types.StringValue("wonderland")
		}}, change...)...)
	}
	tls := func(values map[string]any) func(*model) {
		return func(m *model) { m.TLS = object(t, tlsAttribute(), values) }
	}
	lock := func(values map[string]any) func(*model) {
		return func(m *model) { m.Lock = object(t, lockAttribute(), values) }
	}
	at := func(servers string) func(*model) {
		return func(m *model) { m.Servers = types.StringValue(servers) }
	}
	onOpenDefault := func(m *model) { m.DefaultACL = attr.ACLValue(zk.OpenACL()) }
	run := lock(map[string]any{"path": "/locks/run"})
	for name, tc := range map[string]struct {
		model *model
		env   map[string]string
		want  []string // attribute, summary, parts of the text
	}{
		"nothing": {blank(), nil, nil},
		"a CA for TLS that is off": {
			as(),
			map[string]string{"ZOOKEEPER_TLS_CA_FILE": "/nowhere"},
			[]string{"tls|TLS is off|ZOOKEEPER_TLS_CA_FILE is set|ZOOKEEPER_TLS_ENABLED=true"},
		},
		"much for TLS that is switched off": {
			as(),
			map[string]string{"ZOOKEEPER_TLS_ENABLED": "false", "ZOOKEEPER_TLS_KEY_PASSWORD": "wonderland", "ZOOKEEPER_TLS_CERT_PEM": "x", "ZOOKEEPER_TLS_INSECURE_SKIP_VERIFY": "false"},
			[]string{"tls|TLS is off|ZOOKEEPER_TLS_CERT_PEM, ZOOKEEPER_TLS_INSECURE_SKIP_VERIFY, ZOOKEEPER_TLS_KEY_PASSWORD are set"},
		},
		"TLS that is switched off, alone": {as(), map[string]string{"ZOOKEEPER_TLS_ENABLED": "false", "ZOOKEEPER_TLS_CA_FILE": ""}, nil},
		"TLS that is not known":           {as(func(m *model) { m.TLS = types.ObjectUnknown(nil) }, at("zk1.example.com")), map[string]string{"ZOOKEEPER_TLS_CA_FILE": "/nowhere"}, nil},
		"a password for SASL that is off": {
			blank(),
			map[string]string{"ZOOKEEPER_SASL_USERNAME": "alice", "ZOOKEEPER_SASL_PASSWORD": "wonderland"},
			[]string{"sasl|SASL is off|ZOOKEEPER_SASL_PASSWORD, ZOOKEEPER_SASL_USERNAME are set"},
		},
		"any certificate, by HCL": {
			as(tls(map[string]any{"insecure_skip_verify": true})), nil,
			[]string{"tls.insecure_skip_verify|Servers are not verified|tls.insecure_skip_verify is true: "},
		},
		"any certificate, by the environment": {
			as(),
			map[string]string{"ZOOKEEPER_TLS_ENABLED": "true", "ZOOKEEPER_TLS_INSECURE_SKIP_VERIFY": "1"},
			[]string{"tls.insecure_skip_verify|Servers are not verified|ZOOKEEPER_TLS_INSECURE_SKIP_VERIFY, which stands for tls.insecure_skip_verify, is true: "},
		},
		"any certificate, by the environment beside HCL": {
			as(tls(nil)),
			map[string]string{"ZOOKEEPER_TLS_INSECURE_SKIP_VERIFY": "true"},
			[]string{"tls.insecure_skip_verify|Servers are not verified|ZOOKEEPER_TLS_INSECURE_SKIP_VERIFY, which|although the configuration has tls"},
		},
		"another name, by the environment beside HCL": {
			as(tls(nil)),
			map[string]string{"ZOOKEEPER_TLS_SERVER_NAME": "evil.example.com"},
			[]string{"tls.server_name|Servers are verified by another name|ZOOKEEPER_TLS_SERVER_NAME, which|\"evil.example.com\"|although the configuration has tls"},
		},
		"no name, by the environment beside HCL": {
			as(tls(nil)),
			map[string]string{"ZOOKEEPER_TLS_VERIFY_HOSTNAME": "false"},
			[]string{"tls.verify_hostname|Servers are verified without their names|ZOOKEEPER_TLS_VERIFY_HOSTNAME, which|although the configuration has tls"},
		},
		"no name, as it is configured":         {as(tls(map[string]any{"verify_hostname": false})), nil, nil},
		"the environment is overruled":         {as(tls(map[string]any{"insecure_skip_verify": false, "server_name": "zk"})), map[string]string{"ZOOKEEPER_TLS_SERVER_NAME": "x", "ZOOKEEPER_TLS_INSECURE_SKIP_VERIFY": "true"}, nil},
		"the environment alone names a server": {as(), map[string]string{"ZOOKEEPER_TLS_ENABLED": "true", "ZOOKEEPER_TLS_SERVER_NAME": "zk", "ZOOKEEPER_TLS_VERIFY_HOSTNAME": "false"}, nil},
		"the environment is no weaker":         {as(tls(nil)), map[string]string{"ZOOKEEPER_TLS_INSECURE_SKIP_VERIFY": "false"}, nil},
		"a password in clear": {
			as(at("127.0.0.1:2181,zk1.example.com:2181,[2001:db8::1]:2181/app")), nil,
			[]string{"password|Credentials are sent in clear|credentials of password without TLS, to \"zk1.example.com:2181\", \"[2001:db8::1]:2181\": "},
		},
		"a password of the environment in clear": {
			blank(at("10.0.0.7")),
			map[string]string{"ZOOKEEPER_USERNAME": "alice", "ZOOKEEPER_PASSWORD": "wonderland"},
			[]string{"password|Credentials are sent in clear|ZOOKEEPER_PASSWORD"},
		},
		"a further identity in clear": {
			blank(at("zk"), func(m *model) { m.Auth = identities(t, "digest|bob:wonderland") }), nil,
			[]string{"auth|Credentials are sent in clear|of auth without"},
		},
		"identities of the environment in clear": {
			blank(at("zk")),
			map[string]string{"ZOOKEEPER_AUTH": "digest:bob:wonderland"},
			[]string{"auth|Credentials are sent in clear|ZOOKEEPER_AUTH"},
		},
		"a password on this machine": {as(at("localhost:2181,127.8.0.1:2181,[::1]:2181,zk.LOCALHOST.,[::ffff:127.0.0.1]:2181")), nil, nil},
		"a password with TLS":        {as(at("zk1.example.com"), tls(nil)), nil, nil},
		"nobody":                     {blank(at("zk1.example.com")), nil, nil},
		"servers that are not known": {as(func(m *model) { m.Servers = types.StringUnknown() }), nil, nil},
		"a lock that is shared by the environment": {
			blank(run),
			map[string]string{"ZOOKEEPER_LOCK_MODE": "shared"},
			[]string{"lock.mode|Lock is shared|ZOOKEEPER_LOCK_MODE, which|although the configuration has lock"},
		},
		"a lock by the environment alone": {blank(), map[string]string{"ZOOKEEPER_LOCK_MODE": "shared", "ZOOKEEPER_LOCK_PATH": "/locks/run"}, nil},
		"a lock for everybody, by the environment": {
			as(run),
			map[string]string{"ZOOKEEPER_LOCK_ACL": "auth::cdrwa,world:anyone:rc"},
			[]string{"lock.acl|Lock can be broken by anybody|ZOOKEEPER_LOCK_ACL, which stands for lock.acl, gives c to everybody"},
		},
		"a lock for everybody, by the environment's default": {
			as(run),
			map[string]string{"ZOOKEEPER_DEFAULT_ACL": "ip:0.0.0.0/0:cdrwa"},
			[]string{"lock.acl|Lock can be broken by anybody|ZOOKEEPER_DEFAULT_ACL, which stands for default_acl, gives cda to everybody"},
		},
		"a lock for everybody, by HCL":     {as(run, onOpenDefault), map[string]string{"ZOOKEEPER_DEFAULT_ACL": "world:anyone:r"}, nil},
		"a lock of nobody, for everybody":  {blank(run), map[string]string{"ZOOKEEPER_LOCK_ACL": "world:anyone:cdrwa"}, nil},
		"a lock that everybody may see":    {as(run), map[string]string{"ZOOKEEPER_LOCK_ACL": "auth::cdrwa,world:anyone:rw"}, nil},
		"a lock of its own, open defaults": {as(run), map[string]string{"ZOOKEEPER_LOCK_ACL": "auth::cdrwa", "ZOOKEEPER_DEFAULT_ACL": "world:anyone:cdrwa"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, diags := tc.model.resolve(t.Context(), env(tc.env))
			if diags.HasError() || diags.WarningsCount() != len(tc.want) {
				t.Fatalf("told %v, want %q", diags, tc.want)
			}
			for i, want := range tc.want {
				parts := strings.Split(want, "|")
				d, ok := diags[i].(diag.DiagnosticWithPath)
				if !ok || d.Path().String() != parts[0] || d.Summary() != parts[1] || slices.ContainsFunc(parts[2:], func(part string) bool { return !strings.Contains(d.Detail(), part) }) {
					t.Errorf("told %v, want %q", diags[i], parts)
				}
			}
			if text := fmt.Sprint(diags); strings.Contains(text, "wonderland") {
				t.Errorf("a password is told: %s", text)
			}
			if diags := tc.model.validate(t.Context()); len(diags) > 0 {
				t.Errorf("a validation tells %v", diags)
			}
		})
	}
}
