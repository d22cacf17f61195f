data "zookeeper_znode" "workers" {
  path = "/services/web/workers"
}

output "workers" {
  value = provider::zookeeper::decode_int(data.zookeeper_znode.workers.data_base64)
}
