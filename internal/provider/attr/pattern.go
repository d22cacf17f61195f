package attr

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// PatternDescription says how patterns are written, for the description of an attribute. What
// they are relative to stands in front of it.
const PatternDescription = "As in Terraform's `fileset`: `*` is any part of one name, `?` any one character of it, `[a-z]` one of a class, `{a,b}` one of several; " +
	"`**` between slashes is any number of levels, none included, so that `config/**` is `config` and all that is below it. A backslash makes the character that follows it an ordinary one."

// A Pattern selects nodes by their paths below another one, such as "config/**".
type Pattern struct {
	text string
	// alternatives are what the pattern means without braces, each as its elements.
	alternatives [][]string
}

// anyDepth is the element of a pattern that stands for any number of elements.
const anyDepth = "**"

// mostAlternatives bounds what the braces of one pattern can be made to stand for.
const mostAlternatives = 1000

// ParsePattern reads a pattern. The error says what is wrong with it.
func ParsePattern(text string) (Pattern, error) {
	p := Pattern{text: text}
	all, err := withoutBraces(text)
	if err != nil {
		return Pattern{}, err
	}
	for _, alternative := range all {
		elements := strings.Split(alternative, "/")
		for i, element := range elements {
			if err := checkElement(element, i == 0, i == len(elements)-1); err != nil {
				return Pattern{}, err
			}
		}
		p.alternatives = append(p.alternatives, elements)
	}
	return p, nil
}

func checkElement(element string, first, last bool) error {
	switch {
	case element == "" && first && last:
		return errors.New("it is empty")
	case element == "" && first:
		return errors.New("it starts with a slash. A pattern is relative, as in \"config/**\"")
	case element == "" && last:
		return errors.New("it ends with a slash. For a node and all that is below it, write \"config/**\"")
	case element == "":
		return errors.New("it has an empty element (//)")
	case element != anyDepth && strings.Contains(strings.ReplaceAll(element, `\*`, ""), anyDepth):
		return fmt.Errorf("** has to stand alone between slashes, and does not in %q", element)
	}
	if _, err := path.Match(element, ""); err != nil {
		return fmt.Errorf("%q has a [ without its ], an empty class, or a backslash at its end. For the character itself, write a backslash in front of it", element)
	}
	return nil
}

// withoutBraces returns what a pattern means with the first of its braces written out, and
// so on with what is left.
func withoutBraces(text string) ([]string, error) {
	open, depth, from := -1, 0, 0
	var options []string
	class := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
		case c == '{':
			depth++
			if depth == 1 {
				open, from = i, i+1
			}
		case depth == 0 && c == '}':
			return nil, errors.New("it has a } without its {. For the character itself, write a backslash in front of it")
		case depth == 1 && (c == ',' || c == '}'):
			options = append(options, text[from:i])
			from = i + 1
			if c == '}' {
				return eachOption(text[:open], options, text[i+1:])
			}
		case c == '}':
			depth--
		}
	}
	if depth > 0 {
		return nil, errors.New("it has a { without its }. For the character itself, write a backslash in front of it")
	}
	return []string{text}, nil
}

func eachOption(before string, options []string, after string) (all []string, err error) {
	for _, option := range options {
		more, err := withoutBraces(before + option + after)
		if err != nil {
			return nil, err
		}
		if all = append(all, more...); len(all) > mostAlternatives {
			return nil, fmt.Errorf("its braces stand for more than %d patterns", mostAlternatives)
		}
	}
	return all, nil
}

// Match reports whether the pattern selects the node at the path below another one, as in
// "config/topics".
func (p Pattern) Match(rel string) bool {
	names := strings.Split(rel, "/")
	return slices.ContainsFunc(p.alternatives, func(elements []string) bool { return matches(elements, names) })
}

