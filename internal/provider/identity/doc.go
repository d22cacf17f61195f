// Package identity is the data source zookeeper_identity: whom the servers take the provider for.
package identity
