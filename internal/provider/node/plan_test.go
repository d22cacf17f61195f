package node_test

import (
	"testing"

	fwattr "github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/node"
	"terraform-provider-zookeeper/internal/zk"
)

var (
	nullACL    = types.SetNull(attr.ACLEntryType)
	unknownACL = types.SetUnknown(attr.ACLEntryType)
	null       = types.StringNull()
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

// config is a configuration that declares nothing but what the change to it says.
func config(change ...func(*node.Node)) node.Node {
	n := node.New()
	for _, c := range change {
		c(&n)
	}
	return n
}

// state is the state of a node with the ACL world:anyone:cdrwa.
func state(change ...func(*node.Node)) *node.Node {
	n := node.New()
	n.ACL = anyone("cdrwa")
	n.Stat = attr.StatValue(zk.Stat{Czxid: 7, Version: 3, Aversion: 2})
	for _, c := range change {
		c(&n)
	}
	return &n
}

func data(v types.String) func(*node.Node)     { return func(n *node.Node) { n.Data = v } }
func base64(v types.String) func(*node.Node)   { return func(n *node.Node) { n.DataBase64 = v } }
func version(v types.String) func(*node.Node)  { return func(n *node.Node) { n.DataWOVersion = v } }
func acl(v types.Set) func(*node.Node)         { return func(n *node.Node) { n.ACL = v } }
func asJSON(n *node.Node)                      { n.Compare = text(attr.CompareJSON) }
func secretly(v types.String) func(*node.Node) { return func(n *node.Node) { n.DataWO = v } }
func both(t, b types.String) func(*node.Node) {
	return func(n *node.Node) { n.Data, n.DataBase64 = t, b }
}

func secret(v types.String) func(n *node.Node) {
	return func(n *node.Node) { n.DataWO, n.DataWOVersion = text("sesame"), v }
}
func described(content string) types.String { return attr.TextValue([]byte(content)) }
func planned(c node.Node, s *node.Node) node.Node {
	p := config()
	p.Compare = c.Compare
	p.Plan(&c, s, nil)
	return p
}

func TestPlan(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		config node.Node
		state  *node.Node

		data, base64, version types.String // as the configuration has them, where all are null
		acl                   types.Set
		setsData, setsACL     bool
	}{
		"create with text":       {config: config(data(text("hi"))), acl: unknownACL},
		"create with base64":     {config: config(base64(text("aGk="))), acl: unknownACL},
		"create with nothing":    {config: config(), acl: unknownACL},
		"create with an ACL":     {config: config(acl(anyone("31"))), acl: anyone("31")},
		"create with a secret":   {config: config(secret(text("1"))), acl: unknownACL},
		"create with what comes": {config: config(both(unknown, unknown)), acl: unknownACL},

		"nothing changes":         {config: config(data(text("hi")), acl(anyone("31"))), state: state(data(text("hi"))), acl: anyone("cdrwa")},
		"nothing is declared":     {config: config(), state: state(), acl: anyone("cdrwa")},
		"other text":              {config: config(data(text("hi"))), state: state(data(text("ho"))), acl: anyone("cdrwa"), setsData: true},
		"other base64":            {config: config(base64(text("aGk="))), state: state(base64(text("aG8="))), acl: anyone("cdrwa"), setsData: true},
		"text to come":            {config: config(data(unknown)), state: state(data(text("ho"))), acl: anyone("cdrwa"), setsData: true},
		"another ACL":             {config: config(acl(anyone("r"))), state: state(), acl: anyone("r"), setsACL: true},
		"an ACL to come":          {config: config(acl(unknownACL)), state: state(), acl: unknownACL, setsACL: true},
		"declared for once":       {config: config(data(text("hi"))), state: state(), acl: anyone("cdrwa"), setsData: true},
		"no longer declared":      {config: config(), state: state(data(text("hi"))), acl: anyone("cdrwa")},
		"somebody wrote no UTF-8": {config: config(data(text("hi"))), state: state(data(described("\xff"))), acl: anyone("cdrwa"), setsData: true},
		"the other Unicode form":  {config: config(data(text("caf\u00e9"))), state: state(data(described("cafe\u0301"))), acl: anyone("cdrwa"), setsData: true},

		"moved to base64":                {config: config(base64(text("aGk="))), state: state(data(text("hi"))), acl: anyone("cdrwa")},
		"moved to text":                  {config: config(data(text("hi"))), state: state(base64(text("aGk="))), acl: anyone("cdrwa")},
		"moved, and no UTF-8":            {config: config(base64(text("/w=="))), state: state(data(described("\xff"))), acl: anyone("cdrwa")},
		"moved and changed":              {config: config(data(text("ho"))), state: state(base64(text("aGk="))), acl: anyone("cdrwa"), setsData: true},
		"moved to a secret":              {config: config(secret(text("1"))), state: state(data(text("sesame"))), acl: anyone("cdrwa"), setsData: true},
		"moved from a secret":            {config: config(data(text("hi"))), state: state(version(text("1"))), acl: anyone("cdrwa"), setsData: true},
		"a secret no longer declared":    {config: config(), state: state(version(text("1"))), acl: anyone("cdrwa")},
		"the same secret":                {config: config(secret(text("1"))), state: state(version(text("1"))), acl: anyone("cdrwa")},
		"another secret":                 {config: config(secret(text("2"))), state: state(version(text("1"))), acl: anyone("cdrwa"), setsData: true},
		"a secret's version to come":     {config: config(secret(unknown)), state: state(version(text("1"))), acl: anyone("cdrwa"), setsData: true},
		"a secret that was written over": {config: config(secret(text("1"))), state: state(version(attr.Overwritten(text("1")))), acl: anyone("cdrwa"), setsData: true},

		// What ignore_changes makes of a configuration.
		"ignored: no UTF-8":                      {config: config(data(described("\xff")), acl(anyone("r"))), state: state(data(described("\xff"))), acl: anyone("r"), setsACL: true},
		"ignored: a secret's version":            {config: config(secret(attr.Overwritten(text("1")))), state: state(version(attr.Overwritten(text("1")))), acl: anyone("cdrwa")},
		"ignored: a secret, with a new version":  {config: config(version(text("2"))), state: state(version(text("1"))), version: text("1"), acl: anyone("cdrwa")},
		"ignored: a secret written over":         {config: config(version(text("1")), acl(anyone("r"))), state: state(version(attr.Overwritten(text("1")))), version: attr.Overwritten(text("1")), acl: anyone("r"), setsACL: true},
		"ignored: text that is moved and kept":   {config: config(both(text("hi"), text("aG8="))), state: state(data(text("hi"))), acl: anyone("cdrwa"), setsData: true},
		"ignored: base64 that is moved and kept": {config: config(both(text("ho"), text("aGk="))), state: state(base64(text("aGk="))), acl: anyone("cdrwa"), setsData: true},
		"ignored: and the next plan":             {config: config(both(text("hi"), text("aG8="))), state: state(both(text("hi"), text("aG8="))), acl: anyone("cdrwa")},
		"ignored: text that is a secret now":     {config: config(data(text("hi")), secret(text("1"))), state: state(data(text("hi"))), acl: anyone("cdrwa"), setsData: true},
		"ignored: the next plan of that":         {config: config(data(text("hi")), secret(text("1"))), state: state(data(text("hi")), version(text("1"))), acl: anyone("cdrwa")},

		"the same JSON": {
			config: config(asJSON, data(text(`{"a":1,"b":2}`))), state: state(data(text(`{"b": 2, "a": 1}`))),
			data: text(`{"b": 2, "a": 1}`), acl: anyone("cdrwa"),
		},
		"the same JSON in the other notation": {
			config: config(asJSON, data(text(`{"a":1,"b":2}`))), state: state(base64(text("eyJiIjogMiwgImEiOiAxfQ=="))),
			data: text(`{"a":1,"b":2}`), acl: anyone("cdrwa"),
		},
		"other JSON": {
			config: config(asJSON, data(text(`{"a":1}`))), state: state(data(text(`{"a":2}`))),
			data: text(`{"a":1}`), acl: anyone("cdrwa"), setsData: true,
		},
		"the same JSON, by bytes": {
			config: config(data(text(`{"a":1}`))), state: state(data(text(`{"a": 1}`))),
			data: text(`{"a":1}`), acl: anyone("cdrwa"), setsData: true,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.data.IsNull() && tt.base64.IsNull() && tt.version.IsNull() {
				tt.data, tt.base64, tt.version = tt.config.Data, tt.config.DataBase64, tt.config.DataWOVersion
			}
			got := planned(tt.config, tt.state)
			if !got.Data.Equal(tt.data) || !got.DataBase64.Equal(tt.base64) || !got.DataWOVersion.Equal(tt.version) {
				t.Errorf("data %v, data_base64 %v, data_wo_version %v; want %v, %v, %v", got.Data, got.DataBase64, got.DataWOVersion, tt.data, tt.base64, tt.version)
			}
			if !got.ACL.Equal(tt.acl) {
				t.Errorf("ACL %v, want %v", got.ACL, tt.acl)
			}
			if !got.DataWO.IsNull() {
				t.Error("the plan has the secret")
			}
			if tt.state == nil {
				if !got.Stat.IsUnknown() {
					t.Errorf("stat %v, want it unknown", got.Stat)
				}
				return
			}
			if setsData, setsACL := got.SetsContent(&tt.config, tt.state), got.SetsACL(&tt.config, tt.state); setsData != tt.setsData || setsACL != tt.setsACL {
				t.Errorf("writes data: %v, the ACL: %v; want %v, %v", setsData, setsACL, tt.setsData, tt.setsACL)
			}
			if writes := tt.setsData || tt.setsACL; got.Stat.IsUnknown() != writes {
				t.Errorf("stat %v, and the plan writes: %v", got.Stat, writes)
			}
		})
	}
}

