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
	KeystoreFile       types.String `tfsdk:"keystore_file"`
	KeystorePassword   types.String `tfsdk:"keystore_password"`
	TruststoreFile     types.String `tfsdk:"truststore_file"`
	TruststorePassword types.String `tfsdk:"truststore_password"`
	ServerName         types.String `tfsdk:"server_name"`
	VerifyHostname     types.Bool   `tfsdk:"verify_hostname"`
	InsecureSkipVerify types.Bool   `tfsdk:"insecure_skip_verify"`
}

func tlsAttribute() schema.SingleNestedAttribute {
	file := []validator.String{fileValidator}
	pem := []validator.String{pemValidator}
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "Connect with TLS, 1.2 or later. An empty object, `{}`, verifies the servers by the system's roots. What is left out is taken from the environment; " +
			"without `tls`, `ZOOKEEPER_TLS_ENABLED=true` stands for the object itself. Of attributes for the same thing, `ca_file`, `ca_pem` and `truststore_file` say, one is given at most; " +
			"where one is configured, none is taken from the environment.",
		Attributes: map[string]schema.Attribute{
			"ca_file":              schema.StringAttribute{Optional: true, Validators: file, MarkdownDescription: "File with the certificates, in PEM, that the servers' must descend from, instead of the system's roots. Environment: `ZOOKEEPER_TLS_CA_FILE`."},
			"ca_pem":               schema.StringAttribute{Optional: true, Validators: pem, MarkdownDescription: "The same certificates themselves. Environment: `ZOOKEEPER_TLS_CA_PEM`."},
			"cert_file":            schema.StringAttribute{Optional: true, Validators: file, MarkdownDescription: "File with the provider's own certificate, followed by those between it and its root, in PEM, for servers that want one (mutual TLS). Environment: `ZOOKEEPER_TLS_CERT_FILE`."},
			"cert_pem":             schema.StringAttribute{Optional: true, Validators: pem, MarkdownDescription: "The same certificates themselves. Environment: `ZOOKEEPER_TLS_CERT_PEM`."},
			"key_file":             schema.StringAttribute{Optional: true, Validators: file, MarkdownDescription: "File with the private key of the provider's certificate in PEM: PKCS #8, PKCS #1 or SEC 1, encrypted or not, as openssl writes them. Environment: `ZOOKEEPER_TLS_KEY_FILE`."},
			"key_pem":              schema.StringAttribute{Optional: true, Sensitive: true, Validators: pem, MarkdownDescription: "The same key itself. Environment: `ZOOKEEPER_TLS_KEY_PEM`."},
			"key_password":         schema.StringAttribute{Optional: true, Sensitive: true, MarkdownDescription: "Password that the private key is encrypted with. With `keystore_file`, for a key in JKS that has a password other than its store's. Environment: `ZOOKEEPER_TLS_KEY_PASSWORD`."},
			"keystore_file":        schema.StringAttribute{Optional: true, Validators: file, MarkdownDescription: "Java key store, JKS or PKCS #12, with the provider's certificate and one private key. Use it instead of `cert_file` and `key_file`. Environment: `ZOOKEEPER_TLS_KEYSTORE_FILE`."},
			"keystore_password":    schema.StringAttribute{Optional: true, Sensitive: true, MarkdownDescription: "Password of `keystore_file`. Environment: `ZOOKEEPER_TLS_KEYSTORE_PASSWORD`."},
			"truststore_file":      schema.StringAttribute{Optional: true, Validators: file, MarkdownDescription: "Java trust store, JKS or PKCS #12. Use it instead of `ca_file`. Environment: `ZOOKEEPER_TLS_TRUSTSTORE_FILE`."},
			"truststore_password":  schema.StringAttribute{Optional: true, Sensitive: true, MarkdownDescription: "Password of `truststore_file`. Environment: `ZOOKEEPER_TLS_TRUSTSTORE_PASSWORD`."},
			"server_name":          schema.StringAttribute{Optional: true, Validators: []validator.String{serverNameValidator}, MarkdownDescription: "Name that the servers' certificates must have, without a port. Default: the host by which `servers` names each. Environment: `ZOOKEEPER_TLS_SERVER_NAME`."},
			"verify_hostname":      schema.BoolAttribute{Optional: true, MarkdownDescription: "`false` verifies that the servers' certificates descend from the CA, and not that they have the servers' names, as `ssl.hostnameVerification=false` of Java's clients does: for certificates that have a common name alone. Whoever has another certificate of the same CA is taken for a server then, so the CA should give them to nobody else. Environment: `ZOOKEEPER_TLS_VERIFY_HOSTNAME`. Default `true`."},
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
	r.oneOf(at, choice{"ca_file", m.CAFile, &t.CAFile, checkFile}, choice{"ca_pem", m.CAPEM, &t.CAPEM, checkPEM}, choice{"truststore_file", m.TruststoreFile, &t.TruststoreFile, checkFile})
	r.oneOf(at, choice{"cert_file", m.CertFile, &t.CertFile, checkFile}, choice{"cert_pem", m.CertPEM, &t.CertPEM, checkPEM}, choice{"keystore_file", m.KeystoreFile, &t.KeystoreFile, checkFile})
	// A key store has the key, so that the environment has no say in it.
	r.companions(r.has(at.AtName("keystore_file"), t.KeystoreFile), at,
		choice{"keystore_password", m.KeystorePassword, &t.KeystorePassword, anything})
	r.companions(r.has(at.AtName("truststore_file"), t.TruststoreFile), at,
		choice{"truststore_password", m.TruststorePassword, &t.TruststorePassword, anything})
	key := []choice{{"key_file", m.KeyFile, &t.KeyFile, checkFile}, {"key_pem", m.KeyPEM, &t.KeyPEM, checkPEM}}
	if r.has(at.AtName("keystore_file"), t.KeystoreFile) {
		r.configured(at, key...)
		r.configured(at, choice{"key_password", m.KeyPassword, &t.KeyPassword, anything})
		for _, c := range key {
			if *c.to != "" {
				r.conflict(at.AtName(c.name), at.AtName("keystore_file"))
			}
		}
	} else {
		r.oneOf(at, key...)
		r.text(at.AtName("key_password"), m.KeyPassword, &t.KeyPassword, anything)
	}
	r.text(at.AtName("server_name"), m.ServerName, &t.ServerName, checkServerName)
	verifyHostname := true
	r.boolean(at.AtName("verify_hostname"), m.VerifyHostname, &verifyHostname)
	t.SkipHostname = !verifyHostname
	r.boolean(at.AtName("insecure_skip_verify"), m.InsecureSkipVerify, &t.InsecureSkipVerify)
	cfg.TLS = t
	if !r.partial && r.diags.ErrorsCount() == before {
		r.checkTLS(ctx, at, *t)
	}
}

// tlsEnabled reports whether the environment alone asks for TLS.
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
	for _, name := range []string{"cert_file", "cert_pem", "key_file", "key_pem", "key_password", "keystore_file", "keystore_password"} {
		if r.isUnknown(at.AtName(name)) {
			t.CertFile, t.CertPEM, t.KeyFile, t.KeyPEM, t.KeyPassword, t.KeystoreFile, t.KeystorePassword = "", "", "", "", "", "", ""
		}
	}
	for _, name := range []string{"truststore_file", "truststore_password"} {
		if r.isUnknown(at.AtName(name)) {
			t.TruststoreFile, t.TruststorePassword = "", ""
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
		name, advice = "ca_file", "Name a file that this machine can read, with one or more certificates in PEM (-----BEGIN CERTIFICATE-----). A trust store of Java's is named by truststore_file."+orPEM
	case "CAPEM":
		name, advice = "ca_pem", "Give one or more certificates in PEM (-----BEGIN CERTIFICATE-----)."
	case "CertFile":
		name, advice = "cert_file", "Mutual TLS takes both: the certificate (cert_file or cert_pem) followed by those between it and its root, in PEM, and its private key (key_file or key_pem). A key store of Java's, which has both, is named by keystore_file."+orPEM
	case "CertPEM":
		name, advice = "cert_pem", "Give the provider's certificate, followed by those between it and its root, in PEM (-----BEGIN CERTIFICATE-----)."
	case "KeyFile":
		name, advice = "key_file", "Mutual TLS takes both: the certificate (cert_file or cert_pem), and the private key that belongs to it (key_file or key_pem) in PEM."+orPEM
	case "KeyPEM":
		name, advice = "key_pem", "Give the private key that belongs to the certificate in cert_file or cert_pem, in PEM (-----BEGIN PRIVATE KEY-----)."
	case "KeyPassword":
		name, advice = "key_password", "Set key_password, or ZOOKEEPER_TLS_KEY_PASSWORD, to the password that the key in key_file or key_pem is encrypted with, or to that of the key in keystore_file where it has one of its own; leave it out where there is no key."
	case "KeystoreFile":
		name, advice = "keystore_file", "Name a key store in JKS or PKCS #12 with one private key and its certificate, as Java's clients of ZooKeeper have it (ssl.keyStore.location). A certificate and a key in PEM are named by cert_file and key_file."
	case "KeystorePassword":
		name, advice = "keystore_password", "Set keystore_password, or ZOOKEEPER_TLS_KEYSTORE_PASSWORD, to the password of the key store in keystore_file (ssl.keyStore.password of Java's clients); leave it out where there is no key store."
	case "TruststoreFile":
		name, advice = "truststore_file", "Name a trust store in JKS or PKCS #12 with the certificates that the servers' descend from, as Java's clients of ZooKeeper have it (ssl.trustStore.location). Certificates in PEM are named by ca_file."
	case "TruststorePassword":
		name, advice = "truststore_password", "Set truststore_password, or ZOOKEEPER_TLS_TRUSTSTORE_PASSWORD, to the password of the trust store in truststore_file (ssl.trustStore.password of Java's clients); leave it out where there is no trust store."
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
