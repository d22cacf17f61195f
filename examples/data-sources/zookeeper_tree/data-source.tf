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
  value = [for path, node in data.zookeeper_tree.flags.znodes : basename(path) if node.data == "on"]
}

# The nodes of the first two levels, and how many children each of them has.
data "zookeeper_tree" "overview" {
  path       = "/"
  max_depth  = 2
  depends_on = [zookeeper_znode.flag]
}

output "children" {
  value = { for path, node in data.zookeeper_tree.overview.znodes : path => node.stat.num_children }
}
