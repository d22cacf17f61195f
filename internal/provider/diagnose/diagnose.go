package diagnose

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	fwpath "github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/node"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
	"terraform-provider-zookeeper/internal/zk/sasl"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// Subject is what an operation was about.
type Subject struct {
	// Resource is the type of the resource, such as "zookeeper_znode"; empty for a data
	// source.
	Resource string
	// Path is the path of the node; empty when the operation is about none.
	Path string
	// Sequential tells that the path is the prefix of a node that has no number yet.
	Sequential bool
	// Presented names the identities that the provider presents; nil where it presents none. It is called when a failure is
	// explained: by then the servers may have said whom they take the provider for.
	Presented func() []string
	// Run knows what this run has done itself; nil where that does not matter.
	Run *session.Session
}

// inFull is how often a run explains a failure that its operations share.
const inFull = 3

// Error explains a failed operation. doing is what was being done, as in "create the znode". A
// failure that the operations of a run share, such as a lost lock, is explained for the first few, and
// named and counted for the others: there may be hundreds.
func (s Subject) Error(doing string, err error) diag.Diagnostic {
	d := s.explain(doing, err)
	if s.Run == nil || !isShared(err) {
		return d
	}
	if n := s.Run.Failed(d.Summary()); n > inFull {
		return diag.NewErrorDiagnostic(d.Summary(), fmt.Sprintf("The provider could not %s%s either, failure %d of this kind. %d other errors of this run say why.", doing, s.at(), n, inFull))
	}
	return d
}

// isShared reports whether an operation failed for a reason that is not its own, and left nothing behind.
func isShared(err error) bool {
	if _, ok := errors.AsType[*zk.PartialError](err); ok || errors.Is(err, zk.ErrOutcomeUnknown) {
		return false
	}
	_, unreachable := errors.AsType[*zk.ConnectError](err)
	_, unlocked := errors.AsType[*session.GuardError](err)
	return unreachable || unlocked || errors.Is(err, recipe.ErrLost)
}

