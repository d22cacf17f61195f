package znode

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/zk"
)

// What the resource does with a node, in the words of a diagnostic.
const (
	doingCreate      = "create the znode"
	doingRead        = "read the znode"
	doingReadParents = "read the parents of"
	doingSetParents  = "set the ACL of the parents of"
	doingUpdate      = "update the znode"
	doingDelete      = "delete the znode"
	doingAdopt       = "take over the znode"
	doingStore       = "store the data"
	doingList        = "list the znodes at and below"
)

// parentACL tells, of parents that a creation made, which ACL they have.
const parentACL = "They have the ACL of parent_acl, or where that is not set the node's own, which is acl or the provider's default_acl. If it does not let the provider create children, set parent_acl to one that does, and delete what was made, or have somebody change its ACL who may (deleteall, setAcl in zkCli)."

// afterDoubt says what the next apply makes of a creation whose outcome is not known.
const afterDoubt = "if the node is there, and as this request makes it, the apply replaces it. It takes the node over instead if that has children by then, holds a secret, or has on_destroy = \"keep\". If the node is not there, the apply creates it. " +
	"With create_before_destroy, set adopt_existing = true before: the replacement finds the node there."

// What becomes of a node whose resource was renamed without a moved block: where the deletion knows
// of the creation, and where it does not, because it was planned first.
const (
	handedOn      = "If you apply as it is, the new resource takes over the node: the apply writes what the new resource declares, also what ignore_changes names, and leaves the rest of the node as it is."
	maybeHandedOn = "If you apply as it is, the node may be deleted and created again, and what others have written to it is lost."
)

func isNoNode(err error) bool { return errors.Is(err, zk.ErrNoNode) }

// importShowsWarning tells that an import is no way for data that the state must not have.
func importShowsWarning(nodePath types.String) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Import puts the data into the state", fmt.Sprintf(
		"The import of %q reads its data into the state and into the plan. If that is a secret already, set adopt_existing = true instead: the node is then taken over, and its data is replaced by data_wo without being stored.",
		nodePath.ValueString()))
}

// unusedWarning names the patterns of a list that select nothing.
func unusedWarning(top string, patterns []string) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("include"), "Pattern that no znode matches", fmt.Sprintf(
		"Below %q no znode matches %s. Patterns are relative to path: \"a\" is the node %q alone, and \"a/**\" all that is below it as well. Nodes further down than max_depth are not looked at.",
		top, diagnose.Mentioned(patterns), zk.Child(top, "a")))
}

// kindOnTrustWarning tells that the kind of an imported node is not known.
func kindOnTrustWarning(nodePath types.String) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("mode"), "Kind of an imported znode is taken on trust", fmt.Sprintf(
		"ZooKeeper does not show the kind of an existing node: persistent, container or TTL. %q was imported, so the provider trusts mode and ttl_ms and leaves the node as it is. "+
			"To make sure, replace it: plan and apply with -replace and the address of this resource.", nodePath.ValueString()))
}

// adoptionWarning says which node a creation will take over, and what of it will change. known
// is whether the declared content is known yet, and byDefault whether no ACL is declared.
func adoptionWarning(there zk.Node, change zk.Change, known, byDefault bool) diag.Diagnostic {
	var changes []string
	switch {
	case !known:
		changes = append(changes, fmt.Sprintf("its data (%s) will be replaced where it differs from the declared data, which is known only during the apply", diagnose.Count(len(there.Data), "byte", "bytes")))
	case change.SetData:
		changes = append(changes, fmt.Sprintf("its data (%s, version %d) will be replaced by the declared data (%s)",
			diagnose.Count(len(there.Data), "byte", "bytes"), there.Stat.Version, diagnose.Count(len(change.Data), "byte", "bytes")))
	}
	switch {
	case change.SetACL && byDefault:
		changes = append(changes, "its ACL, which is "+diagnose.ACLText(there.ACL)+" and lets in more than default_acl does, will be replaced by that, because a secret goes there")
	case change.SetACL:
		changes = append(changes, "its ACL, which is "+diagnose.ACLText(there.ACL)+", will be replaced by the declared one")
	}
	what := "nothing of it will change"
	if len(changes) > 0 {
		what = strings.Join(changes, ", and ")
	}
	return diag.NewAttributeWarningDiagnostic(path.Root("adopt_existing"), "Existing znode will be taken over", fmt.Sprintf(
		"%q exists, with %s. The apply will take it over: %s. From then on it is this resource's, which deletes it when it is destroyed, unless on_destroy = \"keep\".",
		there.Path, diagnose.Count(int(there.Stat.NumChildren), "child", "children"), what))
}

// notLookedAtWarning says that a plan could not look at a node that the apply may take over.
func notLookedAtWarning(why diag.Diagnostic, nodePath types.String) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("adopt_existing"), "Existing znode could not be looked at", fmt.Sprintf(
		"With adopt_existing = true, the apply takes over %q if it exists, and this plan cannot say what of it will change.\n\n%s: %s", nodePath.ValueString(), why.Summary(), why.Detail()))
}

// keptKindError refuses to make a node of another kind of one that stays when its resource is
// destroyed.
func keptKindError(at path.Path, state *resourceModel) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "Kind of a znode that is kept cannot change", fmt.Sprintf(
		"The kind of a node cannot be changed, so that this deletes %q and creates it again; and on_destroy = \"keep\" says that it must not be deleted. "+
			"To have it deleted, set on_destroy = \"delete\", apply, and then change the kind. Otherwise leave mode and ttl_ms as they were.", state.Path.ValueString()))
}
