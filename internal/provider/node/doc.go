// Package node is what the resources of one znode share: zookeeper_znode and
// zookeeper_sequential_znode. It has the model of one node and its schema, what a plan makes
// of a configuration and a state, what an apply writes, and the checks of both.
//
// A node has two parts that are owned apart: its content and its ACL. What the configuration
// declares is the resource's: a refresh follows it, and an apply writes it by
// compare-and-set. What the configuration leaves out is somebody else's: it is never
// written, and content is not even followed.
//
// Content lives in the attribute that the configuration uses, and stays there whatever others
// write (see [attr.TextValue]). No attribute is computed from another. Content that is given
// as data_wo is a secret, which goes to the server and nowhere else. Of it the state has the
// version that the user gave it, and the stat, whose version says whether somebody else wrote
// since.
//
// It words no diagnostic: that is the entities' and package diagnose's. It knows neither the
// path of the node nor what kind of node it is.
package node
