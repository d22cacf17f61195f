package provider

import (
	"context"
	"errors"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

// The validators of single attributes. The environment's values go through the same
// checks.
var (
	serversValidator      = stringValidator{about{"Invalid server list", "must be a connect string, host:port,host:port/chroot"}, checkServers}
	usernameValidator     = stringValidator{about{"Invalid username", "must have no colon"}, checkUsername}
	fileValidator         = stringValidator{about{"Invalid file name", "must be the name of a file"}, checkFile}
	pemValidator          = stringValidator{about{"Invalid PEM", "must be text in PEM"}, checkPEM}
	serverNameValidator   = stringValidator{about{"Invalid server name", "must be the name of a host, without a port"}, checkServerName}
	mechanismValidator    = stringValidator{about{"Invalid SASL mechanism", "must be DIGEST-MD5 or GSSAPI"}, checkMechanism}
	schemeValidator       = stringValidator{about{"Invalid scheme", "must be a scheme that takes a credential"}, checkScheme}
	lockPathValidator     = stringValidator{about{"Invalid lock path", "must be the absolute path of a znode, not within /zookeeper"}, attr.CheckLockPath}
	lockModeValidator     = stringValidator{about{"Invalid lock mode", "must be exclusive or shared"}, checkLockMode}
	lockProtocolValidator = stringValidator{about{"Invalid lock protocol", "must be kazoo or curator"}, checkLockProtocol}
	secondsValidator      = float64Validator{about{"Invalid number of seconds", "must be a number of seconds"}, checkSeconds}
	lockTimeoutValidator  = float64Validator{about{"Invalid lock timeout", "must be a number of seconds from 0"}, checkLockTimeout}
	backoffValidator      = float64Validator{about{"Invalid backoff", "must be a number from 1"}, checkBackoff}
	jitterValidator       = float64Validator{about{"Invalid jitter", "must be a number from 0 to 1"}, checkJitter}
	triesValidator        = int64Validator{about{"Invalid number of tries", "must be from 1, or -1 for no limit"}, checkTries}
)

// about is what a validator says of itself.
type about struct{ summary, description string }

// Description says what is valid.
func (a about) Description(context.Context) string { return a.description }

// MarkdownDescription says what is valid.
func (a about) MarkdownDescription(context.Context) string { return a.description }

// stringValidator applies a check to a string that is known. An error of the check does
// not show the value where that may be a secret.
type stringValidator struct {
	about
	check func(string) error
}

var _ validator.String = stringValidator{}

// ValidateString checks the value.
func (v stringValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := v.check(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, v.summary, req.Path.String()+": "+err.Error()+".")
	}
}

// float64Validator applies a check to a number that is known.
type float64Validator struct {
	about
	check func(float64) error
}

var _ validator.Float64 = float64Validator{}

// ValidateFloat64 checks the value.
func (v float64Validator) ValidateFloat64(_ context.Context, req validator.Float64Request, resp *validator.Float64Response) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := v.check(req.ConfigValue.ValueFloat64()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, v.summary, req.Path.String()+": "+err.Error()+".")
	}
}

// int64Validator applies a check to a whole number that is known.
type int64Validator struct {
	about
	check func(int64) error
}

var _ validator.Int64 = int64Validator{}

// ValidateInt64 checks the value.
func (v int64Validator) ValidateInt64(_ context.Context, req validator.Int64Request, resp *validator.Int64Response) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := v.check(req.ConfigValue.ValueInt64()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, v.summary, req.Path.String()+": "+err.Error()+".")
	}
}

// checkServers refuses what is no connect string.
func checkServers(s string) error {
	_, err := zk.ParseServers(s)
	return err
}

// checkUsername refuses a colon, where the server would begin the password.
func checkUsername(s string) error {
	if strings.Contains(s, ":") {
		return errors.New("the name of a digest user has no colon: ZooKeeper takes what follows it for the password")
	}
	return nil
}
