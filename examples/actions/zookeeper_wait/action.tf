action "zookeeper_wait" "ready" {
  config {
    path          = "/services/web/state"
    condition     = "data_equals"
    expected_data = "ready"
    timeout       = 300
  }
}
