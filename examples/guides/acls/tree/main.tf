variable "zookeeper_password" {
  type      = string
  sensitive = true
}

provider "zookeeper" {
  username = "terraform"
  password = var.zookeeper_password

  # What is created gets it from the start.
  default_acl = [
    { scheme = "auth", id = "", permissions = "cdrwa" },
    { scheme = "digest", id = "bob:4rsXV9JgUbFl9ZE40xENilxlRV8=", permissions = "crw" },
  ]
}

resource "zookeeper_znode" "brokers" {
  path = "/cluster/brokers"
}

resource "zookeeper_znode_acl" "cluster" {
  path      = "/cluster"
  recursive = true
  exclude   = [zookeeper_znode_acl.topics.path]
  acl = [
    { scheme = "auth", id = "", permissions = "cdrwa" },
    { scheme = "digest", id = "bob:4rsXV9JgUbFl9ZE40xENilxlRV8=", permissions = "crw" },
  ]
  depends_on = [zookeeper_znode.brokers]
}

# A part of the tree with an ACL of its own.
resource "zookeeper_znode" "topics" {
  path = "/cluster/topics"
}

resource "zookeeper_znode_acl" "topics" {
  path      = zookeeper_znode.topics.path
  recursive = true
  acl       = [{ scheme = "auth", id = "", permissions = "cdrwa" }]
}
