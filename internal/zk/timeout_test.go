package zk_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// A server that leaves a request without an answer is left long before a session of that length
// would be given up. What became of the request is looked up as after a lost connection: a write
// that took effect is not repeated.
func TestRequestTimeoutIsALoss(t *testing.T) {
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr(), func(cfg *zk.Config) {
		cfg.SessionTimeout, cfg.RequestTimeout = 60*time.Second, 400*time.Millisecond
	})
	base := folder(t, c)
	ctx := testContext(t)
	held, release := proxy.HoldReplies(nth(1, zktest.IsCreate))
	defer release()
	made, err := c.Create(ctx, base+"/a", []byte("x"), zk.CreateOptions{})
	if err != nil || made.Path != base+"/a" {
		t.Errorf("%+v, %v", made, err)
	}
	select {
	case <-held:
	default:
		t.Error("no reply was held: the test showed nothing")
	}
	if _, stat, err := c.Get(ctx, base+"/a"); err != nil || stat.Version != 0 {
		t.Errorf("%+v, %v", stat, err)
	}
}

// A server that has no time to answer in is told of with the time that it had, however short.
func TestTimeTooShortToAnswer(t *testing.T) {
	t.Parallel()
	silent := zktest.StartPeer(t, func(nc net.Conn) { _, _ = io.Copy(io.Discard, nc) })
	for _, after := range []time.Duration{100 * time.Microsecond, 2 * time.Millisecond, 150 * time.Millisecond} {
		err := newClient(t, silent, func(cfg *zk.Config) { cfg.ConnectTimeout, cfg.SessionTimeout = after, time.Millisecond }).Start(testContext(t))
		if _, ok := errors.AsType[*zk.ConnectError](err); !ok || strings.Contains(err.Error(), " 0s") {
			t.Errorf("%v: %v", after, err)
		}
	}
	for after, want := range map[time.Duration]string{
		3333333 * time.Microsecond: "3.3s", time.Minute: "1m0s", 345678 * time.Microsecond: "346ms", 1400 * time.Microsecond: "1ms", 333 * time.Microsecond: "333µs", 1499: "1µs",
	} {
		if got := (&zk.NoAnswerError{Step: "a question", After: after}).Error(); got != "no answer to a question within "+want {
			t.Errorf("%v reads as %q", after, got)
		}
	}
}
