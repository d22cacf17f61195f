package sasl

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/iana/flags"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"

	"terraform-provider-zookeeper/internal/zk/guard"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// gokrb5 has a client for KDCs too, which this package does without: it takes no context,
// leaves a goroutine behind for each login, and makes text of the KDC's error codes.

const (
	// kdcPatience is how long a KDC has before the next one is asked beside it.
	kdcPatience = time.Second

	// kdcTimeout bounds one question to one KDC.
	kdcTimeout = 10 * time.Second

	// udpPatience is how long an answer by UDP takes before the question is repeated.
	udpPatience = 2 * time.Second

	// maxUDPRequest bounds what is asked by UDP: MIT Kerberos' HARD_UDP_LIMIT.
	maxUDPRequest = 32700

	// maxKDCReply bounds a reply. Tickets of users in many groups take some 64 KiB.
	maxKDCReply = 1 << 20

	// maxReferrals bounds the realms on the way to a service.
	maxReferrals = 8

	// maxKDCs bounds the KDCs of a realm that are asked.
	maxKDCs = 16
)

// kdc asks the key distribution centers of krb5.conf for tickets.
type kdc struct {
	conf     *krb5Conf
	resolver resolver
	now      func() time.Time
	// answered has for each realm the kdcAddr that has answered last, which is asked first.
	answered *sync.Map
}

// unreachableError tells that no KDC could be asked, which may pass.
type unreachableError struct {
	realm string
	cause error
}

// Error names the realm and why each KDC could not be asked.
func (e *unreachableError) Error() string {
	return fmt.Sprintf("no KDC of realm %s could be asked: %v", shown.Text(e.realm), e.cause)
}

// Unwrap returns what happened on the way to the KDCs.
func (e *unreachableError) Unwrap() error { return e.cause }

// An unknownServiceError tells that a KDC does not know a service: it may have another name, or be in another realm.
type unknownServiceError struct{ err error }

// Error names the service.
func (e *unknownServiceError) Error() string { return e.err.Error() }

// Unwrap returns what the KDC said.
func (e *unknownServiceError) Unwrap() error { return e.err }

// login gets a ticket-granting ticket for a client: the AS exchange (RFC 4120, section 3.1).
func (k *kdc) login(ctx context.Context, client principal, keys keySource) (*ticket, error) {
	etypes := keys.etypes(k.conf.ticketEtypes)
	req, err := messages.NewASReqForTGT(client.realm, k.conf.request(client.realm), client.name)
	if err != nil {
		return nil, err
	}
	req.ReqBody.EType = etypes
	reply, err := k.ask(ctx, client.realm, &req)
	if refusal, ok := errors.AsType[messages.KRBError](err); ok && refusal.ErrorCode == errorcode.KDC_ERR_PREAUTH_REQUIRED {
		proof, proofErr := preAuthentication(ctx, refusal, etypes, keys, k.proofTime(refusal))
		if proofErr != nil {
			return nil, proofErr
		}
		req.PAData = append(req.PAData, proof)
		reply, err = k.ask(ctx, client.realm, &req)
	}
	if err != nil {
		return nil, k.explain(err, client, principal{grantingPrincipal(client.realm), client.realm}, keys)
	}

	var rep messages.ASRep
	if guard.Decode(func() error { return rep.Unmarshal(reply) }) != nil {
		return nil, fmt.Errorf("the reply of the KDC of realm %s is malformed", shown.Text(client.realm))
	}
	key, err := keys.key(ctx, saltOf(rep.PAData, rep.EncPart.EType), rep.EncPart.KVNO)
	if err != nil {
		return nil, err
	}
	plain, err := decrypt(rep.EncPart, key, keyusage.AS_REP_ENCPART)
	if err != nil {
		// Without pre-authentication it is here that a wrong password shows.
		return nil, fmt.Errorf("the reply of the KDC of realm %s cannot be decrypted: %s is wrong", shown.Text(client.realm), keys)
	}
	if !k.conf.canonicalize(client.realm) && (!rep.CName.Equal(client.name) || rep.CRealm != client.realm) {
		return nil, fmt.Errorf("the KDC of realm %s gave a ticket for another client than %s", shown.Text(client.realm), client)
	}
	t, err := newTicket(principal{rep.CName, rep.CRealm}, &rep.KDCRepFields, plain, &req.ReqBody)
	if err != nil {
		return nil, err
	}
	if k.conf.timesync && !t.began.IsZero() {
		t.ahead = k.now().Sub(t.began)
	}
	if realm, ok := t.grants(); !ok || realm != client.realm {
		return nil, fmt.Errorf("the KDC of realm %s gave a ticket that gets no others", shown.Text(client.realm))
	}
	return t, nil
}