func (s Subject) explain(doing string, err error) diag.Diagnostic {
	conflict, isConflict := errors.AsType[*session.ConflictError](err)
	notEmpty, isNotEmpty := errors.AsType[*node.NotEmptyError](err)
	switch {
	case isConflict:
		s.Path = conflict.Path // perhaps one above
		if conflict.Found == nil {
			return s.UnseenConflict(doing, conflict.Err, conflict.Planned)
		}
		return s.Conflict(doing, conflict.Err, conflict.Planned, *conflict.Found)
	case isNotEmpty:
		return s.NotEmpty(notEmpty.Children)
	case errors.Is(err, node.ErrUnread):
		return s.unread(doing)
	case errors.Is(err, node.ErrMissed):
		return diag.NewErrorDiagnostic("Znode was not handed over", fmt.Sprintf(
			"The provider did not %s%s. The resource is renamed without a moved block, and its successor, which was to take over the node, has failed before. Nothing was written, and the node stays with the old resource.\n\n"+
				"Run apply again. Or tell Terraform of the new name with a moved block, and nothing is destroyed or created.", doing, s.at()))
	}
	if partial, ok := errors.AsType[*zk.PartialError](err); ok {
		if errors.Is(err, context.Canceled) && !errors.Is(err, zk.ErrOutcomeUnknown) {
			return diag.NewErrorDiagnostic("Interrupted", fmt.Sprintf(
				"The run was stopped before the provider could %s%s completely: %s. Nothing more was written. Run plan again to see what is left to do.", doing, s.at(), partial.Done))
		}
		d := s.explain(doing, partial.Err)
		return diag.NewErrorDiagnostic(d.Summary(), d.Detail()+fmt.Sprintf("\n\nThis came in the middle: %s. Run plan again to see what is left to do.", partial.Done))
	}
	if guard, ok := errors.AsType[*session.GuardError](err); ok {
		// Whatever was to be done, this came first.
		s.Path, doing = guard.Path, "take the lock of the provider"
	}
	unknown, isUnknown := errors.AsType[*session.UnknownError](err)
	doubtful, isDoubtful := errors.AsType[*session.DoubtfulParentError](err)
	locked, isLocked := errors.AsType[*session.LockedError](err)
	lockout, isLockout := errors.AsType[*session.LockoutError](err)
	connect, isConnect := errors.AsType[*zk.ConnectError](err)
	tooLarge, isTooLarge := errors.AsType[*zk.TooLargeError](err)
	tooMuch, isTooMuch := errors.AsType[*zk.WalkLimitError](err)
	tooOld, isTooOld := errors.AsType[*zk.VersionError](err)
	answer, isAnswer := errors.AsType[*zk.ReplyTooLargeError](err)
	switch {
	case isUnknown:
		return notConfigured(unknown)
	case errors.Is(err, zk.ErrOutcomeUnknown) && s.Sequential:
		return s.numberUnknown(doing, err)
	case errors.Is(err, zk.ErrOutcomeUnknown):
		return s.outcomeUnknown(doing, err)
	case isDoubtful:
		return diag.NewErrorDiagnostic("Parent is in doubt", fmt.Sprintf(
			"The provider did not %s%s: %q is missing, or was a moment ago, and it is the node of another resource of this run, whose creation has failed with an outcome that is not known. "+
				"Made as a parent, it could not be told from somebody else's by the next run. Nothing was written.\n\nRun apply again.", doing, s.at(), doubtful.Path))
	case isLocked:
		return s.locked(doing, locked)
	case isLockout:
		return diag.NewErrorDiagnostic("Lock would keep the provider out", fmt.Sprintf(
			"The provider did not %s%s. The lock's node is yet to be made, and with the ACL that it is to get no run of this provider could take the lock: that needs the permissions %v on the node, and no entry gives %v to the provider, which presents %s. Nothing was written.\n\n%sOr leave acl out.",
			doing, s.at(), session.LockPerms, lockout.Lost, s.presented(), s.entryAdvice()))
	case errors.Is(err, session.ErrOwnLock):
		return diag.NewErrorDiagnostic("Lock is held by this run", fmt.Sprintf(
			"The provider could not %s%s: this run holds it already, by lock in the provider's configuration, and would wait for itself. Leave one of the two out.", doing, s.at()))
	case errors.Is(err, recipe.ErrForeignContender):
		had := "Neither waits for the other, so both would have the lock. Nothing was written."
		if errors.Is(err, recipe.ErrLost) {
			had = "It came while this run held the lock, and waits for no run. So the lock counts as lost, and nothing more is written. Look at what the run has done."
		}
		return diag.NewErrorDiagnostic("Lock is used in another way", fmt.Sprintf(
			"The provider could not %s%s: %s. %s\n\n"+
				"Set protocol of the lock (ZOOKEEPER_LOCK_PROTOCOL for the lock of the provider) and its mode to what the others use: protocol = \"kazoo\" for kazoo's locks; "+
				"protocol = \"curator\" with mode = \"exclusive\" for Curator's InterProcessMutex, and with mode = \"shared\" for its InterProcessReadWriteLock. "+
				"If this run is not to share a lock with them, give its lock another path.", doing, s.at(), behind(err, recipe.ErrForeignContender), had))
	case errors.Is(err, recipe.ErrLost):
		return diag.NewErrorDiagnostic("Lock was lost", fmt.Sprintf(
			"The provider could not %s%s: it had lost its lock: %s. Another run may have been at work since.\n\n"+
				"Look at what the run has done, and run again. If the servers could not be reached for a while, set a longer session_timeout.", doing, s.at(), behind(err, recipe.ErrLost)))
	case errors.Is(err, context.Canceled):
		return s.interrupted(doing)
	case isConnect:
		return unreachable(connect)
	case isTooLarge:
		switch op, _ := operation(err); op {
		case zk.OpNameMulti:
			return s.transactionTooLarge(tooLarge)
		case zk.OpNameSetACL:
			return s.ACLTooLarge(tooLarge)
		default:
			return s.tooLarge(tooLarge, "Data", "Store less in the node")
		}
	case isTooMuch:
		return s.TreeBeyondBound(doing, tooMuch.Path, tooMuch.Unit, tooMuch.Max)
	case isTooOld:
		return diag.NewErrorDiagnostic("ZooKeeper is too old", fmt.Sprintf(
			"The provider could not %s%s: %v. Upgrade the servers, or do without.", doing, s.at(), tooOld))
	case errors.Is(err, zk.ErrNodeExists) && s.Sequential:
		return s.numberTaken()
	case errors.Is(err, zk.ErrNodeExists):
		return s.exists()
	case errors.Is(err, zk.ErrNoNode):
		return s.noNode(doing, err)
	case errors.Is(err, zk.ErrNoAuth):
		return s.noAuth(doing, err)
	case errors.Is(err, zk.ErrUnimplemented):
		return diag.NewErrorDiagnostic("ZooKeeper does not support this", fmt.Sprintf(
			"The server refused to %s%s, because it does not have what that takes, or it is switched off there.\n\n"+
				"TTL nodes need zookeeper.extendedTypesEnabled=true on every server (a Java system property, -Dzookeeper.extendedTypesEnabled=true).", doing, s.at()))
	case errors.Is(err, zk.ErrInvalidACL):
		return diag.NewErrorDiagnostic("ZooKeeper refused the ACL", fmt.Sprintf(
			"The server refused an entry of the ACL of %s. Either its scheme is not enabled there, or its id is not one of that scheme, "+
				"or its scheme is \"auth\", which stands for the identities that the provider presents. The provider presents %s.\n\n"+
				"Check the entries' schemes and ids. world, auth, digest and ip are enabled on every server, ip with addresses of IPv6 since 3.9.4; sasl, x509 and others where authProvider.… or the quorum's security is configured.", attr.Quoted(s.Path), s.presented()))
	case errors.Is(err, zk.ErrNoChildrenForEphemerals):
		parent := zk.Parent(s.Path)
		if _, on := operation(err); on != "" {
			parent = zk.Parent(on) // of a node on the way, or below the path
		}
		return diag.NewErrorDiagnostic("Parent is ephemeral", fmt.Sprintf(
			"The provider could not %s%s, because %s is an ephemeral node, which can have no children. Choose another path.", doing, s.at(), attr.Quoted(parent)))
	case errors.Is(err, zk.ErrQuotaExceeded):
		return diag.NewErrorDiagnostic("Quota exceeded", fmt.Sprintf(
			"The provider could not %s%s: a quota on the node or on one above it does not allow it. Raise the quota (zookeeper_quota, or setquota in zkCli) or free some of it.", doing, s.at()))
	case errors.Is(err, zk.ErrNotReadOnly):
		return diag.NewErrorDiagnostic("Server is read-only", fmt.Sprintf(
			"The provider could not %s%s: the server that is connected has lost its quorum and answers reads alone, which read_only of the provider accepts. Bring the other servers back, then run again.", doing, s.at()))
	case errors.Is(err, zk.ErrEphemeralOnLocalSession):
		return diag.NewErrorDiagnostic("Session may have no ephemeral node", fmt.Sprintf(
			"The provider could not %s%s: that takes an ephemeral node, as each lock does, and the servers have given the provider a session that one of them alone knows, which may have none (localSessionsEnabled=true).\n\n"+
				"Set localSessionsUpgradingEnabled=true on every server: then such a session becomes one that all know when it needs to. Or do without the lock.", doing, s.at()))
	case errors.Is(err, zk.ErrSessionClosedRequireSASL) && s.presents(zk.SchemeSASL):
		return diag.NewErrorDiagnostic("SASL authentication failed", fmt.Sprintf(
			"The provider could not %s%s: the servers serve nobody who does not authenticate as they want it, and did not take what the provider presents: %s.%s\n\n"+
				"Check sasl in the provider's configuration: its username and its password, or its ticket or keytab. Servers with enforce.auth may want something else, and do not say what: %s.", doing, s.at(), s.presented(), given(err), enforced))
	case errors.Is(err, zk.ErrSessionClosedRequireSASL):
		return diag.NewErrorDiagnostic("ZooKeeper wants authentication", fmt.Sprintf(
			"The provider could not %s%s: the servers serve nobody who does not authenticate as they want it. The provider presents %s.\n\n"+
				"They want SASL (sessionRequireClientSASLAuth), or what their enforce.auth.schemes name, and do not say which: %s. Ask who runs them, and set that.", doing, s.at(), s.presented(), enforced))
	case errors.Is(err, sasl.ErrFailed):
		return diag.NewErrorDiagnostic("SASL authentication failed", fmt.Sprintf(
			"The provider could not %s%s: %s.\n\nLook at sasl in the provider's configuration: mechanism has to be the one that the servers log in with, and the rest has to say who the provider is to them.", doing, s.at(), behind(err, sasl.ErrFailed)))
	case errors.Is(err, zk.ErrAuthFailed):
		return diag.NewErrorDiagnostic("ZooKeeper refused the credentials", fmt.Sprintf(
			"The provider could not %s%s, because the server refused an identity: its scheme is not enabled there, or what proves it is wrong. The provider presents %s.%s\n\n"+
				"Check username, auth, sasl and tls in the provider's configuration. Servers with enforce.auth may want another identity, and do not say which.", doing, s.at(), s.presented(), given(err)))
	case isAnswer:
		return diag.NewErrorDiagnostic("Answer is too large", fmt.Sprintf(
			"The provider could not %s%s: the server's answer takes %d bytes, and the provider takes %d at most, which no setting changes. A node with very many children is one that takes so much.\n\n"+
				"Spread the content over more nodes.", doing, s.at(), answer.Size, answer.Limit))
	case errors.Is(err, zk.ErrConnectionLoss), errors.Is(err, zk.ErrSessionExpired), errors.Is(err, zk.ErrClosed):
		return diag.NewErrorDiagnostic("Lost the connection to ZooKeeper", fmt.Sprintf(
			"The connection ended before the provider could %s%s: %s.\n\nRun again when the servers are well.", doing, s.at(), strings.TrimPrefix(s.reason(err), zk.ErrConnectionLoss.Error()+": ")))
	default:
		return diag.NewErrorDiagnostic("ZooKeeper operation failed", fmt.Sprintf("The provider could not %s%s: %s.\n\nThe servers' logs may tell more.", doing, s.at(), s.reason(err)))
	}
}

