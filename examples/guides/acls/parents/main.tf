variable "zookeeper_password" {
  type      = string
  sensitive = true
}

provider "zookeeper" {
  username = "terraform"
  password = var.zookeeper_password
}

# Others may write this node and nothing else. The provider creates its missing parents, and
# only the provider may change them.
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
