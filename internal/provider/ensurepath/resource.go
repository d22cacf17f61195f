package ensurepath

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// typeName is the name of the resource.
const typeName = "zookeeper_ensure_path"

// What the resource does with a path, in the words of a diagnostic.
const (
	doingCreate = "make the path"
	doingRead   = "read the path"
	doingDelete = "remove the path"
)

// Resource is the resource zookeeper_ensure_path.
type Resource struct {
	attr.IdentifiedByPath
	session.Resource
}

var (
	_ resource.ResourceWithConfigure   = (*Resource)(nil)
	_ resource.ResourceWithModifyPlan  = (*Resource)(nil)
	_ resource.ResourceWithImportState = (*Resource)(nil)
	_ resource.ResourceWithIdentity    = (*Resource)(nil)
)

// NewResource returns the resource.
func NewResource() resource.Resource { return new(Resource) }

// Metadata tells the resource's name.
func (r *Resource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = typeName
}

// Schema describes the resource.
func (r *Resource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Makes sure that a node is there, and those above it: what is missing is made, empty, and what is there is left as it is, whoever made it.\n\n" +
			"The resource owns the nodes that it made, listed in `created`, and nothing of their content: data and ACL may be written by anybody. " +
			"When it is destroyed, it removes those of them that are still the ones that it made, from the deepest up, and stops at the first that holds children or data. " +
			"A node that has a resource of its own, as a `zookeeper_znode`, needs no `zookeeper_ensure_path`, and better has none: the two would both remove it.",
		Attributes: map[string]schema.Attribute{
			"path": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Absolute path of the node, as in `/services/web`. Neither `/` nor within `/zookeeper`. Changing it makes another path, and destroys the old one as `on_destroy` says.",
				Validators:          []validator.String{attr.ManagedPath()},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"acl": attr.ResourceACL("ACL of the nodes that are made; the provider's `default_acl` when it is left out. It must let the provider create children, or the path ends at the first node made. "+
				"It says nothing of nodes that are there: changing it changes none, and counts from the next node that is made, as when somebody deleted one. To manage the ACL of nodes that are there, use `zookeeper_znode_acl`.", false),
			"on_destroy": schema.StringAttribute{
				Optional: true,
				Computed: true,
				Default:  stringdefault.StaticString(prune),
				MarkdownDescription: "What destroying the resource does: `prune` (the default) removes the nodes in `created`, as far as they are empty; `keep` leaves everything as it is. " +
					"When it is changed, apply before you destroy.",
				Validators: []validator.String{stringvalidator.OneOf(prune, keep)},
			},
			"created": schema.ListAttribute{
				Computed:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Paths of the nodes that this resource made, from the top down. A parent that another resource of the same run made on its way, as `create_parents` does, counts as made here, and gets `acl`: it does not matter which of the two came first. A node that somebody else deleted, or deleted and made anew, is not listed any more.",
			},
			"stat": attr.ResourceStat(),
		},
	}
}

