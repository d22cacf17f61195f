variable "zookeeper_password" {
  type      = string
  sensitive = true
}

locals {
  # Everybody who shares the lock, in each of their configurations: whoever comes first makes it.
  sharers = [
    { scheme = "auth", id = "", permissions = "cdrwa" },                                      # this provider
    { scheme = "digest", id = "payments:7/ko1foDttV8n0BRDZE+dC4vPIw=", permissions = "cdr" }, # the pipeline of the payments team
  ]
}

provider "zookeeper" {
  username    = "terraform"
  password    = var.zookeeper_password
  default_acl = [{ scheme = "auth", id = "", permissions = "cdrwa" }]
  lock        = { path = "/locks/shop", acl = local.sharers }
}

resource "zookeeper_znode" "limits" {
  path = "/shop/limits"
  data = "100"
}
