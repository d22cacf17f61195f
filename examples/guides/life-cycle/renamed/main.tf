# This resource was called "message". Nothing happens on the servers.
resource "zookeeper_znode" "banner" {
  path = "/shop/banner"
  data = "Welcome"
}

moved {
  from = zookeeper_znode.message
  to   = zookeeper_znode.banner
}

# This resource was removed from the configuration. Its node stays on the servers.
removed {
  from = zookeeper_znode.legacy

  lifecycle {
    destroy = false
  }
}
