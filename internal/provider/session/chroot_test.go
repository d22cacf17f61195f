package session_test

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// heard is a log that tells when a text has come.
type heard struct {
	text []byte
	once sync.Once
	came chan struct{}
}

func (h *heard) Write(line []byte) (int, error) {
	if bytes.Contains(line, h.text) {
		h.once.Do(func() { close(h.came) })
	}
	return len(line), nil
}

// That the chroot does not exist is in the log as soon as there is a connection, whatever the run
// does: the client says so through the provider's logger.
func TestMissingChroot(t *testing.T) {
	t.Setenv("TF_LOG", "WARN")
	server := zktest.StartServer(t)
	log := &heard{text: []byte("the chroot does not exist"), came: make(chan struct{})}
	s, err := session.New(tflogtest.RootLogger(t.Context(), log), zk.Config{Servers: server.Addr() + "/not/there"}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	if _, err := s.Client(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case <-log.came:
	case <-time.After(30 * time.Second):
		t.Error("the log says nothing of it")
	}
}
