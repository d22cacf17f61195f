# OpenTofu does this too, from 1.12 on.
#
# With -generate-config-out=FILE, a plan writes the configuration of the node as well. For that,
# Terraform 1.16.0 wants a line "provider = zookeeper" in this block. Remove it afterwards.
import {
  to = zookeeper_znode.settings
  identity = {
    path = "/services/web/settings"
  }
}
