# A notification for each change of the settings.
resource "zookeeper_znode" "settings" {
  path = "/services/web/settings"
  data = jsonencode({ limit = 100 })

  lifecycle {
    action_trigger {
      events  = [after_create, after_update]
      actions = [action.zookeeper_create_sequential.changed]
    }
  }
}

action "zookeeper_create_sequential" "changed" {
  config {
    path_prefix = "/services/web/changes/change-"
    data        = "settings"
  }
}
