variable "zookeeper_password" {
  description = "Password of the digest user terraform, who this configuration is to ZooKeeper."
  type        = string
  sensitive   = true
}

variable "solr_password" {
  description = "Password of the digest user solr, who Solr's nodes are to ZooKeeper."
  type        = string
  sensitive   = true
}

variable "admin_hash" {
  description = "What Solr stores of its administrator's password: base64(sha256(sha256(salt + password))), a blank, base64(salt)."
  type        = string
}

provider "zookeeper" {
  servers  = "zk1.example.com:2181,zk2.example.com:2181,zk3.example.com:2181"
  username = "terraform"
  password = var.zookeeper_password
}

locals {
  acl = [
    { scheme = "auth", id = "", permissions = "cdrwa" },
    { scheme = "digest", id = provider::zookeeper::digest("solr", var.solr_password), permissions = "cdrwa" },
  ]
}

# ZK_HOST of Solr's nodes ends in /solr. They do not start without it.
resource "zookeeper_znode" "solr" {
  path       = "/solr"
  data       = ""
  acl        = local.acl
  on_destroy = "keep"
}

# Who may do what with Solr. Without it Solr is open to everybody at once.
resource "zookeeper_znode" "security" {
  path       = "${zookeeper_znode.solr.path}/security.json"
  acl        = local.acl
  compare    = "json"
  on_destroy = "keep"
  data = jsonencode({
    authentication = {
      class        = "solr.BasicAuthPlugin"
      blockUnknown = true
      credentials  = { admin = var.admin_hash }
    }
    authorization = {
      class       = "solr.RuleBasedAuthorizationPlugin"
      permissions = [{ name = "all", role = "admin" }]
      user-role   = { admin = "admin" }
    }
  })
}

resource "zookeeper_znode" "clusterprops" {
  path       = "${zookeeper_znode.solr.path}/clusterprops.json"
  data       = jsonencode({ defaults = { collection = { numShards = 1, nrtReplicas = 1 } } })
  acl        = local.acl
  compare    = "json"
  on_destroy = "keep"
}

# A configset: the files beside this one.
resource "zookeeper_znodes" "shop" {
  base_path  = "${zookeeper_znode.solr.path}/configs/shop"
  data       = { for name in fileset(path.module, "*.xml") : name => file("${path.module}/${name}") }
  acl        = local.acl
  on_destroy = "keep"
}
