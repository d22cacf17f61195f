package sequentialznode

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// What the resource does with a node, in the words of a diagnostic.
const (
	doingCreate      = "create the sequential znode"
	doingRead        = "read the znode"
	doingReadParents = "read the parents of"
	doingSetParents  = "set the ACL of the parents of"
	doingUpdate      = "update the znode"
	doingDelete      = "delete the znode"
	doingStore       = "store the data"
)

// parentACL tells, of parents that a creation made, which ACL they have.
const parentACL = "They have the node's ACL, which is acl or the provider's default_acl. If it does not let the provider create children, delete what was made, or have somebody change its ACL who may (deleteall, setAcl in zkCli), and make the parents another way, as by zookeeper_ensure_path."

// withoutMoved says what becomes of a resource that was renamed without a moved block.
const withoutMoved = "If you apply as it is, the node is deleted, with what others have written to it, and another one with another number is created."

// notSequential refuses to make a sequential node of one whose name has no number.
func notSequential(nodePath string, err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Znode is not sequential", fmt.Sprintf(
		"%q cannot become a zookeeper_sequential_znode: %v. Leave it a zookeeper_znode: remove the moved block, and declare it as it was.", nodePath, err))
}
