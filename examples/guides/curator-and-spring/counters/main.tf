# What a SharedCount holds: how many workers there are to be. You set it.
resource "zookeeper_znode" "workers" {
  path        = "/services/web/workers"
  data_base64 = provider::zookeeper::encode_int(8, 32)
}

# What a DistributedAtomicLong counts. The first value is yours; the services count on from it.
resource "zookeeper_znode" "orders" {
  path        = "/services/web/orders"
  data_base64 = provider::zookeeper::encode_int(1000, 64)
  on_destroy  = "keep"

  lifecycle {
    ignore_changes = [data_base64]
  }
}

# Who leads, as a LeaderLatch has it.
data "zookeeper_leader" "scheduler" {
  path   = "/services/scheduler/leader"
  recipe = "leader_latch"
}

output "scheduler" {
  value = try(data.zookeeper_leader.scheduler.leader.id, "nobody")
}
