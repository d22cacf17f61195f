# The first content is yours. From then on the application writes it.
resource "zookeeper_znode" "offset" {
  path = "/shop/import/offset"
  data = "0"

  lifecycle {
    ignore_changes = [data]
  }
}

# One node of several: operators set the limit by hand, the rest is yours.
resource "zookeeper_znodes" "settings" {
  base_path = "/shop/settings"
  data = {
    "limits/requests" = "100"
    "banner"          = "Welcome"
  }

  lifecycle {
    ignore_changes = [data["limits/requests"]]
  }
}

# No content at all: the node is created empty, and its content is left to others.
resource "zookeeper_znode" "status" {
  path = "/shop/status"
}
