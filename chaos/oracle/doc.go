// Package oracle knows what must hold of every round, and looks whether it did: in the history
// that the servers tell, and in what the CLI said. It knows of no resource how it works.
package oracle