// preAuthentication makes the proof that the client knows its key, which is the time,
// encrypted (RFC 4120, section 5.2.7.2). The key is of the first kind that the KDC names and
// the client has.
func preAuthentication(ctx context.Context, refusal messages.KRBError, etypes []int32, keys keySource, now time.Time) (types.PAData, error) {
	var hints types.PADataSequence
	if guard.Decode(func() error { return hints.Unmarshal(refusal.EData) }) != nil {
		return types.PAData{}, errors.New("the KDC wants pre-authentication of a kind that cannot be read")
	}
	err := errors.New("the KDC takes no key of an encryption type that krb5.conf allows")
	for _, entry := range etypeInfo(hints) {
		if !slices.Contains(etypes, entry.EType) {
			continue
		}
		var key types.EncryptionKey
		if key, err = keys.key(ctx, entry, 0); err == nil {
			return encryptedTime(key, now)
		}
	}
	return types.PAData{}, err
}

// proofTime returns the time of a proof: the KDC's, which it sends with its request for a proof, where krb5.conf allows that. No
// more depends on what nobody has signed.
func (k *kdc) proofTime(request messages.KRBError) time.Time {
	if k.conf.timesync && !request.STime.IsZero() {
		return request.STime
	}
	return k.now()
}

func encryptedTime(key types.EncryptionKey, now time.Time) (types.PAData, error) {
	now = now.UTC()
	plain, err := asn1.Marshal(types.PAEncTSEnc{PATimestamp: now, PAUSec: now.Nanosecond() / 1000})
	if err != nil {
		return types.PAData{}, err
	}
	data, err := crypto.GetEncryptedData(plain, key, keyusage.AS_REQ_PA_ENC_TIMESTAMP, 0)
	if err != nil {
		return types.PAData{}, err
	}
	value, err := data.Marshal()
	return types.PAData{PADataType: patype.PA_ENC_TIMESTAMP, PADataValue: value}, err
}

// etypeInfo returns what a KDC says of the client's keys: their types, and the salts of
// passwords (PA-ETYPE-INFO2, RFC 4120, section 5.2.7.5).
func etypeInfo(data types.PADataSequence) types.ETypeInfo2 {
	for _, d := range data {
		if d.PADataType != patype.PA_ETYPE_INFO2 {
			continue
		}
		var info types.ETypeInfo2
		if guard.Decode(func() error { return info.Unmarshal(d.PADataValue) }) == nil {
			return info
		}
	}
	return nil
}

// saltOf returns what a reply says of the client's keys of a type.
func saltOf(data types.PADataSequence, etype int32) types.ETypeInfo2Entry {
	for _, entry := range etypeInfo(data) {
		if entry.EType == etype {
			return entry
		}
	}
	return types.ETypeInfo2Entry{EType: etype}
}

