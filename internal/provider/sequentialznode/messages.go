package sequentialznode

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/zk"
)

// What the resource does with a node, in the words of a diagnostic.
const (
	doingCreate = "create the sequential znode"
	doingRead   = "read the znode"
	doingUpdate = "update the znode"
	doingDelete = "delete the znode"
	doingStore  = "store the data"
)

// parentACL tells, of parents that a creation made, which ACL they have.
const parentACL = "They have the node's ACL, which is acl or the provider's default_acl. If it does not let the provider create children, delete what was made, or have somebody change its ACL who may (deleteall, setAcl in zkCli), and make the parents another way, as by zookeeper_ensure_path."

// candidatesWarning names the nodes that a creation whose outcome is not known may have made.
func candidatesWarning(prefix string, candidates []zk.Node) diag.Diagnostic {
	paths := make([]string, len(candidates))
	for i, c := range candidates {
		paths[i] = c.Path
	}
	return diag.NewWarningDiagnostic("Sequential znode may exist already", fmt.Sprintf(
		"An earlier apply asked for a node %q and a number, and did not learn whether it was created. It is one of these nodes, or none: %s.\n\n"+
			"All of them stay, and the next apply creates another one for this resource. Delete the one that nobody uses (stat and get in zkCli help to tell).", prefix, diagnose.Quoted(paths)))
}

// notSequential refuses to make a sequential node of one whose name has no number.
func notSequential(nodePath string, err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Znode is not sequential", fmt.Sprintf(
		"%q cannot become a zookeeper_sequential_znode: %v. Leave it a zookeeper_znode: remove the moved block, and declare it as it was.", nodePath, err))
}
