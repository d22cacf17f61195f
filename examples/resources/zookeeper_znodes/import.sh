# All nodes below base_path, except ephemeral ones.
terraform import zookeeper_znodes.settings /services/shop/settings

# Some of them, by their keys, each with // in front. Those of others stay out of it.
terraform import zookeeper_znodes.settings /services/shop/settings//limits/items//limits/amount//payment/method//payment/terms//payment/logo

# Some of them, by patterns, as in Terraform's fileset.
terraform import zookeeper_znodes.settings '/services/shop/settings?include=limits/**&include=payment/**&exclude=payment/sessions/**'
