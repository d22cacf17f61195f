package sasl

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/msgtype"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"

	"terraform-provider-zookeeper/internal/zk/zktest"
)

// reply is what a scripted KDC gives, to a request for a ticket that it has understood.
type reply struct {
	client types.PrincipalName
	// ticketFor is what the ticket says in the clear, for which part.SName stands when it is
	// empty.
	ticketFor types.PrincipalName
	part      messages.EncKDCRepPart
}

// granting returns the address of a KDC that grants tickets by a script.
func granting(t *testing.T, key types.EncryptionKey, script func(body messages.KDCReqBody, r *reply)) (addr string) {
	t.Helper()
	answer := func(request []byte) ([]byte, error) {
		fields := messages.KDCRepFields{PVNO: iana.PVNO}
		var body messages.KDCReqBody
		var usage uint32
		var as messages.ASReq
		if as.Unmarshal(request) == nil {
			fields.MsgType, usage, body = msgtype.KRB_AS_REP, keyusage.AS_REP_ENCPART, as.ReqBody
		} else {
			var tgs messages.TGSReq
			if err := tgs.Unmarshal(request); err != nil {
				return nil, err
			}
			fields.MsgType, usage, body = msgtype.KRB_TGS_REP, keyusage.TGS_REP_ENCPART_SESSION_KEY, tgs.ReqBody
			if err := checkPresentation(&tgs, key); err != nil {
				return nil, err
			}
		}
		r := reply{client: body.CName, part: messages.EncKDCRepPart{
			Key: key, Nonce: body.Nonce, SRealm: body.Realm, SName: body.SName, EndTime: time.Now().Add(time.Hour),
		}}
		script(body, &r)
		if len(r.ticketFor.NameString) == 0 {
			r.ticketFor = r.part.SName
		}
		plain, err := r.part.Marshal()
		if err != nil {
			return nil, err
		}
		if fields.EncPart, err = crypto.GetEncryptedData(plain, key, usage, 1); err != nil {
			return nil, err
		}
		fields.CRealm, fields.CName = "TEST.REALM", r.client
		fields.Ticket = messages.Ticket{
			TktVNO: iana.PVNO, Realm: body.Realm, SName: r.ticketFor,
			EncPart: types.EncryptedData{EType: key.KeyType, KVNO: 1, Cipher: []byte("nobody reads this")},
		}
		if fields.MsgType == msgtype.KRB_AS_REP {
			return (&messages.ASRep{KDCRepFields: fields}).Marshal()
		}
		return (&messages.TGSRep{KDCRepFields: fields}).Marshal()
	}
	return zktest.StartPeer(t, func(conn net.Conn) {
		request, err := zktest.ReadFrame(conn)
		if err != nil {
			return
		}
		b, err := answer(request)
		if err != nil {
			t.Error(err)
			return
		}
		_ = zktest.WriteFrame(conn, b)
	})
}

// checkPresentation checks what a KDC checks of the ticket with which it is asked.
func checkPresentation(req *messages.TGSReq, key types.EncryptionKey) error {
	if len(req.PAData) != 1 || req.PAData[0].PADataType != patype.PA_TGS_REQ {
		return fmt.Errorf("a request with %+v", req.PAData)
	}
	var ap messages.APReq
	if err := ap.Unmarshal(req.PAData[0].PADataValue); err != nil {
		return err
	}
	if err := ap.DecryptAuthenticator(key); err != nil {
		return err
	}
	if client := (principal{ap.Authenticator.CName, ap.Authenticator.CRealm}); client.id() != "alice@A" {
		return fmt.Errorf("the client is %s", client)
	}
	body, err := req.ReqBody.Marshal()
	if err != nil {
		return err
	}
	etype, err := crypto.GetEtype(key.KeyType)
	if err != nil {
		return err
	}
	const usage = keyusage.TGS_REQ_PA_TGS_REQ_AP_REQ_AUTHENTICATOR_CHKSUM
	if sum := ap.Authenticator.Cksum; sum.CksumType != etype.GetHashID() || !etype.VerifyChecksum(key.KeyValue, body, sum.Checksum, usage) {
		return errors.New("the request has another checksum")
	}
	return nil
}

