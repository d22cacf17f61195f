variable "sasl_password" {
  type      = string
  sensitive = true
}

provider "zookeeper" {
  servers = "zk1.example.com:2181,zk2.example.com:2181,zk3.example.com:2181"

  sasl = {
    mechanism = "DIGEST-MD5"
    username  = "terraform"
    password  = var.sasl_password
  }

  # The notification gets it, which the brokers read and delete.
  default_acl = [
    { scheme = "auth", id = "", permissions = "cdrwa" },
    { scheme = "sasl", id = "kafka", permissions = "cdrwa" },
  ]
}

# A quota of the clients whose client.id is etl.
resource "zookeeper_znode" "etl" {
  path    = "/kafka/config/clients/etl"
  data    = jsonencode({ version = 1, config = { producer_byte_rate = "4194304" } })
  compare = "json"

  lifecycle {
    action_trigger {
      events  = [after_create, after_update]
      actions = [action.zookeeper_create_sequential.etl]
    }
  }
}

# Brokers that run read the quota when they see this.
action "zookeeper_create_sequential" "etl" {
  config {
    path_prefix = "/kafka/config/changes/config_change_"
    data        = jsonencode({ version = 2, entity_path = "clients/etl" })
  }
}