// Conflict tells that err, a compare-and-set that failed, is because somebody else changed
// the node after the plan was made. found is what the node is now.
func (s Subject) Conflict(doing string, err error, planned, found attr.Planned) diag.Diagnostic {
	var changes []string
	if planned.Czxid != found.Czxid {
		changes = append(changes, fmt.Sprintf("it was deleted and created again (by transaction %#x, planned against the one of %#x)", found.Czxid, planned.Czxid))
	}
	if planned.Version != found.Version {
		changes = append(changes, fmt.Sprintf("its data was planned against version %d and is at version %d", planned.Version, found.Version))
	}
	if planned.Aversion != found.Aversion {
		changes = append(changes, fmt.Sprintf("its ACL was planned against version %d and is at version %d", planned.Aversion, found.Aversion))
	}
	if len(changes) == 0 {
		changes = append(changes, "it was changed and changed back while this run was looking")
	}
	if s.changedByRun(planned, found) {
		return s.changedByApply(doing, strings.Join(changes, "; "), err)
	}
	outcome := "Nothing was written, and what they wrote stands."
	if partial, ok := errors.AsType[*zk.PartialError](err); ok {
		outcome = fmt.Sprintf("What they wrote stands, but it came between two writes of this run: %s.", partial.Done)
	}
	if _, ok := errors.AsType[*zk.MisdirectedError](err); ok {
		outcome = "That came at the moment of the write, and so the node that they made has got the data. If it is a secret, take it for known to them: replace it, and keep them from deleting there."
	}
	return diag.NewErrorDiagnostic("Znode was changed by somebody else", fmt.Sprintf(
		"The provider did not %s%s: somebody else changed the node after the plan: %s. %s\n\n"+
			"Run plan again to see the node as it is now. "+
			// Terraform 1.11 plans the deletion of what has left the configuration with the state
			// from before its own refresh; OpenTofu with the one from after it.
			"If a plan of a deletion still shows the node as it was, run apply -refresh-only first.", doing, s.at(), strings.Join(changes, "; "), outcome))
}

// UnseenConflict is Conflict where the provider may not look at what the node is now.
func (s Subject) UnseenConflict(doing string, err error, planned attr.Planned) diag.Diagnostic {
	outcome := "Nothing was written, and what they wrote stands."
	if partial, ok := errors.AsType[*zk.PartialError](err); ok {
		outcome = fmt.Sprintf("What they wrote stands, but it came between two writes of this run: %s.", partial.Done)
	}
	return diag.NewErrorDiagnostic("Znode was changed by somebody else", fmt.Sprintf(
		"The provider did not %s%s: somebody else changed the node after the plan: it was planned against version %d of its data and version %d of its ACL, and the provider could not read the present version. %s\n\n"+
			"Run plan again as somebody who may read the node, while the servers can be reached.", doing, s.at(), planned.Version, planned.Aversion, outcome))
}

// LockedOut warns of an ACL that gives permissions which the provider needs to none of its
// identities. The path may be empty, for one that is not known yet.
func (s Subject) LockedOut(lost zk.Perms) diag.Diagnostic {
	var without []string
	for _, p := range []struct {
		perm zk.Perms
		what string
	}{
		{zk.PermRead, "read the node (r), so that every later plan fails"},
		{zk.PermWrite, "write its data (w)"},
		{zk.PermCreate, "create what is below it (c)"},
		{zk.PermDelete, "delete what is below it (d)"},
		{zk.PermAdmin, "change the ACL again (a)"},
	} {
		if lost&p.perm != 0 {
			without = append(without, p.what)
		}
	}
	which := "the node"
	if s.Path != "" {
		which = fmt.Sprintf("%q", s.Path)
	}
	return diag.NewWarningDiagnostic("ACL locks the provider out", fmt.Sprintf(
		"With the ACL that %s is to get, the provider can no longer %s. The provider presents %s, and no entry gives that to it.\n\n%s"+
			"If this is what you want, others or the servers' super user have to change the ACL later on.",
		which, strings.Join(without, ", nor "), s.presented(), s.entryAdvice()))
}

// entryAdvice says how an ACL comes to have an entry for the provider.
func (s Subject) entryAdvice() string {
	add := "Add an entry for the provider, such as { scheme = \"auth\", id = \"\", permissions = \"cdrwa\" }, which stands for the identities that it presents. "
	switch {
	case len(s.whom()) == 0:
		add = "Set username and password of the provider (or auth, sasl or a client certificate), and add an entry for who it is then, " +
			"such as { scheme = \"auth\", id = \"\", permissions = \"cdrwa\" }. "
	case s.presents(zk.SchemeDigest):
		add = "An entry of the scheme digest is about the provider only if its hash is that of the very password that the provider has. " + add
	}
	return add
}

// Foreign warns of an ACL that is written for nothing but who the provider is. A plan without a
// refresh has no other place to show that.
func (s Subject) Foreign() diag.Diagnostic {
	which := "the node"
	if s.Path != "" {
		which = fmt.Sprintf("%q", s.Path)
	}
	return diag.NewWarningDiagnostic("ACL is written again", fmt.Sprintf(
		"The scheme \"auth\" in the ACL of %s stands for the identities that the provider presented when it wrote the ACL, and it presents others now: %s. The apply writes the ACL again, so that it stands for these.\n\n"+
			"A plan with a refresh shows the entries that change. If the ACL is among ignore_changes, make one: without a refresh the provider cannot see that, and with one it leaves the ACL as it is.", which, s.presented()))
}

// ClaimACL notes what a resource that is planned has of ACLs, and tells of another one that wants a
// different ACL for the same node.
func ClaimACL(s *session.Session, claim session.ACLClaim) diag.Diagnostics {
	other := s.ClaimACL(claim)
	if other == nil {
		return nil
	}
	outer, inner := claim, *other
	if cmp.Or(cmp.Compare(len(outer.Path), len(inner.Path)), cmp.Compare(outer.Resource, inner.Resource)) > 0 {
		outer, inner = inner, outer
	}
	remedy := "Keep one of them: remove the other, or in a zookeeper_znode remove acl. To give both the same acl would do as well."
	if outer.Path != inner.Path {
		remedy = fmt.Sprintf("To leave %q and all below it to the other resource, add this to the recursive one, of %q:\n\n  exclude = [%q]\n\nTo give both the same acl would do as well.", inner.Path, outer.Path, inner.Path)
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(fwpath.Root("acl"), "Two resources manage the ACL of one znode", fmt.Sprintf(
		"The %s of %q and the %s of %q both manage the ACL of %q, and want different ones: each apply of one would undo what the other has set.\n\n%s",
		outer.Resource, outer.Path, inner.Resource, inner.Path, inner.Path, remedy))}
}

