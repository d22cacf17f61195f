package znode

import (
	"testing"

	fwattr "github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

var (
	nullACL    = types.SetNull(attr.ACLEntryType)
	unknownACL = types.SetUnknown(attr.ACLEntryType)
	nullText   = types.StringNull()
	unknown    = types.StringUnknown()
	text       = types.StringValue
)

// anyone is an ACL with one entry of the scheme "world".
func anyone(permissions string) types.Set {
	return types.SetValueMust(attr.ACLEntryType, []fwattr.Value{
		types.ObjectValueMust(attr.ACLEntryType.AttrTypes, map[string]fwattr.Value{
			"scheme": text("world"), "id": text("anyone"), "permissions": text(permissions),
		}),
	})
}

// config is a configuration of /a, as written, with defaults left out.
func config(data, b64 types.String, acl types.Set) resourceModel {
	return resourceModel{Path: text("/a"), Node: attr.Node{Data: data, DataBase64: b64, ACL: acl}, ParentACL: nullACL}
}

// secret is a configuration of /a with write-only data of a version.
func secret(version types.String) resourceModel {
	c := config(nullText, nullText, nullACL)
	c.DataWO, c.DataWOVersion = text("sesame"), version
	return c
}

// storedSecret is the state of /a with write-only data of a version.
func storedSecret(version types.String) *resourceModel {
	m := stored("")
	m.Data, m.DataBase64, m.DataWOVersion = nullText, nullText, version
	return m
}

// late is a configuration of /a with text and base64 that are known or not known yet.
func late(data, b64, version types.String) resourceModel {
	c := config(data, b64, nullACL)
	c.DataWO, c.DataWOVersion = version, version
	return c
}

// proposed is what the framework hands to a plan for a configuration: with defaults, and
// with everything that is computed unknown.
func proposed(c resourceModel) resourceModel {
	c.setDefaults()
	c.Mode, c.TTLMillis = text(modePersistent), types.Int64Null()
	c.Data, c.DataBase64, c.DataWO, c.ACL = unknown, unknown, nullText, unknownACL
	c.Stat = types.ObjectUnknown(attr.StatType.AttrTypes)
	return c
}

// stored is the state of /a with the data and the ACL world:anyone:cdrwa.
func stored(data string) *resourceModel {
	m := proposed(config(nullText, nullText, nullACL))
	m.Data, m.DataBase64 = attr.DataValues([]byte(data))
	m.ACL = anyone("cdrwa")
	m.Stat = attr.StatValue(zk.Stat{Czxid: 7, Version: 3, Aversion: 2})
	return &m
}

func TestComplete(t *testing.T) {
	t.Parallel()
	const binary = "\x00\xff"
	tests := map[string]struct {
		config    resourceModel
		state     *resourceModel
		replaces  bool
		data, b64 types.String
		acl       types.Set
		writes    bool
	}{
		"create with text": {
			config: config(text("hi"), nullText, nullACL),
			data:   text("hi"), b64: text("aGk="), acl: unknownACL, writes: true,
		},
		"create with base64 of text": {
			config: config(nullText, text("aGk="), nullACL),
			data:   text("hi"), b64: text("aGk="), acl: unknownACL, writes: true,
		},
		"create with binary": {
			config: config(nullText, text("AP8="), nullACL),
			data:   nullText, b64: text("AP8="), acl: unknownACL, writes: true,
		},
		"create with nothing": {
			config: config(nullText, nullText, nullACL),
			data:   unknown, b64: unknown, acl: unknownACL, writes: true,
		},
		"create with an ACL": {
			config: config(nullText, nullText, anyone("31")),
			data:   unknown, b64: unknown, acl: anyone("31"), writes: true,
		},
		"create with text to come": {
			config: config(unknown, nullText, nullACL),
			data:   unknown, b64: unknown, acl: unknownACL, writes: true,
		},
		"create with base64 to come": {
			config: config(nullText, unknown, nullACL),
			data:   unknown, b64: unknown, acl: unknownACL, writes: true,
		},
		"create with a secret": {
			config: secret(text("1")),
			data:   nullText, b64: nullText, acl: unknownACL, writes: true,
		},
		"create with a secret to come": {
			config: secret(unknown),
			data:   unknown, b64: unknown, acl: unknownACL, writes: true,
		},
		// One of two that are declared turns out to be null, and nobody knows yet which.
		"create with either notation to come": {
			config: late(unknown, unknown, nullText),
			data:   unknown, b64: unknown, acl: unknownACL, writes: true,
		},
		"create with text, and base64 to come": {
			config: late(text("hi"), unknown, nullText),
			data:   text("hi"), b64: unknown, acl: unknownACL, writes: true,
		},
		"create with base64, and text to come": {
			config: late(unknown, text("aGk="), nullText),
			data:   unknown, b64: text("aGk="), acl: unknownACL, writes: true,
		},
		"create with text, and a secret to come": {
			config: late(text("hi"), nullText, unknown),
			data:   text("hi"), b64: text("aGk="), acl: unknownACL, writes: true,
		},
		"the same base64, and text to come": {
			config: late(unknown, text("aGk="), nullText), state: stored("hi"),
			data: unknown, b64: text("aGk="), acl: anyone("cdrwa"), writes: true,
		},
		"the same secret": {
			config: secret(text("1")), state: storedSecret(text("1")),
			data: nullText, b64: nullText, acl: anyone("cdrwa"),
		},
		"another secret": {
			config: secret(text("2")), state: storedSecret(text("1")),
			data: nullText, b64: nullText, acl: anyone("cdrwa"), writes: true,
		},
		"a secret that somebody wrote over": {
			config: secret(text("1")), state: storedSecret(nullText),
			data: nullText, b64: nullText, acl: anyone("cdrwa"), writes: true,
		},
		"a secret in place of text": {
			config: secret(text("1")), state: stored("hi"),
			data: nullText, b64: nullText, acl: anyone("cdrwa"), writes: true,
		},
		"text in place of a secret": {
			config: config(text("hi"), nullText, nullACL), state: storedSecret(text("1")),
			data: text("hi"), b64: text("aGk="), acl: anyone("cdrwa"), writes: true,
		},
		"a secret no longer declared": {
			config: config(nullText, nullText, nullACL), state: storedSecret(text("1")),
			data: nullText, b64: nullText, acl: anyone("cdrwa"),
		},
		"a secret no longer declared, and another ACL": {
			config: config(nullText, nullText, anyone("r")), state: storedSecret(nullText),
			data: nullText, b64: nullText, acl: anyone("r"), writes: true,
		},
		"a secret no longer declared, and another node": {
			config: config(nullText, nullText, nullACL), state: storedSecret(nullText), replaces: true,
			data: unknown, b64: unknown, acl: unknownACL, writes: true,
		},

		"nothing changes": {
			config: config(text("hi"), nullText, anyone("cdrwa")), state: stored("hi"),
			data: text("hi"), b64: text("aGk="), acl: anyone("cdrwa"),
		},
		"nothing is declared": {
			config: config(nullText, nullText, nullACL), state: stored("theirs"),
			data: text("theirs"), b64: text("dGhlaXJz"), acl: anyone("cdrwa"),
		},
		"the same ACL as a mask": {
			config: config(text("hi"), nullText, anyone("31")), state: stored("hi"),
			data: text("hi"), b64: text("aGk="), acl: anyone("cdrwa"),
		},
		"the same data as base64": {
			config: config(nullText, text("aGk="), nullACL), state: stored("hi"),
			data: text("hi"), b64: text("aGk="), acl: anyone("cdrwa"),
		},
		"the same binary": {
			config: config(nullText, text("AP8="), nullACL), state: stored(binary),
			data: nullText, b64: text("AP8="), acl: anyone("cdrwa"),
		},
		"no longer declared": {
			config: config(nullText, nullText, nullACL), state: stored("was declared"),
			data: text("was declared"), b64: text("d2FzIGRlY2xhcmVk"), acl: anyone("cdrwa"),
		},
		"other data": {
			config: config(text("hi"), nullText, anyone("31")), state: stored("ho"),
			data: text("hi"), b64: text("aGk="), acl: anyone("cdrwa"), writes: true,
		},
		"other data, the ACL is others'": {
			config: config(text("hi"), nullText, nullACL), state: stored("ho"),
			data: text("hi"), b64: text("aGk="), acl: anyone("cdrwa"), writes: true,
		},
		"data to come": {
			config: config(unknown, nullText, nullACL), state: stored("ho"),
			data: unknown, b64: unknown, acl: anyone("cdrwa"), writes: true,
		},
		"another ACL, the data is others'": {
			config: config(nullText, nullText, anyone("r")), state: stored("theirs"),
			data: unknown, b64: unknown, acl: anyone("r"), writes: true,
		},
		"another ACL, the same data": {
			config: config(text("hi"), nullText, anyone("r")), state: stored("hi"),
			data: text("hi"), b64: text("aGk="), acl: anyone("r"), writes: true,
		},
		"an ACL to come": {
			config: config(text("hi"), nullText, unknownACL), state: stored("hi"),
			data: text("hi"), b64: text("aGk="), acl: unknownACL, writes: true,
		},
		"another node": {
			config: config(nullText, nullText, nullACL), state: stored("theirs"), replaces: true,
			data: unknown, b64: unknown, acl: unknownACL, writes: true,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := complete(proposed(tt.config), tt.config, tt.state, tt.replaces, nil)
			if !got.Data.Equal(tt.data) || !got.DataBase64.Equal(tt.b64) {
				t.Errorf("data %v and %v, want %v and %v", got.Data, got.DataBase64, tt.data, tt.b64)
			}
			if !got.ACL.Equal(tt.acl) {
				t.Errorf("ACL %v, want %v", got.ACL, tt.acl)
			}
			switch {
			case tt.writes && !got.Stat.IsUnknown():
				t.Errorf("stat %v, want it unknown", got.Stat)
			case !tt.writes && !got.Stat.Equal(tt.state.Stat):
				t.Errorf("stat %v, want the state's", got.Stat)
			}
		})
	}
}

func TestCompleteKeepsNotationOfParentACL(t *testing.T) {
	t.Parallel()
	c := config(nullText, nullText, nullACL)
	c.ParentACL = anyone("31")
	state := stored("")
	state.ParentACL = anyone("adrwc")
	if got := complete(proposed(c), c, state, false, nil).ParentACL; !got.Equal(state.ParentACL) {
		t.Errorf("got %v, want %v", got, state.ParentACL)
	}
	c.ParentACL = anyone("r")
	if got := complete(proposed(c), c, state, false, nil).ParentACL; !got.Equal(c.ParentACL) {
		t.Errorf("got %v, want %v", got, c.ParentACL)
	}
}

func TestReplacing(t *testing.T) {
	t.Parallel()
	with := func(path, mode string, ttl types.Int64) *resourceModel {
		return &resourceModel{Path: text(path), Mode: text(mode), TTLMillis: ttl}
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
