package jute

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrTruncated is what a [Reader] reports when the input ends inside a field.
var ErrTruncated = errors.New("jute: the record ends inside a field")

// A LengthError is what a [Reader] reports when a length or a count is negative, other
// than the -1 of null, or promises more than the input still holds.
type LengthError struct {
	// What is "buffer", "string" or "vector".
	What string
	// Length is the length or count as it was read.
	Length int32
	// Remaining is the number of bytes that were left behind the length.
	Remaining int
}

// Error names the length and what was left of the input.
func (e *LengthError) Error() string {
	return fmt.Sprintf("jute: a %s of length %d where %d bytes are left", e.What, e.Length, e.Remaining)
}

// A Reader decodes one record from a byte slice. The first error sticks: every later
// read returns a zero value and leaves the position alone, so that a decoder checks
// [Reader.Err] once.
//
// The zero Reader reads from an empty record.
type Reader struct {
	buf []byte
	off int
	err error
}

// NewReader returns a Reader over buf, which it does not copy and does not change.
func NewReader(buf []byte) Reader { return Reader{buf: buf} }

// Err returns the first error, or nil.
func (r *Reader) Err() error { return r.err }

// Fail makes err the Reader's error unless it has one: for a decoder that finds a
// value which the format allows and the record does not.
func (r *Reader) Fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// Remaining returns how many bytes have not been read.
func (r *Reader) Remaining() int { return len(r.buf) - r.off }

// take returns the next n bytes, or nil when there are fewer.
func (r *Reader) take(n int) []byte {
	if r.err != nil {
		return nil
	}
	if n > len(r.buf)-r.off {
		r.err = ErrTruncated
		return nil
	}
	b := r.buf[r.off : r.off+n : r.off+n]
	r.off += n
	return b
}

// Bool reads one byte; anything but 0 is true, as in Java's DataInput.
func (r *Reader) Bool() bool {
	b := r.take(1)
	return len(b) == 1 && b[0] != 0
}

// Int reads four bytes, big endian.
func (r *Reader) Int() int32 {
	b := r.take(4)
	if b == nil {
		return 0
	}
	return int32(binary.BigEndian.Uint32(b))
}

// Long reads eight bytes, big endian.
func (r *Reader) Long() int64 {
	b := r.take(8)
	if b == nil {
		return 0
	}
	return int64(binary.BigEndian.Uint64(b))
}

// bytes reads a length and that many bytes without copying them; null is nil, and an
// empty field is empty and not nil.
func (r *Reader) bytes(what string) []byte {
	n := r.Int()
	if r.err != nil || n == -1 {
		return nil
	}
	if n < 0 || int(n) > r.Remaining() {
		r.err = &LengthError{What: what, Length: n, Remaining: r.Remaining()}
		return nil
	}
	return r.take(int(n))
}

// Buffer reads a buffer into memory of its own. Null is nil; an empty buffer is empty
// and not nil.
func (r *Reader) Buffer() []byte {
	b := r.bytes("buffer")
	if b == nil {
		return nil
	}
	// The copy lets the caller reuse the input for the next frame; at exactly this size,
	// so that what is kept is what was sent.
	c := make([]byte, len(b))
	copy(c, b)
	return c
}

// String reads a string. Null reads as the empty string: no field of the protocol gives
// the two different meanings.
func (r *Reader) String() string { return string(r.bytes("string")) }

// StringLike is String for one that is expected: where it is that, it takes its memory and
// none of its own.
func (r *Reader) StringLike(expected string) string {
	if b := r.bytes("string"); string(b) != expected {
		return string(b)
	}
	return expected
}

// Count reads the count of a vector whose elements take at least minSize bytes each, so
// that a caller may allocate for that many. Null reads as 0.
func (r *Reader) Count(minSize int) int {
	n := r.Int()
	if r.err != nil || n == -1 {
		return 0
	}
	if n < 0 || int(n) > r.Remaining()/minSize {
		r.err = &LengthError{What: "vector", Length: n, Remaining: r.Remaining()}
		return 0
	}
	return int(n)
}
