package session

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"terraform-provider-zookeeper/internal/zk"
)

// subsystem is the name under which the client logs.
const subsystem = "zk"

// logger passes the client's log on to Terraform's.
type logger struct {
	ctx context.Context //nolint:containedctx // tflog keeps its loggers in a context
}

var _ zk.Logger = logger{}

// newLogger takes the logger out of the context of the request that configures the
// provider. The client outlives that request, so its end does not count. The client logs
// no credential; that none can appear is made sure here a second time.
func newLogger(ctx context.Context, secrets []string) logger {
	ctx = tflog.NewSubsystem(context.WithoutCancel(ctx), subsystem)
	return logger{tflog.SubsystemMaskLogStrings(ctx, subsystem, secrets...)}
}

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
		all = append(all, cfg.TLS.KeyPEM, cfg.TLS.KeyPassword)
	}
	// To mask nothing would mask between all characters.
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}

// Debug logs what helps to understand a run.
func (l logger) Debug(msg string, args ...any) {
	tflog.SubsystemDebug(l.ctx, subsystem, msg, fields(args))
}

// Warn logs what is out of the ordinary.
func (l logger) Warn(msg string, args ...any) {
	tflog.SubsystemWarn(l.ctx, subsystem, msg, fields(args))
}

// fields pairs up alternating keys and values, as slog has them. Values become text,
// because masking looks at text alone.
func fields(args []any) map[string]any {
	m := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		m[fmt.Sprint(args[i])] = fmt.Sprint(args[i+1])
	}
	return m
}
