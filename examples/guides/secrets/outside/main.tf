# The place of the secret, with its ACL. Another program writes the secret itself, which is
# in no state: this resource declares no content.
resource "zookeeper_znode" "password" {
  path = "/services/web/database-password"
  acl  = [{ scheme = "ip", id = "127.0.0.0/8", permissions = "cdrwa" }]
}
