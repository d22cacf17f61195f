# OpenTofu does this too, from 1.12 on.
import {
  to = zookeeper_sequential_znode.job
  identity = {
    path = "/jobs/job-0000000000"
  }
}
