# The nodes of the services, and what is directly below them. To write the configuration
# that imports what is found:
#
#   terraform query -generate-config-out=services.tf
list "zookeeper_znode" "services" {
  provider = zookeeper

  config {
    path      = "/services"
    max_depth = 2
  }
}

# All nodes, with their data and their ACLs.
list "zookeeper_znode" "all" {
  provider         = zookeeper
  include_resource = true
  limit            = 10000

  config {
    path = "/"
  }
}

# The configuration of Kafka, without what its brokers write themselves.
list "zookeeper_znode" "kafka" {
  provider = zookeeper
  limit    = 10000

  config {
    path = "/kafka"
    exclude = [
      "admin/**",
      "brokers/**",
      "cluster/**",
      "config/changes/**",
      "consumers/**",
      "controller*",
      "feature",
      "isr_change_notification/**",
      "kafka-acl{,-extended}-changes/**",
      "latest_producer_id_block",
      "log_dir_event_notification/**",
    ]
  }
}
