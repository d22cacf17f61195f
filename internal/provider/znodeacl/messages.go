package znodeacl

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/zk"
)

// What the resource does with a node, in the words of a diagnostic.
const (
	doingRead    = "read the ACL of"
	doingSet     = "set the ACL of"
	doingRestore = "restore the ACL of"
)

func isNoNode(err error) bool { return errors.Is(err, zk.ErrNoNode) }

// unreadableRecord tells of a state that somebody has tampered with.
func unreadableRecord(nodePath string, err error) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("record"), "Record is damaged", fmt.Sprintf(
		"What the state remembers of %q cannot be read: %v. Was the state edited?\n\n"+
			"Remove the resource from the state (terraform state rm) and import it: the ACLs on the server stay as they are.", nodePath, err))
}

// withoutMoved says what becomes of a resource that was renamed without a moved block.
const withoutMoved = "If you apply as it is, the node keeps its ACL, or gets the new one. What it had before is handed over to the new resource, unless Terraform creates that long before it destroys the old one; then the apply warns and says what the node had."

// aclHint is an ACL for setAcl of zkCli, with the hashes of passwords; one that is too long for that
// is shown without them, and cut.
func aclHint(acl []zk.ACL) string {
	const most = 1000
	if text := aclText(acl); len(text) <= most {
		return diagnose.Shell(text)
	}
	return diagnose.ACLText(acl)
}

// Why a destruction has left the ACLs of nodes as they are, and what the other resource knows.
const (
	keptForCreation = "because another zookeeper_znode_acl has them since this apply:\n\n%s\n" +
		"Terraform created or updated that one first, as create_before_destroy asks for, so it does not know of these ACLs."
	keptAsBefore = "because another zookeeper_znode_acl of the configuration keeps them:\n\n%s\n" +
		"That one does not know of these ACLs."
)

// keptWarning tells of nodes that another resource has, which does not know what they had before:
// that, by path.
func keptWarning(lost map[string]string, why string) diag.Diagnostic {
	var lines strings.Builder
	for n, nodePath := range slices.Sorted(maps.Keys(lost)) {
		if n == maxDiffering {
			fmt.Fprintf(&lines, "  and %d more\n", len(lost)-n)
			break
		}
		fmt.Fprintf(&lines, "  %s had %s\n", attr.Quoted(nodePath), lost[nodePath])
	}
	return diag.NewWarningDiagnostic("ACL is kept for another resource", fmt.Sprintf(
		"This resource did not restore the ACL that nodes had before it set theirs, "+why+" When it is destroyed, it gives back the ACL that it found, which is the one that this resource had set.\n\n"+
			"To have it restore these ACLs, set them on the servers (setAcl in zkCli), and then run apply -replace with the address of that resource: it sets its own ACL again, and remembers these.", lines.String()))
}

// foundWarning tells of nodes that had the wanted ACL already, which counts as what they had.
func foundWarning(paths []string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("ACL was there already", fmt.Sprintf(
		"%s had the ACL of this resource already, and somebody has set it before. It counts as what the nodes had: they get it back when this resource is destroyed.\n\n"+
			"If an apply that was cut off has set it, or a resource that this one replaces (create_before_destroy), and you want them to get back another one, set that on the servers (setAcl in zkCli) and then run apply -replace with the address of this resource: it sets its own ACL again, and remembers that one.",
		diagnose.Mentioned(slices.Sorted(slices.Values(paths)))))
}

// leftWarning tells of nodes that did not get back what they had, because somebody else has set
// their ACL.
func leftWarning(paths []string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("ACL was not restored", fmt.Sprintf(
		"Somebody else has set the ACL of %s since this resource did. What they set stands, and was not replaced with what was there before.", diagnose.Mentioned(slices.Sorted(slices.Values(paths)))))
}

// setByApplyWarning is leftWarning for nodes whose ACL another resource of this apply has set.
func setByApplyWarning(paths []string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("ACL was not restored", fmt.Sprintf(
		"Another resource of this same apply has set the ACL of %s. It stands, and was not replaced with what was there before this resource set it.", diagnose.Mentioned(slices.Sorted(slices.Values(paths)))))
}

// overwrittenWarning tells that somebody else set the ACL right after the apply did.
func overwrittenWarning(nodePath string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("ACL was changed right after it was set", fmt.Sprintf(
		"The provider set the ACL of %q, and when it read the node back somebody else had already set another one. Theirs stands; the next plan shows it.", nodePath))
}

// differingWarning tells that there are more nodes with another ACL than the attribute
// shows.
func differingWarning(nodePath string, differing, all int) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("differing"), "Many znodes have another ACL", fmt.Sprintf(
		"Of the %d nodes below %q, %d have another ACL than declared. The attribute differing names the first %d of them.", all, nodePath, differing, maxDiffering))
}

// importWarning tells what an import cannot know.
func importWarning(nodePath string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("What the znode had before is not known", fmt.Sprintf(
		"%q was imported with the ACL that it has, which counts as what it had before: with on_destroy = \"restore\", it is what the node gets back when this resource is destroyed.", nodePath))
}

// restoreError adds to a failed restoration how to do without it.
func restoreError(d diag.Diagnostic) diag.Diagnostic {
	return diag.NewErrorDiagnostic(d.Summary(), d.Detail()+
		"\n\nTo leave the ACLs as they are instead of restoring them, set on_destroy = \"keep\" and apply before you destroy, or remove the resource from the state (terraform state rm).")
}

// partial tells in an error how much was done before it.
func partial(done, of int, err error) error {
	if done == 0 {
		return err
	}
	return zk.NewPartialError(fmt.Sprintf("the ACLs of %d of %d nodes have been replaced", done, of), err)
}