// The content that a plan writes is never a description, nor what ignore_changes has kept.
func TestContent(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		config node.Node
		state  *node.Node
		want   string
		at     string
	}{
		"text":                          {config(data(text("hi"))), nil, "hi", "data"},
		"base64":                        {config(base64(text("AP8="))), nil, "\x00\xff", "data_base64"},
		"a secret":                      {config(secret(text("1"))), nil, "sesame", "data_wo"},
		"nothing":                       {config(), nil, "", "data"},
		"a description":                 {config(data(described("\xff"))), state(data(described("\xff"))), "\xff", "data"},
		"base64, and text that is kept": {config(both(text("hi"), text("aG8="))), state(data(text("hi"))), "ho", "data_base64"},
		"text, and base64 that is kept": {config(both(text("ho"), text("aGk="))), state(base64(text("aGk="))), "ho", "data"},
		"a secret, and text kept":       {config(data(text("hi")), secret(text("1"))), state(data(text("hi"))), "sesame", "data_wo"},
		"a version that is kept":        {config(data(text("hi")), version(text("1"))), state(version(text("1"))), "hi", "data"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan := planned(tt.config, tt.state)
			if got := string(plan.Content(&tt.config, tt.state)); got != tt.want {
				t.Errorf("content %q, want %q", got, tt.want)
			}
			if got := plan.ContentPath(&tt.config, tt.state).String(); got != tt.at {
				t.Errorf("it is said to come from %s, want %s", got, tt.at)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		config node.Node
		want   string // the summary; "" for none
	}{
		"nothing":                   {config(), ""},
		"text":                      {config(data(text("a"))), ""},
		"a secret":                  {config(secret(text("1"))), ""},
		"text and base64":           {config(both(text("a"), text("YQ=="))), "Data is declared twice"},
		"text and base64 to come":   {config(both(text("a"), unknown)), ""},
		"text and a secret":         {config(data(text("a")), secret(text("1"))), "Data is declared twice"},
		"a secret, no version":      {config(secretly(text("a"))), "Missing data_wo_version"},
		"a version, no secret":      {config(version(text("1"))), "Unexpected data_wo_version"},
		"a version, secret comes":   {config(version(text("1")), secretly(unknown)), ""},
		"the text of a description": {config(data(described("\xff"))), "Invalid data"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diags := tt.config.Check()
			switch {
			case tt.want == "" && len(diags) > 0, tt.want != "" && (len(diags) != 1 || diags[0].Summary() != tt.want):
				t.Errorf("got %v, want %q", diags, tt.want)
			}
		})
	}
}
