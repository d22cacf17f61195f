// Package shown makes of what others wrote text that errors and logs may show: what a
// server, a certificate, a key distribution center, a file or another client holds. Such text
// can colour a terminal, forge a line of its own or fill the screen. Here it is quoted,
// everything that does not print is escaped, and what is longer than a line is cut.
package shown

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// maxText is how many bytes of one text are shown.
	maxText = 100
	// maxLine is how many bytes of a sentence are shown, in which a text is one part.
	maxLine = 300
	// maxTexts is how many texts of a list are shown.
	maxTexts = 5
)

// Text returns a text in quotes, as in Go: what does not print is escaped. Of a longer one
// than a line it shows the beginning, and says how long it is.
func Text(s string) string {
	text, whole := escape(s, maxText, `"\`)
	if whole {
		return `"` + text + `"`
	}
	return `"` + text + `"` + more(s)
}

// Name returns a name or path in quotes, as [Text] does, which is cut where it is longer than a
// few lines: users look for it as it is.
func Name(s string) string {
	text, whole := escape(s, maxLine, `"\`)
	if whole {
		return `"` + text + `"`
	}
	return `"` + text + `"` + more(s)
}

// Texts returns a list of texts, each as [Text] shows it. Of a long list it shows the
// beginning, and says how many there are; of an empty one it says so.
func Texts[S ~string](list []S) string {
	if len(list) == 0 {
		return "none"
	}
	var b strings.Builder
	for i, s := range list {
		if i == maxTexts {
			fmt.Fprintf(&b, " and %d more", len(list)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(Text(string(s)))
	}
	return b.String()
}

// Line returns a sentence that a library has made and that may contain what others wrote.
// What does not print is escaped, as in [Text]; quotes stay as they are. A sentence that is
// longer than a few lines is cut.
func Line(s string) string {
	text, whole := escape(s, maxLine, "")
	if whole {
		return text
	}
	return text + more(s)
}

// more says that there is more of a text than is shown.
func more(s string) string { return fmt.Sprintf("… (%d bytes)", len(s)) }

// escape escapes what does not print, and each character of others with a backslash, up to
// a number of bytes. whole reports whether that is all of s.
func escape(s string, limit int, others string) (text string, whole bool) {
	var b strings.Builder
	for s != "" {
		r, size := utf8.DecodeRuneInString(s)
		char := s[:size]
		switch {
		case r == utf8.RuneError && size == 1 || !strconv.IsPrint(r):
			quoted := strconv.Quote(char)
			char = quoted[1 : len(quoted)-1]
		case strings.ContainsRune(others, r):
			char = `\` + char
		}
		if b.Len()+len(char) > limit {
			return b.String(), false
		}
		b.WriteString(char)
		s = s[size:]
	}
	return b.String(), true
}

// Error returns an error that says what err says, as [Line] shows it, and that errors.Is and
// errors.As look through; nil for nil.
func Error(err error) error {
	if err == nil {
		return nil
	}
	return As(err, Line(err.Error()))
}

// As returns an error with a text of the caller's, that errors.Is and errors.As look through.
func As(err error, text string) error { return &shownError{text, err} }

type shownError struct {
	text string
	err  error
}

// Error returns the text that may be shown.
func (e *shownError) Error() string { return e.text }

// Unwrap returns the error itself.
func (e *shownError) Unwrap() error { return e.err }
