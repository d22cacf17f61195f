package sasl

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"terraform-provider-zookeeper/internal/zk/guard"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// This is MIT Kerberos' reader of profiles (util/profile/prof_parse.c), of which krb5.conf is one. It takes what that
// one takes and refuses what that one refuses: a file works here as it does with kinit.

const (
	// maxProfileDepth bounds the files that include each other.
	maxProfileDepth = 10
	// maxProfileFiles bounds the files of one profile.
	maxProfileFiles = 1000
	// maxProfileLine is the size of MIT Kerberos' buffer, with which it takes a longer line for several.
	maxProfileLine = 2047
)

// A profile is what files say, the first of them first.
type profile []*section

// A section is what stands below a header, or between braces.
type section struct {
	entries []entry
	// final is set by a "*" after the section: the files that come next add nothing to it.
	final bool
}

// An entry is a value with its name, or a section within another.
type entry struct {
	name  string
	value string
	sub   *section // nil for a value
	at    place
}

// A place is where something stands.
type place struct {
	file string
	line int
}

// errorf makes an error of what stands at a place. It does not repeat that: another file may have been taken for a
// profile, such as a keytab. There is a file of this name: it has been read.
func (p place) errorf(format string, args ...any) error {
	return fmt.Errorf("krb5.conf %s: line %d %w", shown.Text(p.file), p.line, fmt.Errorf(format, args...))
}

// all returns the values and sections with a name below a path of sections: those of all files, up to the one in which
// the section is final.
func (p profile) all(path []string, name string) (found []entry) {
	for _, s := range p {
		final := false
		for _, part := range path {
			if s = s.section(part); s == nil {
				break
			}
			final = final || s.final
		}
		if s != nil {
			for _, e := range s.entries {
				if e.name == name {
					found = append(found, e)
				}
			}
		}
		if final {
			break
		}
	}
	return found
}

// values returns the values with a name below a path of sections.
func (p profile) values(name string, path ...string) (found []entry) {
	for _, e := range p.all(path, name) {
		if e.sub == nil {
			found = append(found, e)
		}
	}
	return found
}

// value returns the first value with a name below a path of sections.
func (p profile) value(name string, path ...string) (first entry, ok bool) {
	if found := p.values(name, path...); len(found) > 0 {
		return found[0], true
	}
	return entry{}, false
}

// section returns the section with a name; nil when there is none.
func (s *section) section(name string) *section {
	for _, e := range s.entries {
		if e.sub != nil && e.name == name {
			return e.sub
		}
	}
	return nil
}

// enter returns the section with a name, and makes it where there is none.
func (s *section) enter(name string, at place) *section {
	if sub := s.section(name); sub != nil {
		return sub
	}
	sub := &section{}
	s.entries = append(s.entries, entry{name: name, sub: sub, at: at})
	return sub
}

// A profileReader reads the files of a profile.
type profileReader struct {
	// file reads a file, and folder the sorted names of the files in a folder.
	file   func(ctx context.Context, name string, limit int64) ([]byte, error)
	folder func(ctx context.Context, name string) ([]string, error)
	files  int
	bytes  int64
}

func newProfileReader() *profileReader {
	return &profileReader{file: guard.ReadFile, folder: guard.ReadFolder}
}

// read reads a file, or all of a folder, and what is included there, until ctx ends. An optional file may be missing.
func (r *profileReader) read(ctx context.Context, name string, optional bool) (*section, error) {
	root := &section{}
	if files, err := r.inFolder(ctx, name); err == nil {
		for _, file := range files {
			if err := r.add(ctx, root, file, false); err != nil {
				return nil, err
			}
		}
		return root, nil
	}
	if err := r.add(ctx, root, name, optional); err != nil {
		return nil, err
	}
	return root, nil
}

// add adds what a file says to a profile.
func (r *profileReader) add(ctx context.Context, root *section, file string, optional bool) error {
	content, err := r.content(ctx, file)
	if optional && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("krb5.conf: %w", err)
	}
	return r.parse(ctx, root, file, content, 1)
}

// inFolder returns the files of a folder that are to be included.
func (r *profileReader) inFolder(ctx context.Context, folder string) (files []string, err error) {
	names, err := r.folder(ctx, folder)
	for _, name := range names {
		if isProfileName(name) {
			files = append(files, filepath.Join(folder, name))
		}
	}
	return files, err
}

