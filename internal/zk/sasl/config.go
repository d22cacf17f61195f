package sasl

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/jcmturner/gokrb5/v8/config"
)

// systemConfig is where krb5.conf is, unless KRB5_CONFIG says otherwise.
const systemConfig = "/etc/krb5.conf"

// configDefaults go before the user's krb5.conf, so that whatever that says wins: MIT
// Kerberos' defaults where gokrb5 has others. It does not look for KDCs in the DNS, and asks
// for retired encryption types in place of those of RFC 8009. The section at the end takes
// what comes before the first section of the file, such as includedir.
const configDefaults = `[libdefaults]
dns_lookup_kdc = true
permitted_enctypes = ` + defaultEnctypes + `
default_tkt_enctypes = ` + defaultEnctypes + `
default_tgs_enctypes = ` + defaultEnctypes + `
[end of defaults]
`

const defaultEnctypes = "aes256-cts-hmac-sha1-96 aes128-cts-hmac-sha1-96 aes256-cts-hmac-sha384-192 aes128-cts-hmac-sha256-128"

// canonicalizeFallback is a value that Fedora's krb5.conf has and that gokrb5 does not know.
// It asks for the name as it is, and for the canonical one where the KDC does not know that.
var canonicalizeFallback = regexp.MustCompile(`(?m)^(\s*dns_canonicalize_hostname\s*=\s*)fallback\b`)

// loadConfig reads krb5.conf. A file that is named has to be there; without the system's
// one, the defaults may do.
func loadConfig(file string) (*config.Config, error) {
	var content []byte
	var err error
	if file != "" {
		if content, err = os.ReadFile(file); err != nil {
			return nil, fmt.Errorf("krb5.conf: %w", err)
		}
	} else if content, file, err = readSystemConfig(); err != nil {
		return nil, fmt.Errorf("krb5.conf: %w", err)
	}
	content = canonicalizeFallback.ReplaceAll(content, []byte("${1}false"))
	conf, err := config.NewFromString(configDefaults + string(content))
	var unsupported config.UnsupportedDirective
	if err != nil && !errors.As(err, &unsupported) {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	d := &conf.LibDefaults
	for _, ids := range []*[]int32{&d.DefaultTktEnctypeIDs, &d.DefaultTGSEnctypeIDs} {
		*ids = slices.DeleteFunc(*ids, func(id int32) bool { return !slices.Contains(d.PermittedEnctypeIDs, id) })
	}
	if len(d.DefaultTktEnctypeIDs) == 0 {
		return nil, fmt.Errorf("%s allows no encryption type that this client has", file)
	}
	return conf, nil
}

// readSystemConfig reads the first file of the list in KRB5_CONFIG that is there, else the
// system's one. That none is there is no error.
func readSystemConfig() (content []byte, file string, err error) {
	files := filepath.SplitList(os.Getenv("KRB5_CONFIG"))
	if len(files) == 0 {
		files = []string{systemConfig}
	}
	for _, file = range files {
		content, err = os.ReadFile(file) //nolint:gosec // The variable is the user's own.
		if !errors.Is(err, fs.ErrNotExist) {
			return content, file, err
		}
	}
	return nil, file, nil
}
