# A path is imported by itself. Its existing nodes count as made by others: destroying the resource leaves them.
terraform import zookeeper_ensure_path.locks /services/web/locks
