// Package members is the data source zookeeper_members: who is in a party, a group or a service at
// the moment. It reads; the provider joins none.
package members
