package diagnose_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/node"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/sasl"
)

var (
	znode  = diagnose.Subject{Resource: "zookeeper_znode", Path: "/a/b", Presented: func() []string { return []string{"digest (alice)"} }}
	nobody = diagnose.Subject{Resource: "zookeeper_znode", Path: "/a/b"}
	source = diagnose.Subject{Path: "/a/b"}
	server = diagnose.Subject{}
	prefix = diagnose.Subject{Resource: "zookeeper_sequential_znode", Path: "/jobs/job-", Sequential: true}
)

func failure(op zk.OpName, path string, err error) error {
	return &zk.Error{Op: op, Path: path, Err: err}
}

func TestError(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		subject diagnose.Subject
		doing   string
		err     error
		summary string
		detail  []string
	}{
		"exists": {
			znode, "create the znode", failure("create", "/a/b", zk.ErrNodeExists), "Znode already exists",
			[]string{
				`"/a/b" exists on the server`, "left as it is", "terraform import zookeeper_znode.NAME /a/b",
				"import {\n    to = zookeeper_znode.NAME\n    id = \"/a/b\"\n  }", "adopt_existing = true",
			},
		},
		"no parent": {
			znode, "create the znode", failure("create", "/a/b", zk.ErrNoNode), "Parent does not exist",
			[]string{`"/a/b" was not created`, `its parent "/a" does not exist`, "create_parents = true"},
		},
		"deleted by somebody": {
			znode, "update the znode", failure("set", "/a/b", zk.ErrNoNode), "Znode was deleted by somebody else",
			[]string{`"/a/b" existed when the plan was made`, "Run plan again"},
		},
		"no node to read": {
			source, "list the children of the znode", failure("children", "/a/b", zk.ErrNoNode), "Znode does not exist",
			[]string{`no node at "/a/b"`, "chroot"},
		},
		"no auth to create": {
			znode, "create the znode", failure("create", "/a/b", zk.ErrNoAuth), "Permission denied",
			[]string{`create the znode "/a/b"`, `"create" needs the permission CREATE (c) on "/a"`, "presents digest (alice)"},
		},
		"no auth to create a parent": {
			znode, "create the znode", failure("create", "/a", zk.ErrNoAuth), "Permission denied",
			[]string{`create the znode "/a/b"`, `CREATE (c) on "/"`},
		},
		"no auth to delete": {
			znode, "delete the znode", failure("delete", "/a/b", zk.ErrNoAuth), "Permission denied",
			[]string{`DELETE (d) on "/a"`},
		},
		"no auth to set":     {znode, "update the znode", failure("set", "/a/b", zk.ErrNoAuth), "Permission denied", []string{`WRITE (w) on "/a/b"`}},
		"no auth to set ACL": {znode, "update the znode", failure("setACL", "/a/b", zk.ErrNoAuth), "Permission denied", []string{`ADMIN (a) on "/a/b"`}},
		"no auth to get ACL": {znode, "read the znode", failure("getACL", "/a/b", zk.ErrNoAuth), "Permission denied", []string{`READ or ADMIN (r, a) on "/a/b"`}},
		"no auth to look":    {znode, "delete the znode", failure("exists", "/a/b", zk.ErrNoAuth), "Permission denied", []string{`READ (r) on "/a/b"`}},
		"no auth to list":    {source, "list the children of the znode", failure("children", "/a/b", zk.ErrNoAuth), "Permission denied", []string{`READ (r) on "/a/b"`}},
		"no auth in a tree": {
			znode, "delete the znode", failure("multi", "", &zk.MultiError{Index: 2, Op: zk.OpNameDelete, Path: "/a/b/c", Err: zk.ErrNoAuth}), "Permission denied",
			[]string{`delete the znode "/a/b"`, `"delete" needs the permission DELETE (d) on "/a/b"`},
		},
		"no auth to do anything": {znode, "update the znode", failure("closeSession", "/a/b", zk.ErrNoAuth), "Permission denied", []string{`"closeSession" needs a permission on "/a/b"`}},
		"no auth for nobody":     {nobody, "read the znode", failure("get", "/a/b", zk.ErrNoAuth), "Permission denied", []string{`READ (r) on "/a/b"`, "presents no identity (none of username, auth, sasl and a certificate in tls is set)"}},
		"a wrong password":       {znode, "read the znode", failure("get", "/a/b", zk.ErrNoAuth), "Permission denied", []string{"ZooKeeper never says that a password is wrong"}},
		"invalid ACL":            {nobody, "create the znode", failure("create", "/a/b", zk.ErrInvalidACL), "ZooKeeper refused the ACL", []string{`ACL of "/a/b"`, `scheme is "auth"`, "no identity"}},
		"refused credentials":    {znode, "create the znode", zk.ErrAuthFailed, "ZooKeeper refused the credentials", []string{"digest (alice)"}},
		"SASL is wanted": {
			nobody, "read the znode", failure("get", "/a/b", zk.ErrSessionClosedRequireSASL), "ZooKeeper wants authentication",
			[]string{`read the znode "/a/b"`, "presents no identity", "any of sasl (sasl of the provider), digest (username and password) and x509 (a certificate and its key in tls)", "set that"},
		},
		"a session of one server": {
			znode, "take the lock", failure("create", "/a/b", zk.ErrEphemeralOnLocalSession), "Session may have no ephemeral node",
			[]string{`take the lock "/a/b"`, "localSessionsUpgradingEnabled=true"},
		},
		"a SASL login that is refused": {
			znode, "read the znode", &sasl.RefusedError{Err: zk.ErrAuthFailed, Presented: "the server was given a ticket"}, "ZooKeeper refused the credentials",
			[]string{"presents digest (alice). In the SASL exchange the server was given a ticket.\n"},
		},
		"SASL failed": {
			znode, "read the znode", fmt.Errorf("%w: %w", zk.ErrAuthFailed, fmt.Errorf("%w: the realm is unknown", sasl.ErrFailed)), "SASL authentication failed",
			[]string{`read the znode "/a/b"`, "the realm is unknown", "Look at sasl in the provider's configuration"},
		},
		"TLS failed": {
			znode, "read the znode", &zk.ConnectError{Attempts: []zk.Attempt{{Server: "zk1:2281", Err: &zk.TLSError{Cause: zk.TLSNoName, Problem: "not trusted", Err: errors.New("x509")}}}}, "Cannot reach ZooKeeper",
			[]string{"  zk1:2281: TLS: not trusted: x509\n", "verify_hostname = false in tls verifies that they descend from the CA, and no name; server_name does not help"},
		},
		"ephemeral parent": {znode, "create the znode", failure("create", "/a/b", zk.ErrNoChildrenForEphemerals), "Parent is ephemeral", []string{`create the znode "/a/b", because "/a" is an ephemeral node`}},
		"ephemeral on the way": {
			znode, "create the znode", failure("multi", "", &zk.MultiError{Op: zk.OpNameCreate, Path: "/a", Err: zk.ErrNoChildrenForEphemerals}), "Parent is ephemeral",
			[]string{`create the znode "/a/b", because "/" is an ephemeral node`},
		},
		"quota":            {znode, "update the znode", failure("set", "/a/b", zk.ErrQuotaExceeded), "Quota exceeded", []string{`update the znode "/a/b"`, "setquota"}},
		"read-only server": {znode, "update the znode", failure("set", "/a/b", zk.ErrNotReadOnly), "Server is read-only", []string{`update the znode "/a/b"`, "quorum", "read_only"}},
		"TTL without support": {
			znode, "create the znode", failure("create", "/a/b", zk.ErrUnimplemented), "ZooKeeper does not support this",
			[]string{`create the znode "/a/b"`, "zookeeper.extendedTypesEnabled=true"},
		},
		"too old": {
			znode, "create the znode", failure("create", "/a/b", &zk.VersionError{Feature: "a TTL node", Needed: zk.Version{Major: 3, Minor: 5, Patch: 3}, Found: zk.Version{Major: 3, Minor: 4, Patch: 14}}),
			"ZooKeeper is too old",
			[]string{`"/a/b"`, "a TTL node needs ZooKeeper 3.5.3 or later, the server is 3.4.14"},
		},
		"too large": {
			znode, "store the data", failure("create", "/a/b", &zk.TooLargeError{Size: 2000000, Limit: 1048575}), "Data is too large",
			[]string{`"/a/b"`, "2000000 bytes", "accept 1048575 (max_buffer_bytes)", "jute.maxbuffer"},
		},
		"unreachable": {
			znode, "create the znode", &zk.ConnectError{Attempts: []zk.Attempt{
				{Server: "zk1:2181 (192.0.2.1:2181)", Err: errors.New("connection refused")},
				{Server: "zk2:2181", Err: errors.New("no such host")},
			}}, "Cannot reach ZooKeeper",
			[]string{"  zk1:2181 (192.0.2.1:2181): connection refused\n", "  zk2:2181: no such host\n", "connect_timeout", "ZOOKEEPER_SERVERS"},
		},
		"reply too large": {
			source, "read the znode", failure("children", "/a/b", &zk.ReplyTooLargeError{Size: 100_000_000, Limit: 67108864}), "Answer is too large",
			[]string{`read the znode "/a/b"`, "takes 100000000 bytes, and the provider takes 67108864 at most, which no setting changes"},
		},
		"unreachable in no time": {
			znode, "create the znode", &zk.ConnectError{Attempts: []zk.Attempt{
				{Server: "zk1:2181", Err: errors.New("connection refused")},
				{Server: "zk2:2181", Err: &zk.NoAnswerError{Step: "the handshake", After: 333 * time.Microsecond}},
			}}, "Cannot reach ZooKeeper",
			[]string{"  zk2:2181: no answer to the handshake within 333µs\n", "No server was given as much as half a second", "connect_timeout and of session_timeout. Raise the smaller"},
		},
		"ACL too large": {
			znode, "store the data", failure("setACL", "/a/b", &zk.TooLargeError{Size: 2000000, Limit: 1048575}), "ACL is too large",
			[]string{`"/a/b"`, "2000000 bytes", "Declare fewer entries", "jute.maxbuffer"},
		},
		"unreachable later": {
			znode, "update the znode", failure("set", "/a/b", &zk.ConnectError{Attempts: []zk.Attempt{{Server: "zk1:2181", Err: errors.New("connection refused")}}}),
			"Cannot reach ZooKeeper",
			[]string{"  zk1:2181: connection refused\n"},
		},
		"unknown configuration": {
			source, "read the znode", &session.UnknownError{Attributes: []string{"servers", "password"}}, "Provider is not configured yet",
			[]string{"known only after apply: servers, password", "-target"},
		},
		"stopped": {znode, "create the znode", failure("create", "/a/b", context.Canceled), "Interrupted", []string{`before the provider could create the znode "/a/b"`}},
		"stopped in the middle": {
			znode, "update the znode", &zk.PartialError{Done: "the ACL has been replaced, the data has not", Err: failure("set", "/a/b", context.Canceled)}, "Interrupted",
			[]string{`before the provider could update the znode "/a/b" completely: the ACL has been replaced, the data has not. Nothing more was written. Run plan again`},
		},
		"stopped while it reads":    {znode, "read the znode", failure("get", "/a/b", context.Canceled), "Interrupted", []string{`before the provider could read the znode "/a/b".`}},
		"stopped before it deletes": {znode, "delete the znode", failure("delete", "/a/b", context.Canceled), "Interrupted", []string{`delete the znode "/a/b". Nothing was written to it.`}},
		"stopped, and no answer": {
			znode, "update the znode", failure("set", "/a/b", &zk.OutcomeUnknownError{Waited: 10 * time.Second, Err: context.Canceled}), "Outcome unknown",
			[]string{`sent the request to update the znode "/a/b"`, "no answer came in the 10 s for which the provider waited on"},
		},
		"stopped in the middle, and no answer": {
			znode, "update the znode", &zk.PartialError{Done: "the ACL has been replaced, the data has not", Err: failure("set", "/a/b", &zk.OutcomeUnknownError{Waited: 10 * time.Second, Err: context.Canceled})}, "Outcome unknown",
			[]string{"no answer came in the 10 s", "This came in the middle: the ACL has been replaced, the data has not."},
		},
		"connection lost": {znode, "read the znode", failure("get", "/a/b", zk.ErrConnectionLoss), "Lost the connection to ZooKeeper", []string{`read the znode "/a/b"`, "Run again"}},
		"session expired": {znode, "read the znode", failure("get", "/a/b", zk.ErrSessionExpired), "Lost the connection to ZooKeeper", []string{`"/a/b"`}},
		"outcome unknown": {
			znode, "create the znode", failure("create", "/a/b", fmt.Errorf("%w: %w", zk.ErrOutcomeUnknown, context.Canceled)), "Outcome unknown",
			[]string{`create the znode "/a/b"`, "did not learn whether it took effect", "Run plan again"},
		},
		"which number is unknown": {
			prefix, "create the sequential znode",
			failure("create", "/jobs/job-", fmt.Errorf("%w: %w", zk.ErrOutcomeUnknown, &zk.CandidatesError{Paths: []string{"/jobs/job-0000000004", "/jobs/job-0000000007"}})), "Outcome unknown",
			[]string{
				`create the sequential znode "/jobs/job-"`, "lost the connection", "not repeated", "one of these nodes, or none: \"/jobs/job-0000000004\", \"/jobs/job-0000000007\".",
				"run apply again: it leaves them as they are, and creates another one",
				"terraform state rm zookeeper_sequential_znode.NAME", "terraform import zookeeper_sequential_znode.NAME /jobs/job-0000000004",
			},
		},
		"whether there is a number is unknown": {
			prefix, "create the sequential znode", failure("create", "/jobs/job-", fmt.Errorf("%w: %w", zk.ErrOutcomeUnknown, context.Canceled)), "Outcome unknown",
			[]string{
				context.Canceled.Error(), "not repeated", "Run apply again: it names the nodes that this request may have made, leaves them as they are, and creates another one",
			},
		},
		"number taken": {
			prefix, "create the sequential znode", failure("create", "/jobs/job-", zk.ErrNodeExists), "Next number is taken",
			[]string{`"/jobs/job-" and the next number`, "Nothing was created", `any other child of "/jobs"`, "another path_prefix", "If it is /jobs/job-2147483647, the count"},
		},
		"changed": {
			znode, "update the znode", &session.ConflictError{Path: "/a/b", Planned: attr.Planned{Czxid: 7, Version: 1}, Found: &attr.Planned{Czxid: 7, Version: 2}, Err: zk.ErrBadVersion}, "Znode was changed by somebody else",
			[]string{`did not update the znode "/a/b"`, "version 1 and is at version 2", "Nothing was written"},
		},
		"changed in between": {
			znode, "update the znode", &session.ConflictError{Path: "/a/b", Planned: attr.Planned{Czxid: 7, Version: 1}, Found: &attr.Planned{Czxid: 7, Version: 2}, Err: &zk.PartialError{Done: "the ACL has been replaced, the data has not", Err: zk.ErrBadVersion}},
			"Znode was changed by somebody else",
			[]string{"between two writes of this run: the ACL has been replaced, the data has not"},
		},
		"changed unseen": {
			znode, "update the znode", &session.ConflictError{Path: "/a/b", Planned: attr.Planned{Czxid: 7, Version: 1}, Err: zk.ErrBadVersion}, "Znode was changed by somebody else",
			[]string{"could not read the present version"},
		},
		"not empty": {
			znode, "delete the znode", &node.NotEmptyError{Children: []string{"x", "y"}, Err: zk.ErrNotEmpty}, "Znode is not empty",
			[]string{`"/a/b" was not deleted, because it has 2 children: "x", "y".`},
		},
		"anything else":            {znode, "update the znode", failure("set", "/a/b", zk.ErrCode(-77)), "ZooKeeper operation failed", []string{`update the znode "/a/b"`, "-77"}},
		"of no node in particular": {server, "ask the server for its version", failure("version", "", errors.New("srvr: refused")), "ZooKeeper operation failed", []string{"could not ask the server for its version: srvr: refused"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, tt.subject.Error(tt.doing, tt.err), tt.summary, tt.detail...)
		})
	}
}