// serviceTicket gets a ticket for a service by a ticket-granting one: the TGS exchange
// (RFC 4120, section 3.3), in each realm on the way to the service's.
func (k *kdc) serviceTicket(ctx context.Context, tgt *ticket, realm string, service types.PrincipalName) (*ticket, error) {
	// Only keys of these types make the messages of RFC 4121, and the KDC heeds that.
	etypes := slices.DeleteFunc(slices.Clone(k.conf.serviceEtypes), func(etype int32) bool { return !isMessageEtype(etype) })
	if len(etypes) == 0 {
		return nil, errors.New("krb5.conf allows no encryption type of AES, and GSSAPI takes one of these")
	}

	asked := tgt.client.realm
	path := k.conf.way(asked, realm)
	for range maxReferrals {
		var t *ticket
		var err error
		if asked == realm {
			t, err = k.grant(ctx, etypes, tgt, asked, service, true)
			if err == nil && !isGranting(t.service) && !t.service.Equal(service) && !k.conf.canonicalize(asked) {
				// Old KDCs of Active Directory take the leave to refer for one to rename.
				t, err = k.grant(ctx, etypes, tgt, asked, service, false)
			}
		} else {
			// The realm itself, or else the one that is nearest to it on the way.
			if !slices.Contains(path, asked) {
				path = k.conf.way(asked, realm)
			}
			left := path[slices.Index(path, asked)+1:]
			for _, next := range slices.Backward(left) {
				t, err = k.grant(ctx, etypes, tgt, asked, grantingPrincipal(next), false)
				if _, unknown := errors.AsType[*unknownServiceError](err); !unknown {
					break
				}
			}
		}
		if err != nil {
			return nil, err
		}
		if next, ok := t.grants(); ok {
			// What was asked for, or a referral to a realm that is nearer (RFC 6806, section 8),
			// which may be the one where the service is.
			if asked == realm {
				realm = next
			}
			tgt, asked = t, next
			continue
		}
		if !k.conf.canonicalize(asked) && !t.service.Equal(service) {
			return nil, fmt.Errorf("the KDC of realm %s gave a ticket for another service than %s", shown.Text(asked), shown.Text(service.PrincipalNameString()))
		}
		if err := checkMessageKey(t.key); err != nil {
			return nil, fmt.Errorf("the ticket for %s is of no use: %w", shown.Text(service.PrincipalNameString()), err)
		}
		return t, nil
	}
	return nil, fmt.Errorf("the way to the realm of %s takes more than %d steps", shown.Text(service.PrincipalNameString()), maxReferrals)
}

// grant asks a realm's KDC for one ticket. It may refer to another realm where the request says so.
func (k *kdc) grant(ctx context.Context, etypes []int32, tgt *ticket, realm string, service types.PrincipalName, refer bool) (*ticket, error) {
	req, err := messages.NewTGSReq(tgt.client.name, realm, k.conf.request(realm), tgt.ticket, tgt.key, service, false)
	if err != nil {
		return nil, err
	}
	req.ReqBody.EType = etypes
	if refer {
		types.SetFlag(&req.ReqBody.KDCOptions, flags.Canonicalize)
	}
	if req.PAData, err = presentation(tgt, &req.ReqBody, k.now()); err != nil {
		return nil, err
	}
	reply, err := k.ask(ctx, realm, &req)
	if refusal, ok := errors.AsType[messages.KRBError](err); ok && refusal.ErrorCode == errorcode.KRB_AP_ERR_SKEW && tgt.ahead != 0 {
		// Somebody may have put the clock right after the ticket came.
		tgt.ahead = 0
		return k.grant(ctx, etypes, tgt, realm, service, refer)
	}
	if err != nil {
		return nil, k.explain(err, tgt.client, principal{service, realm}, nil)
	}
	var rep messages.TGSRep
	if guard.Decode(func() error { return rep.Unmarshal(reply) }) != nil {
		return nil, fmt.Errorf("the reply of the KDC of realm %s is malformed", shown.Text(realm))
	}
	plain, err := decrypt(rep.EncPart, tgt.key, keyusage.TGS_REP_ENCPART_SESSION_KEY)
	if err != nil {
		return nil, fmt.Errorf("the reply of the KDC of realm %s cannot be decrypted: %w", shown.Text(realm), shown.Error(err))
	}
	t, err := newTicket(tgt.client, &rep.KDCRepFields, plain, &req.ReqBody)
	if err != nil {
		return nil, err
	}
	t.ahead = tgt.ahead
	return t, nil
}

