package diagnose_test

import (
	"fmt"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
)

// Of many operations that fail because of one lost lock, the first few say all of it. Each of the others
// says what was not done, and which failure it is.
func TestError_shared(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"a lost lock": fmt.Errorf("%w: its node has been deleted", recipe.ErrLost),
		"no server":   &zk.ConnectError{},
		"the lock":    &session.GuardError{Path: "/lock", Err: recipe.ErrLost},
	} {
		run, rerr := session.New(t.Context(), zk.Config{Servers: "127.0.0.1:1"}, nil, nil)
		if rerr != nil {
			t.Fatal(rerr)
		}
		var last string
		for i := range 10 {
			about := diagnose.Subject{Resource: "zookeeper_znode", Path: fmt.Sprintf("/n%d", i), Run: run}
			got := about.Error("create the znode", err)
			whole := diagnose.Subject{Resource: about.Resource, Path: about.Path}.Error("create the znode", err)
			if got.Summary() != whole.Summary() || (got.Detail() == whole.Detail()) != (i < 3) {
				t.Errorf("%s: failure %d says %q: %q", name, i+1, got.Summary(), got.Detail())
			}
			last = got.Detail()
		}
		if want := `The provider could not create the znode "/n9" either, failure 10 of this kind. 3 other errors of this run say why.`; last != want {
			t.Errorf("%s: the last one says %q, want %q", name, last, want)
		}
	}
}

// What is true of one operation alone is said in full each time.
func TestError_own(t *testing.T) {
	t.Parallel()
	run, err := session.New(t.Context(), zk.Config{Servers: "127.0.0.1:1"}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	about := diagnose.Subject{Resource: "zookeeper_znode", Path: "/n", Run: run}
	for _, err := range []error{
		fmt.Errorf("%w: %w", zk.ErrOutcomeUnknown, &zk.ConnectError{}),
		&zk.PartialError{Done: "1 of 2 nodes was written", Err: recipe.ErrLost},
		failure("create", "/n", zk.ErrNoAuth),
	} {
		for range 5 {
			if d := about.Error("create the znode", err); strings.Contains(d.Detail(), "failure") {
				t.Errorf("%v is told as %q", err, d.Detail())
			}
		}
	}
}
