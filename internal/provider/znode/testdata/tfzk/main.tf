# The configuration that made terraform.tfstate with tfzk/zookeeper 1.4, as it reads for
# this provider: ACLs are sets of objects now.
provider "zookeeper" {
  username = "alice"
  password = "secret"
}

resource "zookeeper_znode" "plain" {
  path = "/from_tfzk"
}

resource "zookeeper_znode" "text" {
  path = "${zookeeper_znode.plain.path}/text"
  data = "Grüße, 世界"
}

resource "zookeeper_znode" "binary" {
  path        = "${zookeeper_znode.plain.path}/binary"
  data_base64 = "AAEC/v8="
}

resource "zookeeper_znode" "guarded" {
  path = "${zookeeper_znode.plain.path}/guarded"
  data = "only alice"

  acl = [
    {
      scheme      = "digest"
      id          = "alice:aYXlLOpEooaV1cRAvUL1fp9Qt7E="
      permissions = 31
    },
    {
      scheme      = "world"
      id          = "anyone"
      permissions = 1
    },
  ]
}
