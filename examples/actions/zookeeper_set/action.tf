# terraform apply -invoke=action.zookeeper_set.reload
action "zookeeper_set" "reload" {
  config {
    path   = "/services/web/reload"
    data   = "again"
    create = true
  }
}
