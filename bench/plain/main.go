// Plain is a provider as small as the framework lets one be: a resource with one attribute,
// which it puts into the state, and nobody to talk to. What it takes of a run is what the
// framework, the protocol and the CLI make of any resource.
package main

import (
	"context"
	"log"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
)

func main() {
	err := providerserver.Serve(context.Background(), func() provider.Provider { return plain{} },
		providerserver.ServeOpts{Address: "registry.terraform.io/zkform/zookeeper", ProtocolVersion: 6})
	if err != nil {
		log.Fatal(err)
	}
}

type plain struct{}

// Metadata names the provider as the one that it is measured beside: the same CLI configuration
// finds either.
func (plain) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "zookeeper"
}

func (plain) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse) {}

func (plain) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {}

func (plain) DataSources(context.Context) []func() datasource.DataSource { return nil }

func (plain) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{func() resource.Resource { return text{} }}
}

// text is the resource: a text.
type text struct{}

func (text) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = "zookeeper_text"
}

func (text) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{Attributes: map[string]schema.Attribute{"text": schema.StringAttribute{Required: true}}}
}

func (text) Create(_ context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	resp.State.Raw = req.Plan.Raw
}

func (text) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {}

func (text) Update(_ context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.State.Raw = req.Plan.Raw
}

func (text) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}
