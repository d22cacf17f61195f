# The ACL of a znode is imported by the path of the node.
terraform import zookeeper_znode_acl.jobs /jobs
