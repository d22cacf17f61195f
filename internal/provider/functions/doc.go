// Package functions is what the provider computes without a server: the ids and entries of
// ACLs, and the paths of nodes. A function that is called with a value which is not known
// yet gives one that is not known yet, and a null argument is an error; both are seen to by
// the CLI.
//
// They rule on nothing that the schemas do not: what is a path or an entry of an ACL, packages
// zk and attr say for both.
package functions
