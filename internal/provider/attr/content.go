package attr

import (
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/types"
	"golang.org/x/text/unicode/norm"
)

// The attribute `data` of a resource holds text, and a node holds bytes. Not all bytes are
// text that the attribute can hold: some are not UTF-8, and the CLIs bring every string to
// Unicode's form NFC. Such content stands in the attribute as a description that has all of
// it in base64, as in
//
//	(2 bytes, not UTF-8, in base64: //4=)
//
// So a plan shows it as a change of `data`, ignore_changes can leave it alone, and nothing
// of it is lost. Users may not write such a text (see [CheckText]), and content that happens
// to read like one is described as well, so that the two are never confused.
var described = regexp.MustCompile(`^\(\d+ bytes?, .*, in base64: ([A-Za-z0-9+/]*={0,2})\)$`)

// TextValue is content as the attribute `data` of a resource shows it: the text itself, or a
// description where the attribute cannot hold that.
func TextValue(content []byte) types.String {
	var why string
	switch {
	case !utf8.Valid(content):
		why = "not UTF-8"
	case !norm.NFC.IsNormal(content):
		why = "text in another Unicode form than NFC"
	case IsDescribed(string(content)):
		why = "text that reads like this one"
	default:
		return types.StringValue(string(content))
	}
	unit := "bytes"
	if len(content) == 1 {
		unit = "byte"
	}
	return types.StringValue(fmt.Sprintf("(%d %s, %s, in base64: %s)", len(content), unit, why, base64.StdEncoding.EncodeToString(content)))
}

// TextContent is the opposite of [TextValue].
func TextContent(text string) []byte {
	if IsDescribed(text) {
		encoded := described.FindStringSubmatch(text)[1]
		if content, err := base64.StdEncoding.DecodeString(encoded); err == nil {
			return content
		}
	}
	return []byte(text)
}

// IsDescribed reports whether a text reads like the description of content that the attribute
// `data` cannot hold.
func IsDescribed(text string) bool {
	return strings.HasPrefix(text, "(") && described.MatchString(text)
}

// CheckText reports what is wrong with a text that a user wrote as the content of a node.
func CheckText(text string) error {
	if !IsDescribed(text) {
		return nil
	}
	return errors.New("it is how a plan shows content that data cannot hold, and not the content itself. Write data_base64 with the base64 at its end instead")
}

// Base64Value is content as the attribute `data_base64` shows it.
func Base64Value(content []byte) types.String {
	return types.StringValue(base64.StdEncoding.EncodeToString(content))
}
