#!/usr/bin/env bash
# hcl v2.25.0: hclwrite writes an object that hclsyntax, of the same module, cannot read.
#
# Both CLIs write configuration with it: `terraform plan -generate-config-out`, for one.
#
# One would guess that what hclwrite.TokensForValue writes for a value is read as that value again. It quotes keys that are
# no identifiers, and a key such as `if`, `in` or `null` comes back as it was. An object whose first key is `for` does not:
# it is written as `{ for = 1 }`, which begins a for expression.
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

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

func main() {
	for _, keys := range [][2]string{{"if", "zone"}, {"a", "for"}, {"for", "zone"}} {
		written := cty.ObjectVal(map[string]cty.Value{keys[0]: cty.StringVal("x"), keys[1]: cty.StringVal("y")})
		src := hclwrite.TokensForValue(written).Bytes()
		verdict := "read as it was written"
		if expr, diags := hclsyntax.ParseExpression(src, "written.hcl", hcl.InitialPos); diags.HasErrors() {
			verdict = diags[0].Summary
		} else if read, diags := expr.Value(nil); diags.HasErrors() || !read.RawEquals(written) {
			verdict = "read as another value"
		}
		fmt.Printf("keys %q and %q: %s\n", keys[0], keys[1], verdict)
	}
}
EOF
go get github.com/hashicorp/hcl/v2@v2.25.0 github.com/zclconf/go-cty@v1.19.0 >/dev/null 2>&1
go mod tidy >/dev/null 2>&1
echo "hcl $(go list -m -f '{{.Version}}' github.com/hashicorp/hcl/v2)"
saw=$(go run .)
echo "$saw"
want='keys "if" and "zone": read as it was written
keys "a" and "for": read as it was written
keys "for" and "zone": Invalid '"'for'"' expression'
[ "$saw" = "$want" ] || { echo "this has changed"; exit 1; }
