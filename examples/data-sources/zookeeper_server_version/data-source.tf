data "zookeeper_server_version" "this" {}

# Which server answers, and as what (server, mode), differs from run to run: an output of them makes plans that are not empty.
output "zookeeper_version" {
  value = data.zookeeper_server_version.this.version
}

# Container nodes came with 3.5.
check "containers" {
  assert {
    condition     = data.zookeeper_server_version.this.major > 3 || data.zookeeper_server_version.this.minor >= 5
    error_message = "This server is too old for container nodes."
  }
}
