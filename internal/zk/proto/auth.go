package proto

import "terraform-provider-zookeeper/internal/zk/jute"

// AuthRequest adds an identity to the connection (AuthPacket).
type AuthRequest struct {
	// Scheme names the server's authentication provider, for example "digest".
	Scheme string
	// Auth is the credential, "user:password" for digest.
	Auth []byte
}

// AppendTo appends the record.
func (a *AuthRequest) AppendTo(dst []byte) []byte {
	dst = jute.AppendInt(dst, 0) // type: unused by servers
	dst = jute.AppendString(dst, a.Scheme)
	return jute.AppendBuffer(dst, a.Auth)
}
