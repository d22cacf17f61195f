#!/usr/bin/env bash
# gokrb5 v8.4.4: a list of encryption types with commas is read without an error, and as no encryption type at all.
#
# MIT Kerberos documents the lists of krb5.conf (default_tkt_enctypes, permitted_enctypes) as separated by whitespace or
# commas, and takes the names of families, such as `aes`, and names in upper case. One would guess that gokrb5 reads the
# same list, or refuses the file. It splits at whitespace alone and leaves out names that it does not know, without a word:
# a file that works with kinit leaves a gokrb5 client with nothing to offer to the KDC.
#
# Needs Go 1.26 or later, and a Go module proxy.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >go.mod <<'EOF'
module finding

go 1.26
EOF
cat >main.go <<'EOF'
package main

import (
	"fmt"

	"github.com/jcmturner/gokrb5/v8/config"
)

func main() {
	for _, list := range []string{
		"aes256-cts-hmac-sha1-96 aes128-cts-hmac-sha1-96",
		"aes256-cts-hmac-sha1-96,aes128-cts-hmac-sha1-96",
		"aes256-cts-hmac-sha1-96, aes128-cts-hmac-sha1-96",
		"AES256-CTS-HMAC-SHA1-96",
		"aes",
	} {
		c, err := config.NewFromString("[libdefaults]\n default_tkt_enctypes = " + list + "\n")
		if err != nil {
			fmt.Printf("%s: %v\n", list, err)
			continue
		}
		fmt.Printf("%s: %d\n", list, c.LibDefaults.DefaultTktEnctypeIDs)
	}
}
EOF
go get github.com/jcmturner/gokrb5/v8@v8.4.4 >/dev/null 2>&1
go mod tidy >/dev/null 2>&1
echo "gokrb5 $(go list -m -f '{{.Version}}' github.com/jcmturner/gokrb5/v8)"
saw=$(go run .)
echo "$saw"
want='aes256-cts-hmac-sha1-96 aes128-cts-hmac-sha1-96: [18 17]
aes256-cts-hmac-sha1-96,aes128-cts-hmac-sha1-96: []
aes256-cts-hmac-sha1-96, aes128-cts-hmac-sha1-96: [17]
AES256-CTS-HMAC-SHA1-96: []
aes: []'
[ "$saw" = "$want" ] || { echo "this has changed"; exit 1; }
