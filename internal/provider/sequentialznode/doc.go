// Package sequentialznode is zookeeper_sequential_znode: the resource that manages one node
// whose name ends with a number that its parent gave it.
//
// Data and ACL are owned as those of any node, see attr.Node. What is special is the
// creation: it cannot be repeated, because each makes another node.
package sequentialznode
