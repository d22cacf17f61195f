package quota

import (
	"context"
	"errors"
	"maps"
	"math"
	"slices"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// typeName is the name of the resource.
const typeName = "zookeeper_quota"

// Resource is the resource zookeeper_quota.
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

// Metadata says what the resource is called.
func (r *Resource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = typeName
}

// Schema describes the resource.
func (r *Resource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Limits how many nodes there may be at a node and below, and how much data they may hold, as `setquota` of zkCli does.\n\n" +
			"Servers enforce a hard limit when they run with `enforceQuota=true` (ZooKeeper 3.7 and later): what is beyond fails with \"quota exceeded\". They compare each write with what they counted before it. So several writes at the same moment, or all nodes of one `zookeeper_znodes`, can exceed the limit together. A soft limit is a warning in their logs. " +
			"There is one quota for a node, and none above another: two resources whose paths are above each other are an error of the plan.\n\n" +
			"Destroying the resource removes the limits and what was counted, and leaves the node as it is. A quota outlives its node: destroy it too when you delete the node.",
		Attributes: map[string]schema.Attribute{
			"path": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Absolute path of the node, which must exist. Neither `/` nor within `/zookeeper`. Changing it removes the quota and sets one on the other node.",
				Validators:          []validator.String{attr.ManagedPath()},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"max_count": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "How many nodes there may be: the node itself and all below, so at least `1`. At least one of `max_count` and `max_bytes` is set.",
				Validators:          []validator.Int64{int64validator.Between(1, math.MaxInt32), int64validator.AtLeastOneOf(path.MatchRoot("max_bytes"))},
			},
			"max_bytes": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "How many bytes of data the node and all below may hold together.",
				Validators:          []validator.Int64{int64validator.AtLeast(1)},
			},
			"hard": schema.BoolAttribute{
				Optional: true,
				Computed: true,
				MarkdownDescription: "Whether the limits are hard. Default: `true` with servers that can enforce them (3.7 and later), `false` with older ones, on which `true` is an error. " +
					"A quota with soft limits beside hard ones, as others can set it, reads as null. The next apply removes the limits that are not declared.",
			},
			"used_count": schema.Int64Attribute{Computed: true, MarkdownDescription: "How many nodes the servers count, as of the last read. Null where they do not count; the next apply makes them."},
			"used_bytes": schema.Int64Attribute{Computed: true, MarkdownDescription: "How many bytes of data the servers count, as of the last read."},
			"mzxid":      schema.Int64Attribute{Computed: true, MarkdownDescription: "Transaction that last wrote the limits. An update or a destruction applies to this one: when somebody else has written them since, it is an error."},
		},
	}
}

