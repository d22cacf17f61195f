package attr_test

import (
	"slices"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/provider/attr"
)

func TestPattern(t *testing.T) {
	tests := []struct {
		pattern string
		yes, no []string
	}{
		{"config", []string{"config"}, []string{"config/a", "configs", "a/config", ""}},
		{"config/*", []string{"config/a", "config/*"}, []string{"config", "config/a/b"}},
		{"config/**", []string{"config", "config/a", "config/a/b"}, []string{"configs", "a/config"}},
		{"**/ids", []string{"ids", "brokers/ids", "a/b/ids"}, []string{"ids/1", "brokers/idsx"}},
		{"**/ids/**", []string{"ids", "brokers/ids/1/x", "ids/ids"}, []string{"brokers/id"}},
		{"a/**/b/*/c", []string{"a/b/x/c", "a/q/b/x/c", "a/b/b/x/c", "a/b/x/b/y/c"}, []string{"a/b/c", "a/b/x/d", "b/x/c"}},
		{"**", []string{"a", "a/b/c"}, nil},
		{"**/**", []string{"a", "a/b"}, nil},
		{"t?pic-[0-9]*", []string{"topic-1", "tüpic-9x"}, []string{"tpic-1", "topic-x", "topic-1/y"}},
		{"[^b]*", []string{"a", "ab"}, []string{"b", "ba"}},
		{"{config,brokers/{topics,seqid}}/**", []string{"config", "config/x", "brokers/topics/t", "brokers/seqid"}, []string{"brokers", "brokers/ids"}},
		{"x{,y}", []string{"x", "xy"}, []string{"xyy"}},
		{`acl/\*`, []string{"acl/*"}, []string{"acl/a"}},
		{`a\*\*b`, []string{"a**b"}, []string{"ab"}},
		{`\{a\}[{}]`, []string{"{a}{", "{a}}"}, []string{"a{"}},
	}
	for _, tt := range tests {
		p, err := attr.ParsePattern(tt.pattern)
		if err != nil {
			t.Errorf("%q: %v", tt.pattern, err)
			continue
		}
		for _, rel := range tt.yes {
			if !p.Match(rel) {
				t.Errorf("%q does not match %q", tt.pattern, rel)
			}
		}
		for _, rel := range tt.no {
			if p.Match(rel) {
				t.Errorf("%q matches %q", tt.pattern, rel)
			}
		}
	}
}

// Many ** do not make a match take time that grows with their number's power.
func TestPattern_manyDepths(t *testing.T) {
	p, err := attr.ParsePattern(strings.Repeat("**/a/", 40) + "b")
	if err != nil {
		t.Fatal(err)
	}
	if p.Match(strings.Repeat("a/", 5000) + "c") {
		t.Error("it matches")
	}
}

func TestPattern_wrong(t *testing.T) {
	for pattern, want := range map[string]string{
		"":                          "it is empty",
		"/a":                        "it starts with a slash",
		"a/":                        "it ends with a slash",
		"a//b":                      "an empty element",
		"{a,}/b":                    "it starts with a slash",
		"a**/b":                     `** has to stand alone between slashes, and does not in "a**"`,
		"[a":                        "a [ without its ]",
		"[]":                        "a [ without its ]",
		`a\`:                        "a backslash at its end",
		"{a,b":                      "a { without its }",
		"a}":                        "a } without its {",
		"{a,{b,c}":                  "a { without its }",
		strings.Repeat("{a,b}", 12): "more than 1000",
	} {
		if _, err := attr.ParsePattern(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", pattern, err, want)
		}
	}
}

func TestFilter(t *testing.T) {
	f, err := attr.ParseFilter([]string{"config/**", "nothing"}, []string{"**/secret", "brokers"})
	if err != nil {
		t.Fatal(err)
	}
	for rel, want := range map[string]bool{"config/a": true, "config/secret": false, "brokers/x": false} {
		if f.Match(rel) != want {
			t.Errorf("of %q: %v", rel, !want)
		}
	}
	include, exclude := f.Unused()
	if !slices.Equal(include, []string{"nothing"}) || !slices.Equal(exclude, []string{"brokers"}) {
		t.Errorf("unused: %q, %q", include, exclude)
	}
	if all, err := attr.ParseFilter(nil, []string{"a"}); err != nil || !all.Match("b") || all.Match("a") {
		t.Errorf("without what is included: %v", err)
	}
	if _, err := attr.ParseFilter(nil, []string{"a/"}); err == nil || !strings.Contains(err.Error(), `the pattern "a/" of exclude is wrong: it ends with a slash`) {
		t.Error(err)
	}
}

func TestFilter_below(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		include, exclude []string
		below, notBelow  string
	}{
		"all":                 {nil, nil, " a a/b", ""},
		"a name":              {[]string{"a"}, nil, "", "a b a/b"},
		"two names":           {[]string{"a/*"}, nil, " a", "b a/b"},
		"any depth":           {[]string{"a/**"}, nil, " a a/b", "b b/a"},
		"any depth in front":  {[]string{"**/a"}, nil, " a b a/b", ""},
		"in the middle":       {[]string{"a/**/b"}, nil, " a a/b a/b/c", "b"},
		"one of several":      {[]string{"{a,b/c}/d"}, nil, " a b b/c", "c a/d b/d b/c/d"},
		"two patterns":        {[]string{"a/b", "c/d"}, nil, " a c", "b a/b"},
		"without a name":      {nil, []string{"a"}, " a b", ""},
		"without all below":   {nil, []string{"a/**"}, " b", "a a/b"},
		"without all at all":  {nil, []string{"**"}, "", " a"},
		"without all, double": {nil, []string{"a/**/**"}, " b", "a a/b"},
		"without some below":  {nil, []string{"a/**/b"}, " a a/b", ""},
		"with and without":    {[]string{"a/**"}, []string{"*/b/**"}, " a a/c", "a/b a/b/c b"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := attr.ParseFilter(tt.include, tt.exclude)
			if err != nil {
				t.Fatal(err)
			}
			for rel := range strings.SplitSeq(tt.below, " ") {
				if tt.below != "" && !f.Below(rel) {
					t.Errorf("nothing below %q", rel)
				}
			}
			for rel := range strings.SplitSeq(tt.notBelow, " ") {
				if tt.notBelow != "" && f.Below(rel) {
					t.Errorf("something below %q", rel)
				}
			}
		})
	}
}

// Below is never wrong about what Match says of nodes further down.
func FuzzFilter_below(f *testing.F) {
	f.Add("a/**", "a/b/**", "a/b/c")
	f.Add("**/b", "", "a/b/c/d")
	f.Add("", "**/a/**/b", "a/b/c")
	f.Add("{a,*/b}/c", "[ab]/**", "a/b/c")
	f.Fuzz(func(t *testing.T, include, exclude, rel string) {
		var in, ex []string
		if include != "" {
			in = []string{include}
		}
		if exclude != "" {
			ex = []string{exclude}
		}
		filter, err := attr.ParseFilter(in, ex)
		if err != nil || !filter.Match(rel) {
			return
		}
		for i, c := range rel {
			if c == '/' && !filter.Below(rel[:i]) {
				t.Errorf("include %q, exclude %q: %q is meant, and nothing below %q", in, ex, rel, rel[:i])
			}
		}
		if !filter.Below("") {
			t.Errorf("include %q, exclude %q: %q is meant, and nothing at all", in, ex, rel)
		}
	})
}
