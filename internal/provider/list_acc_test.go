package provider_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

// A list ends where nobody listens any more, and where its context ends: with an error, as
// not all of it has been told. Terraform shows neither, since it has gone by then.
func TestAccList_givenUp(t *testing.T) {
	tree := acctest.NewTree(t)
	const nodes = 600 // more than are read at a time
	var ops []zk.Op
	for i := range nodes {
		ops = append(ops, zk.CreateOp(fmt.Sprintf("%s/%04d", tree.Base, i), nil, zk.CreateOptions{}))
	}
	if _, err := tree.Client.Multi(t.Context(), ops...); err != nil {
		t.Fatal(err)
	}
	made, err := acctest.Factories(t)["zookeeper"]()
	if err != nil {
		t.Fatal(err)
	}
	server, ok := made.(interface {
		tfprotov6.ProviderServer
		tfprotov6.ListResourceServer
	})
	if !ok {
		t.Fatal("the provider lists nothing")
	}
	schemas, err := server.GetProviderSchema(t.Context(), new(tfprotov6.GetProviderSchemaRequest))
	if err != nil {
		t.Fatal(err)
	}
	configured, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{
		Config: dynamic(t, schemas.Provider, map[string]any{"servers": acctest.Server(t).Addr()}),
	})
	if err != nil || len(configured.Diagnostics) > 0 {
		t.Fatal(configured, err)
	}
	// listed lists until heard says that it is enough, and returns how many nodes there were
	// and what came at the end.
	listed := func(ctx context.Context, whole bool, heard func(n int) bool) (n int, last []*tfprotov6.Diagnostic) {
		t.Helper()
		stream, err := server.ListResource(ctx, &tfprotov6.ListResourceRequest{
			TypeName: "zookeeper_znode", IncludeResource: whole, Limit: 10 * nodes,
			Config: dynamic(t, schemas.ListResourceSchemas["zookeeper_znode"], map[string]any{"path": tree.Base}),
		})
		if err != nil {
			t.Fatal(err)
		}
		for r := range stream.Results {
			if last = r.Diagnostics; r.Identity == nil {
				continue
			}
			n++
			if !heard(n) {
				break
			}
		}
		return n, last
	}
	for _, whole := range []bool{false, true} {
		if n, last := listed(t.Context(), whole, func(int) bool { return true }); n != nodes+1 || len(last) > 0 {
			t.Errorf("all: %d nodes, %v", n, last)
		}
		if n, last := listed(t.Context(), whole, func(n int) bool { return n < 3 }); n != 3 || len(last) > 0 {
			t.Errorf("not heard out: %d nodes, %v", n, last)
		}
		ctx, cancel := context.WithCancel(t.Context())
		n, last := listed(ctx, whole, func(int) bool { cancel(); return true })
		if n > nodes/2 || len(last) != 1 || last[0].Severity != tfprotov6.DiagnosticSeverityError || last[0].Summary != "Interrupted" {
			t.Errorf("cancelled: %d nodes, %v", n, last)
		}
		cancel()
	}
}
