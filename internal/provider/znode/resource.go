package znode

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/direct"
	"terraform-provider-zookeeper/internal/provider/node"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// TypeName is the name of the resource, the data source and the ephemeral resource.
const TypeName = "zookeeper_znode"

// Resource is the resource zookeeper_znode.
type Resource struct {
	attr.IdentifiedByPath
	session.Resource
	direct.Framework[resourceModel]
}

var (
	_ resource.ResourceWithConfigure      = (*Resource)(nil)
	_ resource.ResourceWithValidateConfig = (*Resource)(nil)
	_ resource.ResourceWithModifyPlan     = (*Resource)(nil)
	_ resource.ResourceWithImportState    = (*Resource)(nil)
	_ resource.ResourceWithIdentity       = (*Resource)(nil)
	_ resource.ResourceWithUpgradeState   = (*Resource)(nil)
)

// NewResource returns the resource.
func NewResource() resource.Resource { return newResource(nil) }

// request is what the resource is asked, see [direct.Logic].
type request = direct.Request[resourceModel]

// newResource returns the resource in a session.
func newResource(s *session.Session) *Resource {
	r := &Resource{Resource: session.Resource{Session: s}}
	r.Framework = direct.Framework[resourceModel]{Logic: r, Identity: "path"}
	return r
}

// NewServer returns what answers requests about the resource without the framework.
func NewServer() (*direct.Server[resourceModel], error) {
	var resp resource.SchemaResponse
	NewResource().Schema(context.Background(), resource.SchemaRequest{}, &resp)
	return direct.New(resp.Schema, "path", func(s *session.Session) direct.Logic[resourceModel] { return newResource(s) })
}

// Metadata tells the resource's name.
func (r *Resource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = TypeName
}

// Schema describes the resource.
func (r *Resource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		// Version 0 is tfzk/zookeeper's, see upgrade.go.
		Version: 1,
		MarkdownDescription: "Manages one znode: its data and its ACL.\n\n" +
			"What the configuration leaves out is not managed: without `data`, `data_base64` and `data_wo` the node is created empty and its content is left to whoever writes it, " +
			"and without `acl` the node is created with the provider's `default_acl`, which is then left alone. " +
			attr.EmptyDescription + "\n\n" +
			"Updates and deletions are compare-and-set: when somebody else changed the node after the plan was made, the apply says so, and their change stands.\n\n" +
			"An ACL that keeps the provider itself from the node is warned of in the plan.",
		Attributes: node.Attributes(map[string]schema.Attribute{
			"path": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Absolute path of the node, as in `/services/web`. `/`, `/zookeeper` and what is below that cannot be managed. Changing it makes a new node.",
				Validators:          []validator.String{attr.ManagedPath()},
			},
			"parent_acl": attr.ResourceACL("ACL of the parents that the resource makes. Default: the node's own ACL. It must give the provider `c`; otherwise nothing can be created below the first parent. "+
				"When the provider presents other identities than before, `auth` in it stands for these: the plan shows that, and the apply sets the ACL of the parents that the resource made and that still have it.", false),
			"mode": schema.StringAttribute{
				Optional: true,
				Computed: true,
				Default:  stringdefault.StaticString(modePersistent),
				MarkdownDescription: "Kind of node: `persistent` (the default); `container`, which the servers delete some time after its last child; `ttl`, which they delete when it has no children and was not changed for `ttl_ms`. Changing it makes a new node. " +
					"Servers do not tell of what kind an existing node is, so that of an imported one is taken from here on trust.",
				Validators: []validator.String{stringvalidator.OneOf(modePersistent, modeContainer, modeTTL)},
			},
			"ttl_ms": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "Time to live in milliseconds, with `mode = \"ttl\"` and only then. The servers must run with `zookeeper.extendedTypesEnabled=true`. Changing it makes a new node.",
				Validators:          []validator.Int64{int64validator.Between(1, maxTTLMillis)},
			},
			"adopt_existing": schema.BoolAttribute{
				Optional: true,
				Computed: true,
				Default:  booldefault.StaticBool(false),
				MarkdownDescription: "If the node already exists when the resource is created, take it over: its declared data and ACL are overwritten where they differ, and destroying the resource deletes the node, unless `on_destroy = \"keep\"`. " +
					"The plan warns when there is such a node, and says what of it will change. With `data_wo` and without `acl`, that can be the ACL: see there. ZooKeeper does not report whether a node is a container or TTL node, so `mode` is not checked. Ephemeral nodes are refused. By default a node that exists is an error. Default `false`.",
			},
		}, ""),
	}
}

