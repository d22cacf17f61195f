variable "zookeeper_password" {
  type      = string
  sensitive = true
}

variable "former_password" {
  type      = string
  sensitive = true
}

provider "zookeeper" {
  username = "terraform"
  password = var.zookeeper_password
  auth     = [{ scheme = "digest", credential = "terraform:${var.former_password}" }] # until the first apply is done
}

resource "zookeeper_znode" "limits" {
  path = "/shop/limits"
  data = "1000"
  acl  = [{ scheme = "auth", id = "", permissions = "cdrwa" }]
}
