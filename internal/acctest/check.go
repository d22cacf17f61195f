package acctest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"terraform-provider-zookeeper/internal/zk"
)

// Attributes checks each attribute of a resource or data source in the state, and that
// none is left out of the check.
func Attributes(address string, want map[string]knownvalue.Check) statecheck.StateCheck {
	return attributes{address, want}
}

type attributes struct {
	address string
	want    map[string]knownvalue.Check
}

// CheckState checks the attributes.
func (a attributes) CheckState(_ context.Context, req statecheck.CheckStateRequest, resp *statecheck.CheckStateResponse) {
	i := slices.IndexFunc(req.State.Values.RootModule.Resources, func(r *tfjson.StateResource) bool { return r.Address == a.address })
	if i < 0 {
		resp.Error = fmt.Errorf("%s is not in the state", a.address)
		return
	}
	got := req.State.Values.RootModule.Resources[i].AttributeValues
	if have, checked := slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(a.want)); !slices.Equal(have, checked) {
		resp.Error = fmt.Errorf("%s has the attributes %v, and the test checks %v", a.address, have, checked)
		return
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(a.want)) {
		if err := a.want[name].CheckValue(got[name]); err != nil {
			errs = append(errs, fmt.Errorf("%s.%s: %w", a.address, name, err))
		}
	}
	resp.Error = errors.Join(errs...)
}

// Stat checks all of a stat, the counts exactly.
func Stat(version, aversion, dataLength, numChildren int64) knownvalue.Check {
	positive := knownvalue.Int64Func(func(v int64) error {
		if v <= 0 {
			return fmt.Errorf("%d is not positive", v)
		}
		return nil
	})
	notNegative := knownvalue.Int64Func(func(v int64) error {
		if v < 0 {
			return fmt.Errorf("%d is negative", v)
		}
		return nil
	})
	return knownvalue.ObjectExact(map[string]knownvalue.Check{
		"czxid": positive, "mzxid": positive, "pzxid": positive, "ctime": positive, "mtime": positive,
		"version": knownvalue.Int64Exact(version), "aversion": knownvalue.Int64Exact(aversion), "cversion": notNegative,
		"ephemeral_owner": knownvalue.Int64Exact(0), "data_length": knownvalue.Int64Exact(dataLength), "num_children": knownvalue.Int64Exact(numChildren),
	})
}

// ACL checks an ACL in the notation of the state.
func ACL(entries ...zk.ACL) knownvalue.Check {
	checks := make([]knownvalue.Check, len(entries))
	for i, e := range entries {
		checks[i] = ACLEntry(e.Scheme, e.ID, e.Perms.String())
	}
	return knownvalue.SetExact(checks)
}

// ACLEntry checks an entry of an ACL as it was written.
func ACLEntry(scheme, id, permissions string) knownvalue.Check {
	return knownvalue.ObjectExact(map[string]knownvalue.Check{
		"scheme":      knownvalue.StringExact(scheme),
		"id":          knownvalue.StringExact(id),
		"permissions": knownvalue.StringExact(permissions),
	})
}

// Error matches an error that has the texts in this order, however the CLI breaks its
// lines.
func Error(texts ...string) *regexp.Regexp {
	parts := make([]string, len(texts))
	for i, s := range texts {
		words := strings.Fields(s)
		for j, w := range words {
			words[j] = regexp.QuoteMeta(w)
		}
		parts[i] = strings.Join(words, `\s+`)
	}
	return regexp.MustCompile(`(?s)` + strings.Join(parts, `.*`))
}
