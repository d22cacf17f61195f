package znode

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

// checkKind checks that mode and ttl_ms of a configuration fit together.
func checkKind(config resourceModel) (diags diag.Diagnostics) {
	if config.Mode.IsUnknown() || config.TTLMillis.IsUnknown() {
		return nil
	}
	switch isTTL := config.Mode.ValueString() == modeTTL; {
	case isTTL && config.TTLMillis.IsNull():
		diags.AddAttributeError(path.Root("ttl_ms"), "Missing ttl_ms", `A node of mode = "ttl" needs ttl_ms, its time to live in milliseconds.`)
	case !isTTL && !config.TTLMillis.IsNull():
		diags.AddAttributeError(path.Root("ttl_ms"), "Unexpected ttl_ms", `Only a node of mode = "ttl" has a time to live. Set mode = "ttl", or leave ttl_ms out.`)
	}
	return diags
}

// checkData checks that data is declared in one way at most, and a secret together with
// its version. What is not known yet may turn out to be null.
func checkData(config resourceModel) (diags diag.Diagnostics) {
	var declared string
	for _, a := range []struct {
		name  string
		value attr.Value
	}{
		{"data", config.Data},
		{"data_base64", config.DataBase64},
		{"data_wo", config.DataWO},
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
	if config.DataWO.IsUnknown() || config.DataWOVersion.IsUnknown() {
		return diags
	}
	switch {
	case !config.DataWO.IsNull() && config.DataWOVersion.IsNull():
		diags.AddAttributeError(path.Root("data_wo_version"), "Missing data_wo_version",
			`data_wo is stored nowhere, so that a plan cannot see whether it has changed. Set data_wo_version as well, as in data_wo_version = "1", and change it with each new secret.`)
	case config.DataWO.IsNull() && !config.DataWOVersion.IsNull():
		diags.AddAttributeError(path.Root("data_wo_version"), "Unexpected data_wo_version",
			"data_wo_version says which secret data_wo is, and there is none: data_wo is null. Set data_wo, or leave both out.")
	}
	return diags
}
