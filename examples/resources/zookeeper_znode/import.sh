# A znode is imported by its path.
terraform import zookeeper_znode.settings /services/web/settings