// ModifyPlan decides what is computed, and checks what the apply would do.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.Session == nil || req.Plan.Raw.IsNull() {
		return
	}
	var plan, config model
	var state *model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if !req.State.Raw.IsNull() {
		state = new(model)
		resp.Diagnostics.Append(req.State.Get(ctx, state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	client, err := r.Session.Client(ctx)
	if err != nil {
		client = nil // a plan of what is yet to be created needs none
	}
	if plan.Hard = config.Hard; config.Hard.IsNull() {
		if plan.Hard = hardByDefault(ctx, client); plan.Hard.IsUnknown() && state != nil {
			plan.Hard = state.Hard // nothing was learnt
		}
	}
	changes := state == nil || !plan.Path.Equal(state.Path) || !plan.MaxCount.Equal(state.MaxCount) || !plan.MaxBytes.Equal(state.MaxBytes) || !plan.Hard.Equal(state.Hard)
	if changes || state.UsedCount.IsNull() {
		plan.UsedCount, plan.UsedBytes, plan.Mzxid = types.Int64Unknown(), types.Int64Unknown(), types.Int64Unknown()
	} else {
		plan.UsedCount, plan.UsedBytes, plan.Mzxid = state.UsedCount, state.UsedBytes, state.Mzxid
	}
	if other := r.claim(plan.Path); other != "" {
		resp.Diagnostics.Append(overlapping(plan.Path.ValueString(), other, "gets a quota by another resource of this configuration", ""))
		return
	}
	if changes {
		r.check(ctx, client, &plan, state, resp)
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
}

// claims are the paths that have a quota when what is planned has been applied.
type claims struct {
	mu    sync.Mutex
	paths map[string]bool
}

// claimsKey is where a session keeps them.
type claimsKey struct{}

// claim notes that a resource has a quota after the apply. It returns the path of another one above it or below.
func (r *Resource) claim(nodePath types.String) (other string) {
	if nodePath.IsUnknown() {
		return ""
	}
	kept, _ := r.Session.Notes().LoadOrStore(claimsKey{}, &claims{paths: make(map[string]bool)})
	c, _ := kept.(*claims)
	c.mu.Lock()
	defer c.mu.Unlock()
	own := nodePath.ValueString()
	c.paths[own] = true
	for _, other := range slices.Sorted(maps.Keys(c.paths)) {
		if other != own && (session.Within(other, own) || session.Within(own, other)) {
			return other
		}
	}
	return ""
}

// check refuses what cannot be applied, as far as it is known.
func (r *Resource) check(ctx context.Context, client *zk.Client, plan, state *model, resp *resource.ModifyPlanResponse) {
	about := r.subject(plan.Path)
	if !plan.Path.IsUnknown() {
		if err := r.Session.CheckManaged(about.Path); err != nil {
			resp.Diagnostics.AddAttributeError(path.Root("path"), "Invalid path of a znode", attr.Sentence(err))
			return
		}
	}
	if client == nil {
		return
	}
	if plan.Hard.ValueBool() {
		err := client.RequireQuota(ctx, zk.Quota{HardCount: 1, HardBytes: zk.NoLimit})
		if _, old := errors.AsType[*zk.VersionError](err); old {
			d := about.Error(doingSet, err)
			resp.Diagnostics.AddAttributeError(path.Root("hard"), d.Summary(), d.Detail()+" A soft limit works: hard = false.")
		}
	}
	if plan.Path.IsUnknown() || state != nil && state.Path.Equal(plan.Path) || r.Session.CreatedAs(about.Path) != "" {
		return
	}
	if _, found, err := client.Exists(ctx, about.Path); err == nil && !found {
		resp.Diagnostics.Append(missing(about.Path))
		resp.Diagnostics.Append(about.Twins(ctx, r.Session)...)
	}
}

// hardByDefault is `hard` where the configuration does not say it; unknown where the servers cannot be asked.
func hardByDefault(ctx context.Context, client *zk.Client) types.Bool {
	if client == nil {
		return types.BoolUnknown()
	}
	err := client.RequireQuota(ctx, zk.Quota{HardCount: 1, HardBytes: zk.NoLimit})
	if _, old := errors.AsType[*zk.VersionError](err); err != nil && !old {
		return types.BoolUnknown()
	}
	return types.BoolValue(err == nil)
}

// Create sets the quota.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	about := r.subject(plan.Path)
	client, err := r.Session.Client(ctx)
	if err != nil {
		resp.Diagnostics.Append(about.Error(doingSet, err))
		return
	}
	after, done := r.Session.AfterWrite(ctx)
	defer done()
	if plan.Hard.IsUnknown() {
		if plan.Hard = hardByDefault(ctx, client); plan.Hard.IsUnknown() {
			plan.Hard = types.BoolValue(true) // the connection was lost; CreateQuota asks again
		}
	}
	if err := client.CreateQuota(ctx, about.Path, plan.quota(), r.Session.DefaultACL()); err != nil {
		resp.Diagnostics.Append(createFailed(about, err))
		_, partial := errors.AsType[*zk.PartialError](err)
		unknown, isUnknown := errors.AsType[*zk.OutcomeUnknownError](err)
		switch {
		case partial:
		case isUnknown: // the next read looks for it
			plan.counted(zk.QuotaReading{})
			plan.Mzxid = types.Int64Null()
			d := doubt{Seen: unknown.Seen, Others: unknown.Others, ACL: r.Session.DefaultACL()}
			resp.Diagnostics.Append(d.save(ctx, resp.Private)...)
			resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
			resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, plan.Path)...)
			return
		default:
			return
		}
	}
	resp.Diagnostics.Append(r.readBack(after, client, &plan)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, plan.Path)...)
}

