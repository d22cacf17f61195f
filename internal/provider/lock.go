package provider

import (
	"context"
	"fmt"
	"math"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
)

type lockModel struct {
	Path       types.String  `tfsdk:"path"`
	Mode       types.String  `tfsdk:"mode"`
	Protocol   types.String  `tfsdk:"protocol"`
	Timeout    types.Float64 `tfsdk:"timeout"`
	Identifier types.String  `tfsdk:"identifier"`
	ACL        types.Set     `tfsdk:"acl"`
}

func lockAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "A lock for the whole run: other runs, and programs that take the same lock, wait meanwhile. " +
			"A plan and its apply take it one after the other, and a run that loses it writes nothing more. [Locks](guides/locks.md) says more.",
		Attributes: map[string]schema.Attribute{
			"path":       schema.StringAttribute{Optional: true, Validators: []validator.String{lockPathValidator}, MarkdownDescription: "Absolute path of the lock's node, required here or in the environment. The first run creates it and its missing parents, with `acl`; they stay. Environment: `ZOOKEEPER_LOCK_PATH`, which alone makes the provider take the lock."},
			"mode":       schema.StringAttribute{Optional: true, Validators: []validator.String{lockModeValidator}, MarkdownDescription: "`exclusive` keeps all others out, `shared` only those that want it exclusive. Environment: `ZOOKEEPER_LOCK_MODE`. Default `exclusive`."},
			"protocol":   schema.StringAttribute{Optional: true, Validators: []validator.String{lockProtocolValidator}, MarkdownDescription: "Which library's locks keep this run out: `kazoo` (Python) or `curator` (Java). [Locks](guides/locks.md) names the classes. A contender of the other kind at the path is an error. Environment: `ZOOKEEPER_LOCK_PROTOCOL`. Default `kazoo`."},
			"timeout":    schema.Float64Attribute{Optional: true, Validators: []validator.Float64{lockTimeoutValidator}, MarkdownDescription: "Seconds to wait for the lock before an error names its holder; `0` for not at all. Environment: `ZOOKEEPER_LOCK_TIMEOUT`. Default `60`."},
			"identifier": schema.StringAttribute{Optional: true, MarkdownDescription: "The name that others see as the lock's holder. By default it names the machine and the process. Environment: `ZOOKEEPER_LOCK_IDENTIFIER`."},
			"acl": attr.ProviderACL("Who may take the lock and who may break it: the ACL of the run's node in the lock's queue, and of the lock's node and those above it where they are made. " +
				"Everybody who shares the lock needs `c`, `d` and `r` in it: if your teams present different identities, name all of them here. See [Locks](guides/locks.md). " +
				"Environment: `ZOOKEEPER_LOCK_ACL`, in zkCli's notation. Default: `default_acl`, where that is set; else `auth::cdrwa`, the identities that the provider presents, and `world:anyone:cdrwa` for a provider that presents none."),
		},
	}
}

// lock takes the lock of the run; nil for none. defaultACL is the provider's.
func (r *resolver) lock(ctx context.Context, obj types.Object, defaultACL types.Set) *session.Lock {
	at := path.Root("lock")
	var m lockModel
	if !r.object(ctx, at, obj, &m) {
		return nil
	}
	l := session.Lock{}
	mode, protocol, seconds := session.Exclusive, session.Kazoo, session.DefaultLockTimeout.Seconds()
	r.text(at.AtName("path"), m.Path, &l.Path, attr.CheckLockPath)
	r.text(at.AtName("mode"), m.Mode, &mode, checkLockMode)
	r.text(at.AtName("protocol"), m.Protocol, &protocol, checkLockProtocol)
	r.number(at.AtName("timeout"), m.Timeout, &seconds, checkLockTimeout)
	r.text(at.AtName("identifier"), m.Identifier, &l.Identifier, func(string) error { return nil })
	l.Shared, l.Curator, l.Timeout = mode == session.Shared, protocol == session.Curator, duration(seconds)
	switch {
	case l.Path != "":
		r.lockACL(at.AtName("acl"), m.ACL, defaultACL, &l)
		return &l
	case !obj.IsNull() && !m.Path.IsUnknown() && !r.partial:
		r.diags.AddAttributeError(at.AtName("path"), "Missing lock path",
			"lock says how to take a lock, and not which. Set lock.path or ZOOKEEPER_LOCK_PATH, or leave lock out.")
	}
	return nil
}

// lockACL takes the ACL of the lock. A plan may make the lock, so it needs the ACL.
func (r *resolver) lockACL(at path.Path, set, defaultACL types.Set, l *session.Lock) {
	if !set.IsNull() && !attr.ACLKnown(set) && !r.partial {
		set = types.SetUnknown(attr.ACLEntryType)
	}
	r.acl(at, set, &l.ACL)
	if set.IsNull() && l.ACL == nil && !defaultACL.IsNull() && !attr.ACLKnown(defaultACL) {
		r.unknown = append(r.unknown, path.Root("default_acl").String())
	}
}

// checkLock checks the ACL of the lock of the run by who the provider is.
func checkLock(s *session.Session, l *session.Lock) diag.Diagnostics {
	if l == nil || l.ACL == nil { // nil while the configuration is not known
		return nil
	}
	at := path.Root("lock").AtName("acl")
	diags := s.CheckACL(at, attr.ACLValue(l.ACL))
	if lost := attr.LockedOut(l.ACL, session.LockPerms, s.Identities(), nil); s.Known() && lost != 0 && !diags.HasError() {
		about := diagnose.Subject{Path: l.Path, Presented: s.Presented}
		diags.Append(diag.WithPath(at, about.LockedOut(lost)))
	}
	return diags
}

func checkLockMode(s string) error {
	if s != session.Exclusive && s != session.Shared {
		return fmt.Errorf("the mode of a lock is %q or %q, and not %q", session.Exclusive, session.Shared, s)
	}
	return nil
}

func checkLockProtocol(s string) error {
	if s != session.Kazoo && s != session.Curator {
		return fmt.Errorf("the protocol of a lock is %q or %q, and not %q", session.Kazoo, session.Curator, s)
	}
	return nil
}

func checkLockTimeout(n float64) error {
	if math.IsNaN(n) || n < 0 || n > session.MaxLockTimeout.Seconds() {
		return fmt.Errorf("the wait for a lock is a number of seconds from 0 to %s, and not %s", plain(session.MaxLockTimeout.Seconds()), plain(n))
	}
	return nil
}
