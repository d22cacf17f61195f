package front

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
)

// teller tells the user what sessions have found that is no fault of the operation on whose way
// it was, with the next answer that has room for it.
type teller struct {
	generator

	sessions *session.Group
}

// tell adds the findings to the diagnostics of an answer.
func (t teller) tell(to *[]*tfprotov6.Diagnostic) {
	for _, lock := range t.sessions.Findings() {
		d := diagnose.OpenLock(lock)
		*to = append(*to, &tfprotov6.Diagnostic{Severity: tfprotov6.DiagnosticSeverityWarning, Summary: d.Summary(), Detail: d.Detail()})
	}
}

// ReadResource tells what was found on the way of a refresh.
func (t teller) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	resp, err := t.generator.ReadResource(ctx, req)
	if err == nil {
		t.tell(&resp.Diagnostics)
	}
	return resp, err
}

// PlanResourceChange tells what was found on the way of a plan.
func (t teller) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	resp, err := t.generator.PlanResourceChange(ctx, req)
	if err == nil {
		t.tell(&resp.Diagnostics)
	}
	return resp, err
}

// ApplyResourceChange tells what was found on the way of an apply.
func (t teller) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	resp, err := t.generator.ApplyResourceChange(ctx, req)
	if err == nil {
		t.tell(&resp.Diagnostics)
	}
	return resp, err
}

// ImportResourceState tells what was found on the way of an import.
func (t teller) ImportResourceState(ctx context.Context, req *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	resp, err := t.generator.ImportResourceState(ctx, req)
	if err == nil {
		t.tell(&resp.Diagnostics)
	}
	return resp, err
}

// ReadDataSource tells what was found on the way of a read.
func (t teller) ReadDataSource(ctx context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	resp, err := t.generator.ReadDataSource(ctx, req)
	if err == nil {
		t.tell(&resp.Diagnostics)
	}
	return resp, err
}

// OpenEphemeralResource tells what was found when an ephemeral resource was opened.
func (t teller) OpenEphemeralResource(ctx context.Context, req *tfprotov6.OpenEphemeralResourceRequest) (*tfprotov6.OpenEphemeralResourceResponse, error) {
	resp, err := t.generator.OpenEphemeralResource(ctx, req)
	if err == nil {
		t.tell(&resp.Diagnostics)
	}
	return resp, err
}
