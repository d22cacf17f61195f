package quota

import (
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/zk"
)

// What the resource does with a quota, in the words of a diagnostic.
const (
	doingSet    = "set the quota of"
	doingRead   = "read the quota of"
	doingDelete = "remove the quota of"
)

// createFailed tells why there is no quota, or none that counts.
func createFailed(about diagnose.Subject, err error) diag.Diagnostic {
	at := attr.Quoted(about.Path)
	overlap, overlaps := errors.AsType[*zk.QuotaOverlapError](err)
	partial, isPartial := errors.AsType[*zk.PartialError](err)
	switch {
	case overlaps:
		return overlapping(about.Path, overlap.Path, "has a quota too", " If this apply has just removed the other, run apply again.")
	case isPartial:
		return uncounted(about, partial)
	case errors.Is(err, zk.ErrOutcomeUnknown):
		return diag.NewErrorDiagnostic("Outcome unknown", fmt.Sprintf(
			"The provider sent the request to set the quota of %s, and did not learn whether it took effect: %s\n\nIt was not repeated. The state has the resource as tainted. Run apply again: it looks whether the quota is there and was made by this request, replaces it then, and otherwise sets it.", at, diagnose.Lost(err)))
	case errors.Is(err, zk.ErrNodeExists):
		return diag.NewErrorDiagnostic("Quota already exists", fmt.Sprintf(
			"%[1]s has a quota, which was not made by this run. It was left as it is.\n\n"+
				"To manage it from here on, import it:\n\n  terraform import %[2]s.NAME %[3]s\n\n"+
				"or in the configuration:\n\n  import {\n    to = %[2]s.NAME\n    id = %[4]s\n  }\n\n%[5]s",
			at, typeName, diagnose.Shell(about.Path), diagnose.HCL(about.Path), about.Moved()))
	case errors.Is(err, zk.ErrNoNode):
		return about.NoTarget(doingSet, err)
	default:
		return about.Error(doingSet, err)
	}
}

// overlapping tells that there would be a quota above another one.
func overlapping(nodePath, other, why, wayOut string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("path"), "Quotas overlap", fmt.Sprintf(
		"The provider did not set the quota of %s, because %s %s. ZooKeeper counts a node for one quota only, so two quotas above each other would not hold.\n\nKeep one of them.%s", attr.Quoted(nodePath), attr.Quoted(other), why, wayOut))
}

// uncounted tells why a quota that is set does not count.
func uncounted(about diagnose.Subject, partial *zk.PartialError) diag.Diagnostic {
	var why string
	switch {
	case errors.Is(partial.Err, zk.ErrNodeExists), errors.Is(partial.Err, zk.ErrNoNode):
		why = "Somebody else has changed the quota at the same time."
	default:
		d := about.Error("have the servers count for the quota of", partial.Err)
		why = d.Summary() + ": " + d.Detail()
	}
	return diag.NewErrorDiagnostic("Quota does not count", fmt.Sprintf(
		"The provider set the limits of %s, and did not get the servers to count. Until they do, no limit holds.\n\n%s\n\nRun apply again: it has them count.", attr.Quoted(about.Path), why))
}

// changeFailed tells why a quota was not changed, or not removed.
func changeFailed(about diagnose.Subject, doing string, err error) diag.Diagnostic {
	partial, isPartial := errors.AsType[*zk.PartialError](err)
	switch {
	case isPartial:
		return uncounted(about, partial)
	case errors.Is(err, zk.ErrOutcomeUnknown):
		return about.Error(doing, err)
	case errors.Is(err, zk.ErrBadVersion):
		return diag.NewErrorDiagnostic("Quota was changed by somebody else", fmt.Sprintf(
			"The provider did not %s %s, because since the plan was made somebody else changed the quota, or removed it and made another. Nothing was written, and what they wrote stands.\n\n"+
				"Run plan again to see the quota as it is now, and apply if that is still what you want.", doing, attr.Quoted(about.Path)))
	case errors.Is(err, zk.ErrNoNode):
		return diag.NewErrorDiagnostic("Quota was removed by somebody else", fmt.Sprintf(
			"The provider did not %s %s: somebody else removed the quota after the plan was made. Run apply again: it sets the quota again.", doing, attr.Quoted(about.Path)))
	default:
		return about.Error(doing, err)
	}
}

// missing warns in a plan that there is no node for the quota.
func missing(nodePath string) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("path"), "Znode does not exist yet", fmt.Sprintf(
		"There is no node at %s, and a quota is set on a node that exists. If this apply creates the node, let the path refer to its resource, as in path = zookeeper_znode.NAME.path: it is then created first. If not, the apply fails.", attr.Quoted(nodePath)))
}
