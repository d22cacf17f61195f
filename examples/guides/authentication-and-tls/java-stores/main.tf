variable "store_password" {
  type      = string
  sensitive = true
}

provider "zookeeper" {
  servers = "zk1.example.com:2281,zk2.example.com:2281,zk3.example.com:2281"

  tls = {
    keystore_file       = "/etc/zookeeper/terraform.p12" # or .jks
    keystore_password   = var.store_password
    truststore_file     = "/etc/zookeeper/truststore.p12"
    truststore_password = var.store_password
  }
}

resource "zookeeper_znode" "web" {
  path = "/services/web"
  acl  = [{ scheme = "auth", id = "", permissions = "cdrwa" }]
}
