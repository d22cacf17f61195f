package proto

import "terraform-provider-zookeeper/internal/zk/jute"

// GetEphemeralsRequest asks for the ephemeral nodes of the caller's session.
type GetEphemeralsRequest struct{ Prefix string }

// AppendTo appends the record.
func (q *GetEphemeralsRequest) AppendTo(dst []byte) []byte {
	return jute.AppendString(dst, q.Prefix)
}

// GetEphemeralsReply answers a GetEphemeralsRequest.
type GetEphemeralsReply struct{ Paths []string }

// Decode fills p from r.
func (p *GetEphemeralsReply) Decode(r *jute.Reader) {
	p.Paths = make([]string, r.Count(4))
	for i := range p.Paths {
		p.Paths[i] = r.String()
	}
}

// CountDescendantsRequest asks how many nodes are below one (GetAllChildrenNumberRequest).
type CountDescendantsRequest struct{ Path string }

// AppendTo appends the record.
func (q *CountDescendantsRequest) AppendTo(dst []byte) []byte {
	return jute.AppendString(dst, q.Path)
}

// CountDescendantsReply answers a CountDescendantsRequest.
type CountDescendantsReply struct{ Total int32 }

// Decode fills p from r.
func (p *CountDescendantsReply) Decode(r *jute.Reader) { p.Total = r.Int() }

// Identity is one that the server knows a connection by (ClientInfo).
type Identity struct {
	// Scheme is the authentication provider's, "ip" and "digest" among them.
	Scheme string
	// User is who the provider says it is; for digest the user's name, without the hash.
	User string
}

// WhoAmIReply answers OpWhoAmI, whose request has no body.
type WhoAmIReply struct{ Identities []Identity }

// Decode fills p from r.
func (p *WhoAmIReply) Decode(r *jute.Reader) {
	p.Identities = make([]Identity, r.Count(8))
	for i := range p.Identities {
		p.Identities[i].Scheme = r.String()
		p.Identities[i].User = r.String()
	}
}
