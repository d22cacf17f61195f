package ensemblemember

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// typeName is the name of the resource.
const typeName = "zookeeper_ensemble_member"

// The ids that a server can have ("myid").
const (
	lowestID  = 1
	highestID = 255
)

// versionKey is where the plan of a destruction keeps the version that it was made against.
const versionKey = "planned_version"

// Resource is the resource zookeeper_ensemble_member.
type Resource struct{ session.Resource }

var (
	_ resource.ResourceWithConfigure   = (*Resource)(nil)
	_ resource.ResourceWithModifyPlan  = (*Resource)(nil)
	_ resource.ResourceWithImportState = (*Resource)(nil)
	_ resource.ResourceWithIdentity    = (*Resource)(nil)
)

// NewResource returns the resource.
func NewResource() resource.Resource { return new(Resource) }

// Metadata says what the resource is called.
func (r *Resource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = typeName
}

// IdentitySchema describes the identity, which is the id.
func (r *Resource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"id": identityschema.Int64Attribute{RequiredForImport: true, Description: "Number of the server (`myid`). The ensemble is no part of the identity."},
	}}
}

// Schema describes the resource.
func (r *Resource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Makes a server a member of the ensemble, as `reconfig` of zkCli does, and removes it when the resource is destroyed. It neither starts nor stops the server.\n\n" +
			"The servers need ZooKeeper 3.5 and `reconfigEnabled=true`, and the provider the permission to write `/zookeeper/config`, which at first nobody has but the servers' super user (`zookeeper.DigestAuthenticationProvider.superDigest`).\n\n" +
			"Start a new server with a configuration that names the present members and, as an observer, itself. Let it join with `role = \"observer\"`, and make it a participant when it has caught up: the data source [`zookeeper_ensemble`](../data-sources/ensemble.md) shows its `mode` then. " +
			"A participant that does not run counts for the quorum all the same.\n\n" +
			"Changes of several members in one apply are made one after the other. When somebody else has changed the ensemble since the plan, an update or a destruction is an error, and nothing is written. A server that is a member already is imported.",
		Attributes: map[string]schema.Attribute{
			"id": schema.Int64Attribute{
				Required:            true,
				MarkdownDescription: "Number of the server, which is in its file `myid`: `1` to `255`. Changing it removes one server and adds another.",
				Validators:          []validator.Int64{int64validator.Between(lowestID, highestID)},
				PlanModifiers:       []planmodifier.Int64{int64planmodifier.RequiresReplace()},
			},
			"address": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Where the other servers reach it, `host:quorum-port:election-port`. Several addresses are separated by `|`; that takes `multiAddress.enabled=true` on the servers (3.6 and later).",
				Validators:          []validator.String{addressValidator{"must be host:quorum-port:election-port", zk.CheckMemberAddress}},
			},
			"role": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				Default:             stringdefault.StaticString(zk.Participant),
				MarkdownDescription: "`participant`, which takes part in elections and in each write, or `observer`, which only follows. Default `participant`.",
				Validators:          []validator.String{stringvalidator.OneOf(zk.Participant, zk.Observer)},
			},
			"client_address": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Where clients reach it, `host:port`. The host `0.0.0.0` stands for all addresses that the server has.",
				Validators:          []validator.String{addressValidator{"must be host:port", zk.CheckClientAddress}},
			},
			"config_version": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "Version of the ensemble's configuration as of the last read, as the data source `zookeeper_ensemble` tells it. An update or a destruction applies to the one that it was planned against: when somebody else has changed the ensemble since, it is an error.",
			},
		},
	}
}

// addressValidator applies a check to an address that is known.
type addressValidator struct {
	description string
	check       func(address string) error
}

var _ validator.String = addressValidator{}

// Description says what is valid.
func (v addressValidator) Description(context.Context) string { return v.description }

// MarkdownDescription says what is valid.
func (v addressValidator) MarkdownDescription(context.Context) string { return v.description }

// ValidateString checks the address.
func (v addressValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := v.check(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid address of a server", attr.Sentence(err))
	}
}

