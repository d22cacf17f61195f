package provider

import (
	"context"
	"math"
	"os"
	"sync/atomic"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/children"
	"terraform-provider-zookeeper/internal/provider/cleartree"
	"terraform-provider-zookeeper/internal/provider/createsequential"
	"terraform-provider-zookeeper/internal/provider/ensemble"
	"terraform-provider-zookeeper/internal/provider/ensemblemember"
	"terraform-provider-zookeeper/internal/provider/ensurepath"
	"terraform-provider-zookeeper/internal/provider/export"
	"terraform-provider-zookeeper/internal/provider/front"
	"terraform-provider-zookeeper/internal/provider/functions"
	"terraform-provider-zookeeper/internal/provider/identity"
	"terraform-provider-zookeeper/internal/provider/leader"
	"terraform-provider-zookeeper/internal/provider/lock"
	"terraform-provider-zookeeper/internal/provider/members"
	"terraform-provider-zookeeper/internal/provider/quota"
	"terraform-provider-zookeeper/internal/provider/sequentialznode"
	"terraform-provider-zookeeper/internal/provider/serverversion"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/provider/set"
	"terraform-provider-zookeeper/internal/provider/tree"
	"terraform-provider-zookeeper/internal/provider/wait"
	"terraform-provider-zookeeper/internal/provider/znode"
	"terraform-provider-zookeeper/internal/provider/znodeacl"
	"terraform-provider-zookeeper/internal/provider/znodes"
)

// Provider is the provider for ZooKeeper.
type Provider struct {
	version  string
	sessions *session.Group
	session  atomic.Pointer[session.Session] // of the last configuration; nil before
}

var (
	_ provider.ProviderWithActions            = (*Provider)(nil)
	_ provider.ProviderWithEphemeralResources = (*Provider)(nil)
	_ provider.ProviderWithFunctions          = (*Provider)(nil)
	_ provider.ProviderWithListResources      = (*Provider)(nil)
	_ provider.ProviderWithValidateConfig     = (*Provider)(nil)
)

// New returns a provider of a version. Each session that it opens goes into sessions,
// for whoever runs the provider to close at the end.
func New(version string, sessions *session.Group) *Provider {
	return &Provider{version: version, sessions: sessions}
}

// NewServer returns what serves a provider to the CLI.
func NewServer(p *Provider) (tfprotov6.ProviderServer, error) {
	single, err := znode.NewServer()
	if err != nil {
		return nil, err
	}
	many, err := znodes.NewServer()
	if err != nil {
		return nil, err
	}
	whole, err := tree.NewServer()
	if err != nil {
		return nil, err
	}
	return front.New(p, p.sessions, front.Direct{
		Resources:   map[string]front.Resource{znode.TypeName: single, znodes.TypeName: many},
		DataSources: map[string]front.DataSource{tree.TypeName: whole},
		Session:     p.session.Load,
	})
}

// Metadata tells the provider's name, which begins the names of all it offers.
func (p *Provider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "zookeeper"
	resp.Version = p.version
}

