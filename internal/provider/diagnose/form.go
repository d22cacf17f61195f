package diagnose

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/session"
)

// Unnamed is the nodes that were found and that no configuration can name, because the CLIs
// change their names: see [attr.Crosses].
type Unnamed struct {
	// Count is how many.
	Count int
	first []string
}

// Add takes up a node whose name or path does not cross.
func (u *Unnamed) Add(name string) {
	u.Count++
	if len(u.first) < mostListed {
		u.first = append(u.first, attr.Quoted(name))
	}
}

// Unnamed warns of such nodes below one. outcome is a sentence on what was done about them.
func (s Subject) Unnamed(u Unnamed, outcome string) diag.Diagnostic {
	have, nodes, them := "nodes have paths", "these nodes", "them"
	if u.Count == 1 {
		have, nodes, them = "node has a path", "this node", "it"
	}
	return diag.NewWarningDiagnostic("Nodes that no configuration can name", fmt.Sprintf(
		"Below %s, %d %s in another Unicode form than NFC:\n\n%s\n\n"+
			"Terraform and OpenTofu bring all text to NFC, so no configuration can name %s: the path in NFC, which looks the same, is that of another node. %s\n\n"+
			"To manage or read %s, create a node with the name in NFC with another client of ZooKeeper, copy data and children to it, and delete the old one.",
		attr.Quoted(s.Path), u.Count, have, listed(u.first, u.Count), nodes, outcome, them))
}

// Twins warns of nodes that no configuration can name, and whose paths look like the subject's.
// It is for where the path may have been meant for one of them: there is no node at the path, or
// somebody has typed it to import the node, or it is going to be created. Where paths are given,
// they are meant instead of the subject's own.
func (s Subject) Twins(ctx context.Context, in *session.Session, paths ...string) diag.Diagnostics {
	like := "like one of this resource"
	if len(paths) == 0 {
		paths, like = []string{s.Path}, fmt.Sprintf("like %q", s.Path)
	}
	twins := in.Twins(ctx, paths...)
	if len(twins) == 0 {
		return nil
	}
	there := "There is a node whose path looks %s and is"
	if len(twins) > 1 {
		there = "There are nodes whose paths look %s and are"
	}
	quoted := make([]string, len(twins))
	for i, twin := range twins {
		quoted[i] = attr.Quoted(twin)
	}
	return diag.Diagnostics{diag.NewWarningDiagnostic("Another node looks the same", fmt.Sprintf(
		there+" in another Unicode form than NFC:\n\n%s\n\n"+
			"Terraform and OpenTofu bring all text to NFC, so no configuration can name such a node, and the provider has not looked for it.\n\n"+
			"To manage or read it, create a node with the name in NFC with another client of ZooKeeper, copy data and children to it, and delete the old one.",
		like, Listed(quoted)))}
}
