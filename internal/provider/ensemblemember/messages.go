package ensemblemember

import (
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// withoutQuorum is why servers that run may serve nobody.
const withoutQuorum = "Servers without a quorum serve nobody: more than half of the participants have to run and reach each other. Start those that are down."

// failed tells why the ensemble, which was as before, was not changed.
func (c change) failed(about diagnose.Subject, before zk.Ensemble, err error) diag.Diagnostic {
	_, isConnect := errors.AsType[*zk.ConnectError](err)
	switch {
	case errors.Is(err, zk.ErrOutcomeUnknown):
		return diag.NewErrorDiagnostic("Outcome unknown", fmt.Sprintf(
			"The provider sent the request to %s, and did not learn whether it took effect: %s\n\nIt was not repeated. Run plan again: it reads the ensemble's configuration and shows what is left to do. Where the apply then says that the server is a member already, import it.", c.doing(), diagnose.Lost(err)))
	case errors.Is(err, zk.ErrReconfigDisabled):
		return disabled(c.doing())
	case errors.Is(err, zk.ErrUnimplemented):
		return alone(c.doing())
	case errors.Is(err, zk.ErrNewConfigNoQuorum):
		return diag.NewErrorDiagnostic("New ensemble would have no quorum", fmt.Sprintf(
			"The servers did not %s: too few of the participants that the ensemble would have are connected to the leader and have caught up with it. It would have %s, and more than half of them have to. Nothing was written.\n\n"+
				"Start those that are down, and server %d with a configuration that names the present members and itself, and run apply again when they have caught up. "+
				"A server that joins with role = \"observer\" needs no quorum: let it join so, wait until the data source zookeeper_ensemble shows its mode, and make it a participant then.",
			c.doing(), diagnose.Count(participants(c.of(before)), "participant", "participants"), c.id))
	case errors.Is(err, zk.ErrReconfigInProgress):
		return diag.NewErrorDiagnostic("Ensemble is being changed", fmt.Sprintf(
			"The servers did not %s: an earlier change of the ensemble has not ended yet. Nothing was written.\n\n"+
				"Run apply again in a moment. Where that change does not end, too few of the participants that it asks for are up: start them.", c.doing()))
	case errors.Is(err, zk.ErrBadVersion):
		return c.changed("its configuration is no longer the one that the provider read a moment ago")
	case errors.Is(err, zk.ErrBadArguments):
		return c.refused(before)
	case isConnect:
		d := about.Error(c.doing(), err)
		return diag.NewErrorDiagnostic(d.Summary(), d.Detail()+"\n\n"+withoutQuorum)
	default:
		return about.Error(c.doing(), err)
	}
}

// of returns the members that the ensemble would have after the change.
func (c change) of(before zk.Ensemble) (members []zk.Member) {
	for _, m := range before.Members {
		if m.ID != c.id {
			members = append(members, m)
		}
	}
	if c.want != nil {
		members = append(members, *c.want)
	}
	return members
}

func participants(members []zk.Member) (n int) {
	for _, m := range members {
		if m.Role == zk.Participant {
			n++
		}
	}
	return n
}

// refused tells why the servers did not take the change. They do not say.
func (c change) refused(before zk.Ensemble) diag.Diagnostic {
	if left := participants(c.of(before)); left < participants(before.Members) && left < 2 {
		return diag.NewErrorDiagnostic("Ensemble needs its participants", fmt.Sprintf(
			"The servers did not %s: it would have %s then. An ensemble keeps two at least, and one where all servers run with standaloneEnabled=false. Nothing was written.\n\n"+
				"Let another server join as a participant first. To give up the ensemble altogether, remove its resources from the state (terraform state rm) and stop the servers.", c.doing(), diagnose.Count(left, "participant", "participants")))
	}
	return diag.NewErrorDiagnostic("ZooKeeper refused the change", fmt.Sprintf(
		"The servers did not %s, and do not say why. Nothing was written.\n\n"+
			"They refuse an address (a host and a port) that another member has, and several addresses (separated by |) unless they run with multiAddress.enabled=true. They change one server at a time only where a quorum is a majority: not with groups and weights. "+
			"The leader's log tells more.", c.doing()))
}

// changed tells what somebody else has done.
func (c change) changed(what string) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Ensemble was changed by somebody else", fmt.Sprintf(
		"The provider did not %s, because since the plan was made somebody else changed the ensemble: %s. Nothing was written, and what they did stands.\n\n"+
			"Run plan again to see the ensemble as it is now, and apply if that is still what you want.", c.doing(), what))
}

// exists tells that a server which is to join is a member.
func exists(about diagnose.Subject, now zk.Member) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Server is a member already", fmt.Sprintf(
		"The ensemble has server %[1]d already, as %[2]s. It was left as it is.\n\n"+
			"To manage it from here on, import it:\n\n  terraform import %[3]s.NAME %[1]d\n\n"+
			"or in the configuration:\n\n  import {\n    to = %[3]s.NAME\n    id = \"%[1]d\"\n  }\n\n%[4]s",
		now.ID, inWords(now), typeName, about.Moved()))
}

// alone tells that there is no ensemble.
func alone(doing string) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Server is no member of an ensemble", fmt.Sprintf(
		"The provider could not %s: the server that it reached stands alone, and has no ensemble. Nothing was changed, and the state stays as it is.\n\n"+
			"Check servers of the provider (or ZOOKEEPER_SERVERS). A server that stands alone becomes one of an ensemble by its own configuration, and a restart.", doing))
}

// disabled tells that no client may change the ensemble.
func disabled(doing string) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Reconfiguration is disabled", fmt.Sprintf(
		"The provider did not %s: the servers do not run with reconfigEnabled=true, and let nobody change the ensemble. Nothing was written.\n\n"+
			"Set reconfigEnabled=true in the configuration of every server (zoo.cfg), and restart them one after the other.", doing))
}

// inWords is a member, as in "observer at zk4:2888:3888, for clients at zk4:2181".
func inWords(m zk.Member) string {
	words := fmt.Sprintf("%s at %s", m.Role, shown.Line(m.Address))
	if m.ClientAddress != "" {
		words += ", for clients at " + shown.Line(m.ClientAddress)
	}
	return words
}
