package znodes

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// What the resource does, in the words of a diagnostic.
const (
	doingCreate  = "create the znodes below"
	doingRead    = "read the znodes below"
	doingUpdate  = "update the znodes below"
	doingDelete  = "delete the znodes below"
	doingSetACLs = "set the ACLs of the znodes below"
	doingImport  = "import the znodes below"
	doingAdopt   = "look at the znodes to be taken over below"
)

// What a user can write wrong.

func (f *findings) invalidKey(attribute, key string, err error) {
	f.add(attribute, key, "Invalid key", fmt.Sprintf("The key %q of %s is no path of a node: %s.", key, attribute, err))
}

func (f *findings) declaredTwice(attribute, key, other string) {
	f.add(attribute, key, "Data is declared twice", fmt.Sprintf("%q is a key of %s and of %s, and a node has one content. Keep one of them.", key, other, attribute))
}

func (f *findings) isNull(attribute, key string) {
	f.add(attribute, key, "Value is null", fmt.Sprintf("The value of %q in %s is null. Leave the key out for no node, or write \"\" for one without data.", key, attribute))
}

func (f *findings) invalidContent(attribute, key string, err error) {
	if attribute == "data_base64" {
		f.add(attribute, key, "Invalid base64", fmt.Sprintf("The value of %q is no standard base64: %s. base64encode(…) and filebase64(…) give the right notation.", key, err))
		return
	}
	f.add(attribute, key, "Invalid data", fmt.Sprintf("The value of %q cannot be written: %s.", key, err))
}

func moreKeysAreWrong(more int) diag.Diagnostic {
	return diag.NewErrorDiagnostic("More keys are wrong", fmt.Sprintf("Of the keys that are wrong, %d are not named here.", more))
}

func invalidBase(err error) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("base_path"), "Invalid path of a znode", attr.Sentence(err))
}

// What only a bug or a state that was edited brings about.

func damagedState(err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("State is damaged", fmt.Sprintf("The nodes in the state cannot be read: %v. If somebody edited the state, undo it, or take the resource out of it (state rm) and import it.", err))
}

func damagedOrder(err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Plan is damaged", fmt.Sprintf("What the plan told the apply cannot be read: %v. This is a bug in the provider.", err))
}

func notEncoded(err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("State cannot be written", fmt.Sprintf("The private state of the nodes: %v. This is a bug in the provider.", err))
}

// What a plan tells of what it cannot show.

// othersWillGo tells what goes when exclusive is switched on.
func othersWillGo(base string, nodes map[string]int64) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("exclusive"), "Znodes of others will be removed", fmt.Sprintf(
		"exclusive = true is new, and below %q there are nodes that this resource does not declare. Applying this plan removes them:\n\n%s", base, diagnose.Listed(named(base, nodes))))
}

// importedWillGo tells which nodes an apply deletes that were just imported.
func importedWillGo(base string, paths []string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Imported znodes will be deleted", fmt.Sprintf(
		"The nodes below %q were imported, and the configuration does not declare all of them. What it does not declare is deleted:\n\n%s\n\n"+
			"To leave these as they are, take the resource out of the state (terraform state rm) and import only the keys that you declare, as in \"/app//key//deep/key\" or \"/app?exclude=runtime/**\".", base, listed(paths)))
}

// reclaimed tells which nodes that somebody else has made get an ACL before they get a secret. lines
// have the ACLs that they have, and byDefault is whether no ACL is declared.
func reclaimed(base string, lines []string, byDefault bool) diag.Diagnostic {
	gets := "acl"
	if byDefault {
		gets = "the provider's default_acl"
	}
	return diag.NewAttributeWarningDiagnostic(path.Root("acl"), "ACLs of others' znodes will be replaced", fmt.Sprintf(
		"Somebody else has created these nodes below %q, and their ACLs let in more than %s does. The apply gives them %s before it writes the secrets of data_wo there:\n\n%s\n\n"+
			"If those whom the ACLs let in are to have the secrets, say so with acl.", base, gets, gets, diagnose.Listed(lines)))
}

