package sasl

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"terraform-provider-zookeeper/internal/zk/shown"
)

// maxChallenge is the size that a challenge has to stay below (RFC 2831, section 2.1.1).
const maxChallenge = 2048

// A directive is one name=value of a DIGEST-MD5 message.
type directive struct {
	name  string // in lower case
	value string // without the quotes and the escapes, in the bytes that were sent
}

// parseDirectives parses the list of which all DIGEST-MD5 messages consist (RFC 2831,
// section 7.1):
//
//	message   = 1#( token "=" ( token | quoted-string ) )
//
// where # allows space around the elements, and elements that are empty.
func parseDirectives(message []byte) ([]directive, error) {
	if len(message) >= maxChallenge {
		return nil, fmt.Errorf("it takes %d bytes, and fewer than %d are allowed", len(message), maxChallenge)
	}
	var list []directive
	rest := string(message)
	for {
		rest = strings.TrimLeft(rest, ", \t\r\n")
		if rest == "" {
			return list, nil
		}
		var d directive
		d.name, rest = cutToken(rest)
		if d.name == "" {
			return nil, fmt.Errorf("%q where a directive's name should be", rest[:1])
		}
		d.name = strings.ToLower(d.name)
		var found bool
		if rest, found = strings.CutPrefix(trimSpace(rest), "="); !found {
			return nil, fmt.Errorf("directive %s has no value", shown.Text(d.name))
		}
		rest = trimSpace(rest)
		var err error
		if strings.HasPrefix(rest, `"`) {
			d.value, rest, err = cutQuoted(rest)
		} else if d.value, rest = cutToken(rest); d.value == "" {
			err = errors.New("has no value")
		}
		if err != nil {
			return nil, fmt.Errorf("directive %s %w", shown.Text(d.name), err)
		}
		list = append(list, d)
		if rest = trimSpace(rest); rest != "" && rest[0] != ',' {
			return nil, fmt.Errorf("%q after directive %s", rest[:1], shown.Text(d.name))
		}
	}
}

func trimSpace(s string) string { return strings.TrimLeft(s, " \t\r\n") }

// cutToken cuts the longest token off the front: characters that are neither controls nor
// separators (RFC 2831, section 7.1).
func cutToken(s string) (token, rest string) {
	end := strings.IndexFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
	})
	if end < 0 {
		end = len(s)
	}
	return s[:end], s[end:]
}

// cutQuoted cuts a quoted-string off the front and undoes its escapes: a backslash stands
// for the character after it.
func cutQuoted(s string) (value, rest string, err error) {
	var b strings.Builder
	escaped := false
	for i := 1; i < len(s); i++ {
		switch {
		case !escaped && s[i] == '"':
			return b.String(), s[i+1:], nil
		case !escaped && s[i] == '\\':
			escaped = true
		default:
			b.WriteByte(s[i])
			escaped = false
		}
	}
	return "", "", errQuote
}

var errQuote = errors.New("has a value whose closing quote is missing")

// quote does the opposite.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// A challenge is the server's first message, the digest-challenge of RFC 2831,
// section 2.1.1, as far as it concerns authentication without a security layer.
type challenge struct {
	realms []string
	nonce  string
	utf8   bool
}

// parseChallenge parses a digest-challenge and checks that it can be answered.
func parseChallenge(message []byte) (*challenge, error) {
	directives, err := parseDirectives(message)
	if err != nil {
		return nil, err
	}
	var c challenge
	seen := make(map[string]bool)
	for _, d := range directives {
		once := true
		switch d.name {
		case "realm":
			c.realms = append(c.realms, d.value)
			once = false
		case "nonce":
			if d.value == "" {
				return nil, errors.New("its nonce is empty")
			}
			c.nonce = d.value
		case "qop":
			// Left out, it is auth.
			if !slices.ContainsFunc(strings.Split(d.value, ","), func(qop string) bool {
				return strings.EqualFold(strings.Trim(qop, " \t\r\n"), "auth")
			}) {
				return nil, fmt.Errorf("it offers qop %s, and ZooKeeper's protocol has room for auth alone", shown.Text(d.value))
			}
		case "charset":
			if !strings.EqualFold(d.value, "utf-8") {
				return nil, fmt.Errorf("its charset is %s, and there is none but utf-8", shown.Text(d.value))
			}
			c.utf8 = true
		case "algorithm":
			if !strings.EqualFold(d.value, "md5-sess") {
				return nil, fmt.Errorf("its algorithm is %s, and there is none but md5-sess", shown.Text(d.value))
			}
		case "stale", "maxbuf", "cipher":
			// About a second authentication, and about security layers.
		default:
			// Of no meaning here, and so to be ignored.
			once = false
		}
		if once && seen[d.name] {
			return nil, fmt.Errorf("it has directive %s twice", shown.Text(d.name))
		}
		seen[d.name] = true
	}
	for _, name := range []string{"nonce", "algorithm"} {
		if !seen[name] {
			return nil, fmt.Errorf("it has no %s", name)
		}
	}
	return &c, nil
}
