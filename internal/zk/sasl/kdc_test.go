package sasl

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"

	"terraform-provider-zookeeper/internal/zk/guard"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// What real KDCs do is tested with the real server. Here is what they do on a bad day.

func writeFile(t *testing.T, content string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// confOf returns the path of a krb5.conf with KDCs of the realm TEST.REALM.
func confOf(t *testing.T, kdcs ...string) string {
	t.Helper()
	conf := "[libdefaults]\ndefault_realm = TEST.REALM\ndns_lookup_kdc = false\n[realms]\nTEST.REALM = {\n"
	for _, kdc := range kdcs {
		conf += "kdc = " + kdc + "\n"
	}
	return writeFile(t, conf+"}\n")
}

func newKerberos(t *testing.T, opts Options) *gssAPI {
	t.Helper()
	opts.Mechanism = GSSAPI
	m, ok := newMechanism(t, opts).(*gssAPI)
	if !ok {
		t.Fatal("not GSSAPI")
	}
	return m
}

// withPassword are the options of a client that would log in.
func withPassword(username, conf string) Options {
	return Options{Username: username, Password: NewSecret("hunter2"), Hostname: "localhost", KRB5ConfFile: conf}
}

// start begins an exchange with a KDC, and returns the error.
func start(t *testing.T, ctx context.Context, kdcs ...string) error {
	t.Helper()
	m := newKerberos(t, withPassword("alice", confOf(t, kdcs...)))
	e, err := m.Start(ctx, "any")
	if err == nil {
		t.Errorf("an exchange began: %v", e)
		return errors.New("none")
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error tells the password: %v", err)
	}
	return err
}

// answering returns the address of a KDC that has one answer to everything.
func answering(t *testing.T, answer []byte) (addr string) {
	t.Helper()
	return zktest.StartPeer(t, func(conn net.Conn) {
		if _, err := zktest.ReadFrame(conn); err == nil {
			_ = zktest.WriteFrame(conn, answer)
		}
	})
}

// refusing returns the address of a KDC that refuses everything.
func refusing(t *testing.T, code int32, data []byte) (addr string) {
	t.Helper()
	refusal := messages.NewKRBError(grantingPrincipal("TEST.REALM"), "TEST.REALM", code, "")
	refusal.EData = data
	answer, err := refusal.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return answering(t, answer)
}

// refused returns an address at which nobody listens.
func refused(t *testing.T) (addr string) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func wantTransient(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || errors.Is(err, ErrFailed) || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want one that is not ErrFailed and says: %s", err, want)
	}
}

func TestKDCUnreachable(t *testing.T) {
	down := refused(t)
	wantTransient(t, start(t, t.Context(), down), `no KDC of realm "TEST.REALM" could be asked: dial tcp `+down)
	wantTransient(t, start(t, t.Context(), "kdc.invalid"), `no KDC of realm "TEST.REALM" could be asked`)

	busy := refusing(t, errorcode.KDC_ERR_SVC_UNAVAILABLE, nil)
	wantTransient(t, start(t, t.Context(), busy), busy+": (29) KDC_ERR_SVC_UNAVAILABLE")
	hangsUp := zktest.StartPeer(t, func(net.Conn) {})
	wantTransient(t, start(t, t.Context(), hangsUp), `no KDC of realm "TEST.REALM" could be asked`)
	stops := zktest.StartPeer(t, func(conn net.Conn) {
		_, _ = zktest.ReadFrame(conn)
		_, _ = conn.Write([]byte{0, 0, 0, 9, 0})
	})
	wantTransient(t, start(t, t.Context(), stops), stops+": half an answer: unexpected EOF")
	boasts := zktest.StartPeer(t, func(conn net.Conn) {
		_, _ = zktest.ReadFrame(conn)
		_, _ = conn.Write([]byte("HTTP"))
	})
	wantTransient(t, start(t, t.Context(), boasts), "an answer of 1213486160 bytes, which is no KDC's")

	// The next one is asked.
	knowsNobody := refusing(t, errorcode.KDC_ERR_C_PRINCIPAL_UNKNOWN, nil)
	wantFailed(t, start(t, t.Context(), down, busy, hangsUp, knowsNobody), `the KDC does not know "alice@TEST.REALM"`)
}

