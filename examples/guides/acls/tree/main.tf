variable "zookeeper_password" {
  type      = string
  sensitive = true
}

provider "zookeeper" {
  username = "terraform"
  password = var.zookeeper_password
}

resource "zookeeper_znode" "brokers" {
  path = "/cluster/brokers"
}

resource "zookeeper_znode_acl" "cluster" {
  path      = "/cluster"
  recursive = true
  acl = [
    { scheme = "auth", id = "", permissions = "cdrwa" },
    { scheme = "digest", id = "bob:4rsXV9JgUbFl9ZE40xENilxlRV8=", permissions = "crw" },
  ]
  depends_on = [zookeeper_znode.brokers]
}
