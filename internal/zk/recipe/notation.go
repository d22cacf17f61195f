package recipe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// A Notation says whose names and data the nodes of a recipe have. Those who share a recipe
// must use the same one: contenders of different notations do not see each other.
type Notation int

const (
	// Kazoo is the notation of kazoo, the Python client.
	Kazoo Notation = iota
	// Curator is the notation of Apache Curator, for Java.
	Curator
)

// String names the notation.
func (n Notation) String() string {
	if n == Curator {
		return "Curator"
	}
	return "kazoo"
}

func (n Notation) valid() error {
	if n != Kazoo && n != Curator {
		return fmt.Errorf("there is no notation %d", int(n))
	}
	return nil
}

// protected is how the names of Curator's contenders begin.
const protected = "_c_"

// unique returns the beginning of a new name, which nobody else gives.
func (n Notation) unique() string {
	if n == Curator {
		return protected + dashed()
	}
	return uuid()
}

// data returns the data of a node: the identifier or, as Curator has it where there is none,
// an address of this machine.
func (n Notation) data(identifier string) []byte {
	if n == Curator && identifier == "" {
		return []byte(address())
	}
	return []byte(identifier)
}

// address returns an address of this machine that others may reach it by.
func address() string {
	all, _ := net.InterfaceAddrs()
	for _, a := range all {
		if ip, ok := a.(*net.IPNet); ok && !ip.IP.IsLoopback() && ip.IP.To4() != nil {
			return ip.IP.String()
		}
	}
	return "127.0.0.1"
}

// below has create make a node. Where its parent is missing, create makes that too for kazoo; for
// Curator it is made here, as a container, which servers take away when it is empty.
func (n Notation) below(ctx context.Context, client *zk.Client, parent string, acl []zk.ACL, create func(makeParents bool) error) error {
	for {
		err := create(n == Kazoo)
		if n == Kazoo || !errors.Is(err, zk.ErrNoNode) {
			return err
		}
		if err := container(ctx, client, parent, acl); err != nil {
			return err
		}
	}
}

// container makes a container and those above it that are missing. Servers before 3.5 have
// persistent nodes instead.
func container(ctx context.Context, client *zk.Client, path string, acl []zk.ACL) error {
	for {
		_, err := client.Create(ctx, path, []byte{}, zk.CreateOptions{Mode: zk.Container, ACL: acl})
		_, old := errors.AsType[*zk.VersionError](err)
		switch {
		case err == nil, errors.Is(err, zk.ErrNodeExists):
			return nil
		case old, errors.Is(err, zk.ErrUnimplemented):
			_, err = client.EnsurePath(ctx, path, acl)
			return err
		case errors.Is(err, zk.ErrNoNode) && path != "/":
			if err := container(ctx, client, zk.Parent(path), acl); err != nil {
				return err
			}
		case again(ctx, client, err):
		default:
			return err
		}
	}
}

// again reports whether a write that does no harm when it is done twice is to be repeated.
func again(ctx context.Context, client *zk.Client, err error) bool {
	return over(ctx, client) == nil && (errors.Is(err, zk.ErrOutcomeUnknown) || connectionLost(err))
}

// A family is what contenders that may share a node are called.
type family struct {
	of      string
	markers []string
}

// families are those that are told apart. What of one lines up does not wait for another.
var families = []family{
	{"kazoo's Lock", []string{lockMarker, readMarker}},
	{"Curator's InterProcessMutex or LeaderSelector", []string{mutexMarker}},
	{"Curator's InterProcessReadWriteLock", []string{curatorReadMarker, curatorWriteMarker}},
	{"Curator's LeaderLatch", []string{latchMarker}},
}

// foreign returns an error when one of the names is a contender's of another family than the
// marker's. Those that are waited for are none.
func foreign(path string, names []string, marker string, waits []string) error {
	for _, f := range families {
		if slices.Contains(f.markers, marker) {
			continue
		}
		for _, name := range names {
			if _, ok := numberOf(name, waits); ok {
				continue
			}
			if _, ok := numberOf(name, f.markers); ok && (f.markers[0] == lockMarker || strings.HasPrefix(name, protected)) {
				return fmt.Errorf("%w: %s is of %s", ErrForeignContender, shown.Name(zk.Child(path, name)), f.of)
			}
		}
	}
	return nil
}
