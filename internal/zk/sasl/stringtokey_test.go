package sasl

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	stdpbkdf2 "crypto/pbkdf2"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
)

// The keys are those that others make.
func TestStringToKey(t *testing.T) {
	t.Parallel()
	for etype := range keySizes {
		e, err := crypto.GetEtype(etype)
		if err != nil {
			t.Fatal(err)
		}
		counts := []string{""}
		if how, ok := iteratedTypes[etype]; ok {
			counts = append(counts, map[uint32]string{4096: "00001001", 32768: "00008001"}[how.iterations])
		}
		for _, count := range counts {
			params, err := hex.DecodeString(count)
			if err != nil {
				t.Fatal(err)
			}
			if count == "" {
				count = e.GetDefaultStringToKeyParams()
			}
			for _, salt := range []string{"", "EXAMPLE.COMalice", strings.Repeat("s", 200)} {
				want, err := e.StringToKey("hunter2", salt, count)
				if err != nil {
					t.Fatal(err)
				}
				got, err := stringToKey(t.Context(), etype, "hunter2", salt, params)
				if err != nil || got.KeyType != etype || !bytes.Equal(got.KeyValue, want) || checkKey(got) != nil {
					t.Errorf("type %d, salt %q, parameters %q: %x, %v; want %x", etype, salt, count, got.KeyValue, err, want)
				}
			}
		}
	}
	for name, tc := range map[string]struct {
		etype  int32
		params []byte
		want   string
	}{
		"an unknown type":      {4711, nil, "a key of type 4711, which is not supported"},
		"parameters of others": {etypeID.RC4_HMAC, []byte{0, 0, 0, 1}, "has parameters for a key of type 23, which has none"},
		"too few for RFC 8009": {etypeID.AES256_CTS_HMAC_SHA384_192, []byte{0, 0, 0x7f, 0xff}, "by 32767 iterations, and fewer than 32768 are not safe"},
		"the first too many":   {etypeID.AES128_CTS_HMAC_SHA1_96, []byte{1, 0, 0, 0}, "takes too long"},
	} {
		if key, err := stringToKey(t.Context(), tc.etype, "hunter2", "", tc.params); err == nil || !strings.Contains(err.Error(), tc.want) || key.KeyValue != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPBKDF2(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 16, 20, 32, 65} {
		for _, n := range []uint32{1, 2, 5000} {
			want, err := stdpbkdf2.Key(sha1.New, "password", []byte("salt"), int(n), size)
			if err != nil {
				t.Fatal(err)
			}
			got, err := pbkdf2(t.Context(), sha1.New, []byte("password"), []byte("salt"), n, size)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes by %d iterations: %x, %v; want %x", size, n, got, err, want)
			}
		}
	}
}

// The most that a KDC may ask for takes seconds, and no longer than the caller waits.
func TestStringToKeyIsInterrupted(t *testing.T) {
	t.Parallel()
	why := errors.New("the user has gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	for etype := range iteratedTypes {
		key, err := stringToKey(ctx, etype, "hunter2", "salt", []byte{0, 0xff, 0xff, 0xff})
		if !errors.Is(err, why) || key.KeyValue != nil {
			t.Errorf("type %d: %v", etype, err)
		}
	}
}
