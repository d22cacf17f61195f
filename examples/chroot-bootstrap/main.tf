terraform {
  required_version = ">= 1.8"
  required_providers {
    zookeeper = { source = "zkform/zookeeper" }
  }
}

variable "servers" {
  description = "Connect string of the ensemble. Over a network, set tls of the provider or ZOOKEEPER_TLS_ENABLED=true: the servers get the passwords themselves."
  type        = string
  default     = "localhost:2181"
}

variable "admin_password" {
  description = "Password of the digest user admin, who this configuration is to ZooKeeper."
  type        = string
  sensitive   = true
}

variable "solr_password" {
  description = "Password of the digest user solr, who Solr is to ZooKeeper."
  type        = string
  sensitive   = true
}

# The ensemble, for the chroot itself.
provider "zookeeper" {
  servers  = var.servers
  username = "admin"
  password = var.admin_password
}

# What is below the chroot. It connects when the first resource needs it, which is when the chroot is there.
provider "zookeeper" {
  alias    = "solr"
  servers  = "${var.servers}/solr"
  username = "admin"
  password = var.admin_password
}

locals {
  acl = [
    { scheme = "auth", id = "", permissions = "cdrwa" },
    { scheme = "digest", id = provider::zookeeper::digest("solr", var.solr_password), permissions = "cdrwa" },
  ]
}

# A destroy of this configuration leaves all of it where it is: Solr may be running.
resource "zookeeper_znode" "chroot" {
  path       = "/solr"
  data       = ""
  acl        = local.acl
  on_destroy = "keep"
}

# What Solr wants to find when it starts, all at once. Solr writes JSON back in a form of its own.
resource "zookeeper_znodes" "solr" {
  provider   = zookeeper.solr
  base_path  = "/"
  acl        = local.acl
  compare    = "json"
  on_destroy = "keep"
  data = {
    "clusterprops.json" = jsonencode({ urlScheme = "https" })
    "security.json"     = file("${path.module}/security.json")
  }
  depends_on = [zookeeper_znode.chroot]
}

output "zk_host" {
  description = "ZK_HOST of Solr's nodes."
  value       = "${var.servers}${zookeeper_znode.chroot.path}"
}
