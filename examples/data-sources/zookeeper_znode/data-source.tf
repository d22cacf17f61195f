resource "zookeeper_znode" "limits" {
  path = "/services/web/limits"
  data = "1000"
}

data "zookeeper_znode" "limits" {
  path = zookeeper_znode.limits.path
}

# A node that may or may not be there.
data "zookeeper_znode" "override" {
  path          = "/services/web/override"
  allow_missing = true
}

output "limit" {
  value = tonumber(data.zookeeper_znode.override.exists ? data.zookeeper_znode.override.data : data.zookeeper_znode.limits.data)
}