func TestKDCSilent(t *testing.T) {
	asked := make(chan struct{})
	silent := zktest.StartPeer(t, func(conn net.Conn) {
		_, _ = zktest.ReadFrame(conn)
		close(asked)
		_, _ = zktest.ReadFrame(conn)
	})
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the user has gone")
	go func() {
		<-asked
		cancel(why)
	}()
	err := start(t, ctx, silent)
	wantTransient(t, err, `the user has gone: no KDC of realm "TEST.REALM" could be asked: `+silent)
	if !errors.Is(err, why) {
		t.Errorf("error %v", err)
	}
}

// udpKDC returns the address of a KDC that is asked by UDP: it asks the real one at an address, and refuses what makes a
// larger reply than most, as a KDC does. It counts what it is asked.
func udpKDC(t *testing.T, behind string, most int) (addr string, asked *atomic.Int32) {
	t.Helper()
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked = new(atomic.Int32)
	var serving sync.WaitGroup
	serving.Go(func() {
		buffer := make([]byte, 1<<16)
		for {
			n, client, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			asked.Add(1)
			reply, err := roundTrip(context.Background(), kdcAddr{"tcp", behind}, buffer[:n])
			if err != nil {
				continue
			}
			if len(reply) > most {
				refusal := messages.NewKRBError(grantingPrincipal("TEST.REALM"), "TEST.REALM", errorcode.KRB_ERR_RESPONSE_TOO_BIG, "")
				if reply, err = refusal.Marshal(); err != nil {
					t.Error(err)
				}
			}
			if _, err := conn.WriteTo(reply, client); err != nil {
				t.Error(err)
			}
		}
	})
	t.Cleanup(func() {
		_ = conn.Close()
		serving.Wait()
	})
	return conn.LocalAddr().String(), asked
}

// A KDC that is there is found, whatever the others do and whichever network it serves, and is asked first from then on.
func TestKDCsBeside(t *testing.T) {
	t.Parallel()
	kdc := zktest.StartKDC(t, "TEST.REALM")
	kdc.AddPrincipal(t, kerberosUser, kerberosPassword)
	silent := func(asked *atomic.Int32) string {
		return zktest.StartPeer(t, func(conn net.Conn) {
			asked.Add(1)
			_, _ = io.Copy(io.Discard, conn)
		})
	}
	login := func(m *gssAPI) {
		t.Helper()
		if _, err := m.Start(t.Context(), "any"); err != nil {
			t.Error(err)
		}
	}
	t.Run("silent", func(t *testing.T) {
		t.Parallel()
		var asked atomic.Int32
		m := newKerberos(t, Options{Username: kerberosUser, Password: NewSecret(kerberosPassword), Hostname: "localhost", KRB5ConfFile: confOf(t, silent(&asked), silent(&asked), kdc.Addr())})
		for range 2 {
			login(m)
		}
		if n := asked.Load(); n != 2 {
			t.Errorf("the silent ones were asked %d times, want once each", n)
		}
	})
	t.Run("UDP alone", func(t *testing.T) {
		t.Parallel()
		udp, asked := udpKDC(t, kdc.Addr(), 1<<16)
		login(newKerberos(t, Options{Username: kerberosUser, Password: NewSecret(kerberosPassword), Hostname: "localhost", KRB5ConfFile: confOf(t, udp)}))
		if asked.Load() == 0 {
			t.Error("it was not asked")
		}
	})
	t.Run("too big for UDP", func(t *testing.T) {
		t.Parallel()
		udp, asked := udpKDC(t, kdc.Addr(), 100)
		login(newKerberos(t, Options{Username: kerberosUser, Password: NewSecret(kerberosPassword), Hostname: "localhost", KRB5ConfFile: confOf(t, "udp/"+udp, "tcp/"+kdc.Addr())}))
		if asked.Load() == 0 {
			t.Error("it was not asked")
		}
	})
	t.Run("UDP of the DNS", func(t *testing.T) {
		t.Parallel()
		udp, asked := udpKDC(t, kdc.Addr(), 1<<16)
		m := newKerberos(t, Options{Username: kerberosUser + "@TEST.REALM", Password: NewSecret(kerberosPassword), Hostname: "localhost", KRB5ConfFile: writeFile(t, "")})
		host, portText, err := net.SplitHostPort(udp)
		if err != nil {
			t.Fatal(err)
		}
		port, err := strconv.ParseUint(portText, 10, 16)
		if err != nil {
			t.Fatal(err)
		}
		m.resolver = fakeDNS{kdcs: map[string][]*net.SRV{"_kerberos._udp.TEST.REALM": {{Target: host + ".", Port: uint16(port)}}, "_kerberos._tcp.TEST.REALM": {{Target: "."}}}}
		login(m)
		if asked.Load() == 0 {
			t.Error("it was not asked")
		}
	})
}

