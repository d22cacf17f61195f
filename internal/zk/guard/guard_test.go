package guard_test

import (
	"errors"
	"testing"

	"go.uber.org/goleak"

	"terraform-provider-zookeeper/internal/zk/guard"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestDecode(t *testing.T) {
	t.Parallel()
	own := errors.New("its own")
	var short []byte
	var pointer *struct{ name string }
	for name, tc := range map[string]struct {
		decoder func() error
		want    string
	}{
		"fine":              {func() error { return nil }, ""},
		"an error":          {func() error { return own }, "its own"},
		"an index":          {func() error { return errors.New(string(short[4:])) }, "malformed"},
		"a nil dereference": {func() error { return errors.New(pointer.name) }, "malformed"},
		"an impossible size": {func() error {
			n := -1
			_ = make([]byte, n)
			return nil
		}, "malformed"},
		"a panic with nil": {func() error { panic(nil) }, "malformed"}, //nolint:govet // What a decoder may do.
	} {
		err := guard.Decode(tc.decoder)
		if (err != nil) != (tc.want != "") || err != nil && err.Error() != tc.want {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}
