variable "zookeeper_password" {
  description = "Password of the digest user terraform, who this configuration is to ZooKeeper."
  type        = string
  sensitive   = true
}

variable "clickhouse_password" {
  description = "Password of the digest user clickhouse, who ClickHouse is to ZooKeeper."
  type        = string
  sensitive   = true
}

provider "zookeeper" {
  servers  = "zk1.example.com:2181,zk2.example.com:2181,zk3.example.com:2181"
  username = "terraform"
  password = var.zookeeper_password
}

locals {
  shards = [
    ["ch1.example.com", "ch2.example.com"],
    ["ch3.example.com", "ch4.example.com"],
  ]
}

# ClickHouse makes its own nodes below this one.
resource "zookeeper_znode" "clickhouse" {
  path       = "/clickhouse"
  data       = ""
  on_destroy = "keep"
  acl = [
    { scheme = "auth", id = "", permissions = "cdrwa" },
    { scheme = "digest", id = provider::zookeeper::digest("clickhouse", var.clickhouse_password), permissions = "cdrw" },
  ]
}

# What from_zk of ClickHouse's own configuration names, all of it in one transaction. A node holds what is to be in the element,
# without the element itself.
resource "zookeeper_znodes" "config" {
  base_path  = "${zookeeper_znode.clickhouse.path}/config"
  on_destroy = "keep"
  acl = [
    { scheme = "auth", id = "", permissions = "cdrwa" },
    { scheme = "digest", id = provider::zookeeper::digest("clickhouse", var.clickhouse_password), permissions = "r" },
  ]
  data = {
    remote_servers         = <<-XML
      <shop>
      %{for replicas in local.shards~}
        <shard>
          <internal_replication>true</internal_replication>
      %{for host in replicas~}
          <replica><host>${host}</host><port>9000</port></replica>
      %{endfor~}
        </shard>
      %{endfor~}
      </shop>
    XML
    max_concurrent_queries = "200"
  }
}
