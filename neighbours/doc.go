// Package neighbours has no code but tests: they apply the examples of the guides, and ask the real software that reads
// these nodes what it took of them. "make neighbours" fetches that software and runs them.
package neighbours