// Read brings the state to what the servers hold.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, state.Path)...)
	if resp.Diagnostics.HasError() {
		return
	}
	about := r.subject(state.Path)
	d, diags := loadDoubt(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, err := r.Session.Client(ctx)
	ours := true
	if err == nil && d != nil {
		ours, err = client.RecognizeQuota(ctx, about.Path, state.quota(), zk.Making{Seen: d.Seen, Others: d.Others, ACL: d.ACL})
	}
	var now zk.QuotaReading
	if err == nil && ours {
		now, err = client.Quota(ctx, about.Path)
	}
	switch {
	case err == nil && !ours:
		resp.State.RemoveResource(ctx)
		return
	case errors.Is(err, zk.ErrNoNode):
		if d, ok := about.GoneWithChroot(ctx, doingRead); ok {
			resp.Diagnostics.Append(d)
			return
		}
		resp.State.RemoveResource(ctx)
		return
	case err != nil:
		resp.Diagnostics.Append(about.Error(doingRead, err))
		return
	}
	state.refresh(now)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, doubtKey, nil)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// Update replaces the limits, provided that nobody else has since the plan.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, plan.Path)...)
	if resp.Diagnostics.HasError() {
		return
	}
	about := r.subject(plan.Path)
	client, err := r.Session.Client(ctx)
	if err == nil {
		if plan.Hard.IsUnknown() {
			if plan.Hard = hardByDefault(ctx, client); plan.Hard.IsUnknown() {
				plan.Hard = state.Hard // the connection was lost; what is set does not change
			}
		}
		after, done := r.Session.AfterWrite(ctx)
		defer done()
		var mzxid int64
		if mzxid, err = r.planned(ctx, client, &state); err == nil {
			err = client.SetQuota(ctx, about.Path, plan.quota(), mzxid, r.Session.DefaultACL())
		}
		if _, partial := errors.AsType[*zk.PartialError](err); err == nil || partial {
			resp.Diagnostics.Append(r.readBack(after, client, &plan)...)
			resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
		}
	}
	if err != nil {
		resp.Diagnostics.Append(changeFailed(about, doingSet, err))
	}
}

// planned is the transaction that a change applies to. The state does not have it where what was written could not be
// read back: then it is the one that wrote what the servers have, as long as that is what the state has.
func (r *Resource) planned(ctx context.Context, client *zk.Client, state *model) (int64, error) {
	if !state.Mzxid.IsNull() {
		return state.Mzxid.ValueInt64(), nil
	}
	now, err := client.Quota(ctx, state.Path.ValueString())
	if errors.Is(err, zk.ErrNoNode) || err == nil && now.Quota != state.quota() {
		return 0, nil // no quota's
	}
	return now.Stat.Mzxid, err
}

// Delete removes the quota.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, err := r.Session.Client(ctx)
	var mzxid int64
	if err == nil {
		mzxid, err = r.planned(ctx, client, &state)
	}
	if err == nil {
		err = client.DeleteQuota(ctx, state.Path.ValueString(), mzxid)
	}
	if err != nil {
		resp.Diagnostics.Append(changeFailed(r.subject(state.Path), doingDelete, err))
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
		resp.Diagnostics.AddError("Invalid import ID", "A quota is imported by the path of its node: "+err.Error()+".")
		return
	}
	state := model{Path: types.StringValue(nodePath)}
	resp.Diagnostics.Append(r.subject(state.Path).Twins(ctx, r.Session)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, state.Path)...)
}

// readBack takes from the servers what they count, and what the next change is planned against.
func (r *Resource) readBack(ctx context.Context, client *zk.Client, plan *model) diag.Diagnostics {
	now, err := client.Quota(ctx, plan.Path.ValueString())
	if err != nil {
		plan.UsedCount, plan.UsedBytes, plan.Mzxid = types.Int64Null(), types.Int64Null(), types.Int64Null()
		return diag.Diagnostics{r.subject(plan.Path).NotReadBack(err)}
	}
	plan.counted(now)
	return nil
}

func (r *Resource) subject(nodePath types.String) diagnose.Subject {
	return diagnose.Subject{Resource: typeName, Path: nodePath.ValueString(), Presented: r.Session.Presented, Run: r.Session}
}
