package provider

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/sasl"
)

type saslModel struct {
	Mechanism           types.String `tfsdk:"mechanism"`
	Username            types.String `tfsdk:"username"`
	Password            types.String `tfsdk:"password"`
	Service             types.String `tfsdk:"service"`
	Hostname            types.String `tfsdk:"hostname"`
	Realm               types.String `tfsdk:"realm"`
	KeytabFile          types.String `tfsdk:"keytab_file"`
	CredentialCacheFile types.String `tfsdk:"credential_cache_file"`
	KRB5ConfFile        types.String `tfsdk:"krb5_conf_file"`
}

func saslAttribute() schema.SingleNestedAttribute {
	file := []validator.String{fileValidator}
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "Authenticate by SASL, on every connection and before anything else, with the mechanism that the servers are configured for. What is left out is taken from the environment; " +
			"without `sasl`, `ZOOKEEPER_SASL_MECHANISM` asks for it.",
		Attributes: map[string]schema.Attribute{
			"mechanism": schema.StringAttribute{Optional: true, Validators: []validator.String{mechanismValidator}, MarkdownDescription: "`DIGEST-MD5`, with a user and a password that the servers know, or `GSSAPI`, which is Kerberos. Environment: `ZOOKEEPER_SASL_MECHANISM`."},
			"username": schema.StringAttribute{Optional: true, MarkdownDescription: "Who the provider is. With `GSSAPI` it is the principal, with or without its realm, as in `terraform/ci` or `terraform@EXAMPLE.COM`; " +
				"a credential cache names it itself. Environment: `ZOOKEEPER_SASL_USERNAME`."},
			"password": schema.StringAttribute{Optional: true, Sensitive: true, MarkdownDescription: "Password of `username`. With `GSSAPI` one of `password`, `keytab_file` and `credential_cache_file` is given at most; " +
				"where one is configured, none of them is taken from the environment. Environment: `ZOOKEEPER_SASL_PASSWORD`."},
			"service": schema.StringAttribute{Optional: true, MarkdownDescription: "Service that the servers are. Environment: `ZOOKEEPER_SASL_SERVICE`. Default `zookeeper`."},
			"hostname": schema.StringAttribute{Optional: true, MarkdownDescription: "Host by which SASL knows the servers. Default: with `GSSAPI` the canonical name of each server's host, which is the second part of its principal; " +
				"with `DIGEST-MD5` `zk-sasl-md5`, as ZooKeeper has it. Environment: `ZOOKEEPER_SASL_HOSTNAME`."},
			"realm":       schema.StringAttribute{Optional: true, MarkdownDescription: "With `GSSAPI` the realm of a `username` without one, by default `default_realm` of krb5.conf; with `DIGEST-MD5` the one of the servers' realms that knows the user, by default the first. Environment: `ZOOKEEPER_SASL_REALM`."},
			"keytab_file": schema.StringAttribute{Optional: true, Validators: file, MarkdownDescription: "Keytab with the keys of `username`, instead of a password. `GSSAPI` only. Environment: `ZOOKEEPER_SASL_KEYTAB_FILE`."},
			"credential_cache_file": schema.StringAttribute{Optional: true, Validators: file, MarkdownDescription: "Credential cache, as kinit writes it, or `DIR:` and the folder of a collection. `GSSAPI` only. Without a password and a keytab the cache is looked for where kinit puts it: at `KRB5CCNAME`, at `default_ccache_name` of krb5.conf, or in `/tmp`. " +
				"Environment: `ZOOKEEPER_SASL_CREDENTIAL_CACHE_FILE`."},
			"krb5_conf_file": schema.StringAttribute{Optional: true, Validators: file, MarkdownDescription: "krb5.conf. `GSSAPI` only. Default: `KRB5_CONFIG`, or `/etc/krb5.conf`. Environment: `ZOOKEEPER_SASL_KRB5_CONF_FILE`."},
		},
	}
}

