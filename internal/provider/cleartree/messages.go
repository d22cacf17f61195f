package cleartree

import (
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/zk"
)

// A lockedError tells that the run holds a lock below the node.
type lockedError struct{ path string }

func (e *lockedError) Error() string { return "the run holds a lock at " + e.path }

// failed tells why not all was deleted.
func failed(about diagnose.Subject, err error) diag.Diagnostic {
	const doing = "clear the znode"
	if held, ok := errors.AsType[*lockedError](err); ok {
		return diag.NewErrorDiagnostic("Lock is below the znode", fmt.Sprintf(
			"The provider did not clear %s: the run holds a lock at %s, which would go with it, and other runs would no longer wait. Nothing was deleted.\n\nGive the lock a path that is not below the node.", attr.Quoted(about.Path), attr.Quoted(held.path)))
	}
	cause, done := err, "Nothing is known to be deleted"
	if partial, ok := errors.AsType[*zk.PartialError](err); ok {
		cause, done = partial.Err, fmt.Sprintf("Before that, %s", partial.Done)
	}
	switch d := about.Error(doing, cause); {
	case errors.Is(err, zk.ErrOutcomeUnknown):
		return diag.NewErrorDiagnostic("Outcome unknown", fmt.Sprintf(
			"The provider sent a request to delete nodes below %s, and did not learn whether it took effect: %s\n\n%s. Invoke the action again: it deletes what is left.", attr.Quoted(about.Path), diagnose.Lost(cause), done))
	case errors.Is(err, zk.ErrNotEmpty):
		return diag.NewErrorDiagnostic("Znode is not empty", fmt.Sprintf(
			"The provider did not clear %s: others go on adding nodes below it. %s.\n\nStop them, and invoke the action again.", attr.Quoted(about.Path), done))
	case cause != err: //nolint:errorlint // whether it is the very error
		return diag.NewErrorDiagnostic(d.Summary(), d.Detail()+fmt.Sprintf("\n\n%s. Invoke the action again to delete the rest.", done))
	default:
		return d
	}
}
