package history

import (
	"maps"
	"slices"

	"terraform-provider-zookeeper/internal/zk"
)

// A Node is a node at some point of the history.
type Node struct {
	Data []byte
	ACL  []zk.ACL
	// Czxid is the transaction that created it, Mzxid the one that last wrote its data, and
	// Azxid the one that last wrote its ACL, its creation among them.
	Czxid, Mzxid, Azxid int64
	// By is the session that created it, with its request Cxid; DataBy and ACLBy are the
	// sessions that last wrote its data and its ACL.
	By            int64
	Cxid          int32
	DataBy, ACLBy int64
	// Version and Aversion count the writes of its data and of its ACL.
	Version, Aversion int32
	// Owner is the session that it goes with; 0 for none.
	Owner int64
}

// A Tree is all nodes at some point of the history, by path.
type Tree map[string]Node

// Clone returns a copy that changes apart.
func (t Tree) Clone() Tree { return maps.Clone(t) }

// Paths returns the paths of all nodes, sorted.
func (t Tree) Paths() []string { return slices.Sorted(maps.Keys(t)) }

// Apply brings the tree to the point after a transaction.
func (t Tree) Apply(txn Txn) {
	for _, c := range txn.Changes {
		n := t[c.Path]
		switch c.Kind {
		case Create:
			n = Node{Data: c.Data, ACL: c.ACL, Czxid: txn.Zxid, Mzxid: txn.Zxid, Azxid: txn.Zxid, By: txn.Session, Cxid: txn.Cxid, DataBy: txn.Session, ACLBy: txn.Session}
			if c.Ephemeral {
				n.Owner = txn.Session
			}
		case SetData:
			n.Data, n.Mzxid, n.DataBy = c.Data, txn.Zxid, txn.Session
			n.Version++
		case SetACL:
			n.ACL, n.Azxid, n.ACLBy = c.ACL, txn.Zxid, txn.Session
			n.Aversion++
		case Delete:
			delete(t, c.Path)
			continue
		}
		t[c.Path] = n
	}
	if txn.Closed {
		maps.DeleteFunc(t, func(_ string, n Node) bool { return n.Owner == txn.Session })
	}
}