func TestKDCRefusals(t *testing.T) {
	for code, want := range map[int32]string{
		errorcode.KDC_ERR_C_PRINCIPAL_UNKNOWN: `the KDC does not know "alice@TEST.REALM": (6)`,
		errorcode.KDC_ERR_PREAUTH_FAILED:      `the password of "alice@TEST.REALM" is wrong: (24)`,
		errorcode.KDC_ERR_S_PRINCIPAL_UNKNOWN: `the KDC does not know the service "krbtgt/TEST.REALM@TEST.REALM": (7)`,
		errorcode.KDC_ERR_CLIENT_REVOKED:      `"alice@TEST.REALM" is locked, or the password has expired: (18)`,
		errorcode.KDC_ERR_KEY_EXPIRED:         `"alice@TEST.REALM" is locked, or the password has expired: (23)`,
		errorcode.KDC_ERR_ETYPE_NOSUPP:        `in common with krb5.conf and this client, for "alice@TEST.REALM" and "krbtgt/TEST.REALM@TEST.REALM": (14)`,
		errorcode.KRB_AP_ERR_SKEW:             ") are too far apart: (37)",
		errorcode.KDC_ERR_POLICY:              `the KDC refuses a ticket for "krbtgt/TEST.REALM@TEST.REALM" to "alice@TEST.REALM": (12)`,
		4711:                                  `the KDC refuses a ticket for "krbtgt/TEST.REALM@TEST.REALM" to "alice@TEST.REALM": Unknown ErrorCode 4711`,
	} {
		wantFailed(t, start(t, t.Context(), refusing(t, code, nil)), want)
	}
	// To a client that asks by a ticket.
	service := principal{servicePrincipal("zookeeper", "zk1"), "TEST.REALM"}
	for code, want := range map[int32]string{
		errorcode.KDC_ERR_S_PRINCIPAL_UNKNOWN: `the KDC does not know the service "zookeeper/zk1@TEST.REALM": (7)`,
		errorcode.KRB_AP_ERR_BAD_INTEGRITY:    `the KDC cannot read the ticket of "alice@TEST.REALM": (31)`,
		errorcode.KRB_AP_ERR_TKT_EXPIRED:      `the ticket of "alice@TEST.REALM" has expired: (32)`,
	} {
		refusal := messages.NewKRBError(types.PrincipalName{}, "", code, "")
		if err := (&kdc{now: time.Now}).explain(refusal, userPrincipal("alice", "TEST.REALM"), service, nil); !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want it to say: %s", err, want)
		}
	}
}

