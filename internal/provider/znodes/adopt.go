package znodes

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/zk"
)

// planAdoption tells in the plan which nodes an apply will take over, and what of them will
// change. A server that cannot be reached is no reason to refuse the plan: it may be there by
// the time of the apply.
func (r *Resource) planAdoption(ctx context.Context, plan *model, had holding, want wanted, writes []zk.Write) diag.Diagnostics {
	if !plan.AdoptExisting.ValueBool() || !r.Session.Known() {
		return nil
	}
	var paths []string
	for _, w := range writes {
		// What this run itself has made by now, another resource has.
		if w.Kind == zk.WriteCreate && !r.Session.HasMade(w.Path) {
			paths = append(paths, w.Path)
		}
	}
	if len(paths) == 0 {
		return nil
	}
	slices.Sort(paths)
	client, err := r.Session.Client(ctx)
	var readings []zk.Reading
	if err == nil {
		readings, err = client.ReadMany(ctx, paths, false)
	}
	if err != nil {
		return diag.Diagnostics{notLookedAt(r.about(plan).Error(doingAdopt, err), had.base)}
	}
	found := adoption{base: had.base, keeps: plan.keepsOnDestroy()}
	for _, reading := range readings {
		switch {
		case errors.Is(reading.Err, zk.ErrNoNode):
		case reading.Err != nil:
			return diag.Diagnostics{notLookedAt(r.aboutPath(reading.Path).Error(doingAdopt, reading.Err), had.base)}
		case reading.Stat.EphemeralOwner != 0:
			return diag.Diagnostics{isEphemeral(reading.Path)}
		default:
			found.add(want, reading)
		}
	}
	if found.count() == 0 {
		return nil
	}
	return diag.Diagnostics{found.warning()}
}

// An adoption is the nodes that an apply will take over.
type adoption struct {
	base string
	// keeps tells that destroying the resource leaves them.
	keeps bool
	// replaced are how many get other content, secret how many a secret, and same how many keep
	// what they hold.
	replaced, secret, same int
	lines                  []string
}

func (a *adoption) count() int { return a.replaced + a.secret + a.same }

// add takes up a node that is there.
func (a *adoption) add(want wanted, reading zk.Reading) {
	key := keyOf(a.base, reading.Path)
	data, public := want.nodes[key]
	line := attr.Quoted(reading.Path)
	switch {
	case !public:
		a.secret++
		line += ": its content is replaced by a secret of data_wo"
	case attr.SameContent(want.compare, reading.Data, []byte(data)):
		a.same++
		line += ": its content stays"
	default:
		a.replaced++
		line += fmt.Sprintf(": its content (%s, version %d) is replaced by %s", diagnose.Count(len(reading.Data), "byte", "bytes"), reading.Stat.Version, diagnose.Count(len(data), "byte", "bytes"))
	}
	if n := reading.Stat.NumChildren; n > 0 {
		line += fmt.Sprintf("; it has %s", diagnose.Count(int(n), "child", "children"))
	}
	if len(a.lines) < mostNamed {
		a.lines = append(a.lines, line)
	} else {
		a.lines = append(a.lines, "") // it is counted, and not named
	}
}

// mostNamed is how many nodes diagnose.Listed names.
const mostNamed = 10

func (a *adoption) listed() string { return diagnose.Listed(a.lines) }
