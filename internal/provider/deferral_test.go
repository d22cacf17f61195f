package provider_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// A CLI that can put off what depends on an unknown configuration is told to; one that
// cannot gets an answer from whatever needs the connection. No released CLI does the
// former, so this one is the test.
func TestDeferral(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		servers  any
		allowed  bool
		deferred bool
	}{
		"unknown":                 {tftypes.UnknownValue, true, true},
		"unknown to an older CLI": {tftypes.UnknownValue, false, false},
		"known":                   {"127.0.0.1:1", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newServer(t)
			schemas, err := server.GetProviderSchema(t.Context(), new(tfprotov6.GetProviderSchemaRequest))
			if err != nil {
				t.Fatal(err)
			}
			config := dynamic(t, schemas.Provider, map[string]any{"servers": tc.servers, "connect_timeout": 0.1})
			configured, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{
				Config:             config,
				ClientCapabilities: &tfprotov6.ConfigureProviderClientCapabilities{DeferralAllowed: tc.allowed},
			})
			if err != nil || len(configured.Diagnostics) > 0 {
				t.Fatalf("%v, %v", configured, err)
			}
			read, err := server.ReadDataSource(t.Context(), &tfprotov6.ReadDataSourceRequest{
				TypeName:           "zookeeper_children",
				Config:             dynamic(t, schemas.DataSourceSchemas["zookeeper_children"], map[string]any{"path": "/"}),
				ClientCapabilities: &tfprotov6.ReadDataSourceClientCapabilities{DeferralAllowed: tc.allowed},
			})
			if err != nil {
				t.Fatal(err)
			}
			check := func(what string, deferred *tfprotov6.DeferredReason, diags []*tfprotov6.Diagnostic) {
				t.Helper()
				if (deferred != nil) != tc.deferred || (len(diags) == 0) != tc.deferred {
					t.Errorf("%s: deferred %v, diagnostics %v", what, deferred, diags)
				}
				if deferred != nil && *deferred != tfprotov6.DeferredReasonProviderConfigUnknown {
					t.Errorf("%s: the reason is %v", what, *deferred)
				}
			}
			check("a data source", reason(read.Deferred), read.Diagnostics)

			opened, err := server.OpenEphemeralResource(t.Context(), &tfprotov6.OpenEphemeralResourceRequest{
				TypeName:           "zookeeper_znode",
				Config:             dynamic(t, schemas.EphemeralResourceSchemas["zookeeper_znode"], map[string]any{"path": "/"}),
				ClientCapabilities: &tfprotov6.OpenEphemeralResourceClientCapabilities{DeferralAllowed: tc.allowed},
			})
			if err != nil {
				t.Fatal(err)
			}
			check("an ephemeral resource", reason(opened.Deferred), opened.Diagnostics)

			// The refresh of a resource needs a server as well. The plan of one that is new does
			// not: it can be made without, and is deferred all the same.
			znode := schemas.ResourceSchemas["zookeeper_znode"]
			refreshed, err := server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{
				TypeName:           "zookeeper_znode",
				CurrentState:       dynamic(t, znode, map[string]any{"path": "/app"}),
				ClientCapabilities: &tfprotov6.ReadResourceClientCapabilities{DeferralAllowed: tc.allowed},
			})
			if err != nil {
				t.Fatal(err)
			}
			check("a refresh", reason(refreshed.Deferred), refreshed.Diagnostics)
			wanted := dynamic(t, znode, map[string]any{"path": "/app", "mode": "persistent", "create_parents": true})
			none, err := tfprotov6.NewDynamicValue(znode.ValueType(), tftypes.NewValue(znode.ValueType(), nil))
			if err != nil {
				t.Fatal(err)
			}
			planned, err := server.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
				TypeName: "zookeeper_znode", PriorState: &none, ProposedNewState: wanted, Config: wanted,
				ClientCapabilities: &tfprotov6.PlanResourceChangeClientCapabilities{DeferralAllowed: tc.allowed},
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := reason(planned.Deferred); (got != nil) != tc.deferred || len(planned.Diagnostics) > 0 {
				t.Errorf("a plan: deferred %v, diagnostics %v", got, planned.Diagnostics)
			}
		})
	}
}

// reason tells why something is deferred; nil where it is not.
func reason(d *tfprotov6.Deferred) *tfprotov6.DeferredReason {
	if d == nil {
		return nil
	}
	return &d.Reason
}

// dynamic makes a configuration in which the rest is null.
func dynamic(t *testing.T, schema *tfprotov6.Schema, values map[string]any) *tfprotov6.DynamicValue {
	t.Helper()
	typ, ok := schema.ValueType().(tftypes.Object)
	if !ok {
		t.Fatalf("the schema is of type %T", schema.ValueType())
	}
	attributes := make(map[string]tftypes.Value)
	for name, sub := range typ.AttributeTypes {
		if v, ok := values[name].(tftypes.Value); ok {
			attributes[name] = v
			continue
		}
		attributes[name] = tftypes.NewValue(sub, values[name])
	}
	v, err := tfprotov6.NewDynamicValue(typ, tftypes.NewValue(typ, attributes))
	if err != nil {
		t.Fatal(err)
	}
	return &v
}
