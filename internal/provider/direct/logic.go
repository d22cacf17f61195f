package direct

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
)

// A Request is one about a resource, with what the resource answers. M is the model of its
// values. What there is of config, plan and state depends on what is asked.
type Request[M any] struct {
	Config, Plan, State *M
	// Private is the private state, which the resource reads and writes.
	Private attr.PrivateState

	// Result is the answer: the plan, or the state. What there was stays where it is nil.
	Result *M
	// Gone is set when a read finds that there is nothing any more.
	Gone bool
	// Identity is the path that identifies the resource; the one that there was stays where it is null.
	Identity types.String
	// Replace are the attributes for which the plan makes another object.
	Replace path.Paths
	// Diags are what the user is told.
	Diags diag.Diagnostics
}

// Failed reports whether the user is told of an error.
func (r *Request[M]) Failed() bool { return r.Diags.HasError() }

// A Logic is what a resource does.
type Logic[M any] interface {
	// Validates checks a configuration. There need not be a session.
	Validates(ctx context.Context, r *Request[M])
	// Plans completes a plan; without a plan, that of a destruction.
	Plans(ctx context.Context, r *Request[M])
	// Creates makes what is planned.
	Creates(ctx context.Context, r *Request[M])
	// Reads brings a state to what the servers hold.
	Reads(ctx context.Context, r *Request[M])
	// Updates makes of a state what is planned.
	Updates(ctx context.Context, r *Request[M])
	// Deletes ends a state.
	Deletes(ctx context.Context, r *Request[M])
}
