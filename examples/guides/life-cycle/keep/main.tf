# Solr is open to everybody without this node. It stays when the resource is destroyed.
resource "zookeeper_znode" "security" {
  path       = "/solr/security.json"
  data       = jsonencode({ authentication = { class = "solr.BasicAuthPlugin", blockUnknown = true } })
  on_destroy = "keep"
}