func TestConflict(t *testing.T) {
	t.Parallel()
	planned := attr.Planned{Czxid: 0x10, Version: 3, Aversion: 1}
	conflict := failure("set", "/a/b", zk.ErrBadVersion)
	const summary = "Znode was changed by somebody else"
	check(t, znode.Conflict("update the znode", conflict, planned, attr.Planned{Czxid: 0x10, Version: 5, Aversion: 1}), summary,
		`did not update the znode "/a/b"`, "its data was planned against version 3 and is at version 5", "Nothing was written", "Run plan again", "apply -refresh-only")
	check(t, znode.Conflict("update the znode", conflict, planned, attr.Planned{Czxid: 0x10, Version: 3, Aversion: 4}), summary,
		"its ACL was planned against version 1 and is at version 4")
	check(t, znode.Conflict("delete the znode", conflict, planned, attr.Planned{Czxid: 0x20, Version: 3, Aversion: 1}), summary,
		"deleted and created again (by transaction 0x20, planned against the one of 0x10)")
	check(t, znode.UnseenConflict("update the znode", conflict, planned), summary, "version 3 of its data and version 1 of its ACL", "could not read")
	// What has been done is told with every reason, not with a conflict alone.
	refused := &zk.PartialError{Done: "the data has been replaced, the ACL has not", Err: &zk.Error{Op: zk.OpNameSetACL, Path: "/a/b", Err: zk.ErrInvalidACL}}
	check(t, znode.Error("update the znode", refused), "ZooKeeper refused the ACL", "the data has been replaced, the ACL has not", "Run plan again")
	check(t, znode.Conflict("update the znode", conflict, planned, planned), summary, "changed back")
	check(t, znode.Conflict("update the znode", &zk.PartialError{Done: "the ACL has been replaced, the data has not", Err: conflict}, planned, attr.Planned{Czxid: 0x10, Version: 5, Aversion: 2}), summary,
		"between two writes of this run", "the ACL has been replaced, the data has not")
}

