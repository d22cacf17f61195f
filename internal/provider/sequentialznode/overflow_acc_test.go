package sequentialznode_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/adler32"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// setCount makes a server, which has stopped, believe that the parent of a node has counted
// so many children when the node was created: the transaction log has the count with the
// creation. A real count of two thousand million would take days.
func setCount(t *testing.T, logDir, node string, count int32) {
	t.Helper()
	logs, err := filepath.Glob(filepath.Join(logDir, "version-2", "log.*"))
	if err != nil || len(logs) != 1 {
		t.Fatalf("transaction logs: %v, %v", logs, err)
	}
	b, err := os.ReadFile(logs[0])
	if err != nil {
		t.Fatal(err)
	}
	// A header of 16 bytes, then entries: checksum, length, that many bytes, and "B".
	const fileHeader, entryHeader, txnHeader = 16, 12, 32
	for at := fileHeader; at+entryHeader < len(b); {
		size := int(binary.BigEndian.Uint32(b[at+8:]))
		if size == 0 {
			break // what the server allocates ahead
		}
		txn := b[at+entryHeader : at+entryHeader+size]
		name := binary.BigEndian.AppendUint32(nil, uint32(len(node)))
		if rest, ok := bytes.CutPrefix(txn[txnHeader:], append(name, node...)); ok {
			// Data, ACL, whether it is ephemeral, count: all of it of known size.
			rest = rest[4+max(0, int32(binary.BigEndian.Uint32(rest))):]
			for range binary.BigEndian.Uint32(rest) {
				rest = rest[4:]
				for range 2 {
					rest = rest[4+binary.BigEndian.Uint32(rest[4:]):]
				}
			}
			binary.BigEndian.PutUint32(rest[4+1:], uint32(count))
			binary.BigEndian.PutUint64(b[at:], uint64(adler32.Checksum(txn)))
			if err := os.WriteFile(logs[0], b, 0o600); err != nil {
				t.Fatal(err)
			}
			return
		}
		at += entryHeader + size + 1
	}
	t.Fatalf("the log does not have the creation of %s", node)
}

// countedTo is a tree on a server of its own, in which the count of the node "full" has come
// so far that next is the next number.
func countedTo(t *testing.T, version string, next int32) (*zktest.Server, *acctest.Tree) {
	t.Helper()
	logDir := t.TempDir()
	server := acctest.OwnServer(t, zktest.WithVersion(version), zktest.WithConfig("dataLogDir", logDir))
	client, err := zk.New(t.Context(), zk.Config{Servers: server.Addr()})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = client.Create(t.Context(), "/full/last", nil, zk.CreateOptions{MakeParents: true})
	if err := errors.Join(err, client.Delete(t.Context(), "/full/last", 0), client.Close(t.Context()), server.Stop()); err != nil {
		t.Fatal(err)
	}
	setCount(t, logDir, "/full/last", next)
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	tree := acctest.NewTreeOn(t, server.Addr())
	tree.Base = "/full"
	return server, tree
}

// Since 3.6 the count stops at its last number, which is given for as long as it is free.
func TestAccSequentialZnode_countRunsOut(t *testing.T) {
	_, tree := countedTo(t, "3.9.5", math.MaxInt32)
	second := `
resource "zookeeper_sequential_znode" "second" {
  path_prefix = "${local.base}/job-"
  depends_on  = [zookeeper_sequential_znode.test]
}
`
	acctest.Test(t, resource.TestCase{
		CheckDestroy: children(t, tree, ""),
		Steps: []resource.TestStep{
			{
				Config:            tree.Config(test("/job-", "")),
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: state(tree, "/job-", "2147483647", "", nil),
				Check:             children(t, tree, "", "job-2147483647"),
			},
			imports(tree, "/job-2147483647"),
			{
				Config:           tree.Config(test("/job-", "") + second),
				ConfigPlanChecks: planned(nothing),
				ExpectError:      acctest.Error("Next number is taken", "Nothing was created", "If it is "+tree.Path("/job-2147483647")+", the count of the parent has run out", "below another parent"),
			},
			{
				PreConfig:        holds(t, children(t, tree, "", "job-2147483647")),
				Config:           tree.Config(test("/job-", "")),
				ConfigPlanChecks: planned(nothing),
			},
		},
	})
}

// Servers before 3.6 go on with negative numbers: one is the number of its node like any
// other, also where the reply to its creation is lost.
func TestAccSequentialZnode_countRunsOver(t *testing.T) {
	server, tree := countedTo(t, "3.5.10", math.MaxInt32)
	proxy := zktest.StartProxy(t, server.Addr())
	var cut <-chan struct{}
	tree.Put("/other", "") // has the last number
	acctest.Test(t, resource.TestCase{
		CheckDestroy: children(t, tree, "", "other"),
		Steps: []resource.TestStep{
			{
				PreConfig:         func() { cut = proxy.CutAfterRequest(zktest.IsCreate) },
				Config:            through(proxy, tree, test("/job-", `data = "x"`)),
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: state(tree, "/job-", "-2147483648", "x", nil),
				Check: func(*tfState) error {
					select {
					case <-cut:
					default:
						t.Error("the reply was not lost: the test showed nothing")
					}
					return children(t, tree, "", "job--2147483648", "other")(nil)
				},
			},
			imports(tree, "/job--2147483648"),
			{
				Config:            tree.Config(test("/job-", `data = "y"`)),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, "/job-", "-2147483648", "y", attrs{"stat": acctest.Stat(1, 0, 1, 0)}),
			},
			{
				Config:            tree.Config(test("/", "")),
				ConfigPlanChecks:  planned(replace),
				ConfigStateChecks: state(tree, "/", "-2147483647", "", nil),
				Check:             children(t, tree, "", "-2147483647", "other"),
			},
		},
	})
}
