resource "zookeeper_ensure_path" "team" {
  path = "/teams/payments"
}

# At most 1000 nodes, the team's own included, with 10 MB of data together.
resource "zookeeper_quota" "team" {
  path      = zookeeper_ensure_path.team.path
  max_count = 1000
  max_bytes = 10000000
}
