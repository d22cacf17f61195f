package engine

import (
	"encoding/asn1"
	"encoding/hex"
	"slices"
	"strings"
)

// javaKeywords are the attributes that Java names in the notation of RFC 2253, by their OIDs. What
// else a subject has is shown by its OID and its value in DER, as RFC 2253 wants it, while
// openssl and crypto/x509 name some more, and not all of these.
var javaKeywords = map[string]string{
	"2.5.4.3":                    "CN",
	"2.5.4.6":                    "C",
	"2.5.4.7":                    "L",
	"2.5.4.8":                    "ST",
	"2.5.4.9":                    "STREET",
	"2.5.4.10":                   "O",
	"2.5.4.11":                   "OU",
	"0.9.2342.19200300.100.1.25": "DC",
	"0.9.2342.19200300.100.1.1":  "UID",
}

// A subjectAttribute is one type and value of a distinguished name.
type subjectAttribute struct {
	Type  asn1.ObjectIdentifier
	Value asn1.RawValue
}

// A subjectPartSET is one relative distinguished name: mostly one attribute.
type subjectPartSET []subjectAttribute

// javaName returns a distinguished name as Java's X500Principal.getName does, by which servers know
// who presents a certificate with this subject.
func javaName(der []byte) (string, error) {
	var parts []subjectPartSET
	if _, err := asn1.Unmarshal(der, &parts); err != nil {
		return "", err
	}
	var b strings.Builder
	for i, part := range slices.Backward(parts) {
		for j, attribute := range part {
			if j > 0 {
				b.WriteByte('+')
			}
			attribute.write(&b)
		}
		if i > 0 {
			b.WriteByte(',')
		}
	}
	return b.String(), nil
}

func (a subjectAttribute) write(b *strings.Builder) {
	oid := a.Type.String()
	keyword, named := javaKeywords[oid]
	if !named {
		b.WriteString(oid)
	}
	b.WriteString(keyword + "=")
	if !named || !isJavaText(a.Value) {
		b.WriteString("#" + hex.EncodeToString(a.Value.FullBytes))
		return
	}
	// Java takes the bytes of all kinds of text for UTF-8.
	text := []rune(string(a.Value.Bytes))
	isBlank := func(r rune) bool { return r == ' ' || r == '\r' }
	begin, end := 0, len(text)
	for begin < end && isBlank(text[begin]) {
		begin++
	}
	for end > begin && isBlank(text[end-1]) {
		end--
	}
	for i, r := range text {
		switch {
		case r == 0:
			b.WriteString(`\00`)
		case strings.ContainsRune(`,=+<>#;"\`, r), i < begin, i >= end:
			b.WriteString(`\` + string(r))
		default:
			b.WriteRune(r)
		}
	}
}

// isJavaText reports whether a value is of a type that Java shows as text.
func isJavaText(v asn1.RawValue) bool {
	const universalString = 28
	switch v.Tag {
	case asn1.TagPrintableString, asn1.TagUTF8String, asn1.TagT61String, asn1.TagIA5String, asn1.TagGeneralString, asn1.TagBMPString, universalString:
		return v.Class == asn1.ClassUniversal
	}
	return false
}
