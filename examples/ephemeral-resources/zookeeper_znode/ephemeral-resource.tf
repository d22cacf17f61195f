# A secret that somebody else keeps in ZooKeeper.
ephemeral "zookeeper_znode" "database_password" {
  path = "/secrets/database/password"
}

# It may go wherever ephemeral values may: here, into the secret of another node, which is for who the
# provider presents, and for nobody else.
resource "zookeeper_znode" "database_url" {
  path            = "/services/web/database-url"
  data_wo         = "postgres://web:${urlencode(ephemeral.zookeeper_znode.database_password.data)}@db.example.com/shop"
  data_wo_version = "1"
  acl             = [{ scheme = "auth", id = "", permissions = "cdrwa" }]
}
