locals {
  cluster   = "/helix/shop"
  instances = { "node1.example.com_12913" = { host = "node1.example.com", port = 12913 } }

  # What Helix wants of a cluster, and of an instance in it.
  cluster_nodes = [
    "CONFIGS/PARTICIPANT", "CONFIGS/RESOURCE", "CONTROLLER/ERRORS", "CONTROLLER/HISTORY", "CONTROLLER/MESSAGES",
    "CONTROLLER/STATUSUPDATES", "EXTERNALVIEW", "IDEALSTATES", "INSTANCES", "LIVEINSTANCES", "PROPERTYSTORE", "STATEMODELDEFS",
  ]
  instance_nodes = ["CURRENTSTATES", "ERRORS", "MESSAGES", "STATUSUPDATES"]
}

# A participant joins only if all of them are there: its CONFIGS alone are ignored.
resource "zookeeper_znodes" "shop" {
  base_path  = local.cluster
  compare    = "json" # Helix writes JSON back in a form of its own
  on_destroy = "keep"
  data = merge(
    { for node in local.cluster_nodes : node => "" },
    { "CONFIGS/CLUSTER/shop" = jsonencode({ id = "shop", simpleFields = {}, listFields = {}, mapFields = {} }) },
    { for pair in setproduct(keys(local.instances), local.instance_nodes) : "INSTANCES/${pair[0]}/${pair[1]}" => "" },
    { for name, i in local.instances : "CONFIGS/PARTICIPANT/${name}" => jsonencode({
      id           = name
      simpleFields = { HELIX_HOST = i.host, HELIX_PORT = tostring(i.port), HELIX_ENABLED = "true" }
      listFields   = { TAG_LIST = ["blue"] }
      mapFields    = {}
    }) },
  )
}
