package znodeacl

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	fwattr "github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/session"
)

// typeName is the name of the resource.
const typeName = "zookeeper_znode_acl"

// Resource is the resource zookeeper_znode_acl.
type Resource struct {
	attr.IdentifiedByPath
	session.Resource
}

var (
	_ resource.ResourceWithConfigure      = (*Resource)(nil)
	_ resource.ResourceWithValidateConfig = (*Resource)(nil)
	_ resource.ResourceWithModifyPlan     = (*Resource)(nil)
	_ resource.ResourceWithImportState    = (*Resource)(nil)
	_ resource.ResourceWithIdentity       = (*Resource)(nil)
)

// NewResource returns the resource.
func NewResource() resource.Resource { return new(Resource) }

// Metadata says what the resource is called.
func (r *Resource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = typeName
}

// Schema describes the resource.
func (r *Resource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	acl := attr.ImportedResourceACL("Who may do what with the node, and with `recursive` with each node below it too. It replaces the whole ACL.", false)
	acl.Required, acl.Optional = true, false
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages the ACL of a znode that exists, or of a whole tree: of a node that another tool makes, of one whose data is somebody else's, of `/` itself.\n\n" +
			"A [`zookeeper_znode`](znode.md) that declares no `acl` leaves its ACL alone, and goes together with this resource. One that declares another `acl` does not, and neither do two of this resource that cover the same node: the plan is an error that names both. " +
			"In a tree, `exclude` leaves a part to another resource. The [guide to ACLs](../guides/acls.md) tells more.\n\n" +
			"Creating the resource replaces whatever ACL is there, which a plan does not show. Updates are compare-and-set: when somebody else set the ACL of one of the nodes after the plan was made, the apply says so, and nothing is written.",
		Attributes: map[string]schema.Attribute{
			"path": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "Absolute path of the node, which must exist. `/` and what is below `/zookeeper` can be managed too. " +
					"Changing it lets go of the one node, as `on_destroy` says, and takes the other.",
				Validators:    []validator.String{attr.Path()},
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"acl": acl,
			"recursive": schema.BoolAttribute{
				Optional: true,
				Computed: true,
				Default:  booldefault.StaticBool(false),
				MarkdownDescription: "Manage the ACL of all nodes below as well. Each refresh reads them all; a node that has another ACL, or has appeared with another one, shows in `differing`, and the next apply gives it `acl`. " +
					"ZooKeeper cannot set more than one ACL at once, so others see a tree that is half done for a moment; a failure in the middle says how many nodes are done, and the next apply does the rest. " +
					"`/zookeeper` and what is below belongs to no tree but its own. Ephemeral nodes below are left out: they keep the ACL that their makers gave to them, and go with their sessions. Servers do not tell of a node that the provider may not read whether it is ephemeral: name such a node in `exclude`. When it is changed to `false`, the nodes below are let go of as `on_destroy` says. Default `false`.",
			},
			"exclude": schema.SetAttribute{
				Optional:    true,
				ElementType: types.StringType,
				MarkdownDescription: "With `recursive`: absolute paths of nodes below `path` that are left out, with all that is below them. They are neither read nor changed. " +
					"Use it for what another resource of the configuration manages: `exclude = [zookeeper_znode_acl.team.path]`. A plan in which two resources want different ACLs for the same node is an error that says so. " +
					"When a path is added here, its nodes are let go of as `on_destroy` says.",
				Validators: []validator.Set{setvalidator.ValueStringsAre(attr.Path())},
			},
			"on_destroy": schema.StringAttribute{
				Optional: true,
				Computed: true,
				Default:  stringdefault.StaticString(onDestroyRestore),
				MarkdownDescription: "What becomes of the ACLs when the resource is destroyed: `restore` gives each node back the ACL that it had when the resource was created, or, for one that came later, when an apply first covered it; `keep` leaves all as they are. " +
					"What the provider itself could do with a node goes to the identities that it presents by then. " +
					"A node whose ACL somebody else has set meanwhile is left as it is, with a warning. Default `restore`.",
				Validators: []validator.String{stringvalidator.OneOf(onDestroyRestore, onDestroyKeep)},
			},
			"differing": schema.MapAttribute{
				Computed:    true,
				ElementType: types.StringType,
				MarkdownDescription: fmt.Sprintf("Nodes below that have another ACL than `acl`, as of the last read: from path to ACL, in zkCli's notation. At most %d are named. "+
					"A path in another Unicode form than NFC, which Terraform and OpenTofu would change, is written in quotes and with its bytes, as in `\"/cafe\\xcc\\x81\"`. "+
					"Empty after each apply, and always without `recursive`.", maxDiffering),
			},
			"record": schema.StringAttribute{
				Computed:            true,
				Sensitive:           true,
				MarkdownDescription: "What is remembered of each node, to restore it and to see who else has set its ACL: compressed, and of no use elsewhere.",
			},
			"stat": attr.ResourceStat(),
		},
	}
}

