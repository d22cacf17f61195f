package provider

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	fwattr "github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
)

// resolver completes a configuration from the environment, attribute by attribute, and
// collects what is unknown and what is wrong.
type resolver struct {
	lookup func(string) (string, bool)
	// partial tells that the environment is not there to complete the configuration: what is
	// missing may still come, and files are not looked at.
	partial bool
	// from holds the environment variable of each attribute that was taken from one.
	from map[string]string
	// user tells that there are a user and a password of the scheme digest.
	user    bool
	unknown []string
	diags   diag.Diagnostics
}

// variable is the environment variable that stands for an attribute, such as
// ZOOKEEPER_TLS_CA_FILE for tls.ca_file.
func variable(at path.Path) string {
	return "ZOOKEEPER_" + strings.ToUpper(strings.ReplaceAll(at.String(), ".", "_"))
}

// value takes one setting from the configuration, or from its environment variable, or
// from the first of the others that is there and not empty.
func (r *resolver) value(at path.Path, v fwattr.Value, fromConfig func(), fromEnv func(string) error, others ...string) {
	switch {
	case v.IsUnknown():
		r.unknown = append(r.unknown, at.String())
		return
	case !v.IsNull():
		fromConfig()
		return
	}
	for _, name := range append([]string{variable(at)}, others...) {
		s, ok := r.lookup(name)
		if !ok || s == "" {
			continue
		}
		r.from[at.String()] = name
		if err := fromEnv(s); err != nil {
			r.diags.AddAttributeError(at, "Invalid environment variable "+name, fmt.Sprintf("%s: %s.", r.name(at), err))
		}
		return
	}
}

// object takes the attributes of an object into a model, which has none where the configuration has
// no such object. It reports false where that is not known yet.
func (r *resolver) object(ctx context.Context, at path.Path, obj types.Object, model any) bool {
	switch {
	case obj.IsUnknown():
		r.unknown = append(r.unknown, at.String())
		return false
	case !obj.IsNull():
		r.diags.Append(obj.As(ctx, model, basetypes.ObjectAsOptions{})...)
	}
	return true
}

// count takes a whole number from 1.
func (r *resolver) count(at path.Path, v types.Int64, to *int) {
	r.value(at, v, func() { *to = int(v.ValueInt64()) }, func(s string) error {
		n, err := strconv.ParseInt(s, 10, 32)
		if err != nil || n < 1 {
			return fmt.Errorf("%q is no whole number from 1 to %d", s, math.MaxInt32)
		}
		*to = int(n)
		return nil
	})
}

func (r *resolver) text(at path.Path, v types.String, to *string, check func(string) error) {
	r.value(at, v, func() { *to = v.ValueString() }, func(s string) error {
		*to = s
		return check(s)
	})
}

func (r *resolver) boolean(at path.Path, v types.Bool, to *bool) {
	r.value(at, v, func() { *to = v.ValueBool() }, func(s string) (err error) {
		*to, err = parseBool(s)
		return err
	})
}

func (r *resolver) number(at path.Path, v types.Float64, to *float64, check func(float64) error) {
	r.value(at, v, func() { *to = v.ValueFloat64() }, func(s string) (err error) {
		if *to, err = strconv.ParseFloat(s, 64); err != nil {
			return fmt.Errorf("%q is no number", s)
		}
		return check(*to)
	})
}

func (r *resolver) seconds(at path.Path, v types.Float64, to *time.Duration, others ...string) {
	r.value(at, v, func() { *to = duration(v.ValueFloat64()) }, func(s string) error {
		n, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return fmt.Errorf("%q is no number of seconds", s)
		}
		*to = duration(n)
		return checkSeconds(n)
	}, others...)
}

// A choice is one of several attributes that stand for the same thing.
type choice struct {
	name  string
	value types.String
	to    *string
	check func(string) error
}

