// Package conn is one connection to one ZooKeeper server: framing, the handshake, the
// write loop, the read loop and the queue of requests in flight.
//
// A [Conn] lives from a handshake that succeeded to the first error; nothing here dials,
// reconnects or repeats. A [Call] is one request and its reply. Submitting appends the
// request to a buffer; one goroutine writes whatever the buffer holds and one goroutine
// reads replies, which come in the order of the requests.
package conn