// Destroyed tells what came of a deletion; nothing where the node is gone, and err nil.
func (s Subject) Destroyed(doing string, err error) diag.Diagnostics {
	needed, isNeeded := errors.AsType[*node.NeededError](err)
	switch left, ok := errors.AsType[*node.LeftError](err); {
	case err == nil:
		return nil
	case ok:
		return diag.Diagnostics{s.left(left)}
	case isNeeded:
		return diag.Diagnostics{s.needed(needed.Below)}
	default:
		return diag.Diagnostics{s.Error(doing, err)}
	}
}

// needed warns of a node that was left as it is, because other resources of this run have nodes
// below it.
func (s Subject) needed(below []string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Znode is kept for another resource", fmt.Sprintf(
		"%q was not deleted with all that is below it, as force_destroy = true asks for, because other resources of this apply have nodes there: %s. "+
			"It stays with all that is below it, and no resource of this configuration has it any more. If nobody needs it, delete by hand what those resources do not have.", s.Path, Mentioned(below)))
}

// left warns of a node that was left as it is, because its creation has never ended and it has
// children, or may be somebody else's.
func (s Subject) left(left *node.LeftError) diag.Diagnostic {
	switch children := left.Children; {
	case left.Unread:
		return diag.NewWarningDiagnostic("Znode was left as it is", fmt.Sprintf(
			"%q may be the node that an interrupted apply was to create. With -refresh=false nothing was read since then, so the provider cannot tell here whether the node is somebody else's, and did not delete it. "+
				"If this apply creates the resource again, it compares the content and takes the node over when it holds what the resource declares. "+
				"Otherwise nobody has it: look at it (stat and get in zkCli), and delete it if it is not used.", s.Path))
	case len(children) == 0:
		return diag.NewWarningDiagnostic("Znode was left as it is", fmt.Sprintf(
			"%q looks like the node that an interrupted apply was to create: it is as new, and as long as the secret. The provider does not store secrets, so it cannot tell here whether the node is somebody else's, and did not delete it. "+
				"If this apply creates the resource again, it compares the content and takes the node over when it holds the secret. "+
				"Otherwise nobody has it: look at it (stat and get in zkCli), and delete it if it is not used.", s.Path))
	default:
		return diag.NewWarningDiagnostic("Znode was left as it is", fmt.Sprintf(
			"%q comes from an apply that was interrupted, and has %s since: %s. So it was not deleted. If this apply creates its resource again, the resource has it from then on, with its children. "+
				"Otherwise nobody has it: delete it when it is no longer used (deleteall in zkCli).", s.Path, Count(len(children), "child", "children"), Mentioned(children)))
	}
}

// NotEmpty tells that a node with children was not deleted.
func (s Subject) NotEmpty(children []string) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Znode is not empty", fmt.Sprintf(
		"%q was not deleted, because it has %s: %s.\n\n"+
			"If they are resources of this configuration, refer to this one in their path, as in path = \"${%s.NAME.path}/child\": they are then deleted first. "+
			"If they were created as missing parents, declare them too, for example with zookeeper_ensure_path. "+
			"To delete all that is below, set force_destroy = true and apply before you destroy.",
		s.Path, Count(len(children), "child", "children"), Mentioned(children), s.Resource))
}

// OtherKind tells that a node cannot be taken over because it is of another kind than
// declared, which cannot be changed.
func (s Subject) OtherKind(have, want string) diag.Diagnostic {
	if have == "ephemeral" {
		return diag.NewErrorDiagnostic("Znode is of another kind", fmt.Sprintf(
			"%q exists as an ephemeral node, which belongs to the session of another client and goes when that ends, and is declared as a %s one. It was left as it was.\n\n"+
				"Wait until it has gone, or choose another path.", s.Path, want))
	}
	return diag.NewErrorDiagnostic("Znode is of another kind", fmt.Sprintf(
		"%q exists as a %s node, and is declared as a %s one. The kind of a node cannot be changed, and it was left as it was.\n\n"+
			"If it was made as the parent of another resource in this run, let the path of that resource refer to this one, as in path = \"${%s.NAME.path}/child\": this one is then created first.",
		s.Path, have, want, s.Resource))
}

// Ephemeral refuses the import of a node that lives and dies with a session.
func (s Subject) Ephemeral() diag.Diagnostic {
	return diag.NewErrorDiagnostic("Znode is ephemeral", fmt.Sprintf(
		"%q belongs to the session of another client and goes when that ends, so it cannot be managed as a resource. To read it, use the data source zookeeper_znode.", s.Path))
}

// Rewritten warns that a secret may no longer be the one that was written.
func (s Subject) Rewritten() diag.Diagnostic {
	return diag.NewWarningDiagnostic("Write-only data has changed", fmt.Sprintf(
		"Since the last apply that succeeded, the data of %q was written again, by somebody else or by an apply that failed half-way. What it holds is not in the state. "+
			"data_wo_version shows this, and the next apply writes data_wo again, unless data_wo_version or data_wo is among ignore_changes.", s.Path))
}

// NotReadBack warns that a node could not be read after it was written.
func (s Subject) NotReadBack(err error) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Znode could not be read back", notReadBack(s.Error("read back the znode", err)))
}

func notReadBack(why diag.Diagnostic) string {
	return "The write itself succeeded, and the state holds what was written.\n\n" + why.Summary() + ": " + why.Detail()
}

// ParentsLeft warns of the parents that a creation which failed made before it did. acl
// tells in whole sentences which ACL they have.
func ParentsLeft(parents []string, acl string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Parents were made", fmt.Sprintf(
		"Before the creation failed, the provider made the missing parents %s. They stay, empty, for the next try. %s", Quoted(parents), acl))
}

// Applied tells what came of a write to a node besides the write itself.
func (s Subject) Applied(done node.Applied) (diags diag.Diagnostics) {
	if done.Unread != nil {
		diags.Append(s.NotReadBack(done.Unread))
	}
	diags.Append(s.Overwritten(done.Overwritten)...)
	return diags
}

// Overwritten warns that somebody else wrote parts of a node, as in "data", right after
// the apply did; with no parts it says nothing.
func (s Subject) Overwritten(parts []string) diag.Diagnostics {
	if len(parts) == 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewWarningDiagnostic("Znode was changed right after it was written", fmt.Sprintf(
		"The provider wrote %q, and when it read it back somebody else had already changed its %s. Their change stands; the next plan shows it.",
		s.Path, strings.Join(parts, " and its ")))}
}

