package attr_test

import (
	"strconv"
	"testing"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"

	"terraform-provider-zookeeper/internal/provider/attr"
)

func TestForm(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		name          string
		crosses       bool
		quoted, shown string
	}{
		"ASCII":              {"/a/b", true, `"/a/b"`, "/a/b"},
		"NFC":                {"/" + cafeNFC, true, `"/` + cafeNFC + `"`, "/" + cafeNFC},
		"NFD":                {"/" + cafe, false, `"/cafe\xcc\x81"`, `"/cafe\xcc\x81"`},
		"NFD in the middle":  {"/ä/" + cafe + "/x", false, `"/\xc3\xa4/cafe\xcc\x81/x"`, `"/\xc3\xa4/cafe\xcc\x81/x"`},
		"a sign of its own":  {"\u2126", false, `"\xe2\x84\xa6"`, `"\xe2\x84\xa6"`}, // OHM SIGN becomes an omega
		"an order of marks":  {"q\u0307\u0323", false, `"q\xcc\x87\xcc\xa3"`, `"q\xcc\x87\xcc\xa3"`},
		"not UTF-8":          {"a\xff", false, `"a\xff"`, `"a\xff"`},
		"quotes and slashes": {`"\` + cafe, false, `"\"\\cafe\xcc\x81"`, `"\"\\cafe\xcc\x81"`},
		"in quotes":          {`"x\xcc"`, true, `"\"x\\xcc\""`, `"\"x\\xcc\""`},
		"one quote":          {`"`, true, `"\""`, `"\""`},
		"a quote in front":   {`"x`, true, `"\"x"`, `"x`},
		"empty":              {"", true, `""`, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := attr.Crosses(tt.name); got != tt.crosses {
				t.Errorf("it crosses: %v", got)
			}
			if got := attr.Quoted(tt.name); got != tt.quoted {
				t.Errorf("quoted %s, want %s", got, tt.quoted)
			}
			if got := attr.Shown(tt.name); got != tt.shown {
				t.Errorf("shown %s, want %s", got, tt.shown)
			}
		})
	}
}

// A name is shown as something that a CLI does not change, and that no other name is shown as.
func FuzzShown(f *testing.F) {
	for _, seed := range []string{"", "a", cafe, cafeNFC, `"`, `"a"`, "\xff", "\u2126"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if crosses := utf8.ValidString(name) && cty.StringVal(name).AsString() == name; attr.Crosses(name) != crosses {
			t.Errorf("%q crosses: %v", name, crosses)
		}
		shown := attr.Shown(name)
		if cty.StringVal(shown).AsString() != shown {
			t.Errorf("%q is shown as %q, which a CLI changes", name, shown)
		}
		if shown == name {
			return
		}
		back, err := strconv.Unquote(shown)
		if err != nil || back != name {
			t.Errorf("%q is shown as %q, which is %q, %v", name, shown, back, err)
		}
		if attr.Shown(shown) == shown {
			t.Errorf("a node %q is shown as another one %q is", shown, name)
		}
	})
}
