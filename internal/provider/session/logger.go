package session

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// subsystem is the name under which the client logs.
const subsystem = "zk"

// logger passes the client's log on to Terraform's.
type logger struct {
	ctx  context.Context   //nolint:containedctx // tflog keeps its loggers in a context
	mask *strings.Replacer // of secrets
}

var (
	_ zk.Logger = logger{}
	_ zk.Tracer = logger{}
)

// newLogger takes the logger out of the context of the request that configures the
// provider. The client outlives that request, so its end does not count. The client logs
// no credential; that none can appear is made sure here a second time.
func newLogger(ctx context.Context, secrets []string) logger {
	ctx = tflog.NewSubsystem(context.WithoutCancel(ctx), subsystem)
	pairs := make([]string, 0, 2*len(secrets))
	for _, secret := range secrets {
		pairs = append(pairs, secret, "***")
	}
	return logger{tflog.SubsystemMaskLogStrings(ctx, subsystem, secrets...), strings.NewReplacer(pairs...)}
}

// line is a text that others may have a part in, such as the name of a node, on one line. Secrets
// are looked for first, because escaped or cut they look like something else.
func (l logger) line(text string) string { return shown.Line(l.mask.Replace(text)) }

// secrets returns what no log may show of a configuration.
func secrets(cfg zk.Config) []string {
	var all []string
	for _, c := range cfg.Auth {
		all = append(all, c.Secret)
		if _, password, ok := strings.Cut(c.Secret, ":"); ok {
			all = append(all, password)
		}
	}
	if cfg.SASL != nil {
		all = append(all, cfg.SASL.Password.Reveal())
	}
	if cfg.TLS != nil {
		all = append(all, cfg.TLS.KeyPEM, cfg.TLS.KeyPassword, cfg.TLS.KeystorePassword, cfg.TLS.TruststorePassword)
	}
	// To mask nothing would mask between all characters.
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}

// logged reports whether a log is asked for. Terraform drops what providers log without, but
// they would take their time to write it. OFF asks for none: the provider itself sets it for the
// framework.
func logged() bool {
	return slices.ContainsFunc(os.Environ(), func(v string) bool {
		name, value, _ := strings.Cut(v, "=")
		return strings.HasPrefix(name, "TF_LOG") && !strings.HasPrefix(name, "TF_LOG_PATH") && value != "" && !strings.EqualFold(value, "OFF")
	})
}

// TraceOperation logs an operation: the run's story.
func (l logger) TraceOperation(t zk.OperationTrace) {
	m := map[string]any{"path": l.line(t.Path), "duration_ms": float64(t.Duration.Microseconds()) / 1e3}
	if t.Nodes > 0 {
		m["nodes"] = t.Nodes
	}
	if t.Zxid != 0 {
		m["zxid"] = fmt.Sprintf("%#x", t.Zxid)
	}
	if t.Err != nil {
		m["error"] = l.line(t.Err.Error())
	}
	tflog.SubsystemDebug(l.ctx, subsystem, string(t.Op), m)
}

// TraceFrame logs a frame, but nothing of what is in it.
func (l logger) TraceFrame(t zk.FrameTrace) {
	m := map[string]any{"op": string(t.Op), "xid": t.Xid, "bytes": t.Bytes}
	msg := "frame sent"
	if !t.Sent {
		msg = "frame received"
		m["zxid"] = fmt.Sprintf("%#x", t.Zxid)
	}
	if t.Err != nil {
		m["error"] = l.line(t.Err.Error())
	}
	tflog.SubsystemTrace(l.ctx, subsystem, msg, m)
}

// Debug logs what helps to understand a run.
func (l logger) Debug(msg string, args ...any) {
	tflog.SubsystemDebug(l.ctx, subsystem, msg, l.fields(args))
}

// Warn logs what is out of the ordinary.
func (l logger) Warn(msg string, args ...any) {
	tflog.SubsystemWarn(l.ctx, subsystem, msg, l.fields(args))
}

// fields pairs up alternating keys and values, as slog has them. Values become text,
// because masking looks at text alone.
func (l logger) fields(args []any) map[string]any {
	m := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		m[fmt.Sprint(args[i])] = l.line(fmt.Sprint(args[i+1]))
	}
	return m
}
