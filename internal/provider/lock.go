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
		MarkdownDescription: "A lock that the provider takes before its first operation and holds to its end, so that two runs never interleave: " +
			"whoever takes the same lock waits meanwhile, further runs and every program that uses the locks of [kazoo](https://kazoo.readthedocs.io/en/latest/api/recipe/lock.html), the Python client, or of Apache Curator, for Java. " +
			"A plan and the apply that follows it each take it, before the first operation that they need the servers for; a plan that only creates needs none. Between the two others may come: what they change is found by the apply. " +
			"It goes with the provider's session, so that the servers free it when the run dies. When it is lost in the middle of a run, nothing more is written, and what was left to do fails with an error that says so. " +
			"It is lost when no server could be reached for a third of `session_timeout`: where your servers are slow to elect a leader, a timeout of 30 seconds or more is right.",
		Attributes: map[string]schema.Attribute{
			"path":       schema.StringAttribute{Optional: true, Validators: []validator.String{lockPathValidator}, MarkdownDescription: "Absolute path of the lock's node, needed here or in the environment. It is created when it is missing, with the `acl`, and so is what is missing above it; they stay. Environment: `ZOOKEEPER_LOCK_PATH`, which by itself makes the provider take the lock."},
			"mode":       schema.StringAttribute{Optional: true, Validators: []validator.String{lockModeValidator}, MarkdownDescription: "`exclusive` keeps everybody else out, `shared` only those who want it exclusive. Environment: `ZOOKEEPER_LOCK_MODE`. Default `exclusive`."},
			"protocol":   schema.StringAttribute{Optional: true, Validators: []validator.String{lockProtocolValidator}, MarkdownDescription: "Whose contenders the lock is shared with. `kazoo` shares the lock with the users of kazoo's `WriteLock` (`exclusive`) and `ReadLock` (`shared`); `curator` with those of Curator's `InterProcessMutex` (`exclusive`) and of the read lock of its `InterProcessReadWriteLock` (`shared`), which do not keep each other out. Contenders of another kind at the path are an error: nobody would wait for the other. Environment: `ZOOKEEPER_LOCK_PROTOCOL`. Default `kazoo`."},
			"timeout":    schema.Float64Attribute{Optional: true, Validators: []validator.Float64{lockTimeoutValidator}, MarkdownDescription: "Seconds to wait for the lock before an error tells who holds it; `0` for not at all. Environment: `ZOOKEEPER_LOCK_TIMEOUT`. Default `60`."},
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
		about := diagnose.Subject{Path: l.Path, Presented: s.Presented()}
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
