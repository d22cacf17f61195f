package provider_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-zookeeper/internal/provider"
	"terraform-provider-zookeeper/internal/provider/session"
)

// newServer serves a provider that is not configured.
func newServer(t *testing.T) tfprotov6.ProviderServer {
	t.Helper()
	server, err := provider.NewServer(provider.New("test", new(session.Group)))
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// Each resource is identified by a path, and by nothing else; a member of an ensemble by its number.
func TestIdentities(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	schemas, err := server.GetProviderSchema(t.Context(), new(tfprotov6.GetProviderSchemaRequest))
	if err != nil {
		t.Fatal(err)
	}
	identities, err := server.GetResourceIdentitySchemas(t.Context(), new(tfprotov6.GetResourceIdentitySchemasRequest))
	if err != nil || len(identities.Diagnostics) > 0 {
		t.Fatal(err, identities.Diagnostics)
	}
	for name := range schemas.ResourceSchemas {
		identity := identities.IdentitySchemas[name]
		if identity == nil || identity.Version != 0 || len(identity.IdentityAttributes) != 1 {
			t.Errorf("%s: %+v", name, identity)
			continue
		}
		if a := identity.IdentityAttributes[0]; name == "zookeeper_ensemble_member" {
			if a.Name != "id" || !a.Type.Is(tftypes.Number) || !a.RequiredForImport || a.Description == "" {
				t.Errorf("%s: %+v", name, a)
			}
			continue
		} else if a.Name != identifieds[name].identity() || !a.Type.Is(tftypes.String) || !a.RequiredForImport || a.Description == "" {
			t.Errorf("%s: %+v", name, a)
		}
		if _, ok := identifieds[name]; !ok {
			t.Errorf("%s is not in the tests of identities", name)
		}
	}
}

// The answers to both of the requests that ask for it say that the provider generates
// configuration, as the framework does and does not say.
func TestGenerationIsTold(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	metadata, err := server.GetMetadata(t.Context(), new(tfprotov6.GetMetadataRequest))
	if err != nil || !metadata.ServerCapabilities.GenerateResourceConfig || !metadata.ServerCapabilities.PlanDestroy {
		t.Errorf("%+v, %v", metadata.ServerCapabilities, err)
	}
	schemas, err := server.GetProviderSchema(t.Context(), new(tfprotov6.GetProviderSchemaRequest))
	if err != nil || !schemas.ServerCapabilities.GenerateResourceConfig || !schemas.ServerCapabilities.PlanDestroy {
		t.Errorf("%+v, %v", schemas.ServerCapabilities, err)
	}
}

func TestGeneratedConfig(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	schemas, err := server.GetProviderSchema(t.Context(), new(tfprotov6.GetProviderSchemaRequest))
	if err != nil {
		t.Fatal(err)
	}
	entry := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"scheme": tftypes.String, "id": tftypes.String, "permissions": tftypes.String}}
	acl := func(scheme, id string) tftypes.Value {
		return tftypes.NewValue(tftypes.Set{ElementType: entry}, []tftypes.Value{tftypes.NewValue(entry, map[string]tftypes.Value{
			"scheme": tftypes.NewValue(tftypes.String, scheme), "id": tftypes.NewValue(tftypes.String, id), "permissions": tftypes.NewValue(tftypes.String, "r"),
		})})
	}
	open, masked := acl("world", "anyone"), acl("digest", "alice:x")
	none := tftypes.NewValue(open.Type(), nil)
	for name, tt := range map[string]struct {
		typ         string
		state, want map[string]any
	}{
		"text":       {"zookeeper_znode", map[string]any{"path": "/a", "data": "x", "acl": open}, map[string]any{"path": "/a", "data": "x", "acl": open}},
		"binary":     {"zookeeper_znode", map[string]any{"path": "/a", "data_base64": "AP8=", "acl": open}, map[string]any{"path": "/a", "data_base64": "AP8=", "acl": open}},
		"empty":      {"zookeeper_znode", map[string]any{"path": "/a", "acl": open}, map[string]any{"path": "/a", "acl": open}},
		"masked":     {"zookeeper_znode", map[string]any{"path": "/a", "acl": masked}, map[string]any{"path": "/a", "acl": none}},
		"no digest":  {"zookeeper_znode", map[string]any{"path": "/a", "acl": acl("digest", "alice:secret")}, map[string]any{"path": "/a", "acl": none}},
		"no id":      {"zookeeper_znode", map[string]any{"path": "/a", "acl": acl("x509", "")}, map[string]any{"path": "/a", "acl": none}},
		"sequential": {"zookeeper_sequential_znode", map[string]any{"path": "/a0000000000", "path_prefix": "/a", "data": "x", "acl": masked}, map[string]any{"path_prefix": "/a", "data": "x", "acl": none}},
		// There, the ACL is what it is about.
		"no node": {"zookeeper_znode_acl", map[string]any{"path": "/a", "acl": masked}, map[string]any{"path": "/a", "acl": masked}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			schema := schemas.ResourceSchemas[tt.typ]
			resp, err := server.GenerateResourceConfig(t.Context(), &tfprotov6.GenerateResourceConfigRequest{TypeName: tt.typ, State: dynamic(t, schema, tt.state)})
			if err != nil || len(resp.Diagnostics) > 0 {
				t.Fatalf("%+v, %v", resp, err)
			}
			got, err := resp.Config.Unmarshal(schema.ValueType())
			if err != nil {
				t.Fatal(err)
			}
			want, err := dynamic(t, schema, tt.want).Unmarshal(schema.ValueType())
			if err != nil {
				t.Fatal(err)
			}
			if diff, err := want.Diff(got); err != nil || len(diff) > 0 {
				t.Errorf("%v, %v", diff, err)
			}
		})
	}
	// A resource that is not included in a list has no state to make a configuration of.
	schema := schemas.ResourceSchemas["zookeeper_znode"]
	null, err := tfprotov6.NewDynamicValue(schema.ValueType(), tftypes.NewValue(schema.ValueType(), nil))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := server.GenerateResourceConfig(t.Context(), &tfprotov6.GenerateResourceConfigRequest{TypeName: "zookeeper_znode", State: &null})
	if err != nil {
		t.Fatal(err)
	}
	if config, err := resp.Config.Unmarshal(schema.ValueType()); err != nil || !config.IsNull() {
		t.Errorf("of nothing: %v, %v", config, err)
	}
}
