resource "zookeeper_znode" "flag" {
  for_each = { dark-mode = "on", search = "off", search-beta = "off" }
  path     = "/flags/${each.key}"
  data     = each.value
}

data "zookeeper_tree" "flags" {
  path         = "/flags"
  include_data = true
  depends_on   = [zookeeper_znode.flag]
}

# The names of the flags that are on.
output "on" {
  value = [for path, text in data.zookeeper_tree.flags.data : basename(path) if text == "on"]
}

# The nodes of the first two levels, and how many children each of them has.
data "zookeeper_tree" "overview" {
  path         = "/"
  max_depth    = 2
  include_stat = true
  depends_on   = [zookeeper_znode.flag]
}

output "children" {
  value = { for path, stat in data.zookeeper_tree.overview.stats : path => stat.num_children }
}
