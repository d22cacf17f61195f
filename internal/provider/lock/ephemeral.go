package lock

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/float64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk/recipe"
)

// EphemeralResource is the ephemeral resource zookeeper_lock.
type EphemeralResource struct{ session.EphemeralResource }

var (
	_ ephemeral.EphemeralResourceWithConfigure = (*EphemeralResource)(nil)
	_ ephemeral.EphemeralResourceWithRenew     = (*EphemeralResource)(nil)
	_ ephemeral.EphemeralResourceWithClose     = (*EphemeralResource)(nil)
)

// NewEphemeralResource returns the ephemeral resource.
func NewEphemeralResource() ephemeral.EphemeralResource { return new(EphemeralResource) }

// Metadata tells the ephemeral resource's name.
func (e *EphemeralResource) Metadata(_ context.Context, _ ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = "zookeeper_lock"
}

// Schema describes the ephemeral resource.
func (e *EphemeralResource) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Holds a lock while what refers to it runs, so that others who take the same lock wait meanwhile: " +
			"further runs, and every program that uses the locks of [kazoo](https://kazoo.readthedocs.io/en/latest/api/recipe/lock.html), the Python client, or of Apache Curator, for Java.\n\n" +
			"The lock is taken when the plan and again when the apply comes to it, and given back at the end of each. " +
			"What is to run under it refers to it, as in `depends_on = [ephemeral.zookeeper_lock.NAME]`. " +
			"It goes with the provider's session, so that the servers free it when the run dies. " +
			"When it is lost in the meantime, because no server could be reached for a third of `session_timeout` or because somebody deleted its node, the run fails with an error that says so: " +
			"what was done since may have met with what others did. To have nothing more written then, use the provider's own `lock`, which holds one for all that the provider does.",
		Attributes: map[string]schema.Attribute{
			"path": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Absolute path of the lock's node. It is created when it is missing, with the `acl`, and so is what is missing above it; they stay.",
				Validators:          []validator.String{attr.LockPath()},
			},
			"mode": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "`exclusive` keeps everybody else out, `shared` only those who want it exclusive. Default `exclusive`.",
				Validators:          []validator.String{stringvalidator.OneOf(session.Exclusive, session.Shared)},
			},
			"protocol": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Whose contenders the lock is shared with. `kazoo` shares the lock with the users of kazoo's `WriteLock` (`exclusive`) and `ReadLock` (`shared`); `curator` with those of Curator's `InterProcessMutex` (`exclusive`) and of the read lock of its `InterProcessReadWriteLock` (`shared`), which do not keep each other out. Contenders of another kind at the path are an error: nobody would wait for the other. Default `kazoo`.",
				Validators:          []validator.String{stringvalidator.OneOf(session.Kazoo, session.Curator)},
			},
			"timeout": schema.Float64Attribute{
				Optional:            true,
				MarkdownDescription: "Seconds to wait for the lock before an error names its holder; `0` for not at all. Default `60`.",
				Validators:          []validator.Float64{float64validator.Between(0, session.MaxLockTimeout.Seconds())},
			},
			"identifier": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The name that others see as the lock's holder. By default it names the machine and the process.",
			},
			"acl": attr.EphemeralACL("Who may take the lock and who may break it: the ACL of the run's node in the lock's queue, and of the lock's node and those above it where they are made. " +
				"Everybody who shares the lock needs `c`, `d` and `r` in it: if your teams present different identities, name all of them here. See [Locks](../guides/locks.md). " +
				"Default: the provider's `default_acl`, where that is set; else `auth::cdrwa`, the identities that the provider presents, and `world:anyone:cdrwa` for a provider that presents none."),
			"lock_path": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Path of the ephemeral node that stands for this run in the lock's queue.",
			},
		},
	}
}

// held is what stays known of an open lock, in its private data.
type held struct {
	// LockPath is the contender's node.
	LockPath string `json:"lock_path"`
	// Path is the lock's.
	Path string `json:"path"`
}

const privateKey = "lock"

// Open takes the lock.
func (e *EphemeralResource) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	about := diagnose.Subject{Path: m.Path.ValueString(), Presented: e.Session.Presented, Run: e.Session}
	resp.Diagnostics.Append(e.Session.CheckACL(path.Root("acl"), m.ACL)...)
	if resp.Diagnostics.HasError() {
		return
	}
	lock, err := m.lock()
	var h *recipe.Held
	if err == nil {
		h, err = e.Session.Hold(ctx, lock)
	}
	if err != nil {
		failed := about.Error("take the lock", err)
		if _, ok := errors.AsType[*session.LockoutError](err); ok {
			failed = diag.WithPath(path.Root("acl"), failed)
		}
		resp.Diagnostics.Append(failed)
		return
	}
	m.LockPath = types.StringValue(h.Path())
	private, err := json.Marshal(held{LockPath: h.Path(), Path: m.Path.ValueString()})
	if err == nil {
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, privateKey, private)...)
	}
	resp.Diagnostics.Append(resp.Result.Set(ctx, &m)...)
	resp.RenewAt = e.next()
	if resp.Diagnostics.HasError() {
		_ = e.Session.Free(ctx, h.Path())
	}
}

// Renew fails when the lock is held no more. There is nothing else to renew: the session
// keeps it.
func (e *EphemeralResource) Renew(ctx context.Context, req ephemeral.RenewRequest, resp *ephemeral.RenewResponse) {
	h, about, diags := e.find(ctx, req.Private.GetKey)
	resp.Diagnostics.Append(diags...)
	if h == nil {
		return
	}
	if err := h.Err(); err != nil {
		resp.Diagnostics.Append(about.Error("keep the lock", err))
		return
	}
	resp.RenewAt = e.next()
}

// Close gives the lock back, and fails when it was lost.
func (e *EphemeralResource) Close(ctx context.Context, req ephemeral.CloseRequest, resp *ephemeral.CloseResponse) {
	h, about, diags := e.find(ctx, req.Private.GetKey)
	resp.Diagnostics.Append(diags...)
	if h == nil {
		return
	}
	if err := e.Session.Free(ctx, h.Path()); err != nil {
		resp.Diagnostics.Append(about.Error("give back the lock", err))
	}
}

// next is when to look again whether the lock is held.
func (e *EphemeralResource) next() time.Time { return time.Now().Add(renewal) }

// renewal is how often the lock is looked at. It costs no request.
const renewal = 5 * time.Second

// find returns the open lock that the private data names.
func (e *EphemeralResource) find(ctx context.Context, key func(context.Context, string) ([]byte, diag.Diagnostics)) (*recipe.Held, diagnose.Subject, diag.Diagnostics) {
	private, diags := key(ctx, privateKey)
	var of held
	if err := json.Unmarshal(private, &of); err != nil && !diags.HasError() {
		diags.AddError("Private state is damaged", fmt.Sprintf("What was kept of the lock cannot be read: %v. This is a bug in the provider.", err))
	}
	about := diagnose.Subject{Path: of.Path, Presented: e.Session.Presented, Run: e.Session}
	if diags.HasError() {
		return nil, about, diags
	}
	h := e.Session.Held(of.LockPath)
	if h == nil {
		diags.AddError("Lock is not held", fmt.Sprintf("The lock %q was taken by another process of the provider, which has ended, and the lock with it. Run again.", of.Path))
	}
	return h, about, diags
}
