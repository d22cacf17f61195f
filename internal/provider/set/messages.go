package set

import (
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/zk"
)

// failed tells why nothing was written.
func failed(about diagnose.Subject, err error, creates bool) diag.Diagnostic {
	const doing = "write the data of the znode"
	switch d := about.Error(doing, err); {
	case errors.Is(err, zk.ErrOutcomeUnknown):
		return diag.NewErrorDiagnostic("Outcome unknown", fmt.Sprintf(
			"The provider sent the request to write the data of %s, and did not learn whether it took effect: %s\n\nInvoke the action again: it writes the same data.", attr.Quoted(about.Path), diagnose.Lost(err)))
	case errors.Is(err, zk.ErrNoNode) && !creates:
		return diag.NewErrorDiagnostic(d.Summary(), d.Detail()+" If the action is to create the node, set create = true.")
	default:
		return d
	}
}
