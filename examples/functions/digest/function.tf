variable "web_password" {
  type      = string
  sensitive = true
}

locals {
  # web:base64(sha1("web:…")). It is shown in plans: the password is not to be had from it,
  # if it is a good one.
  web = nonsensitive(provider::zookeeper::digest("web", var.web_password))
}

locals {
  # For servers with DigestAuthenticationProvider.digestAlg=SHA-256.
  web_sha256 = nonsensitive(provider::zookeeper::digest("web", var.web_password, "SHA-256"))
}

resource "zookeeper_znode" "settings" {
  path = "/services/web/settings"
  data = "{}"
  acl = [
    { scheme = "digest", id = local.web, permissions = "r" },
    { scheme = "auth", id = "", permissions = "cdrwa" }, # who the provider presents
  ]
}
