// Package wire stands between a client and its servers, understands the frames of the protocol,
// and lets somebody decide what becomes of each request and of its reply.
package wire
