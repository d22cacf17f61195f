package diagnose

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/session"
)

// successionKey is where the planned private state of a destruction has its [session.Succession].
const successionKey = "succession"

// PlanDestruction finds out, in a plan, which of the nodes that a destruction gives up another
// resource keeps, warns of that, and tells the apply. It returns those that a creation gets. With
// below, what is below the nodes counts too.
func (s Subject) PlanDestruction(ctx context.Context, private attr.PrivateState, what session.Part, below bool, own ...string) (created []string, diags diag.Diagnostics) {
	kept, created := s.Run.Successors(ctx, what, below, own...)
	b, err := json.Marshal(s.Run.Succeeds(own, kept))
	if err != nil {
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic("Plan cannot be written", fmt.Sprintf("What other resources keep: %v. This is a bug in the provider.", err))}
	}
	diags.Append(private.SetKey(ctx, successionKey, b)...)
	if len(kept) > 0 {
		diags.Append(s.keptBesides(kept))
	}
	return created, diags
}

// Spare is called at the beginning of a destruction: it leaves what the plan has found that others
// keep. It reports whether the resource is a deposed object of an earlier apply, all of which is to
// be left, see [session.Session.Spare]. That is never so where otherNodes is true: then the
// resource that follows has other nodes.
func (s Subject) Spare(ctx context.Context, private attr.PrivateState, what session.Part, otherNodes bool) (left bool, diags diag.Diagnostics) {
	b, diags := private.GetKey(ctx, successionKey)
	if len(b) == 0 || diags.HasError() {
		return false, diags
	}
	var told session.Succession
	if err := json.Unmarshal(b, &told); err != nil {
		return false, diag.Diagnostics{diag.NewErrorDiagnostic("Plan is damaged", fmt.Sprintf("What other resources keep cannot be read: %v. This is a bug in the provider.", err))}
	}
	deposed := s.Run.Spare(s.Resource, what, told)
	if left = len(deposed) > 0 && !otherNodes; left {
		diags.Append(s.deposedLeft(deposed))
	}
	return left, diags
}

// ForgetSuccession takes out of a private state what a destruction that has failed has left there.
func ForgetSuccession(ctx context.Context, private attr.PrivateState) diag.Diagnostics {
	return private.SetKey(ctx, successionKey, nil)
}

// keptBesides warns in a plan that a destruction leaves what another resource keeps.
func (s Subject) keptBesides(kept []string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Another resource keeps this", fmt.Sprintf(
		"This plan destroys a %s with the path %q. Another resource of the configuration has %s too, and keeps it. So the apply leaves that as it is, and takes the destroyed resource out of the state.",
		s.Resource, s.Path, Quoted(kept)))
}

// deposedLeft warns that what a deposed object has was left as it is.
func (s Subject) deposedLeft(paths []string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Deposed object was left as it is", fmt.Sprintf(
		"An earlier apply replaced a %[1]s with create_before_destroy and stopped before it destroyed the old object. Terraform does not tell the provider which nodes the new object has, so this apply left as they are: %[2]s. "+
			"The old object is out of the state.\n\n"+
			"If the new object has the same nodes, they are its own, and there is nothing to do. If it has others, or is destroyed too, what is still there of these belongs to no resource any more: delete it, or set its ACL, with another client (delete and setAcl in zkCli).", s.Resource, Quoted(paths)))
}

// UndoneBesides refuses a plan that destroys what this resource keeps, where the destruction was
// planned without knowing of it.
func (s Subject) UndoneBesides(undone []string) diag.Diagnostics {
	if len(undone) == 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic("Plan undoes what this resource keeps", fmt.Sprintf(
		"Two resources of the state have %[1]s. This plan destroys one of them, which would undo what this one, a %[2]s, keeps.\n\n"+
			"Run plan again: mostly the destruction then knows of this resource, and leaves that as it is. If not, take both out of the state (terraform state rm), and import this one.", Quoted(undone), s.Resource))}
}
