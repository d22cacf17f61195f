# The configuration that made terraform.tfstate with tfzk/zookeeper 1.4. It reads the same
# for this provider.
resource "zookeeper_znode" "plain" {
  path = "/from_tfzk"
}

resource "zookeeper_sequential_znode" "numbered" {
  path_prefix = "${zookeeper_znode.plain.path}/job-"
  data        = "first"
}

resource "zookeeper_sequential_znode" "bare" {
  path_prefix = "${zookeeper_znode.plain.path}/jobs/"
  data        = "second"
}
