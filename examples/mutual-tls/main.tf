terraform {
  required_version = ">= 1.3"
  required_providers {
    zookeeper = { source = "zkform/zookeeper" }
  }
}

variable "servers" {
  description = "Connect string of the ensemble: the ports for TLS (secureClientPort)."
  type        = string
  default     = "zk1.example.com:2281,zk2.example.com:2281,zk3.example.com:2281"
}

variable "certificates" {
  description = "Folder with ca.pem, terraform.pem and terraform-key.pem."
  type        = string
  default     = "/etc/zookeeper/"
}

variable "key_password" {
  description = "What the key is encrypted with."
  type        = string
  sensitive   = true
}

provider "zookeeper" {
  servers = var.servers
  tls = {
    ca_file      = "${var.certificates}ca.pem"
    cert_file    = "${var.certificates}terraform.pem"
    key_file     = "${var.certificates}terraform-key.pem"
    key_password = var.key_password
  }
}

# To the servers the provider is the subject of its certificate (scheme x509), which is what "auth" stands for.
resource "zookeeper_znode" "guarded" {
  path = "/services/checkout/guarded"
  data = "for the owners of certificates"
  acl = [
    { scheme = "auth", id = "", permissions = "cdrwa" },
    { scheme = "x509", id = "CN=checkout,O=Example", permissions = "r" },
  ]
  parent_acl = [{ scheme = "auth", id = "", permissions = "cdrwa" }]
}
