# Wait for two brokers before topics are configured.
data "zookeeper_wait" "brokers" {
  path              = "/kafka/brokers/ids"
  condition         = "min_children"
  expected_children = 2
  timeout           = 300
}

output "brokers" {
  value = data.zookeeper_wait.brokers.children
}
