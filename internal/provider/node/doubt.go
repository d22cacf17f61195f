package node

import (
	"context"
	"errors"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// OutcomeUnknown reports whether it cannot be told if a creation that failed with err has made a node.
func OutcomeUnknown(err error) bool { return errors.Is(err, zk.ErrOutcomeUnknown) }

// A Doubt is what the private state has of a creation whose outcome is not known: what tells a
// node that it made from any other, for the next read to find. The content itself is in the
// state, unless it is a secret.
type Doubt struct {
	// Seen is the latest transaction that was known before the request was sent.
	Seen int64 `json:"seen"`
	// Others are transactions since then that are other writes of the same run.
	Others []int64 `json:"others,omitempty"`
	// Named are the nodes that a sequential creation may have made, where that could be
	// looked at when it failed: the nodes that other resources have got since are not among them.
	Named []string `json:"named,omitempty"`
	// ACL is the one that the node was to get.
	ACL []zk.ACL `json:"acl"`
	// Size is how many bytes a secret has; -1 where the content is no secret.
	Size int `json:"size"`
	// Parent is when the run made the node as a parent of another one, and so empty; nil if it did not.
	Parent *session.Span `json:"parent,omitempty"`
}

// doubtKey is where the private state has a [Doubt].
const doubtKey = "doubt"

// Doubt makes the plan of a creation whose outcome is not known a state without a stat, and
// notes in its private state what tells the node that it may have made. parent is when the
// run made the node as a parent of another one; nil if it did not.
func (n *Node) Doubt(ctx context.Context, private attr.PrivateState, s *session.Session, config *Node, parent *session.Span, err error) diag.Diagnostics {
	data, acl, aclErr := n.Wanted(s, config)
	d := Doubt{ACL: acl, Size: -1}
	if unknown, ok := errors.AsType[*zk.OutcomeUnknownError](err); ok {
		d.Seen, d.Others = unknown.Seen, unknown.Others
	}
	if found, ok := errors.AsType[*zk.CandidatesError](err); ok {
		d.Named = found.Paths
	}
	if n.source(config, nil) == fromSecret {
		d.Size = len(data)
	}
	if n.ACL.IsUnknown() {
		n.ACL = attr.ACLValue(acl)
	}
	d.Parent = parent
	n.Stat = types.ObjectNull(attr.StatType.AttrTypes)
	n.ForceDestroy = types.BoolNull()
	if aclErr != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("State cannot be written", aclErr.Error())}
	}
	return attr.Keep(ctx, private, doubtKey, d)
}

// Unfinished makes the plan of a creation that has failed the state of the node that is there
// all the same, and is the resource's: another resource of the run has given it up, or made it.
// Whether the content of the plan has been written is not known.
func (n *Node) Unfinished(there attr.Planned) {
	n.Stat = there.Stat()
	if n.ACL.IsUnknown() {
		n.ACL = types.SetNull(attr.ACLEntryType)
	}
	n.DataWOVersion = attr.Overwritten(n.DataWOVersion)
	n.ForceDestroy = types.BoolNull()
}

// Recognized marks the state of a creation whose node a later look has recognized as the one that
// the doubt is about.
//
// The marks are in attributes, because a deletion gets no private state of a resource that is
// tainted. The CLI replaces such a resource, and what has no mark counts again.
func (n *Node) Recognized(d *Doubt) {
	n.ForceDestroy = types.BoolNull()
	if d.Parent == nil {
		n.CreateParents = types.BoolNull()
	}
}

// unfinished reports whether a state is that of a creation which has not ended. Others may use
// the node already: its deletion takes nothing with it.
func (n *Node) unfinished() bool { return n.ForceDestroy.IsNull() }

// InDoubt reports whether a state is that of a creation whose outcome is not known, of which
// nothing has been read since.
func (n *Node) InDoubt() bool { return n.Stat.IsNull() && n.unfinished() }

// unsure reports whether the node of a state may be somebody else's: it was recognized, and its
// content is a secret, of which no more was known than its length. A creation, which knows the
// secret, can tell.
func (n *Node) unsure() bool { return n.CreateParents.IsNull() && n.WriteOnly() }

// A Likeness is what a resource remembers of a node that looks like the one which it was to
// create. Whoever gets it has the node only if that holds what the creation was to write.
type Likeness struct{ attr.Planned }

// LoadDoubt returns what a private state has of a creation whose outcome is not known; nil for
// none.
func LoadDoubt(ctx context.Context, private attr.PrivateState) (*Doubt, diag.Diagnostics) {
	return attr.Kept[Doubt](ctx, private, doubtKey, "a creation whose outcome is not known",
		"Remove the resource from the state (terraform state rm). If its node is there, import it.")
}

// ForgetDoubt takes a [Doubt] out of a private state.
func ForgetDoubt(ctx context.Context, private attr.PrivateState) diag.Diagnostics {
	return private.SetKey(ctx, doubtKey, nil)
}

// making is what the creation asked for, of which the state has the content.
func (d *Doubt) making(state *Node) zk.Making {
	making := zk.Making{Seen: d.Seen, Others: d.Others, ACL: d.ACL}
	if d.Size >= 0 {
		making.Size = d.Size
		return making
	}
	making.Data = state.Content(&Node{DataWO: types.StringNull()}, nil)
	return making
}

// Find looks for the node that the creation of a state may have made. It reports false when
// there is none, or one that it did not make.
func (d *Doubt) Find(ctx context.Context, s *session.Session, nodePath string, state *Node) (zk.Node, bool, error) {
	client, err := s.Client(ctx)
	if err != nil {
		return zk.Node{}, false, err
	}
	if d.Parent != nil {
		return d.findParent(ctx, client, nodePath)
	}
	return client.Recognize(ctx, nodePath, d.making(state))
}

// findParent looks for the node that the earlier run made as a parent. It is ours as long as nobody
// has written to it.
func (d *Doubt) findParent(ctx context.Context, client *zk.Client, nodePath string) (zk.Node, bool, error) {
	// The server may be behind the one that the node was made by.
	if err := client.Sync(ctx, nodePath); err != nil {
		return zk.Node{}, false, err
	}
	there, err := client.Node(ctx, nodePath)
	switch {
	case errors.Is(err, zk.ErrNoNode):
		return zk.Node{}, false, nil
	case err != nil:
		return zk.Node{}, false, err
	}
	ours := d.Parent.Has(there.Stat.Czxid) && there.Stat.Version == 0 && there.Stat.DataLength == 0 && there.Stat.EphemeralOwner == 0
	return there, ours, nil
}

// Candidates are the paths of the nodes that the creation of a sequential node may have made,
// the oldest first.
func (d *Doubt) Candidates(ctx context.Context, s *session.Session, prefix string, state *Node) ([]string, error) {
	client, err := s.Client(ctx)
	if err != nil {
		return nil, err
	}
	nodes, err := client.RecognizeSequential(ctx, prefix, d.making(state))
	var paths []string
	for _, n := range nodes {
		if len(d.Named) == 0 || slices.Contains(d.Named, n.Path) {
			paths = append(paths, n.Path)
		}
	}
	return paths, err
}
