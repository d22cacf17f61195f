variable "zookeeper_password" {
  description = "Password of the digest user terraform, who this configuration is to ZooKeeper."
  type        = string
  sensitive   = true
}

variable "hdfs_password" {
  description = "Password of the digest user hdfs, who the failover controllers are to ZooKeeper."
  type        = string
  sensitive   = true
}

provider "zookeeper" {
  servers  = "zk1.example.com:2181,zk2.example.com:2181,zk3.example.com:2181"
  username = "terraform"
  password = var.zookeeper_password
}

# The node above both. Anybody may delete an empty node of a root that is open to everybody, as it is on a new ensemble.
resource "zookeeper_znode" "data" {
  path       = "/data"
  data       = ""
  on_destroy = "keep"
  acl        = [{ scheme = "auth", id = "", permissions = "cdrwa" }]
}

# A chroot for HDFS: ha.zookeeper.quorum is zk1.example.com:2181,…/data/hadoop. What its failover controllers create and whose
# ACLs they set is all below it.
resource "zookeeper_znode" "hadoop" {
  path       = "${zookeeper_znode.data.path}/hadoop"
  data       = ""
  on_destroy = "keep"
  acl = [
    { scheme = "auth", id = "", permissions = "cdrwa" },
    { scheme = "digest", id = provider::zookeeper::digest("hdfs", var.hdfs_password), permissions = "cdrwa" },
  ]
}

# The parent of HBase's root: zookeeper.znode.parent is /data/hbase/shop, which HBase creates. It comes from this network.
resource "zookeeper_znode" "hbase" {
  path       = "${zookeeper_znode.data.path}/hbase"
  data       = ""
  on_destroy = "keep"
  acl = [
    { scheme = "auth", id = "", permissions = "cdrwa" },
    { scheme = "ip", id = "10.2.0.0/16", permissions = "cdrw" },
  ]
}
