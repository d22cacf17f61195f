terraform {
  required_providers {
    zookeeper = { source = "zkform/zookeeper" }
  }
}

variable "root" {
  description = "Path of the environment, such as /test."
  type        = string
}

variable "settings" {
  description = "Settings that differ from the defaults."
  type        = map(string)
  default     = {}
}

resource "zookeeper_znodes" "settings" {
  base_path = "${var.root}/checkout"
  data      = merge({ "limits/items" = "100", "features/express" = "off" }, var.settings)
}

output "path" {
  value = zookeeper_znodes.settings.base_path
}