func (s Subject) exists() diag.Diagnostic {
	return diag.NewErrorDiagnostic("Znode already exists", fmt.Sprintf(
		"%[1]q exists on the server and was not created by this run. It was left as it is. Import it:\n\n"+
			"  terraform import %[2]s.NAME %[4]s\n\n"+
			"or in the configuration:\n\n"+
			"  import {\n    to = %[2]s.NAME\n    id = %[5]s\n  }\n\n"+
			"Or set adopt_existing = true to take it over at the creation. "+
			"If another resource has the same path, remove one of the two.\n\n%[3]s", s.Path, s.Resource, s.Moved(), Shell(s.Path), HCL(s.Path)))
}

// Moved tells how to rename a resource, for the error about a node that is there because the
// resource had another name.
func (s Subject) Moved() string {
	return fmt.Sprintf("If you renamed the resource, or its key in for_each, add this and run apply again:\n\n"+
		"  moved {\n    from = %[1]s.OLD\n    to   = %[1]s.NEW\n  }\n\n"+
		"If this apply destroys it under its old name after this error, the next one creates it again.", s.Resource)
}

// Renamed warns in a plan that a resource with the path is destroyed and another one created.
// without says what becomes of that if it stays so.
func (s Subject) Renamed(without string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Resource looks renamed", fmt.Sprintf(
		"This plan destroys a %[1]s with the path %[2]q and creates another one with the same path. "+
			"If you gave the resource another name or another key in for_each, add this before you apply, and nothing is destroyed or created:\n\n"+
			"  moved {\n    from = %[1]s.OLD\n    to   = %[1]s.NEW\n  }\n\n%[3]s", s.Resource, s.Path, without))
}

// Borrowed warns that a node was not deleted because another resource of this apply needs it,
// which does not own it.
func (s Subject) Borrowed() diag.Diagnostic {
	return diag.NewWarningDiagnostic("Znode is kept for another resource", fmt.Sprintf(
		"%q was not deleted, because this apply has created a zookeeper_ensure_path that needs it. Terraform created that one first, so it does not know that it could have the node: it will not delete it when it is destroyed, and the node is in no other resource of this configuration any more.\n\n"+
			"If nobody else needs the node then, delete it by hand (delete in zkCli).", s.Path))
}

// changedByRun reports whether all that has changed of a node since the plan was made is this
// run's doing.
func (s Subject) changedByRun(planned, found attr.Planned) bool {
	if s.Run == nil || planned == found {
		return false
	}
	if planned.Czxid != found.Czxid {
		return s.Run.HasReplaced(s.Path)
	}
	stat := zk.Stat{Czxid: found.Czxid, Version: found.Version, Aversion: found.Aversion}
	return (planned.Version == found.Version || s.Run.HasWritten(session.Whole, s.Path, stat)) &&
		(planned.Aversion == found.Aversion || s.Run.HasWritten(session.ItsACL, s.Path, stat))
}

// changedByApply is Conflict with another resource of this run.
func (s Subject) changedByApply(doing, changes string, err error) diag.Diagnostic {
	outcome := "Nothing was written."
	if partial, ok := errors.AsType[*zk.PartialError](err); ok {
		outcome = fmt.Sprintf("It came between two writes: %s.", partial.Done)
	}
	return diag.NewErrorDiagnostic("Znode was changed by this apply", fmt.Sprintf(
		"The provider did not %s%s, because since the plan was made another resource of this same apply changed the node: %s. %s\n\n"+
			"Run apply again: it plans with the node as it is now. If the same happens again, two resources of the configuration change the same thing in turn: leave it to one of them.",
		doing, s.at(), changes, outcome))
}

// deletedByRun reports whether this run has deleted the node.
func (s Subject) deletedByRun() bool { return s.Run != nil && s.Run.HasDeleted(s.Path) }

// Twice tells that two resources of one run are to create the same node.
func (s Subject) Twice() diag.Diagnostic {
	return diag.NewErrorDiagnostic("Znode already exists", fmt.Sprintf(
		"%q is created by another resource in this same run: two resources of the configuration have this path, or two instances of one. "+
			"One node takes one resource. Remove one of the two, or give it another path.", s.Path))
}

// noChroot tells that the chroot does not exist, and so no node.
func (s Subject) noChroot(doing string, missing *zk.ChrootError) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Chroot does not exist", fmt.Sprintf(
		"The provider could not %s%s: the node %q, which servers of the provider (or ZOOKEEPER_SERVERS) has as its chroot, does not exist, and neither does anything below it.\n\n"+
			"Check the chroot. If it is right, let a resource make it that makes its parents (create_parents = true, which is the default), or create it with zkCli.", doing, s.at(), missing.Chroot))
}

// GoneWithChroot tells, where that is why a node of a state does not exist, that the chroot does not.
// Then nothing of the state is dropped: mostly the chroot in the configuration is another one by
// mistake, and the apply would create everything once more there.
func (s Subject) GoneWithChroot(ctx context.Context, doing string) (diag.Diagnostic, bool) {
	client, err := s.Run.Client(ctx)
	if err == nil {
		err = client.CheckChroot(ctx)
	}
	missing, ok := errors.AsType[*zk.ChrootError](err)
	if !ok {
		return nil, false
	}
	return diag.NewErrorDiagnostic("Chroot does not exist", fmt.Sprintf(
		"The provider could not %s%s: the node %q, which servers of the provider (or ZOOKEEPER_SERVERS) has as its chroot, does not exist, and neither does anything below it. The state stays as it is.\n\n"+
			"Check the chroot. If it is right, and somebody has deleted it with all that was below, create it (create in zkCli, or an apply with -target of the resource that makes it): "+
			"the next plan then creates again what was below it.", doing, s.at(), missing.Chroot)), true
}

func (s Subject) noNode(doing string, err error) diag.Diagnostic {
	if missing, ok := errors.AsType[*zk.ChrootError](err); ok {
		return s.noChroot(doing, missing)
	}
	switch op, _ := operation(err); {
	case op == zk.OpNameCreate:
		return diag.NewErrorDiagnostic("Parent does not exist", fmt.Sprintf(
			"%q was not created, because its parent %q does not exist and create_parents is false. Set create_parents = true, or declare the parent and let the path refer to it.",
			s.Path, zk.Parent(s.Path)))
	case s.Resource == "":
		return diag.NewErrorDiagnostic("Znode does not exist", fmt.Sprintf("There is no node at %q. %s", s.Path, s.checkPath()))
	case s.deletedByRun():
		return diag.NewErrorDiagnostic("Znode was deleted by this apply", fmt.Sprintf(
			"%q existed when the plan was made. Another resource of this same apply has deleted it since, or a node above it with all that was below (force_destroy). "+
				"Run apply again: it creates the node again.", s.Path))
	default:
		return diag.NewErrorDiagnostic("Znode was deleted by somebody else", fmt.Sprintf(
			"%q existed when the plan was made, and does not any more. Run plan again: it will be created.", s.Path))
	}
}