func TestNotEmpty(t *testing.T) {
	t.Parallel()
	check(t, znode.NotEmpty([]string{"x"}), "Znode is not empty", `"/a/b" was not deleted`, `it has 1 child: "x".`, "force_destroy = true", "${zookeeper_znode.NAME.path}/child")
	check(t, znode.NotEmpty([]string{"1", "2", "3", "4", "5", "6", "7"}), "Znode is not empty", `it has 7 children: "1", "2", "3", "4", "5" and 2 more.`)
}

func TestOtherKind(t *testing.T) {
	t.Parallel()
	check(t, znode.OtherKind("persistent", "container"), "Znode is of another kind", `"/a/b" exists as a persistent node, and is declared as a container one`, "left as it was")
}

func TestLockedOut(t *testing.T) {
	t.Parallel()
	d := znode.LockedOut(zk.PermRead | zk.PermAdmin)
	if d.Severity() != diag.SeverityWarning || d.Summary() != "ACL locks the provider out" {
		t.Errorf("%v %q", d.Severity(), d.Summary())
	}
	for _, want := range []string{`"/a/b" is to get`, "can no longer read the node (r), so that every later plan fails, nor change the ACL again (a).", "presents digest (alice)", `scheme = "auth"`} {
		if !strings.Contains(d.Detail(), want) {
			t.Errorf("the detail lacks %q:\n%s", want, d.Detail())
		}
	}
	const each = "write its data (w), nor create what is below it (c), nor delete what is below it (d)."
	if d := nobody.LockedOut(zk.PermWrite | zk.PermCreate | zk.PermDelete); !strings.Contains(d.Detail(), each) || !strings.Contains(d.Detail(), "no identity") {
		t.Errorf("the detail is:\n%s", d.Detail())
	}
	if d := (diagnose.Subject{}).LockedOut(zk.PermAdmin); !strings.Contains(d.Detail(), "With the ACL that the node is to get") {
		t.Errorf("the detail is:\n%s", d.Detail())
	}
}

