package znodes

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// typeName is the name of the resource.
const typeName = "zookeeper_znodes"

// Resource is the resource zookeeper_znodes.
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
func NewResource() resource.Resource {
	return &Resource{IdentifiedByPath: attr.IdentifiedByPath{Attribute: "base_path"}}
}

// Metadata tells the resource's name.
func (r *Resource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = typeName
}

// Schema describes the resource.
func (r *Resource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages many znodes below one path, and writes them in one transaction: whoever reads them sees all of an apply or nothing of it.\n\n" +
			"The keys of `data`, `data_base64` and `data_wo` are paths below `base_path`, as in `limits` or `limits/cpu`, and each is in one of the three. " +
			"A plan shows the keys that differ from what the servers hold, and no others.\n\n" +
			"What was planned against is what is changed: when somebody else changed, made or removed one of the nodes after the plan was made, the apply names it, and writes nothing.\n\n" +
			"Nodes in between, `base_path` among them, are made where they are missing, empty, in the same transaction. Those that the resource made are its own: " +
			"they are removed once it needs them no longer, as long as nobody else has put something into them or below them. " +
			"What is missing above `base_path` is made too, and stays. Where another resource manages `base_path`, refer to it, as in `base_path = zookeeper_znode.app.path`.\n\n" +
			"A node that is there already is not taken over, whoever made it: the creation of a second resource with the same key fails. Import takes it over, all nodes below `base_path` or some by their keys. " +
			"It reads what they hold into the state: leave secrets out of it.\n\n" +
			"So a node moves here from a `zookeeper_znode` and is neither destroyed nor written on the way: take both resources out of the state (`terraform state rm`), " +
			"move the node's content into `data`, and import this resource by all of its keys, the new one among them. The plan is then empty. The way back is the same.",
		Attributes: map[string]schema.Attribute{
			"base_path": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Absolute path of the node that all keys are below, as in `/services/web`; `/` is the root, or the chroot of the provider's `servers`. `/zookeeper` and what is below that cannot be managed. Changing it removes the nodes and makes new ones.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
				Validators:          []validator.String{attr.Path()},
			},
			"data": schema.MapAttribute{
				ElementType:         types.StringType,
				Optional:            true,
				MarkdownDescription: "Nodes and their content as UTF-8 text. **No place for secrets:** it is stored in the state. Use `data_wo` for them.",
			},
			"data_base64": schema.MapAttribute{
				ElementType:         types.StringType,
				Optional:            true,
				MarkdownDescription: "Nodes and their content as base64, for what is not text; `filebase64(…)` reads it from a file. A node of `data` that somebody else wrote something to that is not text shows up here. **No place for secrets**, as `data` is not.",
			},
			"data_wo": schema.MapAttribute{
				ElementType: types.StringType,
				Optional:    true,
				Sensitive:   true,
				WriteOnly:   true,
				MarkdownDescription: "Nodes and their content as UTF-8 text that is a secret: it is written to the servers, and is in no state, plan or log. The keys are no secret, and are stored. " +
					"Takes ephemeral values, and needs Terraform 1.11 or OpenTofu 1.11.",
			},
			"data_wo_version": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Names the secrets in `data_wo`, as in `1` or a date, and is needed with it: they are not stored, so that a plan cannot see whether they have changed. " +
					"All of them are written when this changes, and when somebody else wrote or removed one of the nodes since, which the plan tells; new keys are written and old ones removed whenever they differ. Stored and shown.",
				Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"acl": attr.ResourceACL("Who may do what with each node that the resource makes, those in between included. When it is left out, they get the provider's `default_acl`. "+
				"It is used when a node is made and at no other time: a change is for nodes made from then on, and leaves those that there are as they are, whose ACLs `zookeeper_znode_acl` can manage. ZooKeeper has no transaction that changes ACLs.", false),
			"exclusive": schema.BoolAttribute{
				Optional: true,
				Computed: true,
				Default:  booldefault.StaticBool(false),
				MarkdownDescription: "Have nothing below `base_path` but the nodes of this resource. Whatever others put there shows up in `data` or `data_base64` as something to be removed, and is; when this is switched on, a warning in the plan names what goes. " +
					"A new resource wants an empty `base_path`, or none: import what is there, and the plan shows what becomes of it. Destroying the resource removes all that is below `base_path`. " +
					"By default what others have is neither looked at nor touched, and a node that has children of others is not deleted: the error counts them. Default `false`.",
			},
			"atomic": schema.BoolAttribute{
				Optional: true,
				Computed: true,
				Default:  booldefault.StaticBool(true),
				MarkdownDescription: "Write all changes of an apply in one transaction. When that would be larger than the provider's `max_buffer_bytes`, the plan says so, and by how much. " +
					"With `false` it is as few transactions as possible: nodes are made, from the top down, then changed, then removed, from the bottom up, and the state has what was done when an apply ends in between. Default `true`.",
			},
			"zxid": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "Transaction of the last change to the nodes, as of the last read.",
			},
		},
	}
}