// NoTarget tells that there is no node for a resource that changes one and makes none.
func (s Subject) NoTarget(doing string, err error) diag.Diagnostic {
	if missing, ok := errors.AsType[*zk.ChrootError](err); ok {
		return s.noChroot(doing, missing)
	}
	if s.deletedByRun() {
		return diag.NewErrorDiagnostic("Znode was deleted by this apply", fmt.Sprintf(
			"The provider could not %s%s: another resource of this same apply has deleted the node, or a node above it with all that was below (force_destroy), and this resource makes none. "+
				"If the node is to go, remove this resource from the configuration too. If it is to stay, declare the node, and let the path of this resource refer to it, as in path = zookeeper_znode.NAME.path.", doing, s.at()))
	}
	return diag.NewErrorDiagnostic("Znode does not exist", fmt.Sprintf(
		"The provider could not %s%s: there is no such node, and this resource makes none. %s "+
			"If the node is a resource of this configuration, let the path refer to it, as in path = zookeeper_znode.NAME.path: it is then created first.", doing, s.at(), s.checkPath()))
}

// Missing tells that a node that must exist does not, and that it may be allowed to.
func (s Subject) Missing(doing string, err error) diag.Diagnostic {
	if missing, ok := errors.AsType[*zk.ChrootError](err); ok {
		return s.noChroot(doing, missing)
	}
	return diag.NewErrorDiagnostic("Znode does not exist", fmt.Sprintf(
		"There is no node at %q. %s To get exists = false in place of this error, set allow_missing = true.", s.Path, s.checkPath()))
}

// checkPath says what to look at where there is no node.
func (s Subject) checkPath() string {
	if s.Path == "/" {
		return "Each ensemble has a root: it is the chroot in the provider's servers (or ZOOKEEPER_SERVERS) that does not exist. Check it."
	}
	return "Check the path, and remember that a chroot in the provider's servers comes before it."
}

func (s Subject) noAuth(doing string, err error) diag.Diagnostic {
	op, on := operation(err)
	var needs string
	switch op {
	case zk.OpNameCreate:
		needs, on = "the permission CREATE (c)", zk.Parent(on)
	case zk.OpNameDelete:
		needs, on = "the permission DELETE (d)", zk.Parent(on)
	case zk.OpNameSet:
		needs = "the permission WRITE (w)"
	case zk.OpNameSetACL:
		needs = "the permission ADMIN (a)"
	case zk.OpNameGet, zk.OpNameExists, zk.OpNameChildren:
		needs = "the permission READ (r)"
	case zk.OpNameGetACL:
		needs = "the permission READ or ADMIN (r, a)"
	case zk.OpNameReconfig:
		needs = "the permission WRITE (w)"
	default:
		needs = "a permission"
	}
	wayOut := ""
	switch {
	case op == zk.OpNameReconfig:
		wayOut = " At first nobody has that permission but the servers' super user: run every server with -Dzookeeper.DigestAuthenticationProvider.superDigest (a Java system property), and set username and password of the provider to that user's. Or let the super user give the permission to somebody else."
	case strings.HasPrefix(doing, "take the lock"):
		wayOut = " Whoever made the lock's node decides who may take the lock: its ACL has to name this provider (acl of the lock, in the configuration of whoever made it)."
	case s.Resource != "":
		wayOut = " If no entry lets the provider in, a user with ADMIN (a) there or the servers' super user can change the ACL. To give the node up, remove the resource from the state (terraform state rm)."
	}
	return diag.NewErrorDiagnostic("Permission denied", fmt.Sprintf(
		"The server did not let the provider %s%s: the operation %q needs %s on %s. The provider presents %s.\n\n"+
			"Look at the ACL there (getAcl in zkCli). ZooKeeper never says that a password is wrong: the identity then matches no entry of an ACL.%s",
		doing, s.at(), op, needs, attr.Quoted(on), s.presented(), wayOut))
}

// ACLTooLarge tells that the servers would not take a request because of its ACL.
func (s Subject) ACLTooLarge(err *zk.TooLargeError) diag.Diagnostic {
	return s.tooLarge(err, "ACL", "Declare fewer entries")
}

func (s Subject) tooLarge(err *zk.TooLargeError, what, wayOut string) diag.Diagnostic {
	return diag.NewErrorDiagnostic(what+" is too large", fmt.Sprintf(
		"The request for %q would take %d bytes, and the servers accept %d (max_buffer_bytes). Nothing was sent: they would have closed the connection.\n\n"+
			"%s. If your servers run with a larger jute.maxbuffer, set max_buffer_bytes of the provider to the same.", s.Path, err.Size, err.Limit, wayOut))
}

func (s Subject) locked(doing string, err *session.LockedError) diag.Diagnostic {
	which, within := "it", ""
	if s.Path != err.Lock.Path {
		which = fmt.Sprintf("the lock %q", err.Lock.Path)
	}
	if err.Lock.Timeout > 0 {
		within = fmt.Sprintf(" within %v", err.Lock.Timeout)
	}
	holders := "The holder could not be read."
	if len(err.Contenders) > 0 {
		holders = "In front of this run are:\n\n" + listed(err.Contenders, len(err.Contenders)+err.More)
	}
	return diag.NewErrorDiagnostic("Lock is held by others", fmt.Sprintf(
		"The provider could not %s%s, because %s was not free%s.\n\n%s\n\n"+
			"Wait for them, or raise the lock's timeout (ZOOKEEPER_LOCK_TIMEOUT for the lock of the provider). The servers release the lock of a dead process when its session expires.",
		doing, s.at(), which, within, holders))
}

// OpenLock warns of a lock that others may break although its ACL does not let them.
func OpenLock(l session.OpenLock) diag.Diagnostic {
	what := "so whoever reaches the servers may stop every run, or let two of them in at once"
	if l.Node != l.Path {
		what = fmt.Sprintf("so whoever reaches the servers may delete %q between two runs and make it again as they like", l.Path)
	}
	return diag.NewWarningDiagnostic("Lock can be broken by anybody", fmt.Sprintf(
		"The ACL of %q gives %s to everybody, %s. The node existed before this run, and the lock's own ACL does not change it.\n\n"+
			"Give the node another ACL (setAcl in zkCli, or zookeeper_znode_acl), or choose another path for the lock, one whose parent does not exist yet. If everybody is to break the lock, say so with acl of the lock.", l.Node, l.Perms, what))
}

// TreeTooLarge tells that the data of a tree was not read, because it is over a limit. Both
// sizes are in bytes.
func (s Subject) TreeTooLarge(nodes int, size, limit int64) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Tree is too large", fmt.Sprintf(
		"The tree of %q holds %d bytes of data in %s, and at most %d bytes are read at once. None of it was read.\n\n"+
			"Name a path further down, or set max_depth, or leave include_data out and read the data of the nodes that matter with the data source zookeeper_znode.",
		s.Path, size, Count(nodes, "node", "nodes"), limit))
}

