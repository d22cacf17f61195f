# If the node exists, the plan says so, and what of it will change. A key order or blanks
# that somebody else has written are no change.
resource "zookeeper_znode" "limits" {
  path           = "/shop/limits"
  data           = jsonencode({ items = 100, currency = "EUR" })
  compare        = "json"
  adopt_existing = true
}
