terraform {
  required_version = ">= 1.8"
  required_providers {
    zookeeper = { source = "zkform/zookeeper" }
  }
}

variable "servers" {
  description = "Connect string of the ensemble."
  type        = string
  default     = "zk1.example.com:2181,zk2.example.com:2181,zk3.example.com:2181"
}

variable "terraform_password" {
  description = "Password of the digest user terraform, who this configuration is to ZooKeeper."
  type        = string
  sensitive   = true
}

variable "team_passwords" {
  description = "Password of each team's digest user, by the name of the team."
  type        = map(string)
  sensitive   = true
}

provider "zookeeper" {
  servers  = var.servers
  username = "terraform"
  password = var.terraform_password
}

locals {
  # The trees of the teams, and who may read them besides.
  teams = {
    payments = { readers = ["search"] }
    search   = { readers = [] }
  }

  # Who each of them is to ZooKeeper: user:base64(sha1(user:password)).
  ids = { for team in keys(local.teams) : team => provider::zookeeper::digest(team, var.team_passwords[team]) }
}

resource "zookeeper_ensure_path" "team" {
  for_each = local.teams
  path     = "/teams/${each.key}"
  acl      = [{ scheme = "auth", id = "", permissions = "cdrwa" }]

  # What the teams make below it goes with nobody's apply.
  on_destroy = "keep"
}

# The ACL of each tree, with all that the teams have made in it. Who applies this keeps all permissions, ADMIN (a) among them:
# without that entry, nobody but the servers' super user could change an ACL again.
resource "zookeeper_znode_acl" "team" {
  for_each  = local.teams
  path      = zookeeper_ensure_path.team[each.key].path
  recursive = true
  acl = concat(
    [
      { scheme = "auth", id = "", permissions = "cdrwa" },
      { scheme = "digest", id = local.ids[each.key], permissions = "cdrw" },
    ],
    [for reader in each.value.readers : { scheme = "digest", id = local.ids[reader], permissions = "r" }],
  )
}
