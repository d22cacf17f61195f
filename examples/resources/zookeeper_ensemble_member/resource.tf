variable "super_password" {
  type      = string
  sensitive = true
}

# Only the servers' super user may change the ensemble.
provider "zookeeper" {
  servers  = "zk1.example.com:2181,zk2.example.com:2181,zk3.example.com:2181"
  username = "super"
  password = var.super_password
}

# An observer for those who only read. It runs already, with a configuration that names the other three and itself.
resource "zookeeper_ensemble_member" "reports" {
  id             = 4
  address        = "10.0.0.4:2888:3888"
  role           = "observer"
  client_address = "10.0.0.4:2181"
}
