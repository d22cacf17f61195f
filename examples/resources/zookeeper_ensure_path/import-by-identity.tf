# OpenTofu does this too, from 1.12 on.
import {
  to = zookeeper_ensure_path.locks
  identity = {
    path = "/services/web/locks"
  }
}
