#!/usr/bin/env bash
# terraform-plugin-framework v1.19.0: a provider's server keeps the context of each request until the provider is stopped.
#
# One would guess that what belongs to a request, its context with all values, can be collected when the request has ended
# and its context was cancelled. The server keeps a function for each context, to cancel it in StopProvider, and never
# forgets one. A run with many resources so holds the loggers and the stream of each request that it ever made.
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
	"context"
	"fmt"
	"runtime"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// empty is a provider that has nothing.
type empty struct{}

func (empty) Metadata(context.Context, provider.MetadataRequest, *provider.MetadataResponse)    {}
func (empty) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse)          {}
func (empty) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {}
func (empty) DataSources(context.Context) []func() datasource.DataSource                        { return nil }
func (empty) Resources(context.Context) []func() resource.Resource                              { return nil }

type key struct{}

// held is how many bytes are in use.
func held() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func main() {
	server := providerserver.NewProtocol6(empty{})()
	const requests, size = 2000, 10 << 10
	ask := func(n int) {
		for range n {
			ctx, cancel := context.WithCancel(context.WithValue(context.Background(), key{}, make([]byte, size)))
			if _, err := server.GetMetadata(ctx, &tfprotov6.GetMetadataRequest{}); err != nil {
				panic(err)
			}
			cancel()
		}
	}
	told := func(when string, bytes int64) {
		share := "nothing"
		if bytes > requests*size/2 {
			share = "what was in their contexts"
		}
		fmt.Printf("%s, of %d requests that have ended is held: %s\n", when, requests, share)
	}
	ask(1)
	before := held()
	ask(requests)
	told("then", held()-before)
	if _, err := server.StopProvider(context.Background(), &tfprotov6.StopProviderRequest{}); err != nil {
		panic(err)
	}
	told("after StopProvider", held()-before)
	runtime.KeepAlive(server)
}
EOF
go get github.com/hashicorp/terraform-plugin-framework@v1.19.0 >/dev/null 2>&1
go mod tidy >/dev/null 2>&1
echo "terraform-plugin-framework $(go list -m -f '{{.Version}}' github.com/hashicorp/terraform-plugin-framework)"
saw=$(go run .)
echo "$saw"
want='then, of 2000 requests that have ended is held: what was in their contexts
after StopProvider, of 2000 requests that have ended is held: nothing'
[ "$saw" = "$want" ] || { echo "this has changed"; exit 1; }
