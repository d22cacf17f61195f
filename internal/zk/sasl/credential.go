package sasl

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/types"

	"terraform-provider-zookeeper/internal/zk/guard"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// A keySource has the long-term keys of a client.
type keySource interface {
	// String says what it is to the user, for an error that goes on with "is wrong".
	String() string
	// etypes returns the allowed encryption types, those first for which there is a key. The
	// others are for the session's key, which the KDC chooses of the same list.
	etypes(allowed []int32) []int32
	// key returns the key of a type and of a version, or of the latest when kvno is 0. The
	// rest of the entry says how a password becomes the key, which takes until ctx ends at
	// most.
	key(ctx context.Context, info types.ETypeInfo2Entry, kvno int) (types.EncryptionKey, error)
}

// passwordKeys makes keys of a password.
type passwordKeys struct {
	client   principal
	password Secret
}

func (p *passwordKeys) String() string { return "the password of " + p.client.String() }

func (p *passwordKeys) etypes(allowed []int32) []int32 { return allowed }

func (p *passwordKeys) key(ctx context.Context, info types.ETypeInfo2Entry, _ int) (types.EncryptionKey, error) {
	salt := info.Salt
	if salt == "" {
		salt = p.client.name.GetSalt(p.client.realm)
	}
	return stringToKey(ctx, info.EType, p.password.Reveal(), salt, info.S2KParams)
}

// keytabKeys are a client's keys out of a keytab.
type keytabKeys struct {
	client principal
	file   string // as an error shows it
	keys   []keytabKey
}

type keytabKey struct {
	key  types.EncryptionKey
	kvno int
}

// openKeytab reads the keys of a client. What gokrb5 says of a malformed keytab contains
// the keytab and goes no further.
func openKeytab(ctx context.Context, file string, client principal) (*keytabKeys, error) {
	content, err := guard.ReadFile(ctx, file, guard.MaxKeytab)
	if err != nil {
		return nil, fmt.Errorf("the keytab: %w", err)
	}
	// There is a file of this name: it has been read.
	k := &keytabKeys{client: client, file: shown.Text(file)}
	if k.keys, err = parseKeytab(content, client); err != nil {
		return nil, fmt.Errorf("%s is not a keytab, or is damaged", k.file)
	}
	if len(k.keys) == 0 {
		return nil, fmt.Errorf("the keytab %s has no key of %s", k.file, client)
	}
	return k, nil
}

// parseKeytab returns the keys of a client in a keytab.
func parseKeytab(content []byte, client principal) (keys []keytabKey, err error) {
	var kt keytab.Keytab
	if err := guard.Decode(func() error { return kt.Unmarshal(content) }); err != nil {
		return nil, err
	}
	for _, e := range kt.Entries {
		if e.Principal.Realm == client.realm && slices.Equal(e.Principal.Components, client.name.NameString) && checkKey(e.Key) == nil {
			keys = append(keys, keytabKey{e.Key, int(e.KVNO)})
		}
	}
	return keys, nil
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

func (k *keytabKeys) key(_ context.Context, info types.ETypeInfo2Entry, kvno int) (types.EncryptionKey, error) {
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
	what    string // the cache, as an error names it
	client  principal
	entries []cacheEntry
}

// openCache reads a credential cache, until ctx ends.
func openCache(ctx context.Context, place cachePlace) (*cache, error) {
	content, err := guard.ReadFile(ctx, place.file, guard.MaxCredentialCache)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, shown.As(err, place.what+" is not there: run kinit, or configure a password or a keytab")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", place.what, err)
	}
	// There is a file of this name: it has been read.
	c := &cache{what: "the credential cache " + shown.Text(place.file)}
	if c.client, c.entries, err = parseCache(content); err != nil {
		return nil, fmt.Errorf("%s is none, or is damaged", c.what)
	}
	return c, nil
}

// find returns the ticket for a service of a realm; nil when there is none.
func (c *cache) find(service types.PrincipalName, realm string) *ticket {
	for _, e := range c.entries {
		if !e.server.name.Equal(service) || e.server.realm != realm {
			continue
		}
		t := &ticket{client: c.client, service: service, key: e.key, end: e.end}
		if guard.Decode(func() error { return t.ticket.Unmarshal(e.ticket) }) == nil && len(t.ticket.SName.NameString) > 0 && checkKey(t.key) == nil {
			return t
		}
	}
	return nil
}

// grantingTicket returns the ticket that kinit has put there.
func (c *cache) grantingTicket(now time.Time) (*ticket, error) {
	t := c.find(grantingPrincipal(c.client.realm), c.client.realm)
	if t == nil {
		return nil, fmt.Errorf("%s has no ticket-granting ticket that can be used: run kinit", c.what)
	}
	if !t.holds(now) {
		return nil, fmt.Errorf("the ticket of %s in %s has expired at %s: run kinit", c.client, c.what, t.end.Format(time.RFC3339))
	}
	return t, nil
}

// A cachePlace is where a credential cache is, or should be.
type cachePlace struct {
	file string
	// what names the cache in an error, without what the user has given for its name.
	what string
}

// placeOfCache returns where the credential cache is that is named as in KRB5CCNAME. When it
// is not named it is where kinit puts it.
func placeOfCache(name string) (cachePlace, error) {
	what := "the credential cache"
	if name == "" {
		name, what = os.Getenv("KRB5CCNAME"), "the credential cache that KRB5CCNAME names"
	}
	if name == "" {
		usual := fmt.Sprintf("/tmp/krb5cc_%d", os.Getuid())
		return cachePlace{usual, "the credential cache " + usual}, nil
	}
	kind, file, found := strings.Cut(name, ":")
	switch {
	case found && kind == "FILE":
		return cachePlace{file, what}, nil
	case found && slices.Contains(otherCaches, kind):
		return cachePlace{}, fmt.Errorf("%s is of the kind %s, which cannot be read: it has to be a file", what, kind)
	default:
		return cachePlace{name, what}, nil
	}
}

// otherCaches are the kinds of credential caches that are no files.
var otherCaches = []string{"API", "DIR", "KCM", "KEYRING", "MEMORY", "MSLSA", "SCC"}
