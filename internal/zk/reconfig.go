package zk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"terraform-provider-zookeeper/internal/zk/engine"
	"terraform-provider-zookeeper/internal/zk/proto"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// configPath is where the servers keep the ensemble's configuration, whatever the chroot.
const configPath = proto.ConfigPath

// A Reconfig changes the ensemble's membership: by servers that join and leave, or to a
// list of new members. A server is "server.id=host:port:port[:role];[host:]port" where it
// joins, and its id where it leaves; several are separated by commas.
type Reconfig struct {
	Joining, Leaving, NewMembers string
	// FromConfig is the version of the configuration that the change is meant for, see
	// [ConfigVersion]; [AnyConfig] for whatever it is.
	FromConfig int64
}

// AnyConfig as the version of a configuration fits whatever it is.
const AnyConfig int64 = -1

// ConfigVersion returns the version of a configuration as [Client.EnsembleConfig] and
// [Client.Reconfig] return it. It is the last line, "version=" and a number in hexadecimal: the
// transaction that the configuration came with, and 0 where servers do not run with
// reconfigEnabled. A standalone server's configuration is empty, and has no version.
func ConfigVersion(config []byte) (int64, error) {
	text := bytes.TrimSpace(config)
	last := text[bytes.LastIndexByte(text, '\n')+1:]
	number, ok := bytes.CutPrefix(last, []byte("version="))
	if !ok {
		return 0, fmt.Errorf("the last line of the ensemble's configuration is %s, and no version", shown.Text(string(last)))
	}
	version, err := strconv.ParseInt(string(number), 16, 64)
	if err != nil {
		return 0, fmt.Errorf("the version of the ensemble's configuration is %s, and no number in hexadecimal", shown.Text(string(number)))
	}
	return version, nil
}

// Reconfig changes the ensemble, and returns the new configuration and the stat of the
// node that holds it. It needs 3.5. The error is [ErrReconfigDisabled] where servers do not
// run with reconfigEnabled, [ErrNoAuth] for anybody but those whom the configuration's ACL
// allows, [ErrBadVersion] when the configuration is another, [ErrBadArguments] for a bad
// list, [ErrNewConfigNoQuorum] when too few of the new servers are up, and
// [ErrReconfigInProgress].
func (c *Client) Reconfig(ctx context.Context, r Reconfig) ([]byte, Stat, error) {
	got, err := do(ctx, c, c.reconfig(ctx, r))
	return got.Data, got.Stat, err
}

// reconfig waits for the server's version.
func (c *Client) reconfig(ctx context.Context, r Reconfig) operation[proto.ReconfigRequest, proto.GetDataReply, Content] {
	return operation[proto.ReconfigRequest, proto.GetDataReply, Content]{
		code: proto.OpReconfig, path: configPath,
		req:  proto.ReconfigRequest{Joining: r.Joining, Leaving: r.Leaving, NewMembers: r.NewMembers, FromConfig: r.FromConfig},
		lost: resolveReconfig, result: contentOf,
		err: c.engine.Require(ctx, engine.FeatureOf(proto.OpReconfig)),
	}
}

// resolveReconfig looks whether a reconfig took effect. What becomes of a list of new members is for the servers to
// know: when the configuration has changed at all, nothing can be told.
func resolveReconfig(ctx context.Context, c *Client, req *proto.ReconfigRequest, l loss, out *proto.GetDataReply) (verdict, error) {
	return c.claimed(func() (verdict, claim, error) {
		r, err := do(ctx, c, c.getAt(configPath))
		if err != nil {
			return unknown, claim{}, err
		}
		*out = proto.GetDataReply{Data: r.Data, Stat: r.Stat}
		switch made := (claim{zxid: r.Stat.Mzxid}); {
		case r.Stat.Mzxid <= l.seen:
			return certainlyNot, claim{}, nil
		case hasBecome(r.Data, req) && !c.claims.has(made):
			return applied, made, nil
		case req.FromConfig != AnyConfig: // to repeat it undoes nobody's change
			return likelyNot, claim{}, nil
		default:
			return unknown, claim{}, nil
		}
	})
}

// hasBecome reports whether all who were to join are in a configuration as they were to, and none who was to leave.
func hasBecome(config []byte, req *proto.ReconfigRequest) bool {
	e, err := ParseEnsemble(config)
	if err != nil || req.NewMembers != "" {
		return false
	}
	for server := range strings.SplitSeq(req.Joining, ",") {
		id, rest, _ := strings.Cut(strings.TrimPrefix(server, "server."), "=")
		if want, err := parseMember(id, rest); server != "" && (err != nil || !slices.ContainsFunc(e.Members, want.Equal)) {
			return false
		}
	}
	for id := range strings.SplitSeq(req.Leaving, ",") {
		if slices.ContainsFunc(e.Members, func(m Member) bool { return strconv.FormatInt(m.ID, 10) == id }) {
			return false
		}
	}
	return true
}

// EnsembleConfig returns the ensemble's configuration, a line for each server and behind them
// the version (see [ConfigVersion]), and the stat of the node that holds it. It needs 3.5.
func (c *Client) EnsembleConfig(ctx context.Context) ([]byte, Stat, error) {
	r, err := do(ctx, c, c.getAt(configPath))
	if errors.Is(err, ErrNoNode) {
		if old := c.engine.Require(ctx, engine.Feature{Name: "the ensemble's configuration", Since: Version{Major: 3, Minor: 5}, Tried: true}); old != nil {
			err = &Error{Op: OpNameGet, Path: configPath, Err: old}
		}
	}
	if err != nil {
		return nil, Stat{}, err
	}
	return bytes.TrimSpace(r.Data), r.Stat, nil
}
