variable "zookeeper_password" {
  type      = string
  sensitive = true
}

provider "zookeeper" {
  username = "terraform"
  password = var.zookeeper_password

  # For every node that declares no ACL.
  default_acl = [
    { scheme = "auth", id = "", permissions = "cdrwa" },
    { scheme = "world", id = "anyone", permissions = "r" },
  ]
}

resource "zookeeper_znode" "limits" {
  path = "/shop/limits"
  data = "1000"
  acl = [
    # the provider itself, whoever it presents
    { scheme = "auth", id = "", permissions = "cdrwa" },
    # a user with a password: user:base64(sha1(user:password))
    { scheme = "digest", id = "bob:4rsXV9JgUbFl9ZE40xENilxlRV8=", permissions = "rw" },
    # the machines of a network; the bit mask 1 is "r"
    { scheme = "ip", id = "10.0.0.0/8", permissions = 1 },
  ]
}