// TreeBeyondBound tells that the tree of a path is over one of the provider's bounds, of "nodes", "levels" or "bytes".
func (s Subject) TreeBeyondBound(doing, path, unit string, most int) diag.Diagnostic {
	attribute := "max_" + unit
	if unit == "levels" {
		attribute = "max_depth"
	}
	return diag.NewErrorDiagnostic("Tree is too large", fmt.Sprintf(
		"The provider could not %s%s: the tree of %q has more than %s, which is the bound tree_limits.%s of the provider. Nothing was written.\n\n"+
			"If the tree is that large, raise the bound, or name a path further down. If it is not, a server has answered with nodes that do not exist: look at the tree with another client (ls -R in zkCli).",
		doing, s.at(), path, Count(most, strings.TrimSuffix(unit, "s"), unit), attribute))
}

// Unread is what could not be read of many nodes.
type Unread struct {
	// Count is how many.
	Count int
	first []string
}

// Add takes up one of them, and the error about it.
func (u *Unread) Add(path string, err error) {
	u.Count++
	if len(u.first) < mostListed {
		u.first = append(u.first, attr.Quoted(path)+": "+Subject{Path: path}.reason(err))
	}
}

// LeftOut warns of nodes that are not in a list.
func (s Subject) LeftOut(u Unread) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Znodes are not in the list", fmt.Sprintf(
		"The list of what is below %q lacks %s that could not be read, and whatever is below there:\n\n%s\n\nThe provider presents %s. To have them in the list too, present somebody who may read them.",
		s.Path, Count(u.Count, "znode", "znodes"), listed(u.first, u.Count), s.presented()))
}

func (s Subject) outcomeUnknown(doing string, err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Outcome unknown", fmt.Sprintf(
		"The provider sent the request to %s%s, and did not learn whether it took effect: %s\n\n"+
			"It was not repeated. Run plan again: it reads the node and shows what is left to do.", doing, s.at(), Lost(err)))
}

// CreationUnknown is the error of a creation whose outcome is not known, and which the state has
// nevertheless. next says in whole sentences what the next apply makes of it.
func (s Subject) CreationUnknown(doing, next string, err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Outcome unknown", fmt.Sprintf(
		"The provider sent the request to %s%s, and did not learn whether it took effect: %s\n\n"+
			"It was not repeated. The state has the resource as tainted. Run apply again: %s", doing, s.at(), Lost(err), next))
}

// interrupted tells that the run was stopped before something was done. A write that has been
// sent is waited for: so nothing has come of one that ended like this.
func (s Subject) interrupted(doing string) diag.Diagnostic {
	detail := fmt.Sprintf("The run was stopped before the provider could %s%s.", doing, s.at())
	if verb, _, _ := strings.Cut(doing, " "); s.Resource != "" && verb != "read" && verb != "list" {
		detail += " Nothing was written to it."
	}
	return diag.NewErrorDiagnostic("Interrupted", detail)
}

// Lost says why the outcome of a write is not known, as the end of a sentence, with what
// belongs to it.
func Lost(err error) string {
	if unknown, ok := errors.AsType[*zk.OutcomeUnknownError](err); ok && unknown.Waited > 0 {
		return fmt.Sprintf("the run was stopped, and no answer came in the %v s for which the provider waited on, the timeout of its session.", unknown.Waited.Seconds())
	}
	if connect, ok := errors.AsType[*zk.ConnectError](err); ok {
		return "the connection was lost, and no server could be reached since:\n\n" + attempts(connect)
	}
	return behind(err, zk.ErrOutcomeUnknown) + "."
}

// numberUnknown is CreationUnknown of a sequential node: a later look can name the nodes that it
// may have made, and cannot tell which of them it did.
func (s Subject) numberUnknown(doing string, err error) diag.Diagnostic {
	happened := "did not learn whether it took effect: " + Lost(err)
	next := "Run apply again: it names the nodes that this request may have made, leaves them as they are, and creates another one."
	if candidates, ok := errors.AsType[*zk.CandidatesError](err); ok && len(candidates.Paths) > 0 {
		happened = "lost the connection before the answer came."
		next = "It made one of these nodes, or none: " + Quoted(candidates.Paths) + ". Look at them (stat and get in zkCli). If none of them is this resource's, run apply again: it leaves them as they are, and creates another one. " +
			s.keepOne(candidates.Paths[0])
	}
	return diag.NewErrorDiagnostic("Outcome unknown", fmt.Sprintf(
		"The provider sent the request to %s%s, and %s\n\n"+
			"It was not repeated. The state has the resource as tainted, and without a node. %s", doing, s.at(), happened, next))
}

// MayExist warns of the nodes that a sequential creation whose outcome is not known may have
// made.
func (s Subject) MayExist(paths []string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Sequential znode may exist already", fmt.Sprintf(
		"An earlier apply asked for a node %q and a number, and did not learn whether it was created. It is one of these nodes, or none:\n\n%s\n\n"+
			"All of them stay, and an apply creates another one for this resource. Those that other resources of this configuration have (terraform state list, terraform state show) can be among them. Look at the others (stat and get in zkCli), and delete the one that nobody uses. %s",
		s.Path, Listed(paths), s.keepOne(paths[0])))
}

// MayExistUnread warns that a sequential creation whose outcome is not known may have made a node,
// where nothing is known to tell it by.
func (s Subject) MayExistUnread() diag.Diagnostic {
	return diag.NewWarningDiagnostic("Sequential znode may exist already", fmt.Sprintf(
		"An earlier apply asked for a node %q and a number, and did not learn whether it was created. With -refresh=false nothing was read since then, so the provider cannot tell which node that would be. "+
			"None was deleted. Look at the nodes with that prefix (ls, stat and get in zkCli), and delete the one that nobody uses.", s.Path))
}

// keepOne says how to take a node for a resource that is in the state without one.
func (s Subject) keepOne(example string) string {
	return fmt.Sprintf("If one of them is to be this resource's, import it before you apply:\n\n"+
		"  terraform state rm %[1]s.NAME\n  terraform import %[1]s.NAME %[2]s", s.Resource, Shell(example))
}

// unread tells of a state that does not say which node it is about.
func (s Subject) unread(doing string) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Znode was not looked at", fmt.Sprintf(
		"The provider did not %s%s, because the state does not say which node that is. The state comes from another provider, and no refresh has read the node since. The node at this path may be somebody else's.\n\n"+
			"Run again without -refresh=false: the refresh finds out whether the node is this resource's.", doing, s.at()))
}

