//nolint:contextcheck // The contexts here are new ones, so that they can let go of the CLI's.
package front

import (
	"context"
	"sync/atomic"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// A request is the context of one request. It is that of the protocol's server while the request
// runs, with its values, its deadline and its end. When the request has ended, it has ended too,
// and has let go of the other one.
//
// The framework keeps the context of each request until StopProvider, which mostly never comes
// (contextCancels in its proto6server, which ends them all for its issue 781). With its gRPC stream
// and its loggers each takes 13 kB, which the collector looks at again and again. No issue asks it
// to let go of those that have ended.
type request struct {
	context.Context //nolint:containedctx // what ends it, and no more

	parent atomic.Pointer[context.Context]
}

// begin returns the context of a request, and what ends it.
func begin(parent context.Context) (ctx *request, end func()) {
	own, cancel := context.WithCancelCause(context.Background())
	stop := context.AfterFunc(parent, func() {
		if parent.Err() != context.DeadlineExceeded { // that one ends by itself, as its parent did
			cancel(context.Cause(parent))
		}
	})
	free := func() {}
	if deadline, ok := parent.Deadline(); ok {
		own, free = context.WithDeadline(own, deadline)
	}
	ctx = &request{Context: own}
	ctx.parent.Store(&parent)
	return ctx, func() {
		stop()
		cancel(nil)
		free()
		ctx.parent.Store(nil)
	}
}

// Value is the parent's, while the request runs.
func (r *request) Value(key any) any {
	// Contexts that are made of this one ask it for what ends it by a key of their package.
	if value := r.Context.Value(key); value != nil {
		return value
	}
	if parent := r.parent.Load(); parent != nil {
		return (*parent).Value(key)
	}
	return nil
}

// letter has the framework's server let go of the context of each request. That of
// ConfigureProvider comes once, and its logger is that of all later ones.
type letter struct{ frameworkServer }

// during has a request answered in a context of its own.
func during[Req, Resp any](parent context.Context, req Req, answer func(context.Context, Req) (Resp, error)) (Resp, error) {
	ctx, end := begin(parent)
	defer end()
	return answer(ctx, req)
}

// ListResource ends when all results have been fetched: the work is done meanwhile.
func (l letter) ListResource(parent context.Context, req *tfprotov6.ListResourceRequest) (*tfprotov6.ListResourceServerStream, error) {
	ctx, end := begin(parent)
	stream, err := l.frameworkServer.ListResource(ctx, req)
	if err != nil {
		end()
		return nil, err
	}
	results := stream.Results
	stream.Results = func(push func(tfprotov6.ListResourceResult) bool) {
		defer end()
		results(push)
	}
	return stream, nil
}

// InvokeAction ends with the last event.
func (l letter) InvokeAction(parent context.Context, req *tfprotov6.InvokeActionRequest) (*tfprotov6.InvokeActionServerStream, error) {
	ctx, end := begin(parent)
	stream, err := l.frameworkServer.InvokeAction(ctx, req)
	if err != nil {
		end()
		return nil, err
	}
	events := stream.Events
	stream.Events = func(push func(tfprotov6.InvokeActionEvent) bool) {
		defer end()
		events(push)
	}
	return stream, nil
}

// ReadStateBytes ends with the last chunk.
func (l letter) ReadStateBytes(parent context.Context, req *tfprotov6.ReadStateBytesRequest) (*tfprotov6.ReadStateBytesStream, error) {
	ctx, end := begin(parent)
	stream, err := l.frameworkServer.ReadStateBytes(ctx, req)
	if err != nil {
		end()
		return nil, err
	}
	chunks := stream.Chunks
	stream.Chunks = func(push func(tfprotov6.ReadStateByteChunk) bool) {
		defer end()
		chunks(push)
	}
	return stream, nil
}

// WriteStateBytes ends with its answer, as all that follow do.
func (l letter) WriteStateBytes(ctx context.Context, req *tfprotov6.WriteStateBytesStream) (*tfprotov6.WriteStateBytesResponse, error) {
	return during(ctx, req, l.frameworkServer.WriteStateBytes)
}

// GetMetadata lets go.
func (l letter) GetMetadata(ctx context.Context, req *tfprotov6.GetMetadataRequest) (*tfprotov6.GetMetadataResponse, error) {
	return during(ctx, req, l.frameworkServer.GetMetadata)
}

// GetProviderSchema lets go.
func (l letter) GetProviderSchema(ctx context.Context, req *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	return during(ctx, req, l.frameworkServer.GetProviderSchema)
}

// GetResourceIdentitySchemas lets go.
func (l letter) GetResourceIdentitySchemas(ctx context.Context, req *tfprotov6.GetResourceIdentitySchemasRequest) (*tfprotov6.GetResourceIdentitySchemasResponse, error) {
	return during(ctx, req, l.frameworkServer.GetResourceIdentitySchemas)
}

// ValidateProviderConfig lets go.
func (l letter) ValidateProviderConfig(ctx context.Context, req *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	return during(ctx, req, l.frameworkServer.ValidateProviderConfig)
}

// GetFunctions lets go.
func (l letter) GetFunctions(ctx context.Context, req *tfprotov6.GetFunctionsRequest) (*tfprotov6.GetFunctionsResponse, error) {
	return during(ctx, req, l.frameworkServer.GetFunctions)
}

// CallFunction lets go.
func (l letter) CallFunction(ctx context.Context, req *tfprotov6.CallFunctionRequest) (*tfprotov6.CallFunctionResponse, error) {
	return during(ctx, req, l.frameworkServer.CallFunction)
}

// ValidateResourceConfig lets go.
func (l letter) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return during(ctx, req, l.frameworkServer.ValidateResourceConfig)
}