// secretsWillGo tells which secrets an apply removes: a plan does not show what they are.
func secretsWillGo(base string, paths []string) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("data_wo"), "Secrets will be deleted", fmt.Sprintf(
		"These nodes below %q hold secrets that data_wo wrote, and it does not have their keys any more, so the apply deletes them, or empties those that have others below. Nothing else has what they hold: neither the state nor a backup of it.\n\n%s\n\n"+
			"If data_wo is null because its variable was not given, give it, and plan again.", base, listed(paths)))
}

// lockWithin tells that the lock of the provider is in what is to be a resource's alone.
func lockWithin(base, lock string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("exclusive"), "Lock lies in an exclusive tree", fmt.Sprintf(
		"The lock of the provider is %q. With exclusive = true, the resource removes all other nodes below %q, and so the lock that its own run holds.\n\n"+
			"Choose a lock.path (ZOOKEEPER_LOCK_PATH) outside of that tree, or set exclusive = false.", lock, base))
}

// withoutMoved says what becomes of a rename that the CLI is not told of.
const withoutMoved = "If you apply as it is, the nodes may be deleted and created again, and what others have written to them is lost. " +
	"With -parallelism=1 the apply may fail once; apply again."

// warning tells which nodes an apply will take over, and what of them will change.
func (a *adoption) warning() diag.Diagnostic {
	destroyed := " Destroying the resource deletes them."
	if a.keeps {
		destroyed = ""
	}
	return diag.NewAttributeWarningDiagnostic(path.Root("adopt_existing"), "Existing znodes will be taken over", fmt.Sprintf(
		"Of the nodes that the apply is to create below %q, %s already, and adopt_existing = true: it takes them over. %d of them get other content, %d a secret of data_wo, and %d keep what they hold.\n\n%s\n\n"+
			"From then on they are this resource's.%s Their ACLs stay as they are: acl is for the nodes that the resource creates, and for those that get a secret and let in others.",
		a.base, diagnose.Count(a.count(), "exists", "exist"), a.replaced, a.secret, a.same, a.listed(), destroyed))
}

// notLookedAt tells that a plan could not look at nodes that the apply may take over.
func notLookedAt(why diag.Diagnostic, base string) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("adopt_existing"), "Existing znodes could not be looked at", fmt.Sprintf(
		"With adopt_existing = true, the apply takes over those of its nodes below %q that exist, and this plan cannot say what of them will change.\n\n%s: %s", base, why.Summary(), why.Detail()))
}

// What an apply tells.

// failed tells that err ended an apply.
func (a *applying) failed(err error) diag.Diagnostics {
	if a.closed > 0 {
		done := "the ACLs of " + diagnose.Count(a.closed, "node", "nodes") + " have been set for the secrets"
		if partial, ok := errors.AsType[*zk.PartialError](err); ok {
			done += ", and " + partial.Done
		}
		err = zk.NewPartialError(done, err)
	}
	if ephemeral, ok := errors.AsType[*ephemeralError](err); ok {
		return diag.Diagnostics{isEphemeral(ephemeral.path)}
	}
	if twice, ok := errors.AsType[*twiceError](err); ok {
		return diag.Diagnostics{a.aboutPath(twice.path).Twice()}
	}
	if errors.Is(err, zk.ErrOutcomeUnknown) {
		return diag.Diagnostics{outcomeUnknown(a.about(a.plan), a.doing, err)}
	}
	return failed(a.about(a.plan), a.doing, err, a.want.secrets)
}

