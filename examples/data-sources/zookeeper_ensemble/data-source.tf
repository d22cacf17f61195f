data "zookeeper_ensemble" "this" {}

# The servers that did not answer.
output "silent" {
  value = [for server in data.zookeeper_ensemble.this.servers : server.id if server.mode == null]
}
