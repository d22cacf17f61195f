package scenario

import (
	"encoding/base64"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"terraform-provider-zookeeper/internal/zk"
)

// A Type is a type of resource.
type Type string

// The types of resources.
const (
	Znode      Type = "zookeeper_znode"
	Znodes     Type = "zookeeper_znodes"
	Sequential Type = "zookeeper_sequential_znode"
	EnsurePath Type = "zookeeper_ensure_path"
	ZnodeACL   Type = "zookeeper_znode_acl"
	Quota      Type = "zookeeper_quota"
)

// QuotaNodes is what all that quotas are made of is below, on the servers.
const QuotaNodes = "/zookeeper/quota"

// QuotaOf is the node with the limits of a quota, by the path of the node that the quota is for.
func QuotaOf(p string) string { return QuotaNodes + p + "/zookeeper_limits" }

// A Notation is the attribute that content is in.
type Notation int

// The notations.
const (
	Text Notation = iota
	Base64
	Secret
)

// Content is what a node is declared to hold.
type Content struct {
	Data string
	As   Notation
}

// User and Password are whom everybody presents, the somebody else too.
const (
	User     = "chaos"
	Password = "no-secret"
)

// An ACL is one of those that resources declare. None of them shuts anybody out who presents the
// user.
type ACL int

// The ACLs.
const (
	NoACL ACL = iota // declared nowhere
	Open
	Guarded
	Marked
	Own
)

// Entries are the ACL as servers have it.
func (a ACL) Entries() []zk.ACL {
	open := zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermAll}
	switch a {
	case NoACL:
		return nil
	case Guarded:
		return []zk.ACL{open, {Scheme: "ip", ID: "10.0.0.1", Perms: zk.PermRead}}
	case Marked:
		return []zk.ACL{open, {Scheme: "ip", ID: "10.0.0.2", Perms: zk.PermRead | zk.PermWrite}}
	case Own:
		return []zk.ACL{{Scheme: "digest", ID: zk.DigestID(User, Password), Perms: zk.PermAll}, {Scheme: "world", ID: "anyone", Perms: zk.PermRead}}
	case Open:
	}
	return []zk.ACL{open}
}

// Same reports whether ACLs have the same entries, in whatever order.
func Same(a, b []zk.ACL) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(e zk.ACL) bool { return !slices.Contains(b, e) })
}

// A Resource is one that a configuration declares.
type Resource struct {
	Type Type
	Name string
	// Path is what the resource calls path, base_path or path_prefix.
	Path string
	// Nodes are the nodes' contents, by their keys; of a single node, by the empty key.
	Nodes map[string]Content
	// Version names the secrets.
	Version int
	ACL     ACL

	JSON      bool // compare = "json"
	Force     bool // force_destroy
	Adopt     bool // adopt_existing
	Keep      bool // on_destroy = "keep"
	Recursive bool
	Exclusive bool
	Split     bool // atomic = false
	First     bool // create_before_destroy
	// Limits are those of a quota.
	Limits zk.Quota
	// After names a resource that this one depends on.
	After string
}

// Address is the resource's in a configuration.
func (r Resource) Address() string { return string(r.Type) + "." + r.Name }

// At is the path of a node of the resource's.
func (r Resource) At(key string) string {
	if key == "" {
		return r.Path
	}
	return r.Path + "/" + key
}

// HCL is the resource as a configuration declares it.
func (r Resource) HCL() string {
	var b strings.Builder
	set := func(name, format string, value any) { fmt.Fprintf(&b, "  %s = "+format+"\n", name, value) }
	flag := func(name string, on bool) {
		if on {
			set(name, "%t", true)
		}
	}
	fmt.Fprintf(&b, "resource %q %q {\n", r.Type, r.Name)
	switch r.Type {
	case Znode, EnsurePath, ZnodeACL:
		set("path", "%q", r.Path)
	case Quota:
		set("path", "%q", r.Path)
		set("max_count", "%d", max(r.Limits.Count, r.Limits.HardCount))
		set("max_bytes", "%d", max(r.Limits.Bytes, r.Limits.HardBytes))
		set("hard", "%t", r.Limits.Hard())
	case Sequential:
		set("path_prefix", "%q", r.Path)
	case Znodes:
		set("base_path", "%q", r.Path)
	}
	r.contents(&b)
	if r.ACL != NoACL {
		b.WriteString("  acl = [\n")
		for _, e := range r.ACL.Entries() {
			fmt.Fprintf(&b, "    { scheme = %q, id = %q, permissions = %q },\n", e.Scheme, e.ID, e.Perms.String())
		}
		b.WriteString("  ]\n")
	}
	if r.JSON {
		set("compare", "%q", "json")
	}
	if r.Keep {
		set("on_destroy", "%q", "keep")
	}
	flag("force_destroy", r.Force)
	flag("adopt_existing", r.Adopt)
	flag("recursive", r.Recursive)
	flag("exclusive", r.Exclusive)
	if r.Split {
		set("atomic", "%t", false)
	}
	if r.After != "" {
		set("depends_on", "[%s]", r.After)
	}
	if r.First {
		b.WriteString("  lifecycle {\n    create_before_destroy = true\n  }\n")
	}
	b.WriteString("}\n")
	return b.String()
}