func (r *profileReader) content(ctx context.Context, file string) ([]byte, error) {
	r.files++
	if r.files > maxProfileFiles {
		return nil, fmt.Errorf("there are more than %d files", maxProfileFiles)
	}
	content, err := r.file(ctx, file, guard.MaxKRB5Conf)
	if err != nil && guard.IsNull(ctx, file) {
		// Packages and administrators mask a file with it.
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r.bytes += int64(len(content))
	if r.bytes > guard.MaxKRB5Conf {
		return nil, fmt.Errorf("the files take more than %d bytes together", guard.MaxKRB5Conf)
	}
	return content, nil
}

// parse adds what a file says to a profile. Its sections are those of the files that include it; what is between
// braces is its own.
func (r *profileReader) parse(ctx context.Context, root *section, file string, content []byte, depth int) error {
	p := &profileParser{root: root}
	number := 0
	for line := range strings.Lines(string(content)) {
		number++
		at := place{file, number}
		for line != "" {
			part := line[:min(len(line), maxProfileLine)]
			line = line[len(part):]
			part, _, _ = strings.Cut(part, "\x00") // the end of a string in C
			var err error
			if name, ok := profileDirective(part, "include"); ok {
				err = r.includeFile(ctx, root, at, name, depth)
			} else if name, ok = profileDirective(part, "includedir"); ok {
				err = r.includeFolder(ctx, root, at, name, depth)
			} else {
				err = p.line(part, at)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// profileDirective returns what comes after a word at the start of a line.
func profileDirective(line, word string) (argument string, ok bool) {
	rest, ok := strings.CutPrefix(line, word)
	if !ok || rest == "" || !strings.ContainsRune(space, rune(rest[0])) {
		return "", false
	}
	return strings.TrimRight(strings.TrimLeft(rest, space), "\r\n"), true
}

func (r *profileReader) includeFile(ctx context.Context, root *section, at place, name string, depth int) error {
	if depth == maxProfileDepth {
		return at.errorf("includes a file, and %d already include each other", maxProfileDepth)
	}
	content, err := r.content(ctx, name)
	if err != nil {
		return at.errorf("includes a file: %w", err)
	}
	return r.parse(ctx, root, name, content, depth+1)
}

func (r *profileReader) includeFolder(ctx context.Context, root *section, at place, name string, depth int) error {
	files, err := r.inFolder(ctx, name)
	if err != nil {
		return at.errorf("includes a folder: %w", err)
	}
	for _, file := range files {
		if err := r.includeFile(ctx, root, at, file, depth); err != nil {
			return err
		}
	}
	return nil
}

// isProfileName reports whether a file in a folder is one to include: editors and packages leave others there.
func isProfileName(name string) bool {
	if strings.HasPrefix(name, ".") {
		return false
	}
	return strings.HasSuffix(name, ".conf") || !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}

// space is what C's isspace takes for white space.
const space = " \t\n\v\f\r"

// A profileParser parses the lines of one file.
type profileParser struct {
	root *section
	// open are the section that has begun, and those between braces within it.
	open []*section
	// began is set by the first header. Everything before it is a comment.
	began bool
	// brace is set where the next line has to open a section.
	brace bool
}

func (p *profileParser) line(line string, at place) error {
	if p.brace {
		if !strings.HasPrefix(strings.TrimLeft(line, space), "{") {
			return at.errorf(`has to begin with "{"`)
		}
		p.brace = false
		return nil
	}
	if !p.began {
		if _, ok := profileDirective(line, "module"); ok {
			return at.errorf("loads a module, which is not supported")
		}
		if !strings.HasPrefix(line, "[") {
			return nil
		}
		p.began = true
	}
	line = strings.TrimLeft(line, space)
	line = strings.TrimRight(line, "\r\n")
	switch {
	case line == "" || line[0] == ';' || line[0] == '#':
		return nil
	case line[0] == '[':
		return p.header(line[1:], at)
	case line[0] == '}':
		if len(p.open) == 1 {
			return at.errorf(`has a "}" without a "{"`)
		}
		last := len(p.open) - 1
		p.open[last].final = p.open[last].final || strings.HasPrefix(line, "}*")
		p.open = p.open[:last]
		return nil
	default:
		return p.relation(line, at)
	}
}

func (p *profileParser) header(line string, at place) error {
	if len(p.open) > 1 {
		return at.errorf(`begins a section before the "}" of the last one`)
	}
	name, rest, found := strings.Cut(line, "]")
	if !found {
		return at.errorf(`has no "]"`)
	}
	s := p.root.enter(name, at)
	p.open = []*section{s}
	if after, final := strings.CutPrefix(rest, "*"); final {
		s.final, rest = true, after
	}
	if strings.Trim(rest, space) != "" {
		return at.errorf(`goes on after the "]"`)
	}
	return nil
}

func (p *profileParser) relation(line string, at place) error {
	name, value, found := strings.Cut(line, "=")
	name = strings.TrimRight(name, space)
	if !found || name == "" || strings.ContainsAny(name, space) {
		return at.errorf(`is no section, no comment and no "name = value"`)
	}
	name, _, final := strings.Cut(name, "*")
	value = strings.TrimLeft(value, space)
	s := p.open[len(p.open)-1]
	switch {
	case value == "" || value[0] == '{' && strings.Trim(value[1:], space) == "":
		p.brace = value == ""
		sub := s.enter(name, at)
		sub.final = sub.final || final
		p.open = append(p.open, sub)
		return nil
	case value[0] == '"':
		value = unquote(value[1:])
	default:
		value = strings.TrimRight(value, space)
	}
	s.entries = append(s.entries, entry{name: name, value: value, at: at})
	return nil
}

// unquote returns what is in quotes, of which the first is gone. Nothing looks at what comes after the second.
func unquote(s string) string {
	var b strings.Builder
	for i := 0; i < len(s) && s[i] != '"'; i++ {
		c := s[i]
		if c == '\\' && i+1 < len(s) {
			i++
			switch c = s[i]; c {
			case 'n':
				c = '\n'
			case 't':
				c = '\t'
			case 'b':
				c = '\b'
			}
		}
		b.WriteByte(c)
	}
	return b.String()
}
