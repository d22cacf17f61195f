variable "zookeeper_password" {
  type      = string
  sensitive = true
}

locals {
  cluster = [
    { scheme = "auth", id = "", permissions = "cdrwa" },
    { scheme = "digest", id = "bob:4rsXV9JgUbFl9ZE40xENilxlRV8=", permissions = "crw" },
  ]
}

provider "zookeeper" {
  username    = "terraform"
  password    = var.zookeeper_password
  default_acl = local.cluster
}

resource "zookeeper_znode" "brokers" {
  path = "/cluster/brokers"
}

resource "zookeeper_znode_acl" "cluster" {
  path       = "/cluster"
  recursive  = true
  acl        = local.cluster
  depends_on = [zookeeper_znode.brokers]
}
