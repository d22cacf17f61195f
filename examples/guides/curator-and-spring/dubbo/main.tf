# The configuration center: what all applications read when they start.
resource "zookeeper_znode" "properties" {
  path = "/dubbo/config/dubbo/dubbo.properties"
  data = <<-EOT
    dubbo.provider.timeout=4321
    dubbo.consumer.check=false
  EOT
}

# A provider that cannot register itself. The node's name is its URL, encoded.
resource "zookeeper_znode" "invoices" {
  path = join("/", [
    "/dubbo/com.example.Invoices/providers",
    urlencode("dubbo://10.0.0.7:20880/com.example.Invoices?application=billing&interface=com.example.Invoices&side=provider&timeout=2000"),
  ])
  data = ""
}

# Which applications offer an interface: each of them adds its name to the list when it starts.
resource "zookeeper_znode" "greeter" {
  path       = "/dubbo/mapping/com.example.Greeter"
  data       = "billing"
  on_destroy = "keep"

  lifecycle {
    ignore_changes = [data]
  }
}
