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

variable "terraform_password" {
  description = "Password of the digest user terraform, who this configuration is to ZooKeeper."
  type        = string
  sensitive   = true
}

variable "admin_password" {
  description = "Password of the digest user admin, who the people are that mend things by hand."
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

  # Who each of them is to ZooKeeper: user:base64(sha1(user:password)). It is shown in plans, and whoever may set an ACL can
  # read it there: the password is not to be had from it, if it is a good one.
  ids   = { for team in keys(local.teams) : team => nonsensitive(provider::zookeeper::digest(team, var.team_passwords[team])) }
  admin = nonsensitive(provider::zookeeper::digest("admin", var.admin_password))

  # They keep all permissions everywhere, ADMIN (a) among them: without that entry, nobody but the servers' super user could
  # change an ACL again. "auth" is who applies this.
  keepers = [for entry in ["auth::cdrwa", "digest:${local.admin}:cdrwa"] : provider::zookeeper::acl(entry)]
}

# What it makes is removed with it as far as it is empty: what the teams have put there stays.
resource "zookeeper_ensure_path" "team" {
  for_each = local.teams
  path     = "/teams/${each.key}"
  acl      = local.keepers
}

# What the trees are in, too: a later change of local.keepers reaches it.
resource "zookeeper_znode_acl" "teams" {
  path       = "/teams"
  acl        = local.keepers
  depends_on = [zookeeper_ensure_path.team]
}

# The ACL of each tree, with all that the teams have made in it.
resource "zookeeper_znode_acl" "team" {
  for_each  = local.teams
  path      = zookeeper_ensure_path.team[each.key].path
  recursive = true
  acl = concat(
    local.keepers,
    [provider::zookeeper::acl("digest:${local.ids[each.key]}:cdrw")],
    [for reader in each.value.readers : provider::zookeeper::acl("digest:${local.ids[reader]}:r")],
  )
}
