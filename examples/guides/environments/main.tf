terraform {
  required_providers {
    zookeeper = { source = "zkform/zookeeper" }
  }
}

variable "zookeeper_password" {
  type      = string
  sensitive = true
}

provider "zookeeper" {
  username = "terraform"
  password = var.zookeeper_password

  # For every node that the modules create.
  default_acl = [
    { scheme = "auth", id = "", permissions = "cdrwa" },
    { scheme = "world", id = "anyone", permissions = "r" },
  ]
}

module "test" {
  source   = "./modules/service"
  root     = "/test"
  settings = { "features/express" = "on" }
}

module "production" {
  source = "./modules/service"
  root   = "/production"
}
