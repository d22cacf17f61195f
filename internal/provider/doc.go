// Package provider is the Terraform provider: its configuration, the session that it
// hands to the entities, and the list of what it offers.
//
// What a plan and an apply do is in the packages of the entities below, one for each; what
// they share of a session, a schema or a diagnostic is in session, attr and diagnose. Nothing
// here talks to a server.
package provider
