package provider

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// model is the provider's configuration as the framework decodes it.
type model struct {
	Servers        types.String  `tfsdk:"servers"`
	SessionTimeout types.Float64 `tfsdk:"session_timeout"`
	ConnectTimeout types.Float64 `tfsdk:"connect_timeout"`
	RequestTimeout types.Float64 `tfsdk:"request_timeout"`
	Username       types.String  `tfsdk:"username"`
	Password       types.String  `tfsdk:"password"`
	Auth           types.List    `tfsdk:"auth"`
	SASL           types.Object  `tfsdk:"sasl"`
	TLS            types.Object  `tfsdk:"tls"`
	DefaultACL     types.Set     `tfsdk:"default_acl"`
	ReadOnly       types.Bool    `tfsdk:"read_only"`
	RandomizeHosts types.Bool    `tfsdk:"randomize_hosts"`
	Retry          types.Object  `tfsdk:"retry"`
	Lock           types.Object  `tfsdk:"lock"`
	TreeLimits     types.Object  `tfsdk:"tree_limits"`
	MaxBufferBytes types.Int64   `tfsdk:"max_buffer_bytes"`
}

// settings are what a configuration comes to.
type settings struct {
	zk.Config
	lock              *session.Lock // to hold for the run; nil for none
	defaultACLUnknown bool
}

// maxSeconds is the longest timeout that the protocol has room for, in seconds.
const maxSeconds = float64(math.MaxInt32) / 1000

// resolve turns the configuration, completed from the environment, into the client's.
// unknown names the attributes whose values are not known yet.
func (m *model) resolve(ctx context.Context, lookupEnv func(string) (string, bool)) (cfg settings, unknown []string, diags diag.Diagnostics) {
	r := &resolver{lookup: lookupEnv, from: make(map[string]string)}
	cfg = r.resolve(ctx, m)
	return cfg, r.unknown, r.diags
}

// validate tells what is wrong with the configuration in itself, wherever it is used:
// without the environment that completes it, and without the files that it names.
func (m *model) validate(ctx context.Context) diag.Diagnostics {
	r := &resolver{
		lookup:  func(string) (string, bool) { return "", false },
		partial: true,
		from:    make(map[string]string),
	}
	r.resolve(ctx, m)
	return r.diags
}

func (r *resolver) resolve(ctx context.Context, m *model) settings {
	cfg := zk.Config{
		Servers:        zk.DefaultServers,
		SessionTimeout: zk.DefaultSessionTimeout,
		ConnectTimeout: zk.DefaultConnectTimeout,
		RequestTimeout: zk.DefaultRequestTimeout,
		MaxBufferBytes: zk.DefaultMaxBufferBytes,
	}
	r.text(path.Root("servers"), m.Servers, &cfg.Servers, checkServers)
	r.seconds(path.Root("session_timeout"), m.SessionTimeout, &cfg.SessionTimeout, "ZOOKEEPER_SESSION")
	r.seconds(path.Root("connect_timeout"), m.ConnectTimeout, &cfg.ConnectTimeout)
	r.seconds(path.Root("request_timeout"), m.RequestTimeout, &cfg.RequestTimeout)
	r.boolean(path.Root("read_only"), m.ReadOnly, &cfg.ReadOnly)
	randomize := true
	r.boolean(path.Root("randomize_hosts"), m.RandomizeHosts, &randomize)
	cfg.KeepHostOrder = !randomize
	r.maxBufferBytes(m.MaxBufferBytes, &cfg)
	r.defaultACL(m.DefaultACL, &cfg)
	r.retry(ctx, m.Retry, &cfg)
	r.limits(ctx, m.TreeLimits, &cfg)
	r.digest(m, &cfg)
	r.auth(ctx, m.Auth, &cfg)
	r.sasl(ctx, m.SASL, &cfg)
	r.tls(ctx, m.TLS, &cfg)
	lock := r.lock(ctx, m.Lock, m.DefaultACL)
	if lock != nil {
		// The lock goes with the session, and without it nothing is to be done.
		cfg.OneSession, cfg.Retry.Expired = true, false
	}
	all := settings{cfg, lock, !m.DefaultACL.IsNull() && !attr.ACLKnown(m.DefaultACL)}
	r.warnExposed(m, all)
	return all
}

func duration(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }

// checkSeconds tells what is wrong with a timeout, or with another length of time.
func checkSeconds(n float64) error {
	if math.IsNaN(n) || n < 0.001 || n > maxSeconds {
		return fmt.Errorf("it is a number of seconds from 0.001 to %d, and not %s", math.MaxInt32/1000, plain(n))
	}
	return nil
}

// plain writes a number as people do, and not as 2.147484e+06, unless it has very many digits.
func plain(n float64) string {
	const many = 1e15
	if math.Abs(n) < many {
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	return strconv.FormatFloat(n, 'g', -1, 64)
}

func (r *resolver) maxBufferBytes(v types.Int64, cfg *zk.Config) {
	if v.IsUnknown() {
		cfg.MaxBufferBytes = 0 // nothing is too large for what is not known
	}
	r.count(path.Root("max_buffer_bytes"), v, &cfg.MaxBufferBytes)
}

func (r *resolver) defaultACL(set types.Set, cfg *zk.Config) {
	if !set.IsNull() && !attr.ACLKnown(set) {
		// Only a creation needs it, and nothing is created before all is known.
		return
	}
	r.acl(path.Root("default_acl"), set, &cfg.DefaultACL)
}

// acl takes an ACL, of which a configuration's is known, or unknown as a whole.
func (r *resolver) acl(at path.Path, set types.Set, to *[]zk.ACL) {
	if r.partial {
		return // the attribute's own validator has told
	}
	r.value(at, set, func() {
		acl, err := attr.ACLFrom(set)
		if err != nil {
			r.diags.AddAttributeError(at, "Invalid ACL", err.Error())
		}
		*to = acl
	}, func(s string) (err error) {
		*to, err = attr.ParseACL(s)
		return err
	})
}

// digest takes user and password, which may come from different places, but are both
// there or none.
func (r *resolver) digest(m *model, cfg *zk.Config) {
	var user, password string
	before := len(r.unknown)
	r.text(path.Root("username"), m.Username, &user, checkUsername)
	r.text(path.Root("password"), m.Password, &password, anything)
	if len(r.unknown) > before || r.partial {
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
		r.user = true
		cfg.Auth = append(cfg.Auth, zk.Credential{Scheme: zk.SchemeDigest, Secret: user + ":" + password})
	}
}
