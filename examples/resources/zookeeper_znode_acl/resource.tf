# A node whose content belongs to an application. It declares no ACL, so that its ACL is
# left to the resource below.
resource "zookeeper_znode" "jobs" {
  path = "/jobs"
}

resource "zookeeper_znode_acl" "jobs" {
  path = zookeeper_znode.jobs.path
  acl = [
    { scheme = "world", id = "anyone", permissions = "r" },
    { scheme = "ip", id = "127.0.0.0/8", permissions = "cdrwa" },
  ]
}

# A whole tree: the node and everything below it. What this configuration puts there comes
# first, and what others put there is seen at each refresh.
resource "zookeeper_znode" "orders" {
  path = "/orders/europe"
}

resource "zookeeper_znode_acl" "orders" {
  path       = "/orders"
  recursive  = true
  acl        = [{ scheme = "ip", id = "127.0.0.0/8", permissions = 31 }]
  depends_on = [zookeeper_znode.orders]
}
