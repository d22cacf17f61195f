package znode

import (
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

func TestRefresh(t *testing.T) {
	t.Parallel()
	alice := attr.Identity{Scheme: "digest", ID: zk.DigestID("alice", "secret")}
	server := []zk.ACL{{Scheme: alice.Scheme, ID: alice.ID, Perms: zk.PermAll}}
	masked := []zk.ACL{{Scheme: "digest", ID: "alice:x", Perms: zk.PermAll}}
	other := []zk.ACL{{Scheme: "world", ID: "anyone", Perms: zk.PermRead}}
	auth := attr.ACLValue([]zk.ACL{{Scheme: "auth", Perms: zk.PermAll}})

	// Each state is of the node of czxid 7 with aversion 2.
	tests := map[string]struct {
		acl   []zk.ACL
		stat  zk.Stat
		prior types.Set
		self  []attr.Identity
		want  types.Set
	}{
		"auth, nobody wrote":                        {acl: server, stat: zk.Stat{Czxid: 7, Aversion: 2}, prior: auth, want: auth},
		"auth, nobody wrote, and we see less of it": {acl: masked, stat: zk.Stat{Czxid: 7, Aversion: 2}, prior: auth, want: auth},
		"auth, somebody wrote the same":             {acl: server, stat: zk.Stat{Czxid: 7, Aversion: 3}, prior: auth, self: []attr.Identity{alice}, want: auth},
		"auth, somebody wrote another":              {acl: other, stat: zk.Stat{Czxid: 7, Aversion: 3}, prior: auth, self: []attr.Identity{alice}, want: attr.ACLValue(other)},
		"somebody made the node anew":               {acl: other, stat: zk.Stat{Czxid: 9, Aversion: 2}, prior: auth, self: []attr.Identity{alice}, want: attr.ACLValue(other)},
		"after an import":                           {acl: server, stat: zk.Stat{Czxid: 7, Aversion: 2}, prior: nullACL, want: attr.ACLValue(server)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := stored("before")
			m.ACL = tt.prior
			m.Stat = attr.StatValue(zk.Stat{Czxid: 7, Aversion: 2})
			m.refresh(zk.Node{Path: "/a", Data: []byte{0xff}, ACL: tt.acl, Stat: tt.stat}, tt.self)
			if !m.ACL.Equal(tt.want) {
				t.Errorf("ACL %v, want %v", m.ACL, tt.want)
			}
			if !m.Data.IsNull() || m.DataBase64.ValueString() != "/w==" {
				t.Errorf("data %v and %v", m.Data, m.DataBase64)
			}
			if want := attr.StatValue(tt.stat); !m.Stat.Equal(want) {
				t.Errorf("stat %v, want %v", m.Stat, want)
			}
		})
	}
}

// What somebody else wrote in the place of a secret may be one too: it is not shown, and
// the state no longer says that the node holds ours.
func TestRefreshOfASecret(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		stat zk.Stat
		want types.String
	}{
		"nobody wrote":             {zk.Stat{Czxid: 7, Version: 3, Aversion: 2}, text("1")},
		"somebody wrote an ACL":    {zk.Stat{Czxid: 7, Version: 3, Aversion: 3}, text("1")},
		"somebody wrote data":      {zk.Stat{Czxid: 7, Version: 4, Aversion: 2}, nullText},
		"somebody made it anew":    {zk.Stat{Czxid: 9, Version: 3, Aversion: 2}, nullText},
		"the servers were rewound": {zk.Stat{Czxid: 7, Version: 2, Aversion: 2}, nullText},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := storedSecret(text("1"))
			m.refresh(zk.Node{Path: "/a", Data: []byte("sesame"), ACL: zk.OpenACL(), Stat: tt.stat}, nil)
			if !m.Data.IsNull() || !m.DataBase64.IsNull() {
				t.Errorf("data %v and %v", m.Data, m.DataBase64)
			}
			if !m.DataWOVersion.Equal(tt.want) {
				t.Errorf("version %v, want %v", m.DataWOVersion, tt.want)
			}
		})
	}
}

func TestRefreshKeepsTheKindThatServersDoNotTell(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		mode  types.String
		ttl   types.Int64
		owner int64

		wantMode string
		wantTTL  types.Int64
	}{
		"container":           {mode: text(modeContainer), ttl: types.Int64Null(), wantMode: modeContainer, wantTTL: types.Int64Null()},
		"TTL":                 {mode: text(modeTTL), ttl: types.Int64Value(5), wantMode: modeTTL, wantTTL: types.Int64Value(5)},
		"import":              {mode: types.StringNull(), ttl: types.Int64Null(), wantMode: modePersistent, wantTTL: types.Int64Null()},
		"replaced by another": {mode: text(modeTTL), ttl: types.Int64Value(5), owner: 0x1000, wantMode: modeEphemeral, wantTTL: types.Int64Null()},
		"and back":            {mode: text(modeEphemeral), ttl: types.Int64Null(), wantMode: modePersistent, wantTTL: types.Int64Null()},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := stored("")
			m.Mode, m.TTLMillis = tt.mode, tt.ttl
			m.refresh(zk.Node{Path: "/a", Stat: zk.Stat{EphemeralOwner: tt.owner}}, nil)
			if m.Mode.ValueString() != tt.wantMode || !m.TTLMillis.Equal(tt.wantTTL) {
				t.Errorf("mode %v, TTL %v; want %v, %v", m.Mode, m.TTLMillis, tt.wantMode, tt.wantTTL)
			}
		})
	}
}

