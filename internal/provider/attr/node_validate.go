package attr

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

// CheckData checks that a configuration declares data in one way at most, and a secret
// together with its version. What is not known yet may turn out to be null.
func (n *Node) CheckData() (diags diag.Diagnostics) {
	var declared string
	for _, a := range []struct {
		name  string
		value attr.Value
	}{
		{"data", n.Data},
		{"data_base64", n.DataBase64},
		{"data_wo", n.DataWO},
	} {
		switch {
		case a.value.IsNull(), a.value.IsUnknown():
		case declared == "":
			declared = a.name
		default:
			diags.AddAttributeError(path.Root(a.name), "Data is declared twice",
				declared+" and "+a.name+" are both set, and a node has one content. Keep one of them.")
		}
	}
	if n.DataWO.IsUnknown() || n.DataWOVersion.IsUnknown() {
		return diags
	}
	switch {
	case !n.DataWO.IsNull() && n.DataWOVersion.IsNull():
		diags.AddAttributeError(path.Root("data_wo_version"), "Missing data_wo_version",
			`data_wo is stored nowhere, so that a plan cannot see whether it has changed. Set data_wo_version as well, as in data_wo_version = "1", and change it with each new secret.`)
	case n.DataWO.IsNull() && !n.DataWOVersion.IsNull():
		diags.AddAttributeError(path.Root("data_wo_version"), "Unexpected data_wo_version",
			"data_wo_version says which secret data_wo is, and there is none: data_wo is null. Set data_wo, or leave both out.")
	}
	return diags
}
