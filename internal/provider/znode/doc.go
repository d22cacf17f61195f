// Package znode is zookeeper_znode: the resource that manages one node, and the data
// source that reads one.
//
// A node has two parts that are owned apart: its data and its ACL. What the configuration
// declares is the resource's, it is compared at each refresh and written by
// compare-and-set; what the configuration leaves out is somebody else's, it is shown and
// never written. attr.PlanNode is where a plan decides which is which.
package znode
