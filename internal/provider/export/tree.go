package export

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"unicode/utf8"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

// tree is what the file has.
type tree struct {
	// Path is the node that was exported.
	Path string `json:"path"`
	// Nodes are it and those below it, by their paths below it; "" is the node itself.
	Nodes map[string]node `json:"nodes"`

	// ephemeral are nodes that are left out: they belong to the sessions of others.
	ephemeral []string
	bytes     int
}

// node is one node of the file, in the attributes of zookeeper_znode. Of the two notations of data
// at most one is set, and neither for a node that was created without any.
type node struct {
	Data       *string `json:"data"`
	DataBase64 *string `json:"data_base64"`
	ACL        []entry `json:"acl"`
}

// entry is one of an ACL.
type entry struct {
	Scheme      string `json:"scheme"`
	ID          string `json:"id"`
	Permissions string `json:"permissions"`
}

// A maskedError tells that the servers hide digests from the provider.
type maskedError struct{ path string }

func (e *maskedError) Error() string { return "the digests in the ACL of " + e.path + " are hidden" }

// An unnamedError tells of a node whose name no configuration can have.
type unnamedError struct{ path string }

func (e *unnamedError) Error() string { return "no configuration can name " + e.path }

// An unfitError tells of an entry of an ACL that no configuration can have.
type unfitError struct {
	path, scheme string
	why          error
}

func (e *unfitError) Error() string { return "no configuration can have the ACL of " + e.path }

// unfit tells why no configuration can have an entry of an ACL.
func unfit(e zk.ACL) error {
	switch {
	case !attr.Crosses(e.Scheme), !attr.Crosses(e.ID):
		return errors.New("its id is not in Unicode's form NFC, to which Terraform and OpenTofu bring every string")
	case e.Perms == 0:
		return errors.New("it allows nothing")
	}
	return attr.CheckACLEntry(e.Scheme, e.ID)
}

// read reads a tree, which tree_limits of the provider bounds. It tells how many nodes it has read, now and then.
func read(ctx context.Context, client *zk.Client, path string, tell func(nodes int)) (*tree, error) {
	t := &tree{Path: path, Nodes: make(map[string]node)}
	err := client.Walk(ctx, path, -1, func(r zk.Reading) error {
		switch {
		case errors.Is(r.Err, zk.ErrNoNode) && r.Path != path:
			return nil // it has gone meanwhile
		case r.Err != nil:
			return r.Err
		case r.Stat.EphemeralOwner != 0:
			t.ephemeral = append(t.ephemeral, r.Path)
			return nil
		case !attr.Crosses(r.Path):
			return &unnamedError{path: r.Path}
		}
		t.bytes += len(r.Data)
		t.Nodes[t.key(r.Path)] = contentOf(r.Data)
		if len(t.Nodes)%progress == 0 {
			tell(len(t.Nodes))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := t.readACLs(ctx, client); err != nil {
		return nil, err
	}
	return t, nil
}

// progress is after how many nodes the export tells of itself.
const progress = 10_000

// readACLs adds the ACLs. What has gone since its data was read is left out.
func (t *tree) readACLs(ctx context.Context, client *zk.Client) error {
	acls, err := client.ACLTree(ctx, t.Path)
	if err != nil {
		return err
	}
	there := make(map[string]bool, len(acls))
	for _, r := range acls {
		key := t.key(r.Path)
		n, known := t.Nodes[key]
		if !known {
			continue // it has come meanwhile
		}
		if n.ACL, err = entriesOf(r); err != nil {
			return err
		}
		t.Nodes[key], there[key] = n, true
	}
	for key := range t.Nodes {
		if !there[key] {
			delete(t.Nodes, key)
		}
	}
	return nil
}

// key is the path of a node below the one that is exported.
func (t *tree) key(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, strings.TrimSuffix(t.Path, "/")), "/")
}

// contentOf is a node with its data, as text where a configuration can have that.
func contentOf(data []byte) node {
	switch text := string(data); {
	case data == nil:
		return node{}
	case utf8.ValidString(text) && attr.Crosses(text) && !attr.IsDescribed(text):
		return node{Data: &text}
	default:
		b64 := base64.StdEncoding.EncodeToString(data)
		return node{DataBase64: &b64}
	}
}

func entriesOf(r zk.ACLReading) ([]entry, error) {
	if attr.Masked(r.ACL) {
		return nil, &maskedError{path: r.Path}
	}
	entries := make([]entry, len(r.ACL))
	for i, e := range r.ACL {
		if why := unfit(e); why != nil {
			return nil, &unfitError{path: r.Path, scheme: e.Scheme, why: why}
		}
		entries[i] = entry{Scheme: e.Scheme, ID: e.ID, Permissions: e.Perms.String()}
	}
	return entries, nil
}
