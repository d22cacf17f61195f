package sasl

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/jcmturner/gokrb5/v8/types"
)

// gokrb5 has a decoder of credential caches too. It makes room for as many addresses as a
// cache says that it has, before it looks whether they are there: 40 bytes end the process.

// A cacheEntry is a ticket in a credential cache, as far as it matters here.
type cacheEntry struct {
	server principal
	key    types.EncryptionKey
	end    time.Time
	ticket []byte
}

// cacheReader reads a credential cache (MIT Kerberos, "Credential cache file format"). What
// goes beyond the end reads as nothing, and is remembered.
type cacheReader struct {
	rest    []byte
	order   binary.ByteOrder
	version byte
	short   bool
}

var errCache = errors.New("malformed credential cache")

// parseCache reads whose a credential cache is, and its tickets.
func parseCache(content []byte) (*cache, error) {
	if len(content) < 2 || content[0] != 5 || content[1] < 1 || content[1] > 4 {
		return nil, errCache
	}
	c := new(cache)
	r := &cacheReader{rest: content[2:], order: binary.BigEndian, version: content[1]}
	switch r.version {
	case 1, 2:
		r.order = binary.NativeEndian
	case 4:
		header := &cacheReader{rest: r.bytes(int64(r.uint16())), order: r.order, version: r.version}
		for len(header.rest) > 0 {
			const offset = 1
			if tag, field := header.uint16(), header.bytes(int64(header.uint16())); tag == offset && len(field) == 8 {
				// In seconds, and in millionths of one.
				c.ahead = -time.Duration(int32(r.order.Uint32(field)))*time.Second - time.Duration(int32(r.order.Uint32(field[4:])))*time.Microsecond
			}
		}
	}
	c.client = r.principal()
	for len(r.rest) > 0 && !r.short {
		r.principal() // the client again
		e := cacheEntry{server: r.principal()}
		e.key.KeyType = int32(int16(r.uint16()))
		if r.version == 3 {
			e.key.KeyType = int32(int16(r.uint16())) // there twice
		}
		e.key.KeyValue = r.data()
		r.bytes(8) // when it was asked for, and from when on it holds
		e.end = time.Unix(int64(r.uint32()), 0)
		r.bytes(4 + 1 + 4) // until when it can be renewed; whether its key is that of another ticket; flags
		for range 2 {      // addresses, and data about authorization
			for n := r.uint32(); n > 0 && !r.short; n-- {
				r.uint16()
				r.data()
			}
		}
		e.ticket = r.data()
		r.data() // a second ticket
		c.entries = append(c.entries, e)
	}
	if r.short {
		return nil, errCache
	}
	return c, nil
}

// principal reads a name in a realm.
func (r *cacheReader) principal() principal {
	var p principal
	if r.version != 1 {
		p.name.NameType = int32(r.uint32())
	}
	n := r.uint32()
	if r.version == 1 && n > 0 {
		n-- // the realm counts as well
	}
	p.realm = string(r.data())
	for ; n > 0 && !r.short; n-- {
		p.name.NameString = append(p.name.NameString, string(r.data()))
	}
	return p
}

// data reads bytes with their number before them.
func (r *cacheReader) data() []byte { return r.bytes(int64(r.uint32())) }

func (r *cacheReader) uint16() uint16 {
	if b := r.bytes(2); b != nil {
		return r.order.Uint16(b)
	}
	return 0
}

func (r *cacheReader) uint32() uint32 {
	if b := r.bytes(4); b != nil {
		return r.order.Uint32(b)
	}
	return 0
}

// bytes reads n bytes; nil where there are not as many.
func (r *cacheReader) bytes(n int64) []byte {
	if n > int64(len(r.rest)) {
		r.rest, r.short = nil, true
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}
