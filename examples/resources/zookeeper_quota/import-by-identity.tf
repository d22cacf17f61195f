# OpenTofu does this too, from 1.12 on.
import {
  to = zookeeper_quota.team
  identity = {
    path = "/teams/payments"
  }
}
