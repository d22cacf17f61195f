package znode

import (
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