// outcomeUnknown tells that it is not known whether a transaction took effect.
func outcomeUnknown(about diagnose.Subject, doing string, err error) diag.Diagnostic {
	before := ""
	if partial, ok := errors.AsType[*zk.PartialError](err); ok {
		before = " Before that, " + partial.Done + "."
	}
	next := "Run apply again: it looks whether the nodes are there and were made by this transaction, and does what is left to do."
	if doing == doingCreate {
		next = "The state has the resource as tainted. Run apply again: it looks whether the nodes are there and were made by this transaction. It deletes those that this resource has made, and creates all of them; with on_destroy = \"keep\" it takes them over instead. With create_before_destroy, set adopt_existing = true before: the replacement finds the nodes there."
	}
	return diag.NewErrorDiagnostic("Outcome unknown", fmt.Sprintf(
		"The provider sent a transaction to %s %q, and did not learn whether it took effect: %s\n\nIt was not repeated.%s %s", doing, about.Path, diagnose.Lost(err), before, next))
}

// failed tells that err ended what was being done with the nodes. secrets are the keys of
// those of data_wo.
func failed(about diagnose.Subject, doing string, err error, secrets contents) diag.Diagnostics {
	if misdirected, ok := errors.AsType[*zk.MisdirectedError](err); ok {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Znodes were changed by somebody else", fmt.Sprintf(
			"The provider did not %s %q as planned: at the moment of the write somebody else deleted %s and created it again, and so the node that they made has got the data. "+
				"If it is a secret, take it for known to them: replace it, and keep them from deleting there.\n\n%s Run plan again to see the nodes as they are now.",
			doing, about.Path, attr.Quoted(misdirected.Path), outcomeOf(err)))}
	}
	conflict, ok := errors.AsType[*zk.BatchConflictError](err)
	if !ok {
		return diag.Diagnostics{about.Error(doing, err)}
	}
	diags := diag.Diagnostics{conflicts(about, doing, conflict, outcomeOf(err))}
	if slices.ContainsFunc(conflict.Conflicts, func(c zk.Conflict) bool {
		_, secret := secrets[keyOf(about.Path, c.Write.Path)]
		return secret && errors.Is(c.Err, zk.ErrNodeExists)
	}) {
		diags.Append(importShowsWarning(about.Path))
	}
	return diags
}

// outcomeOf says what had been written when writes of one apply failed.
func outcomeOf(err error) string {
	if partial, ok := errors.AsType[*zk.PartialError](err); ok {
		return "This came in the middle: " + partial.Done + "."
	}
	return "Nothing was written."
}

