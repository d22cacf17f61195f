package znodes

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// Who may read a secret is up to the ACL of its node. What the resource creates has the ACL of the
// configuration from the beginning. A node that is there keeps its ACL, and the plan tells of
// strangers whom that lets in; one that somebody else has made gets the ACL of the configuration
// before the secret.

// secretsWritten returns the keys of the secrets that are written: of those that are not kept, those
// that are new, and with rewrite all.
func (m *model) secretsWritten(had, kept keySet, rewrite bool) []string {
	var keys []string
	for key := range m.DataWO.Elements() {
		if !kept[key] && (rewrite || !had[key]) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// letIn is who is let in to the secrets that a plan writes.
type letIn struct {
	// created counts the secrets in nodes that are to be made with an ACL for everybody.
	created int
	// paths are the nodes that are there and whose ACLs let in strangers.
	paths     []string
	strangers []zk.ACL
	// byACL tells that all of these get the ACL of the resource if it has one.
	byACL bool
	// unproven are nodes that somebody else has made, and whose ACLs, of which shown are the entries,
	// name those who may be let in without the hashes that would prove it.
	unproven []string
	shown    []zk.ACL
	// theirs are nodes that somebody else has made, and that get another ACL, with the one that they have.
	theirs []string
	// closed are the other nodes.
	closed []string
}

// planSecrets tells who is let in to the secrets that a plan writes, and which nodes get another
// ACL before. What may not be looked at is taken for closed.
func (r *Resource) planSecrets(ctx context.Context, plan *model, had holding, keys []string) (diags diag.Diagnostics) {
	declared, err := attr.ACLFrom(plan.ACL)
	if err != nil || !plan.ACL.IsNull() && declared == nil || len(keys) == 0 {
		return nil // validation has told, or it is not known yet
	}
	found := r.lookAt(ctx, plan, had, keys, declared)
	about := r.about(plan)
	if len(found.theirs) > 0 {
		diags.Append(reclaimed(had.base, found.theirs, plan.ACL.IsNull()))
	}
	if len(found.paths) > 0 {
		wayOut := "The resource leaves the ACLs of such nodes as they are. Give them another one before this apply (setAcl in zkCli, or zookeeper_znode_acl in an apply of its own)"
		if found.byACL {
			wayOut = "Set acl: the apply then gives it to these nodes before it writes the secrets"
		}
		diags.Append(about.LetIn(fmt.Sprintf("%s to nodes below %q that exist, and their ACLs have", secretsGo(len(found.paths)), had.base), found.strangers, wayOut, "\n\n"+listed(found.paths)))
	}
	if len(found.unproven) > 0 {
		diags.Append(about.Unproven(fmt.Sprintf("%s to nodes below %q", secretsGo(len(found.unproven)), had.base), found.shown, "\n\n"+listed(found.unproven)))
	}
	if found.created > 0 {
		diags.Append(about.OpenSecrets(secretsGo(found.created))...)
	}
	if len(found.paths) > 0 || len(found.unproven) > 0 || found.created > 0 || plan.BasePath.IsUnknown() || r.Session.ForAll(declared) {
		return diags
	}
	parents := make(map[string]int)
	for _, path := range found.closed {
		parents[zk.Parent(path)]++
	}
	n := 0
	var replaceable []string
	var perms zk.Perms
	for _, parent := range slices.Sorted(maps.Keys(parents)) {
		if may := r.Session.Replaceable(ctx, parent); may != 0 {
			replaceable, perms, n = append(replaceable, parent), perms|may, n+parents[parent]
		}
	}
	if n > 0 {
		diags.Append(about.Replaceable(secretsGo(n), replaceable, perms))
	}
	return diags
}

// secretsGo begins a sentence about so many secrets.
func secretsGo(n int) string {
	if n == 1 {
		return "1 secret of data_wo goes"
	}
	return diagnose.Count(n, "secret", "secrets") + " of data_wo go"
}

// lookAt looks at the ACLs of the nodes that secrets go to.
func (r *Resource) lookAt(ctx context.Context, plan *model, had holding, keys []string, declared []zk.ACL) (found letIn) {
	created := declared
	if created == nil {
		created = r.Session.DefaultACL()
	}
	open := len(r.Session.Strangers(created, declared, false)) > 0
	found.byACL = declared == nil
	for _, key := range keys {
		acl, there, err := r.aclOf(ctx, plan, had, key)
		theirs := had.isTheirs(key) || !had.there(key)
		strangers := r.Session.Strangers(acl, declared, theirs)
		switch path := had.path(key); {
		case err != nil:
		case there && !r.writes(plan, had, key): // it has to be created, and the apply refuses that
		case !there && open:
			found.created++
		case there && theirs && r.Session.Reclaims(acl, declared):
			found.theirs = append(found.theirs, fmt.Sprintf("%s: %s", attr.Quoted(path), diagnose.ACLText(acl)))
			found.closed = append(found.closed, path)
		case there && len(strangers) > 0:
			found.paths, found.strangers = append(found.paths, path), append(found.strangers, strangers...)
			found.byACL = found.byACL && theirs
		case there && theirs && attr.HashesHidden(acl):
			found.unproven, found.shown = append(found.unproven, path), append(found.shown, acl...)
		default:
			found.closed = append(found.closed, path)
		}
	}
	found.strangers, found.shown = each(found.strangers), each(found.shown)
	return found
}

// each returns the entries of ACLs, sorted and each of them once.
func each(entries []zk.ACL) []zk.ACL {
	slices.SortFunc(entries, func(a, b zk.ACL) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(entries)
}

// writes reports whether a secret may go to a node that is there.
func (r *Resource) writes(plan *model, had holding, key string) bool {
	return had.secrets[key] || had.shows(key) || had.ours(key) || plan.AdoptExisting.ValueBool() || plan.Exclusive.ValueBool()
}

// aclOf returns the ACL of a node that is there, and may be.
func (r *Resource) aclOf(ctx context.Context, plan *model, had holding, key string) (acl []zk.ACL, there bool, err error) {
	if plan.BasePath.IsUnknown() || !had.there(key) && !had.secrets[key] && !had.shows(key) && !plan.AdoptExisting.ValueBool() {
		return nil, false, nil
	}
	client, err := r.Session.Client(ctx)
	if err != nil {
		return nil, false, err
	}
	acl, _, err = client.ACL(ctx, had.path(key))
	if errors.Is(err, zk.ErrNoNode) {
		return nil, false, nil
	}
	return acl, err == nil, err
}

// reclaim gives the ACL of the configuration to the nodes that somebody else has made, that are to
// get a secret, and whose ACLs let strangers in. A node that is no longer as it was planned is left
// to the write to complain about.
func (a *applying) reclaim(ctx context.Context, writes []zk.Write) error {
	declared, err := attr.ACLFrom(a.plan.ACL)
	if err != nil {
		return err
	}
	for _, w := range writes {
		key := keyOf(a.out.base, w.Path)
		if _, secret := a.want.secrets[key]; !secret || w.Kind != zk.WriteSet || !a.out.isTheirs(key) {
			continue
		}
		acl, stat, err := a.client.ACL(ctx, w.Path)
		switch {
		case errors.Is(err, zk.ErrNoNode), err == nil && stat.Mzxid != w.Mzxid, err == nil && !a.Session.Reclaims(acl, declared):
			continue
		case err != nil:
			return err
		}
		from := attr.PlannedOf(stat)
		change := zk.Change{SetACL: true, ACL: a.acl, ACLVersion: from.Aversion, Czxid: from.Czxid}
		if err := a.client.Update(ctx, w.Path, change); err != nil {
			return session.Conflict(ctx, a.client, w.Path, from, err)
		}
		a.closed++
		stat.Aversion++
		a.Session.WroteBeforeSecret(w.Path, stat)
	}
	return nil
}
