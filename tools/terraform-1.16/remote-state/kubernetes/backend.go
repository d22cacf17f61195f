// Package kubernetes stands for a remote backend of Terraform's, which the tests do without.
package kubernetes

import "github.com/hashicorp/terraform/internal/backend"

// New ends the program: there is no such backend in it.
func New() backend.Backend { panic("this Terraform was built without the backend kubernetes") }
