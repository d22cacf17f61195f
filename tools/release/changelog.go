package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// heading is how a version begins: "## 1.2.3 (Unreleased)" or "## 1.2.3 (March 1, 2027)".
var heading = regexp.MustCompile(`^## (\d+\.\d+\.\d+(?:-[0-9A-Za-z.]+)?) \((.+)\)$`)

// unreleased stands for the date of the version that is being worked on.
const unreleased = "Unreleased"

// groups are the parts of a version, in their order.
var groups = []string{"BREAKING CHANGES:", "NOTES:", "FEATURES:", "ENHANCEMENTS:", "BUG FIXES:"}

// section is what CHANGELOG.md says of a version.
type section struct {
	version, date string
	lines         []string
}

// changelog reads CHANGELOG.md, the newest version first.
func (r *release) changelog() ([]section, error) {
	data, err := os.ReadFile(filepath.Join(r.root, "CHANGELOG.md"))
	if err != nil {
		return nil, err
	}
	return parseChangelog(string(data))
}

func parseChangelog(text string) ([]section, error) {
	var sections []section
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "# ") || strings.HasPrefix(line, "## ") {
			m := heading.FindStringSubmatch(line)
			if m == nil {
				return nil, fmt.Errorf("CHANGELOG.md: %q is no heading of a version, as in \"## 1.2.3 (%s)\"", line, unreleased)
			}
			sections = append(sections, section{version: m[1], date: m[2]})
			continue
		}
		if len(sections) == 0 {
			if line != "" {
				return nil, fmt.Errorf("CHANGELOG.md: %q stands before the first version", line)
			}
			continue
		}
		last := &sections[len(sections)-1]
		last.lines = append(last.lines, line)
	}
	if len(sections) == 0 {
		return nil, errors.New("CHANGELOG.md: it has no version")
	}
	return sections, nil
}

// checkChangelog reports whether CHANGELOG.md can be read by those who read many of them.
func (r *release) checkChangelog() error {
	sections, err := r.changelog()
	if err != nil {
		return err
	}
	var errs []error
	for i, s := range sections {
		errs = append(errs, s.check(i == 0))
	}
	return errors.Join(errs...)
}

// check tells what is wrong with a section; only the newest may be without a date.
func (s section) check(newest bool) error {
	if s.date == unreleased {
		if !newest {
			return fmt.Errorf("CHANGELOG.md: %s has no date, and there is a newer version", s.version)
		}
	} else if _, err := time.Parse("January 2, 2006", s.date); err != nil {
		return fmt.Errorf("CHANGELOG.md: the date of %s is %q and should be as in \"March 1, 2027\"", s.version, s.date)
	}
	group := -1
	for _, line := range s.lines {
		switch {
		case line == "" || strings.HasPrefix(line, "  "):
		case strings.HasPrefix(line, "* "):
			if group < 0 {
				return fmt.Errorf("CHANGELOG.md: %s: %q is in no group", s.version, line)
			}
		default:
			next := slices.Index(groups, line)
			if next <= group {
				return fmt.Errorf("CHANGELOG.md: %s: %q should be an item or one of %q, in this order", s.version, line, groups)
			}
			group = next
		}
	}
	return nil
}

// notes are the notes of a version that is about to be released.
func (r *release) notes(version string) (string, error) {
	sections, err := r.changelog()
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(sections, func(s section) bool { return s.version == version })
	if i < 0 {
		return "", fmt.Errorf("CHANGELOG.md: it says nothing of %s", version)
	}
	if sections[i].date == unreleased {
		return "", fmt.Errorf("CHANGELOG.md: %s has no date", version)
	}
	return strings.TrimSpace(strings.Join(sections[i].lines, "\n")), nil
}