// presentation presents a ticket-granting ticket with a request (RFC 4120, section 5.4.1).
// gokrb5 has made one too, in which it takes the realm that the ticket comes from for the
// client's. From the second realm on the way to a service on, it is not.
func presentation(tgt *ticket, body *messages.KDCReqBody, now time.Time) (types.PADataSequence, error) {
	etype, err := crypto.GetEtype(tgt.key.KeyType)
	if err != nil {
		return nil, err
	}
	request, err := body.Marshal()
	if err != nil {
		return nil, err
	}
	sum, err := etype.GetChecksumHash(tgt.key.KeyValue, request, keyusage.TGS_REQ_PA_TGS_REQ_AP_REQ_AUTHENTICATOR_CHKSUM)
	if err != nil {
		return nil, err
	}
	auth, err := tgt.authenticator(now)
	if err != nil {
		return nil, err
	}
	auth.Cksum = types.Checksum{CksumType: etype.GetHashID(), Checksum: sum}
	req, err := messages.NewAPReq(tgt.ticket, tgt.key, auth)
	if err != nil {
		return nil, err
	}
	value, err := req.Marshal()
	return types.PADataSequence{{PADataType: patype.PA_TGS_REQ, PADataValue: value}}, err
}

// ask sends a request to the KDCs of a realm until one answers. One that does not answer keeps nobody for long: the next one
// is asked beside it. The error is a messages.KRBError when the answer is one.
func (k *kdc) ask(ctx context.Context, realm string, request interface{ Marshal() ([]byte, error) }) ([]byte, error) {
	message, err := request.Marshal()
	if err != nil {
		return nil, err
	}
	addrs, err := k.addrs(ctx, realm)
	if err != nil {
		return nil, &staleError{err}
	}
	if len(message) > maxUDPRequest {
		addrs = slices.DeleteFunc(addrs, func(a kdcAddr) bool { return a.network == "udp" })
		if len(addrs) == 0 {
			return nil, fmt.Errorf("the KDCs of realm %s are asked by UDP alone, and none takes a message of %d bytes", shown.Text(realm), len(message))
		}
	}
	if last, ok := k.answered.Load(realm); ok {
		slices.SortStableFunc(addrs, func(a, b kdcAddr) int {
			switch {
			case a == b:
				return 0
			case a == last:
				return -1
			case b == last:
				return 1
			}
			return 0
		})
	}
	type answer struct {
		from  kdcAddr
		reply []byte
		err   error
	}
	asking, cancel := context.WithCancel(ctx)
	answers := make(chan answer, len(addrs))
	var asked sync.WaitGroup
	defer asked.Wait()
	defer cancel()
	var errs []error
	patience := time.NewTimer(0)
	defer patience.Stop()
	for running := 0; running > 0 || len(addrs) > 0 && ctx.Err() == nil; {
		next := patience.C
		if len(addrs) == 0 || ctx.Err() != nil {
			next = nil
		}
		select {
		case <-next:
			a := addrs[0]
			addrs = addrs[1:]
			running++
			asked.Go(func() {
				reply, err := roundTrip(asking, a, message)
				answers <- answer{a, reply, err}
			})
			patience.Reset(kdcPatience)
		case got := <-answers:
			running--
			if got.err == nil {
				refusal, refused := parseRefusal(got.reply)
				if !refused {
					k.answered.Store(realm, got.from)
					return got.reply, nil
				}
				if refusal.ErrorCode != errorcode.KDC_ERR_SVC_UNAVAILABLE && refusal.ErrorCode != errorcode.KRB_ERR_RESPONSE_TOO_BIG {
					k.answered.Store(realm, got.from)
					return nil, refusal
				}
				got.err = fmt.Errorf("%s: %s", shown.Line(got.from.addr), errorcode.Lookup(refusal.ErrorCode))
			}
			errs = append(errs, shown.Error(got.err))
			patience.Reset(0)
		}
	}
	if len(errs) == 0 {
		errs = append(errs, context.Cause(ctx))
	}
	return nil, &unreachableError{realm, errors.Join(errs...)}
}

