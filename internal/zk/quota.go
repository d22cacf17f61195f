package zk

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"terraform-provider-zookeeper/internal/zk/engine"
	"terraform-provider-zookeeper/internal/zk/proto"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// The servers' nodes that a quota is made of: below quotaNodes and the path of the node that it is for, one with
// its limits and one with what is in use, in ZooKeeper's own notation (StatsTrack).
const (
	quotaNodes  = ownNodes + "/quota"
	quotaLimits = "zookeeper_limits"
	quotaStats  = "zookeeper_stats"
)

// NoLimit is a limit of a [Quota] that there is not.
const NoLimit = -1

// A Quota limits how many nodes there are at a node and below, itself included, and how many bytes of data
// they hold. Each limit is [NoLimit] where there is none.
type Quota struct {
	// Count and Bytes are soft: servers warn in their logs of what is beyond, and take it.
	Count, Bytes int64
	// HardCount and HardBytes are such that servers refuse what is beyond, with [ErrQuotaExceeded]; since 3.7,
	// and where they run with enforceQuota=true.
	HardCount, HardBytes int64
}

// Hard reports whether a quota has a hard limit.
func (q Quota) Hard() bool { return q.HardCount != NoLimit || q.HardBytes != NoLimit }

// String is the quota in ZooKeeper's notation: one that all releases read where there is no hard limit.
func (q Quota) String() string {
	s := fmt.Sprintf("count=%d,bytes=%d", q.Count, q.Bytes)
	if q.Hard() { // the odd separator keeps releases before 3.7 from seeing more than two parts
		s += fmt.Sprintf("=;byteHardLimit=%d;countHardLimit=%d", q.HardBytes, q.HardCount)
	}
	return s
}

// QuotaUse is what a quota counts.
type QuotaUse struct{ Count, Bytes int64 }

// A QuotaReading is a quota as the servers have it.
type QuotaReading struct {
	Quota
	// Use is nil where the servers do not count, because the node that they count in is missing.
	Use *QuotaUse
	// Stat is that of the node with the limits.
	Stat Stat
}

// A QuotaOverlapError tells that there is a quota above the node or below. Servers count in one of them
// alone, so ZooKeeper's own CLI does not make two such quotas either.
type QuotaOverlapError struct {
	// Path is the node of the other quota; in a chroot the full one, where that is not below it.
	Path string
}

// Error names the other node.
func (e *QuotaOverlapError) Error() string {
	return "there is a quota on " + shown.Name(e.Path) + ", and no node may be below two"
}

// Quota returns the quota of a node. The error is [ErrNoNode] where there is none.
func (c *Client) Quota(ctx context.Context, path string) (QuotaReading, error) {
	full, err := c.quotaOf(OpNameGet, path)
	if err != nil {
		return QuotaReading{}, err
	}
	limits, err := do(ctx, c, c.getAt(Child(full, quotaLimits)))
	if err != nil {
		return QuotaReading{}, err
	}
	r := QuotaReading{Stat: limits.Stat}
	parts, err := parseTrack(limits.Data)
	if err != nil {
		return QuotaReading{}, &Error{Op: OpNameGet, Path: path, Err: err}
	}
	r.Quota = Quota{Count: parts("count"), Bytes: parts("bytes"), HardCount: parts("countHardLimit"), HardBytes: parts("byteHardLimit")}
	stats, err := do(ctx, c, c.getAt(Child(full, quotaStats)))
	switch {
	case errors.Is(err, ErrNoNode):
		return r, nil
	case err != nil:
		return QuotaReading{}, err
	}
	if parts, err = parseTrack(stats.Data); err != nil {
		return QuotaReading{}, &Error{Op: OpNameGet, Path: path, Err: err}
	}
	r.Use = &QuotaUse{Count: parts("count"), Bytes: parts("bytes")}
	return r, nil
}

