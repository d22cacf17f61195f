# A sequential znode is imported by its path; path_prefix is the path without its number.
terraform import zookeeper_sequential_znode.job /jobs/job-0000000000
