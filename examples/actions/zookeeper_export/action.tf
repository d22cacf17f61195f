# terraform apply -invoke=action.zookeeper_export.services
action "zookeeper_export" "services" {
  config {
    path = "/services"
    file = "services.json"
  }
}