// sasl takes how to authenticate by SASL, where the configuration or the environment asks
// for it.
func (r *resolver) sasl(ctx context.Context, obj types.Object, cfg *zk.Config) {
	at := path.Root("sasl")
	var m saslModel
	if !r.object(ctx, at, obj, &m) {
		return
	}
	if s, ok := r.lookup(variable(at.AtName("mechanism"))); obj.IsNull() && (!ok || s == "") {
		return
	}
	before := r.diags.ErrorsCount()
	var opts sasl.Options
	var password string
	r.text(at.AtName("mechanism"), m.Mechanism, &opts.Mechanism, checkMechanism)
	r.text(at.AtName("username"), m.Username, &opts.Username, anything)
	r.text(at.AtName("service"), m.Service, &opts.Service, anything)
	r.text(at.AtName("hostname"), m.Hostname, &opts.Hostname, anything)
	r.text(at.AtName("realm"), m.Realm, &opts.Realm, anything)
	kerberos := []choice{
		{"keytab_file", m.KeytabFile, &opts.KeytabFile, checkFile},
		{"credential_cache_file", m.CredentialCacheFile, &opts.CredentialCacheFile, checkFile},
	}
	if m.Mechanism.ValueString() == sasl.DigestMD5 {
		// What the environment has for Kerberos is not meant for this.
		r.text(at.AtName("password"), m.Password, &password, anything)
		r.configured(at, append(kerberos, choice{"krb5_conf_file", m.KRB5ConfFile, &opts.KRB5ConfFile, checkFile})...)
	} else {
		r.oneOf(at, append([]choice{{"password", m.Password, &password, anything}}, kerberos...)...)
		r.text(at.AtName("krb5_conf_file"), m.KRB5ConfFile, &opts.KRB5ConfFile, checkFile)
	}
	opts.Password = sasl.NewSecret(password)
	cfg.SASL = &opts
	if r.diags.ErrorsCount() == before && !r.isUnknown(at) {
		r.checkSASL(ctx, at, opts)
	}
}

// checkSASL checks that the options fit together, and the files. What is missing may still
// come where the environment is not there yet.
func (r *resolver) checkSASL(ctx context.Context, at path.Path, opts sasl.Options) {
	mechanism, err := sasl.New(opts)
	if err == nil && !r.partial {
		_, err = mechanism.Identity(ctx)
	}
	if err == nil {
		return
	}
	option, ok := errors.AsType[*sasl.OptionError](err)
	if !ok {
		r.diags.AddAttributeError(at, "Invalid SASL settings", err.Error())
		return
	}
	name, advice := "", ""
	missing := false
	switch option.Option {
	case "Mechanism":
		name, advice = "mechanism", `Set mechanism, or ZOOKEEPER_SASL_MECHANISM, to "DIGEST-MD5" or "GSSAPI", whichever the servers' JAAS configuration logs in with.`
		missing = opts.Mechanism == ""
	case "Username":
		name, advice = "username", "Set username, or ZOOKEEPER_SASL_USERNAME, to who the provider is to the servers."
		missing = opts.Username == ""
	case "Password":
		name, advice = "password", "Set password, or ZOOKEEPER_SASL_PASSWORD."
		missing = opts.Password.Reveal() == ""
	case "Service":
		name, advice = "service", "Leave service out for zookeeper, which servers are unless their principal says otherwise."
	case "Hostname":
		name, advice = "hostname", "Set hostname to the second part of the servers' principal, or leave it out."
	case "Realm":
		name, advice = "realm", "Set realm, or ZOOKEEPER_SASL_REALM, or write username as name@REALM, or give krb5.conf a default_realm."
	case "KeytabFile":
		name, advice = "keytab_file", "With GSSAPI, name a keytab that this machine can read and that has the keys of username, and give no password and no credential cache. With DIGEST-MD5, leave it out."
	case "CredentialCacheFile":
		name, advice = "credential_cache_file", "With GSSAPI, give a keytab (keytab_file) or a password with username, or a credential cache as kinit writes it; one of the three. With DIGEST-MD5, leave it out."
	case "KRB5ConfFile":
		name, advice = "krb5_conf_file", "With GSSAPI, name a krb5.conf that this machine can read, or leave it out for the system's. With DIGEST-MD5, leave it out."
	}
	if r.partial && (missing || option.Option == "Mechanism") {
		return // it may still come, or its own validator has told
	}
	r.invalid(at.AtName(name), "Invalid SASL settings", option.Err, advice)
}

// checkMechanism refuses what is no mechanism of ZooKeeper's.
func checkMechanism(s string) error {
	if s != sasl.DigestMD5 && s != sasl.GSSAPI {
		return fmt.Errorf("the mechanisms are %s and %s, and not %q", sasl.DigestMD5, sasl.GSSAPI, s)
	}
	return nil
}
