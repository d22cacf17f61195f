terraform {
  required_providers {
    zookeeper = {
      source = "zkform/zookeeper"
    }
  }
}

variable "zookeeper_password" {
  type      = string
  sensitive = true
}

provider "zookeeper" {
  servers  = "zk1.example.com:2281,zk2.example.com:2281,zk3.example.com:2281"
  tls      = { ca_file = "/etc/zookeeper/ca.pem" } # {} for servers that this machine's CAs vouch for
  username = "terraform"
  password = var.zookeeper_password # or ZOOKEEPER_PASSWORD in the environment

  # Nodes that declare no ACL belong to whom the provider presents, and everybody may
  # read them.
  default_acl = [
    { scheme = "auth", id = "", permissions = "cdrwa" },
    { scheme = "world", id = "anyone", permissions = "r" },
  ]
}

resource "zookeeper_znode" "web" {
  path = "/services/web"
}
