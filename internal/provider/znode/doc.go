// Package znode is zookeeper_znode: the resource that manages one node, the list resource
// that finds nodes to manage, the data source that reads one, and the ephemeral resource
// that reads one without storing what it read.
//
// A node has two parts that are owned apart: its data and its ACL. What the configuration
// declares is the resource's, it is compared at each refresh and written by
// compare-and-set; what the configuration leaves out is somebody else's, it is shown and
// never written. attr.PlanNode is where a plan decides which is which.
//
// Data that is given as data_wo is a secret, which goes to the server and nowhere else. Of
// it the state has the version that the user gave it, and the stat, whose version tells
// when somebody else wrote the data.
package znode
