data "zookeeper_leader" "scheduler" {
  path   = "/services/scheduler/leader"
  recipe = "leader_latch"
}

output "leader" {
  value = try(data.zookeeper_leader.scheduler.leader.id, "nobody")
}
