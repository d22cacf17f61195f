package attr

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
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
	diags.Append(CheckDataWOVersion(n.DataWO, n.DataWOVersion, "which secret data_wo is, and there is none")...)
	return diags
}

// value is a value of the framework's, or one that is like them.
type value interface {
	IsNull() bool
	IsUnknown() bool
}

// CheckDataWOVersion checks that secrets and their version are declared together, as far as
// that is known. says is what the version tells of secrets, and that there are none.
func CheckDataWOVersion(dataWO value, version types.String, says string) (diags diag.Diagnostics) {
	if dataWO.IsUnknown() || version.IsUnknown() {
		return nil
	}
	switch {
	case !dataWO.IsNull() && version.IsNull():
		diags.AddAttributeError(path.Root("data_wo_version"), "Missing data_wo_version",
			`data_wo is stored nowhere, so that a plan cannot see whether it has changed. Set data_wo_version as well, as in data_wo_version = "1", and change it with each new secret.`)
	case dataWO.IsNull() && !version.IsNull():
		diags.AddAttributeError(path.Root("data_wo_version"), "Unexpected data_wo_version",
			"data_wo_version says "+says+": data_wo is null. Set data_wo, or leave both out.")
	}
	return diags
}
