# A counter that Curator's SharedCount reads.
resource "zookeeper_znode" "workers" {
  path        = "/services/web/workers"
  data_base64 = provider::zookeeper::encode_int(8, 32)
}

# And one of its DistributedAtomicLong.
resource "zookeeper_znode" "requests" {
  path        = "/services/web/requests"
  data_base64 = provider::zookeeper::encode_int(0, 64)

  lifecycle {
    ignore_changes = [data_base64] # the services count
  }
}
