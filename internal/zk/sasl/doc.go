// Package sasl is the client's side of SASL (RFC 4422) with the two mechanisms that
// ZooKeeper's servers have: DIGEST-MD5 (RFC 2831), and GSSAPI (RFC 4752), which is
// Kerberos 5 (RFC 4120, RFC 4121).
//
// A [Mechanism] holds what the client is configured with and begins an [Exchange] for
// each connection. ZooKeeper carries an exchange in requests with opcode 102 (GetSASLRequest,
// SetSASLResponse), which hold one token each way and nothing else, so that this is all
// there is to do on a connection:
//
//	exchange, err := mechanism.Start(ctx, host)
//	…
//	token, done, err := exchange.Next(nil)
//	for err == nil && !done {
//		var answer []byte
//		if answer, err = request(opSASL, token); err == nil {
//			token, done, err = exchange.Next(answer)
//		}
//	}
//
// A server knows one mechanism, the one that its JAAS configuration logs in with, and does
// not tell which: the client has to be configured with the same.
//
// It is no SASL library: there is no server's side, no security layer, because ZooKeeper has
// none, and of Kerberos what a client needs to log in with a keytab, a password or a ticket
// cache.
package sasl
