package acctest_test

import "terraform-provider-zookeeper/internal/acctest"

// What others make of an ACL, and what is declared.
const (
	ipACL    = "ip:127.0.0.0/8:cdrwa world:anyone:r"
	theirACL = "ip:127.0.0.0/8:cdrwa ip:192.0.2.7:rw"

	ipACLInHCL    = `[{ scheme = "ip", id = "127.0.0.0/8", permissions = "cdrwa" }, { scheme = "world", id = "anyone", permissions = "r" }]`
	otherACL      = "ip:127.0.0.0/8:cdrwa"
	otherACLInHCL = `[{ scheme = "ip", id = "127.0.0.0/8", permissions = "cdrwa" }]`
)

// existsAlready is how a creation ends that finds a node which it does not take over.
const existsAlready = "already exist"

// gone is a node that is not there any more.
var gone = node{gone: true}

// at is a world of one node.
func at(rel, data string) world { return world{rel: {data: data}} }

// limited is a world with the quota of a node, and unlimited one without: the nodes in which the servers keep it.
func limited(rel, limits string) world {
	at := quotas + rel
	return world{quotas: {}, at: {}, at + "/zookeeper_limits": {data: limits}, at + "/zookeeper_stats": {}}
}

func unlimited(rel string) world {
	at := quotas + rel
	return world{at: gone, at + "/zookeeper_limits": gone, at + "/zookeeper_stats": gone}
}

// settings are attributes that the servers know nothing of, and another value of each. They are
// a subject's last thing: the value of the last apply counts.
func settings(values attrs) thing {
	th := thing{edit: edit{attrs: values}}
	for name := range values {
		th.ignore = append(th.ignore, name)
	}
	return th
}

