variable "zookeeper_password" {
  type      = string
  sensitive = true
}

provider "zookeeper" {
  username = "terraform"
  password = var.zookeeper_password
}

# Others may write this node and nothing else: its parents, which are made on the way, are
# for the provider alone to change.
resource "zookeeper_znode" "switch" {
  path = "/features/checkout/enabled"
  data = "true"
  acl = [
    { scheme = "auth", id = "", permissions = "cdrwa" },
    { scheme = "world", id = "anyone", permissions = "rw" },
  ]
  parent_acl = [
    { scheme = "auth", id = "", permissions = "cdrwa" },
    { scheme = "world", id = "anyone", permissions = "r" },
  ]
}
