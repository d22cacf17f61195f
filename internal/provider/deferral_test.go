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
			if (read.Deferred != nil) != tc.deferred || (len(read.Diagnostics) == 0) != tc.deferred {
				t.Errorf("deferred %v, diagnostics %v", read.Deferred, read.Diagnostics)
			}
			if tc.deferred && read.Deferred.Reason != tfprotov6.DeferredReasonProviderConfigUnknown {
				t.Errorf("the reason is %v", read.Deferred.Reason)
			}
		})
	}
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
