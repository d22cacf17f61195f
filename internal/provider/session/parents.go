package session

import (
	"context"
	"errors"
	"fmt"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

// parents remembers the nodes that were made as parents on the way to another node and
// that no resource has claimed yet. Terraform runs resources in no particular order
// unless one refers to another, so a parent's own resource may come after its child's.
type parents struct {
	// busy holds one token. Whoever makes parents holds it from before it makes them until
	// they are in made, and so does whoever looks there: a node that exists because it is
	// being made right now is never taken for somebody else's. A channel and not a mutex,
	// because making parents takes round trips, and waiting for it must end with the
	// caller's context.
	busy chan struct{}
	made map[string]madeNode
	// doubtful are the nodes of creations that have failed, and of which it is not known whether
	// they are there.
	doubtful map[string]bool
}

// A DoubtfulParentError tells that the parent of a node is the node of another resource of this
// run, whose creation has failed with an outcome that is not known.
type DoubtfulParentError struct {
	// Path is the parent's.
	Path string
}

// Error names the parent.
func (e *DoubtfulParentError) Error() string {
	return fmt.Sprintf("whether this run has created %s is not known", e.Path)
}

// madeNode is a node that was created as a missing parent.
type madeNode struct {
	// aversion counts the writes of its ACL by this run.
	aversion int32
	// ensured is set when EnsurePath has given it to a caller. A resource of its own may
	// still claim it.
	ensured bool
	// by is when it was made.
	by Span
}

// A Span is a span of transactions, of which a node is made by one: later than After, and no later
// than Until.
type Span struct {
	After int64 `json:"after"`
	Until int64 `json:"until"`
}

// Has reports whether the transaction is in the span.
func (s Span) Has(zxid int64) bool { return zxid > s.After && zxid <= s.Until }

func newParents() parents {
	return parents{busy: make(chan struct{}, 1), made: make(map[string]madeNode), doubtful: make(map[string]bool)}
}

func (p *parents) lock(ctx context.Context) error {
	select {
	case p.busy <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (p *parents) unlock() { <-p.busy }

// Doubts notes that the creation of nodes has failed, and that it is not known whether they are
// there: from here on, nobody makes them on the way to another node, which the next run could not
// tell from the work of somebody else. It returns those that this run has made so before, and when.
// They are the creation's.
func (s *Session) Doubts(ctx context.Context, paths ...string) map[string]Span {
	if err := s.parents.lock(ctx); err != nil {
		return nil // the run ends, and makes nothing more
	}
	defer s.parents.unlock()
	made := make(map[string]Span)
	for _, path := range paths {
		if node, ok := s.parents.made[path]; ok {
			delete(s.parents.made, path)
			made[path] = node.by
		}
		s.parents.doubtful[path] = true
	}
	return made
}

// checkDoubt refuses to make nodes that are in doubt: the one at the path, or above it.
func (p *parents) checkDoubt(path string) error {
	for ; path != "/"; path = zk.Parent(path) {
		if p.doubtful[path] {
			return &DoubtfulParentError{Path: path}
		}
	}
	return nil
}

// MakeParents runs create, which makes missing parents on its way and returns the paths
// of those that it made, and when, also when it fails. One runs at a time: those that wait most
// often find their parents made. The error is a [*DoubtfulParentError] where parent, the lowest
// of them, or one above it is in doubt.
func (s *Session) MakeParents(ctx context.Context, parent string, create func() (made []string, by Span, err error)) error {
	if err := s.parents.lock(ctx); err != nil {
		return err
	}
	defer s.parents.unlock()
	if err := s.parents.checkDoubt(parent); err != nil {
		return err
	}
	made, by, err := create()
	s.acts.made(made...)
	for _, path := range made {
		s.parents.made[path] = madeNode{by: by}
	}
	return err
}

// Create makes a node, and with o.MakeParents what is missing above it; its error is that
// of the client's. The node has its stat. The usual case is one request and takes no lock:
// only when the parent is missing are parents made, by one resource at a time.
func (s *Session) Create(ctx context.Context, path string, data []byte, o zk.CreateOptions) (zk.Created, error) {
	client, err := s.Client(ctx)
	if err != nil {
		return zk.Created{}, err
	}
	after, done := s.AfterWrite(ctx)
	defer done()
	alone := o
	alone.MakeParents = false
	created, err := client.Create(ctx, path, data, alone)
	if errors.Is(err, zk.ErrNoNode) && o.MakeParents {
		err = s.MakeParents(ctx, zk.Parent(path), func() ([]string, Span, error) {
			by := Span{After: client.Zxid()}
			var err error
			created, err = client.Create(ctx, path, data, o)
			by.Until = client.Zxid()
			return created.Parents, by, err
		})
	}
	if err == nil && !created.HasStat {
		created.Stat = firstStat(after, client, created.Path)
	}
	return created, err
}

// firstStat is the stat of a node that was just created, where the server did not answer
// with it. A write by somebody else since then does not count.
func firstStat(ctx context.Context, client *zk.Client, path string) zk.Stat {
	stat, _, err := client.Exists(ctx, path)
	if err != nil {
		return zk.Stat{}
	}
	stat.Version, stat.Aversion = 0, 0
	return stat
}

// Made is a node that was made.
type Made struct {
	Path string
	// Czxid tells it from another one of that path.
	Czxid int64
}

// Ensured is what became of a path that was made.
type Ensured struct {
	// Made are the nodes that are the caller's from here on, from the top down: those that it
	// made, and those that this run had made before as parents of another node, which are given
	// the ACL as if they had been made here. So the order of the two does not matter.
	Made []Made
	// Doubt are nodes that the caller has made, or not: the error is [zk.ErrOutcomeUnknown].
	Doubt []string
}

// EnsurePath makes the node and those above it that are missing, in one transaction, with the
// ACL; nil is the default one. A node is given to one caller alone. What is returned counts with
// an error too.
func (s *Session) EnsurePath(ctx context.Context, path string, acl []zk.ACL) (e Ensured, err error) {
	client, err := s.Client(ctx)
	if err != nil {
		return e, err
	}
	if acl == nil {
		acl = s.DefaultACL()
	}
	if err := s.parents.lock(ctx); err != nil {
		return e, err
	}
	defer s.parents.unlock()
	if err := s.parents.checkDoubt(path); err != nil {
		return e, err
	}
	if e.Made, err = s.takeParents(ctx, client, path, acl); err != nil {
		return e, err
	}
	created, doubt, err := client.MakePath(ctx, path, acl)
	for _, node := range created {
		s.acts.made(node.Path)
		s.parents.made[node.Path] = madeNode{ensured: true, by: Span{node.Stat.Czxid - 1, node.Stat.Czxid}}
		e.Made = append(e.Made, Made{Path: node.Path, Czxid: node.Stat.Czxid})
	}
	e.Doubt = doubt
	return e, err
}

// takeParents takes those nodes on the path that this run has made as parents, from the
// top down. One that is not there any more is left to be made again.
func (s *Session) takeParents(ctx context.Context, client *zk.Client, path string, acl []zk.ACL) ([]Made, error) {
	var taken []Made
	for end := 1; end <= len(path); end++ {
		if end < len(path) && path[end] != '/' {
			continue
		}
		node, ok, err := s.takeParent(ctx, ctx, client, path[:end], acl)
		switch {
		case err != nil:
			return taken, err
		case ok:
			taken = append(taken, Made{Path: path[:end], Czxid: node.Czxid})
		}
	}
	return taken, nil
}

// takeParent takes a node that this run has made as a parent, if it is one and nobody has
// taken it, and reports whether. It is looked at with a context of its own. The lock is held.
func (s *Session) takeParent(ctx, look context.Context, client *zk.Client, at string, acl []zk.ACL) (zk.Stat, bool, error) {
	made, ok := s.parents.made[at]
	if !ok || made.ensured {
		return zk.Stat{}, false, nil
	}
	stat, err := s.giveACL(ctx, look, client, at, acl, made)
	switch {
	case errors.Is(err, zk.ErrNoNode):
		return zk.Stat{}, false, nil
	case err != nil:
		return zk.Stat{}, false, err
	}
	if stat.Aversion != made.aversion {
		made.aversion++
	}
	made.ensured = true
	s.parents.made[at] = made
	return stat, true, nil
}

// giveACL gives a node that this run has made the ACL, unless it means the same as the one
// that it was made with, and returns the node's stat. It is looked at with a context of its own.
func (s *Session) giveACL(ctx, look context.Context, client *zk.Client, at string, acl []zk.ACL, made madeNode) (zk.Stat, error) {
	node, err := client.Node(look, at)
	if err != nil || attr.SameACL(acl, node.ACL, s.Identities()) {
		return node.Stat, err
	}
	from := attr.PlannedOf(node.Stat)
	from.Aversion = made.aversion
	change := zk.Change{SetACL: true, ACL: acl, ACLVersion: from.Aversion}
	if err := client.Update(ctx, at, change); err != nil {
		return zk.Stat{}, Conflict(ctx, client, at, from, err)
	}
	node.Stat.Aversion = made.aversion + 1
	return node.Stat, nil
}

// Claim reports whether the node was created in this run as another's missing parent and not claimed
// before, and how often this run has written its ACL since. It waits for nodes that are
// being made.
func (s *Session) Claim(ctx context.Context, path string) (ours bool, aversion int32, err error) {
	if err := s.parents.lock(ctx); err != nil {
		return false, 0, err
	}
	defer s.parents.unlock()
	made, ours := s.parents.made[path]
	delete(s.parents.made, path)
	return ours, made.aversion, nil
}
