# All nodes below base_path. OpenTofu does this too, from 1.12 on.
import {
  to = zookeeper_znodes.settings
  identity = {
    base_path = "/services/shop/settings"
  }
}
