# A node with text. Its parents are made when they are missing.
resource "zookeeper_znode" "settings" {
  path = "/services/web/settings"
  data = jsonencode({
    workers = 8
    cache   = "on"
  })
}

# A child refers to its parent's resource, so that it is created after it and destroyed
# before it.
resource "zookeeper_znode" "feature" {
  path = "${zookeeper_znode.settings.path}/feature"
  data = "enabled"
}

# Data that is not text.
resource "zookeeper_znode" "token" {
  path        = "/services/web/token"
  data_base64 = "AAEC/v8="
}

# A node whose content belongs to the application: it is created empty, and what is
# written to it is neither compared nor overwritten. Whatever the application puts below
# it goes with it.
resource "zookeeper_znode" "workspace" {
  path          = "/services/web/workspace"
  force_destroy = true
}

# A secret. It goes to the server, and is in no state and no plan; a new version writes it
# again. Only who the provider presents may read it, replace it, or delete it with the node
# above, which is created for it.
variable "api_token" {
  type      = string
  ephemeral = true
}

resource "zookeeper_znode" "api_token" {
  path            = "/services/web/secrets/api-token"
  data_wo         = var.api_token
  data_wo_version = "1"
  acl             = [{ scheme = "auth", id = "", permissions = "cdrwa" }]
}

# A node that everybody may read, and only machines of one network may write. The
# permissions are letters in any order, or a bit mask.
resource "zookeeper_znode" "limits" {
  path = "/services/web/limits"
  data = "1000"
  acl = [
    { scheme = "world", id = "anyone", permissions = "r" },
    { scheme = "ip", id = "127.0.0.0/8", permissions = 31 },
  ]
}

# A node that the servers delete some time after its last child.
resource "zookeeper_znode" "queue" {
  path = "/services/web/queue"
  mode = "container"
}
