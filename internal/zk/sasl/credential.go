package sasl

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
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
	of   principal
	key  types.EncryptionKey
	kvno int
}

// openKeytab reads the keys of a client, or of the first principal where the client is nobody, that are of the types that
// krb5.conf permits. What gokrb5 says of a
// malformed keytab contains the keytab and goes no further.
func openKeytab(ctx context.Context, conf *krb5Conf, name string, client principal) (*keytabKeys, error) {
	name, err := keytabFile(name)
	if err != nil {
		return nil, err
	}
	content, err := guard.ReadFile(ctx, name, guard.MaxKeytab)
	if err != nil {
		return nil, fmt.Errorf("the keytab: %w", err)
	}
	// There is a file of this name: it has been read.
	k := &keytabKeys{client: client, file: shown.Text(name)}
	entries, err := parseKeytab(content)
	if err != nil {
		return nil, fmt.Errorf("%s is not a keytab, or is damaged", k.file)
	}
	if len(entries) > 0 && k.client.realm == "" {
		k.client = entries[0].of
	}
	var unsupported, forbidden []string
	for _, e := range entries {
		switch {
		case e.of.id() != k.client.id():
		case checkKey(e.key) != nil:
			unsupported = append(unsupported, etypeName(e.key.KeyType))
		case !slices.Contains(conf.ticketEtypes, e.key.KeyType):
			forbidden = append(forbidden, etypeName(e.key.KeyType))
		default:
			k.keys = append(k.keys, e)
		}
	}
	switch {
	case len(k.keys) > 0:
		return k, nil
	case len(forbidden) > 0:
		return nil, fmt.Errorf("the keytab %s has keys of %s, of types that krb5.conf does not permit: %s; name them in permitted_enctypes, beside DEFAULT", k.file, k.client, strings.Join(slices.Compact(forbidden), ", "))
	case len(unsupported) > 0:
		return nil, fmt.Errorf("the keytab %s has keys of %s, of types that are not supported: %s", k.file, k.client, strings.Join(slices.Compact(unsupported), ", "))
	case len(entries) == 0:
		return nil, fmt.Errorf("the keytab %s has no keys", k.file)
	}
	return nil, fmt.Errorf("the keytab %s has no key of %s", k.file, k.client)
}

// keytabFile returns the file of a keytab that is named as in KRB5_CLIENT_KTNAME.
func keytabFile(name string) (string, error) {
	kind, file, found := strings.Cut(name, ":")
	switch {
	case found && (kind == "FILE" || kind == "WRFILE"):
		return file, nil
	case found && (kind == "MEMORY" || kind == "KDB" || kind == "SRVTAB"):
		return "", fmt.Errorf("the keytab is of the kind %s, and has to be a file", kind)
	}
	return name, nil
}

// etypeName returns the name of an encryption type, and its number.
func etypeName(etype int32) string {
	best := ""
	for name, id := range etypeID.ETypesByName {
		if id == etype && (len(name) > len(best) || len(name) == len(best) && name < best) {
			best = name
		}
	}
	return strings.TrimLeft(fmt.Sprintf("%s (%d)", best, etype), " ")
}

// clientKeytabs are where the keys of whoever runs the program are, where nothing says so: with Debian's MIT Kerberos, and
// with Fedora's.
var clientKeytabs = []string{"/etc/krb5/user/%{euid}/client.keytab", "/var/kerberos/krb5/user/%{euid}/client.keytab"}

// openClientKeytab reads the keys that MIT Kerberos takes where there is no ticket: those of a client, or of the first
// principal where the client is nobody. It returns nil where there is no such keytab, and an error where one is named and
// cannot be used.
func openClientKeytab(ctx context.Context, conf *krb5Conf, client principal) (*keytabKeys, error) {
	name := os.Getenv("KRB5_CLIENT_KTNAME")
	if name == "" {
		var err error
		if name, err = conf.path("default_client_keytab_name"); err != nil {
			return nil, err
		}
	}
	if name != "" {
		return openKeytab(ctx, conf, name, client)
	}
	for _, usual := range clientKeytabs {
		file, _ := expandPath(usual)
		if k, err := openKeytab(ctx, conf, file, client); err == nil {
			return k, nil
		}
	}
	return nil, nil //nolint:nilnil // There is none, and nothing is wrong.
}

