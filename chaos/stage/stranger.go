package stage

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"terraform-provider-zookeeper/internal/zk"

	"terraform-provider-zookeeper/chaos/oracle"
	"terraform-provider-zookeeper/chaos/scenario"
)

// actTimeout bounds what somebody else does, while a request of the provider's is held back.
const actTimeout = 3 * time.Second

// A stranger is somebody else, who writes to the same nodes.
type stranger struct {
	world  *World
	client *zk.Client
	chroot string
	// knows reports whether the provider knows of a creation. A node of which it does not know
	// yet that it has made it is left alone: who else could say, afterwards, whose it was.
	knows func(zxid int64) bool

	mu   sync.Mutex
	acts []oracle.Act
	made []string // nodes, to be taken away in the end
}

func (s *stranger) log(what scenario.Act, at string, zxid int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acts = append(s.acts, oracle.Act{What: what, Path: at, Zxid: zxid})
}

func (s *stranger) makes(at string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made = append(s.made, at)
}

// act does something to the node at a path, below the chroot. It reports false where nothing was
// done, or where it is not known.
func (s *stranger) act(ctx context.Context, what scenario.Act, at string) bool {
	ctx, cancel := context.WithTimeout(ctx, actTimeout)
	defer cancel()
	defer s.world.own(s.client)
	s.mu.Lock()
	n := len(s.acts)
	s.mu.Unlock()
	full, text := s.chroot+at, []byte(fmt.Sprintf("foreign-%d", n))
	if of, ok := strings.CutPrefix(at, scenario.QuotaNodes); ok {
		// It is a quota's: what it holds has to be one.
		limit := 5000 + int64(n)
		full, text = scenario.QuotaNodes+s.chroot+of, []byte(zk.Quota{Count: limit, Bytes: zk.NoLimit, HardCount: zk.NoLimit, HardBytes: zk.NoLimit}.String())
	}
	if what == scenario.TheyNumber {
		made, err := s.client.Create(ctx, full, text, zk.CreateOptions{Mode: zk.PersistentSequential})
		if err != nil {
			return false
		}
		s.makes(made.Path)
		s.log(what, strings.TrimPrefix(made.Path, s.chroot), made.Stat.Czxid)
		return true
	}
	if what == scenario.TheyCreate {
		made, err := s.client.Create(ctx, full, text, zk.CreateOptions{})
		if err != nil {
			return false
		}
		s.makes(full)
		s.log(what, at, made.Stat.Czxid)
		return true
	}
	node, err := s.client.Node(ctx, full)
	if err != nil || node.Stat.EphemeralOwner != 0 || !s.knows(node.Stat.Czxid) {
		return false
	}
	var zxid int64
	switch what {
	case scenario.TheySet:
		var stat zk.Stat
		stat, err = s.client.Set(ctx, full, text, node.Stat.Version)
		zxid = stat.Mzxid
	case scenario.TheyReformat:
		var out bytes.Buffer
		if json.Indent(&out, node.Data, "", "  ") != nil || bytes.Equal(out.Bytes(), node.Data) {
			return false
		}
		var stat zk.Stat
		stat, err = s.client.Set(ctx, full, out.Bytes(), node.Stat.Version)
		zxid = stat.Mzxid
	case scenario.TheySetACL:
		acl := append(zk.OpenACL(), zk.ACL{Scheme: "ip", ID: fmt.Sprintf("10.9.0.%d", n%250+1), Perms: zk.PermRead})
		_, err = s.client.SetACL(ctx, full, acl, node.Stat.Aversion)
	case scenario.TheyDelete:
		err = s.client.Delete(ctx, full, node.Stat.Version)
	case scenario.TheyReplace:
		_, err = s.client.Multi(ctx, zk.DeleteOp(full, node.Stat.Version), zk.CreateOp(full, text, zk.CreateOptions{}))
		s.makes(full)
	case scenario.TheyAdd:
		at = path.Join(at, fmt.Sprintf("foreign-%d", n))
		full = s.chroot + at
		var made zk.Created
		made, err = s.client.Create(ctx, full, text, zk.CreateOptions{})
		zxid = made.Stat.Czxid
		s.makes(full)
	default:
		return false
	}
	if err != nil {
		return false
	}
	s.log(what, at, zxid)
	return true
}

// goHome takes away what the stranger has made and what is still as it was made.
func (s *stranger) goHome(ctx context.Context) error {
	s.mu.Lock()
	made := slices.Clone(s.made)
	s.mu.Unlock()
	slices.Sort(made)
	for _, full := range slices.Backward(slices.Compact(made)) {
		data, stat, err := s.client.Get(ctx, full)
		if err != nil || !bytes.HasPrefix(data, []byte("foreign-")) {
			continue
		}
		_ = s.client.Delete(ctx, full, stat.Version) // one with children stays
	}
	s.world.own(s.client)
	return ctx.Err()
}