// parseRefusal reports whether a KDC's reply is KRB_ERROR.
func parseRefusal(reply []byte) (refusal messages.KRBError, ok bool) {
	err := guard.Decode(func() error { return refusal.Unmarshal(reply) })
	return refusal, err == nil
}

// addrs returns the addresses of a realm's KDCs, in the order in which to ask them: those of krb5.conf, else those of the DNS
// (RFC 4120, section 7.2.3). Where both networks are possible TCP comes first, because its answers have any length, and UDP
// after all others.
func (k *kdc) addrs(ctx context.Context, realm string) ([]kdcAddr, error) {
	named, err := k.conf.kdcs(realm)
	if err != nil {
		return nil, err
	}
	if len(named) == 0 {
		if named, err = k.lookUp(ctx, realm); err != nil {
			return nil, err
		}
	}
	named = named[:min(len(named), maxKDCs)]
	var first, second []kdcAddr
	for _, a := range named {
		if a.network == "" {
			a.network = "tcp"
			second = append(second, kdcAddr{"udp", a.addr})
		}
		first = append(first, a)
	}
	return append(first, second...), nil
}

// lookUp asks the DNS for a realm's KDCs.
func (k *kdc) lookUp(ctx context.Context, realm string) (addrs []kdcAddr, err error) {
	if !k.conf.dnsLookupKDC {
		return nil, fmt.Errorf("krb5.conf names no KDC of realm %s, and forbids to ask the DNS", shown.Text(realm))
	}
	var failed error
	for _, network := range []string{"tcp", "udp"} {
		_, records, err := k.resolver.LookupSRV(ctx, "kerberos", network, realm)
		if dnsErr, ok := errors.AsType[*net.DNSError](err); err != nil && (!ok || !dnsErr.IsNotFound) {
			failed = &unreachableError{realm, shown.Error(err)}
		}
		for _, r := range records {
			// The target "." says that there is none.
			if target := strings.TrimSuffix(r.Target, "."); target != "" {
				addrs = append(addrs, kdcAddr{network, net.JoinHostPort(target, strconv.Itoa(int(r.Port)))})
			}
		}
	}
	switch {
	case len(addrs) > 0:
		return addrs, nil
	case failed != nil:
		return nil, failed
	}
	return nil, fmt.Errorf("neither krb5.conf nor the DNS names a KDC of realm %s", shown.Text(realm))
}

// roundTrip sends a message to a KDC and returns its answer.
func roundTrip(ctx context.Context, at kdcAddr, message []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, kdcTimeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, at.network, at.addr)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	if at.network == "udp" {
		return askUDP(ctx, conn, at.addr, message)
	}
	return askTCP(conn, at.addr, message)
}

// askTCP asks over a connection, on which both messages have their length before them (RFC 4120, section 7.2.2).
func askTCP(conn net.Conn, addr string, message []byte) ([]byte, error) {
	if _, err := conn.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(message))), message...)); err != nil {
		return nil, err
	}
	var prefix [4]byte
	if _, err := io.ReadFull(conn, prefix[:]); err != nil {
		return nil, fmt.Errorf("%s: no answer: %w", addr, err)
	}
	length := binary.BigEndian.Uint32(prefix[:])
	if length > maxKDCReply {
		return nil, fmt.Errorf("%s: an answer of %d bytes, which is no KDC's", addr, length)
	}
	reply := make([]byte, length)
	if _, err := io.ReadFull(conn, reply); err != nil {
		return nil, fmt.Errorf("%s: half an answer: %w", addr, err)
	}
	return reply, nil
}