func TestServiceTicket(t *testing.T) {
	const service = "zookeeper/zk1"
	refer := func(to map[string]string) func(messages.KDCReqBody, *reply) {
		return func(body messages.KDCReqBody, r *reply) {
			if next, ok := to[body.Realm+" "+body.SName.PrincipalNameString()]; ok {
				r.part.SName = grantingPrincipal(next)
			}
		}
	}
	for _, tc := range []struct {
		name   string
		realm  string // where krb5.conf has the service
		change string // of krb5.conf
		script func(messages.KDCReqBody, *reply)
		want   string // the error; empty for none
		path   string // what is asked
	}{
		{
			"the same realm", "A", "", refer(nil), "",
			"A:" + service,
		},
		{
			"another realm", "B", "", refer(nil), "",
			"A:krbtgt/B B:" + service,
		},
		{
			"a referral", "A", "", refer(map[string]string{"A " + service: "B"}), "",
			"A:" + service + " B:" + service,
		},
		{
			"a realm in between", "C", "", refer(map[string]string{"A krbtgt/C": "B"}), "",
			"A:krbtgt/C B:krbtgt/C C:" + service,
		},
		{
			"a circle", "A", "", refer(map[string]string{"A " + service: "B", "B " + service: "A"}),
			`the way to the realm of "zookeeper/zk1" takes more than 8 steps`,
			strings.TrimSuffix(strings.Repeat("A:"+service+" B:"+service+" ", 4), " "),
		},
		{
			"another service", "A", "", func(_ messages.KDCReqBody, r *reply) { r.part.SName = servicePrincipal("imap", "zk1") },
			`gave a ticket for another service than "zookeeper/zk1"`, "A:" + service + " A:" + service,
		},
		{
			"an alias", "A", "canonicalize = true\n",
			func(_ messages.KDCReqBody, r *reply) { r.part.SName = servicePrincipal("zookeeper", "zk1.example.com") },
			"", "A:" + service,
		},
		{
			"a ticket of another service", "A", "", func(_ messages.KDCReqBody, r *reply) { r.ticketFor = servicePrincipal("imap", "zk1") },
			"a ticket that is not for the service that it names", "A:" + service,
		},
		{
			"a ticket of another realm", "A", "", func(_ messages.KDCReqBody, r *reply) { r.part.SRealm = "B" },
			"or of another realm", "A:" + service,
		},
		{
			"another request", "A", "", func(_ messages.KDCReqBody, r *reply) { r.part.Nonce++ },
			`the reply of the KDC of realm "A" answers another request`, "A:" + service,
		},
		{
			"a retired key", "A", "", func(_ messages.KDCReqBody, r *reply) { r.part.Key = newKey(etypeID.RC4_HMAC, 1) },
			`the ticket for "zookeeper/zk1" is of no use: its key is not one of AES`, "A:" + service,
		},
		{
			"an unknown key", "A", "", func(_ messages.KDCReqBody, r *reply) { r.part.Key.KeyType = 25 },
			"a ticket that is of no use: its key is of type 25, which is not supported", "A:" + service,
		},
		{
			"a short key", "A", "", func(_ messages.KDCReqBody, r *reply) { r.part.Key.KeyValue = []byte("short") },
			"its key of type 18 takes 5 bytes in place of 32", "A:" + service,
		},
		{
			"no AES", "A", "permitted_enctypes = aes rc4\ndefault_tgs_enctypes = rc4\n", refer(nil),
			"krb5.conf allows no encryption type of AES", "",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := newAcceptor(etypeID.AES256_CTS_HMAC_SHA1_96)
			asked := make(chan string, 2*maxReferrals)
			addr := granting(t, a.session, func(body messages.KDCReqBody, r *reply) {
				asked <- body.Realm + ":" + body.SName.PrincipalNameString()
				tc.script(body, r)
			})
			text := "[libdefaults]\n" + tc.change + "[realms]\n"
			for _, realm := range []string{"A", "B", "C"} {
				text += realm + " = {\nkdc = " + addr + "\n}\n"
			}
			conf := configOf(t, text)
			tgt := a.ticket()
			tgt.client.realm, tgt.service = "A", grantingPrincipal("A")
			tgt.ticket.SName = tgt.service
			k := &kdc{conf: conf, resolver: fakeDNS{}, now: time.Now, answered: new(sync.Map)}
			got, err := k.serviceTicket(t.Context(), tgt, tc.realm, servicePrincipal("zookeeper", "zk1"))
			if tc.want != "" {
				if err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("error %v, want it to say: %s", err, tc.want)
				}
			} else if err != nil || !got.holds(time.Now()) || got.client.id() != "alice@A" {
				t.Errorf("ticket %+v, error %v", got, err)
			}
			close(asked)
			var path []string
			for step := range asked {
				path = append(path, step)
			}
			if strings.Join(path, " ") != tc.path {
				t.Errorf("asked for %s, want %s", path, tc.path)
			}
		})
	}
}

func TestLoginTicket(t *testing.T) {
	alice := userPrincipal("alice", "TEST.REALM")
	keys := &passwordKeys{alice, NewSecret("hunter2")}
	key, err := keys.key(t.Context(), types.ETypeInfo2Entry{EType: etypeID.AES128_CTS_HMAC_SHA1_96}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name   string
		change string // of krb5.conf
		script func(messages.KDCReqBody, *reply)
		want   string
		client string
	}{
		{"", "", func(messages.KDCReqBody, *reply) {}, "", "alice@TEST.REALM"},
		{"somebody else", "", func(_ messages.KDCReqBody, r *reply) { r.client = userPrincipal("bob", "").name }, `for another client than "alice@TEST.REALM"`, ""},
		{
			"an alias", "canonicalize = true\n",
			func(_ messages.KDCReqBody, r *reply) { r.client = userPrincipal("bob", "").name }, "", "bob@TEST.REALM",
		},
		{"another service", "", func(_ messages.KDCReqBody, r *reply) { r.part.SName = servicePrincipal("zookeeper", "zk1") }, "gave a ticket that gets no others", ""},
		{"another request", "", func(_ messages.KDCReqBody, r *reply) { r.part.Nonce++ }, "answers another request", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			conf := configOf(t, "[libdefaults]\n"+tc.change+"[realms]\nTEST.REALM = {\nkdc = "+granting(t, key, tc.script)+"\n}\n")
			got, err := (&kdc{conf: conf, now: time.Now, answered: new(sync.Map)}).login(t.Context(), alice, keys)
			if tc.want == "" {
				if err != nil || got.client.id() != tc.client {
					t.Errorf("ticket %+v, error %v", got, err)
				}
			} else if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want it to say: %s", err, tc.want)
			}
		})
	}
}
