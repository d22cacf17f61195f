provider "zookeeper" {
  servers = "zk1.example.com:2281,zk2.example.com:2281,zk3.example.com:2281"

  tls = {
    ca_file = "/etc/zookeeper/ca.pem" # left out: the CAs that this machine trusts
  }
}

resource "zookeeper_znode" "services" {
  path = "/services"
}
