variable "root" {
  type    = string
  default = "/"
}

# Right for "/" as well as for "/services", where "${var.root}/web" is not.
resource "zookeeper_znode" "settings" {
  path = provider::zookeeper::join(var.root, "web", "settings")
  data = "{}"
}
