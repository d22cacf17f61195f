package provider_test

import (
	"context"
	"reflect"
	"runtime"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// carried is the key of what the context of a request carries: a good deal more than its gRPC
// stream and its loggers do.
type carried struct{}

// Whatever the CLI asks for, and however often, nothing of the request is kept when it has been
// answered. The provider's configuration comes once, and keeps its logger.
func TestRequestsAreLetGo(t *testing.T) {
	const requests, carries, most = 2000, 64 << 10, 8 << 20
	server := newServer(t)
	live := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
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
			before := live()
			for range requests {
				ctx := context.WithValue(t.Context(), carried{}, make([]byte, carries))
				out := call.Call([]reflect.Value{reflect.ValueOf(ctx), request(method.Type.In(1).Elem())})
				if err := out[1].Interface(); err != nil {
					t.Fatal(err)
				}
				drain(out[0].Interface())
			}
			if after := live(); after > before+most {
				t.Errorf("%d kB are kept of each request", (after-before)/requests>>10)
			}
			runtime.KeepAlive(server)
		})
	}
}

// request is one of the type. What it is about there is not, which is told like anything else.
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