// parseKeytab returns the keys in a keytab.
func parseKeytab(content []byte) (keys []keytabKey, err error) {
	var kt keytab.Keytab
	if err := guard.Decode(func() error { return kt.Unmarshal(content) }); err != nil {
		return nil, err
	}
	for _, e := range kt.Entries {
		of := principal{types.PrincipalName{NameType: e.Principal.NameType, NameString: e.Principal.Components}, e.Principal.Realm}
		keys = append(keys, keytabKey{of, e.Key, int(e.KVNO)})
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
	ahead   time.Duration // how far the clock of the machine that wrote it is ahead of the KDC's
	entries []cacheEntry
}

// openCache reads a credential cache, until ctx ends: of a collection that of the client, or the primary one where the
// client is nobody.
func openCache(ctx context.Context, place cachePlace, client principal) (*cache, error) {
	if place.folder == "" {
		return openCacheFile(ctx, place.file, place.what)
	}
	// What the folder's file says where kswitch has chosen.
	const chosen, usual = "primary", "tkt"
	primary := usual
	if content, err := guard.ReadFile(ctx, filepath.Join(place.folder, chosen), guard.MaxCredentialCache); err == nil {
		if name := strings.TrimRight(string(content), "\n"); isCacheName(name) {
			primary = name
		}
	}
	c, err := openCacheFile(ctx, filepath.Join(place.folder, primary), place.what)
	if client.realm == "" || err == nil && c.client.id() == client.id() {
		return c, err
	}
	names, folderErr := guard.ReadFolder(ctx, place.folder)
	if folderErr != nil {
		return nil, fmt.Errorf("%s: %w", place.what, folderErr)
	}
	for _, name := range names {
		if !isCacheName(name) {
			continue
		}
		if c, err := openCacheFile(ctx, filepath.Join(place.folder, name), place.what); err == nil && c.client.id() == client.id() {
			return c, nil
		}
	}
	// There is such a folder: it has been read.
	return nil, fmt.Errorf("the collection of credential caches %s has none of %s: run kinit", shown.Text(place.folder), client)
}

// isCacheName reports whether a file of a collection is a cache.
func isCacheName(name string) bool {
	return strings.HasPrefix(name, "tkt") && filepath.Base(name) == name
}

func openCacheFile(ctx context.Context, file, what string) (*cache, error) {
	content, err := guard.ReadFile(ctx, file, guard.MaxCredentialCache)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, shown.As(err, what+" is not there: run kinit, or configure a password or a keytab")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	// There is a file of this name: it has been read.
	what = "the credential cache " + shown.Text(file)
	c, err := parseCache(content)
	if err != nil {
		return nil, fmt.Errorf("%s is none, or is damaged", what)
	}
	c.what = what
	return c, nil
}

// find returns the ticket for a service of a realm; nil when there is none.
func (c *cache) find(service types.PrincipalName, realm string) *ticket {
	for _, e := range c.entries {
		if !e.server.name.Equal(service) || e.server.realm != realm {
			continue
		}
		t := &ticket{client: c.client, service: service, key: e.key, end: e.end, ahead: c.ahead}
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
	file   string
	folder string // of a collection; empty for the file alone
	// what names the cache in an error, without what the user has given for its name.
	what string
}

// placeOfCache returns where the credential cache is that is named as in KRB5CCNAME. When it
// is not named it is where kinit puts it.
func placeOfCache(name string, conf *krb5Conf) (cachePlace, error) {
	what := "the credential cache"
	if name == "" {
		name, what = os.Getenv("KRB5CCNAME"), "the credential cache that KRB5CCNAME names"
	}
	if name == "" {
		var err error
		if name, err = conf.path("default_ccache_name"); err != nil {
			return cachePlace{}, err
		}
		what = "the credential cache that default_ccache_name of krb5.conf names"
	}
	usual := fmt.Sprintf("/tmp/krb5cc_%d", os.Getuid())
	if name == "" {
		return cachePlace{file: usual, what: "the credential cache " + usual}, nil
	}
	kind, rest, found := strings.Cut(name, ":")
	one, isOne := strings.CutPrefix(rest, ":")
	switch {
	case found && kind == "FILE":
		return cachePlace{file: rest, what: what}, nil
	case found && kind == "DIR" && isOne:
		return cachePlace{file: one, what: what}, nil
	case found && kind == "DIR":
		return cachePlace{folder: rest, what: what}, nil
	case found && slices.Contains(otherCaches, kind):
		return cachePlace{}, fmt.Errorf("%s is of the kind %s, which only Kerberos' own programs read: make a file with \"kinit -c FILE:%s\", and name that", what, kind, usual)
	default:
		return cachePlace{file: name, what: what}, nil
	}
}

// otherCaches are the kinds of credential caches that are no files.
var otherCaches = []string{"API", "KCM", "KEYRING", "MEMORY", "MSLSA", "SCC"}

// expandPath puts in the variables of a path in krb5.conf; false where it has another one.
func expandPath(path string) (expanded string, ok bool) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(path, "%{")
		b.WriteString(before)
		if !found {
			return b.String(), true
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return "", false
		}
		path = after
		switch name {
		case "uid", "USERID":
			b.WriteString(strconv.Itoa(os.Getuid()))
		case "euid":
			b.WriteString(strconv.Itoa(os.Geteuid()))
		case "username":
			u, err := user.Current()
			if err != nil {
				return "", false
			}
			b.WriteString(u.Username)
		case "TEMP":
			b.WriteString(os.TempDir())
		case "null":
		default:
			return "", false
		}
	}
}
