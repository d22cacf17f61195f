package createsequential

import (
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/zk"
)

// failed tells why no node was created, or may have been.
func failed(about diagnose.Subject, err error) diag.Diagnostic {
	if !errors.Is(err, zk.ErrOutcomeUnknown) {
		return about.Error("create the sequential znode", err)
	}
	candidates := "Look for it (ls and get in zkCli) before you invoke the action again."
	if found, ok := errors.AsType[*zk.CandidatesError](err); ok && len(found.Paths) > 0 {
		candidates = "It created one of these nodes, or none: " + diagnose.Quoted(found.Paths) + ". Look at them (get in zkCli) before you invoke the action again."
	}
	return diag.NewErrorDiagnostic("Outcome unknown", fmt.Sprintf(
		"The provider sent the request to create a node at %s, and did not learn whether it took effect: %s\n\nIt was not repeated, so that there are never two. %s",
		attr.Quoted(about.Path), diagnose.Lost(err), candidates))
}
