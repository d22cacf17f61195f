variable "zookeeper_password" {
  type      = string
  sensitive = true
}

provider "zookeeper" {
  username = "terraform"
  password = var.zookeeper_password
}

# The place of the secret, with its ACL. Another program, which is bob, writes the secret itself, which is
# in no state: this resource declares no content.
resource "zookeeper_znode" "password" {
  path = "/services/web/database-password"
  acl = [
    { scheme = "auth", id = "", permissions = "cdrwa" },
    { scheme = "digest", id = "bob:4rsXV9JgUbFl9ZE40xENilxlRV8=", permissions = "rw" },
  ]
}
