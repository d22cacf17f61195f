package sasl

import (
	"bytes"
	"crypto/rand"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/jcmturner/gokrb5/v8/asn1tools"
	"github.com/jcmturner/gokrb5/v8/gssapi"
	"github.com/jcmturner/gokrb5/v8/iana/chksumtype"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/iana/flags"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"

	"terraform-provider-zookeeper/internal/zk/guard"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// The ids of the tokens that establish a context (RFC 4121, section 4.1).
const (
	tokenAPReq    = 0x0100
	tokenAPRep    = 0x0200
	tokenKRBError = 0x0300
)

// The flags of tokens that carry messages (RFC 4121, section 4.2.2).
const (
	flagSealed         = 0x02
	flagAcceptorSubkey = 0x04
)

// contextFlags ask for what the exchange relies on: that the server proves itself, and that
// messages have checksums and cannot be repeated (RFC 4121, section 4.1.1.1). RFC 4752,
// section 3.1, asks for the first and the last where a security layer might come; here none
// does, and it costs nothing.
const contextFlags = gssapi.ContextFlagMutual | gssapi.ContextFlagReplay | gssapi.ContextFlagSequence | gssapi.ContextFlagInteg

// noLayer is the security layer that an exchange negotiates: none (RFC 4752, section 3.3).
// ZooKeeper's protocol has no place for another.
const noLayer = 1

// krb5OID is how tokens name Kerberos 5 as their mechanism, in DER (RFC 4121, section 4.1).
var krb5OID = []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02}

// securityContext is one exchange, from the client's side a GSS-API security context
// (RFC 4121) and the negotiation of the security layer that it is not used for (RFC 4752).
type securityContext struct {
	ticket   *ticket
	accepted func() // called when the server has accepted the ticket
	now      func() time.Time

	sent types.Authenticator // what the server has to know of, to prove itself

	key       types.EncryptionKey // of messages
	flags     byte                // of the client's messages
	serverSeq uint64              // the number of the server's next message
}

func newContext(t *ticket, now func() time.Time, accepted func()) Exchange {
	c := &securityContext{ticket: t, accepted: accepted, now: now}
	return &steps{GSSAPI, []func([]byte) ([]byte, error){c.request, c.establish, c.negotiate, c.finish}, c.presented}
}

// presented says which ticket the server has been given, and why it may have refused it.
func (c *securityContext) presented() string {
	return fmt.Sprintf("the server was given a ticket for %s: its keytab may have another key for that (a stale one, or of another service), "+
		"or its clock and this machine's may be too far apart", principal{c.ticket.service, c.ticket.ticket.Realm})
}

// request makes the initial token, which presents the ticket: KRB_AP_REQ.
func (c *securityContext) request([]byte) ([]byte, error) {
	t := c.ticket
	auth, err := t.authenticator(c.now())
	if err != nil {
		return nil, err
	}
	// The session key is that of all connections with this ticket. A key for this one alone
	// makes messages of another worthless here.
	auth.SubKey = types.EncryptionKey{KeyType: t.key.KeyType, KeyValue: make([]byte, len(t.key.KeyValue))}
	_, _ = rand.Read(auth.SubKey.KeyValue) // never fails, says its documentation
	auth.Cksum = types.Checksum{CksumType: chksumtype.GSSAPI, Checksum: contextChecksum()}
	c.sent = auth

	req, err := messages.NewAPReq(t.ticket, t.key, auth)
	if err != nil {
		return nil, err
	}
	types.SetFlag(&req.APOptions, flags.APOptionMutualRequired)
	message, err := req.Marshal()
	if err != nil {
		return nil, err
	}
	token := binary.BigEndian.AppendUint16(bytes.Clone(krb5OID), tokenAPReq)
	return asn1tools.AddASNAppTag(append(token, message...), 0), nil
}

// contextChecksum is where an authenticator says what the context is asked to do (RFC 4121,
// section 4.1.1): the length of the channel bindings, the bindings, which are none, and the
// flags.
func contextChecksum() []byte {
	const bindings = 16
	b := binary.LittleEndian.AppendUint32(nil, bindings)
	b = append(b, make([]byte, bindings)...)
	return binary.LittleEndian.AppendUint32(b, contextFlags)
}

