package wait

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
)

// What the attributes are, in the data source and in the action.
const (
	describePath      = "Absolute path of the node."
	describeCondition = "What to wait for. Default `exists`.\n\n" +
		"  * `exists`: the node exists. This needs no permission on the node\n" +
		"  * `absent`: the node does not exist. While it does, newer servers (3.8.6 and 3.9.5, for example) want `r` on it\n" +
		"  * `data_equals`: the node holds `expected_data`\n" +
		"  * `min_children`: the node has `expected_children` children or more"
	describeData     = "Content to wait for, with `data_equals` and only then."
	describeChildren = "Number of children to wait for, with `min_children` and only then."
	describeTimeout  = "Seconds to wait before an error tells what was seen last; `0` for one look. Default `60`."
)

var conditions = []string{exists, absent, dataEquals, minChildren}

// run waits, and tells what went wrong.
func (c *condition) run(ctx context.Context, s *session.Session, tell func(seen)) (seen, diag.Diagnostics) {
	const doing = "wait for the znode"
	about := diagnose.Subject{Path: c.Path.ValueString(), Presented: s.Presented, Run: s}
	client, err := s.Client(ctx)
	if err != nil {
		return seen{}, diag.Diagnostics{about.Error(doing, err)}
	}
	found, err := c.await(ctx, client, tell)
	if late, ok := errors.AsType[*lateError](err); ok {
		return found, diag.Diagnostics{c.late(late)}
	}
	if err != nil {
		return found, diag.Diagnostics{about.Error(doing, err)}
	}
	return found, nil
}

// late tells that the condition did not hold in time.
func (c *condition) late(err *lateError) diag.Diagnostic {
	if err.last == nil {
		return diag.NewErrorDiagnostic("Waited in vain", fmt.Sprintf(
			"No server has answered for %v, so the provider has not seen the node %s.\n\n"+
				"Check that the servers are up and can be reached.", err.waited.Round(100*time.Millisecond), attr.Quoted(c.Path.ValueString())))
	}
	return diag.NewErrorDiagnostic("Waited in vain", fmt.Sprintf(
		"%s, and the provider has waited for %v. What it saw last: %s.\n\n"+
			"If that takes longer where you are, set timeout to more than %v seconds.", c.unmet(), err.waited.Round(100*time.Millisecond), c.describe(*err.last), c.timeout().Seconds()))
}

// unmet is what does not hold.
func (c *condition) unmet() string {
	at := attr.Quoted(c.Path.ValueString())
	switch c.kind() {
	case absent:
		return fmt.Sprintf("The node %s still exists", at)
	case dataEquals:
		return fmt.Sprintf("The node %s does not hold expected_data", at)
	case minChildren:
		return fmt.Sprintf("The node %s does not have %s", at, diagnose.Count(int(c.ExpectedChildren.ValueInt64()), "child", "children"))
	default:
		return fmt.Sprintf("The node %s does not exist", at)
	}
}

// describe says what was seen. It shows no data, which may be a secret.
func (c *condition) describe(s seen) string {
	switch {
	case !s.exists:
		return "there is no such node"
	case c.kind() == minChildren:
		return fmt.Sprintf("%s of %d", diagnose.Count(len(s.children), "child", "children"), c.ExpectedChildren.ValueInt64())
	case c.kind() == dataEquals:
		return fmt.Sprintf("other data, of %s (version %d)", diagnose.Count(len(s.data), "byte", "bytes"), s.stat.Version)
	default:
		return fmt.Sprintf("it exists, with %s (version %d, %s)", diagnose.Count(int(s.stat.DataLength), "byte", "bytes"), s.stat.Version, diagnose.Count(int(s.stat.NumChildren), "child", "children"))
	}
}

// reached says what there is now that the condition holds.
func (c *condition) reached(s seen) string {
	switch {
	case !s.exists:
		return "there is no such node"
	case c.kind() == minChildren:
		return fmt.Sprintf("it has %s", diagnose.Count(len(s.children), "child", "children"))
	case c.kind() == dataEquals:
		return fmt.Sprintf("it holds what was expected (version %d)", s.stat.Version)
	default:
		return "it exists"
	}
}
