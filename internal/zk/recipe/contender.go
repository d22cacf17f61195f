package recipe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"terraform-provider-zookeeper/internal/zk"
)

// The markers of contenders' names, kazoo's and Curator's.
const (
	lockMarker = "__lock__"
	readMarker = "__rlock__"

	mutexMarker        = "-lock-"
	curatorReadMarker  = "-__READ__"
	curatorWriteMarker = "-__WRIT__"
	latchMarker        = "-latch-"
)

// lastNumber is what the servers never count beyond: they would give it twice.
const lastNumber = "2147483647"

// numberDigits is the number of digits of a sequence number.
const numberDigits = 10

// line is a node whose children line up for it.
type line struct {
	client   *zk.Client
	path     string
	notation Notation
	marker   string   // of the contenders that are made here
	waits    []string // the markers of those to wait for
	data     []byte
	acl      []zk.ACL
}

// errAgain tells a contender to begin again, where nothing says why it has to.
var errAgain = errors.New("nobody stands in line")

// beginsAgain reports whether a contender that failed with err has lost its place and nothing
// else.
func beginsAgain(err error) bool {
	return errors.Is(err, errAgain) || errors.Is(err, ErrDeleted) || errors.Is(err, zk.ErrSessionExpired)
}

// untilServed has one contender after the other stand in line, until one is served.
func untilServed(ctx context.Context, client *zk.Client, path string, contend func() (*ownNode, error)) (*Held, error) {
	for {
		n, err := contend()
		if err == nil {
			return hold(n, path), nil
		}
		if beginsAgain(err) {
			why := over(ctx, client)
			if why == nil {
				continue
			}
			err = why
		}
		return nil, fmt.Errorf("acquiring %s: %w", path, err)
	}
}

// contend stands in line with one node until nobody is ahead. When wait is false and
// somebody is, the error is ErrLocked.
func (q *line) contend(ctx context.Context, wait bool) (*ownNode, error) {
	path, err := q.enter(ctx)
	if err != nil {
		return nil, err
	}
	n, err := own(ctx, q.client, path)
	if err == nil {
		if err = q.advance(ctx, n, wait); err == nil {
			return n, nil
		}
		n.close(err)
		if !beginsAgain(err) { // else there is nothing to be taken away
			err = n.leave(ctx, err)
		}
		return nil, err
	}
	if beginsAgain(err) {
		return nil, err
	}
	return nil, leave(ctx, q.client, path, err)
}

// enter makes a contender's node, and the line's where that is missing, and returns its
// path. With an error there is no such node, unless the error says that there may be.
func (q *line) enter(ctx context.Context) (string, error) {
	prefix := zk.Child(q.path, q.notation.unique()+q.marker)
	var path string
	err := q.notation.below(ctx, q.client, q.path, q.acl, func(makeParents bool) error {
		made, err := q.client.Create(ctx, prefix, q.data, zk.CreateOptions{Mode: zk.EphemeralSequential, ACL: q.acl, MakeParents: makeParents})
		path = made.Path
		return err
	})
	switch {
	case errors.Is(err, zk.ErrOutcomeUnknown):
		path, err = q.look(ctx, prefix, err)
	case connectionLost(err):
		err = errAgain
	}
	if err != nil {
		return "", err
	}
	if number := strings.TrimPrefix(path, prefix); len(number) != numberDigits || number == lastNumber {
		return "", left(path, ErrExhausted, remove(ctx, q.client, path))
	}
	return path, nil
}

// look finds out what became of a create whose outcome is unknown for that reason: it
// returns the path of the node, or an error when there is none. What was found is taken away
// again when ctx has ended.
func (q *line) look(ctx context.Context, prefix string, reason error) (string, error) {
	path, err := "", ctx.Err()
	if err == nil {
		path, err = q.find(ctx, prefix)
	}
	if ctx.Err() != nil {
		// There is nobody to go on for.
		after, cancel := afterwards(ctx)
		defer cancel()
		if path, err = q.find(after, prefix); path != "" {
			return "", leave(ctx, q.client, path, ctx.Err())
		}
		reason = ctx.Err()
	}
	switch {
	case errors.Is(err, zk.ErrSessionExpired), errors.Is(err, zk.ErrClosed):
		return "", err // the node is gone with the session, if it was there
	case err != nil:
		return "", stays(reason, prefix, err)
	case ctx.Err() != nil:
		return "", reason
	case path == "":
		return "", errAgain // it was never made, or somebody has deleted it
	}
	return path, nil
}

// find returns the path of the node that begins with the prefix, empty when there is none.
// Nothing that was sent before is still on its way then.
func (q *line) find(ctx context.Context, prefix string) (string, error) {
	var names []string
	err := persist(ctx, q.client, func() error {
		err := q.client.Sync(ctx, q.path)
		if err == nil {
			names, _, err = q.client.Children(ctx, q.path)
		}
		return err
	})
	if err != nil && !errors.Is(err, zk.ErrNoNode) {
		return "", err
	}
	for _, name := range names {
		if path := zk.Child(q.path, name); strings.HasPrefix(path, prefix) {
			return path, nil
		}
	}
	return "", nil
}

