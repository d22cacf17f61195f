# By the number of the server.
terraform import zookeeper_ensemble_member.reports 4
