package history

import (
	"fmt"
	"strings"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/jute"
)

// A Kind is what a [Change] does.
type Kind int

// The kinds of changes.
const (
	Create Kind = iota + 1
	Delete
	SetData
	SetACL
)

// String is the kind's name.
func (k Kind) String() string {
	switch k {
	case Create:
		return "create"
	case Delete:
		return "delete"
	case SetData:
		return "set"
	case SetACL:
		return "setACL"
	default:
		return fmt.Sprintf("kind %d", int(k))
	}
}

// A Change is what a transaction does to one node.
type Change struct {
	Kind Kind
	Path string
	// Data is that of a creation or a set.
	Data []byte
	// ACL is that of a creation or a setACL.
	ACL []zk.ACL
	// Ephemeral tells that the node goes with the session that has created it.
	Ephemeral bool
}

// A Txn is one transaction.
type Txn struct {
	// Zxid is its place in the order of all.
	Zxid int64
	// Session is the session that asked for it, and Cxid the number that the session gave to
	// the request: 0 for what a server does by itself, such as the end of an expired session.
	Session int64
	Cxid    int32
	// Changes are what it does, all at once. A transaction that failed does nothing.
	Changes []Change
	// Opened and Closed tell that it begins or ends the session.
	Opened, Closed bool
}

// String is the transaction in one line, without the nodes' data.
func (t Txn) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%#x session %#x cxid %d", t.Zxid, t.Session, t.Cxid)
	switch {
	case t.Opened:
		b.WriteString(" opens")
	case t.Closed:
		b.WriteString(" closes")
	case len(t.Changes) == 0:
		b.WriteString(" does nothing")
	}
	for _, c := range t.Changes {
		fmt.Fprintf(&b, ", %s %s", c.Kind, c.Path)
		if c.Kind == Create || c.Kind == SetData {
			fmt.Fprintf(&b, " (%d bytes)", len(c.Data))
		}
	}
	return b.String()
}

// The types of transactions (ZooDefs.OpCode), as far as they change a node or a session.
const (
	typeError           = -1
	typeCreateSession   = -10
	typeCloseSession    = -11
	typeCreate          = 1
	typeDelete          = 2
	typeSetData         = 5
	typeSetACL          = 7
	typeMulti           = 14
	typeCreate2         = 15
	typeReconfig        = 16
	typeCreateContainer = 19
	typeDeleteContainer = 20
	typeCreateTTL       = 21
)

// decodeTxn reads a transaction as a log has it (TxnHeader and the record after it).
func decodeTxn(payload []byte) (Txn, error) {
	r := jute.NewReader(payload)
	t := Txn{Session: r.Long(), Cxid: r.Int(), Zxid: r.Long()}
	r.Long() // time
	switch kind := r.Int(); kind {
	case typeCreateSession:
		t.Opened = true
	case typeCloseSession:
		t.Closed = true
	case typeMulti:
		failed := false
		for range r.Count(8) {
			kind := r.Int()
			body := jute.NewReader(r.Buffer())
			t.Changes = appendChange(t.Changes, kind, &body)
			failed = failed || kind == typeError
			if err := body.Err(); err != nil {
				r.Fail(err)
			}
		}
		if failed { // the operations before the one that was refused are in the log all the same
			t.Changes = nil
		}
	default:
		t.Changes = appendChange(nil, kind, &r)
	}
	if err := r.Err(); err != nil {
		return t, fmt.Errorf("history: transaction %#x: %w", t.Zxid, err)
	}
	return t, nil
}

// appendChange reads the record of one change. What changes no node adds nothing.
func appendChange(to []Change, kind int32, r *jute.Reader) []Change {
	switch kind {
	case typeCreate, typeCreate2:
		c := Change{Kind: Create, Path: r.String(), Data: r.Buffer(), ACL: readACL(r)}
		c.Ephemeral = r.Bool()
		return append(to, c)
	case typeCreateContainer, typeCreateTTL:
		return append(to, Change{Kind: Create, Path: r.String(), Data: r.Buffer(), ACL: readACL(r)})
	case typeDelete, typeDeleteContainer:
		return append(to, Change{Kind: Delete, Path: r.String()})
	case typeSetData, typeReconfig:
		return append(to, Change{Kind: SetData, Path: r.String(), Data: r.Buffer()})
	case typeSetACL:
		return append(to, Change{Kind: SetACL, Path: r.String(), ACL: readACL(r)})
	case typeError:
	}
	return to
}

func readACL(r *jute.Reader) []zk.ACL {
	var acl []zk.ACL
	for range r.Count(12) {
		perms := r.Int()
		acl = append(acl, zk.ACL{Perms: zk.Perms(perms), Scheme: r.String(), ID: r.String()})
	}
	return acl
}