// encode encodes a sequence as a KDC puts it into the data of an error.
func encode(tb testing.TB, v any) []byte {
	tb.Helper()
	b, err := asn1.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// A KDC says in which form it wants the password proved, in words that nobody has signed.
func TestKDCPreAuthentication(t *testing.T) {
	hints := func(entries ...types.ETypeInfo2Entry) []byte {
		return encode(t, types.PADataSequence{
			{PADataType: patype.PA_ENC_TIMESTAMP},
			{PADataType: patype.PA_ETYPE_INFO2, PADataValue: encode(t, types.ETypeInfo2(entries))},
		})
	}
	const etype = etypeID.AES256_CTS_HMAC_SHA1_96
	for _, tc := range []struct {
		name string
		data []byte
		want string
	}{
		{"nothing", nil, "pre-authentication of a kind that cannot be read"},
		{"noise", []byte("noise"), "pre-authentication of a kind that cannot be read"},
		{"no form", encode(t, types.PADataSequence{}), "the KDC takes no key of an encryption type that krb5.conf allows"},
		{"an empty form", hints(), "the KDC takes no key of an encryption type that krb5.conf allows"},
		{"noise for a form", encode(t, types.PADataSequence{{PADataType: patype.PA_ETYPE_INFO2, PADataValue: []byte("noise")}}), "the KDC takes no key"},
		{"a retired type", hints(types.ETypeInfo2Entry{EType: etypeID.RC4_HMAC}), "the KDC takes no key of an encryption type that krb5.conf allows"},
		{"endless work", hints(types.ETypeInfo2Entry{EType: etype, S2KParams: []byte{0xff, 0xff, 0xff, 0xff}}), "takes too long to make of a password"},
		{"2^32 iterations", hints(types.ETypeInfo2Entry{EType: etype, S2KParams: []byte{0, 0, 0, 0}}), "takes too long to make of a password"},
		{"as many as MIT Kerberos refuses", hints(types.ETypeInfo2Entry{EType: etype, S2KParams: []byte{1, 0, 0, 0}}), "takes too long to make of a password"},
		{"few iterations", hints(types.ETypeInfo2Entry{EType: etype, S2KParams: []byte{0, 0, 0x0f, 0xff}}), "by 4095 iterations, and fewer than 4096 are not safe"},
		{"half a number", hints(types.ETypeInfo2Entry{EType: etype, S2KParams: []byte{0, 1}}), "has parameters for a key of type 18 that cannot be read"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			wantFailed(t, start(t, t.Context(), refusing(t, errorcode.KDC_ERR_PREAUTH_REQUIRED, tc.data)), tc.want)
		})
	}
	t.Run("not enough", func(t *testing.T) {
		// It keeps on asking, and is asked twice.
		data := hints(types.ETypeInfo2Entry{EType: etypeID.RC4_HMAC}, types.ETypeInfo2Entry{EType: etype, Salt: "salt", S2KParams: []byte{0, 0, 0x10, 1}})
		wantFailed(t, start(t, t.Context(), refusing(t, errorcode.KDC_ERR_PREAUTH_REQUIRED, data)), `the KDC refuses a ticket for "krbtgt/TEST.REALM@TEST.REALM" to "alice@TEST.REALM": (25)`)
	})
}

func TestKDCNoise(t *testing.T) {
	for _, answer := range []string{"", "noise", "\x6b\x00", "\x7e\x00"} {
		wantFailed(t, start(t, t.Context(), answering(t, []byte(answer))), `the reply of the KDC of realm "TEST.REALM" is malformed`)
	}
}

