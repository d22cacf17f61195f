# The place of the secrets. What is below is created, guarded and written by another
# program, and goes with this node.
resource "zookeeper_znode" "secrets" {
  path          = "/services/web/secrets"
  force_destroy = true
}