// Create gives the node the ACL, and those below it where that is asked for.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	r.Session.Begins(typeName)
	var plan resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, err := r.Session.Client(ctx)
	if err != nil {
		resp.Diagnostics.Append(r.subject(plan.Path.ValueString()).Error(doingSet, err))
		return
	}
	rec, diags := r.create(ctx, client, &plan)
	resp.Diagnostics.Append(diags...)
	if rec == nil {
		return
	}
	resp.Diagnostics.Append(plan.keep(rec)...)
	// Also after a failure: what has been done is in the state, for a destroy to undo.
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, plan.Path)...)
}

// Read brings the state to what the server holds.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, state.Path)...)
	if resp.Diagnostics.HasError() {
		return
	}
	nodePath, self := state.Path.ValueString(), r.Session.Identities()
	rec, diags := state.load()
	resp.Diagnostics.Append(diags...)
	if diags.HasError() {
		return
	}
	client, err := r.Session.Client(ctx)
	if err != nil {
		resp.Diagnostics.Append(r.subject(nodePath).Error(doingRead, err))
		return
	}
	nodes, err := r.read(ctx, client, nodePath, state.Recursive.ValueBool(), state.excluded())
	switch {
	case isNoNode(err):
		if d, ok := r.subject(nodePath).GoneWithChroot(ctx, doingRead); ok {
			resp.Diagnostics.Append(d)
			return
		}
		resp.State.RemoveResource(ctx)
		return
	case err != nil:
		resp.Diagnostics.Append(r.subject(nodePath).Error(doingRead, err))
		return
	}
	if rec == nil { // as an import leaves it
		resp.Diagnostics.Append(importWarning(nodePath))
		rec = covering(nodes, self)
	}
	foreign := rec.foreign(self)
	differing := rec.see(nodes, self)
	state.refresh(nodes[0], differing, foreign, self)
	if len(differing) > maxDiffering {
		resp.Diagnostics.Append(differingWarning(nodePath, len(differing), len(nodes)-1))
	}
	resp.Diagnostics.Append(state.keep(rec)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// Update replaces ACLs, provided that nobody else has since the plan.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state, config resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, plan.Path)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !plan.Stat.IsUnknown() {
		// Only on_destroy has changed, which the server knows nothing of.
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
		return
	}
	nodePath := plan.Path.ValueString()
	rec, diags := state.load()
	resp.Diagnostics.Append(diags...)
	if diags.HasError() {
		return
	}
	if rec == nil {
		rec = newRecord(nodePath, nil)
	}
	client, err := r.Session.Client(ctx)
	if err != nil {
		resp.Diagnostics.Append(r.subject(nodePath).Error(doingSet, err))
		return
	}
	rec, diags = r.update(ctx, client, &plan, &state, rec, plan.ignores(&config, r.Session.Identities()))
	resp.Diagnostics.Append(diags...)
	if rec == nil {
		return
	}
	resp.Diagnostics.Append(plan.keep(rec)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
}

// Delete gives back what the nodes had, where on_destroy asks for it.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	nodePath := state.Path.ValueString()
	left, diags := r.subject(nodePath).Spare(ctx, req.Private, session.ItsACL, false)
	resp.Diagnostics.Append(diags...)
	if left {
		return
	}
	rec, diags := state.load()
	if !state.restores() {
		if rec != nil {
			r.Session.Leave(session.ItsACL, rec.memories(r.Session.Identities()))
		}
		return
	}
	resp.Diagnostics.Append(diags...)
	if diags.HasError() || rec == nil {
		return
	}
	client, err := r.Session.Client(ctx)
	if err != nil {
		resp.Diagnostics.Append(r.subject(nodePath).Error(doingRestore, err))
		return
	}
	diags = r.restore(ctx, client, rec, &state)
	resp.Diagnostics.Append(diags...)
	if diags.HasError() { // the state stays, with what was done
		resp.Diagnostics.Append(state.keep(rec)...)
		resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	}
}

// ImportState begins with a path; the read that follows fills in the rest.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	nodePath, diags := r.ImportedPath(ctx, req)
	resp.Diagnostics.Append(diags...)
	if diags.HasError() {
		return
	}
	if err := attr.CheckPath(nodePath); err != nil {
		resp.Diagnostics.AddError("Invalid import ID", "The ACL of a znode is imported by the path of the node: "+err.Error()+".")
		return
	}
	resp.Diagnostics.Append(r.subject(nodePath).Twins(ctx, r.Session)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &resourceModel{
		Path:      types.StringValue(nodePath),
		ACL:       types.SetNull(attr.ACLEntryType),
		Recursive: types.BoolValue(false),
		Exclude:   types.SetNull(types.StringType),
		OnDestroy: types.StringValue(onDestroyRestore),
		Differing: types.MapValueMust(types.StringType, map[string]fwattr.Value{}),
		Record:    types.StringNull(),
		Stat:      types.ObjectNull(attr.StatType.AttrTypes),
	})...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, types.StringValue(nodePath))...)
}
