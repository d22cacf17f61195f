package sequentialznode

import (
	"strings"
	"testing"
)

func TestPrefixOf(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/jobs/job-0000000007":   "/jobs/job-",
		"/0000000007":            "/",
		"/jobs/0000000000":       "/jobs/",
		"/job2147483647":         "/job",
		"/job100000000012":       "/job10", // a prefix may end with digits
		"/a/.0000000001":         "/a/.",
		"/world-世界0000000001":    "/world-世界",
		"/job-1000000000":        "/job-", // could be -1000000000 of /job
		"/job--000000001":        "/job-", // counts that have run over
		"/job--2147483648":       "/job-",
		"/job-2147483648":        "/job",
		"/-2147483648":           "/",
		"/0000000000/0000000001": "/0000000000/",
	} {
		if got, err := prefixOf(path); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", path, got, err, want)
		}
	}
	for _, path := range []string{
		"/", "/job", "/job-7", "/123456789", "/job-000000000a", "/job2147483648", "/job9999999999", "/job-2147483649", "/000000000/7",
		"0000000007", "/job+000000007", "/job-000 000007",
	} {
		got, err := prefixOf(path)
		if err == nil || !strings.Contains(err.Error(), `"`+path+`" does not end with the number`) {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
}
