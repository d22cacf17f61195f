package sasl

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/gssapi"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// offer is what ZooKeeper's servers offer: no layer alone, and messages of up to 64 KiB.
var offer = []byte{noLayer, 1, 0, 0}

func TestContext(t *testing.T) {
	for etype := range keySizes {
		if !isMessageEtype(etype) {
			continue
		}
		for _, asserted := range []bool{false, true} {
			for _, rotate := range []int{0, 1, 12, 100} {
				t.Run(fmt.Sprintf("type %d, acceptor's key %v, rotated %d", etype, asserted, rotate), func(t *testing.T) {
					a := newAcceptor(etype)
					a.rotate = rotate
					if asserted {
						a.subkey = newKey(etype, 2)
					}
					accepted := 0
					e := newContext(a.ticket(), time.Now, func() { accepted++ })

					token, done, err := e.Next(nil)
					if err != nil || done {
						t.Fatalf("done %v, error %v", done, err)
					}
					a.read(t, token)
					token, done, err = e.Next(a.proof(t))
					if err != nil || done || token == nil || len(token) != 0 {
						t.Fatalf("token %x, done %v, error %v; want an empty one", token, done, err)
					}
					token, done, err = e.Next(a.wrap(t, offer, nil))
					if err != nil || done {
						t.Fatalf("done %v, error %v", done, err)
					}
					if choice := a.unwrap(t, token); !bytes.Equal(choice, []byte{1, 0, 0, 0}) {
						t.Errorf("the choice is %x", choice)
					}
					if accepted != 0 {
						t.Error("accepted before the server said so")
					}
					if token, done, err = e.Next(nil); err != nil || !done || token != nil || accepted != 1 {
						t.Errorf("token %x, done %v, error %v, accepted %d times", token, done, err, accepted)
					}
				})
			}
		}
	}
}

// Each connection has a key of its own.
func TestContextKeys(t *testing.T) {
	a := newAcceptor(etypeID.AES256_CTS_HMAC_SHA1_96)
	tk := a.ticket()
	seen := make(map[string]bool)
	for range 10 {
		token, _, err := newContext(tk, time.Now, nil).Next(nil)
		if err != nil {
			t.Fatal(err)
		}
		a.read(t, token)
		if key := string(a.client.SubKey.KeyValue); seen[key] {
			t.Fatal("the key was used before")
		} else {
			seen[key] = true
		}
	}
}