// CreateQuota gives a node a quota, in nodes of the servers with the ACL, nil for the client's default. The error
// is [ErrNoNode] where the node is missing, [ErrNodeExists] where it has a quota, a *[QuotaOverlapError] where one
// above it or below has, and a *[VersionError] for a hard limit on servers before 3.7. It is a *[PartialError]
// where the limits are there, and the node that servers count in is not. Once the limits are there, the end of ctx stops it
// only [Config.Grace] later.
func (c *Client) CreateQuota(ctx context.Context, path string, q Quota, acl []ACL) error {
	after, end := c.Outlive(ctx)
	defer end()
	full, err := c.quotaOf(OpNameCreate, path)
	if err != nil {
		return err
	}
	if err := c.RequireQuota(ctx, q); err != nil {
		return &Error{Op: OpNameCreate, Path: path, Err: err}
	}
	if _, err := do(ctx, c, c.statAt(c.chrooted(path))); err != nil {
		return err
	}
	if err := c.checkOverlap(ctx, path); err != nil {
		return err
	}
	for n := 1; ; n++ {
		_, err := do(ctx, c, c.createAt(Child(full, quotaLimits), []byte(q.String()), acl))
		if err == nil {
			break
		}
		if !errors.Is(err, ErrNoNode) || n == parentTries {
			return err
		}
		if _, err := c.makeParents(ctx, full, acl); err != nil {
			return err
		}
	}
	return c.countFor(after, full, acl)
}

// countFor is countAnew for limits that are set: its error says so.
func (c *Client) countFor(ctx context.Context, full string, acl []ACL) error {
	if err := c.countAnew(ctx, full, acl); err != nil {
		return &PartialError{Done: "the limits are set, and nothing is counted", Err: err}
	}
	return nil
}

// RecognizeQuota reports whether a node has the quota that a CreateQuota made whose outcome was unknown, and that
// nobody has changed, as [Client.Recognize] does. The making's Data is the quota's.
func (c *Client) RecognizeQuota(ctx context.Context, path string, q Quota, made Making) (bool, error) {
	full, err := c.quotaOf(OpNameGet, path)
	if err != nil {
		return false, err
	}
	made.Data = []byte(q.String())
	_, ours, err := c.recognizeAt(ctx, path, Child(full, quotaLimits), made)
	return ours, err
}

// countAnew makes the node that servers count in. They count the existing nodes when it is made: one that is left from
// another quota goes first.
func (c *Client) countAnew(ctx context.Context, full string, acl []ACL) error {
	stats := Child(full, quotaStats)
	for n := 1; ; n++ {
		_, err := do(ctx, c, c.createAt(stats, []byte("count=0,bytes=0"), acl))
		if !errors.Is(err, ErrNodeExists) || n == treeTries {
			return err
		}
		if _, err := do(ctx, c, c.deleteAt(stats, AnyVersion)); err != nil && !errors.Is(err, ErrNoNode) {
			return err
		}
	}
}

// SetQuota replaces the quota of a node that the transaction mzxid had last written (QuotaReading.Stat.Mzxid), and
// makes the servers count where they did not, with the ACL as of CreateQuota. The error is [ErrNoNode] where there
// is no quota, and [ErrBadVersion] where it has been written since, or is another one. It is a *[PartialError] as of
// CreateQuota.
func (c *Client) SetQuota(ctx context.Context, path string, q Quota, mzxid int64, acl []ACL) error {
	full, err := c.quotaOf(OpNameSet, path)
	if err != nil {
		return err
	}
	if err := c.RequireQuota(ctx, q); err != nil {
		return &Error{Op: OpNameSet, Path: path, Err: err}
	}
	now, err := c.Quota(ctx, path)
	if err == nil && now.Stat.Mzxid != mzxid {
		err = &Error{Op: OpNameSet, Path: path, Err: ErrBadVersion}
	}
	if err == nil && now.Quota != q {
		limits := Child(full, quotaLimits)
		_, err = do(ctx, c, operation[proto.SetDataRequest, Stat, Stat]{
			code: proto.OpSetData, path: c.Unchroot(limits), lost: resolveSet, result: stat,
			req: proto.SetDataRequest{Path: limits, Data: []byte(q.String()), Version: now.Stat.Version},
		})
	}
	if err != nil || now.Use != nil {
		return err
	}
	return c.countFor(ctx, full, acl)
}

