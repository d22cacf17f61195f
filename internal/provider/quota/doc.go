// Package quota is zookeeper_quota: limits on how many nodes there are below one, and on their data.
//
// A quota is two nodes of the servers' own, for its limits and for what is in use; the client's operations know them.
// The transaction that last wrote the limits is in the state: an update and a deletion apply to that. It is an
// attribute and not private state, because Terraform does not hand the private state of a tainted resource to the
// deletion in its replacement.
package quota