func TestContextRefusesProof(t *testing.T) {
	const etype = etypeID.AES256_CTS_HMAC_SHA1_96
	refusal := messages.NewKRBError(servicePrincipal("zookeeper", "localhost"), "TEST.REALM", errorcode.KRB_AP_ERR_SKEW, "")
	krbError, err := refusal.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name  string
		proof func(a *acceptor) []byte
		want  string
	}{
		{"nothing", func(*acceptor) []byte { return nil }, "the server did not prove itself"},
		{"a challenge", func(*acceptor) []byte { return []byte(rfcChallenge) }, "the server is configured for DIGEST-MD5"},
		{"noise", func(*acceptor) []byte { return []byte("noise") }, "is not one of GSS-API"},
		{"more than a token", func(a *acceptor) []byte { return append(a.proof(t), 0) }, "is not one of GSS-API"},
		{"another mechanism", func(a *acceptor) []byte {
			return bytes.Replace(a.proof(t), krb5OID, []byte("\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x03"), 1)
		}, "is not one of Kerberos 5"},
		{"no message", func(*acceptor) []byte { return []byte("\x60\x0b" + string(krb5OID)) }, "is not one of Kerberos 5"},
		{"another message", func(*acceptor) []byte { return frame(tokenAPReq, nil) }, "has id 0100"},
		{"a refusal", func(*acceptor) []byte { return frame(tokenKRBError, krbError) }, "the server refuses the ticket: (37) KRB_AP_ERR_SKEW Clock skew too great; the server was given a ticket for \"zookeeper/localhost@TEST.REALM\": its keytab"},
		{"half a refusal", func(*acceptor) []byte { return frame(tokenKRBError, krbError[:9]) }, "for a reason that cannot be read"},
		{"half a message", func(*acceptor) []byte { return frame(tokenAPRep, []byte{0x6f, 0x01}) }, "KRB_AP_REP is malformed"},
		{"a short one", func(*acceptor) []byte {
			return proofOfData(t, types.EncryptedData{EType: etype, Cipher: make([]byte, 27)})
		}, "it is too short"},
		{"another type of key", func(a *acceptor) []byte {
			return a.proofWith(t, []byte("plain"), newKey(etypeID.AES128_CTS_HMAC_SHA1_96, 1))
		}, "cannot be decrypted: it is encrypted with a key of type 17"},
		{"another key", func(a *acceptor) []byte { return a.proofWith(t, []byte("plain"), newKey(etype, 9)) }, "cannot be decrypted"},
		{"noise inside", func(a *acceptor) []byte { return a.proofWith(t, []byte("noise"), a.session) }, "KRB_AP_REP is malformed"},
		{"nothing inside", func(a *acceptor) []byte { return a.proofWith(t, nil, a.session) }, "KRB_AP_REP is malformed"},
		{"another second", func(a *acceptor) []byte {
			return a.proofOf(t, messages.EncAPRepPart{CTime: a.client.CTime.Add(time.Second), Cusec: a.client.Cusec})
		}, "answers another request"},
		{"another microsecond", func(a *acceptor) []byte {
			return a.proofOf(t, messages.EncAPRepPart{CTime: a.client.CTime, Cusec: a.client.Cusec + 1})
		}, "answers another request"},
		{"a retired key", func(a *acceptor) []byte {
			a.subkey = newKey(etypeID.RC4_HMAC, 2)
			return a.proof(t)
		}, "chose a key of its own: its key is not one of AES"},
		{"a short key", func(a *acceptor) []byte {
			a.subkey = types.EncryptionKey{KeyType: etype, KeyValue: []byte("short")}
			return a.proof(t)
		}, "takes 5 bytes in place of 32"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := newAcceptor(etype)
			e := newContext(a.ticket(), time.Now, func() { t.Error("accepted") })
			token, _, err := e.Next(nil)
			if err != nil {
				t.Fatal(err)
			}
			a.read(t, token)
			_, done, err := e.Next(tc.proof(a))
			wantFailed(t, err, tc.want)
			if done {
				t.Error("done")
			}
			_, _, err = e.Next(nil)
			wantFailed(t, err, "the exchange is over")
		})
	}
}

