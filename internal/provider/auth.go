package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"terraform-provider-zookeeper/internal/zk"
)

type authModel struct {
	Scheme     types.String `tfsdk:"scheme"`
	Credential types.String `tfsdk:"credential"`
}

func authAttribute() schema.ListNestedAttribute {
	return schema.ListNestedAttribute{
		Optional:  true,
		Sensitive: true,
		MarkdownDescription: "Further identities to present, after that of `username`, as zkCli's `addauth` does. A session has all of them at once: what any of them may do, the provider may. " +
			"Environment: `ZOOKEEPER_AUTH`, one `scheme:credential` a line.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"scheme":     schema.StringAttribute{Required: true, Validators: []validator.String{schemeValidator}, MarkdownDescription: "Scheme that takes the credential: `digest`, or one that your servers were extended with. SASL and client certificates have settings of their own, `sasl` and `tls`."},
			"credential": schema.StringAttribute{Required: true, Sensitive: true, MarkdownDescription: "What proves the identity, in the notation of the scheme: `user:password` for `digest`."},
		}},
	}
}

// auth takes the further identities. Each is checked where it is known.
func (r *resolver) auth(ctx context.Context, list types.List, cfg *zk.Config) {
	at := path.Root("auth")
	r.value(at, list, func() {
		for i, element := range list.Elements() {
			r.identity(ctx, at.AtListIndex(i), element, cfg)
		}
	}, func(s string) error {
		n := 0
		for line := range strings.Lines(s) {
			if line = strings.TrimRight(line, "\r\n"); line == "" {
				continue
			}
			n++
			// What is wrong is told without the text, which may be a password.
			scheme, credential, found := strings.Cut(line, ":")
			if !found {
				return fmt.Errorf("identity %d is no scheme:credential", n)
			}
			for _, err := range []error{checkScheme(scheme), checkCredential(scheme, credential)} {
				if err != nil {
					return fmt.Errorf("identity %d: %w", n, err)
				}
			}
			cfg.Auth = append(cfg.Auth, zk.Credential{Scheme: scheme, Secret: credential})
		}
		return nil
	})
}

// identity takes one element of the list.
func (r *resolver) identity(ctx context.Context, at path.Path, element any, cfg *zk.Config) {
	obj, ok := element.(types.Object)
	if !ok || obj.IsUnknown() {
		r.unknown = append(r.unknown, at.String())
		return
	}
	var m authModel
	r.diags.Append(obj.As(ctx, &m, basetypes.ObjectAsOptions{})...)
	var cred zk.Credential
	r.configured(at, choice{"scheme", m.Scheme, &cred.Scheme, anything}, choice{"credential", m.Credential, &cred.Secret, anything})
	if r.isUnknown(at) {
		return
	}
	if err := checkCredential(cred.Scheme, cred.Secret); err != nil {
		r.invalid(at.AtName("credential"), "Invalid credential", err, "Write the user and the password, with a colon between them.")
	}
	cfg.Auth = append(cfg.Auth, cred)
}

// checkScheme refuses schemes that take no credential.
func checkScheme(s string) error {
	switch s {
	case "":
		return errors.New("the scheme is empty")
	case zk.SchemeSASL:
		return errors.New("the scheme sasl takes no credential: set sasl of the provider")
	case zk.SchemeWorld, zk.SchemeAuth:
		return fmt.Errorf("the scheme %s is for ACLs, and takes no credential", s)
	}
	return nil
}

// checkCredential refuses what the server would take for something else than is meant.
func checkCredential(scheme, credential string) error {
	if scheme != zk.SchemeDigest {
		return nil
	}
	switch user, password, found := strings.Cut(credential, ":"); {
	case !found:
		// The server would take all of it for the name, which everybody sees in ACLs.
		return errors.New("a credential of the scheme digest is user:password, and there is no colon")
	case user == "":
		return errors.New("a credential of the scheme digest is user:password, and there is no user")
	case password == "":
		return errors.New("a credential of the scheme digest is user:password, and there is no password")
	}
	return nil
}
