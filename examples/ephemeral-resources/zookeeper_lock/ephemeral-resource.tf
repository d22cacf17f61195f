# Held while the nodes below are written: whoever takes the same lock waits meanwhile.
ephemeral "zookeeper_lock" "deploy" {
  path       = "/locks/deploy"
  timeout    = 120
  identifier = "terraform of the shop"
}

resource "zookeeper_znode" "release" {
  path = "/shop/release"
  data = "2026.11"

  depends_on = [ephemeral.zookeeper_lock.deploy]
}