// ValidateConfig checks what fits together.
func (r *Resource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	config, diags := decode(ctx, req.Config, req.Config.Raw)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(checkConfig(config, func(p string) error { return attr.CheckPath(p, true) })...)
}

func checkConfig(config *model, managed func(string) error) diag.Diagnostics {
	diags := checkData(config)
	if !config.BasePath.IsNull() && !config.BasePath.IsUnknown() && attr.CheckPath(config.BasePath.ValueString(), false) == nil {
		if err := checkBase(config.BasePath.ValueString(), managed, config.Data, config.DataBase64, config.DataWO); err != nil {
			diags.AddAttributeError(path.Root("base_path"), "Invalid path of a znode", attr.Sentence(err))
		}
	}
	return diags
}

// ModifyPlan completes a plan, and checks what can be checked without the servers.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.Session == nil {
		return
	}
	if req.Plan.Raw.IsNull() {
		r.planRemoval(ctx, req, resp)
		return
	}
	plan, diags := planned(ctx, req.Plan, req.Config)
	resp.Diagnostics.Append(diags...)
	var state *model
	if !req.State.Raw.IsNull() {
		state, diags = decode(ctx, req.State, req.State.Raw)
		resp.Diagnostics.Append(diags...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	// What was unknown when the configuration was validated may be known by now.
	resp.Diagnostics.Append(checkConfig(plan, r.Session.CheckManaged)...)
	resp.Diagnostics.Append(r.Session.CheckACL(path.Root("acl"), plan.ACL)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if state != nil && !plan.BasePath.Equal(state.BasePath) {
		state = nil // other nodes are planned
	}
	if state == nil || !plan.ACL.Equal(state.ACL) {
		resp.Diagnostics.Append(r.warnLockedOut(plan)...)
	}
	if state != nil {
		plan.ACL = attr.PlanACL(plan.ACL, state.ACL, r.Session.Identities())
	}
	zxid, diags := r.planChanges(ctx, plan, state, resp.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	plan.Zxid, plan.DataWO = zxid, nodeMap{}
	resp.Plan.Raw, diags = plan.encode(ctx, req.Plan.Raw.Type())
	resp.Diagnostics.Append(diags...)
}

// planned returns a plan with the secrets of its configuration, which the plan has not.
func planned(ctx context.Context, plan tfsdk.Plan, config tfsdk.Config) (*model, diag.Diagnostics) {
	m, diags := decode(ctx, plan, plan.Raw)
	if diags.HasError() {
		return nil, diags
	}
	c, diags := decode(ctx, config, config.Raw)
	if diags.HasError() {
		return nil, diags
	}
	m.DataWO = c.DataWO
	return m, nil
}

// planChanges returns what to plan for zxid: that of the state when nothing is to be
// written, and otherwise unknown. It checks the size of what is to be written.
func (r *Resource) planChanges(ctx context.Context, plan, state *model, private attr.PrivateState) (types.Int64, diag.Diagnostics) {
	if !plan.known() {
		return types.Int64Unknown(), nil
	}
	want, err := plan.wants(state)
	if err != nil {
		return types.Int64Unknown(), nil // validation has told
	}
	have, rec := contents{}, newRecord()
	var diags diag.Diagnostics
	if state != nil {
		if have, err = state.declared(); err != nil {
			return types.Int64Unknown(), diag.Diagnostics{r.subject(plan.BasePath.ValueString()).Error(doingUpdate, err)}
		}
		rec, diags = load(ctx, private, have)
		if diags.HasError() {
			return types.Int64Unknown(), diags
		}
		if want.exclusive && !state.Exclusive.ValueBool() {
			want.extra, diags = r.planExtra(ctx, plan.BasePath.ValueString(), have, rec, want)
		}
		diags.Append(saveExtra(ctx, private, want.extra)...)
	}
	writes := changes(plan.BasePath.ValueString(), have, rec, want)
	if len(writes) == 0 && state != nil {
		return state.Zxid, diags
	}
	diags.Append(r.checkSize(plan, writes)...)
	return types.Int64Unknown(), diags
}

// planExtra looks what is below base that a state does not have, when that is to go from now
// on, and warns of it: the plan itself has no place for it. What was written since the state
// was read is not among it. So an apply, which plans once more and knows nothing of the plan
// that it is to apply but the state, finds no more than that plan told of.
func (r *Resource) planExtra(ctx context.Context, base string, have contents, rec record, want wanted) (map[string]int64, diag.Diagnostics) {
	about := r.subject(base)
	client, err := r.Session.Client(ctx)
	if err != nil {
		return nil, diag.Diagnostics{about.Error(doingRead, err)}
	}
	extra, err := others(ctx, client, base, want)
	if err != nil {
		return nil, diag.Diagnostics{about.Error(doingRead, err)}
	}
	maps.DeleteFunc(extra, func(key string, zxid int64) bool {
		_, shown := have[key]
		return shown || zxid > rec.seen
	})
	if len(extra) == 0 {
		return nil, nil
	}
	return extra, diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("exclusive"), "Znodes of others will be removed", fmt.Sprintf(
		"exclusive = true is new, and below %q there are nodes that this resource does not declare. Applying this plan removes them:\n\n%s", base, diagnose.Listed(named(base, extra))))}
}

// planRemoval checks the size of what a destruction is to write.
func (r *Resource) planRemoval(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	state, diags := decode(ctx, req.State, req.State.Raw)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	have, err := state.declared()
	if err != nil {
		return // nothing is said about a size that is not known
	}
	rec, diags := load(ctx, resp.Private, have)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(r.checkSize(state, removal(state.BasePath.ValueString(), have, rec, state.Exclusive.ValueBool()))...)
}

// checkSize refuses writes that the servers would not take.
func (r *Resource) checkSize(m *model, writes []zk.Write) diag.Diagnostics {
	acl, err := attr.ACLFrom(m.ACL)
	if err != nil {
		return nil // validation has told
	}
	err = r.Session.CheckBatch(zk.Batch{Writes: writes, ACL: acl, Split: !m.Atomic.ValueBool()})
	if err == nil {
		return nil
	}
	base := m.BasePath.ValueString()
	at, about := path.Root("atomic"), base
	if e, ok := errors.AsType[*zk.Error](err); ok && e.Path != "" {
		about = e.Path
		key := keyOf(base, about)
		at = path.Root("data_wo").AtMapKey(key)
		switch {
		case m.Data.has(key):
			at = path.Root("data").AtMapKey(key)
		case m.DataBase64.has(key):
			at = path.Root("data_base64").AtMapKey(key)
		}
	}
	return diag.Diagnostics{diag.WithPath(at, r.subject(about).Error("store the data", err))}
}

// warnLockedOut warns of an ACL that keeps the provider from the nodes that it is to make.
func (r *Resource) warnLockedOut(plan *model) diag.Diagnostics {
	acl, err := attr.ACLFrom(plan.ACL)
	if err != nil || plan.ACL.IsUnknown() {
		return nil // validation has told, or nothing is known yet
	}
	if acl == nil {
		acl = r.Session.DefaultACL()
	}
	lost := r.Session.LockedOut(acl, zk.PermRead|zk.PermWrite|zk.PermCreate|zk.PermDelete)
	if lost == 0 {
		return nil
	}
	return diag.Diagnostics{diag.WithPath(path.Root("acl"), r.subject(plan.BasePath.ValueString()).LockedOut(lost))}
}

// Create makes the nodes.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	plan, diags := planned(ctx, req.Plan, req.Config)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	about := r.subject(plan.BasePath.ValueString())
	want, err := plan.wants(nil)
	if err != nil {
		resp.Diagnostics.Append(about.Error(doingCreate, err))
		return
	}
	if want.exclusive {
		resp.Diagnostics.Append(r.checkEmpty(ctx, about)...)
		if resp.Diagnostics.HasError() {
			return
		}
	}
	out, diags := r.apply(ctx, doingCreate, plan, nil, newRecord(), want)
	resp.Diagnostics.Append(diags...)
	switch {
	case out.complete:
	case !out.wrote:
		return
	default:
		resp.Diagnostics.Append(incompleteWarning(about.Path))
	}
	plan.finish(out)
	resp.State.Raw, diags = plan.encode(ctx, req.Plan.Raw.Type())
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(out.rec.save(ctx, resp.Private, out.have)...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, plan.BasePath)...)
}

