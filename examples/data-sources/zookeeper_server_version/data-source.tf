data "zookeeper_server_version" "this" {}

output "server" {
  value = "${data.zookeeper_server_version.this.server} runs ${data.zookeeper_server_version.this.version} as ${data.zookeeper_server_version.this.mode}"
}

# Container nodes came with 3.5.
check "containers" {
  assert {
    condition     = data.zookeeper_server_version.this.major > 3 || data.zookeeper_server_version.this.minor >= 5
    error_message = "This server is too old for container nodes."
  }
}
