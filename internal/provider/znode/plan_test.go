package znode

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"
)

func TestReplacing(t *testing.T) {
	t.Parallel()
	with := func(path, mode string, ttl types.Int64) *resourceModel {
		return &resourceModel{Path: types.StringValue(path), Mode: types.StringValue(mode), TTLMillis: ttl}
	}
	persistent := with("/a", modePersistent, types.Int64Null())
	tests := map[string]struct {
		plan, state *resourceModel
		kindAssumed bool
		want        string
	}{
		"nothing":                        {plan: persistent, state: persistent, want: "[]"},
		"path":                           {plan: with("/b", modePersistent, types.Int64Null()), state: persistent, want: "[path]"},
		"path of an import":              {plan: with("/b", modePersistent, types.Int64Null()), state: persistent, kindAssumed: true, want: "[path]"},
		"mode":                           {plan: with("/a", modeContainer, types.Int64Null()), state: persistent, want: "[mode]"},
		"mode of an import":              {plan: with("/a", modeContainer, types.Int64Null()), state: persistent, kindAssumed: true, want: "[]"},
		"mode and TTL":                   {plan: with("/a", modeTTL, types.Int64Value(5)), state: persistent, want: "[mode,ttl_ms]"},
		"mode and TTL of an import":      {plan: with("/a", modeTTL, types.Int64Value(5)), state: persistent, kindAssumed: true, want: "[]"},
		"a time to live of no TTL node":  {plan: with("/a", modePersistent, types.Int64Value(5)), state: persistent, want: "[]"},
		"an ephemeral node":              {plan: persistent, state: with("/a", modeEphemeral, types.Int64Null()), want: "[mode]"},
		"an ephemeral node of an import": {plan: persistent, state: with("/a", modeEphemeral, types.Int64Null()), kindAssumed: true, want: "[mode]"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := replacing(tt.plan, tt.state, tt.kindAssumed).String(); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