// advance waits until nobody is ahead of the contender that it has to wait for.
func (q *line) advance(ctx context.Context, n *ownNode, wait bool) error {
	both, cancel := n.context(ctx, n.cause)
	defer cancel()
	for {
		ahead, err := q.ahead(both, n)
		switch {
		case err == nil && ahead == "":
			return nil
		case err == nil && !wait:
			return ErrLocked
		case err == nil:
			err = change(both, q.client, ahead)
		}
		if err != nil {
			return n.reason(ctx, err)
		}
	}
}

// ahead returns the path of the last one ahead of the contender that it has to wait for,
// empty when there is none.
func (q *line) ahead(ctx context.Context, n *ownNode) (string, error) {
	var names []string
	err := persist(ctx, q.client, func() (err error) {
		names, _, err = q.client.Children(ctx, q.path)
		return err
	})
	if errors.Is(err, zk.ErrNoNode) {
		return "", n.missing()
	}
	if err != nil {
		return "", err
	}
	self := n.path[strings.LastIndexByte(n.path, '/')+1:]
	if !slices.Contains(names, self) {
		return "", n.missing()
	}
	if err := foreign(q.path, names, q.marker, q.waits); err != nil {
		return "", err
	}
	own := self[len(self)-numberDigits:]
	last, path := "", ""
	for _, name := range names {
		if number, ok := numberOf(name, q.waits); ok && number < own && number >= last {
			last, path = number, zk.Child(q.path, name)
		}
	}
	return path, nil
}

// guard has what a contender holds alone end when one of another notation comes: neither waits for
// the other. What many may hold together is not guarded: each of them would read all the others' names
// whenever one comes or goes.
func (q *line) guard(n *ownNode) {
	if !slices.Contains(q.waits, q.marker) {
		return
	}
	n.guard(func(ctx context.Context) (*zk.Watch, error) {
		names, _, w, err := q.client.ChildrenWatch(ctx, q.path)
		if err == nil {
			err = foreign(q.path, names, q.marker, q.waits)
		}
		if err != nil && w != nil {
			w.Close()
		}
		return w, err
	})
}

// change waits until something happens to a node.
func change(ctx context.Context, client *zk.Client, path string) error {
	var there bool
	var w *zk.Watch
	err := persist(ctx, client, func() (err error) {
		_, there, w, err = client.ExistsWatch(ctx, path)
		return err
	})
	if err != nil {
		return err
	}
	defer w.Close()
	if !there {
		return nil
	}
	_, err = w.Next(ctx)
	return err
}

// A Contender is one who holds a lock or leads, or stands in line for that.
type Contender struct {
	// Identifier is what it says of itself: empty where that is nothing, or where its ACL does not
	// let this client read it.
	Identifier string
	// Path is its node.
	Path string
}

// contenders returns the first that line up, those here among them, in order, and counts the
// others. Contenders of another notation are [ErrForeignContender]: they line up for themselves.
func (q *line) contenders(ctx context.Context, most int) (first []Contender, more int, err error) {
	names, _, err := q.client.Children(ctx, q.path)
	if err != nil {
		return nil, 0, err
	}
	if err := foreign(q.path, names, q.marker, q.waits); err != nil {
		return nil, 0, err
	}
	markers := append([]string{q.marker}, q.waits...)
	numbers := make(map[string]string, len(names))
	var paths []string
	for _, name := range names {
		if number, ok := numberOf(name, markers); ok {
			path := zk.Child(q.path, name)
			numbers[path] = number
			paths = append(paths, path)
		}
	}
	slices.SortStableFunc(paths, func(a, b string) int { return strings.Compare(numbers[a], numbers[b]) })
	if len(paths) > most {
		paths, more = paths[:most], len(paths)-most
	}
	readings, err := identifiers(ctx, q.client, paths)
	if err != nil {
		return nil, 0, err
	}
	first = make([]Contender, len(readings))
	for i, r := range readings {
		first[i] = Contender{Identifier: string(r.Data), Path: r.Path}
	}
	return first, more, nil
}

// identifiers reads nodes, but for those that are gone. One that may not be read is as one
// without data.
func identifiers(ctx context.Context, client *zk.Client, paths []string) ([]zk.Reading, error) {
	readings, err := client.ReadMany(ctx, paths, false)
	if err != nil {
		return nil, err
	}
	readings = slices.DeleteFunc(readings, func(r zk.Reading) bool { return errors.Is(r.Err, zk.ErrNoNode) })
	for _, r := range readings {
		if r.Err != nil && !errors.Is(r.Err, zk.ErrNoAuth) {
			return nil, r.Err
		}
	}
	return readings, nil
}

// numberOf returns the sequence number of a name that ends in one of the markers and a
// number, with "-" in front where there is one.
func numberOf(name string, markers []string) (string, bool) {
	at := len(name) - numberDigits
	if at < 0 || strings.Trim(name[at:], "0123456789") != "" {
		return "", false
	}
	for _, marker := range markers {
		switch {
		case strings.HasSuffix(name[:at], marker):
			return name[at:], true
		case strings.HasSuffix(name[:at], marker+"-"):
			return name[at-1:], true
		}
	}
	return "", false
}