// DeleteQuota removes a quota that the transaction mzxid had last written, and what servers counted for it, and the
// nodes above these that nothing is left in. One that is not there is no error; [ErrBadVersion] is as of SetQuota. Once it
// has begun to remove, the end of ctx stops it only [Config.Grace] later.
func (c *Client) DeleteQuota(ctx context.Context, path string, mzxid int64) error {
	after, end := c.Outlive(ctx)
	defer end()
	full, err := c.quotaOf(OpNameDelete, path)
	if err != nil {
		return err
	}
	limits := Child(full, quotaLimits)
	now, err := do(ctx, c, c.statAt(limits))
	switch {
	case err == nil && now.Mzxid != mzxid:
		return &Error{Op: OpNameDelete, Path: path, Err: ErrBadVersion}
	case err != nil && !errors.Is(err, ErrNoNode):
		return err
	}
	// The limits go last: as long as they are there, there is a quota, and a caller that was interrupted finds what is left of it.
	if _, err := do(ctx, c, c.deleteAt(Child(full, quotaStats), AnyVersion)); err != nil && !errors.Is(err, ErrNoNode) {
		return err
	}
	if err == nil {
		_, err = do(after, c, c.deleteAt(limits, now.Version))
	}
	switch {
	case errors.Is(err, ErrBadVersion): // somebody else has set it right now, and wants it counted
		return errors.Join(err, c.countAnew(after, full, nil))
	case err != nil && !errors.Is(err, ErrNoNode):
		return err
	}
	for at := full; at != quotaNodes; at = Parent(at) {
		_, err := do(after, c, c.deleteAt(at, AnyVersion))
		switch {
		case errors.Is(err, ErrNotEmpty), errors.Is(err, ErrNoAuth): // others need it, or have made it
			return nil
		case err != nil && !errors.Is(err, ErrNoNode):
			return err
		}
	}
	return nil
}

// RequireQuota returns a *[VersionError] where the servers do not know a quota's hard limits. Servers that do not tell
// their version are taken to know them.
func (c *Client) RequireQuota(ctx context.Context, q Quota) error {
	if !q.Hard() {
		return nil
	}
	return c.engine.Require(ctx, engine.Feature{Name: "a quota that is enforced", Since: Version{Major: 3, Minor: 7}, Tried: true})
}

// quotaOf is the path on the servers of the node that a quota's nodes are children of.
func (c *Client) quotaOf(op OpName, path string) (string, error) {
	if err := check(op, path); err != nil {
		return "", err
	}
	full := c.chrooted(path)
	if ServersOwn(full) {
		return "", &Error{Op: op, Path: path, Err: &argumentError{"/ and /zookeeper have no quota"}}
	}
	return quotaNodes + full, nil
}

// deleteAt removes a node by its path on the servers.
func (c *Client) deleteAt(full string, version int32) operation[proto.DeleteRequest, noBody, struct{}] {
	return operation[proto.DeleteRequest, noBody, struct{}]{
		code: proto.OpDelete, path: c.Unchroot(full), req: proto.DeleteRequest{Path: full, Version: version},
		lost: resolveDelete, result: nothing,
	}
}

// checkOverlap looks for a quota above a node and below.
func (c *Client) checkOverlap(ctx context.Context, path string) error {
	full := c.chrooted(path)
	for at := Parent(full); at != "/"; at = Parent(at) {
		switch _, err := do(ctx, c, c.statAt(Child(quotaNodes+at, quotaLimits))); {
		case err == nil:
			return &Error{Op: OpNameCreate, Path: path, Err: &QuotaOverlapError{Path: c.Unchroot(at)}}
		case !errors.Is(err, ErrNoNode):
			return err
		}
	}
	for below := []string{full}; len(below) > 0; below = below[1:] {
		names, err := do(ctx, c, c.childrenAt(quotaNodes+below[0]))
		if err != nil && !errors.Is(err, ErrNoNode) {
			return err
		}
		for _, name := range names.Children {
			switch at := Child(below[0], name); {
			case name == quotaLimits && below[0] != full:
				return &Error{Op: OpNameCreate, Path: path, Err: &QuotaOverlapError{Path: c.Unchroot(below[0])}}
			case name != quotaLimits && name != quotaStats:
				below = append(below, at)
			}
		}
	}
	return nil
}

var trackSeparator = regexp.MustCompile(`[,;]+`)

// parseTrack reads the notation of the nodes of a quota, as ZooKeeper does: a part that is missing is -1.
func parseTrack(text []byte) (part func(name string) int64, err error) {
	parts := make(map[string]int64)
	for _, pair := range trackSeparator.Split(string(text), -1) {
		name, value := cutTrack(pair)
		if value == "" {
			continue
		}
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("the servers' node of the quota holds %s, which is no quota", shown.Text(string(text)))
		}
		parts[name] = n
	}
	return func(name string) int64 {
		if n, ok := parts[name]; ok {
			return n
		}
		return NoLimit
	}, nil
}

// cutTrack takes a part apart, as in "bytes=-1=": what follows the second sign is nothing.
func cutTrack(pair string) (name, value string) {
	name, value, _ = strings.Cut(pair, "=")
	value, _, _ = strings.Cut(value, "=")
	return name, value
}
