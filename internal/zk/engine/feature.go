package engine

import (
	"errors"
	"fmt"
	"slices"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/proto"
)

// Feature is something that servers have only since some version.
type Feature struct {
	// Name is what a *[VersionError] calls it.
	Name  string
	Since Version
	// Tried tells that a server which does not tell its version is asked for it all the same: the caller
	// wants that and nothing else.
	Tried bool
}

// features are the operations that not all servers know. One that does not know an operation
// closes the connection.
var features = map[proto.OpCode]Feature{
	proto.OpCreate2:         {"the stat of what a create made", Version{3, 5, 0}, false},
	proto.OpReconfig:        {"reconfig", Version{3, 5, 0}, true},
	proto.OpRemoveWatches:   {"the removal of a watch", Version{3, 5, 0}, false},
	proto.OpCreateContainer: {"a container node", Version{3, 5, 1}, true},
	proto.OpCreateTTL:       {"a TTL node", Version{3, 5, 3}, true},
	proto.OpMultiRead:       {"many reads in one request", Version{3, 6, 0}, false},
	proto.OpGetEphemerals:   {"the list of a session's ephemeral nodes", Version{3, 6, 0}, true},
	proto.OpCountChildren:   {"the number of descendants", Version{3, 6, 0}, true},
	proto.OpAddWatch:        {"a persistent watch", Version{3, 6, 0}, false},
	proto.OpSetWatches2:     {"a persistent watch", Version{3, 6, 0}, false},
	proto.OpWhoAmI:          {"who-am-I", Version{3, 7, 0}, true},
}

// FeatureOf returns the operation as a feature; the zero one for an operation that all servers know.
func FeatureOf(op proto.OpCode) Feature { return features[op] }

// judge returns nil where a server of the version has the feature, or may be tried, and why it may
// not be asked for otherwise. The error given is why the version is not known, nil where it is.
func (f Feature) judge(found Version, err error) error {
	_, untold := errors.AsType[*VersionUnknownError](err)
	switch {
	case untold && f.Tried:
		return nil
	case untold:
		return fmt.Errorf("%s needs ZooKeeper %v or later: %w", f.Name, f.Since, err)
	case err != nil:
		return err // it has nothing to do with the version
	case found.Less(f.Since):
		return &VersionError{Feature: f.Name, Needed: f.Since, Found: found}
	}
	return nil
}

// errUnasked is the error of a call that was not sent, because the server of a new connection
// has not been asked for its version. Whoever asked the one before has lost his connection.
var errUnasked = fmt.Errorf("%w: the version of the next server is not known yet", proto.ErrConnectionLoss)

// has returns nil where the server behind l has the feature. The error is [errUnasked] where
// nobody has asked it for its version yet.
func (l *link) has(f Feature) error {
	told := l.version.told.Load()
	if told == nil {
		return errUnasked
	}
	return f.judge(told.version, told.err)
}

// code returns the code by which an operation goes over l. The create that answers with a
// stat is asked for as the one that every server knows, where the server may not know it.
func (l *link) code(op proto.OpCode) (proto.OpCode, error) {
	f, ok := features[op]
	if !ok {
		return op, nil
	}
	err := l.has(f)
	if err != nil && op == proto.OpCreate2 {
		if errors.Is(err, errUnasked) {
			l.want()
		}
		return proto.OpCreate, nil
	}
	return op, err
}

// want has the server behind l asked for its version, without anybody waiting for it.
func (l *link) want() {
	select {
	case l.wanted <- struct{}{}:
	default:
	}
}

// admit has the last word on a call that is about to be sent over l: it keeps from the server
// what that may not know. Operations ask for the version beforehand, but what has been asked
// of one server may go to the next one, which need not be of the same version.
func (e *Engine) admit(l *link, call *conn.Call) error {
	var err error
	call.Op, err = l.code(call.Op)
	if req, ok := call.Request.(*proto.RemoveWatchesRequest); ok {
		return e.watches.admitRemoval(l, req.Path, err)
	}
	if err != nil {
		return err
	}
	switch req := call.Request.(type) {
	case *proto.MultiRequest:
		call.Request, err = l.multi(req)
	case *asking:
		err = e.watches.admit(l, req)
	case *proto.SetWatchesRequest:
		e.watches.admitAgain(req)
	}
	return err
}

// multi returns the request with the codes by which its operations go over l.
func (l *link) multi(req *proto.MultiRequest) (*proto.MultiRequest, error) {
	out := req
	for i, op := range req.Ops {
		code, err := l.code(op.Op)
		if err != nil {
			return nil, err
		}
		if code == op.Op {
			continue
		}
		if out == req {
			// The next try may go to a server that knows more.
			out = &proto.MultiRequest{Ops: slices.Clone(req.Ops)}
		}
		out.Ops[i].Op = code
	}
	return out, nil
}
