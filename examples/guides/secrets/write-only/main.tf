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

  # A secret that everybody may read is none. This one is for the machines of one network; to a
  # provider with credentials, an entry with the scheme "auth" is its own.
  acl = [
    { scheme = "ip", id = "127.0.0.0/8", permissions = "cdrwa" },
  ]
}
