package front

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"terraform-provider-zookeeper/internal/provider/session"
)

// New returns what serves a provider to the CLI: the framework, and what stands before it.
func New(p provider.Provider, sessions *session.Group, direct Direct) (tfprotov6.ProviderServer, error) {
	server := providerserver.NewProtocol6(p)()
	all, ok := server.(frameworkServer)
	if !ok {
		return nil, fmt.Errorf("%T has not all that the protocol knows of", server)
	}
	return teller{generator{counter{director{letter{all}, direct}, &sessions.Requests}}, sessions}, nil
}

// frameworkServer is all that the framework's server implements: what serves it asks for
// each of the later additions by its own type.
type frameworkServer interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
	tfprotov6.StateStoreServer
}
