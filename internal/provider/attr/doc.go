// Package attr holds what the schemas of several entities share: the path of a node, its
// data in two notations, its ACL and its stat. For each there is the schema, the
// validation that a plan can do, and the conversion from and to what the client speaks.
//
// An ACL has several notations for one meaning, and the server rewrites some of them.
// [SameACL] is the one place that knows which ACLs mean the same; [RefreshACL] uses it to
// leave what the user wrote in the state for as long as the server agrees with it. "auth" in an
// ACL stands for whoever wrote it, the [Author], who may be another one by now.
//
// It talks to no server, and decides nothing for an entity: what is read and written, and in
// which order, is in the package of each.
package attr