// askUDP asks with a datagram, again and again until there is an answer or ctx ends.
func askUDP(ctx context.Context, conn net.Conn, addr string, message []byte) ([]byte, error) {
	reply := make([]byte, 1<<16)
	for {
		// Before ctx is looked at: its end sets another deadline.
		if err := conn.SetDeadline(time.Now().Add(udpPatience)); err != nil {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%s: no answer by UDP: %w", addr, ctx.Err())
		}
		if _, err := conn.Write(message); err != nil {
			return nil, fmt.Errorf("%s: no answer by UDP: %w", addr, err)
		}
		n, err := conn.Read(reply)
		if err == nil {
			return reply[:n], nil
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, fmt.Errorf("%s: no answer by UDP: %w", addr, err)
		}
	}
}

// explain says what a KDC's refusal means to the user. keys are those with which the client
// asked, nil where it was by a ticket.
func (k *kdc) explain(err error, client, service principal, keys keySource) error {
	refusal, ok := errors.AsType[messages.KRBError](err)
	if !ok {
		return err
	}
	var what string
	switch refusal.ErrorCode {
	case errorcode.KDC_ERR_PREAUTH_FAILED, errorcode.KRB_AP_ERR_BAD_INTEGRITY:
		what = fmt.Sprintf("the KDC cannot read the ticket of %s", client)
		if keys != nil {
			what = fmt.Sprintf("%s is wrong", keys)
		}
	case errorcode.KDC_ERR_C_PRINCIPAL_UNKNOWN:
		what = fmt.Sprintf("the KDC does not know %s", client)
	case errorcode.KDC_ERR_S_PRINCIPAL_UNKNOWN:
		return &unknownServiceError{fmt.Errorf("the KDC does not know the service %s: %s", service, errorcode.Lookup(refusal.ErrorCode))}
	case errorcode.KDC_ERR_CLIENT_REVOKED, errorcode.KDC_ERR_KEY_EXPIRED, errorcode.KDC_ERR_NAME_EXP:
		what = fmt.Sprintf("%s is locked, or the password has expired", client)
	case errorcode.KDC_ERR_ETYPE_NOSUPP:
		what = fmt.Sprintf("the KDC has no encryption type in common with krb5.conf and this client, for %s and %s", client, service)
	case errorcode.KRB_AP_ERR_TKT_EXPIRED:
		what = fmt.Sprintf("the ticket of %s has expired", client)
	case errorcode.KRB_AP_ERR_SKEW:
		what = fmt.Sprintf("the clocks of this machine (%s) and of the KDC (%s) are too far apart", k.now().UTC().Format(time.RFC3339), refusal.STime.UTC().Format(time.RFC3339))
	default:
		what = fmt.Sprintf("the KDC refuses a ticket for %s to %s", service, client)
	}
	return fmt.Errorf("%s: %s", what, errorcode.Lookup(refusal.ErrorCode))
}

// decrypt decrypts what a peer has sent.
func decrypt(data types.EncryptedData, key types.EncryptionKey, usage uint32) ([]byte, error) {
	if data.EType != key.KeyType {
		return nil, fmt.Errorf("it is encrypted with a key of type %d, and the key has type %d", data.EType, key.KeyType)
	}
	etype, err := crypto.GetEtype(key.KeyType)
	if err != nil {
		return nil, err
	}
	if len(data.Cipher) < etype.GetConfounderByteSize()+etype.GetHMACBitLength()/8 {
		// The length that gokrb5 takes for granted.
		return nil, errors.New("it is too short")
	}
	var plain []byte
	err = guard.Decode(func() (err error) {
		plain, err = crypto.DecryptEncPart(data, key, usage)
		return err
	})
	return plain, err
}
