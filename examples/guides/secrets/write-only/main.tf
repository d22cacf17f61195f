variable "api_token" {
  type      = string
  ephemeral = true
}

variable "api_token_version" {
  type    = string
  default = "2026-11-22"
}

variable "zookeeper_password" {
  type      = string
  ephemeral = true
}

provider "zookeeper" {
  username = "terraform"
  password = var.zookeeper_password
}

resource "zookeeper_znode" "api_token" {
  path            = "/services/web/api-token"
  data_wo         = var.api_token
  data_wo_version = var.api_token_version

  # The provider and the machines of 10.0.0.0/8 may read the secret. Missing parents get this ACL too: whoever may delete in a
  # parent can delete the node and create another one. "auth" is who the provider presents.
  acl = [
    { scheme = "auth", id = "", permissions = "cdrwa" },
    { scheme = "ip", id = "10.0.0.0/8", permissions = "r" },
  ]
}
