// Package ensemblemember is zookeeper_ensemble_member: one server of an ensemble whose servers join and leave while it
// runs.
//
// An update or a destruction applies to one version of the ensemble's configuration: the one that it was planned
// against, or the one that this run has made of it since. For an update it is the one in the state. The plan of a
// destruction reads it again, because Terraform plans the end of what has left the configuration with the state from
// before the refresh, and keeps it in private state. For a creation nothing is kept: the CLIs plan it again in the apply.
package ensemblemember
