// Package leader is the data source zookeeper_leader: who leads in an election, and who waits. It
// reads; the provider joins no election.
package leader
