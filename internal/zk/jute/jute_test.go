package jute

import (
	"bytes"
	"errors"
	"math"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	var b []byte
	b = AppendBool(b, true)
	b = AppendBool(b, false)
	b = AppendInt(b, math.MinInt32)
	b = AppendLong(b, math.MaxInt64)
	b = AppendBuffer(b, nil)
	b = AppendBuffer(b, []byte{})
	b = AppendBuffer(b, []byte{1, 2})
	b = AppendString(b, "Grüße")
	b = AppendInt(b, 2) // a vector of two ints
	b = AppendInt(b, 7)
	b = AppendInt(b, 8)

	r := NewReader(b)
	if !r.Bool() || r.Bool() {
		t.Error("booleans")
	}
	if got := r.Int(); got != math.MinInt32 {
		t.Errorf("int: %d", got)
	}
	if got := r.Long(); got != math.MaxInt64 {
		t.Errorf("long: %d", got)
	}
	if got := r.Buffer(); got != nil {
		t.Errorf("null buffer: %v", got)
	}
	if got := r.Buffer(); got == nil || len(got) != 0 {
		t.Errorf("empty buffer: %v", got)
	}
	if got := r.Buffer(); !bytes.Equal(got, []byte{1, 2}) {
		t.Errorf("buffer: %v", got)
	}
	if got := r.String(); got != "Grüße" {
		t.Errorf("string: %q", got)
	}
	if n := r.Count(4); n != 2 || r.Int() != 7 || r.Int() != 8 {
		t.Errorf("vector: %d elements", n)
	}
	if r.Err() != nil || r.Remaining() != 0 {
		t.Errorf("err %v, %d bytes left", r.Err(), r.Remaining())
	}
}

// The bytes are those of the format's description: a test against the encoder alone
// would pass with both sides wrong.
func TestBytes(t *testing.T) {
	got := AppendString(AppendBuffer(AppendLong(AppendInt(AppendBool(nil, true), -2), 258), nil), "a")
	want := []byte{1, 0xff, 0xff, 0xff, 0xfe, 0, 0, 0, 0, 0, 0, 1, 2, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 'a'}
	if !bytes.Equal(got, want) {
		t.Errorf("got  % x\nwant % x", got, want)
	}
}

func TestErrorSticks(t *testing.T) {
	r := NewReader([]byte{0, 0, 0})
	if r.Int() != 0 || !errors.Is(r.Err(), ErrTruncated) {
		t.Fatalf("err %v", r.Err())
	}
	if r.Bool() || r.Long() != 0 || r.Buffer() != nil || r.String() != "" || r.Count(1) != 0 {
		t.Error("a read after the error returned something")
	}
	if r.Remaining() != 3 {
		t.Errorf("a read after the error moved on: %d bytes left", r.Remaining())
	}
}

func TestLengths(t *testing.T) {
	for _, tc := range []struct {
		name string
		in   []byte
		read func(*Reader)
	}{
		{"negative buffer", AppendInt(nil, -2), func(r *Reader) { r.Buffer() }},
		{"huge buffer", AppendInt(nil, math.MaxInt32), func(r *Reader) { r.Buffer() }},
		{"buffer longer than the rest", append(AppendInt(nil, 3), 1, 2), func(r *Reader) { r.Buffer() }},
		{"huge string", AppendInt(nil, math.MaxInt32), func(r *Reader) { _ = r.String() }},
		{"negative vector", AppendInt(nil, math.MinInt32), func(r *Reader) { r.Count(1) }},
		{"huge vector", AppendInt(nil, math.MaxInt32), func(r *Reader) { r.Count(1) }},
		{"vector longer than the rest", append(AppendInt(nil, 2), make([]byte, 7)...), func(r *Reader) { r.Count(4) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := NewReader(tc.in)
			tc.read(&r)
			if _, ok := errors.AsType[*LengthError](r.Err()); !ok {
				t.Fatalf("err %v", r.Err())
			}
		})
	}
}

// FuzzReader reads fields in an order that the input chooses: nothing may panic, read
// past the end, or return more than the input held.
func FuzzReader(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5}, AppendString(AppendBuffer(AppendInt(nil, 5), []byte("data")), "path"))
	f.Add([]byte{5, 5, 5}, AppendInt(nil, math.MaxInt32))
	f.Fuzz(func(t *testing.T, order, in []byte) {
		r := NewReader(in)
		held := 0
		for _, field := range order {
			switch field % 6 {
			case 0:
				r.Bool()
			case 1:
				r.Int()
			case 2:
				r.Long()
			case 3:
				held += len(r.Buffer())
			case 4:
				held += len(r.String())
			case 5:
				if n := r.Count(1); n > r.Remaining() {
					t.Fatalf("a vector of %d elements in %d bytes", n, r.Remaining())
				}
			}
			if r.Remaining() < 0 {
				t.Fatal("read past the end")
			}
		}
		if held > len(in) {
			t.Fatalf("%d bytes out of %d", held, len(in))
		}
	})
}
