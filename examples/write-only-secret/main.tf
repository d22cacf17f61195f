terraform {
  required_version = ">= 1.11"
  required_providers {
    zookeeper = { source = "zkform/zookeeper" }
  }
}

variable "servers" {
  description = "Connect string of the ensemble. Over a network, set tls of the provider or ZOOKEEPER_TLS_ENABLED=true: the servers get the passwords themselves."
  type        = string
  default     = "localhost:2181"
}

variable "database_password" {
  description = "The secret. It is in no state and in no plan."
  type        = string
  ephemeral   = true
}

variable "database_password_version" {
  description = "Names the secret, as in a date. Change it together with the secret: it is what tells a plan that there is another one."
  type        = string
  default     = "1"
}

variable "terraform_password" {
  description = "Password of the digest user terraform, who this configuration is to ZooKeeper."
  type        = string
  ephemeral   = true
}

variable "reader" {
  description = "Who may read the secret, as an entry of an ACL says it: user:base64(sha1(user:password))."
  type        = string
}

provider "zookeeper" {
  servers  = var.servers
  username = "terraform"
  password = var.terraform_password
}

resource "zookeeper_znode" "password" {
  path            = "/services/checkout/database/password"
  data_wo         = var.database_password
  data_wo_version = var.database_password_version
  acl = [
    { scheme = "auth", id = "", permissions = "cdrwa" },
    { scheme = "digest", id = var.reader, permissions = "r" },
  ]
  parent_acl = [
    { scheme = "auth", id = "", permissions = "cdrwa" },
    { scheme = "digest", id = var.reader, permissions = "r" },
  ]
}