// conflicts tells that nodes are not as the writes of one apply need them.
func conflicts(about diagnose.Subject, doing string, err *zk.BatchConflictError, outcome string) diag.Diagnostic {
	n := len(err.Conflicts)
	lines := make([]string, n)
	exist, full, own := 0, 0, 0
	for i, c := range err.Conflicts {
		if ownConflict(about.Run, c) {
			own++
		}
		switch {
		case errors.Is(c.Err, zk.ErrNodeExists):
			exist++
			lines[i] = attr.Quoted(c.Write.Path) + " exists"
		case errors.Is(c.Err, zk.ErrNotEmpty):
			full++
			lines[i] = fmt.Sprintf("%s has %s", attr.Quoted(c.Write.Path), diagnose.Count(int(c.Found.NumChildren), "child", "children"))
		case errors.Is(c.Err, zk.ErrNoNode):
			lines[i] = attr.Quoted(c.Write.Path) + " was deleted"
		case c.MadeAnew():
			lines[i] = fmt.Sprintf("%s was deleted and created again (by transaction %#x, planned against %#x)", attr.Quoted(c.Write.Path), c.Found.Czxid, c.Write.Mzxid)
		default:
			lines[i] = fmt.Sprintf("%s was changed (by transaction %#x to version %d, planned against transaction %#x)", attr.Quoted(c.Write.Path), c.Found.Mzxid, c.Found.Version, c.Write.Mzxid)
		}
	}
	switch list := diagnose.Listed(lines); {
	case exist == n && madeByRun(about.Run, err):
		return diag.NewErrorDiagnostic("Znode already exists", fmt.Sprintf(
			"The provider did not %s %q, because another resource of this same apply has created or taken over %s:\n\n%s\n\n"+
				"%s One node takes one resource: remove it from one of the two.", doing, about.Path, diagnose.Count(n, "node", "nodes"), list, outcome))
	case exist == n:
		keys := make([]string, n)
		for i, c := range err.Conflicts {
			keys[i] = keyOf(about.Path, c.Write.Path)
		}
		return exists(about, list, keys, outcome)
	case full == n:
		return diag.NewErrorDiagnostic("Znode is not empty", fmt.Sprintf(
			"The provider did not %s %q, because below nodes to be deleted there are others, which this resource does not have:\n\n%s\n\n"+
				"%s If they are resources of this configuration, refer to this one in their path, as in path = \"${%s.NAME.base_path}/…\": they are then deleted first. "+
				"To delete all that is below base_path, set exclusive = true and apply.", doing, about.Path, list, outcome, about.Resource))
	case own == n:
		return diag.NewErrorDiagnostic("Znodes were changed by this apply", fmt.Sprintf(
			"The provider did not %s %q: another resource of this apply changed %s after the plan:\n\n%s\n\n"+
				"%s Run apply again. If it happens again, two resources have the same nodes: leave them to one of the two.",
			doing, about.Path, diagnose.Count(n, "node", "nodes"), list, outcome))
	default:
		return diag.NewErrorDiagnostic("Znodes were changed by somebody else", fmt.Sprintf(
			"The provider did not %s %q: somebody else changed %s after the plan:\n\n%s\n\n"+
				"%s What they wrote stands. Run plan again to see the nodes as they are now. "+
				// Terraform plans the deletion of what has left the configuration with the state from
				// before its own refresh; OpenTofu with the one from after it.
				"If a plan of a deletion still shows them as they were, run apply -refresh-only first.", doing, about.Path, diagnose.Count(n, "node", "nodes"), list, outcome))
	}
}

// ownConflict reports whether this run itself has brought about what a write finds.
func ownConflict(run *session.Session, c zk.Conflict) bool {
	switch nodePath := c.Write.Path; {
	case run == nil, errors.Is(c.Err, zk.ErrNodeExists), errors.Is(c.Err, zk.ErrNotEmpty):
		return false
	case errors.Is(c.Err, zk.ErrNoNode):
		return run.HasDeleted(nodePath)
	case c.MadeAnew():
		return run.HasReplaced(nodePath)
	default:
		return run.HasWritten(session.Whole, nodePath, c.Found)
	}
}

// madeByRun reports whether this run itself has made all that a batch found, or has taken it
// over.
func madeByRun(run *session.Session, err *zk.BatchConflictError) bool {
	return run != nil && !slices.ContainsFunc(err.Conflicts, func(c zk.Conflict) bool { return !run.HasMade(c.Write.Path) })
}

// exists tells that the nodes with the keys, which are to be made, are there already.
func exists(about diagnose.Subject, list string, keys []string, outcome string) diag.Diagnostic {
	n := len(keys)
	summary, they := "Znode already exists", "A node to be created exists already, and this resource did not create it"
	if n > 1 {
		summary, they = "Znodes already exist", fmt.Sprintf("%d nodes to be created exist already, and this resource did not create them", n)
	}
	const most = 10 // what fits into a line
	id, rest := strings.TrimSuffix(about.Path, "/"), ""
	for _, key := range keys[:min(n, most)] {
		id += "//" + key
	}
	if n > most {
		rest = fmt.Sprintf("These are the first %d keys: add the others in the same way. ", most)
	}
	return diag.NewErrorDiagnostic(summary, fmt.Sprintf(
		"%[1]s:\n\n%[2]s\n\n%[6]s Import them by their keys:\n\n"+
			"  terraform import %[3]s.NAME %[4]s\n\n"+
			"or in the configuration:\n\n"+
			"  import {\n    to = %[3]s.NAME\n    id = %[5]s\n  }\n\n"+
			"%[8]sIf the resource is in the state, remove it first (state rm), and import all its keys. "+
			"Or set adopt_existing = true, which create_before_destroy needs too: the apply takes over the nodes that the plan names. "+
			"If another resource has the same nodes, remove them from one of the two.\n\n%[7]s", they, list, about.Resource, diagnose.Shell(id), diagnose.HCL(id), outcome, about.Moved(), rest))
}

