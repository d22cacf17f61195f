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

variable "run" {
  description = "What others are told of this run while they wait for it, as in the address of a pipeline's job. Null: the machine and the process."
  type        = string
  default     = null
}

variable "lock_timeout" {
  description = "Seconds to wait for another run; 0 for not at all."
  type        = number
  default     = 300
}

# Taken before the first operation of a plan or an apply, and given back after the last one. When it is lost in between,
# nothing more is written.
provider "zookeeper" {
  servers = var.servers
  lock = {
    path       = "/locks/terraform"
    timeout    = var.lock_timeout
    identifier = var.run
  }
}

resource "zookeeper_ensure_path" "shop" {
  path = "/shop"
}

resource "zookeeper_znodes" "release" {
  base_path = "${zookeeper_ensure_path.shop.path}/release"
  data = {
    version  = "2026.11"
    channels = jsonencode(["web", "mobile"])
  }
}
