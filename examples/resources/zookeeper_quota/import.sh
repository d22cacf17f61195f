# By the path of the node that the quota is for.
terraform import zookeeper_quota.team /teams/payments
