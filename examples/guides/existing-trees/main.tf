variable "db_password" {
  type      = string
  ephemeral = true
}

# The nodes that you want to change from here on. Those of the others below /app stay out of it.
import {
  to = zookeeper_znodes.app
  id = "/app?include=config/**&include=db/host"
}

resource "zookeeper_znodes" "app" {
  base_path = "/app"
  data = {
    "config/banner" = "hello"
    "config/limits" = "100"
    "db/host"       = "db1"
  }
}

# A secret is not imported: an import puts it into the state. This takes the node over and writes the secret.
resource "zookeeper_znode" "password" {
  path            = "/app/db/password"
  data_wo         = var.db_password
  data_wo_version = "1"
  acl             = [{ scheme = "auth", id = "", permissions = "cdrwa" }]
  adopt_existing  = true
}
