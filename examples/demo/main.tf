# What `make demo` applies: a small shop's configuration, several levels deep, with a
# binary value, a node that only one user may read, and what the data sources say of it.

terraform {
  required_providers {
    zookeeper = {
      source = "zkform/zookeeper"
    }
  }
}

variable "servers" {
  type        = string
  description = "Servers of the ZooKeeper ensemble, host:port,host:port/chroot."
}

variable "username" {
  type        = string
  description = "Digest user that the provider presents."
}

variable "password" {
  type        = string
  sensitive   = true
  description = "Password of that user."
}

provider "zookeeper" {
  servers  = var.servers
  username = var.username
  password = var.password

  # Everybody may see what is created here; only the user may change it.
  default_acl = [
    { scheme = "auth", id = "", permissions = "cdrwa" },
    { scheme = "world", id = "anyone", permissions = "r" },
  ]
}

resource "zookeeper_znode" "shop" {
  path = "/demo"
  data = "Grüße, 世界"
}

# The provider creates the nodes in between, /demo/services and /demo/services/web.
resource "zookeeper_znode" "web" {
  for_each = {
    host    = "web.example.org"
    port    = "8443"
    enabled = "true"
  }
  path = "${zookeeper_znode.shop.path}/services/web/${each.key}"
  data = each.value
}

resource "zookeeper_znode" "binary" {
  path        = "${zookeeper_znode.shop.path}/binary"
  data_base64 = "AAEC/v8="
}

# Everybody may see that it is there; only the user may read it.
resource "zookeeper_znode" "guarded" {
  path = "${zookeeper_znode.shop.path}/guarded"
  data = "for ${var.username} only"
  acl = [
    # base64(sha1("demo:secret"))
    { scheme = "digest", id = "demo:pqOdLl+GVxR4WUQCko9KpTzP1Go=", permissions = "cdrwa" },
  ]
}

# One level up from the leaves, declared on its own, whichever comes first.
resource "zookeeper_znode" "services" {
  path          = "${zookeeper_znode.shop.path}/services"
  data          = "one node for each service"
  force_destroy = true
}

data "zookeeper_server_version" "this" {}

data "zookeeper_children" "web" {
  path       = "${zookeeper_znode.shop.path}/services/web"
  depends_on = [zookeeper_znode.web]
}

data "zookeeper_znode" "port" {
  path = zookeeper_znode.web["port"].path
}

output "server" {
  value = "ZooKeeper ${data.zookeeper_server_version.this.version}, ${data.zookeeper_server_version.this.mode}"
}

output "web" {
  value = data.zookeeper_children.web.children
}

output "port" {
  value = { data = data.zookeeper_znode.port.data, version = data.zookeeper_znode.port.stat.version }
}