// Validates checks what the user wrote. Terraform asks for it again when all values are
// known, in a plan and in an apply.
func (r *Resource) Validates(_ context.Context, req *request) {
	config := req.Config
	req.Diags.Append(checkKind(*config)...)
	req.Diags.Append(config.Check()...)
	if r.Session != nil {
		r.Session.Words(TypeName, config.Path.ValueString(), config.ACL.String())
	}
}

// Plans completes a plan, and checks what is to be written. What is not written may be
// what ignore_changes has kept, whatever that is.
func (r *Resource) Plans(ctx context.Context, req *request) {
	if r.Session == nil {
		return
	}
	plan, config, state := req.Plan, req.Config, req.State
	if plan == nil { // a deletion
		req.Diags.Append(r.planDeletion(ctx, state, req.Private)...)
		return
	}
	req.Diags.Append(forgetSuccession(ctx, req.Private)...)
	if state != nil {
		r.Session.AskAhead(ctx)
		req.Diags.Append(state.Recall(ctx, req.Private, r.Session)...)
	}
	if req.Failed() {
		return
	}
	plan.ParentACL = config.ParentACL
	var before string
	if state != nil {
		before = state.Path.ValueString()
	}
	if r.Session.Plans(TypeName, before, plan.Path.ValueString()) {
		req.Diags.Append(r.subject(plan.Path).Renamed(maybeHandedOn))
	}
	if state != nil {
		plan.ParentACL = attr.PlanACL(config.ParentACL, state.ParentACL, r.Session.Identities())
		assumed, diags := kindAssumed(ctx, req.Private)
		req.Diags.Append(diags...)
		req.Replace = replacing(plan, state, assumed)
		if assumed && len(req.Replace) == 0 && !plan.sameKind(state) {
			req.Diags.Append(kindOnTrustWarning(plan.Path))
		}
		if at, kept := keptKind(req.Replace, plan, state); kept {
			req.Diags.Append(keptKindError(at, state))
			return
		}
	}
	if len(req.Replace) > 0 {
		state = nil // it is another node that is planned
	}
	var prior *node.Node
	if state != nil {
		prior = &state.Node
	}
	plan.Plan(&config.Node, prior, r.Session.Identities())
	req.Diags.Append(r.subject(plan.Path).Reclaim(&plan.Node, &config.Node, prior)...)
	req.Diags.Append(plan.CheckACL(r.Session, &config.Node, prior)...)
	if claim, ok := config.ACLClaim(r.Session, TypeName, config.Path.ValueString(), plan.Path.ValueString()); ok {
		req.Diags.Append(diagnose.ClaimACL(r.Session, claim)...)
	}
	if state == nil {
		req.Diags.Append(r.checkCreation(*plan)...)
	}
	if req.Failed() {
		return
	}
	req.Result = plan
	if plan.Path.IsUnknown() {
		req.Diags.Append(r.subject(plan.Path).Open(ctx, &plan.Node, &config.Node, prior)...)
		return
	}
	if state == nil {
		r.Session.Creates(session.Whole, plan.kind(), plan.Path.ValueString())
	} else {
		req.Diags.Append(r.subject(plan.Path).UndoneBesides(r.Session.Keeps(session.Whole, plan.Path.ValueString()))...)
	}
	mode, _ := plan.clientMode()
	if at, err := plan.CheckSize(r.Session, plan.Path.ValueString(), mode, &config.Node, prior); err != nil {
		req.Diags.Append(diag.WithPath(at, r.subject(plan.Path).Error(doingStore, err)))
	}
	if state != nil {
		foreign, diags := r.Session.ForeignParents(ctx, req.Private, plan.parentsACL())
		req.Diags.Append(diags...)
		if foreign {
			plan.Stat = types.ObjectUnknown(attr.StatType.AttrTypes)
			shown := !plan.ParentACL.Equal(state.ParentACL) || !plan.ACL.Equal(state.ACL) || plan.ParentACL.IsNull() && plan.Foreign(&config.Node, prior)
			if !shown {
				req.Diags.Append(diag.WithPath(path.Root("parent_acl"), r.subject(types.StringValue(zk.Parent(plan.Path.ValueString()))).Foreign()))
			}
		}
	}
	if plan.Foreign(&config.Node, prior) {
		req.Diags.Append(diag.WithPath(path.Root("acl"), r.subject(plan.Path).Foreign()))
	}
	if lost := plan.LockedOut(ctx, r.Session, &config.Node, prior); lost != 0 {
		req.Diags.Append(diag.WithPath(path.Root("acl"), r.subject(plan.Path).LockedOut(lost)))
	}
	planned := &plan.Node
	if state == nil {
		req.Diags.Append(r.checkParentACL(ctx, plan, config)...)
		found, there, diags := r.planAdoption(ctx, plan, config)
		req.Diags.Append(diags...)
		if there != nil {
			planned, prior = found, there
		}
		req.Diags.Append(r.subject(plan.Path).Twins(ctx, r.Session)...)
	}
	req.Diags.Append(r.subject(plan.Path).Open(ctx, planned, &config.Node, prior)...)
}

