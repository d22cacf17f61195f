package direct

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"terraform-provider-zookeeper/internal/provider/session"
)

// A DataSource reads a data source.
type DataSource[M any] struct {
	codec codec[M]
	reads func(context.Context, *session.Session, *M) diag.Diagnostics
}

// NewDataSource returns what reads a data source: its schema, and what completes its
// configuration.
func NewDataSource[M any](of schema.Schema, reads func(context.Context, *session.Session, *M) diag.Diagnostics) (*DataSource[M], error) {
	c, err := newCodec[schema.Attribute, M](of.Attributes)
	return &DataSource[M]{c, reads}, err
}

// ReadDataSource reads.
func (d *DataSource[M]) ReadDataSource(ctx context.Context, of *session.Session, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, bool) {
	m, err := d.codec.decode(req.Config)
	if err != nil || m == nil || of == nil || !of.Known() {
		return nil, false
	}
	r := &Request[M]{Diags: d.reads(ctx, of, m)}
	var a answer[M]
	state := req.Config
	if !r.Failed() {
		state = a.value(d.codec, m)
	}
	return &tfprotov6.ReadDataSourceResponse{State: state, Diagnostics: a.told(ctx, r)}, true
}
