// Package direct answers the CLI's requests about a resource without the framework's
// conversions, which take most of the time that one node a resource takes: each value goes
// through a tree of the protocol's values and several walks over it, and every struct is read
// and written by reflection that begins anew each time.
//
// A resource keeps to the framework: its schema says what there is, and its model is what the
// framework reads it into. What it does is a [Logic], which neither knows who asks. [Framework]
// has it behind the framework's methods, and a [Server] behind the protocol. The server leaves
// to the framework whatever is not plain: what is not valid, secrets, and what only the
// framework knows of (the mark of an import). The answers are the same, byte for byte.
//
// It would not be needed if the framework were as fast: sets take it the square of their size
// (hashicorp/terraform-plugin-framework#1322, #1314 and #775), and the rest is in no issue yet.
package direct