func TestNoTarget(t *testing.T) {
	t.Parallel()
	check(t, znode.NoTarget("set the ACL of", zk.ErrNoNode), "Znode does not exist", `could not set the ACL of "/a/b"`, "makes none", "zookeeper_znode.NAME.path")
}

func TestMissing(t *testing.T) {
	t.Parallel()
	check(t, source.Missing("read the znode", zk.ErrNoNode), "Znode does not exist", `no node at "/a/b"`, "allow_missing = true")
}

func TestTreeTooLarge(t *testing.T) {
	t.Parallel()
	check(t, source.TreeTooLarge(12, 1234, 1000), "Tree is too large", `The tree of "/a/b" holds 1234 bytes of data in 12 nodes`, "at most 1000 bytes", "max_depth", "include_data")
}

func TestLeftOut(t *testing.T) {
	t.Parallel()
	var unread diagnose.Unread
	for n := range 12 {
		d := znode.LeftOut(unread)
		if n == 1 && (d.Severity() != diag.SeverityWarning || d.Summary() != "Znodes are not in the list" ||
			!strings.Contains(d.Detail(), `below "/a/b" lacks 1 znode that`) || !strings.HasSuffix(d.Detail(), ":\n\n  \"/a/b/0\": not authorized\n\nThe provider presents digest (alice). To have them in the list too, present somebody who may read them.")) {
			t.Errorf("%v %q:\n%s", d.Severity(), d.Summary(), d.Detail())
		}
		path := fmt.Sprintf("/a/b/%d", n)
		unread.Add(path, &zk.Error{Op: zk.OpNameChildren, Path: path, Err: zk.ErrNoAuth})
	}
	d := znode.LeftOut(unread)
	if !strings.Contains(d.Detail(), "lacks 12 znodes that") || !strings.Contains(d.Detail(), "/a/b/9\": not authorized\n  and 2 more\n\n") || strings.Contains(d.Detail(), "/a/b/10\"") {
		t.Errorf("the detail is:\n%s", d.Detail())
	}
}

func check(t *testing.T, d diag.Diagnostic, summary string, detail ...string) {
	t.Helper()
	if d.Severity() != diag.SeverityError || d.Summary() != summary {
		t.Errorf("%v %q, want an error %q", d.Severity(), d.Summary(), summary)
	}
	for _, want := range detail {
		if !strings.Contains(d.Detail(), want) {
			t.Errorf("the detail lacks %q:\n%s", want, d.Detail())
		}
	}
}
