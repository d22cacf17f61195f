// Package client measures the ZooKeeper client beside go-zookeeper, which most Go programs
// use, and beside the wire itself: the same requests, encoded beforehand, written and read
// without any client.
//
// All three talk to the same server, and take turns: what is compared was measured within a
// second, several times over, and the figures are ratios. Where the machine is busy with
// something else, both sides of a ratio are slower.
//
// What the provider makes of the client is measured in package provider.
package client