// occupied tells that a resource that is to have all that is below a node cannot be created,
// because there are others already.
func occupied(about diagnose.Subject, others map[string]int64) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Znodes already exist", fmt.Sprintf(
		"With exclusive = true all that is below %[1]q belongs to this resource, and these nodes exist already:\n\n%[2]s\n\n"+
			"Nothing was written or removed. Import the existing nodes, and the plan shows what becomes of each:\n\n"+
			"  terraform import %[3]s.NAME %[4]s\n\n"+
			"or in the configuration:\n\n"+
			"  import {\n    to = %[3]s.NAME\n    id = %[5]s\n  }\n\n"+
			"If one of them is a resource of this configuration, do not import it: make it a key of this resource and remove the other one, or set exclusive = false.", about.Path, diagnose.Listed(named(about.Path, others)), about.Resource, diagnose.Shell(about.Path), diagnose.HCL(about.Path)))
}

// importShowsWarning tells that an import is no way for data that the state must not have.
func importShowsWarning(base string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Import puts the data into the state", fmt.Sprintf(
		"Some existing nodes below %q are keys of data_wo. An import reads their data into the state and the plan. If it is a secret, import only the other keys, and remove these nodes first.", base))
}

// incomplete tells how it goes on after a creation that ended half-way.
func incomplete(base string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Resource is incomplete", fmt.Sprintf(
		"Some of the nodes below %q were created, and the state has them. Terraform takes such a resource for tainted: the next apply deletes them and creates all of them again; with on_destroy = \"keep\" it takes them over instead.", base))
}

// isEphemeral tells that a node cannot be taken over because it belongs to a session.
func isEphemeral(nodePath string) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Znode is ephemeral", fmt.Sprintf(
		"%q belongs to the session of another client and goes when that ends, so it cannot be taken over. It was left as it is, and nothing was written.\n\nWait until it has gone, or choose another key.", nodePath))
}

// listed is paths, sorted, as a list.
func listed(paths []string) string {
	quoted := make([]string, len(paths))
	for i, path := range slices.Sorted(slices.Values(paths)) {
		quoted[i] = attr.Quoted(path)
	}
	return diagnose.Listed(quoted)
}

// leftUnread names nodes that a creation whose outcome is not known may have made, and that
// nothing was read of since.
func leftUnread(base string, paths []string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Znodes were left as they are", fmt.Sprintf(
		"These nodes below %q may be those that an interrupted apply was to create. With -refresh=false nothing was read since then, so the provider cannot tell here whether they are somebody else's, and did not delete them:\n\n%s\n\n"+
			"If this apply creates the resource again, it takes over those that it declares. Nobody has the others: look at them (stat and get in zkCli), and delete those that are not used.",
		base, listed(paths)))
}

// keptForAnother tells which nodes of a destroyed resource another one needs, which does not
// know that they are to be removed with it.
func keptForAnother(base string, paths []string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Znodes are kept for another resource", fmt.Sprintf(
		"This resource made these empty nodes for those that it had below %q, and did not remove them, because this apply has created another resource that needs them:\n\n%s\n\n"+
			"Terraform created that one first, as create_before_destroy asks for, so it does not know that they were made here, and will not remove them when it is destroyed. You can delete them (delete in zkCli, the deepest first) once it is.",
		base, listed(paths)))
}

// changedSince tells that nodes are no longer as they have just been written.
func changedSince(base string, wrote int, overwritten []string) diag.Diagnostic {
	slices.Sort(overwritten)
	for i, nodePath := range overwritten {
		overwritten[i] = strconv.Quote(nodePath)
	}
	return diag.NewWarningDiagnostic("Znodes were changed right after they were written", fmt.Sprintf(
		"The provider wrote %d nodes below %q, and when it read them back somebody else had already changed some:\n\n%s\n\nTheir changes stand; the next plan shows them.",
		wrote, base, diagnose.Listed(overwritten)))
}

