package provider

import (
	"crypto/x509"
	"encoding/pem"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	fwattr "github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"go.step.sm/crypto/pemutil"
	"software.sslmate.com/src/go-pkcs12"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/sasl"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// secret is what no error may show.
const secret = "correct-horse-battery"

// object is an object as a configuration has it. What is left out is null; the text "?"
// stands for an unknown value.
func object(t *testing.T, a schema.SingleNestedAttribute, values map[string]any) types.Object {
	t.Helper()
	attributes := make(map[string]fwattr.Value)
	for name, sub := range a.Attributes {
		var value any // null
		if v, ok := values[name]; ok {
			value = v
		}
		if v, ok := value.(fwattr.Value); ok {
			attributes[name] = v
			continue
		}
		if value == "?" {
			value = tftypes.UnknownValue
		}
		typ := sub.GetType()
		raw := tftypes.NewValue(typ.TerraformType(t.Context()), value)
		v, err := typ.ValueFromTerraform(t.Context(), raw)
		if err != nil {
			t.Fatal(err)
		}
		attributes[name] = v
	}
	for name := range values {
		if _, ok := a.Attributes[name]; !ok {
			t.Fatalf("there is no attribute %s", name)
		}
	}
	typ, ok := a.GetType().(types.ObjectType)
	if !ok {
		t.Fatalf("the attribute is of type %T", a.GetType())
	}
	return types.ObjectValueMust(typ.AttrTypes, attributes)
}

// identities is the list of the attribute auth, from "scheme|credential". "?" stands for an
// unknown value, of a field and of an element.
func identities(t *testing.T, entries ...string) types.List {
	t.Helper()
	element := types.ObjectType{AttrTypes: map[string]fwattr.Type{"scheme": types.StringType, "credential": types.StringType}}
	value := func(s string) types.String {
		if s == "?" {
			return types.StringUnknown()
		}
		return types.StringValue(s)
	}
	var elements []fwattr.Value
	for _, e := range entries {
		scheme, credential, found := strings.Cut(e, "|")
		if !found {
			elements = append(elements, types.ObjectUnknown(element.AttrTypes))
			continue
		}
		elements = append(elements, types.ObjectValueMust(element.AttrTypes, map[string]fwattr.Value{"scheme": value(scheme), "credential": value(credential)}))
	}
	return types.ListValueMust(element, elements)
}

// certificates are those of one authority, and files that hold them.
type certificates struct {
	ca, cert, key, encrypted string // PEM; the latter's password is the secret
	otherKey, otherCert      string
	dir                      string
}

func newCertificates(t *testing.T) certificates {
	t.Helper()
	a := zktest.NewAuthority(t)
	key, cert := a.Sign(t, zktest.ServerCertificate(time.Time{}))
	otherKey, otherCert := a.Sign(t, zktest.ServerCertificate(time.Time{}))
	block, err := pemutil.Serialize(key, pemutil.WithPKCS8(true), pemutil.WithPassword([]byte(secret)))
	if err != nil {
		t.Fatal(err)
	}
	c := certificates{
		ca: zktest.CertPEM(a.Cert), cert: zktest.CertPEM(cert), key: zktest.KeyPEM(t, key), encrypted: string(pem.EncodeToMemory(block)),
		otherKey: zktest.KeyPEM(t, otherKey), otherCert: zktest.CertPEM(otherCert), dir: t.TempDir(),
	}
	keystore, err := pkcs12.Modern.Encode(key, cert, nil, secret)
	if err != nil {
		t.Fatal(err)
	}
	truststore, err := pkcs12.Modern.EncodeTrustStore([]*x509.Certificate{a.Cert}, secret)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"key.p12": string(keystore), "trust.p12": string(truststore), "ca": c.ca, "cert": c.cert, "key": c.key, "encrypted": c.encrypted, "empty": "", "garbage": "garbage"} {
		if err := os.WriteFile(c.file(name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func (c certificates) file(name string) string { return filepath.Join(c.dir, name) }

// resolved is what a configuration comes to where nothing is wrong with it.
func resolved(t *testing.T, m *model, variables map[string]string) (zk.Config, []string) {
	t.Helper()
	if diags := m.validate(t.Context()); diags.HasError() {
		t.Errorf("validation: %v", diags)
	}
	cfg, unknown, diags := m.resolve(t.Context(), env(variables))
	if diags.HasError() {
		t.Errorf("%v", diags)
	}
	return cfg.Config, unknown
}

// An invalid is a configuration with one error.
type invalid struct {
	model     *model
	env       map[string]string
	attribute string // that the error is at
	want      string // in its detail
	// static tells that the error does not take the environment and files to be seen.
	static bool
}

func (tc invalid) check(t *testing.T) {
	t.Helper()
	_, _, diags := tc.model.resolve(t.Context(), env(tc.env))
	checkAt(t, diags, tc.attribute, tc.want)
	if static := tc.model.validate(t.Context()); tc.static {
		checkAt(t, static, tc.attribute, tc.want)
	} else if static.HasError() {
		t.Errorf("validation knows more than it can: %v", static)
	}
}

// checkAt checks that there is one error, at the attribute, with the text and without a
// secret.
func checkAt(t *testing.T, diags diag.Diagnostics, attribute, want string) {
	t.Helper()
	if len(diags) != 1 || !strings.Contains(diags[0].Detail(), want) {
		t.Fatalf("got %v, want one error with %q", diags, want)
	}
	if at, ok := diags[0].(diag.DiagnosticWithPath); !ok || at.Path().String() != attribute {
		t.Errorf("%v is not at %s", diags[0], attribute)
	}
	for _, text := range []string{secret, "PRIVATE KEY-----\n"} {
		if strings.Contains(diags[0].Detail()+diags[0].Summary(), text) {
			t.Errorf("the error shows a secret: %s", diags[0].Detail())
		}
	}
}

func TestResolveTLS(t *testing.T) {
	t.Parallel()
	c := newCertificates(t)
	tls := func(values map[string]any) *model {
		return blank(func(m *model) { m.TLS = object(t, tlsAttribute(), values) })
	}
	files := map[string]string{
		"ZOOKEEPER_TLS_CA_FILE": c.file("ca"), "ZOOKEEPER_TLS_CERT_FILE": c.file("cert"), "ZOOKEEPER_TLS_KEY_FILE": c.file("key"), "ZOOKEEPER_TLS_KEY_PASSWORD": secret,
		"ZOOKEEPER_TLS_SERVER_NAME": "zk.example.com", "ZOOKEEPER_TLS_INSECURE_SKIP_VERIFY": "true",
	}
	enabled := maps.Clone(files)
	enabled["ZOOKEEPER_TLS_ENABLED"] = "true"
	fromFiles := &zk.TLS{CAFile: c.file("ca"), CertFile: c.file("cert"), KeyFile: c.file("key"), KeyPassword: secret, ServerName: "zk.example.com", InsecureSkipVerify: true}
	for name, tt := range map[string]struct {
		model   *model
		env     map[string]string
		want    *zk.TLS
		unknown []string
	}{
		"none":                     {blank(), files, nil, nil},
		"switched off":             {blank(), map[string]string{"ZOOKEEPER_TLS_ENABLED": "false"}, nil, nil},
		"by the environment alone": {blank(), enabled, fromFiles, nil},
		"the system's roots":       {tls(nil), nil, &zk.TLS{}, nil},
		"stores": {
			tls(map[string]any{"keystore_file": c.file("key.p12"), "truststore_file": c.file("trust.p12")}),
			map[string]string{
				"ZOOKEEPER_TLS_KEYSTORE_PASSWORD": secret, "ZOOKEEPER_TLS_TRUSTSTORE_PASSWORD": secret,
				"ZOOKEEPER_TLS_CERT_FILE": "/nowhere", "ZOOKEEPER_TLS_KEY_FILE": "/nowhere", "ZOOKEEPER_TLS_KEY_PASSWORD": "x", "ZOOKEEPER_TLS_CA_FILE": "/nowhere",
			},
			&zk.TLS{KeystoreFile: c.file("key.p12"), KeystorePassword: secret, TruststoreFile: c.file("trust.p12"), TruststorePassword: secret}, nil,
		},
		"the chain alone":                    {tls(map[string]any{"verify_hostname": false}), nil, &zk.TLS{SkipHostname: true}, nil},
		"the chain alone by the environment": {blank(), map[string]string{"ZOOKEEPER_TLS_ENABLED": "true", "ZOOKEEPER_TLS_VERIFY_HOSTNAME": "false"}, &zk.TLS{SkipHostname: true}, nil},
		"the name as well":                   {tls(map[string]any{"verify_hostname": true}), map[string]string{"ZOOKEEPER_TLS_VERIFY_HOSTNAME": "false"}, &zk.TLS{}, nil},
		"stores by the environment": {
			blank(),
			map[string]string{
				"ZOOKEEPER_TLS_ENABLED": "true", "ZOOKEEPER_TLS_KEYSTORE_FILE": c.file("key.p12"), "ZOOKEEPER_TLS_KEYSTORE_PASSWORD": secret,
				"ZOOKEEPER_TLS_TRUSTSTORE_FILE": c.file("trust.p12"), "ZOOKEEPER_TLS_TRUSTSTORE_PASSWORD": secret,
			},
			&zk.TLS{KeystoreFile: c.file("key.p12"), KeystorePassword: secret, TruststoreFile: c.file("trust.p12"), TruststorePassword: secret}, nil,
		},
		"PEM, whatever stores there are": {
			tls(map[string]any{"cert_pem": c.cert, "key_pem": c.key, "ca_pem": c.ca}),
			map[string]string{"ZOOKEEPER_TLS_KEYSTORE_FILE": "/nowhere", "ZOOKEEPER_TLS_KEYSTORE_PASSWORD": "x", "ZOOKEEPER_TLS_TRUSTSTORE_FILE": "/nowhere", "ZOOKEEPER_TLS_TRUSTSTORE_PASSWORD": "x"},
			&zk.TLS{CertPEM: c.cert, KeyPEM: c.key, CAPEM: c.ca}, nil,
		},
		"stores whose passwords come late": {
			tls(map[string]any{"keystore_file": c.file("key.p12"), "keystore_password": "?", "truststore_file": c.file("trust.p12"), "truststore_password": "?"}), nil,
			&zk.TLS{KeystoreFile: c.file("key.p12"), TruststoreFile: c.file("trust.p12")},
			[]string{"tls.keystore_password", "tls.truststore_password"},
		},
		"an object, whatever is said":  {tls(nil), map[string]string{"ZOOKEEPER_TLS_ENABLED": "false"}, &zk.TLS{}, nil},
		"completed by the environment": {tls(nil), files, fromFiles, nil},
		"in HCL, over the environment": {
			tls(map[string]any{"ca_pem": c.ca, "cert_pem": c.cert, "key_pem": c.encrypted, "key_password": secret, "server_name": "zk", "insecure_skip_verify": false}),
			map[string]string{
				"ZOOKEEPER_TLS_CA_FILE": "/nowhere", "ZOOKEEPER_TLS_CERT_FILE": "/nowhere", "ZOOKEEPER_TLS_KEY_FILE": "/nowhere", "ZOOKEEPER_TLS_KEY_PASSWORD": "x",
				"ZOOKEEPER_TLS_SERVER_NAME": "x:1", "ZOOKEEPER_TLS_INSECURE_SKIP_VERIFY": "x",
			},
			&zk.TLS{CAPEM: c.ca, CertPEM: c.cert, KeyPEM: c.encrypted, KeyPassword: secret, ServerName: "zk"}, nil,
		},
		"inline by the environment": {
			blank(),
			map[string]string{"ZOOKEEPER_TLS_ENABLED": "1", "ZOOKEEPER_TLS_CA_PEM": c.ca, "ZOOKEEPER_TLS_CERT_PEM": c.cert, "ZOOKEEPER_TLS_KEY_PEM": c.key},
			&zk.TLS{CAPEM: c.ca, CertPEM: c.cert, KeyPEM: c.key}, nil,
		},
		"the key by the environment": {
			tls(map[string]any{"cert_file": c.file("cert")}), map[string]string{"ZOOKEEPER_TLS_KEY_PEM": c.key}, &zk.TLS{CertFile: c.file("cert"), KeyPEM: c.key}, nil,
		},
		"nothing, whatever the environment says": {
			tls(map[string]any{"ca_file": "", "cert_pem": "", "key_file": "", "key_password": "", "server_name": "", "insecure_skip_verify": false}), files, &zk.TLS{}, nil,
		},
		"unknown": {
			blank(func(m *model) {
				m.TLS = types.ObjectUnknown(nil)
			}), enabled, nil, []string{"tls"},
		},
		"unknown inside": {
			tls(map[string]any{"ca_file": c.file("ca"), "cert_pem": "?", "key_file": c.file("garbage"), "key_password": "?", "insecure_skip_verify": "?"}), files,
			&zk.TLS{CAFile: c.file("ca"), KeyFile: c.file("garbage"), ServerName: "zk.example.com"},
			[]string{"tls.cert_pem", "tls.key_password", "tls.insecure_skip_verify"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, unknown := resolved(t, tt.model, tt.env)
			if (cfg.TLS == nil) != (tt.want == nil) || cfg.TLS != nil && *cfg.TLS != *tt.want || !slices.Equal(unknown, tt.unknown) {
				t.Errorf("got  %+v, unknown %q\nwant %+v, unknown %q", cfg.TLS, unknown, tt.want, tt.unknown)
			}
		})
	}
	on := func(variables ...string) map[string]string {
		m := map[string]string{"ZOOKEEPER_TLS_ENABLED": "true"}
		for i := 0; i < len(variables); i += 2 {
			m[variables[i]] = variables[i+1]
		}
		return m
	}
	for name, tc := range map[string]invalid{
		"neither on nor off":        {blank(), map[string]string{"ZOOKEEPER_TLS_ENABLED": "perhaps"}, "tls", `ZOOKEEPER_TLS_ENABLED: "perhaps" is neither true nor false`, false},
		"CA twice":                  {tls(map[string]any{"ca_file": c.file("ca"), "ca_pem": c.ca}), nil, "tls.ca_pem", "tls.ca_file and tls.ca_pem are there for the same thing", true},
		"CA twice by environment":   {tls(nil), map[string]string{"ZOOKEEPER_TLS_CA_FILE": c.file("ca"), "ZOOKEEPER_TLS_CA_PEM": c.ca}, "tls.ca_pem", "ZOOKEEPER_TLS_CA_FILE and ZOOKEEPER_TLS_CA_PEM are there for the same thing", false},
		"key twice":                 {tls(map[string]any{"key_file": c.file("key"), "key_pem": c.key}), nil, "tls.key_pem", "Keep one of them", true},
		"no CA file":                {tls(map[string]any{"ca_file": "/nowhere/ca.pem"}), nil, "tls.ca_file", "tls.ca_file: there is no such file, and its folder is not there either.\n\nName a file", false},
		"no CA file, variable":      {blank(), on("ZOOKEEPER_TLS_CA_FILE", "/nowhere/ca.pem"), "tls.ca_file", "ZOOKEEPER_TLS_CA_FILE, which stands for tls.ca_file: there is no such file", false},
		"CA is a folder":            {tls(map[string]any{"ca_file": c.dir}), nil, "tls.ca_file", "is a folder, and not a regular file", false},
		"CA file is empty":          {tls(map[string]any{"ca_file": c.file("empty")}), nil, "tls.ca_file", "no certificate in PEM", false},
		"CA file is a key":          {tls(map[string]any{"ca_file": c.file("key")}), nil, "tls.ca_file", "no certificate in PEM", false},
		"CA is a key":               {tls(map[string]any{"ca_pem": c.key}), nil, "tls.ca_pem", "no certificate in PEM", false},
		"CA is a path":              {blank(), on("ZOOKEEPER_TLS_CA_PEM", c.file("ca")), "tls.ca_pem", "a file is named by the attribute that ends in _file", false},
		"key file is a key":         {blank(), on("ZOOKEEPER_TLS_KEY_FILE", c.key), "tls.key_file", "looks like the content of one", false},
		"no certificate file":       {tls(map[string]any{"cert_file": "/nowhere/cert.pem", "key_file": c.file("key")}), nil, "tls.cert_file", "there is no such file", false},
		"certificate of garbage":    {tls(map[string]any{"cert_file": c.file("garbage"), "key_file": c.file("key")}), nil, "tls.cert_file", "no certificate in PEM", false},
		"certificate alone":         {tls(map[string]any{"cert_pem": c.cert}), nil, "tls.key_file", "there is a certificate and no key.\n\nMutual TLS takes both", false},
		"key alone":                 {tls(map[string]any{"key_file": c.file("key")}), nil, "tls.cert_file", "there is a key and no certificate.\n\nMutual TLS takes both", false},
		"password alone":            {tls(map[string]any{"key_password": secret}), nil, "tls.key_password", "there is a key password and no key", false},
		"no key file":               {tls(map[string]any{"cert_pem": c.cert, "key_file": "/nowhere/key.pem"}), nil, "tls.key_file", "there is no such file", false},
		"key of garbage":            {tls(map[string]any{"cert_pem": c.cert, "key_file": c.file("garbage")}), nil, "tls.key_file", "no private key in PEM", false},
		"another's key":             {tls(map[string]any{"cert_pem": c.cert, "key_pem": c.otherKey}), nil, "tls.key_pem", "does not match", false},
		"another's certificate":     {tls(map[string]any{"cert_pem": c.otherCert, "key_file": c.file("key")}), nil, "tls.key_file", "does not match", false},
		"no key password":           {tls(map[string]any{"cert_pem": c.cert, "key_pem": c.encrypted}), nil, "tls.key_password", "there is no key password.\n\nSet key_password, or ZOOKEEPER_TLS_KEY_PASSWORD", false},
		"wrong key password":        {tls(map[string]any{"cert_pem": c.cert, "key_file": c.file("encrypted"), "key_password": secret + "!"}), nil, "tls.key_password", "the key password is wrong", false},
		"key store and key":         {tls(map[string]any{"keystore_file": c.file("key.p12"), "key_pem": c.key}), nil, "tls.key_pem", "tls.keystore_file and tls.key_pem are there for the same thing", true},
		"key store and certificate": {tls(map[string]any{"keystore_file": c.file("key.p12"), "cert_pem": c.cert}), nil, "tls.keystore_file", "tls.cert_pem and tls.keystore_file are there for the same thing", true},
		"trust store and CA":        {tls(map[string]any{"truststore_file": c.file("trust.p12"), "ca_pem": c.ca}), nil, "tls.truststore_file", "tls.ca_pem and tls.truststore_file are there for the same thing", true},
		"no key store":              {tls(map[string]any{"keystore_password": secret}), nil, "tls.keystore_password", "there is a key store password and no key store", false},
		"no trust store":            {tls(map[string]any{"truststore_password": secret}), nil, "tls.truststore_password", "there is a trust store password and no trust store", false},
		"a key store's password":    {tls(map[string]any{"keystore_file": c.file("key.p12"), "keystore_password": secret + "!"}), nil, "tls.keystore_password", "the key store password is wrong.\n\nSet keystore_password, or ZOOKEEPER_TLS_KEYSTORE_PASSWORD", false},
		"a trust store's password":  {tls(map[string]any{"truststore_file": c.file("trust.p12")}), nil, "tls.truststore_password", "there is no trust store password.\n\nSet truststore_password, or ZOOKEEPER_TLS_TRUSTSTORE_PASSWORD", false},
		"PEM for a key store":       {tls(map[string]any{"keystore_file": c.file("key")}), nil, "tls.keystore_file", "it is PEM, and no key store in JKS or PKCS #12.\n\nName a key store", false},
		"a key store for a CA":      {tls(map[string]any{"ca_file": c.file("trust.p12")}), nil, "tls.ca_file", "but a store in PKCS #12", false},
		"a trust store of garbage":  {tls(map[string]any{"truststore_file": c.file("garbage")}), nil, "tls.truststore_file", "it is no key store in JKS or PKCS #12", false},
		"server name with a port":   {blank(), on("ZOOKEEPER_TLS_SERVER_NAME", "zk.example.com:2281"), "tls.server_name", "without a port", false},
		"neither true nor false":    {blank(), on("ZOOKEEPER_TLS_INSECURE_SKIP_VERIFY", "yes!"), "tls.insecure_skip_verify", `"yes!" is neither true nor false`, false},
		// What is known is checked even where the rest is not.
		"CA beside an unknown key": {tls(map[string]any{"ca_file": "/nowhere/ca.pem", "cert_pem": c.cert, "key_pem": "?"}), nil, "tls.ca_file", "there is no such file", false},
	} {
		t.Run(name, func(t *testing.T) { tc.check(t) })
	}
}

func TestResolveSASL(t *testing.T) {
	conf := filepath.Join(t.TempDir(), "krb5.conf")
	if err := os.WriteFile(conf, []byte("[libdefaults]\ndefault_realm = HOME\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KRB5_CONFIG", "/nowhere/krb5.conf")
	t.Setenv("KRB5CCNAME", "/nowhere/krb5cc")
	with := func(values map[string]any) *model {
		return blank(func(m *model) { m.SASL = object(t, saslAttribute(), values) })
	}
	digest := sasl.Options{Mechanism: "DIGEST-MD5", Username: "alice", Password: sasl.NewSecret(secret), Service: "zk", Hostname: "host", Realm: "realm"}
	byVariables := map[string]string{
		"ZOOKEEPER_SASL_MECHANISM": "DIGEST-MD5", "ZOOKEEPER_SASL_USERNAME": "alice", "ZOOKEEPER_SASL_PASSWORD": secret, "ZOOKEEPER_SASL_SERVICE": "zk",
		"ZOOKEEPER_SASL_HOSTNAME": "host", "ZOOKEEPER_SASL_REALM": "realm",
	}
	for name, tt := range map[string]struct {
		model   *model
		env     map[string]string
		want    *sasl.Options
		unknown []string
	}{
		"none":                     {blank(), map[string]string{"ZOOKEEPER_SASL_PASSWORD": secret}, nil, nil},
		"by the environment alone": {blank(), byVariables, &digest, nil},
		"in HCL, over the environment": {
			with(map[string]any{"mechanism": "DIGEST-MD5", "username": "alice", "password": secret, "service": "zk", "hostname": "host", "realm": "realm"}),
			map[string]string{
				"ZOOKEEPER_SASL_MECHANISM": "x", "ZOOKEEPER_SASL_USERNAME": "x", "ZOOKEEPER_SASL_PASSWORD": "x", "ZOOKEEPER_SASL_SERVICE": "x", "ZOOKEEPER_SASL_HOSTNAME": "x", "ZOOKEEPER_SASL_REALM": "x",
				// Meant for Kerberos, so not for this.
				"ZOOKEEPER_SASL_KEYTAB_FILE": "x", "ZOOKEEPER_SASL_CREDENTIAL_CACHE_FILE": "x", "ZOOKEEPER_SASL_KRB5_CONF_FILE": "x",
			},
			&digest, nil,
		},
		"the password by the environment": {
			with(map[string]any{"mechanism": "DIGEST-MD5", "username": "alice"}),
			map[string]string{"ZOOKEEPER_SASL_PASSWORD": secret},
			&sasl.Options{Mechanism: "DIGEST-MD5", Username: "alice", Password: sasl.NewSecret(secret)}, nil,
		},
		"Kerberos": {
			with(map[string]any{"mechanism": "GSSAPI", "username": "alice", "password": secret, "krb5_conf_file": conf}),
			// One of the three is configured, so that the others are not looked at.
			map[string]string{"ZOOKEEPER_SASL_KEYTAB_FILE": "x", "ZOOKEEPER_SASL_CREDENTIAL_CACHE_FILE": "x", "ZOOKEEPER_SASL_KRB5_CONF_FILE": "x"},
			&sasl.Options{Mechanism: "GSSAPI", Username: "alice", Password: sasl.NewSecret(secret), KRB5ConfFile: conf}, nil,
		},
		"Kerberos by the environment": {
			blank(),
			map[string]string{"ZOOKEEPER_SASL_MECHANISM": "GSSAPI", "ZOOKEEPER_SASL_USERNAME": "alice@HOME", "ZOOKEEPER_SASL_PASSWORD": secret},
			&sasl.Options{Mechanism: "GSSAPI", Username: "alice@HOME", Password: sasl.NewSecret(secret)}, nil,
		},
		"unknown":           {blank(func(m *model) { m.SASL = types.ObjectUnknown(nil) }), byVariables, nil, []string{"sasl"}},
		"unknown password":  {with(map[string]any{"mechanism": "DIGEST-MD5", "password": "?"}), nil, &sasl.Options{Mechanism: "DIGEST-MD5"}, []string{"sasl.password"}},
		"unknown mechanism": {with(map[string]any{"mechanism": "?", "keytab_file": "/nowhere"}), nil, &sasl.Options{KeytabFile: "/nowhere"}, []string{"sasl.mechanism"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, unknown := resolved(t, tt.model, tt.env)
			if !sameSASL(cfg.SASL, tt.want) || !slices.Equal(unknown, tt.unknown) {
				t.Errorf("got  %+v, unknown %q\nwant %+v, unknown %q", cfg.SASL, unknown, tt.want, tt.unknown)
			}
		})
	}
	kerberos := func(values map[string]any) *model {
		values["mechanism"] = "GSSAPI"
		return with(values)
	}
	for name, tc := range map[string]invalid{
		"no mechanism":             {with(nil), nil, "sasl.mechanism", `there is no mechanism: the mechanisms are DIGEST-MD5 and GSSAPI.` + "\n\nSet mechanism, or ZOOKEEPER_SASL_MECHANISM", false},
		"unknown mechanism":        {blank(), map[string]string{"ZOOKEEPER_SASL_MECHANISM": "PLAIN"}, "sasl.mechanism", `ZOOKEEPER_SASL_MECHANISM, which stands for sasl.mechanism: the mechanisms are DIGEST-MD5 and GSSAPI, and not "PLAIN"`, false},
		"digest of nobody":         {with(map[string]any{"mechanism": "DIGEST-MD5", "password": secret}), nil, "sasl.username", "there is no username.\n\nSet username, or ZOOKEEPER_SASL_USERNAME", false},
		"digest without password":  {with(map[string]any{"mechanism": "DIGEST-MD5", "username": "alice"}), nil, "sasl.password", "there is no password.\n\nSet password, or ZOOKEEPER_SASL_PASSWORD", false},
		"digest with a keytab":     {with(map[string]any{"mechanism": "DIGEST-MD5", "keytab_file": "/f"}), nil, "sasl.keytab_file", "for GSSAPI, not for DIGEST-MD5", true},
		"digest with a cache":      {with(map[string]any{"mechanism": "DIGEST-MD5", "credential_cache_file": "/f"}), nil, "sasl.credential_cache_file", "With DIGEST-MD5, leave it out", true},
		"digest with krb5.conf":    {with(map[string]any{"mechanism": "DIGEST-MD5", "krb5_conf_file": "/f"}), nil, "sasl.krb5_conf_file", "With DIGEST-MD5, leave it out", true},
		"both by the environment":  {blank(), map[string]string{"ZOOKEEPER_SASL_MECHANISM": "DIGEST-MD5", "ZOOKEEPER_SASL_USERNAME": "a", "ZOOKEEPER_SASL_KEYTAB_FILE": "/f"}, "sasl.keytab_file", "ZOOKEEPER_SASL_KEYTAB_FILE, which stands for sasl.keytab_file: a keytab", false},
		"a control character":      {with(map[string]any{"mechanism": "DIGEST-MD5", "username": "alice", "password": secret + "\n"}), nil, "sasl.password", "has control characters", true},
		"Kerberos without a cache": {kerberos(map[string]any{}), nil, "sasl.credential_cache_file", "the credential cache that KRB5CCNAME names is not there: run kinit, or configure a password or a keytab.\n\nWith GSSAPI, give a keytab", false},
		"Kerberos of nobody":       {kerberos(map[string]any{"keytab_file": "/nowhere/keytab"}), nil, "sasl.username", "takes a username with a password or a keytab", false},
		"no keytab":                {kerberos(map[string]any{"username": "alice", "realm": "HOME", "keytab_file": "/nowhere/keytab"}), nil, "sasl.keytab_file", "the keytab: there is no such file", false},
		"a keytab that is none":    {kerberos(map[string]any{"username": "alice@HOME", "keytab_file": conf}), nil, "sasl.keytab_file", "is not a keytab, or is damaged", false},
		"no realm":                 {kerberos(map[string]any{"username": "alice", "password": secret}), nil, "sasl.realm", `the realm of "alice" is not known`, false},
		"two realms":               {kerberos(map[string]any{"username": "alice@HOME", "realm": "AWAY", "password": secret}), nil, "sasl.realm", `the realm is "AWAY"`, true},
		"no krb5.conf":             {kerberos(map[string]any{"username": "alice", "password": secret, "krb5_conf_file": "/nowhere/krb5.conf"}), nil, "sasl.krb5_conf_file", "krb5.conf: there is no such file", false},
		"keytab and cache":         {kerberos(map[string]any{"keytab_file": "/f", "credential_cache_file": "/f"}), nil, "sasl.credential_cache_file", "sasl.keytab_file and sasl.credential_cache_file are there for the same thing", true},
		"password and keytab":      {kerberos(map[string]any{"password": secret, "keytab_file": "/f"}), nil, "sasl.keytab_file", "sasl.password and sasl.keytab_file are there for the same thing", true},
		"two by the environment":   {kerberos(map[string]any{}), map[string]string{"ZOOKEEPER_SASL_PASSWORD": secret, "ZOOKEEPER_SASL_KEYTAB_FILE": "/f"}, "sasl.keytab_file", "ZOOKEEPER_SASL_PASSWORD and ZOOKEEPER_SASL_KEYTAB_FILE", false},
	} {
		t.Run(name, func(t *testing.T) { tc.check(t) })
	}
}

// sameSASL compares options, which hold their password behind a pointer.
func sameSASL(a, b *sasl.Options) bool {
	if a == nil || b == nil {
		return a == b
	}
	x, y := *a, *b
	same := x.Password.Reveal() == y.Password.Reveal()
	x.Password, y.Password = sasl.Secret{}, sasl.Secret{}
	return same && x == y
}

func TestResolveAuth(t *testing.T) {
	t.Parallel()
	with := func(entries ...string) *model {
		return blank(func(m *model) { m.Auth = identities(t, entries...) })
	}
	credential := func(scheme, secret string) zk.Credential { return zk.Credential{Scheme: scheme, Secret: secret} }
	for name, tt := range map[string]struct {
		model   *model
		env     map[string]string
		want    []zk.Credential
		unknown []string
	}{
		"in HCL, over the environment": {with("digest|alice:a:b", "custom|token"), map[string]string{"ZOOKEEPER_AUTH": "digest:nobody"}, []zk.Credential{credential("digest", "alice:a:b"), credential("custom", "token")}, nil},
		"by the environment": {
			blank(),
			map[string]string{"ZOOKEEPER_AUTH": "digest:alice:a:b\r\n\ncustom:token with, all : of it\n"},
			[]zk.Credential{credential("digest", "alice:a:b"), credential("custom", "token with, all : of it")},
			nil,
		},
		"behind the user": {
			with("digest|alice:a"),
			map[string]string{"ZOOKEEPER_USERNAME": "bob", "ZOOKEEPER_PASSWORD": "builder"},
			[]zk.Credential{credential("digest", "bob:builder"), credential("digest", "alice:a")},
			nil,
		},
		"none, whatever the environment says": {with(), map[string]string{"ZOOKEEPER_AUTH": "digest:bob:builder"}, nil, nil},
		"unknown":                             {blank(func(m *model) { m.Auth = types.ListUnknown(nil) }), map[string]string{"ZOOKEEPER_AUTH": "x"}, nil, []string{"auth"}},
		"unknown inside":                      {with("digest|?", "digest|alice:a", "?", "?|x"), nil, []zk.Credential{credential("digest", "alice:a")}, []string{"auth[0].credential", "auth[2]", "auth[3].scheme"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, unknown := resolved(t, tt.model, tt.env)
			if !slices.Equal(cfg.Auth, tt.want) || !slices.Equal(unknown, tt.unknown) {
				t.Errorf("got  %+v, unknown %q\nwant %+v, unknown %q", cfg.Auth, unknown, tt.want, tt.unknown)
			}
		})
	}
	for name, tc := range map[string]invalid{
		"no colon":      {with("digest|alice:a", "digest|"+secret), nil, "auth[1].credential", "a credential of the scheme digest is user:password, and there is no colon", true},
		"no user":       {with("digest|:" + secret), nil, "auth[0].credential", "there is no user", true},
		"no password":   {with("digest|alice:"), nil, "auth[0].credential", "there is no password", true},
		"no scheme":     {blank(), map[string]string{"ZOOKEEPER_AUTH": "digest:alice:a\n" + secret}, "auth", "ZOOKEEPER_AUTH, which stands for auth: identity 2 is no scheme:credential", false},
		"empty scheme":  {blank(), map[string]string{"ZOOKEEPER_AUTH": ":" + secret}, "auth", "identity 1: the scheme is empty", false},
		"SASL":          {blank(), map[string]string{"ZOOKEEPER_AUTH": "sasl:" + secret}, "auth", "set sasl of the provider", false},
		"world":         {blank(), map[string]string{"ZOOKEEPER_AUTH": "world:anyone"}, "auth", "takes no credential", false},
		"bad by digest": {blank(), map[string]string{"ZOOKEEPER_AUTH": "digest:" + secret}, "auth", "identity 1: a credential of the scheme digest is user:password", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.check(t)
		})
	}
}

func TestResolveRetry(t *testing.T) {
	t.Parallel()
	with := func(values map[string]any) *model {
		return blank(func(m *model) { m.Retry = object(t, retryAttribute(), values) })
	}
	all := zk.RetryPolicy{MaxTries: 7, Delay: 250 * time.Millisecond, Backoff: 1.5, MaxDelay: 4 * time.Second, Jitter: 0.25, Expired: true}
	for name, tt := range map[string]struct {
		model   *model
		env     map[string]string
		want    zk.RetryPolicy
		unknown []string
	}{
		"the client's defaults": {with(nil), nil, zk.RetryPolicy{Expired: true}, nil},
		"in HCL, over the environment": {
			with(map[string]any{"max_tries": 7, "delay": 0.25, "backoff": 1.5, "max_delay": 4, "jitter": 0.25}),
			map[string]string{"ZOOKEEPER_RETRY_MAX_TRIES": "x", "ZOOKEEPER_RETRY_DELAY": "x", "ZOOKEEPER_RETRY_BACKOFF": "x", "ZOOKEEPER_RETRY_MAX_DELAY": "x", "ZOOKEEPER_RETRY_JITTER": "x"},
			all, nil,
		},
		"by the environment": {
			blank(), map[string]string{"ZOOKEEPER_RETRY_MAX_TRIES": "7", "ZOOKEEPER_RETRY_DELAY": "0.25", "ZOOKEEPER_RETRY_BACKOFF": "1.5", "ZOOKEEPER_RETRY_MAX_DELAY": "4", "ZOOKEEPER_RETRY_JITTER": "0.25"}, all, nil,
		},
		"no limit, no jitter":      {with(map[string]any{"max_tries": -1, "jitter": 0}), nil, zk.RetryPolicy{MaxTries: -1, Jitter: -1, Expired: true}, nil},
		"a delay beyond the usual": {with(map[string]any{"delay": 5}), nil, zk.RetryPolicy{Delay: 5 * time.Second, Expired: true}, nil},
		"unknown":                  {blank(func(m *model) { m.Retry = types.ObjectUnknown(nil) }), nil, zk.RetryPolicy{}, []string{"retry"}},
		"unknown inside":           {with(map[string]any{"max_tries": "?", "delay": "?", "max_delay": 1}), nil, zk.RetryPolicy{MaxDelay: time.Second, Expired: true}, []string{"retry.max_tries", "retry.delay"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, unknown := resolved(t, tt.model, tt.env)
			if cfg.Retry != tt.want || !slices.Equal(unknown, tt.unknown) {
				t.Errorf("got  %+v, unknown %q\nwant %+v, unknown %q", cfg.Retry, unknown, tt.want, tt.unknown)
			}
		})
	}
	for name, tc := range map[string]invalid{
		"the longest is shorter": {with(map[string]any{"delay": 2, "max_delay": 1}), nil, "retry.max_delay", "the longest wait, 1s, is shorter than the first, 2s.\n\nRaise max_delay", true},
		"no whole number":        {blank(), map[string]string{"ZOOKEEPER_RETRY_MAX_TRIES": "1.5"}, "retry.max_tries", `"1.5" is no whole number`, false},
		"no tries":               {blank(), map[string]string{"ZOOKEEPER_RETRY_MAX_TRIES": "0"}, "retry.max_tries", "from 1 to 2147483647, or -1 for no limit, and not 0", false},
		"no longest":             {blank(), map[string]string{"ZOOKEEPER_RETRY_MAX_DELAY": "0"}, "retry.max_delay", "ZOOKEEPER_RETRY_MAX_DELAY, which stands for retry.max_delay: it is a number of seconds from 0.001 to 2147483, and not 0", false},
		"negative longest":       {blank(), map[string]string{"ZOOKEEPER_RETRY_MAX_DELAY": "-1"}, "retry.max_delay", "from 0.001 to 2147483, and not -1", false},
		"no seconds":             {blank(), map[string]string{"ZOOKEEPER_RETRY_DELAY": "0"}, "retry.delay", "from 0.001", false},
		"no number":              {blank(), map[string]string{"ZOOKEEPER_RETRY_BACKOFF": "two"}, "retry.backoff", `"two" is no number`, false},
		"shrinking":              {blank(), map[string]string{"ZOOKEEPER_RETRY_BACKOFF": "0.5"}, "retry.backoff", "a number from 1, and not 0.5", false},
		"endless":                {blank(), map[string]string{"ZOOKEEPER_RETRY_BACKOFF": "inf"}, "retry.backoff", "and not +Inf", false},
		"more than all":          {blank(), map[string]string{"ZOOKEEPER_RETRY_JITTER": "1.5"}, "retry.jitter", "from 0 to 1, and not 1.5", false},
		"not a number":           {blank(), map[string]string{"ZOOKEEPER_RETRY_JITTER": "nan"}, "retry.jitter", "and not NaN", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.check(t)
		})
	}
}

func TestResolveLock(t *testing.T) {
	t.Parallel()
	with := func(values map[string]any) *model {
		return blank(func(m *model) { m.Lock = object(t, lockAttribute(), values) })
	}
	variables := map[string]string{"ZOOKEEPER_LOCK_PATH": "/lock", "ZOOKEEPER_LOCK_MODE": "shared", "ZOOKEEPER_LOCK_PROTOCOL": "curator", "ZOOKEEPER_LOCK_TIMEOUT": "1.5", "ZOOKEEPER_LOCK_IDENTIFIER": "me", "ZOOKEEPER_LOCK_ACL": "auth::cdr"}
	wrong := map[string]string{"ZOOKEEPER_LOCK_PATH": "x", "ZOOKEEPER_LOCK_MODE": "x", "ZOOKEEPER_LOCK_PROTOCOL": "x", "ZOOKEEPER_LOCK_TIMEOUT": "x", "ZOOKEEPER_LOCK_IDENTIFIER": "x", "ZOOKEEPER_LOCK_ACL": "x"}
	ours := []zk.ACL{{Scheme: "auth", Perms: zk.PermCreate | zk.PermDelete | zk.PermRead}}
	all := &session.Lock{Path: "/lock", Shared: true, Curator: true, Timeout: 1500 * time.Millisecond, Identifier: "me", ACL: ours}
	for name, tt := range map[string]struct {
		model *model
		env   map[string]string
		want  *session.Lock
	}{
		"none":                         {blank(), map[string]string{"ZOOKEEPER_LOCK_MODE": "shared", "ZOOKEEPER_LOCK_TIMEOUT": "1"}, nil},
		"by the environment alone":     {blank(), variables, all},
		"the defaults":                 {blank(), map[string]string{"ZOOKEEPER_LOCK_PATH": "/lock"}, &session.Lock{Path: "/lock", Timeout: time.Minute}},
		"in HCL, over the environment": {with(map[string]any{"path": "/lock", "mode": "shared", "protocol": "curator", "timeout": 1.5, "identifier": "me", "acl": attr.ACLValue(ours)}), wrong, all},
		"completed by the environment": {with(map[string]any{"timeout": 0, "mode": "exclusive"}), variables, &session.Lock{Path: "/lock", Curator: true, Identifier: "me", ACL: ours}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diags := tt.model.validate(t.Context()); diags.HasError() {
				t.Errorf("validation: %v", diags)
			}
			cfg, _, diags := tt.model.resolve(t.Context(), env(tt.env))
			if diags.HasError() || (cfg.lock == nil) != (tt.want == nil) || cfg.lock != nil && !reflect.DeepEqual(*cfg.lock, *tt.want) {
				t.Errorf("got %+v, %v, want %+v", cfg.lock, diags, tt.want)
			}
		})
	}
	variable := func(name, value string) map[string]string {
		return map[string]string{"ZOOKEEPER_LOCK_PATH": "/lock", name: value}
	}
	for name, tc := range map[string]invalid{
		"an ACL that is none": {blank(), variable("ZOOKEEPER_LOCK_ACL", "auth"), "lock.acl", "ZOOKEEPER_LOCK_ACL, which stands for lock.acl: entry 1: ", false},
		"relative path":       {blank(), variable("ZOOKEEPER_LOCK_PATH", "lock"), "lock.path", `ZOOKEEPER_LOCK_PATH, which stands for lock.path: `, false},
		"unknown mode":        {blank(), variable("ZOOKEEPER_LOCK_MODE", "open"), "lock.mode", `ZOOKEEPER_LOCK_MODE, which stands for lock.mode: the mode of a lock is "exclusive" or "shared", and not "open"`, false},
		"unknown protocol":    {blank(), variable("ZOOKEEPER_LOCK_PROTOCOL", "go"), "lock.protocol", `the protocol of a lock is "kazoo" or "curator", and not "go"`, false},
		"timeout of words":    {blank(), variable("ZOOKEEPER_LOCK_TIMEOUT", "long"), "lock.timeout", `ZOOKEEPER_LOCK_TIMEOUT, which stands for lock.timeout: "long" is no number`, false},
		"negative timeout":    {blank(), variable("ZOOKEEPER_LOCK_TIMEOUT", "-1"), "lock.timeout", "from 0 to 86400, and not -1", false},
		"timeout of days":     {blank(), variable("ZOOKEEPER_LOCK_TIMEOUT", "86401"), "lock.timeout", "from 0 to 86400, and not 86401", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.check(t)
		})
	}
}
