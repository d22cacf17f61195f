provider "zookeeper" {}

resource "zookeeper_znodes" "shop" {
  base_path = "/shop"
  data = {
    "checkout/limits"  = jsonencode({ max_items = 100 })
    "features/express" = "on"
  }
}
