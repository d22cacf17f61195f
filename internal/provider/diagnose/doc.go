// Package diagnose is the one place where an error of the client becomes a diagnostic.
// Each says what happened, to which path, and what to do next, and none carries a
// credential or the data of a node.
//
// What is wrong with a value that the user wrote is not its matter: packages attr and provider
// say that, at the attribute, before there is a client.
package diagnose
