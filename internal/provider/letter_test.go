package provider_test

import (
	"context"
	"fmt"
	"reflect"
	"runtime"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// carried is the key of what the context of a request carries: a good deal more than its gRPC
// stream and its loggers do.
type carried struct{}

// little is what some thousand requests may leave, in bytes.
const little = 8 << 20

// Whatever the CLI asks for, and however often, nothing of the request is kept when it has been
// answered. The provider's configuration comes once, and keeps its logger.
func TestRequestsAreLetGo(t *testing.T) {
	server := newServer(t)
	typ := reflect.TypeFor[interface {
		tfprotov6.ProviderServer
		tfprotov6.ListResourceServer
		tfprotov6.ActionServer
		tfprotov6.StateStoreServer
	}]()
	for method := range typ.Methods() {
		if method.Name == "ConfigureProvider" || method.Name == "StopProvider" {
			continue
		}
		t.Run(method.Name, func(t *testing.T) {
			call := reflect.ValueOf(server).MethodByName(method.Name)
			letGo(t, little, func(ctx context.Context) {
				out := call.Call([]reflect.Value{reflect.ValueOf(ctx), request(method.Type.In(1).Elem())})
				if err := out[1].Interface(); err != nil {
					t.Fatal(err)
				}
				drain(out[0].Interface())
			})
			runtime.KeepAlive(server)
		})
	}
}

// The same of the resources themselves: what they keep for the run is a matter of the nodes, and not
// of the requests.
func TestResourcesAreLetGo(t *testing.T) {
	server := zktest.StartServer(t).Addr()
	for typ, config := range map[string]func(path, data string) attrs{
		znode:  func(path, data string) attrs { return attrs{"path": path, "data": data} },
		znodes: func(path, data string) attrs { return attrs{"base_path": path, "data": attrs{"a": data, "b/c": data}} },
	} {
		t.Run(typ, func(t *testing.T) {
			tree := acctest.NewTreeOn(t, server)
			next := func() *driver {
				d := newDriver(t)
				d.configure(attrs{"servers": server + tree.Base})
				return d
			}
			d, later, n := next(), next(), 0
			i := d.create(typ, config("/node", "a"))
			var created []*instance
			for _, kind := range []struct {
				name string
				most uint64
				of   *driver
				do   func()
			}{
				{"plan", little, d, func() { d.plan(i, config("/node", "a")) }},
				{"upgrade", little, d, func() { d.upgradeSame(i) }},
				{"read", little, d, func() { d.refresh(i) }},
				{"update", little, d, func() { n++; d.update(i, config("/node", []string{"a", "b"}[n%2])) }},
				{"read a tree", little, d, func() { d.read(wholeTree, attrs{"path": "/node", "include_data": true}) }},
				// What is created the test keeps itself, in the protocol's values, until it is deleted.
				{"create", 4 * little, d, func() { created = append(created, d.create(typ, config(fmt.Sprintf("/node-%d", len(created)), "a"))) }},
				{"delete", little, later, func() { later.apply(later.plan(created[0], nil)); created = created[1:] }},
			} {
				t.Run(kind.name, func(t *testing.T) {
					letGo(t, kind.most, func(ctx context.Context) {
						kind.of.tb, kind.of.ctx = t, ctx
						kind.do()
						if told := kind.of.told; len(told) > 0 {
							t.Fatalf("%s: %s", told[0].Summary, told[0].Detail)
						}
					})
					kind.of.ctx = nil
					runtime.KeepAlive(kind.of)
				})
			}
		})
	}
}

// letGo makes many requests, each with a context of its own, and looks what is left of them: so many
// bytes at most.
func letGo(t *testing.T, most uint64, request func(context.Context)) {
	t.Helper()
	const requests, carries = 2000, 64 << 10
	live := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := live()
	for range requests {
		request(context.WithValue(t.Context(), carried{}, make([]byte, carries)))
	}
	if after := live(); after > before+most {
		t.Errorf("%d kB are kept of each request", (after-before)/requests>>10)
	}
}

// request is one of the type, about nothing that there is.
func request(typ reflect.Type) reflect.Value {
	req := reflect.New(typ)
	if write, ok := reflect.TypeAssert[*tfprotov6.WriteStateBytesStream](req); ok {
		write.Chunks = func(func(*tfprotov6.WriteStateBytesChunk, []*tfprotov6.Diagnostic) bool) {}
	}
	return req
}

// drain takes what comes after an answer.
func drain(resp any) {
	switch resp := resp.(type) {
	case *tfprotov6.ListResourceServerStream:
		for range resp.Results {
		}
	case *tfprotov6.InvokeActionServerStream:
		for range resp.Events {
		}
	case *tfprotov6.ReadStateBytesStream:
		for range resp.Chunks {
		}
	}
}
