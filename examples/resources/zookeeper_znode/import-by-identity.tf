# OpenTofu does this too, from 1.12 on.
#
# With -generate-config-out, a plan writes the configuration of the node as well. OpenTofu,
# and Terraform before 1.14, write its data twice: then remove data_base64, or data.
import {
  to = zookeeper_znode.settings
  identity = {
    path = "/services/web/settings"
  }
}