// planDeletion finds out whom the node goes to: another resource may have it already, or get it.
func (r *Resource) planDeletion(ctx context.Context, state *resourceModel, private attr.PrivateState) (diags diag.Diagnostics) {
	about, nodePath := r.subject(state.Path), state.Path.ValueString()
	succeeded := false
	if !state.Keeps() {
		var created []string
		created, diags = about.PlanDestruction(ctx, private, session.Whole, state.ForceDestroy.ValueBool(), nodePath)
		// A node cannot become one of another kind.
		succeeded = len(created) > 0 && r.Session.CreatedAs(nodePath) == state.kind()
	}
	diags.Append(setSucceeded(ctx, private, succeeded)...)
	switch renamed := r.Session.Plans(TypeName, nodePath, ""); {
	case !renamed:
	case succeeded:
		diags.Append(about.Renamed(handedOn))
	default:
		diags.Append(about.Renamed(maybeHandedOn))
	}
	return diags
}

// checkCreation checks what a creation needs, as far as it is known.
func (r *Resource) checkCreation(plan resourceModel) diag.Diagnostics {
	diags := checkKind(plan)
	diags.Append(r.Session.CheckACL(path.Root("parent_acl"), plan.ParentACL)...)
	if !plan.Path.IsUnknown() {
		if err := r.Session.CheckManaged(plan.Path.ValueString()); err != nil {
			diags.AddAttributeError(path.Root("path"), "Invalid path of a znode", attr.Sentence(err))
		}
	}
	return diags
}

// checkParentACL warns of an ACL that keeps the provider from what it makes parents for,
// from deleting it again, and from the parents themselves.
func (r *Resource) checkParentACL(ctx context.Context, plan, config *resourceModel) diag.Diagnostics {
	acl, err := attr.ACLFrom(plan.ParentACL)
	if err != nil || !plan.CreateParents.ValueBool() || plan.Path.IsUnknown() {
		return nil // validation has told, or there is nothing to make, or nobody knows where
	}
	parent, at := zk.Parent(plan.Path.ValueString()), path.Root("parent_acl")
	lost := r.Session.LockedOut(ctx, acl, zk.PermCreate|zk.PermDelete|zk.PermRead|zk.PermAdmin)
	if config.ParentACL.IsNull() {
		lost, at = plan.ParentsLockedOut(ctx, r.Session, &config.Node, parent), path.Root("acl")
	}
	if lost == 0 {
		return nil
	}
	about := diagnose.Subject{Resource: TypeName, Path: parent, Presented: r.Session.Presented}
	return diag.Diagnostics{diag.WithPath(at, about.LockedOut(lost))}
}

