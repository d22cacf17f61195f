variable "sasl_password" {
  type      = string
  sensitive = true
}

provider "zookeeper" {
  servers = "zk1.example.com:2181,zk2.example.com:2181,zk3.example.com:2181"

  sasl = {
    mechanism = "DIGEST-MD5"
    username  = "terraform"
    password  = var.sasl_password # or ZOOKEEPER_SASL_PASSWORD
  }
}

resource "zookeeper_znode" "web" {
  path = "/services/web"
  acl  = [{ scheme = "sasl", id = "terraform", permissions = "cdrwa" }]
}
