# The service's node. Left to Curator it is a container, which the servers delete soon after the last instance has gone.
resource "zookeeper_znode" "payments" {
  path       = "/discovery/payments"
  data       = ""
  on_destroy = "keep" # programs may be registered below it
}

# An instance that cannot register itself, such as a gateway of somebody else. The node's name is the id.
resource "zookeeper_znode" "gateway" {
  path    = "${zookeeper_znode.payments.path}/gateway"
  compare = "json"
  data = jsonencode({
    name                = "payments"
    id                  = "gateway"
    address             = "gateway.example.com"
    port                = 8443
    sslPort             = null
    payload             = null
    registrationTimeUTC = 0
    serviceType         = "PERMANENT"
    # "{scheme}://{address}:{port}". Without it buildUriSpec() gives an empty string, and no error.
    uriSpec = { parts = [
      { value = "scheme", variable = true },
      { value = "://", variable = false },
      { value = "address", variable = true },
      { value = ":", variable = false },
      { value = "port", variable = true },
    ] }
    enabled = true
  })
}
