package zktest

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// WithDigestLogin makes a server authenticate its clients by SASL's DIGEST-MD5, as one of the users, who are given with
// their passwords. Clients that do not authenticate are served too, unless [RequireSASL] says otherwise.
func WithDigestLogin(tb testing.TB, users map[string]string) Option {
	tb.Helper()
	const digest = "org.apache.zookeeper.server.auth.DigestLoginModule"
	options := make(map[string]string)
	for user, password := range users {
		options["user_"+user] = password
	}
	// With the test and not with the server: an option is made before there is a server.
	file := filepath.Join(tb.TempDir(), "jaas.conf")
	if err := writeLogin(file, digest, options); err != nil {
		tb.Fatal(err)
	}
	return withLogin(file)
}

// RequireSASL makes a server refuse the requests of clients that did not authenticate by SASL, with error -124. How they
// can is said by another option.
func RequireSASL() Option {
	return WithSystemProperty("zookeeper.sessionRequireClientSASLAuth", "true")
}

// withLogin makes a server take its side of SASL from a file.
func withLogin(file string) Option {
	return func(set *settings) {
		set.properties["java.security.auth.login.config"] = file
		// What knows identities of the scheme sasl, which ACLs name.
		set.config["authProvider.1"] = "org.apache.zookeeper.server.auth.SASLAuthenticationProvider"
	}
}

// writeLogin writes the file that JAAS reads: which module logs in what ZooKeeper calls Server, and how.
func writeLogin(file, module string, options map[string]string) error {
	// Its strings are Java's, and without the quotes few characters are part of a word.
	quote := func(s string) string { return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"` }
	var text strings.Builder
	fmt.Fprintf(&text, "Server {\n  %s required", module)
	for _, name := range slices.Sorted(maps.Keys(options)) {
		fmt.Fprintf(&text, "\n  %s=%s", quote(name), quote(options[name]))
	}
	text.WriteString(";\n};\n")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		return fmt.Errorf("zktest: %w", err)
	}
	return nil
}