func TestContextRefusesOffer(t *testing.T) {
	// header changes a byte of the header, for which the checksum stands.
	header := func(at int, value byte) func(a *acceptor) []byte {
		return func(a *acceptor) []byte {
			token := a.wrap(t, offer, nil)
			token[at] = value
			return token
		}
	}
	for _, tc := range []struct {
		name  string
		offer func(a *acceptor) []byte
		want  string
	}{
		{"nothing", func(*acceptor) []byte { return nil }, "a message of 0 bytes, and its header alone takes 16"},
		{"half a header", func(a *acceptor) []byte { return a.wrap(t, offer, nil)[:15] }, "a message of 15 bytes"},
		{"a header", func(a *acceptor) []byte { return a.wrap(t, offer, nil)[:16] }, "the message is malformed"},
		{"another token", header(0, 4), "the message is malformed"},
		{"the client's own", header(2, 0), "the message is malformed"},
		{"another filler", header(3, 0), "the message is malformed"},
		{"a long checksum", header(4, 1), "the message is malformed"},
		{"a short checksum", header(5, 11), "the checksum of the message is wrong"},
		{"an encrypted one", header(2, 3), "the message is encrypted"},
		{"another key", header(2, 5), "with another key than was agreed on"},
		{"another number", header(15, 0xff), "the checksum of the message is wrong"},
		{"another rotation", header(7, 1), "the checksum of the message is wrong"},
		{"another payload", header(16, 3), "the checksum of the message is wrong"},
		{"another checksum", header(31, 0), "the checksum of the message is wrong"},
		{"out of sequence", func(a *acceptor) []byte {
			return a.wrap(t, offer, func(w *gssapi.WrapToken) { w.SndSeqNum++ })
		}, "the message is out of sequence"},
		{"an empty one", func(a *acceptor) []byte { return a.wrap(t, []byte{}, nil) }, "takes 0 bytes in place of 4"},
		{"a long one", func(a *acceptor) []byte { return a.wrap(t, append([]byte{0}, offer...), nil) }, "takes 5 bytes in place of 4"},
		{"layers alone", func(a *acceptor) []byte { return a.wrap(t, []byte{6, 1, 0, 0}, nil) }, "the server wants a security layer"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := newAcceptor(etypeID.AES256_CTS_HMAC_SHA1_96)
			e := newContext(a.ticket(), time.Now, func() { t.Error("accepted") })
			token, _, err := e.Next(nil)
			if err != nil {
				t.Fatal(err)
			}
			a.read(t, token)
			_, _, err = feed(t, e, a.proof(t), tc.offer(a))
			wantFailed(t, err, tc.want)
		})
	}

	t.Run("a token after the end", func(t *testing.T) {
		a := newAcceptor(etypeID.AES256_CTS_HMAC_SHA1_96)
		e := newContext(a.ticket(), time.Now, func() { t.Error("accepted") })
		token, _, err := e.Next(nil)
		if err != nil {
			t.Fatal(err)
		}
		a.read(t, token)
		_, done, err := feed(t, e, a.proof(t), a.wrap(t, offer, nil), []byte("more"))
		wantFailed(t, err, "a token of 4 bytes after the exchange was complete")
		if done {
			t.Error("done")
		}
	})
}

// Whatever a server sends after the client's first token, the exchange goes on or ends.
func FuzzContext(f *testing.F) {
	// All that is drawn by chance is fixed, so that what was found is found again.
	fixed := func(etype int32) (*acceptor, *securityContext) {
		a := newAcceptor(etype)
		a.client = types.Authenticator{CTime: time.Unix(1e9, 0).UTC(), Cusec: 7, SeqNumber: 42, SubKey: newKey(etype, 3)}
		return a, &securityContext{ticket: a.ticket(), accepted: func() {}, sent: a.client}
	}
	etypes := []int32{
		etypeID.AES256_CTS_HMAC_SHA1_96, etypeID.AES128_CTS_HMAC_SHA1_96,
		etypeID.AES128_CTS_HMAC_SHA256_128, etypeID.AES256_CTS_HMAC_SHA384_192,
	}
	for i, etype := range etypes {
		a, _ := fixed(etype)
		f.Add(byte(i), a.proof(f), a.wrap(f, offer, nil), []byte(nil))
		a.subkey, a.rotate = newKey(etype, 2), 28
		f.Add(byte(i), a.proof(f), a.wrap(f, offer, nil), []byte("more"))
		f.Add(byte(i), proofOfData(f, types.EncryptedData{EType: etype}), []byte(nil), []byte(nil))
		f.Add(byte(i), a.proofWith(f, []byte("noise"), a.session), []byte(nil), []byte(nil))
	}
	f.Add(byte(0), frame(tokenKRBError, []byte{0x7e, 0}), []byte(nil), []byte(nil))
	f.Fuzz(func(t *testing.T, which byte, proof, message, last []byte) {
		_, c := fixed(etypes[int(which)%len(etypes)])
		key := string(c.ticket.key.KeyValue)
		e := &steps{mechanism: GSSAPI, left: []func([]byte) ([]byte, error){c.establish, c.negotiate, c.finish}}
		for _, token := range [][]byte{proof, message, last, nil} {
			if _, _, err := e.Next(token); err != nil && (strings.Contains(err.Error(), key) || !onOneLine(err.Error())) {
				t.Errorf("error %q", err)
			}
		}
		// The same message with whatever key there is, so that the check of the first does not
		// keep the rest of it from being read.
		c.key = c.sent.SubKey
		_, _ = c.unwrap(message)
	})
}
