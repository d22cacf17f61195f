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

variable "environments" {
  description = "What each environment has otherwise than the others, by the key of the setting."
  type        = map(map(string))
  default = {
    staging    = { "features/express" = "on", "limits/max_items" = "10" }
    production = { "database/pool_size" = "64" }
  }
}

provider "zookeeper" {
  servers = var.servers
}

locals {
  # What all environments have, unless they say otherwise.
  settings = {
    "database/pool_size" = "8"
    "features/express"   = "off"
    "limits/max_items"   = "100"
  }
}

resource "zookeeper_ensure_path" "service" {
  path = "/services/checkout"
}

# One transaction for each environment: readers find a whole configuration, that from before an apply or that from after
# it. What somebody adds by hand is drift: the next apply removes it.
resource "zookeeper_znodes" "environment" {
  for_each  = var.environments
  base_path = "${zookeeper_ensure_path.service.path}/${each.key}"
  exclusive = true
  data = merge(local.settings, each.value, {
    "logging.yaml" = templatefile("${path.module}/logging.yaml.tftpl", {
      environment = each.key
      level       = each.key == "production" ? "WARN" : "DEBUG"
    })
  })
}

output "environments" {
  description = "Where each environment's settings are."
  value       = { for name, nodes in zookeeper_znodes.environment : name => nodes.base_path }
}
