# OpenTofu does this too, from 1.12 on.
import {
  to = zookeeper_ensemble_member.reports
  identity = {
    id = 4
  }
}
