package znode

import (
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/zk"
)

// What the resource does with a node, in the words of a diagnostic.
const (
	doingCreate = "create the znode"
	doingRead   = "read the znode"
	doingUpdate = "update the znode"
	doingDelete = "delete the znode"
	doingAdopt  = "take over the znode"
	doingList   = "list the znodes at and below"
)

// parentACL tells, of parents that a creation made, which ACL they have.
const parentACL = "They have the ACL of parent_acl, or where that is not set the node's own, which is acl or the provider's default_acl. If it does not let the provider create children, set parent_acl to one that does, and delete what was made, or have somebody change its ACL who may (deleteall, setAcl in zkCli)."

func isNoNode(err error) bool { return errors.Is(err, zk.ErrNoNode) }

// importShowsWarning tells that an import is no way for data that the state must not have.
func importShowsWarning(nodePath types.String) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Import puts the data into the state", fmt.Sprintf(
		"The import of %q reads its data into the state and into the plan. If that is a secret already, set adopt_existing = true instead: the node is then taken over, and its data is replaced by data_wo without being stored.",
		nodePath.ValueString()))
}

// kindOnTrustWarning tells that the kind of an imported node is not known.
func kindOnTrustWarning(nodePath types.String) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("mode"), "Kind of an imported znode is taken on trust", fmt.Sprintf(
		"ZooKeeper does not tell whether an existing node is a persistent one, a container or a TTL node. %q was imported, so mode and ttl_ms are believed and the node is left as it is. "+
			"To make sure, let it be made anew: plan and apply with -replace and the address of this resource.", nodePath.ValueString()))
}
