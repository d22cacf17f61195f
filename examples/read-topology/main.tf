terraform {
  required_version = ">= 1.3"
  required_providers {
    zookeeper = { source = "zkform/zookeeper" }
  }
}

variable "servers" {
  description = "Connect string of the ensemble."
  type        = string
  default     = "zk1.example.com:2181,zk2.example.com:2181,zk3.example.com:2181"
}

provider "zookeeper" {
  servers = var.servers
}

# What Kafka's brokers say of themselves, as they do it with ZooKeeper: one ephemeral node each, with JSON in it.
data "zookeeper_tree" "brokers" {
  path         = "/brokers/ids"
  max_depth    = 1
  include_data = true
}

locals {
  brokers = {
    for path, text in data.zookeeper_tree.brokers.data : basename(path) => jsondecode(text)
    if path != "/brokers/ids"
  }
  bootstrap = join(",", [for id, broker in local.brokers : "${broker.host}:${broker.port}"])
}

# Where the applications look for them.
resource "zookeeper_znode" "bootstrap" {
  path = "/services/checkout/kafka/bootstrap_servers"
  data = local.bootstrap

  lifecycle {
    precondition {
      condition     = length(local.brokers) > 0
      error_message = "No broker is running: what the applications have stays as it is."
    }
  }
}

# Which of them is the controller. Without one the node is not there, which is no error here.
data "zookeeper_znode" "controller" {
  path          = "/controller"
  allow_missing = true
}

output "brokers" {
  description = "Host and port of each broker, by its id."
  value       = { for id, broker in local.brokers : id => "${broker.host}:${broker.port}" }
}

output "controller" {
  description = "Id of the broker that is the controller; null while there is none."
  value       = data.zookeeper_znode.controller.exists ? tostring(jsondecode(data.zookeeper_znode.controller.data).brokerid) : null
}
