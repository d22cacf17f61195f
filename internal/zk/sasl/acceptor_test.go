package sasl

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/asn1tools"
	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/gssapi"
	"github.com/jcmturner/gokrb5/v8/iana"
	"github.com/jcmturner/gokrb5/v8/iana/asnAppTag"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/msgtype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// acceptor is a service's side of the exchange, for what the Java of a real server never
// says. It knows the session's key without reading the ticket.
type acceptor struct {
	session types.EncryptionKey
	subkey  types.EncryptionKey // asserted, when it has a value
	rotate  int                 // messages are rotated to the right by that many bytes
	seq     uint32

	client types.Authenticator
}

const acceptorSeq = 0xfffffff0

func newAcceptor(etype int32) *acceptor {
	return &acceptor{session: newKey(etype, 1), seq: acceptorSeq}
}

func newKey(etype int32, fill byte) types.EncryptionKey {
	return types.EncryptionKey{KeyType: etype, KeyValue: bytes.Repeat([]byte{fill}, keySizes[etype])}
}

// ticket returns the one that the service accepts.
func (a *acceptor) ticket() *ticket {
	service := servicePrincipal("zookeeper", "localhost")
	return &ticket{
		client:  userPrincipal("alice", "TEST.REALM"),
		service: service,
		key:     a.session,
		end:     time.Now().Add(time.Hour),
		ticket: messages.Ticket{
			TktVNO: iana.PVNO, Realm: "TEST.REALM", SName: service,
			EncPart: types.EncryptedData{EType: a.session.KeyType, KVNO: 1, Cipher: []byte("nobody reads this")},
		},
	}
}

// read checks the client's first token.
func (a *acceptor) read(tb testing.TB, token []byte) {
	tb.Helper()
	id, message, err := unframe(token)
	if err != nil || id != tokenAPReq {
		tb.Fatalf("token id %04x, error %v", id, err)
	}
	var req messages.APReq
	if err := req.Unmarshal(message); err != nil {
		tb.Fatal(err)
	}
	if got := req.APOptions.Bytes; !bytes.Equal(got, []byte{0x20, 0, 0, 0}) {
		tb.Errorf("options %x, want only that the server proves itself", got)
	}
	if err := req.DecryptAuthenticator(a.session); err != nil {
		tb.Fatal(err)
	}
	a.client = req.Authenticator
	if got := (principal{a.client.CName, a.client.CRealm}).id(); got != "alice@TEST.REALM" {
		tb.Errorf("the client is %s", got)
	}
	// RFC 4121, section 4.1.1: 16 bytes of bindings, all zero, and flags: mutual (2),
	// replay (4), sequence (8), integrity (32).
	want := append(append([]byte{16, 0, 0, 0}, make([]byte, 16)...), 46, 0, 0, 0)
	if a.client.Cksum.CksumType != 0x8003 || !bytes.Equal(a.client.Cksum.Checksum, want) {
		tb.Errorf("checksum %+v, want %x of type 0x8003", a.client.Cksum, want)
	}
	if key := a.client.SubKey; key.KeyType != a.session.KeyType || len(key.KeyValue) != keySizes[key.KeyType] || bytes.Equal(key.KeyValue, a.session.KeyValue) {
		tb.Errorf("the subkey is %v", key)
	}
}

// frame makes a token that establishes a context.
func frame(id uint16, message []byte) []byte {
	token := binary.BigEndian.AppendUint16(bytes.Clone(krb5OID), id)
	return asn1tools.AddASNAppTag(append(token, message...), 0)
}

// proof makes KRB_AP_REP.
func (a *acceptor) proof(tb testing.TB) []byte {
	tb.Helper()
	return a.proofOf(tb, messages.EncAPRepPart{
		CTime: a.client.CTime, Cusec: a.client.Cusec, Subkey: a.subkey, SequenceNumber: int64(a.seq),
	})
}

func (a *acceptor) proofOf(tb testing.TB, part messages.EncAPRepPart) []byte {
	tb.Helper()
	plain, err := asn1.Marshal(part)
	if err != nil {
		tb.Fatal(err)
	}
	return a.proofWith(tb, asn1tools.AddASNAppTag(plain, asnAppTag.EncAPRepPart), a.session)
}

func (a *acceptor) proofWith(tb testing.TB, plain []byte, key types.EncryptionKey) []byte {
	tb.Helper()
	data, err := crypto.GetEncryptedData(plain, key, keyusage.AP_REP_ENCPART, 0)
	if err != nil {
		tb.Fatal(err)
	}
	return proofOfData(tb, data)
}

func proofOfData(tb testing.TB, data types.EncryptedData) []byte {
	tb.Helper()
	rep, err := asn1.Marshal(messages.APRep{PVNO: iana.PVNO, MsgType: msgtype.KRB_AP_REP, EncPart: data})
	if err != nil {
		tb.Fatal(err)
	}
	return frame(tokenAPRep, asn1tools.AddASNAppTag(rep, asnAppTag.APREP))
}

// key is that of messages, and flags are those that go with it.
func (a *acceptor) key() (key types.EncryptionKey, flags byte) {
	if len(a.subkey.KeyValue) > 0 {
		return a.subkey, flagAcceptorSubkey
	}
	return a.client.SubKey, 0
}

// wrap makes a message of the server.
func (a *acceptor) wrap(tb testing.TB, payload []byte, change func(*gssapi.WrapToken)) []byte {
	tb.Helper()
	const fromAcceptor = 0x01
	key, flags := a.key()
	w := gssapi.WrapToken{Flags: flags | fromAcceptor, SndSeqNum: uint64(a.seq), Payload: payload}
	if change != nil {
		change(&w)
	}
	if err := w.SetCheckSum(key, keyusage.GSSAPI_ACCEPTOR_SEAL); err != nil {
		tb.Fatal(err)
	}
	w.EC, w.RRC = uint16(len(w.CheckSum)), uint16(a.rotate)
	token, err := w.Marshal()
	if err != nil {
		tb.Fatal(err)
	}
	body := token[gssapi.HdrLen:]
	for range a.rotate {
		copy(body, append([]byte{body[len(body)-1]}, body[:len(body)-1]...))
	}
	return token
}

// unwrap checks a message of the client and returns what it holds.
func (a *acceptor) unwrap(tb testing.TB, token []byte) []byte {
	tb.Helper()
	key, flags := a.key()
	var w gssapi.WrapToken
	if err := w.Unmarshal(token, false); err != nil {
		tb.Fatal(err)
	}
	if ok, err := w.Verify(key, keyusage.GSSAPI_INITIATOR_SEAL); !ok {
		tb.Fatal(err)
	}
	if w.Flags != flags || w.RRC != 0 || w.SndSeqNum != uint64(a.client.SeqNumber) {
		tb.Errorf("flags %02x, RRC %d, number %d; want %02x, 0, %d", w.Flags, w.RRC, w.SndSeqNum, flags, a.client.SeqNumber)
	}
	return w.Payload
}