// incompleteWarning tells how to go on behind a creation that ended half-way.
func incompleteWarning(base string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Resource is incomplete", fmt.Sprintf(
		"Some of the nodes below %q were created, and the state has them. Terraform takes such a resource for tainted: the next apply removes them and creates all anew. "+
			"To go on from there instead, which is the only way where some of them are of data_wo, whose keys a tainted resource does not know, run terraform untaint with the resource's address first.", base))
}

// checkEmpty refuses to begin where something is below base, for a resource that is to have
// all of it: what becomes of that no plan has shown.
func (r *Resource) checkEmpty(ctx context.Context, about diagnose.Subject) diag.Diagnostics {
	client, err := r.Session.Client(ctx)
	if err != nil {
		return diag.Diagnostics{about.Error(doingCreate, err)}
	}
	found, err := others(ctx, client, about.Path, wanted{})
	switch {
	case err != nil:
		return diag.Diagnostics{about.Error(doingCreate, err)}
	case len(found) > 0:
		return diag.Diagnostics{about.Occupied(named(about.Path, found))}
	}
	return nil
}

// finish makes a state of a plan and of what its apply has left. What the apply did not
// complete is as it was.
func (m *model) finish(out outcome) {
	m.DataWO = nodeMap{}
	if m.Zxid.IsUnknown() || out.wrote {
		m.Zxid = types.Int64Value(out.zxid)
	}
	if !out.complete {
		m.show(out.have)
		m.DataWOVersion = types.StringNull()
	}
}

