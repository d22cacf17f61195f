package direct

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
)

// Framework gives a [Logic] the framework's methods. Identity is the attribute that
// identifies the resource.
type Framework[M any] struct {
	Logic    Logic[M]
	Identity string
}

// get reads a value of the framework's, if there is one.
func get[M any](ctx context.Context, r *Request[M], null bool, from interface {
	Get(ctx context.Context, into any) diag.Diagnostics
},
) *M {
	if null {
		return nil
	}
	m := new(M)
	r.Diags.Append(from.Get(ctx, m)...)
	return m
}

// identify puts the identity where there is one into the answer.
func (f Framework[M]) identify(ctx context.Context, r *Request[M], to *tfsdk.ResourceIdentity) {
	if !r.Identity.IsNull() {
		r.Diags.Append(to.SetAttribute(ctx, path.Root(f.Identity), r.Identity)...)
	}
}

// ValidateConfig checks a configuration.
func (f Framework[M]) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	r := new(Request[M])
	r.Config = get(ctx, r, false, &req.Config)
	if !r.Failed() {
		f.Logic.Validates(ctx, r)
	}
	resp.Diagnostics.Append(r.Diags...)
}

// ModifyPlan completes a plan.
func (f Framework[M]) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	r := &Request[M]{Private: resp.Private}
	r.Plan = get(ctx, r, req.Plan.Raw.IsNull(), &req.Plan)
	r.Config = get(ctx, r, req.Config.Raw.IsNull(), &req.Config)
	r.State = get(ctx, r, req.State.Raw.IsNull(), &req.State)
	if !r.Failed() {
		f.Logic.Plans(ctx, r)
	}
	if r.Result != nil {
		r.Diags.Append(resp.Plan.Set(ctx, r.Result)...)
	}
	resp.RequiresReplace = r.Replace
	resp.Diagnostics.Append(r.Diags...)
}

// Create makes what is planned.
func (f Framework[M]) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	r := &Request[M]{Private: resp.Private}
	r.Plan = get(ctx, r, false, &req.Plan)
	r.Config = get(ctx, r, false, &req.Config)
	if !r.Failed() {
		f.Logic.Creates(ctx, r)
	}
	f.answer(ctx, r, &resp.State, resp.Identity)
	resp.Diagnostics.Append(r.Diags...)
}

// Read brings a state to what the servers hold.
func (f Framework[M]) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	r := &Request[M]{Private: resp.Private}
	r.State = get(ctx, r, false, &req.State)
	if !r.Failed() {
		f.Logic.Reads(ctx, r)
	}
	f.answer(ctx, r, &resp.State, resp.Identity)
	if r.Gone {
		resp.State.RemoveResource(ctx)
	}
	resp.Diagnostics.Append(r.Diags...)
}

// Update makes of a state what is planned.
func (f Framework[M]) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	r := &Request[M]{Private: resp.Private}
	r.Plan = get(ctx, r, false, &req.Plan)
	r.State = get(ctx, r, false, &req.State)
	r.Config = get(ctx, r, false, &req.Config)
	if !r.Failed() {
		f.Logic.Updates(ctx, r)
	}
	f.answer(ctx, r, &resp.State, resp.Identity)
	resp.Diagnostics.Append(r.Diags...)
}

// Delete ends a state.
func (f Framework[M]) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	r := &Request[M]{Private: resp.Private}
	r.State = get(ctx, r, false, &req.State)
	if !r.Failed() {
		f.Logic.Deletes(ctx, r)
	}
	f.answer(ctx, r, &resp.State, resp.Identity) // of what an error has left
	resp.Diagnostics.Append(r.Diags...)
}

// answer puts a state and an identity into an answer.
func (f Framework[M]) answer(ctx context.Context, r *Request[M], state *tfsdk.State, identity *tfsdk.ResourceIdentity) {
	f.identify(ctx, r, identity)
	if r.Result != nil {
		r.Diags.Append(state.Set(ctx, r.Result)...)
	}
}