func TestKDCAddresses(t *testing.T) {
	knowsNobody := refusing(t, errorcode.KDC_ERR_C_PRINCIPAL_UNKNOWN, nil)
	host, portText, err := net.SplitHostPort(knowsNobody)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	m := newKerberos(t, withPassword("alice@IN.DNS", writeFile(t, "")))
	m.resolver = fakeDNS{kdcs: map[string][]*net.SRV{"_kerberos._tcp.IN.DNS": {{Target: host + ".", Port: uint16(port)}}}}
	_, err = m.Start(t.Context(), "any")
	wantFailed(t, err, `the KDC does not know "alice@IN.DNS"`)

	m.resolver = fakeDNS{}
	_, err = m.Start(t.Context(), "any")
	wantFailed(t, err, `neither krb5.conf nor the DNS names a KDC of realm "IN.DNS"`)

	m.resolver = fakeDNS{err: &net.DNSError{Err: "server misbehaving", IsTemporary: true}}
	_, err = m.Start(t.Context(), "any")
	wantTransient(t, err, "server misbehaving")

	m = newKerberos(t, withPassword("alice@ELSEWHERE", confOf(t, knowsNobody)))
	_, err = m.Start(t.Context(), "any")
	wantFailed(t, err, `krb5.conf names no KDC of realm "ELSEWHERE", and forbids to ask the DNS`)

	m = newKerberos(t, withPassword("alice", writeFile(t, "")))
	_, err = m.Start(t.Context(), "any")
	wantFailed(t, err, `the realm of "alice" is not known`)
}

// A ticket is used again once a server has accepted it, and only as long as it holds.
func TestTicketIsKept(t *testing.T) {
	const service = "zookeeper/localhost"
	m := newKerberos(t, withPassword("alice", confOf(t, refused(t))))
	a := newAcceptor(etypeID.AES128_CTS_HMAC_SHA1_96)
	kept := a.ticket()
	kept.zero = m.zero()
	m.keep(service, kept)

	for range 2 {
		e, err := m.Start(t.Context(), "any")
		if err != nil {
			t.Fatal(err)
		}
		token, _, err := e.Next(nil)
		if err != nil {
			t.Fatal(err)
		}
		a.read(t, token)
		if _, done, err := feed(t, e, a.proof(t), a.wrap(t, offer, nil), nil); err != nil || !done {
			t.Fatalf("done %v, error %v", done, err)
		}
	}
	usual, left := m.uptime, time.Until(kept.end.Add(-margin))
	m.now = func() time.Time { return time.Now().Add(left) }
	m.uptime = func() time.Duration { return usual() + left }
	_, err := m.Start(t.Context(), "any")
	wantTransient(t, err, `no KDC of realm "TEST.REALM" could be asked`)
	m.now, m.uptime = time.Now, usual

	// One that was presented, and not accepted, as by a service that has a new key.
	m.keep(service, kept)
	e, err := m.Start(t.Context(), "any")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := feed(t, e, nil, nil); err == nil {
		t.Error("a service without a proof was accepted")
	}
	_, err = m.Start(t.Context(), "any")
	wantTransient(t, err, `no KDC of realm "TEST.REALM" could be asked`)
}

