package sasl

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jcmturner/gokrb5/v8/credentials"
	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/types"
)

// A keySource has the long-term keys of a client.
type keySource interface {
	// String says what it is to the user, for an error that goes on with "is wrong".
	String() string
	// etypes returns the allowed encryption types, those first for which there is a key. The
	// others are for the session's key, which the KDC chooses of the same list.
	etypes(allowed []int32) []int32
	// key returns the key of a type and of a version, or of the latest when kvno is 0. The
	// rest of the entry says how a password becomes the key.
	key(info types.ETypeInfo2Entry, kvno int) (types.EncryptionKey, error)
}

// passwordKeys makes keys of a password.
type passwordKeys struct {
	client   principal
	password Secret
}

func (p *passwordKeys) String() string { return "the password of " + p.client.String() }

func (p *passwordKeys) etypes(allowed []int32) []int32 { return allowed }

// maxIterations bounds the work that a KDC can ask for, to the most that MIT Kerberos does.
const maxIterations = 1 << 24

func (p *passwordKeys) key(info types.ETypeInfo2Entry, _ int) (types.EncryptionKey, error) {
	etype, err := crypto.GetEtype(info.EType)
	if err != nil {
		return types.EncryptionKey{}, fmt.Errorf("the KDC wants a key of type %d, which is not supported", info.EType)
	}
	salt := info.Salt
	if salt == "" {
		salt = p.client.name.GetSalt(p.client.realm)
	}
	params := etype.GetDefaultStringToKeyParams()
	if len(info.S2KParams) == 4 {
		// The number of iterations, in all types that have parameters (RFC 3962, RFC 8009).
		if n := binary.BigEndian.Uint32(info.S2KParams); n == 0 || n > maxIterations {
			return types.EncryptionKey{}, errors.New("the KDC wants a key that takes too long to make of a password")
		}
		params = hex.EncodeToString(info.S2KParams)
	}
	value, err := etype.StringToKey(p.password.Reveal(), salt, params)
	if err != nil {
		return types.EncryptionKey{}, fmt.Errorf("%s makes no key of type %d", p, info.EType)
	}
	return types.EncryptionKey{KeyType: info.EType, KeyValue: value}, nil
}

// keytabKeys are a client's keys out of a keytab.
type keytabKeys struct {
	client principal
	file   string
	keys   []keytabKey
}

type keytabKey struct {
	key  types.EncryptionKey
	kvno int
}

// openKeytab reads the keys of a client. What gokrb5 says of a malformed keytab contains
// the keytab and goes no further.
func openKeytab(file string, client principal) (*keytabKeys, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("the keytab: %w", err)
	}
	var kt keytab.Keytab
	if decode(func() error { return kt.Unmarshal(content) }) != nil {
		return nil, fmt.Errorf("%s is not a keytab, or is damaged", file)
	}
	k := &keytabKeys{client: client, file: file}
	for _, e := range kt.Entries {
		if e.Principal.Realm == client.realm && slices.Equal(e.Principal.Components, client.name.NameString) {
			if checkKey(e.Key) == nil {
				k.keys = append(k.keys, keytabKey{e.Key, int(e.KVNO)})
			}
		}
	}
	if len(k.keys) == 0 {
		return nil, fmt.Errorf("the keytab %s has no key of %s", file, client)
	}
	return k, nil
}

func (k *keytabKeys) String() string {
	return "the key of " + k.client.String() + " in the keytab " + k.file
}

func (k *keytabKeys) etypes(allowed []int32) []int32 {
	var held, others []int32
	for _, etype := range allowed {
		if slices.ContainsFunc(k.keys, func(e keytabKey) bool { return e.key.KeyType == etype }) {
			held = append(held, etype)
		} else {
			others = append(others, etype)
		}
	}
	return append(held, others...)
}

func (k *keytabKeys) key(info types.ETypeInfo2Entry, kvno int) (types.EncryptionKey, error) {
	var latest *keytabKey
	for i := range k.keys {
		e := &k.keys[i]
		if e.key.KeyType != info.EType || kvno != 0 && e.kvno != kvno {
			continue
		}
		if latest == nil || e.kvno > latest.kvno {
			latest = e
		}
	}
	if latest == nil {
		return types.EncryptionKey{}, fmt.Errorf("the keytab %s has no key of %s of type %d and version %d", k.file, k.client, info.EType, kvno)
	}
	return latest.key, nil
}

// A cache is what a credential cache holds.
type cache struct {
	file    string
	client  principal
	entries []*credentials.Credential
}

func openCache(file string) (*cache, error) {
	content, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the credential cache %s is not there: run kinit, or configure a password or a keytab", file)
	}
	if err != nil {
		return nil, fmt.Errorf("the credential cache: %w", err)
	}
	var cc credentials.CCache
	// gokrb5 finds a file's end when it meets the end of the slice's capacity.
	if decode(func() error { return cc.Unmarshal(slices.Clip(content)) }) != nil {
		return nil, fmt.Errorf("%s is not a credential cache, or is damaged", file)
	}
	return &cache{
		file:    file,
		client:  principal{cc.DefaultPrincipal.PrincipalName, cc.DefaultPrincipal.Realm},
		entries: cc.GetEntries(),
	}, nil
}

// find returns the ticket for a service of a realm; nil when there is none.
func (c *cache) find(service types.PrincipalName, realm string) *ticket {
	for _, e := range c.entries {
		if !e.Server.PrincipalName.Equal(service) || e.Server.Realm != realm {
			continue
		}
		t := &ticket{client: c.client, service: service, key: e.Key, end: e.EndTime}
		if decode(func() error { return t.ticket.Unmarshal(e.Ticket) }) == nil && len(t.ticket.SName.NameString) > 0 && checkKey(t.key) == nil {
			return t
		}
	}
	return nil
}

// grantingTicket returns the ticket that kinit has put there.
func (c *cache) grantingTicket(now time.Time) (*ticket, error) {
	t := c.find(grantingPrincipal(c.client.realm), c.client.realm)
	if t == nil {
		return nil, fmt.Errorf("the credential cache %s has no ticket-granting ticket that can be used: run kinit", c.file)
	}
	if !t.holds(now) {
		return nil, fmt.Errorf("the ticket of %s in the credential cache %s has expired at %s: run kinit", c.client, c.file, t.end.Format(time.RFC3339))
	}
	return t, nil
}

// cacheFile returns the path of a credential cache that is named as in KRB5CCNAME. When it
// is not named it is where kinit puts it.
func cacheFile(name string) (string, error) {
	if name == "" {
		name = os.Getenv("KRB5CCNAME")
	}
	if name == "" {
		return fmt.Sprintf("/tmp/krb5cc_%d", os.Getuid()), nil
	}
	kind, path, found := strings.Cut(name, ":")
	if !found || strings.Contains(kind, "/") {
		return name, nil
	}
	if kind != "FILE" {
		return "", fmt.Errorf("the credential cache %s is of a kind that cannot be read: it has to be a file", name)
	}
	return path, nil
}
