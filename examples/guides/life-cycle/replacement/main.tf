variable "release" {
  description = "Names the settings of a release, which are never changed once they are in use."
  type        = string
  default     = "2026-11"
}

# A new release is written completely before the old one is deleted.
resource "zookeeper_znodes" "release" {
  base_path = "/shop/releases/${var.release}"
  data = {
    "checkout/limits" = jsonencode({ max_items = 100 })
    "banner"          = "Welcome to ${var.release}"
  }

  lifecycle {
    create_before_destroy = true
  }
}

# Readers watch this node. It points to the new release before the old one is deleted.
resource "zookeeper_znode" "current" {
  path = "/shop/current"
  data = zookeeper_znodes.release.base_path
}
