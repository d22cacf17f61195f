# terraform apply -invoke=action.zookeeper_clear.cache
action "zookeeper_clear" "cache" {
  config {
    path = "/services/web/cache"
  }
}
