package acctest

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"terraform-provider-zookeeper/internal/provider"
	"terraform-provider-zookeeper/internal/provider/session"
)

// Test runs an acceptance test, in parallel with others, with the provider in this
// process. Its sessions are ended with the test.
func Test(t *testing.T, c resource.TestCase) {
	t.Helper()
	c.ProtoV6ProviderFactories = Factories(t)
	resource.ParallelTest(t, c)
}

// Factories returns the provider under the name "zookeeper". Its sessions are ended with
// the test.
func Factories(t *testing.T) map[string]func() (tfprotov6.ProviderServer, error) {
	t.Helper()
	sessions := new(session.Group)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		// Where a test's server hangs or is gone, there is nobody to end a session with.
		_ = sessions.Close(ctx)
	})
	return map[string]func() (tfprotov6.ProviderServer, error){
		"zookeeper": func() (tfprotov6.ProviderServer, error) { return provider.NewServer(provider.New("test", sessions)) },
	}
}