// numberTaken tells that the node which is next in the sequence exists.
func (s Subject) numberTaken() diag.Diagnostic {
	return diag.NewErrorDiagnostic("Next number is taken", fmt.Sprintf(
		"The next node of the sequence, which is %q and the next number of its parent, exists already. Nothing was created.\n\n"+
			"Somebody may have created it under its full name. The parent counts its children as they are created: delete that node, or create any other child of %[2]q, which may be deleted again, and run again; or choose another path_prefix.\n\n"+
			"If it is %[1]s2147483647, the count of the parent has run out: since 3.6, servers give no higher number. Choose a path_prefix below another parent.",
		s.Path, zk.Parent(s.Path)))
}

func notConfigured(err *session.UnknownError) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Provider is not configured yet", fmt.Sprintf(
		"This needs the connection to ZooKeeper, but the provider's configuration is known only after apply: %s.\n\n"+
			"Create first what it comes from, for example with -target, and then run again. Resources that are yet to be created need no connection for their plan.",
		strings.Join(err.Attributes, ", ")))
}

func unreachable(err *zk.ConnectError) diag.Diagnostic {
	var b strings.Builder
	b.WriteString("No server could be reached within connect_timeout:\n\n" + attempts(err))
	b.WriteString("\n\nCheck servers (or ZOOKEEPER_SERVERS), the network, and that the servers run.")
	if given := patience(err); given > 0 && given < time.Second/2 {
		b.WriteString(" No server was given as much as half a second: a server gets a share of connect_timeout and of session_timeout. Raise the smaller of the two.")
	}
	b.WriteString(tlsAdvice(err))
	return diag.NewErrorDiagnostic("Cannot reach ZooKeeper", b.String())
}

// patience is the longest time that one of the servers was given which did not answer in time; 0
// for none.
func patience(err *zk.ConnectError) (longest time.Duration) {
	for _, a := range err.Attempts {
		if late, ok := errors.AsType[*zk.NoAnswerError](a.Err); ok {
			longest = max(longest, late.After)
		}
	}
	return longest
}

// enforced says what servers can be told to want of everybody, and which setting presents that.
const enforced = "any of sasl (sasl of the provider), digest (username and password) and x509 (a certificate and its key in tls)"

// tlsAdvice says what helps where TLS was in the way, for each cause that there is.
func tlsAdvice(err *zk.ConnectError) string {
	var advice []string
	for _, a := range err.Attempts {
		if e, ok := errors.AsType[*zk.TLSError](a.Err); ok && !slices.Contains(advice, tlsAdvices[e.Cause]) {
			advice = append(advice, tlsAdvices[e.Cause])
		}
	}
	if len(advice) == 0 {
		return ""
	}
	return "\n\n" + strings.Join(advice, "\n\n")
}

var tlsAdvices = map[zk.TLSCause]string{
	zk.TLSOther: "For TLS, check the port in servers, and what the servers want of their clients (ssl.clientAuth): a certificate is given in tls.",
	zk.TLSUnknownAuthority: "For TLS, give the CA that the servers' certificates descend from, in ca_file, ca_pem or truststore_file of tls. " +
		"Where the servers do not send the certificates in between, give those as well.",
	zk.TLSFailedAuthority: "For TLS, give the very CA that signed the servers' certificates, in ca_file, ca_pem or truststore_file of tls: " +
		"one that is trusted here has its name, and another key, has expired, or is no CA.",
	zk.TLSWrongName: "For TLS, name the servers in servers as their certificates do, or set server_name in tls to a name that the certificates of all of them have.",
	zk.TLSNoName: "For TLS, have the servers' certificates issued with subject alternative names (keytool -ext san=dns:zk1.example.com). " +
		"Until then, verify_hostname = false in tls verifies that they descend from the CA, and no name; server_name does not help.",
	zk.TLSExpired:       "For TLS, have the servers' certificates renewed, or set this machine's clock if it is wrong.",
	zk.TLSNotYetValid:   "For TLS, set the clock of this machine, or of the one that the servers' certificates were issued on.",
	zk.TLSNotForServers: "For TLS, have the servers' certificates issued for servers: without an extended key usage, or with serverAuth in it.",
	zk.TLSUnreadable:    "For TLS, have new certificates issued for the servers: these are not as RFC 5280 has them.",
	zk.TLSInvalid:       "For TLS, have new certificates issued for the servers.",
}

// attempts names each server and why it could not be reached, on a line of its own.
func attempts(err *zk.ConnectError) string {
	lines := make([]string, len(err.Attempts))
	for i, a := range err.Attempts {
		lines[i] = fmt.Sprintf("  %s: %v", a.Server, a.Err)
	}
	return strings.Join(lines, "\n")
}

// at names the node where there is one.
func (s Subject) at() string {
	if s.Path == "" {
		return ""
	}
	return " " + attr.Quoted(s.Path)
}

// whom returns the identities that the provider presents.
func (s Subject) whom() []string {
	if s.Presented == nil {
		return nil
	}
	return s.Presented()
}

// presents reports whether the provider presents an identity of a scheme.
func (s Subject) presents(scheme string) bool {
	return slices.ContainsFunc(s.whom(), func(who string) bool { return who == scheme || strings.HasPrefix(who, scheme+" ") })
}

func (s Subject) presented() string {
	all := slices.Clone(s.whom())
	if len(all) == 0 {
		return "no identity (none of username, auth, sasl and a certificate in tls is set)"
	}
	for i, who := range all { // the subject of a certificate has what its issuer wrote
		all[i] = shown.Line(who)
	}
	return strings.Join(all, ", ")
}

// reason is why an operation of the client failed, without the names of the operation and of
// the node where they are those of the subject: a diagnostic has them already.
func (s Subject) reason(err error) string {
	if e, ok := errors.AsType[*zk.Error](err); ok && (e.Path == "" || e.Path == s.Path) && e.Error() == err.Error() {
		err = e.Err
	}
	return err.Error()
}

// behind returns what the text of an error adds to the text of the error that it wraps.
func behind(err, wrapped error) string {
	if _, text, ok := strings.Cut(err.Error(), wrapped.Error()+": "); ok {
		return text
	}
	return err.Error()
}

// given says in a sentence what a server that refuses a login by SASL had been given; empty for another refusal.
func given(err error) string {
	if refused, ok := errors.AsType[*sasl.RefusedError](err); ok {
		return " In the SASL exchange " + refused.Presented + "."
	}
	return ""
}

// operation is the client's operation that failed, and the path that it was about: that
// of a missing parent, or of one operation of a transaction.
func operation(err error) (op zk.OpName, path string) {
	if e, ok := errors.AsType[*zk.MultiError](err); ok {
		return e.Op, e.Path
	}
	if e, ok := errors.AsType[*zk.Error](err); ok {
		return e.Op, e.Path
	}
	return "", ""
}

// Count is a number of things, as in "1 child" and "2 children".
func Count(n int, one, many string) string {
	if n == 1 {
		return fmt.Sprintf("1 %s", one)
	}
	return fmt.Sprintf("%d %s", n, many)
}
