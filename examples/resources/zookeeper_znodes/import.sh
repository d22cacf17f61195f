# All nodes below base_path but ephemeral ones.
terraform import zookeeper_znodes.settings /services/shop/settings

# Some of them: their keys, each with // in front. Those that others have stay out of it.
terraform import zookeeper_znodes.settings /services/shop/settings//limits/items//limits/amount//payment/method//payment/terms//payment/logo
