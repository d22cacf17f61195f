# The instances of a service that has registered with Curator's service discovery.
data "zookeeper_members" "web" {
  path   = "/discovery/web"
  recipe = "service"
}

locals {
  instances = [for json in values(data.zookeeper_members.web.members) : jsondecode(json)]
}

output "addresses" {
  value = [for i in local.instances : "${i.address}:${i.port}"]
}
