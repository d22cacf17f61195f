resource "zookeeper_znode" "worker" {
  for_each = toset(["w1", "w2", "w3"])
  path     = "/services/web/workers/${each.key}"
}

data "zookeeper_children" "workers" {
  path       = "/services/web/workers"
  depends_on = [zookeeper_znode.worker]
}

output "workers" {
  value = data.zookeeper_children.workers.children
}