// Schema describes the configuration.
func (p *Provider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages [Apache ZooKeeper](https://zookeeper.apache.org) nodes: data, ACLs, and many nodes in one transaction.\n\n" +
			"The provider opens one session for a run, at the first operation, and ends it with the run. " +
			"An attribute that you leave out is read from its environment variable. An empty string means: no value, and ignore the variable.\n\n" +
			"[Getting started](guides/getting-started.md) takes ten minutes. [Authentication and TLS](guides/authentication-and-tls.md) says how to connect, and what the errors mean.",
		Attributes: map[string]schema.Attribute{
			"servers": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Servers to connect to: `host:port,host:port`, with an optional `/chroot` after the last one, which all paths are then below. " +
					"A missing chroot is created with the first parents or lock, and stays. Write IPv6 addresses in brackets. Environment: `ZOOKEEPER_SERVERS`. Default `127.0.0.1:2181`.",
				Validators: []validator.String{serversValidator},
			},
			"session_timeout": schema.Float64Attribute{
				Optional:            true,
				MarkdownDescription: "Seconds after which the servers end the session of a provider that they do not hear from. The servers may grant a different time. An interrupted run (Ctrl-C) waits at most this long for the answers to what it has sent. Environment: `ZOOKEEPER_SESSION_TIMEOUT` or `ZOOKEEPER_SESSION`. Default `10`.",
				Validators:          []validator.Float64{secondsValidator},
			},
			"connect_timeout": schema.Float64Attribute{
				Optional:            true,
				MarkdownDescription: "Seconds to look for a server. Then an error names each one and why it could not be reached. Environment: `ZOOKEEPER_CONNECT_TIMEOUT`. Default `15`.",
				Validators:          []validator.Float64{secondsValidator},
			},
			"request_timeout": schema.Float64Attribute{
				Optional:            true,
				MarkdownDescription: "Seconds that a server may take to answer a request. After that, the provider drops the connection and goes on as after a lost one: it finds out what became of a write before it repeats it. Environment: `ZOOKEEPER_REQUEST_TIMEOUT`. Default `60`.",
				Validators:          []validator.Float64{secondsValidator},
			},
			"username": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "User to present with the scheme `digest`, together with `password`. Environment: `ZOOKEEPER_USERNAME`.",
				Validators:          []validator.String{usernameValidator},
			},
			"password": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "Password of `username`. ZooKeeper never says that it is wrong: a wrong one shows as missing permissions. Environment: `ZOOKEEPER_PASSWORD`.",
			},
			"auth":        authAttribute(),
			"sasl":        saslAttribute(),
			"tls":         tlsAttribute(),
			"default_acl": attr.ProviderACL("ACL of created nodes that declare none. Environment: `ZOOKEEPER_DEFAULT_ACL`, in zkCli's notation, `scheme:id:permissions,scheme:id:permissions`. Default `world:anyone:cdrwa`, which lets everybody do everything; a provider that presents an identity warns of that."),
			"read_only": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Accept a server that has lost the ensemble's quorum and runs with `readonlymode.enabled` (since ZooKeeper 3.7, with `localSessionsEnabled=true` as well), where no other can be reached: data sources and plans then show what it knew when that happened, and every change fails. " +
					"Environment: `ZOOKEEPER_READ_ONLY`. Default `false`.",
			},
			"randomize_hosts": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Try the servers in random order, so that many clients spread over them, and not in the order of `servers`. Environment: `ZOOKEEPER_RANDOMIZE_HOSTS`. Default `true`.",
			},
			"retry":       retryAttribute(),
			"lock":        lockAttribute(),
			"tree_limits": limitsAttribute(),
			"max_buffer_bytes": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "The servers' `jute.maxbuffer`: what they accept in one request. More is refused in the plan, because a server closes the connection on it without an answer. Environment: `ZOOKEEPER_MAX_BUFFER_BYTES`. Default `1048575`.",
				Validators:          []validator.Int64{int64validator.Between(1, math.MaxInt32)},
			},
		},
	}
}

// ValidateConfig checks what of the configuration fits together whatever the environment
// adds to it.
func (p *Provider) ValidateConfig(ctx context.Context, req provider.ValidateConfigRequest, resp *provider.ValidateConfigResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(m.validate(ctx)...)
	}
}

// Configure checks the configuration together with the environment. It does not connect:
// the first operation that needs a server does.
func (p *Provider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	cfg, unknown, diags := m.resolve(ctx, os.LookupEnv)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	s, err := session.New(ctx, cfg.Config, cfg.lock, unknown)
	if err != nil {
		resp.Diagnostics.AddError("Invalid provider configuration", err.Error())
		return
	}
	if cfg.defaultACLUnknown {
		s.AwaitDefaultACL()
	}
	resp.Diagnostics.Append(checkLock(s, cfg.lock)...)
	if resp.Diagnostics.HasError() {
		return
	}
	p.sessions.Add(s)
	p.session.Store(s)
	if len(unknown) > 0 && req.ClientCapabilities.DeferralAllowed {
		resp.Deferred = &provider.Deferred{Reason: provider.DeferredReasonProviderConfigUnknown}
	}
	resp.ResourceData = s
	resp.DataSourceData = s
	resp.EphemeralResourceData = s
	resp.ListResourceData = s
	resp.ActionData = s
}

// Resources lists the resources.
func (p *Provider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		ensemblemember.NewResource,
		ensurepath.NewResource,
		quota.NewResource,
		sequentialznode.NewResource,
		znode.NewResource,
		znodeacl.NewResource,
		znodes.NewResource,
	}
}

// DataSources lists the data sources.
func (p *Provider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		children.NewDataSource,
		ensemble.NewDataSource,
		identity.NewDataSource,
		leader.NewDataSource,
		members.NewDataSource,
		serverversion.NewDataSource,
		tree.NewDataSource,
		wait.NewDataSource,
		znode.NewDataSource,
	}
}

// EphemeralResources lists the ephemeral resources.
func (p *Provider) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{
		lock.NewEphemeralResource,
		znode.NewEphemeralResource,
	}
}

// ListResources lists the list resources.
func (p *Provider) ListResources(context.Context) []func() list.ListResource {
	return []func() list.ListResource{
		znode.NewListResource,
	}
}

// Actions lists the actions.
func (p *Provider) Actions(context.Context) []func() action.Action {
	return []func() action.Action{
		cleartree.NewAction,
		createsequential.NewAction,
		export.NewAction,
		set.NewAction,
		wait.NewAction,
	}
}

// Functions lists the functions.
func (p *Provider) Functions(context.Context) []func() function.Function {
	return []func() function.Function{
		functions.NewACL,
		functions.NewDecodeInt,
		functions.NewDigest,
		functions.NewEncodeInt,
		functions.NewJoin,
		functions.NewParent,
	}
}