// Creates creates the node, or takes over one that this run made as a parent, that another
// resource of this run gives up, or that it may adopt.
func (r *Resource) Creates(ctx context.Context, req *request) {
	r.Session.Begins(TypeName)
	plan, config := req.Plan, req.Config
	about := r.subject(plan.Path)
	if !r.Session.Own(plan.Path.ValueString()) {
		req.Diags.Append(about.Twice())
		return
	}
	after, free := r.Session.AfterWrite(ctx)
	defer free()
	made, err := r.create(ctx, plan, config)
	if err != nil {
		req.Diags.Append(r.createFailed(plan, made, err)...)
		switch {
		case made.ours != nil:
			plan.Unfinished(*made.ours)
		case node.OutcomeUnknown(err):
			var parent *session.Span
			if by, ok := r.Session.Doubts(after, plan.Path.ValueString())[plan.Path.ValueString()]; ok {
				parent = &by
			}
			req.Diags.Append(plan.Doubt(ctx, req.Private, r.Session, &config.Node, parent, err)...)
		default:
			return
		}
		req.Result, req.Identity = plan, plan.Path
		return
	}
	// From here on the node exists and is ours: whatever else goes wrong, the state has it.
	done := plan.ReadBack(after, r.Session, plan.Path.ValueString(), &config.Node, made.node)
	req.Diags.Append(about.Applied(done)...)
	req.Diags.Append(plan.Remember(ctx, req.Private, r.Session)...)
	req.Diags.Append(r.Session.MadeParents(after, plan.Path.ValueString()).Save(ctx, req.Private)...)
	req.Result, req.Identity = plan, plan.Path
}

// Reads brings the state to what the server holds.
func (r *Resource) Reads(ctx context.Context, req *request) {
	state := req.State
	req.Identity = state.Path
	about := r.subject(state.Path)
	doubt, diags := node.LoadDoubt(ctx, req.Private)
	req.Diags.Append(diags...)
	req.Diags.Append(state.Recall(ctx, req.Private, r.Session)...)
	var read zk.Node
	var err error
	if doubt != nil {
		var ours bool
		if read, ours, err = doubt.Find(ctx, r.Session, state.Path.ValueString(), &state.Node); err == nil && !ours {
			req.Gone = true
			return
		}
	} else {
		read, err = node.Read(ctx, r.Session, state.Path.ValueString())
	}
	switch {
	case isNoNode(err):
		if d, ok := about.GoneWithChroot(ctx, doingRead); ok {
			req.Diags.Append(d)
			return
		}
		req.Gone = true
		return
	case err != nil:
		req.Diags.Append(about.Error(doingRead, err))
		return
	case doubt == nil && state.InDoubt(): // nothing tells whose it is
		req.Gone = true
		return
	}
	parents, diags, err := r.Session.RefreshParents(ctx, req.Private, state.parentsACL())
	req.Diags.Append(diags...)
	if err != nil {
		req.Diags.Append(about.Error(doingReadParents, err))
		return
	}
	if !state.ParentACL.IsNull() { // otherwise they get the node's own, which shows it
		state.ParentACL = parents
	}
	switch {
	case doubt != nil:
		state.Recognized(doubt)
		state.refresh(read, r.Session.Identities())
	case state.Stat.IsNull() && !state.DeclaresContent(): // as an import leaves it
		if isEphemeral(read.Stat) {
			req.Diags.Append(about.Ephemeral())
			return
		}
		state.load(read)
	default:
		wasOurs := !attr.IsOverwritten(state.DataWOVersion)
		state.refresh(read, r.Session.Identities())
		if wasOurs && attr.IsOverwritten(state.DataWOVersion) {
			req.Diags.Append(about.Rewritten())
		}
	}
	req.Diags.Append(node.ForgetDoubt(ctx, req.Private)...)
	req.Diags.Append(state.Remember(ctx, req.Private, r.Session)...)
	req.Result = state
}