// matches goes back to the last ** alone: what an earlier one could take as well does not
// matter to what comes after it.
func matches(elements, names []string) bool {
	e, n := 0, 0
	again, taken := -1, 0
	for n < len(names) {
		switch {
		case e < len(elements) && elements[e] == anyDepth:
			e++
			again, taken = e, n
		case e < len(elements) && matchesName(elements[e], names[n]):
			e++
			n++
		case again >= 0:
			taken++
			e, n = again, taken
		default:
			return false
		}
	}
	for e < len(elements) && elements[e] == anyDepth {
		e++
	}
	return e == len(elements)
}

func matchesName(element, name string) bool {
	ok, err := path.Match(element, name)
	return err == nil && ok
}

// A Filter is patterns of what is meant, where there are any, and of what is not.
type Filter struct {
	include, exclude []countedPattern
}

type countedPattern struct {
	Pattern
	used bool
}

// ParseFilter reads the patterns of what is included, none for all there is, and of what of
// that is excluded. The error names the pattern that is wrong.
func ParseFilter(include, exclude []string) (*Filter, error) {
	f := new(Filter)
	for _, list := range []struct {
		name string
		from []string
		to   *[]countedPattern
	}{{"include", include, &f.include}, {"exclude", exclude, &f.exclude}} {
		for _, text := range list.from {
			p, err := ParsePattern(text)
			if err != nil {
				return nil, fmt.Errorf("the pattern %q of %s is wrong: %w", text, list.name, err)
			}
			*list.to = append(*list.to, countedPattern{Pattern: p})
		}
	}
	return f, nil
}

// Match reports whether the node at the path below another one is meant. It notes which
// patterns have been of use.
func (f *Filter) Match(rel string) bool {
	return (len(f.include) == 0 || anyMatch(f.include, rel)) && !anyMatch(f.exclude, rel)
}

// Below reports whether a node further down than the one at the path can be meant. If not, a
// walk need not go there. The path is empty for the node that patterns are relative to.
func (f *Filter) Below(rel string) bool {
	var names []string
	if rel != "" {
		names = strings.Split(rel, "/")
	}
	everything := func(left []string) bool {
		return len(left) > 0 && !slices.ContainsFunc(left, func(element string) bool { return element != anyDepth })
	}
	something := func(left []string) bool { return len(left) > 0 }
	leaves := func(ok func(left []string) bool) func(countedPattern) bool {
		return func(p countedPattern) bool {
			return slices.ContainsFunc(p.alternatives, func(elements []string) bool { return slices.ContainsFunc(left(elements, names), ok) })
		}
	}
	return !slices.ContainsFunc(f.exclude, leaves(everything)) && (len(f.include) == 0 || slices.ContainsFunc(f.include, leaves(something)))
}

// left returns what can be left of the elements of a pattern once they have matched the names,
// for names further down to match.
func left(elements, names []string) (all [][]string) {
	// at[i] is whether the names so far can have been matched by the first i elements.
	at := make([]bool, len(elements)+1)
	at[0] = true
	for n := 0; ; n++ {
		for i, element := range elements {
			if at[i] && element == anyDepth {
				at[i+1] = true
			}
		}
		if n == len(names) {
			break
		}
		next := make([]bool, len(at))
		for i, element := range elements {
			switch {
			case !at[i]:
			case element == anyDepth:
				next[i] = true
			default:
				next[i+1] = next[i+1] || matchesName(element, names[n])
			}
		}
		at = next
	}
	for i, can := range at {
		if can {
			all = append(all, elements[i:])
		}
	}
	return all
}

// anyMatch asks all of them, because each is to be noted.
func anyMatch(patterns []countedPattern, rel string) (matched bool) {
	for i := range patterns {
		if patterns[i].Match(rel) {
			patterns[i].used, matched = true, true
		}
	}
	return matched
}

// Unused returns the patterns that no node has matched so far: a pattern with a slip in it
// selects nothing, without a word.
func (f *Filter) Unused() (include, exclude []string) {
	unused := func(patterns []countedPattern) (texts []string) {
		for _, p := range patterns {
			if !p.used {
				texts = append(texts, p.text)
			}
		}
		return texts
	}
	return unused(f.include), unused(f.exclude)
}
