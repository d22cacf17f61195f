# OpenTofu does this too, from 1.12 on.
import {
  to = zookeeper_znode_acl.jobs
  identity = {
    path = "/jobs"
  }
}
