package node_test

import (
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/node"
	"terraform-provider-zookeeper/internal/zk"
)

// Content stays in the attribute that has it, whatever others write.
func TestRefresh(t *testing.T) {
	t.Parallel()
	same := zk.Stat{Czxid: 7, Version: 3, Aversion: 2}
	tests := map[string]struct {
		state   *node.Node
		content string
		stat    zk.Stat

		data, base64, version types.String
	}{
		"text":                      {state(data(text("hi"))), "ho", same, text("ho"), null, null},
		"text becomes no UTF-8":     {state(data(text("hi"))), "\xff", same, text("(1 byte, not UTF-8, in base64: /w==)"), null, null},
		"no UTF-8 becomes text":     {state(data(described("\xff"))), "hi", same, text("hi"), null, null},
		"base64":                    {state(base64(text("aGk="))), "ho", same, null, text("aG8="), null},
		"declared nowhere":          {state(), "theirs", same, null, null, null},
		"in both, by ignore":        {state(both(text("hi"), text("aGk="))), "ho", same, text("ho"), text("aG8="), null},
		"a secret":                  {state(version(text("1"))), "sesame", same, null, null, text("1")},
		"a secret, and another ACL": {state(version(text("1"))), "sesame", zk.Stat{Czxid: 7, Version: 3, Aversion: 3}, null, null, text("1")},
		"a secret written over":     {state(version(text("1"))), "theirs", zk.Stat{Czxid: 7, Version: 4, Aversion: 2}, null, null, text("1 (overwritten since)")},
		"a secret made again":       {state(version(text("1"))), "theirs", zk.Stat{Czxid: 9, Version: 3, Aversion: 2}, null, null, text("1 (overwritten since)")},
		"servers that were rewound": {state(version(text("1"))), "theirs", zk.Stat{Czxid: 7, Version: 2, Aversion: 2}, null, null, text("1 (overwritten since)")},
		"written over twice":        {state(version(attr.Overwritten(text("1")))), "theirs", zk.Stat{Czxid: 7, Version: 5, Aversion: 2}, null, null, text("1 (overwritten since)")},
		"a secret beside old text":  {state(data(text("hi")), version(text("1"))), "sesame", same, text("hi"), null, text("1")},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := *tt.state
			n.Refresh(zk.Node{Path: "/a", Data: []byte(tt.content), ACL: zk.OpenACL(), Stat: tt.stat}, nil)
			if !n.Data.Equal(tt.data) || !n.DataBase64.Equal(tt.base64) || !n.DataWOVersion.Equal(tt.version) {
				t.Errorf("data %v, data_base64 %v, data_wo_version %v; want %v, %v, %v", n.Data, n.DataBase64, n.DataWOVersion, tt.data, tt.base64, tt.version)
			}
			if want := attr.StatValue(tt.stat); !n.Stat.Equal(want) {
				t.Errorf("stat %v, want %v", n.Stat, want)
			}
		})
	}
}

func TestRefresh_acl(t *testing.T) {
	t.Parallel()
	alice := attr.Identity{Scheme: "digest", ID: zk.DigestID("alice", "secret")}
	server := []zk.ACL{{Scheme: alice.Scheme, ID: alice.ID, Perms: zk.PermAll}}
	masked := []zk.ACL{{Scheme: "digest", ID: "alice:x", Perms: zk.PermAll}}
	other := []zk.ACL{{Scheme: "world", ID: "anyone", Perms: zk.PermRead}}
	auth := attr.ACLValue([]zk.ACL{{Scheme: "auth", Perms: zk.PermAll}})

	// Each state is of the node of czxid 7 with aversion 2.
	tests := map[string]struct {
		has   []zk.ACL
		stat  zk.Stat
		prior types.Set
		self  []attr.Identity
		want  types.Set
	}{
		"auth, nobody wrote":                        {has: server, stat: zk.Stat{Czxid: 7, Aversion: 2}, prior: auth, want: auth},
		"auth, nobody wrote, and we see less of it": {has: masked, stat: zk.Stat{Czxid: 7, Aversion: 2}, prior: auth, want: auth},
		"auth, somebody wrote the same":             {has: server, stat: zk.Stat{Czxid: 7, Aversion: 3}, prior: auth, self: []attr.Identity{alice}, want: auth},
		"auth, somebody wrote another":              {has: other, stat: zk.Stat{Czxid: 7, Aversion: 3}, prior: auth, self: []attr.Identity{alice}, want: attr.ACLValue(other)},
		"somebody made the node anew":               {has: other, stat: zk.Stat{Czxid: 9, Aversion: 2}, prior: auth, self: []attr.Identity{alice}, want: attr.ACLValue(other)},
		"after an import":                           {has: server, stat: zk.Stat{Czxid: 7, Aversion: 2}, prior: nullACL, want: attr.ACLValue(server)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := state(data(text("before")), acl(tt.prior))
			m.Stat = attr.StatValue(zk.Stat{Czxid: 7, Aversion: 2})
			m.Refresh(zk.Node{Path: "/a", Data: []byte{0xff}, ACL: tt.has, Stat: tt.stat}, tt.self)
			if !m.ACL.Equal(tt.want) {
				t.Errorf("ACL %v, want %v", m.ACL, tt.want)
			}
			if want := attr.StatValue(tt.stat); !m.Stat.Equal(want) {
				t.Errorf("stat %v, want %v", m.Stat, want)
			}
		})
	}
}

func TestSettle(t *testing.T) {
	t.Parallel()
	wrote := attr.Planned{Czxid: 7, Version: 4, Aversion: 2}
	declared := func() *node.Node { return state(data(text("ours")), acl(anyone("31"))) }
	open := func() *node.Node { return state(acl(unknownACL)) }
	secret := func(v types.String) *node.Node { return state(version(v), acl(anyone("31"))) }
	theirs := []zk.ACL{{Scheme: "world", ID: "anyone", Perms: zk.PermRead}}
	tests := map[string]struct {
		plan        *node.Node
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
			acl: anyone("r"), wantStat: zk.Stat{Czxid: 7, Version: 8, Aversion: 9},
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
			plan: secret(null), stat: zk.Stat{Czxid: 7, Version: 5, Aversion: 2},
			acl: anyone("31"), wantStat: zk.Stat{Czxid: 7, Version: 5, Aversion: 2},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			declares := config(acl(anyone("31")))
			if tt.aclIsOthers {
				declares = config()
			}
			read := zk.Node{Path: "/a", Data: []byte("theirs"), ACL: theirs, Stat: tt.stat}
			if got := tt.plan.Settle(&declares, read, wrote); !slices.Equal(got, tt.overwritten) {
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
