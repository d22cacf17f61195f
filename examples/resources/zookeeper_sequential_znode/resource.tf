# The parent gives the node a number of ten digits: the path is /jobs/job-0000000000, when
# it is the first. Parents are made when they are missing.
resource "zookeeper_sequential_znode" "job" {
  path_prefix = "/jobs/job-"
  data        = jsonencode({ kind = "reindex" })
}

output "job" {
  value = zookeeper_sequential_znode.job.path
}

# With a slash at the end of the prefix the name is the bare number. Each instance makes a
# node of its own.
resource "zookeeper_sequential_znode" "ticket" {
  count       = 3
  path_prefix = "/tickets/"
}

# A node that workers put children below, which go with it, and that only machines of one
# network may change.
resource "zookeeper_sequential_znode" "batch" {
  path_prefix   = "/batches/batch-"
  force_destroy = true
  acl = [
    { scheme = "world", id = "anyone", permissions = "r" },
    { scheme = "ip", id = "127.0.0.0/8", permissions = "cdrwa" },
  ]
}
