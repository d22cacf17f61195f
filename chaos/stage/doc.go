// Package stage carries out a round: it runs real servers, the CLI and the provider, puts the
// faults in their way, plays somebody else, and writes down what an oracle needs to know.
package stage
