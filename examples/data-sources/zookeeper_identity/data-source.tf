data "zookeeper_identity" "self" {}

# What the servers make of the provider's certificate, as an ACL has it.
output "certificate" {
  value = [for who in data.zookeeper_identity.self.identities : who.id if who.scheme == "x509"]
}
