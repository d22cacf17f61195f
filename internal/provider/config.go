package provider

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

// model is the provider's configuration as the framework decodes it.
type model struct {
	Servers        types.String  `tfsdk:"servers"`
	SessionTimeout types.Float64 `tfsdk:"session_timeout"`
	ConnectTimeout types.Float64 `tfsdk:"connect_timeout"`
	Username       types.String  `tfsdk:"username"`
	Password       types.String  `tfsdk:"password"`
	DefaultACL     types.Set     `tfsdk:"default_acl"`
	RandomizeHosts types.Bool    `tfsdk:"randomize_hosts"`
	MaxBufferBytes types.Int64   `tfsdk:"max_buffer_bytes"`
}

// maxSeconds is the longest timeout that the protocol has room for, in seconds.
const maxSeconds = float64(math.MaxInt32) / 1000

// resolver collects what a configuration comes to.
type resolver struct {
	lookup  func(string) (string, bool)
	unknown []string
	diags   diag.Diagnostics
}

// resolve turns the configuration, completed from the environment, into the client's.
// unknown names the attributes whose values are not known yet.
func (m *model) resolve(lookupEnv func(string) (string, bool)) (cfg zk.Config, unknown []string, diags diag.Diagnostics) {
	r := &resolver{lookup: lookupEnv}
	cfg = zk.Config{
		Servers:        zk.DefaultServers,
		SessionTimeout: zk.DefaultSessionTimeout,
		ConnectTimeout: zk.DefaultConnectTimeout,
		MaxBufferBytes: zk.DefaultMaxBufferBytes,
		// A provider has no ephemeral nodes to lose, so it goes on in the session that
		// follows an expired one.
		Retry: zk.RetryPolicy{Expired: true},
	}

	r.value("servers", m.Servers.IsNull(), m.Servers.IsUnknown(),
		func() { cfg.Servers = m.Servers.ValueString() },
		func(s string) error {
			cfg.Servers = s
			_, err := zk.ParseServers(s)
			return err
		}, "ZOOKEEPER_SERVERS")
	r.seconds("session_timeout", m.SessionTimeout, &cfg.SessionTimeout, "ZOOKEEPER_SESSION_TIMEOUT", "ZOOKEEPER_SESSION")
	r.seconds("connect_timeout", m.ConnectTimeout, &cfg.ConnectTimeout, "ZOOKEEPER_CONNECT_TIMEOUT")
	r.value("randomize_hosts", m.RandomizeHosts.IsNull(), m.RandomizeHosts.IsUnknown(),
		func() { cfg.KeepHostOrder = !m.RandomizeHosts.ValueBool() },
		func(s string) error {
			randomize, err := strconv.ParseBool(s)
			if err != nil {
				return fmt.Errorf("%q is neither true nor false", s)
			}
			cfg.KeepHostOrder = !randomize
			return nil
		}, "ZOOKEEPER_RANDOMIZE_HOSTS")
	if m.MaxBufferBytes.IsUnknown() {
		cfg.MaxBufferBytes = 0 // nothing is too large for what is not known
	}
	r.value("max_buffer_bytes", m.MaxBufferBytes.IsNull(), m.MaxBufferBytes.IsUnknown(),
		func() { cfg.MaxBufferBytes = int(m.MaxBufferBytes.ValueInt64()) },
		func(s string) error {
			n, err := strconv.ParseInt(s, 10, 32)
			if err != nil || n < 1 {
				return fmt.Errorf("%q is no whole number from 1 to %d", s, math.MaxInt32)
			}
			cfg.MaxBufferBytes = int(n)
			return nil
		}, "ZOOKEEPER_MAX_BUFFER_BYTES")
	r.defaultACL(m.DefaultACL, &cfg)
	r.digest(m, &cfg)
	return cfg, r.unknown, r.diags
}

// value takes one setting from the configuration, or from the first environment variable
// that is there and not empty.
func (r *resolver) value(attribute string, null, unknown bool, fromConfig func(), fromEnv func(string) error, variables ...string) {
	switch {
	case unknown:
		r.unknown = append(r.unknown, attribute)
		return
	case !null:
		fromConfig()
		return
	}
	for _, name := range variables {
		s, ok := r.lookup(name)
		if !ok || s == "" {
			continue
		}
		if err := fromEnv(s); err != nil {
			r.diags.AddAttributeError(path.Root(attribute), "Invalid environment variable "+name,
				fmt.Sprintf("%s, which stands for %s: %s.", name, attribute, err))
		}
		return
	}
}

func (r *resolver) seconds(attribute string, v types.Float64, d *time.Duration, variables ...string) {
	r.value(attribute, v.IsNull(), v.IsUnknown(),
		func() { *d = duration(v.ValueFloat64()) },
		func(s string) error {
			n, err := strconv.ParseFloat(s, 64)
			if err != nil {
				return fmt.Errorf("%q is no number of seconds", s)
			}
			*d = duration(n)
			return checkSeconds(n)
		}, variables...)
}

func duration(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }

// checkSeconds tells what is wrong with a timeout.
func checkSeconds(n float64) error {
	if math.IsNaN(n) || n < 0.001 || n > maxSeconds {
		return fmt.Errorf("a timeout is a number of seconds from 0.001 to %d, not %v", math.MaxInt32/1000, n)
	}
	return nil
}

func (r *resolver) defaultACL(set types.Set, cfg *zk.Config) {
	if !set.IsNull() && !attr.ACLKnown(set) {
		// Only a creation needs it, and nothing is created before all is known.
		return
	}
	r.value("default_acl", set.IsNull(), false,
		func() {
			acl, err := attr.ACLFrom(set)
			if err != nil {
				r.diags.AddAttributeError(path.Root("default_acl"), "Invalid ACL", err.Error())
			}
			cfg.DefaultACL = acl
		},
		func(s string) error {
			var err error
			cfg.DefaultACL, err = attr.ParseACL(s)
			return err
		}, "ZOOKEEPER_DEFAULT_ACL")
}

// digest takes user and password, which may come from different places, but are both
// there or none.
func (r *resolver) digest(m *model, cfg *zk.Config) {
	var user, password string
	before := len(r.unknown)
	r.value("username", m.Username.IsNull(), m.Username.IsUnknown(), func() { user = m.Username.ValueString() },
		func(s string) error {
			user = s
			return checkUsername(s)
		}, "ZOOKEEPER_USERNAME")
	r.value("password", m.Password.IsNull(), m.Password.IsUnknown(), func() { password = m.Password.ValueString() },
		func(s string) error {
			password = s
			return nil
		}, "ZOOKEEPER_PASSWORD")
	if len(r.unknown) > before {
		return
	}
	switch {
	case user == "" && password == "":
	case user == "":
		r.diags.AddAttributeError(path.Root("username"), "Missing username",
			"There is a password (password or ZOOKEEPER_PASSWORD) and no user name. Set username or ZOOKEEPER_USERNAME as well, or neither.")
	case password == "":
		r.diags.AddAttributeError(path.Root("password"), "Missing password",
			"There is a user name (username or ZOOKEEPER_USERNAME) and no password. Set password or ZOOKEEPER_PASSWORD as well, or neither.")
	default:
		cfg.Auth = append(cfg.Auth, zk.Credential{Scheme: zk.SchemeDigest, Secret: user + ":" + password})
	}
}
