package znodeacl

import (
	"slices"
	"strings"

	fwattr "github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// resourceModel is the resource as the framework decodes it.
type resourceModel struct {
	Path      types.String `tfsdk:"path"`
	ACL       types.Set    `tfsdk:"acl"`
	Recursive types.Bool   `tfsdk:"recursive"`
	Exclude   types.Set    `tfsdk:"exclude"`
	OnDestroy types.String `tfsdk:"on_destroy"`
	Differing types.Map    `tfsdk:"differing"`
	Record    types.String `tfsdk:"record"`
	Stat      types.Object `tfsdk:"stat"`
}

// The values of on_destroy.
const (
	onDestroyRestore = "restore"
	onDestroyKeep    = "keep"
)

// maxDiffering is how many nodes the attribute differing names: a plan is for people.
const maxDiffering = 100

// restores reports whether nodes that leave the resource get back what they had.
func (m *resourceModel) restores() bool { return m.OnDestroy.ValueString() != onDestroyKeep }

// excluded are the paths in exclude; none while they are not known.
func (m *resourceModel) excluded() []string {
	var paths []string
	for _, e := range m.Exclude.Elements() {
		if s, ok := e.(types.String); ok && !s.IsUnknown() {
			paths = append(paths, s.ValueString())
		}
	}
	slices.Sort(paths)
	return paths
}

// excludeKnown reports whether all of exclude is known.
func (m *resourceModel) excludeKnown() bool {
	return !m.Exclude.IsUnknown() && len(m.excluded()) == len(m.Exclude.Elements())
}

// excludeValue is the opposite of excluded; as it was where it has the same.
func excludeValue(paths []string, was types.Set) types.Set {
	if slices.Equal(paths, (&resourceModel{Exclude: was}).excluded()) {
		return was
	}
	elements := make([]fwattr.Value, len(paths))
	for i, p := range paths {
		elements[i] = types.StringValue(p)
	}
	return types.SetValueMust(types.StringType, elements)
}

// has reports whether the resource has a node that is at its path or below.
func (m *resourceModel) has(nodePath string) bool {
	if nodePath == m.Path.ValueString() {
		return true
	}
	return m.Recursive.ValueBool() && !slices.ContainsFunc(m.excluded(), func(top string) bool { return session.Within(nodePath, top) })
}

// load returns the record; nil where there is none, which is so behind an import.
func (m *resourceModel) load() (*record, diag.Diagnostics) {
	if m.Record.IsNull() {
		return nil, nil
	}
	rec, err := decodeRecord(m.Path.ValueString(), m.Record.ValueString())
	if err != nil {
		return nil, diag.Diagnostics{unreadableRecord(m.Path.ValueString(), err)}
	}
	return rec, nil
}

// keep puts the record into the model.
func (m *resourceModel) keep(rec *record) diag.Diagnostics {
	text, err := rec.encode()
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("State cannot be written", err.Error())}
	}
	m.Record = types.StringValue(text)
	return nil
}

// refresh fills in what the server holds.
func (m *resourceModel) refresh(root zk.ACLReading, differing []zk.ACLReading, foreign bool, self []attr.Identity) {
	m.ACL = attr.RefreshACL(m.ACL, m.Stat, foreign, root.ACL, root.Stat, self)
	m.Stat = attr.StatValue(root.Stat)
	m.Differing = differingValue(m.Path.ValueString(), differing)
}

// differingValue shows the nodes below path whose ACL is another one.
func differingValue(path string, nodes []zk.ACLReading) types.Map {
	shown := make(map[string]fwattr.Value)
	for _, n := range nodes {
		if n.Path == path {
			continue // the attribute acl shows it
		}
		if len(shown) == maxDiffering {
			break
		}
		shown[attr.Shown(n.Path)] = types.StringValue(aclText(n.ACL))
	}
	return types.MapValueMust(types.StringType, shown)
}

// aclText is an ACL in zkCli's notation, in an order of its own.
func aclText(acl []zk.ACL) string {
	entries := make([]string, len(acl))
	for i, e := range acl {
		entries[i] = e.String()
	}
	slices.Sort(entries)
	return strings.Join(entries, ",")
}
