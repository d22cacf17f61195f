// Package provider measures the provider as people meet it: whole runs of the CLI against a
// real server, beside the CLI's own floor, which is the same run with a built-in
// terraform_data that holds the same map and knows of no server.
//
// Each step of the two is measured right after the other, so that what else the machine does
// is in both sides of a ratio.
package provider
