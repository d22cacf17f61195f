# Properties of all applications and of one. A property's dots are the path's slashes: limits/items is limits.items.
resource "zookeeper_znodes" "application" {
  base_path = "/config/application"
  data      = { "management/port" = "9090" }
}

resource "zookeeper_znodes" "shop" {
  base_path = "/config/shop"
  data = {
    "limits/items" = "100"
    "currency"     = "EUR"
  }
}
