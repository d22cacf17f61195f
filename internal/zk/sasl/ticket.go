package sasl

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"

	"terraform-provider-zookeeper/internal/zk/guard"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// A principal is a name in a realm.
type principal struct {
	name  types.PrincipalName
	realm string
}

// id returns what an ACL has for the principal.
func (p principal) id() string { return p.name.PrincipalNameString() + "@" + p.realm }

// String returns the principal as an error shows it: it may come from a KDC.
func (p principal) String() string { return shown.Text(p.id()) }

// splitPrincipal splits "name@REALM"; without a realm it is empty.
func splitPrincipal(s string) (name, realm string) {
	if at := strings.LastIndexByte(s, '@'); at >= 0 {
		return s[:at], s[at+1:]
	}
	return s, ""
}

func userPrincipal(name, realm string) principal {
	return principal{types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, name), realm}
}

// servicePrincipal returns the name of a service on a host: "zookeeper/zk1.example.com".
func servicePrincipal(service, host string) types.PrincipalName {
	return types.PrincipalName{NameType: nametype.KRB_NT_SRV_HST, NameString: []string{service, host}}
}

// grantingService is the name of the first part of every TGT's service.
const grantingService = "krbtgt"

// grantingPrincipal returns the name of the service that grants tickets for a realm.
func grantingPrincipal(realm string) types.PrincipalName {
	return types.PrincipalName{NameType: nametype.KRB_NT_SRV_INST, NameString: []string{grantingService, realm}}
}

// A ticket is one with what its owner has to know to use it.
type ticket struct {
	client  principal
	service types.PrincipalName
	ticket  messages.Ticket
	key     types.EncryptionKey // of the session between client and service
	began   time.Time           // when its owner has proved who it is
	end     time.Time
	// ahead is how far this machine's clock is ahead of the KDC's.
	ahead time.Duration
	// zero is the time that this machine's clock had when its uptime began, as it was set when the ticket was asked for.
	zero time.Time
}

// newTicket makes a ticket of a KDC's reply and its decrypted part, after the checks of
// RFC 4120, section 3.1.5.
func newTicket(client principal, rep *messages.KDCRepFields, plain []byte, req *messages.KDCReqBody) (*ticket, error) {
	var part messages.EncKDCRepPart
	if guard.Decode(func() error { return part.Unmarshal(plain) }) != nil {
		return nil, fmt.Errorf("the reply of the KDC of realm %s is malformed", shown.Text(req.Realm))
	}
	if part.Nonce != req.Nonce {
		return nil, fmt.Errorf("the reply of the KDC of realm %s answers another request", shown.Text(req.Realm))
	}
	if len(part.SName.NameString) == 0 || !part.SName.Equal(rep.Ticket.SName) || part.SRealm != req.Realm {
		return nil, fmt.Errorf("the KDC of realm %s gave a ticket that is not for the service that it names, or of another realm", shown.Text(req.Realm))
	}
	if err := checkKey(part.Key); err != nil {
		return nil, fmt.Errorf("the KDC of realm %s gave a ticket that is of no use: %w", shown.Text(req.Realm), err)
	}
	return &ticket{client: client, service: part.SName, ticket: rep.Ticket, key: part.Key, began: part.AuthTime, end: part.EndTime}, nil
}

// holds reports whether the ticket is valid at a time of this machine's clock.
func (t *ticket) holds(at time.Time) bool { return at.Add(-t.ahead).Before(t.end) }

// authenticator returns what goes with the ticket when it is presented at a time of this machine's clock.
func (t *ticket) authenticator(now time.Time) (types.Authenticator, error) {
	auth, err := types.NewAuthenticator(t.client.realm, t.client.name)
	now = now.Add(-t.ahead).UTC()
	auth.CTime, auth.Cusec = now, now.Nanosecond()/1000
	return auth, err
}

// grants returns the realm for which the ticket gets others; false for another
// kind of ticket.
func (t *ticket) grants() (realm string, ok bool) {
	if isGranting(t.service) {
		return t.service.NameString[1], true
	}
	return "", false
}

// isGranting reports whether a service is one that grants tickets.
func isGranting(service types.PrincipalName) bool {
	return len(service.NameString) == 2 && service.NameString[0] == grantingService
}

// keySizes are the sizes in bytes of the keys that gokrb5 can use. It does not check them.
var keySizes = map[int32]int{
	etypeID.DES3_CBC_SHA1_KD:           24,
	etypeID.AES128_CTS_HMAC_SHA1_96:    16,
	etypeID.AES256_CTS_HMAC_SHA1_96:    32,
	etypeID.AES128_CTS_HMAC_SHA256_128: 16,
	etypeID.AES256_CTS_HMAC_SHA384_192: 32,
	etypeID.RC4_HMAC:                   16,
}

// checkKey reports whether a key can be used.
func checkKey(key types.EncryptionKey) error {
	size, known := keySizes[key.KeyType]
	if !known {
		return fmt.Errorf("its key is of type %d, which is not supported", key.KeyType)
	}
	if len(key.KeyValue) != size {
		return fmt.Errorf("its key of type %d takes %d bytes in place of %d", key.KeyType, len(key.KeyValue), size)
	}
	return nil
}

// isMessageEtype reports whether keys of a type make the messages of RFC 4121. Older types
// have other messages (RFC 1964, RFC 4757), and are retired (RFC 8429).
func isMessageEtype(etype int32) bool {
	switch etype {
	case etypeID.AES128_CTS_HMAC_SHA1_96, etypeID.AES256_CTS_HMAC_SHA1_96,
		etypeID.AES128_CTS_HMAC_SHA256_128, etypeID.AES256_CTS_HMAC_SHA384_192:
		return true
	default:
		return false
	}
}

// checkMessageKey reports whether messages can be made with a key.
func checkMessageKey(key types.EncryptionKey) error {
	if !isMessageEtype(key.KeyType) {
		return errors.New("its key is not one of AES, which GSSAPI takes")
	}
	return checkKey(key)
}