// Whatever a KDC answers, there is a ticket or an error, and the error does not tell the
// password.
func FuzzKDC(f *testing.F) {
	refusal := messages.NewKRBError(grantingPrincipal("TEST.REALM"), "TEST.REALM", errorcode.KDC_ERR_PREAUTH_REQUIRED, "")
	refusal.EData = encode(f, types.PADataSequence{{
		PADataType:  patype.PA_ETYPE_INFO2,
		PADataValue: encode(f, types.ETypeInfo2{{EType: etypeID.AES256_CTS_HMAC_SHA1_96, Salt: "salt", S2KParams: []byte{0, 0, 0x10, 0}}}),
	}})
	seed, err := refusal.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add(refusal.EData)
	for _, b := range [][]byte{nil, {0x6b, 0}, {0x6d, 0}, {0x79, 0}, {0x7a, 0}} {
		f.Add(b)
	}
	rep := messages.ASRep{KDCRepFields: messages.KDCRepFields{
		PVNO: 5, MsgType: 11, CRealm: "R", CName: types.NewPrincipalName(1, "alice"),
		Ticket:  messages.Ticket{TktVNO: 5, Realm: "R", SName: grantingPrincipal("R"), EncPart: types.EncryptedData{EType: 18, Cipher: []byte("x")}},
		EncPart: types.EncryptedData{EType: 18, Cipher: []byte("x")},
	}}
	if seed, err = rep.Marshal(); err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	part := messages.EncKDCRepPart{Key: newKey(18, 1), Nonce: 7, SRealm: "R", SName: grantingPrincipal("R"), EndTime: time.Unix(1e9, 0)}
	if seed, err = part.Marshal(); err != nil {
		f.Fatal(err)
	}
	f.Add(seed)

	keys := &passwordKeys{client: userPrincipal("alice", "TEST.REALM"), password: NewSecret("hunter2")}
	f.Fuzz(func(t *testing.T, b []byte) {
		var errs []error
		var refusal messages.KRBError
		if err := guard.Decode(func() error { return refusal.Unmarshal(b) }); err == nil {
			errs = append(errs, (&kdc{now: time.Now}).explain(refusal, keys.client, keys.client, keys))
		}
		// The work that a KDC may ask for is bounded, and too much for this.
		entries := etypeInfo(types.PADataSequence{{PADataType: patype.PA_ETYPE_INFO2, PADataValue: b}})
		for _, entry := range entries {
			if len(entry.S2KParams) == 4 && binary.BigEndian.Uint32(entry.S2KParams) < 5000 {
				_, err := keys.key(t.Context(), entry, 0)
				errs = append(errs, err)
			}
		}
		refusal.EData = b
		_, err := preAuthentication(t.Context(), refusal, nil, keys, time.Unix(1e9, 0))
		errs = append(errs, err)
		for _, fields := range []func() (*messages.KDCRepFields, error){
			func() (*messages.KDCRepFields, error) {
				var rep messages.ASRep
				return &rep.KDCRepFields, guard.Decode(func() error { return rep.Unmarshal(b) })
			},
			func() (*messages.KDCRepFields, error) {
				var rep messages.TGSRep
				return &rep.KDCRepFields, guard.Decode(func() error { return rep.Unmarshal(b) })
			},
		} {
			rep, err := fields()
			if err != nil {
				continue
			}
			if size, ok := keySizes[rep.EncPart.EType]; ok {
				_, err = decrypt(rep.EncPart, types.EncryptionKey{KeyType: rep.EncPart.EType, KeyValue: make([]byte, size)}, 3)
				errs = append(errs, err)
			}
		}
		var rep messages.KDCRepFields
		rep.Ticket.SName = grantingPrincipal("R")
		tk, err := newTicket(keys.client, &rep, b, &messages.KDCReqBody{Nonce: 7, Realm: "R"})
		errs = append(errs, err)
		if err == nil {
			tk.grants()
		}
		for _, err := range errs {
			if err != nil && (strings.Contains(err.Error(), "hunter2") || !onOneLine(err.Error())) {
				t.Errorf("error %q", err)
			}
		}
	})
}

// A request is the message that it is.
type request []byte

func (r request) Marshal() ([]byte, error) { return r, nil }

// Where no KDC is asked at all, the error says why.
func TestKDCNotAsked(t *testing.T) {
	t.Parallel()
	conf := configOf(t, "[realms]\nBOTH = {\nkdc = 127.0.0.1:1\n}\nUDP = {\nkdc = udp/127.0.0.1:1\n}\n")
	k := &kdc{conf: conf, resolver: fakeDNS{}, now: time.Now, answered: new(sync.Map)}
	why := errors.New("the user has gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	_, err := k.ask(ctx, "BOTH", request("x"))
	const late = `no KDC of realm "BOTH" could be asked: the user has gone`
	if _, ok := errors.AsType[*unreachableError](err); !ok || !errors.Is(err, why) || err.Error() != late {
		t.Errorf("error %v, want %s", err, late)
	}
	_, err = k.ask(t.Context(), "UDP", make(request, maxUDPRequest+1))
	const long = `the KDCs of realm "UDP" are asked by UDP alone, and none takes a message of 32701 bytes`
	if err == nil || err.Error() != long {
		t.Errorf("error %v, want %s", err, long)
	}
}
