# A path is imported by itself. What is there then counts as made by others, and is not removed.
terraform import zookeeper_ensure_path.locks /services/web/locks