// Read brings the state to what the servers hold.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	state, diags := decode(ctx, req.State, req.State.Raw)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, state.BasePath)...)
	base := state.BasePath.ValueString()
	about := r.subject(base)
	have, err := state.declared()
	if err != nil {
		resp.Diagnostics.Append(about.Error(doingRead, err))
		return
	}
	rec, diags := load(ctx, req.Private, have)
	resp.Diagnostics.Append(diags...)
	client, err := r.Session.Client(ctx)
	if err != nil {
		resp.Diagnostics.Append(about.Error(doingRead, err))
		return
	}
	doing, imported := doingRead, state.Zxid.IsNull() // no state but an import's leaves it open
	var found refreshed
	var missing *missingError
	switch {
	case imported && len(have) == 0:
		doing = doingImport
		found, err = importAll(ctx, client, base)
	case imported:
		doing = doingImport
		found, err = importSome(ctx, client, base, have)
	default:
		found, err = refresh(ctx, client, base, have, rec, state.Exclusive.ValueBool())
	}
	switch {
	case errors.Is(err, zk.ErrNoNode):
		resp.State.RemoveResource(ctx)
		return
	case errors.As(err, &missing):
		resp.Diagnostics.AddError("Znode cannot be imported", fmt.Sprintf("There is no node %q. Nothing was imported: leave its key out, and let an apply create it.", missing.path))
		return
	case err != nil:
		resp.Diagnostics.Append(about.Error(doing, err))
		return
	}
	state.fill(found, have)
	if found.rewritten {
		resp.Diagnostics.Append(about.ManyRewritten())
	}
	resp.State.Raw, diags = state.encode(ctx, req.State.Raw.Type())
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(found.rec.save(ctx, resp.Private, found.have)...)
}