// ModifyPlan completes a plan. Where the path is there, nothing is to be made, and what is
// computed stays as it is.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || r.Session == nil {
		return // a deletion
	}
	var plan resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	// What was unknown when the configuration was validated may be known by now.
	resp.Diagnostics.Append(r.Session.CheckACL(path.Root("acl"), plan.ACL)...)
	if !plan.Path.IsUnknown() {
		if err := r.Session.CheckManaged(plan.Path.ValueString()); err != nil {
			resp.Diagnostics.AddAttributeError(path.Root("path"), "Invalid path of a znode", attr.Sentence(err))
		}
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if req.State.Raw.IsNull() {
		resp.Diagnostics.Append(r.checkACL(&plan)...)
		return
	}
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	plan.ACL = attr.PlanACL(plan.ACL, state.ACL, r.Session.Identities())
	plan.Created, plan.Stat = state.Created, state.Stat
	if state.Stat.IsNull() || !plan.Path.Equal(state.Path) {
		resp.Diagnostics.Append(r.checkACL(&plan)...)
		plan.Created = types.ListUnknown(types.StringType)
		plan.Stat = types.ObjectUnknown(attr.StatType.AttrTypes)
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
}

// checkACL warns of an ACL that keeps the provider from making one node below another, and
// from removing it again.
func (r *Resource) checkACL(plan *resourceModel) diag.Diagnostics {
	acl, err := attr.ACLFrom(plan.ACL)
	if err != nil || plan.Path.IsUnknown() || zk.Parent(plan.Path.ValueString()) == "/" {
		return nil // validation has told, or there is nothing to go by
	}
	if plan.ACL.IsNull() {
		acl = r.Session.DefaultACL()
	}
	if lost := r.Session.LockedOut(acl, zk.PermCreate|zk.PermDelete); lost != 0 {
		return diag.Diagnostics{diag.WithPath(path.Root("acl"), r.subject(plan).LockedOut(lost))}
	}
	return nil
}

// Create makes the path.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	made, diags := r.ensure(ctx, &plan)
	resp.Diagnostics.Append(diags...)
	if diags.HasError() && len(made) == 0 {
		return
	}
	// What was made before a failure is remembered: Terraform then has a tainted resource,
	// and destroys it before it makes another.
	resp.Diagnostics.Append(plan.remember(ctx, resp.Private, made)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, plan.Path)...)
}

// ensure makes the path that a plan asks for, reads the stat of its end, and returns what
// it made, with an error too.
func (r *Resource) ensure(ctx context.Context, plan *resourceModel) ([]session.Made, diag.Diagnostics) {
	about := r.subject(plan)
	plan.Stat = types.ObjectNull(attr.StatType.AttrTypes)
	acl, err := attr.ACLFrom(plan.ACL)
	if err != nil {
		return nil, diag.Diagnostics{about.Error(doingCreate, err)}
	}
	made, err := r.Session.EnsurePath(ctx, plan.Path.ValueString(), acl)
	if err != nil {
		return made, diag.Diagnostics{about.Error(doingCreate, err)}
	}
	stat, found, err := r.exists(ctx, plan.Path.ValueString())
	switch {
	case err != nil:
		return made, diag.Diagnostics{about.NotReadBack(err)}
	case found:
		plan.Stat = attr.StatValue(stat)
	}
	return made, nil
}

