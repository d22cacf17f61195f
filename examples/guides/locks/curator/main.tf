provider "zookeeper" {
  servers = "localhost:2181"

  lock = {
    path     = "/locks/shop"
    protocol = "curator" # the programs use an InterProcessMutex of this path
  }
}

resource "zookeeper_znode" "limits" {
  path = "/shop/limits"
  data = "100"
}
