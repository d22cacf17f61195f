# A path that applications expect to be there. What is missing of it is made, empty, and
# removed again with the resource, as far as it is still empty then.
resource "zookeeper_ensure_path" "locks" {
  path = "/services/web/locks"
}

# What is made of this one may be changed by machines of one network only, and stays when
# the resource is destroyed.
resource "zookeeper_ensure_path" "brokers" {
  path       = "/brokers/ids"
  on_destroy = "keep"
  acl = [
    { scheme = "world", id = "anyone", permissions = "r" },
    { scheme = "ip", id = "127.0.0.0/8", permissions = "cdrwa" },
  ]
}

# Which nodes this resource made: those that were there before are left out.
output "made" {
  value = zookeeper_ensure_path.locks.created
}