// Updates writes what changed, provided that nobody else has changed it since the plan.
func (r *Resource) Updates(ctx context.Context, req *request) {
	plan, state, config := req.Plan, req.State, req.Config
	req.Identity = plan.Path
	req.Diags.Append(state.Recall(ctx, req.Private, r.Session)...)
	if req.Failed() {
		return
	}
	about := r.subject(plan.Path)
	if plan.Stat.IsUnknown() { // otherwise only what the server knows nothing of has changed
		done, err := plan.Apply(ctx, r.Session, plan.Path.ValueString(), &config.Node, &state.Node)
		if err != nil {
			req.Diags.Append(about.Error(doingUpdate, err))
			state.Node = plan.Node // what was done of it
			req.Diags.Append(state.Remember(ctx, req.Private, r.Session)...)
			req.Result = state
			return
		}
		req.Diags.Append(about.Applied(done)...)
		req.Diags.Append(plan.Remember(ctx, req.Private, r.Session)...)
	}
	diags, err := r.Session.RenewParents(ctx, req.Private, plan.parentsACL(), state.parentsACL())
	req.Diags.Append(diags...)
	if err != nil {
		req.Diags.Append(about.Error(doingSetParents, err))
		plan.ParentACL = state.ParentACL
	}
	req.Result = plan
	req.Diags.Append(setKindAssumed(ctx, req.Private, false)...)
}

// Deletes deletes the node, provided that nobody else has changed it since the plan.
func (r *Resource) Deletes(ctx context.Context, req *request) {
	state := req.State
	succeeded, diags := succeeded(ctx, req.Private)
	req.Diags.Append(diags...)
	left, diags := r.subject(state.Path).Spare(ctx, req.Private, session.Whole, false)
	req.Diags.Append(diags...)
	if left {
		return
	}
	doubt, diags := node.LoadDoubt(ctx, req.Private)
	req.Diags.Append(diags...)
	if req.Failed() {
		return
	}
	if doubt != nil {
		made, ours, err := doubt.Find(ctx, r.Session, state.Path.ValueString(), &state.Node)
		switch {
		case err != nil:
			req.Diags.Append(r.subject(state.Path).Error(doingDelete, err))
			return
		case !ours:
			return
		}
		state.Recognized(doubt)
		state.refresh(made, r.Session.Identities())
	}
	err := state.Delete(ctx, r.Session, state.Path.ValueString(), succeeded)
	req.Diags.Append(r.subject(state.Path).Destroyed(doingDelete, err)...)
	if err == nil && !state.Keeps() && r.Session.Borrowed(session.Whole, state.Path.ValueString()) {
		req.Diags.Append(r.subject(state.Path).Borrowed())
	}
}

// ImportState begins with a path; the read that follows fills in the rest.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	nodePath, diags := r.ImportedPath(ctx, req)
	resp.Diagnostics.Append(diags...)
	if diags.HasError() {
		return
	}
	if err := r.Session.CheckManaged(nodePath); err != nil {
		resp.Diagnostics.AddError("Invalid import ID", "A znode is imported by its path: "+err.Error()+".")
		return
	}
	state := unread(nodePath)
	resp.Diagnostics.Append(r.subject(state.Path).Twins(ctx, r.Session)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, state.Path)...)
	resp.Diagnostics.Append(setKindAssumed(ctx, resp.Private, true)...)
}

func (r *Resource) subject(nodePath types.String) diagnose.Subject {
	return diagnose.Subject{Resource: TypeName, Path: nodePath.ValueString(), Presented: r.Session.Presented, Run: r.Session}
}
