// Package lock is the ephemeral resource zookeeper_lock: a lock that is held while what
// depends on it runs.
//
// The protocol of the lock is in internal/zk/recipe. The attribute lock of the provider, which
// holds one for a whole run, is configured in package provider and held in package session.
package lock
