// Package direct answers the CLI's requests about a resource without the framework's
// conversions, which take most of the time that a resource takes: each value goes through a tree
// of the protocol's values and several walks over it, and every struct is read and written by
// reflection that begins from nothing each time.
//
// A resource is declared to the framework as any other: its schema says what there is, and its
// model is what the framework reads values into. What the resource does is a [Logic], which is
// not told who asks it. [Framework] asks it for the framework, and a [Server] for the protocol.
// The server leaves these requests to the framework: a configuration that is not valid or has
// secrets, a private state with keys of the framework's own (the mark of an import), a provider
// that is not configured yet, and values in a notation that no CLI uses. The answers are the same,
// byte for byte; the order of a map's keys alone is the framework's to choose.
//
// A schema in which the framework does more than convert is refused by [New].
//
// The package would not be needed if the framework were as fast: sets take it the square of their
// size (hashicorp/terraform-plugin-framework#1322, #1314 and #775), and no issue is about the rest.
package direct
