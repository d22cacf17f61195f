package proto

import "terraform-provider-zookeeper/internal/zk/jute"

// SASLToken is both the request and the reply of OpSASL (GetSASLRequest,
// SetSASLResponse): one token of the exchange.
type SASLToken struct{ Token []byte }

// AppendTo appends the record. A token of no length is sent as one, and not as null.
func (s *SASLToken) AppendTo(dst []byte) []byte {
	if s.Token == nil {
		return jute.AppendBuffer(dst, []byte{})
	}
	return jute.AppendBuffer(dst, s.Token)
}

// Decode fills s from r.
func (s *SASLToken) Decode(r *jute.Reader) { s.Token = r.Buffer() }
