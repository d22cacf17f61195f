package engine

import (
	"strings"
	"testing"
	"unicode"
)

func TestParseServerInfo(t *testing.T) {
	t.Parallel()
	rest := "\nLatency min/avg/max: 0/0/0\nReceived: 1\nZxid: 0x0\nMode: standalone\nNode count: 5\n"
	for _, tc := range []struct{ line, version, revision string }{
		{"Zookeeper version: 3.4.14-4c25d480e66aadd371de8bd2fd8da255ac140bcf, built on 03/06/2019 16:18 GMT", "3.4.14", "4c25d480e66aadd371de8bd2fd8da255ac140bcf"},
		{"Zookeeper version: 3.5.10-f37bfcba8a9c84a2ed8dfa4a8d4a0eb8d6c4cd1e, built on 05/30/2022 09:22 GMT", "3.5.10", "f37bfcba8a9c84a2ed8dfa4a8d4a0eb8d6c4cd1e"},
		{"Zookeeper version: 3.9.5-7246445ec281f3dbf53dc54e970c914f39713903, built on 2026-02-24 10:31 UTC", "3.9.5", "7246445ec281f3dbf53dc54e970c914f39713903"},
		{"Zookeeper version: 3.6.0--b4c89dc7f6083829e18fae6e446907ae0b1f22d7, built on 02/25/2020 14:38 GMT", "3.6.0", "b4c89dc7f6083829e18fae6e446907ae0b1f22d7"},
		{"Zookeeper version: 3.4.6.2.6.5.0-292-3d56ef4b87ef2e2ab4b1e5bd9a1c9e1b, built on 05/11/2018 07:12 GMT", "3.4.6", "3d56ef4b87ef2e2ab4b1e5bd9a1c9e1b"},
		{"Zookeeper version: 3.10.0-SNAPSHOT-abc, built on 2026-02-24 10:31 UTC", "3.10.0", "abc"},
	} {
		info, err := parseServerInfo(tc.line + rest)
		if err != nil || info.Version.String() != tc.version || info.Revision != tc.revision || info.Mode != "standalone" {
			t.Errorf("%s: %+v, %v", tc.line, info, err)
		}
	}
	for _, bad := range []string{
		"", "This ZooKeeper instance is not currently serving requests\n", "Zookeeper version: 3.x.1-abc, built on\n", "Zookeeper version: 3.9-abc\n", "Zookeeper version: 3.9.x.1-abc\n",
		"Zookeeper version: 3.9.4-abc, built\nMode: leader\x1b[31m\n", "Zookeeper version: 3.9.4-\u202eabc, built\n", "Zookeeper version: 3.9.4-abc, built\nMode: " + strings.Repeat("leader", 100) + "\n",
	} {
		if info, err := parseServerInfo(bad); err == nil {
			t.Errorf("%q: %+v", bad, info)
		}
	}
}

// Whatever a server answers, there is a version or an error, which shows a line of it at most.
func FuzzServerInfo(f *testing.F) {
	f.Add("Zookeeper version: 3.9.5-7246445ec281f3dbf53dc54e970c914f39713903, built on 2026-02-24 10:31 UTC\nMode: leader\n")
	f.Add("Zookeeper version: \x1b[31m" + strings.Repeat("9", 1000) + "\n")
	f.Add("Zookeeper version: 3.6.0--, built\nZookeeper version: -1.0.0")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		info, err := parseServerInfo(text)
		if err == nil && info.Version == (Version{}) {
			t.Error("no version and no error")
		}
		if said := info.Mode + info.Revision; err == nil && (len(said) > 200 || strings.ContainsFunc(said, func(r rune) bool { return !unicode.IsPrint(r) })) {
			t.Errorf("it says %q", said)
		}
		if err != nil && (len(err.Error()) > 300 || strings.ContainsFunc(err.Error(), func(r rune) bool { return !unicode.IsPrint(r) })) {
			t.Errorf("error %q", err)
		}
	})
}
