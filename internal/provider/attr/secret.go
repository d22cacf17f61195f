package attr

import (
	"context"
	"errors"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// overwritten ends the data_wo_version of a state whose secret the servers may no longer hold.
const overwritten = " (overwritten since)"

// Overwritten is the data_wo_version of a secret that somebody else wrote over since. The
// version itself stays: ignore_changes takes what a state has for what the user wrote, and a
// version that is gone would be a secret without one.
func Overwritten(version types.String) types.String {
	if version.IsNull() || IsOverwritten(version) {
		return version
	}
	return types.StringValue(version.ValueString() + overwritten)
}

// IsOverwritten reports whether a state says of a secret that the servers may no longer hold it.
func IsOverwritten(version types.String) bool {
	return strings.HasSuffix(version.ValueString(), overwritten)
}

// CheckVersion reports what is wrong with the version of a secret that a user wrote.
func CheckVersion(version string) error {
	if !strings.HasSuffix(version, overwritten) {
		return nil
	}
	return errors.New("it is how a plan shows that somebody else wrote over the secret. Write another version, such as \"" +
		strings.TrimSuffix(version, overwritten) + "\"")
}

// SecretVersion validates the version of a secret, see [CheckVersion].
func SecretVersion() validator.String { return versionValidator{} }

type versionValidator struct{}

var _ validator.String = versionValidator{}

// Description says what is valid.
func (versionValidator) Description(context.Context) string {
	return "must not be a note of the provider"
}

// MarkdownDescription says what is valid.
func (v versionValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString checks a version that is known.
func (versionValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if err := CheckVersion(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid version of a secret", Sentence(err))
	}
}

// value is a value of the framework's, or one that is like them.
type value interface {
	IsNull() bool
	IsUnknown() bool
}

// CheckDataWOVersion checks that secrets and their version are declared together, as far as
// that is known. says is what the version says of secrets, and that there are none.
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
