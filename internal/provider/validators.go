package provider

import (
	"context"
	"errors"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"terraform-provider-zookeeper/internal/zk"
)

// serversValidator checks a connect string.
type serversValidator struct{}

var _ validator.String = serversValidator{}

// Description says what is valid.
func (serversValidator) Description(context.Context) string {
	return "must be a connect string, host:port,host:port/chroot"
}

// MarkdownDescription says what is valid.
func (v serversValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString checks a value that is known.
func (serversValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if _, err := zk.ParseServers(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid server list", err.Error())
	}
}

// secondsValidator checks a timeout.
type secondsValidator struct{}

var _ validator.Float64 = secondsValidator{}

// Description says what is valid.
func (secondsValidator) Description(context.Context) string { return "must be a number of seconds" }

// MarkdownDescription says what is valid.
func (v secondsValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateFloat64 checks a value that is known.
func (secondsValidator) ValidateFloat64(_ context.Context, req validator.Float64Request, resp *validator.Float64Response) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := checkSeconds(req.ConfigValue.ValueFloat64()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid timeout", err.Error())
	}
}

// usernameValidator checks the name of a digest user.
type usernameValidator struct{}

var _ validator.String = usernameValidator{}

// Description says what is valid.
func (usernameValidator) Description(context.Context) string { return "must have no colon" }

// MarkdownDescription says what is valid.
func (v usernameValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString checks a value that is known.
func (usernameValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := checkUsername(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid username", err.Error())
	}
}

// checkUsername refuses a colon, where the server would begin the password.
func checkUsername(s string) error {
	if strings.Contains(s, ":") {
		return errors.New("the name of a digest user has no colon: ZooKeeper takes what follows it for the password")
	}
	return nil
}
