package acctest

import (
	"encoding/json"
	"fmt"
)

// Values returns the attributes of the resources in the state of the folder, by address.
func (c *CLI) Values() map[string]map[string]any {
	c.tb.Helper()
	var shown struct {
		Values struct {
			Root struct {
				Resources []struct {
					Address string         `json:"address"`
					Values  map[string]any `json:"values"`
				} `json:"resources"`
			} `json:"root_module"`
		} `json:"values"`
	}
	if err := json.Unmarshal([]byte(c.MustRun("show", "-json").Output), &shown); err != nil {
		c.tb.Fatal(err)
	}
	all := make(map[string]map[string]any)
	for _, r := range shown.Values.Root.Resources {
		all[r.Address] = r.Values
	}
	return all
}

// CheckValues checks attributes of a resource in the state of the folder. What is not given is
// not checked. Numbers are float64.
func (c *CLI) CheckValues(address string, want map[string]any) {
	c.tb.Helper()
	got, ok := c.Values()[address]
	if !ok {
		c.tb.Errorf("%s is not in the state", address)
	}
	for name, v := range want {
		if fmt.Sprint(got[name]) != fmt.Sprint(v) {
			c.tb.Errorf("%s.%s is %v, want %v", address, name, got[name], v)
		}
	}
}

// CheckPlansNothing checks that the next plan is empty.
func (c *CLI) CheckPlansNothing(after string) {
	c.tb.Helper()
	if run := c.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 0 {
		c.tb.Fatalf("after %s the plan is not empty: exit code %d\n%s", after, run.Code, run.Output)
	}
}

// Apply runs apply, which has to succeed, and returns what it said.
func (c *CLI) Apply(args ...string) string {
	c.tb.Helper()
	return c.MustRun(append([]string{"apply", "-no-color", "-auto-approve"}, args...)...).Output
}

// FailApply runs apply, which has to fail, and returns what it said.
func (c *CLI) FailApply(args ...string) string {
	c.tb.Helper()
	run := c.Run(append([]string{"apply", "-no-color", "-auto-approve"}, args...)...)
	if run.Code == 0 {
		c.tb.Fatalf("the apply did not fail:\n%s", run.Output)
	}
	return run.Output
}
