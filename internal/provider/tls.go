package provider

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/zk"
)

// tlsEnabled is the environment variable that stands for a tls without attributes.
const tlsEnabled = "ZOOKEEPER_TLS_ENABLED"

type tlsModel struct {
	CAFile             types.String `tfsdk:"ca_file"`
	CAPEM              types.String `tfsdk:"ca_pem"`
	CertFile           types.String `tfsdk:"cert_file"`
	CertPEM            types.String `tfsdk:"cert_pem"`
	KeyFile            types.String `tfsdk:"key_file"`
	KeyPEM             types.String `tfsdk:"key_pem"`
	KeyPassword        types.String `tfsdk:"key_password"`
	ServerName         types.String `tfsdk:"server_name"`
	InsecureSkipVerify types.Bool   `tfsdk:"insecure_skip_verify"`
}

func tlsAttribute() schema.SingleNestedAttribute {
	file := []validator.String{fileValidator}
	pem := []validator.String{pemValidator}
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "Connect with TLS, 1.2 or later. An empty object, `{}`, verifies the servers by the system's roots. What is left out is taken from the environment; " +
			"without `tls`, `ZOOKEEPER_TLS_ENABLED=true` stands for the object itself. Of two attributes for the same thing, `ca_file` and `ca_pem` say, one is given at most; " +
			"where one is configured, neither is taken from the environment.",
		Attributes: map[string]schema.Attribute{
			"ca_file":              schema.StringAttribute{Optional: true, Validators: file, MarkdownDescription: "File with the certificates, in PEM, that the servers' must descend from, in the place of the system's roots. Environment: `ZOOKEEPER_TLS_CA_FILE`."},
			"ca_pem":               schema.StringAttribute{Optional: true, Validators: pem, MarkdownDescription: "The same certificates themselves. Environment: `ZOOKEEPER_TLS_CA_PEM`."},
			"cert_file":            schema.StringAttribute{Optional: true, Validators: file, MarkdownDescription: "File with the provider's own certificate and, behind it, those between it and its root, in PEM, for servers that want one (mutual TLS). Environment: `ZOOKEEPER_TLS_CERT_FILE`."},
			"cert_pem":             schema.StringAttribute{Optional: true, Validators: pem, MarkdownDescription: "The same certificates themselves. Environment: `ZOOKEEPER_TLS_CERT_PEM`."},
			"key_file":             schema.StringAttribute{Optional: true, Validators: file, MarkdownDescription: "File with the private key of the provider's certificate in PEM: PKCS #8, PKCS #1 or SEC 1, encrypted or not. Environment: `ZOOKEEPER_TLS_KEY_FILE`."},
			"key_pem":              schema.StringAttribute{Optional: true, Sensitive: true, Validators: pem, MarkdownDescription: "The same key itself. Environment: `ZOOKEEPER_TLS_KEY_PEM`."},
			"key_password":         schema.StringAttribute{Optional: true, Sensitive: true, MarkdownDescription: "Password that the private key is encrypted with. Environment: `ZOOKEEPER_TLS_KEY_PASSWORD`."},
			"server_name":          schema.StringAttribute{Optional: true, Validators: []validator.String{serverNameValidator}, MarkdownDescription: "Name that the servers' certificates must have, without a port. Default: the host by which `servers` names each. Environment: `ZOOKEEPER_TLS_SERVER_NAME`."},
			"insecure_skip_verify": schema.BoolAttribute{Optional: true, MarkdownDescription: "Accept any certificate: whoever can get in between reads and changes everything, and a warning says so. For tests. Environment: `ZOOKEEPER_TLS_INSECURE_SKIP_VERIFY`. Default `false`."},
		},
	}
}