// Read brings the state to what the server holds. A path that is gone leaves the state
// with the last of the nodes that the resource made for it: while there are others, they
// are its to remove, and the next apply makes the rest again.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, state.Path)...)
	if resp.Diagnostics.HasError() {
		return
	}
	made, diags := state.madeBy(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if diags.HasError() {
		return
	}
	stat, found, err := r.exists(ctx, state.Path.ValueString())
	left := make([]session.Made, 0, len(made))
	for _, node := range made {
		if err != nil {
			break
		}
		var now zk.Stat
		if now, _, err = r.exists(ctx, node.Path); now.Czxid == node.Czxid && node.Czxid != 0 {
			left = append(left, node)
		}
	}
	switch {
	case err != nil:
		resp.Diagnostics.Append(r.subject(&state).Error(doingRead, err))
		return
	case !found && len(left) == 0:
		resp.State.RemoveResource(ctx)
		return
	}
	state.Stat = types.ObjectNull(attr.StatType.AttrTypes)
	if found {
		state.Stat = attr.StatValue(stat)
	}
	resp.Diagnostics.Append(state.remember(ctx, resp.Private, left)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// Update makes what is missing of the path. Settings alone change nothing on the server.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, plan.Path)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !plan.Stat.IsUnknown() {
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
		return
	}
	before, diags := state.madeBy(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if diags.HasError() {
		return
	}
	made, diags := r.ensure(ctx, &plan)
	resp.Diagnostics.Append(diags...)
	if diags.HasError() {
		plan = state // but for what was made
	}
	resp.Diagnostics.Append(plan.remember(ctx, resp.Private, merged(before, made))...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
}

// merged returns the nodes of both; of two of one path the one that was made later.
func merged(before, made []session.Made) []session.Made {
	all := slices.DeleteFunc(slices.Clone(before), func(old session.Made) bool {
		return slices.ContainsFunc(made, func(node session.Made) bool { return node.Path == old.Path })
	})
	return append(all, made...)
}

// Delete removes what the resource made, from the deepest up, as far as there is nothing
// in it.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || state.OnDestroy.ValueString() == keep {
		return
	}
	made, diags := state.madeBy(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if diags.HasError() {
		return
	}
	made, err := r.recognize(ctx, &state, made)
	if err != nil {
		resp.Diagnostics.Append(r.subject(&state).Error(doingDelete, err))
		return
	}
	for i, node := range slices.Backward(made) {
		err := r.Session.Prune(ctx, node)
		switch {
		case err == nil, errors.Is(err, zk.ErrNoNode): // gone, or somebody else's
		case errors.Is(err, zk.ErrNotEmpty):
			resp.Diagnostics.Append(leftWarning(made[:i+1]))
			return
		default:
			resp.Diagnostics.Append(r.subject(&state).Error(doingDelete, err))
			// The next refresh finds what is left.
			return
		}
	}
}

// recognize completes nodes whose transactions are not known here: Terraform does not hand
// the private state to the destruction of a tainted resource that it replaces, be it that
// its path could not be finished or that a user has tainted it. The refresh before has
// compared the transactions, and a node cannot be replaced while there is one below it. So
// they are the same nodes while the end of the path is the one in the state. A path that was
// not finished has no end in the state: then what is there is taken, which is removed only
// when it is empty.
func (r *Resource) recognize(ctx context.Context, state *resourceModel, made []session.Made) ([]session.Made, error) {
	if !slices.ContainsFunc(made, func(node session.Made) bool { return node.Czxid == 0 }) {
		return made, nil
	}
	if end, known := attr.PlannedAgainst(state.Stat); known {
		stat, _, err := r.exists(ctx, state.Path.ValueString())
		if err != nil || stat.Czxid != end.Czxid {
			return nil, err
		}
	}
	for i, node := range made {
		if node.Czxid != 0 {
			continue
		}
		stat, _, err := r.exists(ctx, node.Path)
		if err != nil {
			return nil, err
		}
		made[i].Czxid = stat.Czxid
	}
	return made, nil
}

// ImportState begins with a path; the read that follows fills in the rest. Nothing of it
// was made here.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	nodePath, diags := r.ImportedPath(ctx, req)
	resp.Diagnostics.Append(diags...)
	if diags.HasError() {
		return
	}
	if err := r.Session.CheckManaged(nodePath); err != nil {
		resp.Diagnostics.AddError("Invalid import ID", "A path is imported by itself: "+err.Error()+".")
		return
	}
	state := resourceModel{
		Path:      types.StringValue(nodePath),
		ACL:       types.SetNull(attr.ACLEntryType),
		OnDestroy: types.StringValue(prune),
		Created:   pathsOf(nil),
		Stat:      types.ObjectNull(attr.StatType.AttrTypes),
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, state.Path)...)
}

func (r *Resource) exists(ctx context.Context, nodePath string) (zk.Stat, bool, error) {
	client, err := r.Session.Client(ctx)
	if err != nil {
		return zk.Stat{}, false, err
	}
	return client.Exists(ctx, nodePath)
}

func (r *Resource) subject(m *resourceModel) diagnose.Subject {
	return diagnose.Subject{Resource: typeName, Path: m.Path.ValueString(), Presented: r.Session.Presented()}
}

// leftWarning tells what of the nodes that were made stays.
func leftWarning(nodes []session.Made) diag.Diagnostic {
	last := nodes[len(nodes)-1].Path
	detail := fmt.Sprintf("%q was not removed, because it holds children or data that this resource did not put there.", last)
	if len(nodes) > 1 {
		above := make([]string, 0, len(nodes)-1)
		for _, node := range nodes[:len(nodes)-1] {
			above = append(above, node.Path)
		}
		detail += " So the nodes above it that it made stay too: " + diagnose.Quoted(above) + "."
	}
	return diag.NewWarningDiagnostic("Path is not empty", detail+" What stays is in no state any more. To leave a path alone without this warning, set on_destroy = \"keep\".")
}
