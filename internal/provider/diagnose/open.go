package diagnose

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/node"
)

// Open warns of a node that is to be made, or is to hold a secret, and that everybody may change,
// although the configuration does not say so. The state is nil for a node that is to be made.
func (s Subject) Open(plan, config, state *node.Node) diag.Diagnostics {
	if !config.ACL.IsNull() {
		return nil
	}
	acl := s.Run.DefaultACL()
	if state != nil {
		acl, _ = attr.ACLFrom(state.ACL)
	}
	switch {
	case plan.SetsSecret(config, state) && s.Run.ExposesSecret(acl):
		return s.OpenSecrets("The secret of data_wo goes")
	case state != nil:
		return nil
	}
	nodes := "1 znode"
	if s.Path != "" {
		nodes += ", " + attr.Quoted(s.Path)
	}
	if plan.CreateParents.ValueBool() {
		nodes += ", and those above it that are missing"
	}
	return s.OpenNodes(nodes)
}

// OpenSecrets warns of a secret that everybody may read or replace. what says how many there are,
// and begins a sentence.
func (s Subject) OpenSecrets(what string) diag.Diagnostics {
	advice := "Set acl, for example to [{ scheme = \"auth\", id = \"\", permissions = \"cdrwa\" }], which lets in the identities that the provider presents and nobody else."
	if len(s.Presented) == 0 {
		advice = "Set username and password of the provider (or auth, sasl or a client certificate), and acl to [{ scheme = \"auth\", id = \"\", permissions = \"cdrwa\" }], which lets in who the provider is then, and nobody else."
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("acl"), "Secret is open to everybody", fmt.Sprintf(
		"%s%s, and no ACL keeps anybody out there: the resource has no acl, and neither has the provider a default_acl that does. Whoever reaches the servers may read it, replace it, or both.\n\n%s "+
			"The node above needs an ACL too (parent_acl, or its own resource): whoever may delete there can delete the node and create another one. "+
			"If everybody is to read the secret, say so with acl.", what, s.to(), advice))}
}

// OpenNodes warns, once in a run, that what a plan creates is open to everybody. nodes counts and
// names it.
func (s Subject) OpenNodes(nodes string) diag.Diagnostics {
	if !s.Run.FirstOpen() {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("acl"), "Everybody may change what is created", fmt.Sprintf(
		"The provider presents %s, and yet everybody may change and delete what this run creates without an ACL: this resource creates %s, with world:anyone:cdrwa. "+
			"The same goes for every other resource of the run that has no acl; this is said once, for the first.\n\n"+
			"Set default_acl of the provider (or ZOOKEEPER_DEFAULT_ACL), for example to [{ scheme = \"auth\", id = \"\", permissions = \"cdrwa\" }, { scheme = \"world\", id = \"anyone\", permissions = \"r\" }]: "+
			"then everybody may read what is created, and only the provider may change it. "+
			"If everybody is to change it, set default_acl = [{ scheme = \"world\", id = \"anyone\", permissions = \"cdrwa\" }].", s.presented(), nodes))}
}

// to names the node that something goes to, where it is known.
func (s Subject) to() string {
	if s.Path == "" {
		return " to a node"
	}
	return fmt.Sprintf(" to %q", s.Path)
}
