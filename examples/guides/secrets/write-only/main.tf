variable "api_token" {
  type      = string
  ephemeral = true
}

variable "api_token_version" {
  type    = string
  default = "2026-11-22"
}

resource "zookeeper_znode" "api_token" {
  path            = "/services/web/api-token"
  data_wo         = var.api_token
  data_wo_version = var.api_token_version

  # A secret that everybody may read is none. "auth" stands for the identities that the
  # provider presents; here, machines of one network may read it too.
  acl = [
    { scheme = "ip", id = "127.0.0.0/8", permissions = "cdrwa" },
  ]
}
