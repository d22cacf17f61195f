# One entry, and a list of them as setAcl of zkCli takes it. Servers before ZooKeeper 3.9.4 refuse
# addresses of IPv6.
locals {
  everybody = provider::zookeeper::acl("world:anyone:cdrwa")
  network   = [for e in split(",", "ip:10.0.0.0/8:r,ip:2001:db8::/32:r") : provider::zookeeper::acl(e)]
}

resource "zookeeper_znode" "settings" {
  path = "/services/web/settings"
  data = "{}"
  acl  = concat([local.everybody], local.network)
}
