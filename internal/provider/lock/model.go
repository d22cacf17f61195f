package lock

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/session"
)

// model is the ephemeral resource as the framework decodes it.
type model struct {
	Path       types.String  `tfsdk:"path"`
	Mode       types.String  `tfsdk:"mode"`
	Protocol   types.String  `tfsdk:"protocol"`
	Timeout    types.Float64 `tfsdk:"timeout"`
	Identifier types.String  `tfsdk:"identifier"`
	ACL        types.Set     `tfsdk:"acl"`
	LockPath   types.String  `tfsdk:"lock_path"`
}

// lock returns what is asked for.
func (m *model) lock() (session.Lock, error) {
	acl, err := attr.ACLFrom(m.ACL)
	l := session.Lock{
		Path:       m.Path.ValueString(),
		Shared:     m.Mode.ValueString() == session.Shared,
		Curator:    m.Protocol.ValueString() == session.Curator,
		Timeout:    session.DefaultLockTimeout,
		Identifier: m.Identifier.ValueString(),
		ACL:        acl,
	}
	if !m.Timeout.IsNull() {
		l.Timeout = time.Duration(m.Timeout.ValueFloat64() * float64(time.Second))
	}
	return l, err
}