// oneOf takes one of several attributes of an object. Where the configuration has one, the
// environment has no say in any of them.
func (r *resolver) oneOf(object path.Path, choices ...choice) {
	if slices.ContainsFunc(choices, func(c choice) bool { return !c.value.IsNull() }) {
		r.configured(object, choices...)
	} else {
		for _, c := range choices {
			r.text(object.AtName(c.name), c.value, c.to, c.check)
		}
	}
	var taken []path.Path
	for _, c := range choices {
		if *c.to == "" {
			continue
		}
		if taken = append(taken, object.AtName(c.name)); len(taken) == 2 {
			r.conflict(taken[1], taken[0])
		}
	}
}

// has reports whether an attribute that has been taken is set, or may yet be.
func (r *resolver) has(at path.Path, value string) bool { return value != "" || r.isUnknown(at) }

// companions takes attributes that mean something beside another one alone: without that, the
// environment is left alone.
func (r *resolver) companions(there bool, object path.Path, choices ...choice) {
	if !there {
		r.configured(object, choices...)
		return
	}
	for _, c := range choices {
		r.text(object.AtName(c.name), c.value, c.to, c.check)
	}
}

// conflict tells of two attributes for the same thing.
func (r *resolver) conflict(at, other path.Path) {
	r.diags.AddAttributeError(at, "Conflicting settings",
		fmt.Sprintf("%s and %s are there for the same thing. Keep one of them.", r.source(other), r.source(at)))
}

// configured takes what the configuration has of several attributes of an object, and
// leaves the environment alone.
func (r *resolver) configured(object path.Path, choices ...choice) {
	for _, c := range choices {
		if !c.value.IsNull() {
			r.text(object.AtName(c.name), c.value, c.to, c.check)
		}
	}
}

// source is what a setting came from: the attribute or its variable.
func (r *resolver) source(at path.Path) string {
	if name, ok := r.from[at.String()]; ok {
		return name
	}
	return at.String()
}

// name names a setting in an error, with the variable that it came from.
func (r *resolver) name(at path.Path) string {
	if name, ok := r.from[at.String()]; ok {
		return name + ", which stands for " + at.String()
	}
	return at.String()
}

// invalid tells what is wrong with a setting, and what to do about it.
func (r *resolver) invalid(at path.Path, summary string, err error, advice string) {
	r.diags.AddAttributeError(at, summary, fmt.Sprintf("%s: %s.\n\n%s", r.name(at), err, advice))
}

// isUnknown reports whether the value of an attribute, or of one inside of it, is unknown.
func (r *resolver) isUnknown(at path.Path) bool {
	return slices.ContainsFunc(r.unknown, func(name string) bool {
		return name == at.String() || strings.HasPrefix(name, at.String()+".")
	})
}

func parseBool(s string) (bool, error) {
	b, err := strconv.ParseBool(s)
	if err != nil {
		return false, fmt.Errorf("%q is neither true nor false", s)
	}
	return b, nil
}

// anything is a check that all values pass.
func anything(string) error { return nil }

// checkFile refuses what is no name of a file but the content of one, which no error may
// show.
func checkFile(s string) error {
	if strings.ContainsAny(s, "\r\n\x00") || strings.Contains(s, "-----BEGIN") || isContentInBase64(s) {
		return errors.New("this is the name of a file, and what is given looks like the content of one")
	}
	return nil
}

// isContentInBase64 reports whether a text is a key, a certificate, a keytab, a credential
// cache or a key store on one line.
func isContentInBase64(s string) bool {
	const shortest = 32
	if len(s) < shortest {
		return false
	}
	content, err := base64.RawStdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/", "=", "").Replace(s))
	if err != nil {
		return false
	}
	return slices.ContainsFunc(contentBegins, func(begin string) bool { return strings.HasPrefix(string(content), begin) })
}

// contentBegins are the first bytes of PEM, of ASN.1, of keytabs, of credential caches and of
// Java's key stores.
var contentBegins = []string{"-----BEGIN", "\x30\x81", "\x30\x82", "\x05\x01", "\x05\x02", "\x05\x03", "\x05\x04", "\xfe\xed\xfe\xed"}

// checkPEM refuses what is no PEM. What is wrong with one that is tells who reads it.
func checkPEM(s string) error {
	if s != "" && !strings.Contains(s, "-----BEGIN") {
		return errors.New("this is text in PEM, with a line -----BEGIN …-----, and what is given has none; a file is named by the attribute that ends in _file")
	}
	return nil
}
