package attr

import (
	"errors"
	"strings"

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