// Update writes what changed, provided that nobody else has changed it since the plan.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	plan, diags := planned(ctx, req.Plan, req.Config)
	resp.Diagnostics.Append(diags...)
	state, diags := decode(ctx, req.State, req.State.Raw)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, plan.BasePath)...)
	about := r.subject(plan.BasePath.ValueString())
	have, err := state.declared()
	if err != nil {
		resp.Diagnostics.Append(about.Error(doingUpdate, err))
		return
	}
	rec, diags := load(ctx, req.Private, have)
	resp.Diagnostics.Append(diags...)
	want, err := plan.wants(state)
	if err != nil {
		resp.Diagnostics.Append(about.Error(doingUpdate, err))
		return
	}
	want.extra, diags = loadExtra(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	out, diags := r.apply(ctx, doingUpdate, plan, have, rec, want)
	resp.Diagnostics.Append(diags...)
	if !out.complete && !out.wrote {
		return
	}
	plan.finish(out)
	resp.State.Raw, diags = plan.encode(ctx, req.Plan.Raw.Type())
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(out.rec.save(ctx, resp.Private, out.have)...)
	resp.Diagnostics.Append(saveExtra(ctx, resp.Private, nil)...)
}

// Delete removes the nodes, provided that nobody else has changed them since the plan.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	state, diags := decode(ctx, req.State, req.State.Raw)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	have, err := state.declared()
	if err != nil {
		resp.Diagnostics.Append(r.subject(state.BasePath.ValueString()).Error(doingDelete, err))
		return
	}
	rec, diags := load(ctx, req.Private, have)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	out, diags := r.remove(ctx, state, have, rec)
	resp.Diagnostics.Append(diags...)
	if !diags.HasError() || !out.wrote {
		return
	}
	state.finish(out)
	resp.State.Raw, diags = state.encode(ctx, req.State.Raw.Type())
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(out.rec.save(ctx, resp.Private, out.have)...)
}

// ImportState begins with a path, and perhaps with keys below it; the read that follows
// fills in the rest.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	base, diags := r.ImportedPath(ctx, req)
	resp.Diagnostics.Append(diags...)
	if diags.HasError() {
		return
	}
	keys, some := "", false
	if req.ID != "" { // an identity has no keys
		if base, keys, some = strings.Cut(base, "//"); base == "" {
			base = root
		}
	}
	state := model{
		BasePath:  types.StringValue(base),
		ACL:       types.SetNull(attr.ACLEntryType),
		Exclusive: types.BoolValue(false),
		Atomic:    types.BoolValue(true),
	}
	if some {
		nodes := make(contents)
		for key := range strings.SplitSeq(keys, "//") {
			if err := checkKey(key); err != nil {
				resp.Diagnostics.AddError("Invalid import ID", fmt.Sprintf("Behind base_path, keys follow with // in front of each, and %q is none: %s.", key, err))
				return
			}
			nodes[key] = ""
		}
		state.show(nodes)
	}
	err := attr.CheckPath(base, false)
	if err == nil {
		err = checkBase(base, r.Session.CheckManaged, state.Data)
	}
	if err != nil {
		resp.Diagnostics.AddError("Invalid import ID", "Znodes are imported by their base_path, and by keys with // in front of each where only some are meant: "+err.Error()+".")
		return
	}
	resp.State.Raw, diags = state.encode(ctx, resp.State.Raw.Type())
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, state.BasePath)...)
}

func (r *Resource) subject(nodePath string) diagnose.Subject {
	return diagnose.Subject{Resource: typeName, Path: nodePath, Presented: r.Session.Presented()}
}