// tls takes how to speak TLS, where the configuration or the environment asks for it.
func (r *resolver) tls(ctx context.Context, obj types.Object, cfg *zk.Config) {
	at := path.Root("tls")
	var m tlsModel
	if !r.object(ctx, at, obj, &m) || obj.IsNull() && !r.tlsEnabled(at) {
		return
	}
	before := r.diags.ErrorsCount()
	t := new(zk.TLS)
	r.oneOf(at, choice{"ca_file", m.CAFile, &t.CAFile, checkFile}, choice{"ca_pem", m.CAPEM, &t.CAPEM, checkPEM})
	r.oneOf(at, choice{"cert_file", m.CertFile, &t.CertFile, checkFile}, choice{"cert_pem", m.CertPEM, &t.CertPEM, checkPEM})
	r.oneOf(at, choice{"key_file", m.KeyFile, &t.KeyFile, checkFile}, choice{"key_pem", m.KeyPEM, &t.KeyPEM, checkPEM})
	r.text(at.AtName("key_password"), m.KeyPassword, &t.KeyPassword, anything)
	r.text(at.AtName("server_name"), m.ServerName, &t.ServerName, checkServerName)
	r.boolean(at.AtName("insecure_skip_verify"), m.InsecureSkipVerify, &t.InsecureSkipVerify)
	cfg.TLS = t
	if !r.partial && r.diags.ErrorsCount() == before {
		r.checkTLS(ctx, at, *t)
	}
}

// tlsEnabled tells whether the environment alone asks for TLS.
func (r *resolver) tlsEnabled(at path.Path) bool {
	s, ok := r.lookup(tlsEnabled)
	if !ok || s == "" {
		return false
	}
	enabled, err := parseBool(s)
	if err != nil {
		r.diags.AddAttributeError(at, "Invalid environment variable "+tlsEnabled, tlsEnabled+": "+err.Error()+".")
	}
	return enabled
}

// checkTLS checks what is known: the files, and whether certificate, key and password
// belong together.
func (r *resolver) checkTLS(ctx context.Context, at path.Path, t zk.TLS) {
	for _, name := range []string{"cert_file", "cert_pem", "key_file", "key_pem", "key_password"} {
		if r.isUnknown(at.AtName(name)) {
			t.CertFile, t.CertPEM, t.KeyFile, t.KeyPEM, t.KeyPassword = "", "", "", "", ""
		}
	}
	_, err := t.Subject(ctx)
	if err == nil {
		return
	}
	option, ok := errors.AsType[*zk.TLSOptionError](err)
	if !ok {
		r.diags.AddAttributeError(at, "Invalid TLS settings", err.Error())
		return
	}
	const orPEM = " If another resource makes it, give its content to the attribute that ends in _pem: what is not known yet is waited for, and a file is not."
	name, advice := "", ""
	switch option.Field {
	case "CAFile":
		name, advice = "ca_file", "Name a file that this machine can read, with one or more certificates in PEM (-----BEGIN CERTIFICATE-----)."+orPEM
	case "CAPEM":
		name, advice = "ca_pem", "Give one or more certificates in PEM (-----BEGIN CERTIFICATE-----)."
	case "CertFile":
		name, advice = "cert_file", "Mutual TLS takes both: the certificate (cert_file or cert_pem) with those between it and its root behind it, in PEM, and its private key (key_file or key_pem)."+orPEM
	case "CertPEM":
		name, advice = "cert_pem", "Give the provider's certificate, and behind it those between it and its root, in PEM (-----BEGIN CERTIFICATE-----)."
	case "KeyFile":
		name, advice = "key_file", "Mutual TLS takes both: the certificate (cert_file or cert_pem), and the private key that belongs to it (key_file or key_pem) in PEM."+orPEM
	case "KeyPEM":
		name, advice = "key_pem", "Give the private key that belongs to the certificate in cert_file or cert_pem, in PEM (-----BEGIN PRIVATE KEY-----)."
	case "KeyPassword":
		name, advice = "key_password", "Set key_password, or ZOOKEEPER_TLS_KEY_PASSWORD, to the password that the key in key_file or key_pem is encrypted with; leave it out where there is no key."
	}
	r.invalid(at.AtName(name), "Invalid TLS settings", option.Err, advice)
}

// checkServerName refuses what is no name of a host, such as one with a port.
func checkServerName(s string) error {
	if net.ParseIP(s) == nil && strings.ContainsAny(s, ":/ ,") {
		return errors.New("this is the name of a host, or an address, as certificates have it: without a port, and one for all servers")
	}
	return nil
}
