package zktest_test

import (
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/zk/zktest"
)

const (
	opSASL = 102

	errSessionClosedRequireSASL = -124
)

// TestDigestLogin asks for the server's first words. That clients can log in is tested with the client's side of SASL.
func TestDigestLogin(t *testing.T) {
	t.Parallel()
	server := zktest.StartServer(t, zktest.WithDigestLogin(t, map[string]string{"alice": "secret"}))
	client := connect(t, server.Addr())
	code, body := client.call(client.request(opSASL).string(""))
	if code != errOK {
		t.Fatalf("sasl: error %d", code)
	}
	if want := `realm="zk-sasl-md5",nonce="`; !strings.Contains(string(body), want) {
		t.Errorf("the server's first words are %q, want %s among them", body, want)
	}
	client.create("/open", "data")
}

func TestRequireSASL(t *testing.T) {
	t.Parallel()
	server := zktest.StartServer(t, zktest.WithDigestLogin(t, map[string]string{"alice": "secret"}), zktest.RequireSASL())
	client := connect(t, server.Addr())
	if code, _ := client.call(client.createRequest("/closed", "data")); code != errSessionClosedRequireSASL {
		t.Errorf("create without authentication: error %d, want %d", code, errSessionClosedRequireSASL)
	}
	client.wantClosed()
}
