package zk_test

import (
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
	held, release := proxy.HoldReplies(nth(1, isCreate))
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
