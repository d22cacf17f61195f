provider "zookeeper" {
  servers = "zk1.example.com:2181,zk2.example.com:2181,zk3.example.com:2181"

  sasl = {
    mechanism   = "GSSAPI"
    username    = "terraform"                       # in the default_realm of krb5.conf
    keytab_file = "/etc/zookeeper/terraform.keytab" # left out, with username: the cache of kinit
  }
}

resource "zookeeper_znode" "web" {
  path = "/services/web"
  acl  = [{ scheme = "sasl", id = "terraform@EXAMPLE.COM", permissions = "cdrwa" }]
}