// UpgradeResourceState lets go.
func (l letter) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	return during(ctx, req, l.frameworkServer.UpgradeResourceState)
}

// UpgradeResourceIdentity lets go.
func (l letter) UpgradeResourceIdentity(ctx context.Context, req *tfprotov6.UpgradeResourceIdentityRequest) (*tfprotov6.UpgradeResourceIdentityResponse, error) {
	return during(ctx, req, l.frameworkServer.UpgradeResourceIdentity)
}

// ReadResource lets go.
func (l letter) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return during(ctx, req, l.frameworkServer.ReadResource)
}

// PlanResourceChange lets go.
func (l letter) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return during(ctx, req, l.frameworkServer.PlanResourceChange)
}

// ApplyResourceChange lets go.
func (l letter) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return during(ctx, req, l.frameworkServer.ApplyResourceChange)
}

// ImportResourceState lets go.
func (l letter) ImportResourceState(ctx context.Context, req *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	return during(ctx, req, l.frameworkServer.ImportResourceState)
}

// MoveResourceState lets go.
func (l letter) MoveResourceState(ctx context.Context, req *tfprotov6.MoveResourceStateRequest) (*tfprotov6.MoveResourceStateResponse, error) {
	return during(ctx, req, l.frameworkServer.MoveResourceState)
}

// GenerateResourceConfig lets go.
func (l letter) GenerateResourceConfig(ctx context.Context, req *tfprotov6.GenerateResourceConfigRequest) (*tfprotov6.GenerateResourceConfigResponse, error) {
	return during(ctx, req, l.frameworkServer.GenerateResourceConfig)
}

// ValidateDataResourceConfig lets go.
func (l letter) ValidateDataResourceConfig(ctx context.Context, req *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return during(ctx, req, l.frameworkServer.ValidateDataResourceConfig)
}

// ReadDataSource lets go.
func (l letter) ReadDataSource(ctx context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	return during(ctx, req, l.frameworkServer.ReadDataSource)
}

// ValidateEphemeralResourceConfig lets go.
func (l letter) ValidateEphemeralResourceConfig(ctx context.Context, req *tfprotov6.ValidateEphemeralResourceConfigRequest) (*tfprotov6.ValidateEphemeralResourceConfigResponse, error) {
	return during(ctx, req, l.frameworkServer.ValidateEphemeralResourceConfig)
}

// OpenEphemeralResource lets go.
func (l letter) OpenEphemeralResource(ctx context.Context, req *tfprotov6.OpenEphemeralResourceRequest) (*tfprotov6.OpenEphemeralResourceResponse, error) {
	return during(ctx, req, l.frameworkServer.OpenEphemeralResource)
}

// RenewEphemeralResource lets go.
func (l letter) RenewEphemeralResource(ctx context.Context, req *tfprotov6.RenewEphemeralResourceRequest) (*tfprotov6.RenewEphemeralResourceResponse, error) {
	return during(ctx, req, l.frameworkServer.RenewEphemeralResource)
}

// CloseEphemeralResource lets go.
func (l letter) CloseEphemeralResource(ctx context.Context, req *tfprotov6.CloseEphemeralResourceRequest) (*tfprotov6.CloseEphemeralResourceResponse, error) {
	return during(ctx, req, l.frameworkServer.CloseEphemeralResource)
}

// ValidateListResourceConfig lets go.
func (l letter) ValidateListResourceConfig(ctx context.Context, req *tfprotov6.ValidateListResourceConfigRequest) (*tfprotov6.ValidateListResourceConfigResponse, error) {
	return during(ctx, req, l.frameworkServer.ValidateListResourceConfig)
}

// ValidateActionConfig lets go.
func (l letter) ValidateActionConfig(ctx context.Context, req *tfprotov6.ValidateActionConfigRequest) (*tfprotov6.ValidateActionConfigResponse, error) {
	return during(ctx, req, l.frameworkServer.ValidateActionConfig)
}

// PlanAction lets go.
func (l letter) PlanAction(ctx context.Context, req *tfprotov6.PlanActionRequest) (*tfprotov6.PlanActionResponse, error) {
	return during(ctx, req, l.frameworkServer.PlanAction)
}

// ValidateStateStoreConfig lets go.
func (l letter) ValidateStateStoreConfig(ctx context.Context, req *tfprotov6.ValidateStateStoreConfigRequest) (*tfprotov6.ValidateStateStoreConfigResponse, error) {
	return during(ctx, req, l.frameworkServer.ValidateStateStoreConfig)
}

// ConfigureStateStore lets go.
func (l letter) ConfigureStateStore(ctx context.Context, req *tfprotov6.ConfigureStateStoreRequest) (*tfprotov6.ConfigureStateStoreResponse, error) {
	return during(ctx, req, l.frameworkServer.ConfigureStateStore)
}

// GetStates lets go.
func (l letter) GetStates(ctx context.Context, req *tfprotov6.GetStatesRequest) (*tfprotov6.GetStatesResponse, error) {
	return during(ctx, req, l.frameworkServer.GetStates)
}

// DeleteState lets go.
func (l letter) DeleteState(ctx context.Context, req *tfprotov6.DeleteStateRequest) (*tfprotov6.DeleteStateResponse, error) {
	return during(ctx, req, l.frameworkServer.DeleteState)
}

// LockState lets go.
func (l letter) LockState(ctx context.Context, req *tfprotov6.LockStateRequest) (*tfprotov6.LockStateResponse, error) {
	return during(ctx, req, l.frameworkServer.LockState)
}

// UnlockState lets go.
func (l letter) UnlockState(ctx context.Context, req *tfprotov6.UnlockStateRequest) (*tfprotov6.UnlockStateResponse, error) {
	return during(ctx, req, l.frameworkServer.UnlockState)
}
