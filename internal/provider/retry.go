package provider

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/zk"
)

type retryModel struct {
	MaxTries types.Int64   `tfsdk:"max_tries"`
	Delay    types.Float64 `tfsdk:"delay"`
	Backoff  types.Float64 `tfsdk:"backoff"`
	MaxDelay types.Float64 `tfsdk:"max_delay"`
	Jitter   types.Float64 `tfsdk:"jitter"`
}

func retryAttribute() schema.SingleNestedAttribute {
	seconds := []validator.Float64{secondsValidator}
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "How often, and after what waits, an operation is tried again whose connection was lost, or which a server refuses for the moment. A write is repeated only when it is known that it had no effect. " +
			"How long to look for a server, and to repeat an operation, is for `connect_timeout` to say.",
		Attributes: map[string]schema.Attribute{
			"max_tries": schema.Int64Attribute{Optional: true, Validators: []validator.Int64{triesValidator}, MarkdownDescription: "How often an operation is tried, the first time included; `1` repeats nothing, `-1` sets no limit of number or time. Environment: `ZOOKEEPER_RETRY_MAX_TRIES`. By default an operation is repeated until `connect_timeout` has passed since it failed first."},
			"delay":     schema.Float64Attribute{Optional: true, Validators: seconds, MarkdownDescription: "Seconds before the second try. Environment: `ZOOKEEPER_RETRY_DELAY`. Default `0.1`."},
			"backoff":   schema.Float64Attribute{Optional: true, Validators: []validator.Float64{backoffValidator}, MarkdownDescription: "What each wait is multiplied by to give the next, from 1. Environment: `ZOOKEEPER_RETRY_BACKOFF`. Default `2`."},
			"max_delay": schema.Float64Attribute{Optional: true, Validators: seconds, MarkdownDescription: "Seconds that a wait takes at most; no less than `delay`. Environment: `ZOOKEEPER_RETRY_MAX_DELAY`. Default `2`, or `delay` where that is longer."},
			"jitter":    schema.Float64Attribute{Optional: true, Validators: []validator.Float64{jitterValidator}, MarkdownDescription: "Share of each wait that is random, from 0 to 1, so that many clients do not come back at the same moment. Environment: `ZOOKEEPER_RETRY_JITTER`. Default `0.5`."},
		},
	}
}

// retry takes the retry policy.
func (r *resolver) retry(ctx context.Context, obj types.Object, cfg *zk.Config) {
	at := path.Root("retry")
	var m retryModel
	if !r.object(ctx, at, obj, &m) {
		return
	}
	// A provider has no ephemeral nodes to lose, so it goes on in the session that follows
	// an expired one. What is zero is the client's default.
	p := zk.RetryPolicy{Expired: true}
	r.value(at.AtName("max_tries"), m.MaxTries, func() { p.MaxTries = int(m.MaxTries.ValueInt64()) }, func(s string) error {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return fmt.Errorf("%q is no whole number", s)
		}
		p.MaxTries = int(n)
		return checkTries(n)
	})
	maxDelay := at.AtName("max_delay")
	jitter := math.NaN()
	r.seconds(at.AtName("delay"), m.Delay, &p.Delay)
	r.seconds(maxDelay, m.MaxDelay, &p.MaxDelay)
	r.number(at.AtName("backoff"), m.Backoff, &p.Backoff, checkBackoff)
	r.number(at.AtName("jitter"), m.Jitter, &jitter, checkJitter)
	if p.MaxDelay > 0 && p.MaxDelay < p.Delay { // what is below 0 has been refused
		r.invalid(maxDelay, "Invalid retry settings", fmt.Errorf("the longest wait, %v, is shorter than the first, %v", p.MaxDelay, p.Delay), "Raise max_delay, or lower delay.")
	}
	switch {
	case jitter == 0:
		p.Jitter = -1 // to the client, 0 is its default
	case !math.IsNaN(jitter):
		p.Jitter = jitter
	}
	cfg.Retry = p
}

// checkTries refuses a number of tries that allows none.
func checkTries(n int64) error {
	if n != -1 && n < 1 || n > math.MaxInt32 {
		return fmt.Errorf("the number of tries is from 1 to %d, or -1 for no limit, and not %d", math.MaxInt32, n)
	}
	return nil
}

// checkBackoff refuses what would make waits shorter.
func checkBackoff(n float64) error {
	if math.IsNaN(n) || math.IsInf(n, 0) || n < 1 {
		return fmt.Errorf("what a wait is multiplied by is a number from 1, and not %s", plain(n))
	}
	return nil
}

// checkJitter refuses what is no share.
func checkJitter(n float64) error {
	if math.IsNaN(n) || n < 0 || n > 1 {
		return fmt.Errorf("the share of a wait that is random is a number from 0 to 1, and not %s", plain(n))
	}
	return nil
}
