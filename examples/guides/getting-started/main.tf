terraform {
  required_providers {
    zookeeper = {
      source = "zkform/zookeeper"
    }
  }
}

provider "zookeeper" {
  servers = "zk1.example.com:2181,zk2.example.com:2181,zk3.example.com:2181"
}

# What the application reads when it starts.
resource "zookeeper_znode" "settings" {
  path = "/shop/checkout/settings"
  data = jsonencode({
    currency  = "EUR"
    max_items = 100
  })
}

# A child: the reference makes it come after its parent, and go before it.
resource "zookeeper_znode" "banner" {
  path = "${zookeeper_znode.settings.path}/banner"
  data = "Free shipping until Friday"
}

# What somebody else writes, for this configuration to read.
data "zookeeper_znode" "maintenance" {
  path          = "/shop/maintenance"
  allow_missing = true
}

output "in_maintenance" {
  value = data.zookeeper_znode.maintenance.exists
}
