variable "key_password" {
  type      = string
  sensitive = true
}

provider "zookeeper" {
  servers = "zk1.example.com:2281,zk2.example.com:2281,zk3.example.com:2281"

  tls = {
    ca_file      = "/etc/zookeeper/ca.pem"
    cert_file    = "/etc/zookeeper/terraform.pem"
    key_file     = "/etc/zookeeper/terraform-key.pem" # or key_pem, with the key itself
    key_password = var.key_password                   # for a key that is encrypted
  }
}

resource "zookeeper_znode" "web" {
  path = "/services/web"

  # The certificate's subject owns the node, and everybody may read it.
  acl = [
    { scheme = "x509", id = "CN=terraform,O=Example", permissions = "cdrwa" },
    { scheme = "world", id = "anyone", permissions = "r" },
  ]
}