// ModifyPlan keeps what a destruction is planned against, and checks what the apply would do.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.Session == nil {
		return
	}
	if req.Plan.Raw.IsNull() {
		var version []byte
		if e, err := r.read(ctx); err == nil {
			version = strconv.AppendInt(nil, e.Version, 10)
		}
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, versionKey, version)...)
		return
	}
	var plan model
	var state *model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if !req.State.Raw.IsNull() {
		state = new(model)
		resp.Diagnostics.Append(req.State.Get(ctx, state)...)
	}
	if resp.Diagnostics.HasError() || plan.isIn(state) {
		return
	}
	plan.ConfigVersion = types.Int64Unknown()
	e, err := r.read(ctx)
	_, old := errors.AsType[*zk.VersionError](err)
	c := change{id: plan.ID.ValueInt64(), want: plan.member()}
	if state != nil {
		c.was = state.member()
	}
	switch {
	case old:
		resp.Diagnostics.Append(r.subject().Error(doingRead, err))
	case err != nil: // a plan of what is yet to be created needs no server
	case len(e.Members) == 0:
		resp.Diagnostics.Append(alone(c.doing()))
	case e.Version == 0:
		resp.Diagnostics.Append(disabled(c.doing()))
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
}

// doingRead is what goes before each change.
const doingRead = "read the ensemble's configuration"

func (r *Resource) read(ctx context.Context) (zk.Ensemble, error) {
	client, err := r.Session.Client(ctx)
	if err != nil {
		return zk.Ensemble{}, err
	}
	return client.Ensemble(ctx)
}

// Create has the server join.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(r.set(ctx, &plan, nil, types.Int64Null())...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(resp.Identity.SetAttribute(ctx, path.Root("id"), plan.ID)...)
}

// set makes the member what is planned, and takes over what it is then.
func (r *Resource) set(ctx context.Context, plan *model, was *zk.Member, version types.Int64) diag.Diagnostics {
	after, diags := r.apply(ctx, change{id: plan.ID.ValueInt64(), was: was, want: plan.member(), version: version})
	if now, ok := after.Member(plan.ID.ValueInt64()); ok {
		plan.refresh(now, after.Version)
	}
	return diags
}

// Read brings the state to what the ensemble has.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(resp.Identity.SetAttribute(ctx, path.Root("id"), state.ID)...)
	if resp.Diagnostics.HasError() {
		return
	}
	e, err := r.read(ctx)
	if err != nil {
		resp.Diagnostics.Append(r.subject().Error(doingRead, err))
		return
	}
	now, isMember := e.Member(state.ID.ValueInt64())
	switch {
	case len(e.Members) == 0:
		resp.Diagnostics.Append(alone(doingRead))
		return
	case !isMember:
		resp.State.RemoveResource(ctx)
		return
	}
	state.refresh(now, e.Version)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// Update gives the member another role or other addresses, provided that nobody else has since the plan.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(resp.Identity.SetAttribute(ctx, path.Root("id"), plan.ID)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(r.set(ctx, &plan, state.member(), state.ConfigVersion)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
}

// Delete has the server leave.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	kept, diags := req.Private.GetKey(ctx, versionKey)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	c := change{id: state.ID.ValueInt64(), was: state.member()}
	var version int64
	if json.Unmarshal(kept, &version) == nil {
		c.version = types.Int64Value(version)
	}
	_, diags = r.apply(ctx, c)
	resp.Diagnostics.Append(diags...)
}

// ImportState begins with an id; the read that follows fills in the rest.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	var id types.Int64
	if req.ID == "" && !req.Identity.Raw.IsNull() {
		resp.Diagnostics.Append(req.Identity.GetAttribute(ctx, path.Root("id"), &id)...)
	} else if n, err := strconv.ParseInt(req.ID, 10, 64); err == nil {
		id = types.Int64Value(n)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if n := id.ValueInt64(); n < lowestID || n > highestID {
		resp.Diagnostics.AddError("Invalid import ID", fmt.Sprintf(
			"A member of an ensemble is imported by the number of the server, from %d to %d, as in terraform import %s.NAME 4.", lowestID, highestID, typeName))
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &model{ID: id})...)
	resp.Diagnostics.Append(resp.Identity.SetAttribute(ctx, path.Root("id"), id)...)
}

func (r *Resource) subject() diagnose.Subject {
	return diagnose.Subject{Resource: typeName, Presented: r.Session.Presented, Run: r.Session}
}