func TestSettle(t *testing.T) {
	t.Parallel()
	wrote := attr.Planned{Czxid: 7, Version: 4, Aversion: 2}
	declared := func() *resourceModel {
		m := stored("ours")
		m.ACL = anyone("31")
		m.Stat = types.ObjectUnknown(attr.StatType.AttrTypes)
		return m
	}
	open := func() *resourceModel {
		m := declared()
		m.Data, m.DataBase64, m.ACL = unknown, unknown, unknownACL
		return m
	}
	secret := func(version types.String) *resourceModel {
		m := declared()
		m.Data, m.DataBase64, m.DataWOVersion = nullText, nullText, version
		return m
	}
	theirs := []zk.ACL{{Scheme: "world", ID: "anyone", Perms: zk.PermRead}}
	tests := map[string]struct {
		plan        *resourceModel
		stat        zk.Stat
		aclIsOthers bool
		overwritten []string
		data        string
		acl         types.Set
		wantStat    zk.Stat
	}{
		"as written": {
			plan: declared(), stat: zk.Stat{Czxid: 7, Version: 4, Aversion: 2, NumChildren: 1},
			data: "ours", acl: anyone("31"), wantStat: zk.Stat{Czxid: 7, Version: 4, Aversion: 2, NumChildren: 1},
		},
		"data written over": {
			plan: declared(), stat: zk.Stat{Czxid: 7, Version: 5, Aversion: 2}, overwritten: []string{"data"},
			data: "ours", acl: anyone("31"), wantStat: zk.Stat{Czxid: 7, Version: 4, Aversion: 2},
		},
		"ACL written over": {
			plan: declared(), stat: zk.Stat{Czxid: 7, Version: 4, Aversion: 3}, overwritten: []string{"ACL"},
			data: "ours", acl: anyone("31"), wantStat: zk.Stat{Czxid: 7, Version: 4, Aversion: 2},
		},
		"the ACL of others written over": {
			plan: declared(), stat: zk.Stat{Czxid: 7, Version: 4, Aversion: 3}, aclIsOthers: true,
			data: "ours", acl: anyone("31"), wantStat: zk.Stat{Czxid: 7, Version: 4, Aversion: 2},
		},
		"made anew": {
			plan: declared(), stat: zk.Stat{Czxid: 9, Version: 4, Aversion: 2}, overwritten: []string{"data", "ACL"},
			data: "ours", acl: anyone("31"), wantStat: zk.Stat{Czxid: 7, Version: 4, Aversion: 2},
		},
		"others' all the same": {
			plan: open(), stat: zk.Stat{Czxid: 7, Version: 8, Aversion: 9},
			data: "theirs", acl: anyone("r"), wantStat: zk.Stat{Czxid: 7, Version: 8, Aversion: 9},
		},
		"a secret": {
			plan: secret(text("1")), stat: zk.Stat{Czxid: 7, Version: 4, Aversion: 2},
			acl: anyone("31"), wantStat: zk.Stat{Czxid: 7, Version: 4, Aversion: 2},
		},
		"a secret written over": {
			plan: secret(text("1")), stat: zk.Stat{Czxid: 7, Version: 5, Aversion: 2}, overwritten: []string{"data"},
			acl: anyone("31"), wantStat: zk.Stat{Czxid: 7, Version: 4, Aversion: 2},
		},
		"a secret that is others' now": {
			plan: secret(nullText), stat: zk.Stat{Czxid: 7, Version: 5, Aversion: 2},
			acl: anyone("31"), wantStat: zk.Stat{Czxid: 7, Version: 5, Aversion: 2},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			node := zk.Node{Path: "/a", Data: []byte("theirs"), ACL: theirs, Stat: tt.stat}
			if got := tt.plan.Settle(node, wrote, tt.aclIsOthers); !slices.Equal(got, tt.overwritten) {
				t.Errorf("overwritten %v, want %v", got, tt.overwritten)
			}
			if got := tt.plan.Data.ValueString(); got != tt.data {
				t.Errorf("data %q, want %q", got, tt.data)
			}
			if !tt.plan.ACL.Equal(tt.acl) {
				t.Errorf("ACL %v, want %v", tt.plan.ACL, tt.acl)
			}
			if want := attr.StatValue(tt.wantStat); !tt.plan.Stat.Equal(want) {
				t.Errorf("stat %v, want %v", tt.plan.Stat, want)
			}
		})
	}
}
