// Package front is all that stands between the CLI and the framework. Each part is a server of
// the protocol before another one, and answers for it, or adds to its answer, in a few requests:
//
//   - a [teller] adds what sessions have found,
//   - a [generator] generates configuration that is valid,
//   - a [counter] counts the requests that are under way,
//   - a [director] has resources answer that need the framework for less,
//   - a [letter] lets go of the contexts of requests that have ended.
//
// What upstream would make each unnecessary stands beside it.
package front
