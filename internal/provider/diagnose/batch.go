package diagnose

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// outcomeOf says what had been written when writes of one apply failed.
func outcomeOf(err error) string {
	if partial, ok := errors.AsType[*zk.PartialError](err); ok {
		return "This came in the middle: " + partial.Done + "."
	}
	return "Nothing was written."
}

// conflicts tells that nodes are not as the writes of one apply need them.
func (s Subject) conflicts(doing string, err *zk.BatchConflictError, outcome string) diag.Diagnostic {
	n := len(err.Conflicts)
	lines := make([]string, n)
	exist, full, own := 0, 0, 0
	for i, c := range err.Conflicts {
		if s.ownConflict(c) {
			own++
		}
		switch {
		case errors.Is(c.Err, zk.ErrNodeExists):
			exist++
			lines[i] = fmt.Sprintf("%q exists", c.Write.Path)
		case errors.Is(c.Err, zk.ErrNotEmpty):
			full++
			lines[i] = fmt.Sprintf("%q has %s", c.Write.Path, Count(int(c.Found.NumChildren), "child", "children"))
		case errors.Is(c.Err, zk.ErrNoNode):
			lines[i] = fmt.Sprintf("%q was deleted", c.Write.Path)
		case c.MadeAnew():
			lines[i] = fmt.Sprintf("%q was deleted and created anew (by transaction %#x, planned against %#x)", c.Write.Path, c.Found.Czxid, c.Write.Mzxid)
		default:
			lines[i] = fmt.Sprintf("%q was changed (by transaction %#x to version %d, planned against transaction %#x)", c.Write.Path, c.Found.Mzxid, c.Found.Version, c.Write.Mzxid)
		}
	}
	switch list := Listed(lines); {
	case exist == n:
		return s.manyExist(n, list, err.Conflicts[0].Write.Path, outcome)
	case full == n:
		return diag.NewErrorDiagnostic("Znode is not empty", fmt.Sprintf(
			"The provider did not %s%s, because below nodes to be deleted there are others, which this resource does not have:\n\n%s\n\n"+
				"%s If they are resources of this configuration, let their path refer to this resource, as in path = \"${%s.NAME.base_path}/…\": they are then deleted first. "+
				"To delete whatever is below base_path, set exclusive = true and apply.", doing, s.at(), list, outcome, s.Resource))
	case own == n:
		return diag.NewErrorDiagnostic("Znodes were changed by this apply", fmt.Sprintf(
			"The provider did not %s%s, because since the plan was made another resource of this same apply changed %s:\n\n%s\n\n"+
				"%s Run apply again: it plans with the nodes as they are now. If the same happens again, two resources of the configuration have the same nodes: leave them to one of the two.",
			doing, s.at(), Count(n, "node", "nodes"), list, outcome))
	default:
		return diag.NewErrorDiagnostic("Znodes were changed by somebody else", fmt.Sprintf(
			"The provider did not %s%s, because since the plan was made somebody else changed %s:\n\n%s\n\n"+
				"%s What they wrote stands. Run plan again to see the nodes as they are now, and apply if that is still what you want. "+
				// See Conflict.
				"Where a plan of a deletion goes on showing them as they were, run apply -refresh-only first.", doing, s.at(), Count(n, "node", "nodes"), list, outcome))
	}
}

// ownConflict reports whether this run itself has brought about what a write finds.
func (s Subject) ownConflict(c zk.Conflict) bool {
	switch path := c.Write.Path; {
	case s.Run == nil, errors.Is(c.Err, zk.ErrNodeExists), errors.Is(c.Err, zk.ErrNotEmpty):
		return false
	case errors.Is(c.Err, zk.ErrNoNode):
		return s.Run.HasDeleted(path)
	case c.MadeAnew():
		return s.Run.HasReplaced(path)
	default:
		return s.Run.HasWritten(session.Whole, path, c.Found)
	}
}

// manyExist tells that nodes to be made are there already. first is one of them.
func (s Subject) manyExist(n int, list, first, outcome string) diag.Diagnostic {
	summary, they := "Znode already exists", "A node that is to be created is there already, and was not created by this resource"
	if n > 1 {
		summary, they = "Znodes already exist", fmt.Sprintf("%d nodes that are to be created are there already, and were not created by this resource", n)
	}
	key := strings.TrimPrefix(strings.TrimPrefix(first, s.Path), "/")
	return diag.NewErrorDiagnostic(summary, fmt.Sprintf(
		"%[1]s:\n\n%[2]s\n\n%[7]s To manage what is there from here on, import all nodes below base_path, or some of them by their keys:\n\n"+
			"  terraform import %[3]s.NAME %[4]s\n"+
			"  terraform import %[3]s.NAME %[4]s//%[5]s\n\n"+
			"or in the configuration:\n\n"+
			"  import {\n    to = %[3]s.NAME\n    id = %[6]q\n  }\n\n"+
			"A resource that is in the state already has to leave it first, with state rm, and is imported with all its keys. "+
			"If another resource has the same nodes, here or in another configuration, remove them from one of the two.\n\n%[8]s", they, list, s.Resource, s.Path, key, s.Path+"//"+key, outcome, s.moved()))
}

// Occupied tells that a resource that is to have all that is below a node cannot be created,
// because there are others already.
func (s Subject) Occupied(paths []string) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Znodes already exist", fmt.Sprintf(
		"With exclusive = true all that is below %[1]q belongs to this resource, and there is something already:\n\n%[2]s\n\n"+
			"Nothing was written or removed. Import what is there, and the plan shows what becomes of each node:\n\n"+
			"  terraform import %[3]s.NAME %[1]s\n\n"+
			"or in the configuration:\n\n"+
			"  import {\n    to = %[3]s.NAME\n    id = %[1]q\n  }", s.Path, Listed(paths), s.Resource))
}

func (s Subject) transactionTooLarge(err *zk.TooLargeError) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Transaction is too large", fmt.Sprintf(
		"All changes below %q in one transaction would take %d bytes, and the servers accept %d (max_buffer_bytes): %d too many. Nothing was sent.\n\n"+
			"To let it take as many transactions as needed, each of which takes effect on its own, set atomic = false. "+
			"If your servers run with a larger jute.maxbuffer, set max_buffer_bytes of the provider to the same.", s.Path, err.Size, err.Limit, err.Size-err.Limit))
}
