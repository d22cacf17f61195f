package ensurepath

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
)

// What the resource does with a path, in the words of a diagnostic.
const (
	doingCreate = "make the path"
	doingRead   = "read the path"
	doingDelete = "remove the path"
	doingSetACL = "set the ACL of the nodes of"
)

// afterDoubt says what the next apply makes of a creation whose outcome is not known.
const afterDoubt = "it looks whether the nodes are there and were made by this request. If so it deletes them and creates them again; if not it creates them."

// withoutMoved says what becomes of a resource that was renamed without a moved block.
const withoutMoved = "If you apply as it is, the path stays. The nodes that the old resource made become the new one's, unless Terraform creates the new one long before it destroys the old one; then the apply warns of nodes that nobody will remove."

// leftWarning names the nodes that a destruction did not remove because they are not empty.
func leftWarning(nodes []session.Made) diag.Diagnostic {
	last := nodes[len(nodes)-1].Path
	detail := fmt.Sprintf("%q was not removed, because it has children or data.", last)
	if len(nodes) > 1 {
		detail += " So the nodes above it that this resource made stay too: " + diagnose.Quoted(pathsOf(nodes[:len(nodes)-1])) + "."
	}
	return diag.NewWarningDiagnostic("Path is not empty", detail+" What stays is in no state any more, unless this same apply creates a resource for it later: that one takes it over.\n\n"+
		"To leave a path as it is without this warning, set on_destroy = \"keep\" and apply before you destroy.")
}

// keptWarning names the nodes that a destruction left to another resource of the same apply,
// which does not know that they were made.
func keptWarning(paths []string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Path is kept for another resource", fmt.Sprintf(
		"This resource made %s and did not remove them, because this apply has created another zookeeper_ensure_path that needs them. "+
			"Terraform created that one first, as create_before_destroy asks for, so it does not know that they were made here: `created` does not list them, and it will not remove them when it is destroyed.\n\n"+
			"To have it remove them, delete those of them that are empty (delete in zkCli, the deepest first) and apply: it makes them again and lists them. The others you can delete once it is destroyed.",
		diagnose.Quoted(paths)))
}

// foundWarning names the nodes that a creation found as it would have made them.
func foundWarning(paths []string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Path was there already", fmt.Sprintf(
		"The provider made nothing: %s existed, empty and with the ACL that this resource gives. As far as the provider knows somebody else made them, so this resource will not remove them when it is destroyed.\n\n"+
			"If an apply that was cut off made them, or a resource that this one replaces (create_before_destroy), and nobody else needs them, delete them (delete in zkCli, the deepest first) and run apply: this resource then makes them again and removes them in the end.",
		diagnose.Quoted(paths)))
}

// anewWarning names nodes of the path that appeared since the last apply.
func anewWarning(paths []string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Path was made by somebody else", fmt.Sprintf(
		"%s did not exist, or were others, when this resource was last applied or refreshed. Somebody else has made them since, or an apply that was cut off before its state was saved. This resource will not remove them when it is destroyed.\n\n"+
			"If nobody else needs them, delete them (delete in zkCli, the deepest first) and run apply: this resource then makes them again and removes them in the end.",
		diagnose.Quoted(paths)))
}

func pathsOf(nodes []session.Made) []string {
	paths := make([]string, len(nodes))
	for i, node := range nodes {
		paths[i] = node.Path
	}
	return paths
}
