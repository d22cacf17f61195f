package diagnose

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/node"
	"terraform-provider-zookeeper/internal/zk"
)

// Open warns of a node that is to be made, or is to hold a secret, and that others may change or
// read although the configuration does not say so. The state is nil for a node that is to be made.
func (s Subject) Open(ctx context.Context, plan, config, state *node.Node) diag.Diagnostics {
	if plan.SetsSecret(config, state) {
		if diags := s.openSecret(ctx, plan, config, state); diags != nil {
			return diags
		}
	}
	if !config.ACL.IsNull() || state != nil {
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

// openSecret warns of a node that is to hold a secret.
func (s Subject) openSecret(ctx context.Context, plan, config, state *node.Node) diag.Diagnostics {
	declared, err := attr.ACLFrom(config.ACL)
	if err != nil || config.ACL.IsUnknown() || !config.ACL.IsNull() && declared == nil {
		return nil // validation has told, or it is not known yet
	}
	wayOut := "Set acl: the apply then gives it to the node before it writes the secret"
	if declared != nil && s.Run.Ignores(s.Resource, s.Path, config.ACL.String()) {
		declared = nil // it is what the node has, and not what the user wrote
		wayOut = "acl is in ignore_changes, and so it does not count. Take it out of there and set it: the apply then gives it to the node before it writes the secret"
	}
	acl, theirs, err := plan.SecretACL(s.Run, config, state)
	if err != nil {
		return nil
	}
	const secret = "The secret of data_wo goes"
	switch strangers := s.Run.Strangers(acl, declared, theirs); {
	case len(strangers) > 0 && state == nil:
		return s.OpenSecrets(secret)
	case len(strangers) > 0:
		return diag.Diagnostics{s.LetIn(fmt.Sprintf("%s to %q, which exists, and its ACL has", secret, s.Path), strangers, wayOut, "")}
	case theirs && attr.HashesHidden(acl):
		return diag.Diagnostics{s.Unproven(fmt.Sprintf("%s to %q", secret, s.Path), acl, "")}
	case s.Path == "" || s.Run.ForAll(declared):
		return nil
	}
	parent := zk.Parent(s.Path)
	if perms := s.Run.Replaceable(ctx, parent); perms != 0 {
		return diag.Diagnostics{s.Replaceable(secret, []string{parent}, perms)}
	}
	return nil
}

// OpenSecrets warns of a secret that everybody may read or replace, in a node that is to be made.
// what says how many there are, and begins a sentence.
func (s Subject) OpenSecrets(what string) diag.Diagnostics {
	advice := "Set acl, for example to [{ scheme = \"auth\", id = \"\", permissions = \"cdrwa\" }], which lets in the identities that the provider presents and nobody else."
	if len(s.whom()) == 0 {
		advice = "Set username and password of the provider (or auth, sasl or a client certificate), and acl to [{ scheme = \"auth\", id = \"\", permissions = \"cdrwa\" }], which lets in who the provider is then, and nobody else."
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("acl"), "Secret is open to everybody", fmt.Sprintf(
		"%s%s, and no ACL keeps anybody out there: the resource has no acl, and the provider no default_acl. Whoever reaches the servers may read it, replace it, or both.\n\n%s "+
			"The node above needs an ACL too (parent_acl, or its own resource): whoever may delete there can delete the node and create another one. "+
			"If everybody is to read the secret, say so with acl.", what, s.to(), advice))}
}

// LetIn warns of secrets that go to nodes which are there, and whose ACLs let in strangers. what says
// so, up to whom they let in; the way out is a sentence, and nodes is text after it.
func (s Subject) LetIn(what string, strangers []zk.ACL, wayOut, nodes string) diag.Diagnostic {
	summary, who := "Secret is open to others", "Whoever that is"
	if attr.Anybodys(strangers) != 0 {
		summary, who = "Secret is open to everybody", "Whoever reaches the servers"
	}
	return diag.NewAttributeWarningDiagnostic(path.Root("acl"), summary, fmt.Sprintf(
		"%s %s: neither acl nor the provider's default_acl says so. %s may read the present content, replace it, or both.\n\n"+
			"%s. If they are to be let in, say so with acl.%s", what, ACLText(strangers), who, wayOut, nodes))
}

// Unproven warns of secrets that go to nodes which somebody else has made, and whose ACLs the servers show
// without hashes. what says so, and begins a sentence; nodes is text at the end.
func (s Subject) Unproven(what string, acl []zk.ACL, nodes string) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("acl"), "Secret may be open to others", fmt.Sprintf(
		"%s, which somebody else has created. The servers show the ACL without the hashes of passwords (%s), because the provider lacks the permission ADMIN there. "+
			"So these may be other users of the same names, who may read the present content, replace it, or both.\n\n"+
			"Have somebody with ADMIN look at the ACL (getAcl in zkCli), or give the provider ADMIN.%s", what, ACLText(acl), nodes))
}

// Reclaim is [node.Node.Reclaim], and tells of it.
func (s Subject) Reclaim(plan, config, state *node.Node) diag.Diagnostics {
	if !plan.Reclaim(s.Run, config, state) {
		return nil
	}
	has, _ := attr.ACLFrom(state.ACL)
	return diag.Diagnostics{s.Reclaimed(has)}
}

// Reclaimed tells that a node which somebody else has made gets an ACL before a secret goes there.
// has is the ACL that it has.
func (s Subject) Reclaimed(has []zk.ACL) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("acl"), "ACL of another's znode will be replaced", fmt.Sprintf(
		"Somebody else has created %q, and its ACL is %s, which lets in more than the provider's default_acl does. The apply gives that to the node before it writes the secret of data_wo there.\n\n"+
			"If those whom the ACL lets in are to have the secret, say so with acl.", s.Path, ACLText(has)))
}

// Replaceable warns of secrets in nodes that everybody may delete and make again, by what they may do
// at the nodes above, which are the parents. what begins a sentence.
func (s Subject) Replaceable(what string, parents []string, perms zk.Perms) diag.Diagnostic {
	acl, gives := "ACL", "gives"
	if len(parents) > 1 {
		acl, gives = "ACLs", "give"
	}
	return diag.NewAttributeWarningDiagnostic(path.Root("acl"), "Secret can be replaced by anybody", fmt.Sprintf(
		"%s%s, and the %s of %s above %s %s to everybody: whoever reaches the servers may delete the node and create it again, with another secret and another ACL.\n\n"+
			"Give the node above another ACL (setAcl in zkCli, or zookeeper_znode_acl), or choose another path, one whose parent does not exist yet.", what, s.to(), acl, Mentioned(parents), gives, perms))
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