func (r Resource) contents(b *strings.Builder) {
	names := map[Notation]string{Text: "data", Base64: "data_base64", Secret: "data_wo"}
	for _, as := range []Notation{Text, Base64, Secret} {
		var lines []string
		for _, key := range slices.Sorted(maps.Keys(r.Nodes)) {
			c := r.Nodes[key]
			if c.As != as {
				continue
			}
			text := c.Data
			if as == Base64 {
				text = base64.StdEncoding.EncodeToString([]byte(text))
			}
			if key == "" {
				fmt.Fprintf(b, "  %s = %q\n", names[as], text)
			} else {
				lines = append(lines, fmt.Sprintf("    %q = %q\n", key, text))
			}
		}
		if len(lines) > 0 {
			fmt.Fprintf(b, "  %s = {\n%s  }\n", names[as], strings.Join(lines, ""))
		}
	}
	if r.secret() {
		fmt.Fprintf(b, "  data_wo_version = \"%d\"\n", r.Version)
	}
}

func (r Resource) secret() bool {
	for _, c := range r.Nodes {
		if c.As == Secret {
			return true
		}
	}
	return false
}

// A Config is a configuration.
type Config struct {
	// Lock is the path of the provider's lock; empty for none.
	Lock string
	// LockTimeout is how many seconds it is waited for.
	LockTimeout int
	// Ephemeral is the path of a zookeeper_lock that is held while the first resource is made or
	// changed; empty for none.
	Ephemeral string
	Resources []Resource
	// Moved are addresses that resources had before, and those that they have now.
	Moved [][2]string
}

// HCL is the configuration as the CLI reads it.
func (c Config) HCL() string {
	var b strings.Builder
	b.WriteString("terraform {\n  required_providers {\n    zookeeper = { source = \"zkform/zookeeper\" }\n  }\n}\n")
	if c.Lock != "" {
		fmt.Fprintf(&b, "provider \"zookeeper\" {\n  lock = {\n    path    = %q\n    timeout = %d\n  }\n}\n", c.Lock, c.LockTimeout)
	}
	if c.Ephemeral != "" {
		fmt.Fprintf(&b, "ephemeral \"zookeeper_lock\" \"held\" {\n  path    = %q\n  timeout = %g\n}\n", c.Ephemeral, Usual.Lock.Seconds())
	}
	for _, m := range c.Moved {
		fmt.Fprintf(&b, "moved {\n  from = %s\n  to   = %s\n}\n", m[0], m[1])
	}
	locked := c.Locked()
	for _, r := range c.Resources {
		if r.Address() == locked {
			r.After = "ephemeral.zookeeper_lock.held"
		}
		b.WriteString(r.HCL())
	}
	return b.String()
}

// Locked is the address of the resource that is made and changed while the zookeeper_lock is held;
// empty for none.
func (c Config) Locked() string {
	if c.Ephemeral == "" || len(c.Resources) == 0 || c.Resources[0].After != "" {
		return ""
	}
	return c.Resources[0].Address()
}

// Locks are the paths of the locks.
func (c Config) Locks() []string {
	return slices.DeleteFunc([]string{c.Lock, c.Ephemeral}, func(p string) bool { return p == "" })
}

// clone returns a copy that changes apart.
func (c Config) clone() Config {
	c.Moved = nil
	c.Resources = slices.Clone(c.Resources)
	for i, r := range c.Resources {
		c.Resources[i].Nodes = maps.Clone(r.Nodes)
	}
	return c
}

// A Want is what a configuration wants of a node.
type Want struct {
	Path string
	// Data is what it is to hold, unless Any says that everything will do.
	Data string
	Any  bool
	// JSON tells that another text of the same JSON value will do.
	JSON bool
	// ACL is what it is to have; nil where nothing is said.
	ACL []zk.ACL
	// Below tells that the ACL is for all that is below the node too.
	Below bool
	// By is the address of the resource that wants it.
	By string
}

// Wants are the nodes that the configuration wants, without those that servers number.
func (c Config) Wants() []Want {
	var wants []Want
	for _, r := range c.Resources {
		switch r.Type {
		case Znode:
			content, declared := r.Nodes[""]
			wants = append(wants, Want{Path: r.Path, Data: content.Data, Any: !declared, JSON: r.JSON, ACL: r.ACL.Entries(), By: r.Address()})
		case Znodes:
			for _, key := range slices.Sorted(maps.Keys(r.Nodes)) {
				wants = append(wants, Want{Path: r.At(key), Data: r.Nodes[key].Data, JSON: r.JSON, By: r.Address()})
			}
		case EnsurePath:
			wants = append(wants, Want{Path: r.Path, Any: true, By: r.Address()})
		case ZnodeACL:
			wants = append(wants, Want{Path: r.Path, Any: true, ACL: r.ACL.Entries(), Below: r.Recursive, By: r.Address()})
		case Quota:
			wants = append(wants, Want{Path: QuotaOf(r.Path), Data: r.Limits.String(), By: r.Address()})
		case Sequential:
		}
	}
	return wants
}

// Parents are the nodes that the configuration may make on the way to others, and leaves.
func (c Config) Parents() []string {
	parents := make(map[string]bool)
	above := func(p string) {
		for p = path.Dir(p); p != "/"; p = path.Dir(p) {
			parents[p] = true
		}
	}
	for _, r := range c.Resources {
		switch r.Type {
		case Znode, Sequential, Znodes: // of the last, what is above its base
			above(r.Path)
		case EnsurePath, ZnodeACL, Quota:
		}
	}
	for _, lock := range c.Locks() {
		parents[lock] = true
		above(lock)
	}
	return slices.Sorted(maps.Keys(parents))
}
