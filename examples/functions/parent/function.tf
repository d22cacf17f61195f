resource "zookeeper_znode" "settings" {
  path = "/services/web/settings"
  data = "{}"
}

# /services/web, which was created as a missing parent.
data "zookeeper_children" "web" {
  path       = provider::zookeeper::parent(zookeeper_znode.settings.path)
  depends_on = [zookeeper_znode.settings]
}

output "below_web" {
  value = data.zookeeper_children.web.children
}
