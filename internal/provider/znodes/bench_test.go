package znodes_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-zookeeper/internal/provider"
	"terraform-provider-zookeeper/internal/provider/session"
)

// A plan of many nodes, without a server: what the provider itself and the framework take.
func BenchmarkPlan(b *testing.B) {
	for _, n := range []int{500, 5000, 50000} {
		b.Run(fmt.Sprintf("create-%d", n), func(b *testing.B) { benchmarkPlan(b, n, true) })
		b.Run(fmt.Sprintf("update-%d", n), func(b *testing.B) { benchmarkPlan(b, n, false) })
	}
}

func benchmarkPlan(b *testing.B, n int, creation bool) {
	b.Helper()
	ctx := context.Background()
	server, err := providerserver.NewProtocol6WithError(provider.New("test", new(session.Group)))()
	if err != nil {
		b.Fatal(err)
	}
	schemas, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		b.Fatal(err)
	}
	objectType, _ := schemas.ResourceSchemas["zookeeper_znodes"].ValueType().(tftypes.Object)
	providerType, _ := schemas.Provider.ValueType().(tftypes.Object)
	none := make(map[string]tftypes.Value)
	for name, typ := range providerType.AttributeTypes {
		none[name] = tftypes.NewValue(typ, nil)
	}
	providerConfig, err := tfprotov6.NewDynamicValue(providerType, tftypes.NewValue(providerType, none))
	if err != nil {
		b.Fatal(err)
	}
	if _, err := server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{Config: &providerConfig}); err != nil {
		b.Fatal(err)
	}
	value := func(data string) *tfprotov6.DynamicValue {
		nodes := make(map[string]tftypes.Value, n)
		for i := range n {
			nodes[fmt.Sprintf("dir%03d/key%05d", i%100, i)] = tftypes.NewValue(tftypes.String, fmt.Sprintf("%s of %d", data, i))
		}
		attributes := make(map[string]tftypes.Value)
		for name, typ := range objectType.AttributeTypes {
			attributes[name] = tftypes.NewValue(typ, nil)
		}
		attributes["base_path"] = tftypes.NewValue(tftypes.String, "/bench")
		attributes["data"] = tftypes.NewValue(objectType.AttributeTypes["data"], nodes)
		attributes["atomic"] = tftypes.NewValue(tftypes.Bool, false)
		attributes["exclusive"] = tftypes.NewValue(tftypes.Bool, false)
		dv, err := tfprotov6.NewDynamicValue(objectType, tftypes.NewValue(objectType, attributes))
		if err != nil {
			b.Fatal(err)
		}
		return &dv
	}
	config := value("new")
	prior := value("old")
	if creation {
		none, err := tfprotov6.NewDynamicValue(objectType, tftypes.NewValue(objectType, nil))
		if err != nil {
			b.Fatal(err)
		}
		prior = &none
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := server.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{TypeName: "zookeeper_znodes", Config: config}); err != nil {
			b.Fatal(err)
		}
		resp, err := server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{TypeName: "zookeeper_znodes", Config: config, PriorState: prior, ProposedNewState: config})
		if err != nil || len(resp.Diagnostics) > 0 {
			b.Fatal(err, resp.Diagnostics)
		}
	}
}
