package sasl

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/jcmturner/gokrb5/v8/config"

	"terraform-provider-zookeeper/internal/zk/guard"
	"terraform-provider-zookeeper/internal/zk/shown"
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

// maxConfigLines bounds the lines of krb5.conf: gokrb5 takes 20 microseconds for each.
const maxConfigLines = 10_000

// loadConfig reads krb5.conf, until ctx ends. A file that is named has to be there; without
// the system's one, the defaults may do.
func loadConfig(ctx context.Context, file string) (*config.Config, error) {
	var content []byte
	var err error
	if file != "" {
		content, err = guard.ReadFile(ctx, file, guard.MaxKRB5Conf)
	} else {
		content, file, err = readSystemConfig(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("krb5.conf: %w", err)
	}
	conf, err := parseConfig(string(content))
	if err != nil {
		// There is a file of this name: it has been read.
		return nil, fmt.Errorf("krb5.conf %s: %w", shown.Text(file), err)
	}
	return conf, nil
}

// parseConfig parses krb5.conf and completes it. Its error tells where something is wrong and
// not what is there: another file may have been taken for it, such as a keytab.
func parseConfig(content string) (*config.Config, error) {
	content = canonicalizeFallback.ReplaceAllString(content, "${1}false")
	lines := slices.Collect(strings.Lines(content))
	if len(lines) > maxConfigLines {
		return nil, fmt.Errorf("it has more than %d lines", maxConfigLines)
	}
	for i, line := range lines {
		// gokrb5 ignores the rest of a file from such a line on.
		if len(line) >= bufio.MaxScanTokenSize {
			return nil, fmt.Errorf("line %d takes more than %d bytes", i+1, bufio.MaxScanTokenSize)
		}
	}
	conf, err := decodeConfig(content)
	if err != nil {
		// What is malformed stays so, whatever comes after it.
		first := sort.Search(len(lines), func(n int) bool {
			_, err := decodeConfig(strings.Join(lines[:n+1], ""))
			return err != nil
		})
		return nil, fmt.Errorf("line %d, or the block that ends there, is malformed", first+1)
	}
	d := &conf.LibDefaults
	for _, ids := range []*[]int32{&d.DefaultTktEnctypeIDs, &d.DefaultTGSEnctypeIDs} {
		*ids = slices.DeleteFunc(*ids, func(id int32) bool { return !slices.Contains(d.PermittedEnctypeIDs, id) })
	}
	if len(d.DefaultTktEnctypeIDs) == 0 {
		return nil, errors.New("it allows no encryption type that this client has")
	}
	return conf, nil
}

// decodeConfig has gokrb5 parse krb5.conf, after the defaults.
func decodeConfig(content string) (*config.Config, error) {
	var conf *config.Config
	err := guard.Decode(func() (err error) {
		conf, err = config.NewFromString(configDefaults + content)
		return err
	})
	if _, unsupported := errors.AsType[config.UnsupportedDirective](err); unsupported {
		return conf, nil
	}
	return conf, err
}

// readSystemConfig reads the first file of the list in KRB5_CONFIG that is there, else the
// system's one. That none is there is no error.
func readSystemConfig(ctx context.Context) (content []byte, file string, err error) {
	files := filepath.SplitList(os.Getenv("KRB5_CONFIG"))
	if len(files) == 0 {
		files = []string{systemConfig}
	}
	for _, file = range files {
		content, err = guard.ReadFile(ctx, file, guard.MaxKRB5Conf)
		if !errors.Is(err, fs.ErrNotExist) {
			return content, file, err
		}
	}
	return nil, file, nil
}