// notReadBack tells that nodes could not be read after they were written.
func notReadBack(about diagnose.Subject, err error) diag.Diagnostic {
	why := about.Error("read back the znodes below", err)
	return diag.NewWarningDiagnostic("Znodes could not be read back", fmt.Sprintf("The write itself succeeded, and the state holds what was written.\n\n%s: %s", why.Summary(), why.Detail()))
}

// What a read tells.

// secretsChanged tells that the nodes of data_wo may no longer hold the secrets.
func secretsChanged(base string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Write-only data has changed", fmt.Sprintf(
		"Since the last apply that succeeded, a node of data_wo below %q was written or removed, by somebody else or by an apply that failed half-way. What it holds is not in the state. "+
			"data_wo_version shows this, and the next apply writes all of data_wo again, unless data_wo_version or data_wo is among ignore_changes.", base))
}

// unnamedStay tells which nodes exclusive leaves as they are.
func unnamedStay(about diagnose.Subject, keys []string) diag.Diagnostic {
	var unnamed diagnose.Unnamed
	slices.Sort(keys)
	for _, key := range keys {
		unnamed.Add(join(about.Path, key))
	}
	return about.Unnamed(unnamed, "exclusive = true does not remove what no plan can show, nor what is above it. If it is not wanted, delete it with another client of ZooKeeper.")
}

// What an import tells.

func invalidImport(err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Invalid import ID", "Znodes are imported by their base_path; by keys with // in front of each where only some are meant; or by patterns, as in /kafka?include=config/**&exclude=config/changes/**: "+err.Error()+".")
}

// importFailed tells that err ended an import.
func importFailed(about diagnose.Subject, err error) diag.Diagnostic {
	if missing, ok := errors.AsType[*missingError](err); ok {
		return missingImport(missing)
	}
	if ephemeral, ok := errors.AsType[*ephemeralError](err); ok {
		return diagnose.Subject{Path: ephemeral.path}.Ephemeral()
	}
	return about.Error(doingImport, err)
}

func missingImport(err *missingError) diag.Diagnostic {
	if len(err.twins) > 0 {
		return diag.NewErrorDiagnostic("Znode cannot be imported", fmt.Sprintf(
			"There is no node %q. There is one that looks the same, %s, whose name is in another Unicode form than NFC. Terraform and OpenTofu bring all text to NFC, so no configuration can name it. Nothing was imported.\n\n"+
				"Create a node with the name in NFC with another client of ZooKeeper, copy data and children to it, and import that.", err.path, attr.Quoted(err.twins[0])))
	}
	return diag.NewErrorDiagnostic("Znode cannot be imported", fmt.Sprintf("There is no node %q. Nothing was imported: leave its key out, and let an apply create it.", err.path))
}

func patternsMeanNothing(base string, patterns []string) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Pattern matches nothing", fmt.Sprintf(
		"Of the nodes below %q, none matches %s of include, or exclude leaves none of them. Nothing was imported. Patterns are matched with the whole path of a node below base_path: \"config\" means that node alone, and \"config/**\" it and all that is below it.",
		base, diagnose.Quoted(patterns)))
}

func patternsExcludeNothing(base string, patterns []string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Pattern excludes nothing", fmt.Sprintf(
		"Of the nodes below %q that the import means, none matches %s of exclude. Patterns are matched with the whole path of a node below base_path.", base, diagnose.Quoted(patterns)))
}

// Parts of sentences.

// named names nodes by their keys.
func named(base string, nodes map[string]int64) []string {
	names := make([]string, 0, len(nodes))
	for key := range nodes {
		names = append(names, attr.Quoted(join(base, key)))
	}
	slices.SortFunc(names, strings.Compare)
	return names
}
