variable "sasl_password" {
  type      = string
  sensitive = true
}

provider "zookeeper" {
  servers = "zk1.example.com:2181,zk2.example.com:2181,zk3.example.com:2181"

  sasl = {
    mechanism = "DIGEST-MD5"
    username  = "terraform"
    password  = var.sasl_password # or ZOOKEEPER_SASL_PASSWORD
  }
}

locals {
  # A broker presents a user of SASL, or a certificate, and nothing else. "kafka" is the user in its JAAS file.
  acl = [
    { scheme = "auth", id = "", permissions = "cdrwa" },
    { scheme = "sasl", id = "kafka", permissions = "cdrwa" },
  ]
}

# The brokers' zookeeper.connect ends in /kafka.
resource "zookeeper_znode" "kafka" {
  path       = "/kafka"
  data       = ""
  acl        = local.acl
  on_destroy = "keep"
}

variable "max_message_bytes" {
  type    = number
  default = 2097152
}

# What brokers read when they start. Kafka writes JSON back in another form.
resource "zookeeper_znodes" "config" {
  base_path  = "${zookeeper_znode.kafka.path}/config"
  acl        = local.acl
  compare    = "json"
  on_destroy = "keep"
  data = {
    # The defaults of all brokers. Kafka wants each value as a string.
    "brokers/<default>" = jsonencode({ version = 1, config = { "message.max.bytes" = tostring(var.max_message_bytes) } })
    # A quota of the clients whose client.id is reports.
    "clients/reports" = jsonencode({ version = 1, config = { producer_byte_rate = "1048576" } })
    # Where notifications go. Left to the brokers, it would be theirs alone.
    "changes" = ""
  }
}
