# The settings of an application. Whoever reads them sees all changes of an apply or none.
resource "zookeeper_znodes" "settings" {
  base_path = "/services/shop/settings"
  data = {
    "limits/items"   = "100"
    "limits/amount"  = "5000"
    "payment/method" = "invoice"
    "payment/terms"  = jsonencode({ days = 30, currency = "EUR" })
  }
  data_base64 = {
    "payment/logo" = "AAEC/v8="
  }
}

# One node for each feature, and no others: what somebody else puts there is removed by the
# next apply. There may be more of them than fit into one transaction.
resource "zookeeper_znodes" "features" {
  base_path = "/services/shop/features"
  data      = { for name in ["express", "gift-wrap", "invoices"] : name => "on" }
  exclusive = true
  atomic    = false
}

# Secrets. They go to the servers, and are in no state and no plan; a new version writes
# them again. They are for who the provider presents, and for nobody else.
variable "api_token" {
  type      = string
  ephemeral = true
}

resource "zookeeper_znodes" "credentials" {
  base_path       = "/services/shop/credentials"
  data            = { user = "shop" }
  data_wo         = { token = var.api_token }
  data_wo_version = "1"
  acl             = [{ scheme = "auth", id = "", permissions = "cdrwa" }]
}