// subjects are the resources, each in every way of giving it content.
var subjects = []*subject{
	{
		name: "znode with data", typ: "zookeeper_znode",
		attrs: attrs{"path": `"/a"`, "data": `"one"`},
		made:  at("/a", "one"),
		things: []thing{
			{ignore: []string{"path"}, edit: edit{attrs: attrs{"path": `"/b"`}, world: world{"/a": gone, "/b": {data: "one"}}}},
			{ignore: []string{"data"}, theirs: at("/a", "theirs"), edit: edit{attrs: attrs{"data": `"two"`}, world: at("/a", "two")}},
			{ignore: []string{"data"}, theirs: at("/a", "\xff\xfe"), edit: edit{attrs: attrs{"data": `"two"`}, world: at("/a", "two")}},
			{ignore: []string{"data"}, theirs: at("/a", "cafe\u0301"), edit: edit{attrs: attrs{"data": `"two"`}, world: at("/a", "two")}},
			// The user moves the content to the other notation, and changes it. What is not ignored
			// of that is done.
			{
				ignore: []string{"data_base64"}, edit: edit{attrs: attrs{"data": "", "data_base64": `base64encode("two")`}, world: at("/a", "two")},
				shownEdit: "1 changed",
			},
			{
				ignore: []string{"data"}, edit: edit{attrs: attrs{"data": "", "data_base64": `base64encode("two")`}, world: at("/a", "two")},
				shownEdit: "1 changed", wins: at("/a", "two"),
			},
			{ignore: []string{"data", "data_base64"}, theirs: at("/a", "theirs"), edit: edit{attrs: attrs{"data": "", "data_base64": `base64encode("two")`}, world: at("/a", "two")}},
			{ignore: []string{"mode"}, edit: edit{attrs: attrs{"mode": `"container"`}, world: at("/a", "one")}},
			{ignore: []string{"acl"}, edit: edit{attrs: attrs{"acl": ipACLInHCL}, world: world{"/a": {data: "one", acl: ipACL}}, left: world{"/a": {data: "one", acl: ipACL}}}},
			settings(attrs{"create_parents": "false", "force_destroy": "true", "adopt_existing": "true", "on_destroy": `"keep"`, "compare": `"json"`, "parent_acl": otherACLInHCL}),
		},
		update:   edit{attrs: attrs{"data": `"two"`}, world: at("/a", "two")},
		replaced: edit{attrs: attrs{"path": `"/p/b"`}, world: world{"/a": gone, "/p": {}, "/p/b": {data: "one"}}, left: at("/p", "")},
		again:    existsAlready,
	},
	{
		name: "znode with data_base64", typ: "zookeeper_znode",
		attrs: attrs{"path": `"/a"`, "data_base64": `"AAEC/w=="`},
		made:  at("/a", "\x00\x01\x02\xff"),
		things: []thing{
			{ignore: []string{"data_base64"}, theirs: at("/a", "theirs"), edit: edit{attrs: attrs{"data_base64": `"dHdv"`}, world: at("/a", "two")}},
			{ignore: []string{"data_base64"}, theirs: at("/a", ""), edit: edit{attrs: attrs{"data_base64": `"dHdv"`}, world: at("/a", "two")}},
			{ignore: []string{"data"}, edit: edit{attrs: attrs{"data": `"two"`, "data_base64": ""}, world: at("/a", "two")}, shownEdit: "1 changed"},
			{ignore: []string{"data", "data_base64"}, theirs: at("/a", "theirs"), edit: edit{attrs: attrs{"data": `"two"`, "data_base64": ""}, world: at("/a", "two")}},
		},
		update:   edit{attrs: attrs{"data_base64": `"dHdv"`}, world: at("/a", "two")},
		replaced: edit{attrs: attrs{"path": `"/b"`}, world: world{"/a": gone, "/b": {data: "\x00\x01\x02\xff"}}},
		again:    existsAlready,
	},
	{
		name: "znode with data_wo", typ: "zookeeper_znode", needs: []acctest.Feature{acctest.WriteOnly},
		attrs: attrs{"path": `"/a"`, "data_wo": `"secret"`, "data_wo_version": `"1"`},
		made:  at("/a", "secret"),
		things: []thing{
			{
				ignore: []string{"data_wo"}, theirs: at("/a", "theirs"),
				edit: edit{attrs: attrs{"data_wo": `"new"`, "data_wo_version": `"2"`}, world: at("/a", "new")},
			},
			{ignore: []string{"data_wo_version"}, theirs: at("/a", "theirs"), edit: edit{attrs: attrs{"data_wo": `"new"`, "data_wo_version": `"2"`}, world: at("/a", "new")}},
			{ignore: []string{"data_wo", "data_wo_version"}, theirs: at("/a", "\xff"), edit: edit{attrs: attrs{"data_wo": `"new"`, "data_wo_version": `"2"`}, world: at("/a", "new")}},
			{ignore: []string{"data"}, edit: edit{attrs: attrs{"data": `"two"`, "data_wo": "", "data_wo_version": ""}, world: at("/a", "two")}, shownEdit: "1 changed"},
		},
		update:   edit{attrs: attrs{"data_wo": `"new"`, "data_wo_version": `"2"`}, world: at("/a", "new")},
		replaced: edit{attrs: attrs{"path": `"/b"`}, world: world{"/a": gone, "/b": {data: "secret"}}},
		again:    existsAlready,
	},
	{
		name: "znode with JSON", typ: "zookeeper_znode",
		attrs: attrs{"path": `"/a"`, "data": `jsonencode({ a = 1, b = [2] })`, "compare": `"json"`},
		made:  at("/a", `{"a":1,"b":[2]}`),
		things: []thing{
			{ignore: []string{"data"}, theirs: at("/a", `{ "b": [2], "a": 1.0 }`), same: true, edit: edit{attrs: attrs{"data": `"{}"`}, world: at("/a", "{}")}},
			{ignore: []string{"data"}, theirs: at("/a", `{"a":2}`), edit: edit{attrs: attrs{"data": `"no JSON"`}, world: at("/a", "no JSON")}},
			{ignore: []string{"data"}, theirs: at("/a", "no JSON"), edit: edit{attrs: attrs{"data": `"{}"`}, world: at("/a", "{}")}},
			{ignore: []string{"compare"}, theirs: at("/a", `{ "b": [2], "a": 1 }`), same: true, edit: edit{attrs: attrs{"compare": `"bytes"`}}},
		},
		update:   edit{attrs: attrs{"data": `"{}"`}, world: at("/a", "{}")},
		replaced: edit{attrs: attrs{"path": `"/b"`}, world: world{"/a": gone, "/b": {data: `{"a":1,"b":[2]}`}}},
		again:    existsAlready,
	},
	{
		name: "znode with ACLs", typ: "zookeeper_znode",
		attrs: attrs{"path": `"/p/a"`, "data": `"one"`, "acl": ipACLInHCL, "parent_acl": otherACLInHCL},
		made:  world{"/p": {acl: otherACL}, "/p/a": {data: "one", acl: ipACL}},
		left:  world{"/p": {acl: otherACL}},
		things: []thing{
			{ignore: []string{"acl"}, theirs: world{"/p/a": {data: "one", acl: theirACL}}, edit: edit{attrs: attrs{"acl": otherACLInHCL}, world: world{"/p/a": {data: "one", acl: otherACL}}}},
			{ignore: []string{"parent_acl"}, edit: edit{attrs: attrs{"parent_acl": ipACLInHCL}}},
			{ignore: []string{"data"}, theirs: world{"/p/a": {data: "\xff", acl: ipACL}}, edit: edit{attrs: attrs{"data": `"two"`}, world: world{"/p/a": {data: "two", acl: ipACL}}}},
		},
		update:   edit{attrs: attrs{"data": `"two"`, "acl": otherACLInHCL}, world: world{"/p/a": {data: "two", acl: otherACL}}},
		replaced: edit{attrs: attrs{"path": `"/p/b"`}, world: world{"/p/a": gone, "/p/b": {data: "one", acl: ipACL}}},
		again:    existsAlready,
	},
	{
		name: "znode with a time to live", typ: "zookeeper_znode",
		attrs: attrs{"path": `"/a"`, "data": `"one"`, "mode": `"ttl"`, "ttl_ms": "3600000"},
		made:  at("/a", "one"),
		things: []thing{
			{ignore: []string{"ttl_ms"}, edit: edit{attrs: attrs{"ttl_ms": "7200000"}}},
			{ignore: []string{"mode", "ttl_ms"}, edit: edit{attrs: attrs{"mode": "", "ttl_ms": ""}}},
		},
		update:   edit{attrs: attrs{"data": `"two"`}, world: at("/a", "two")},
		replaced: edit{attrs: attrs{"path": `"/b"`, "ttl_ms": "7200000"}, world: world{"/a": gone, "/b": {data: "one"}}},
		again:    existsAlready,
	},
	{
		name: "znode that takes over", typ: "zookeeper_znode",
		attrs:  attrs{"path": `"/a"`, "data": `"one"`, "adopt_existing": "true"},
		before: world{"/a": {data: "before"}, "/b": {data: "before too"}},
		made:   at("/a", "one"),
		left:   world{"/a": gone},
		things: []thing{
			{ignore: []string{"adopt_existing"}, edit: edit{attrs: attrs{"adopt_existing": "false"}}},
		},
		update:   edit{attrs: attrs{"data": `"two"`}, world: at("/a", "two")},
		replaced: edit{attrs: attrs{"path": `"/b"`}, world: world{"/a": gone, "/b": {data: "one"}}, left: world{"/b": gone}},
	},
	{
		name: "znode that stays", typ: "zookeeper_znode",
		attrs: attrs{"path": `"/a"`, "on_destroy": `"keep"`, "adopt_existing": "true"},
		made:  at("/a", ""),
		left:  at("/a", ""),
		things: []thing{
			{ignore: []string{"on_destroy"}, theirs: at("/a", "theirs"), same: true, stays: at("/a", "theirs"), edit: edit{attrs: attrs{"on_destroy": `"delete"`}}},
			{ignore: []string{"on_destroy"}, theirs: at("/a", "\xff"), same: true, stays: at("/a", "\xff"), edit: edit{attrs: attrs{"on_destroy": `"delete"`}}},
		},
		update:   edit{attrs: attrs{"data": `"two"`}, world: at("/a", "two"), left: at("/a", "two")},
		replaced: edit{attrs: attrs{"path": `"/b"`}, world: world{"/b": {}}, left: at("/b", "")},
	},
	{
		name: "sequential_znode with data", typ: "zookeeper_sequential_znode", numbered: true,
		attrs: attrs{"path_prefix": `"/q/job-"`, "data": `"one"`, "acl": ipACLInHCL},
		made:  world{"/q": {acl: ipACL}, "/q/job-N": {data: "one", acl: ipACL}},
		left:  world{"/q": {acl: ipACL}},
		things: []thing{
			{ignore: []string{"path_prefix"}, edit: edit{attrs: attrs{"path_prefix": `"/q/"`}, world: world{"/q/job-N": gone, "/q/N": {data: "one", acl: ipACL}}}},
			{ignore: []string{"data"}, theirs: world{"/q/job-N": {data: "\xff", acl: ipACL}}, edit: edit{attrs: attrs{"data": `"two"`}, world: world{"/q/job-N": {data: "two", acl: ipACL}}}},
			{ignore: []string{"acl"}, theirs: world{"/q/job-N": {data: "one", acl: theirACL}}, edit: edit{attrs: attrs{"acl": otherACLInHCL}, world: world{"/q/job-N": {data: "one", acl: otherACL}}}},
			{ignore: []string{"data", "data_base64"}, theirs: world{"/q/job-N": {data: "theirs", acl: ipACL}}, edit: edit{attrs: attrs{"data": "", "data_base64": `"dHdv"`}, world: world{"/q/job-N": {data: "two", acl: ipACL}}}},
			settings(attrs{"create_parents": "false", "force_destroy": "true", "on_destroy": `"keep"`, "compare": `"json"`}),
		},
		update:   edit{attrs: attrs{"data": `"two"`, "acl": otherACLInHCL}, world: world{"/q/job-N": {data: "two", acl: otherACL}}},
		replaced: edit{attrs: attrs{"path_prefix": `"/q/other-"`}, world: world{"/q/job-N": gone, "/q/other-N": {data: "one", acl: ipACL}}},
	},
	{
		name: "sequential_znode with data_wo", typ: "zookeeper_sequential_znode", numbered: true, needs: []acctest.Feature{acctest.WriteOnly},
		attrs:  attrs{"path_prefix": `"/q/job-"`, "data_wo": `"secret"`, "data_wo_version": `"1"`},
		before: at("/q", ""),
		made:   at("/q/job-N", "secret"),
		things: []thing{
			{
				ignore: []string{"data_wo"}, theirs: at("/q/job-N", "theirs"),
				edit: edit{attrs: attrs{"data_wo": `"new"`, "data_wo_version": `"2"`}, world: at("/q/job-N", "new")},
			},
			{ignore: []string{"data_wo_version"}, theirs: at("/q/job-N", "theirs"), edit: edit{attrs: attrs{"data_wo": `"new"`, "data_wo_version": `"2"`}, world: at("/q/job-N", "new")}},
		},
		update:   edit{attrs: attrs{"data_wo": `"new"`, "data_wo_version": `"2"`}, world: at("/q/job-N", "new")},
		replaced: edit{attrs: attrs{"path_prefix": `"/q/other-"`}, world: world{"/q/job-N": gone, "/q/other-N": {data: "secret"}}},
	},
	{
		name: "znodes with data", typ: "zookeeper_znodes",
		attrs:  attrs{"base_path": `"/s"`, "data": `{ a = "1", "b/c" = "2" }`},
		before: at("/x", ""), // a folder whose name comes after that of the base
		made:   world{"/s": {}, "/s/a": {data: "1"}, "/s/b": {}, "/s/b/c": {data: "2"}},
		things: []thing{
			{ignore: []string{"base_path"}, edit: edit{attrs: attrs{"base_path": `"/x/t"`}, world: world{
				"/s": gone, "/s/a": gone, "/s/b": gone, "/s/b/c": gone, "/x/t": {}, "/x/t/a": {data: "1"}, "/x/t/b": {}, "/x/t/b/c": {data: "2"},
			}}},
			{ignore: []string{"data"}, theirs: at("/s/a", "theirs"), edit: edit{attrs: attrs{"data": `{ d = "3" }`}, world: world{"/s/a": gone, "/s/b": gone, "/s/b/c": gone, "/s/d": {data: "3"}}}},
			{ignore: []string{"data"}, theirs: at("/s/a", "\xff\xfe"), edit: edit{attrs: attrs{"data": `{ a = "3", "b/c" = "2" }`}, world: at("/s/a", "3")}},
			{ignore: []string{`data["a"]`}, theirs: at("/s/a", "theirs"), edit: edit{attrs: attrs{"data": `{ a = "3", "b/c" = "2" }`}, world: at("/s/a", "3")}},
			{ignore: []string{`data["a"]`}, theirs: at("/s/a", "\xff\xfe"), edit: edit{attrs: attrs{"data": `{ "b/c" = "2" }`}, world: world{"/s/a": gone}}},
			// The user moves a node to the other notation, with what it holds.
			{ignore: []string{"data"}, edit: edit{attrs: attrs{"data": `{ "b/c" = "2" }`, "data_base64": `{ a = base64encode("1") }`}}, shownEdit: "1 changed"},
			{ignore: []string{"data_base64"}, edit: edit{attrs: attrs{"data_base64": `{ e = "dHdv" }`}, world: at("/s/e", "two")}},
			{ignore: []string{"acl"}, edit: edit{attrs: attrs{"acl": ipACLInHCL}}},
			settings(attrs{"exclusive": "true", "atomic": "false", "compare": `"json"`, "adopt_existing": "true", "on_destroy": `"keep"`}),
		},
		update: edit{attrs: attrs{"data": `{ a = "3", d = "4" }`}, world: world{"/s/a": {data: "3"}, "/s/b": gone, "/s/b/c": gone, "/s/d": {data: "4"}}},
		replaced: edit{attrs: attrs{"base_path": `"/x/t"`}, world: world{
			"/s": gone, "/s/a": gone, "/s/b": gone, "/s/b/c": gone, "/x/t": {}, "/x/t/a": {data: "1"}, "/x/t/b": {}, "/x/t/b/c": {data: "2"},
		}},
		again: existsAlready,
	},
	{
		name: "znodes with data_base64", typ: "zookeeper_znodes",
		attrs:  attrs{"base_path": `"/s"`, "data_base64": `{ a = "AAEC/w==" }`},
		before: world{"/s": {}, "/s/others": {data: "theirs"}},
		made:   at("/s/a", "\x00\x01\x02\xff"),
		things: []thing{
			{ignore: []string{"data_base64"}, theirs: at("/s/a", "theirs"), edit: edit{attrs: attrs{"data_base64": `{ a = "dHdv" }`}, world: at("/s/a", "two")}},
			{ignore: []string{`data_base64["a"]`}, theirs: at("/s/a", "theirs"), edit: edit{attrs: attrs{"data_base64": `{}`}, world: world{"/s/a": gone}}},
			{ignore: []string{"data_base64"}, edit: edit{attrs: attrs{"data_base64": "", "data": `{ a = "two" }`}, world: at("/s/a", "two")}, wins: at("/s/a", "two"), shownEdit: "1 changed"},
		},
		update:   edit{attrs: attrs{"data_base64": `{ a = "dHdv", b = "" }`}, world: world{"/s/a": {data: "two"}, "/s/b": {}}},
		replaced: edit{attrs: attrs{"base_path": `"/s/t"`}, world: world{"/s/a": gone, "/s/t": {}, "/s/t/a": {data: "\x00\x01\x02\xff"}}},
		again:    existsAlready,
	},
	{
		name: "znodes with data_wo", typ: "zookeeper_znodes", needs: []acctest.Feature{acctest.WriteOnly},
		attrs: attrs{"base_path": `"/s"`, "data": `{ a = "1" }`, "data_wo": `{ w = "secret" }`, "data_wo_version": `"1"`},
		made:  world{"/s": {}, "/s/a": {data: "1"}, "/s/w": {data: "secret"}},
		things: []thing{
			{
				ignore: []string{"data_wo"}, theirs: at("/s/w", "theirs"), shownTheirs: "1 changed",
				edit: edit{attrs: attrs{"data_wo": `{ w = "new" }`, "data_wo_version": `"2"`}, world: at("/s/w", "new")}, shownEdit: "1 changed",
			},
			{ignore: []string{"data_wo_version"}, theirs: at("/s/w", "theirs"), edit: edit{attrs: attrs{"data_wo": `{ w = "new" }`, "data_wo_version": `"2"`}, world: at("/s/w", "new")}},
			{ignore: []string{"data_wo", "data_wo_version"}, theirs: at("/s/w", "\xff"), edit: edit{attrs: attrs{"data_wo": `{ v = "new" }`, "data_wo_version": `"2"`}, world: world{"/s/w": gone, "/s/v": {data: "new"}}}},
			{ignore: []string{"data"}, theirs: at("/s/a", "theirs"), edit: edit{attrs: attrs{"data": `{ a = "2" }`}, world: at("/s/a", "2")}},
		},
		update:   edit{attrs: attrs{"data_wo": `{ w = "new", v = "more" }`, "data_wo_version": `"2"`}, world: world{"/s/w": {data: "new"}, "/s/v": {data: "more"}}},
		replaced: edit{attrs: attrs{"base_path": `"/t"`}, world: world{"/s": gone, "/s/a": gone, "/s/w": gone, "/t": {}, "/t/a": {data: "1"}, "/t/w": {data: "secret"}}},
		again:    existsAlready,
	},
	{
		name: "znodes, exclusive", typ: "zookeeper_znodes",
		attrs: attrs{"base_path": `"/s"`, "data": `{ a = "1" }`, "exclusive": "true"},
		made:  world{"/s": {}, "/s/a": {data: "1"}, "/s/n": gone}, // n is what others put there
		things: []thing{
			{ignore: []string{"data"}, theirs: at("/s/n", "theirs"), edit: edit{attrs: attrs{"data": `{ b = "2" }`}, world: world{"/s/a": gone, "/s/b": {data: "2"}}}},
			{ignore: []string{`data["n"]`}, theirs: at("/s/n", "theirs"), edit: edit{attrs: attrs{"data": `{ a = "1", n = "2" }`}, world: at("/s/n", "2")}},
			{ignore: []string{"exclusive"}, edit: edit{attrs: attrs{"exclusive": "false"}}},
		},
		update:   edit{attrs: attrs{"data": `{ b = "2" }`}, world: world{"/s/a": gone, "/s/b": {data: "2"}}},
		replaced: edit{attrs: attrs{"base_path": `"/t"`}, world: world{"/s": gone, "/s/a": gone, "/t": {}, "/t/a": {data: "1"}}},
		again:    "below", // something is below the base
	},
	{
		name: "znodes that take over, not atomic", typ: "zookeeper_znodes",
		attrs:  attrs{"base_path": `"/s"`, "data": `{ a = "1", b = "2" }`, "atomic": "false", "adopt_existing": "true"},
		before: world{"/s": {}, "/s/a": {data: "before"}},
		made:   world{"/s/a": {data: "1"}, "/s/b": {data: "2"}},
		left:   world{"/s/a": gone},
		things: []thing{
			{ignore: []string{"data"}, theirs: at("/s/a", "theirs"), edit: edit{attrs: attrs{"data": `{ a = "3", b = "2" }`}, world: at("/s/a", "3")}},
			settings(attrs{"atomic": "true", "adopt_existing": "false"}),
		},
		update:   edit{attrs: attrs{"data": `{ a = "3", c = "4" }`}, world: world{"/s/a": {data: "3"}, "/s/b": gone, "/s/c": {data: "4"}}},
		replaced: edit{attrs: attrs{"base_path": `"/t"`}, world: world{"/s/a": gone, "/s/b": gone, "/t": {}, "/t/a": {data: "1"}, "/t/b": {data: "2"}}},
	},
	{
		name: "znodes that stay", typ: "zookeeper_znodes",
		attrs: attrs{"base_path": `"/s"`, "data": `{ a = jsonencode({ x = 1 }) }`, "compare": `"json"`, "adopt_existing": "true", "on_destroy": `"keep"`},
		made:  world{"/s": {}, "/s/a": {data: `{"x":1}`}},
		left:  world{"/s": {}, "/s/a": {data: `{"x":1}`}},
		things: []thing{
			{ignore: []string{"on_destroy"}, theirs: at("/s/a", `{ "x": 1 }`), same: true, stays: at("/s/a", `{ "x": 1 }`), edit: edit{attrs: attrs{"on_destroy": `"delete"`}}},
			{ignore: []string{"data"}, theirs: at("/s/a", `{"x":2}`), stays: at("/s/a", `{"x":2}`), edit: edit{attrs: attrs{"data": `{ a = "{}" }`}, world: at("/s/a", "{}")}},
		},
		update:   edit{attrs: attrs{"data": `{ a = "{}" }`}, world: at("/s/a", "{}"), left: at("/s/a", "{}")},
		replaced: edit{attrs: attrs{"base_path": `"/t"`}, world: world{"/t": {}, "/t/a": {data: `{"x":1}`}}, left: world{"/t": {}, "/t/a": {data: `{"x":1}`}}},
	},
	{
		name: "ensure_path", typ: "zookeeper_ensure_path",
		attrs:  attrs{"path": `"/e/p/q"`, "acl": ipACLInHCL},
		before: at("/e", "theirs"),
		made:   world{"/e/p": {acl: ipACL}, "/e/p/q": {acl: ipACL}},
		things: []thing{
			{ignore: []string{"path"}, edit: edit{attrs: attrs{"path": `"/e/r"`}, world: world{"/e/p": gone, "/e/p/q": gone, "/e/r": {acl: ipACL}}}},
			{ignore: []string{"acl"}, theirs: world{"/e/p/q": {acl: theirACL}}, same: true, edit: edit{attrs: attrs{"acl": otherACLInHCL}}},
			{ignore: []string{"on_destroy"}, edit: edit{attrs: attrs{"on_destroy": `"keep"`}}},
		},
		update:    edit{attrs: attrs{"acl": otherACLInHCL}},
		replaced:  edit{attrs: attrs{"path": `"/e/p/r"`}, world: world{"/e/p/q": gone, "/e/p/r": {acl: ipACL}}, left: world{"/e/p": {acl: ipACL}}},
		forgets:   "Path is kept for another resource",
		forgotten: world{"/e/p": {acl: ipACL}, "/e/p/q": {acl: ipACL}},
	},
	{
		name: "znode_acl", typ: "zookeeper_znode_acl",
		attrs:  attrs{"path": `"/n"`, "acl": ipACLInHCL},
		before: world{"/n": {data: "theirs", acl: "world:anyone:cdra"}, "/m": {acl: theirACL}},
		made:   world{"/n": {data: "theirs", acl: ipACL}},
		things: []thing{
			{ignore: []string{"path"}, edit: edit{attrs: attrs{"path": `"/m"`}, world: world{"/n": {data: "theirs", acl: "world:anyone:cdra"}, "/m": {acl: ipACL}}}},
			{
				ignore: []string{"acl"}, theirs: world{"/n": {data: "theirs", acl: theirACL}}, stays: world{"/n": {data: "theirs", acl: theirACL}},
				edit: edit{attrs: attrs{"acl": otherACLInHCL}, world: world{"/n": {data: "theirs", acl: otherACL}}},
			},
			settings(attrs{"recursive": "true", "on_destroy": `"keep"`}),
		},
		update:    edit{attrs: attrs{"acl": otherACLInHCL}, world: world{"/n": {data: "theirs", acl: otherACL}}},
		replaced:  edit{attrs: attrs{"path": `"/m"`}, world: world{"/n": {data: "theirs", acl: "world:anyone:cdra"}, "/m": {acl: ipACL}}},
		forgets:   "ACL is kept for another resource",
		forgotten: world{"/n": {data: "theirs", acl: ipACL}},
	},
	{
		name: "znode_acl, recursive", typ: "zookeeper_znode_acl",
		attrs:  attrs{"path": `"/n"`, "acl": ipACLInHCL, "recursive": "true"},
		before: world{"/n": {data: "theirs"}, "/n/a": {acl: "world:anyone:cdra"}, "/n/b": {acl: theirACL}, "/m": {}, "/m/a": {}},
		made:   world{"/n": {data: "theirs", acl: ipACL}, "/n/a": {acl: ipACL}, "/n/b": {acl: ipACL}},
		things: []thing{
			// What differs below is in an attribute of the provider's, which cannot be ignored.
			{ignore: []string{"acl"}, theirs: world{"/n/a": {acl: theirACL}}, undone: "1 changed"},
			{
				ignore: []string{"acl"}, theirs: world{"/n": {data: "theirs", acl: theirACL}}, stays: world{"/n": {data: "theirs", acl: theirACL}},
				edit: edit{attrs: attrs{"acl": otherACLInHCL}, world: world{"/n": {data: "theirs", acl: otherACL}, "/n/a": {acl: otherACL}, "/n/b": {acl: otherACL}}},
			},
			{ignore: []string{"recursive"}, edit: edit{attrs: attrs{"recursive": "false"}, world: world{"/n/a": {acl: "world:anyone:cdra"}, "/n/b": {acl: theirACL}}}},
		},
		update:    edit{attrs: attrs{"acl": otherACLInHCL}, world: world{"/n": {data: "theirs", acl: otherACL}, "/n/a": {acl: otherACL}, "/n/b": {acl: otherACL}}},
		forgets:   "ACL is kept for another resource",
		forgotten: world{"/n": {data: "theirs", acl: ipACL}, "/n/a": {acl: ipACL}, "/n/b": {acl: ipACL}},
		replaced:  edit{attrs: attrs{"path": `"/m"`}, world: world{"/n": {data: "theirs"}, "/n/a": {acl: "world:anyone:cdra"}, "/n/b": {acl: theirACL}, "/m": {acl: ipACL}, "/m/a": {acl: ipACL}}},
	},
	{
		name: "quota", typ: "zookeeper_quota", needs: []acctest.Feature{acctest.EnforcedQuotas}, unordered: true,
		attrs:  attrs{"path": `"/a"`, "max_count": "10"},
		before: world{"/a": {data: "theirs"}, "/b": {}},
		made:   limited("/a", "count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=10"),
		things: []thing{
			{ignore: []string{"path"}, edit: edit{attrs: attrs{"path": `"/b"`}, world: unlimited("/a").with(limited("/b", "count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=10"))}},
			{
				ignore: []string{"max_count"}, theirs: at(quotas+"/a/zookeeper_limits", "count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=7"),
				edit: edit{attrs: attrs{"max_count": "20"}, world: limited("/a", "count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=20")},
			},
			{ignore: []string{"max_bytes"}, edit: edit{attrs: attrs{"max_bytes": "100"}, world: limited("/a", "count=-1,bytes=-1=;byteHardLimit=100;countHardLimit=10")}},
			{ignore: []string{"hard"}, edit: edit{attrs: attrs{"hard": "false"}, world: limited("/a", "count=10,bytes=-1")}},
		},
		update:   edit{attrs: attrs{"max_count": "20", "hard": "false"}, world: limited("/a", "count=20,bytes=-1")},
		replaced: edit{attrs: attrs{"path": `"/b"`}, world: unlimited("/a").with(limited("/b", "count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=10"))},
		again:    "Quota already exists",
	},
}