// establish checks the server's proof that it could read the ticket, which is KRB_AP_REP,
// and has it go on.
func (c *securityContext) establish(token []byte) ([]byte, error) {
	if len(token) == 0 {
		return nil, errors.New("the server did not prove itself: it may not be configured for SASL, or tolerate a ticket that it refuses")
	}
	if _, err := parseChallenge(token); err == nil {
		// Such a server takes any first token for the request to begin.
		return nil, errors.New("the server is configured for " + DigestMD5)
	}
	id, message, err := unframe(token)
	if err != nil {
		return nil, err
	}
	switch id {
	case tokenAPRep:
	case tokenKRBError:
		var refusal messages.KRBError
		if guard.Decode(func() error { return refusal.Unmarshal(message) }) != nil {
			return nil, errors.New("the server refuses the ticket, for a reason that cannot be read")
		}
		return nil, fmt.Errorf("the server refuses the ticket: %s; %s", errorcode.Lookup(refusal.ErrorCode), c.presented())
	default:
		return nil, fmt.Errorf("the server's token has id %04x, and that of KRB_AP_REP is %04x", id, tokenAPRep)
	}
	var rep messages.APRep
	if guard.Decode(func() error { return rep.Unmarshal(message) }) != nil {
		return nil, errors.New("the server's KRB_AP_REP is malformed")
	}
	plain, err := decrypt(rep.EncPart, c.ticket.key, keyusage.AP_REP_ENCPART)
	if err != nil {
		return nil, fmt.Errorf("the server's KRB_AP_REP cannot be decrypted: %w", err)
	}
	var part messages.EncAPRepPart
	if guard.Decode(func() error { return part.Unmarshal(plain) }) != nil {
		return nil, errors.New("the server's KRB_AP_REP is malformed")
	}
	// The time stands for the authenticator, which only the service could read.
	if part.CTime.Unix() != c.sent.CTime.Unix() || part.Cusec != c.sent.Cusec {
		return nil, errors.New("the server's KRB_AP_REP answers another request")
	}

	// RFC 4121, section 2: the acceptor's subkey, where it has asserted one.
	c.key = c.sent.SubKey
	if len(part.Subkey.KeyValue) > 0 {
		if err := checkMessageKey(part.Subkey); err != nil {
			return nil, fmt.Errorf("the server chose a key of its own: %w", err)
		}
		c.key = part.Subkey
		c.flags |= flagAcceptorSubkey
	}
	c.serverSeq = uint64(uint32(part.SequenceNumber))
	// Complete on this side, and without a word to say: now the server offers its layers.
	return []byte{}, nil
}

// negotiate declines the security layers that the server offers (RFC 4752, section 3.1).
// Both messages are a bit for each layer or the one layer, and a size in three bytes, which
// without a layer is 0. An authorization identity could follow; without one it is the
// client's principal.
func (c *securityContext) negotiate(token []byte) ([]byte, error) {
	offer, err := c.unwrap(token)
	if err != nil {
		return nil, fmt.Errorf("the server's offer of security layers: %w", err)
	}
	if len(offer) != 4 {
		return nil, fmt.Errorf("the server's offer of security layers takes %d bytes in place of 4", len(offer))
	}
	if offer[0]&noLayer == 0 {
		return nil, errors.New("the server wants a security layer, and ZooKeeper's protocol has no room for one")
	}
	return c.wrap([]byte{noLayer, 0, 0, 0})
}

// finish takes the server's word that the client is who it says. There is no token in it: a
// refusal is the error code of the reply.
func (c *securityContext) finish(token []byte) ([]byte, error) {
	if len(token) > 0 {
		return nil, fmt.Errorf("the server sent a token of %d bytes after the exchange was complete", len(token))
	}
	c.accepted()
	return nil, nil
}

// unframe takes a token apart that establishes a context (RFC 2743, section 3.1): the
// mechanism, two bytes of the token's id, and the message.
func unframe(token []byte) (id uint16, message []byte, err error) {
	var outer asn1.RawValue
	rest, err := asn1.Unmarshal(token, &outer)
	if err != nil || len(rest) > 0 || outer.Class != asn1.ClassApplication || outer.Tag != 0 || !outer.IsCompound {
		return 0, nil, errors.New("the server's token is not one of GSS-API")
	}
	inner, found := bytes.CutPrefix(outer.Bytes, krb5OID)
	if !found || len(inner) < 2 {
		return 0, nil, errors.New("the server's token is not one of Kerberos 5")
	}
	return binary.BigEndian.Uint16(inner), inner[2:], nil
}

// wrap makes a message that has a checksum and is not encrypted (RFC 4121, section 4.2.6.2).
func (c *securityContext) wrap(payload []byte) ([]byte, error) {
	w := gssapi.WrapToken{
		Flags:     c.flags,
		SndSeqNum: uint64(c.sent.SeqNumber),
		Payload:   payload,
	}
	if err := w.SetCheckSum(c.key, keyusage.GSSAPI_INITIATOR_SEAL); err != nil {
		return nil, err
	}
	w.EC = uint16(len(w.CheckSum))
	return w.Marshal()
}

// unwrap checks such a message of the server and returns what it holds.
func (c *securityContext) unwrap(token []byte) ([]byte, error) {
	if len(token) < gssapi.HdrLen {
		return nil, fmt.Errorf("a message of %d bytes, and its header alone takes %d", len(token), gssapi.HdrLen)
	}
	// The sender may have rotated what follows the header to the right (RFC 4121,
	// section 4.2.5), which gokrb5 does not undo.
	token = bytes.Clone(token)
	if body := token[gssapi.HdrLen:]; len(body) > 0 {
		by := int(binary.BigEndian.Uint16(token[6:])) % len(body)
		copy(body, append(bytes.Clone(body[by:]), body[:by]...))
	}
	var w gssapi.WrapToken
	if err := guard.Decode(func() error { return w.Unmarshal(token, true) }); err != nil {
		return nil, fmt.Errorf("the message is malformed: %w", shown.Error(err))
	}
	if w.Flags&flagSealed != 0 {
		return nil, errors.New("the message is encrypted, which RFC 4752 forbids")
	}
	if w.Flags&flagAcceptorSubkey != c.flags&flagAcceptorSubkey {
		return nil, errors.New("the message has a checksum with another key than was agreed on")
	}
	// What Verify says of a mismatch is of no use to anyone.
	if ok, err := w.Verify(c.key, keyusage.GSSAPI_ACCEPTOR_SEAL); err != nil || !ok {
		return nil, errors.New("the checksum of the message is wrong")
	}
	if w.SndSeqNum != c.serverSeq {
		return nil, errors.New("the message is out of sequence")
	}
	c.serverSeq++
	return w.Payload, nil
}
