variable "terraform_password" {
  type      = string
  sensitive = true
}

variable "payments_password" {
  type      = string
  sensitive = true
}

provider "zookeeper" {
  # The servers get the password itself, so it goes over a network with TLS alone.
  servers  = "zk1.example.com:2281,zk2.example.com:2281,zk3.example.com:2281"
  tls      = { ca_file = "/etc/zookeeper/ca.pem" }
  username = "terraform"
  password = var.terraform_password # or ZOOKEEPER_PASSWORD

  # Further identities: what any of them may do, the provider may.
  auth = [
    { scheme = "digest", credential = "payments:${var.payments_password}" },
  ]
}

resource "zookeeper_znode" "limits" {
  path = "/payments/limits"
  data = "100"

  # For the servers, "auth" is each of the identities above.
  acl = [{ scheme = "auth", id = "", permissions = "cdrwa" }]
}
