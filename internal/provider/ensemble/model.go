package ensemble

import (
	"context"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/zk"
)

// model is the data source as the framework decodes it.
type model struct {
	Servers  []server    `tfsdk:"servers"`
	LeaderID types.Int64 `tfsdk:"leader_id"`
	Version  types.Int64 `tfsdk:"version"`
}

// server is one of the servers.
type server struct {
	ID            types.Int64  `tfsdk:"id"`
	Address       types.String `tfsdk:"address"`
	Role          types.String `tfsdk:"role"`
	ClientAddress types.String `tfsdk:"client_address"`
	Mode          types.String `tfsdk:"mode"`
	Version       types.String `tfsdk:"version"`
}

// leads is the mode of the server that leads.
const leads = "leader"

// newModel asks all servers at once what they are.
func newModel(ctx context.Context, client *zk.Client, e zk.Ensemble) model {
	m := model{Servers: make([]server, len(e.Members)), Version: types.Int64Value(e.Version)}
	var all sync.WaitGroup
	for i, member := range e.Members {
		s := &m.Servers[i]
		s.ID, s.Address, s.Role = types.Int64Value(member.ID), types.StringValue(member.Address), types.StringValue(member.Role)
		if member.ClientAddress == "" {
			continue
		}
		s.ClientAddress = types.StringValue(member.ClientAddress)
		all.Go(func() {
			if info, err := client.ServerInfoAt(ctx, member.Reachable()); err == nil {
				s.Mode, s.Version = types.StringValue(info.Mode), types.StringValue(info.Version.String())
			}
		})
	}
	all.Wait()
	for _, s := range m.Servers {
		if s.Mode.ValueString() == leads {
			m.LeaderID = s.ID
		}
	}
	return m
}
