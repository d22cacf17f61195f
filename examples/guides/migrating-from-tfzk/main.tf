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
  servers  = "localhost:2181" # over a network with tls
  username = "alice"
  password = var.zookeeper_password

  # For what is created from here on. What there is keeps its ACL.
  default_acl = [
    { scheme = "auth", id = "", permissions = "cdrwa" },
    { scheme = "world", id = "anyone", permissions = "r" },
  ]
}

resource "zookeeper_znode" "plain" {
  path = "/from_tfzk"
}

resource "zookeeper_znode" "text" {
  path = "${zookeeper_znode.plain.path}/text"
  data = "Grüße, 世界"
}

resource "zookeeper_znode" "binary" {
  path        = "${zookeeper_znode.plain.path}/binary"
  data_base64 = "AAEC/v8="
}

resource "zookeeper_znode" "guarded" {
  path = "${zookeeper_znode.plain.path}/guarded"
  data = "only alice"

  acl = [
    { scheme = "digest", id = "alice:aYXlLOpEooaV1cRAvUL1fp9Qt7E=", permissions = "cdrwa" },
    { scheme = "world", id = "anyone", permissions = "r" },
  ]
}

resource "zookeeper_sequential_znode" "numbered" {
  path_prefix = "${zookeeper_znode.plain.path}/job-"
  data        = "first"
}

resource "zookeeper_sequential_znode" "bare" {
  path_prefix = "${zookeeper_znode.plain.path}/jobs/"
  data        = "second"
}
