package keyfile

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"terraform-provider-zookeeper/internal/zk/guard"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// Certificates returns the certificates of a text in PEM, in their order. One that cannot be
// read is an error that says which, however many are good.
func Certificates(text []byte) ([]*x509.Certificate, error) {
	all, err := certificates(text)
	if err != nil {
		return nil, err
	}
	certs := make([]*x509.Certificate, len(all))
	for i, c := range all {
		certs[i] = c.Certificate
	}
	return certs, nil
}

// Authorities is [Certificates] for those that others are verified by. An error tells of one that
// openssl has marked as not to be trusted for that, in a TRUSTED CERTIFICATE.
func Authorities(text []byte) ([]*x509.Certificate, error) {
	all, err := certificates(text)
	if err != nil {
		return nil, err
	}
	certs := make([]*x509.Certificate, len(all))
	for i, c := range all {
		if c.distrusted {
			return nil, fmt.Errorf("certificate %d of %d is marked as not to be trusted for servers (openssl x509 -addtrust, -addreject)", i+1, len(all))
		}
		certs[i] = c.Certificate
	}
	return certs, nil
}

// certificate is one with what is said of it in the same block.
type certificate struct {
	*x509.Certificate

	distrusted bool
}

func certificates(text []byte) ([]certificate, error) {
	found := pieces(text, func(label string) bool { return strings.HasSuffix(label, "CERTIFICATE") })
	if len(found) == 0 {
		return nil, errors.New("there is no certificate in PEM" + insteadOf(text))
	}
	all := make([]certificate, len(found))
	for i, p := range found {
		var err error
		if all[i], err = p.certificate(); err == nil {
			continue
		}
		which := "the certificate"
		if len(found) > 1 {
			which = fmt.Sprintf("certificate %d of %d", i+1, len(found))
		}
		return nil, fmt.Errorf("%s cannot be read: %w", which, err)
	}
	return all, nil
}

// A piece is what begins like a block in PEM. Its block is nil where it turns out to be no block.
type piece struct {
	label string
	block *pem.Block
}

// pieces returns those of a text whose label is wanted. Unlike [pem.Decode] it leaves out none
// that is damaged.
func pieces(text []byte, wanted func(label string) bool) (all []piece) {
	const begin, dashes = "-----BEGIN ", "-----"
	text = plain(text)
	for {
		at := bytes.Index(text, []byte(begin))
		if at < 0 {
			return all
		}
		atStart := at == 0 || text[at-1] == '\n'
		text = text[at:]
		end := bytes.Index(text[len(begin):], []byte("\n"+begin))
		own := text
		if end >= 0 {
			own = text[:len(begin)+end+1]
		}
		line, _, _ := bytes.Cut(own[len(begin):], []byte("\n"))
		label, _, _ := strings.Cut(string(line), dashes)
		if p := (piece{label: strings.TrimSpace(label)}); atStart && wanted(p.label) {
			var rest []byte
			p.block, rest = pem.Decode(own)
			if bytes.Contains(rest, []byte("-----END ")) {
				p.block = nil // of another block, the beginning of which is damaged
			}
			all = append(all, p)
		}
		text = text[len(own):]
	}
}

// plain returns a text without the mark of the byte order that editors and shells of Windows
// put at its beginning, in UTF-8 where that mark says UTF-16.
func plain(text []byte) []byte {
	decoded, _, err := transform.Bytes(unicode.BOMOverride(transform.Nop), text)
	if err != nil {
		return text
	}
	return decoded
}

var (
	oidServerAuth  = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 1}
	oidAnyPurpose  = asn1.ObjectIdentifier{2, 5, 29, 37, 0}
	errDamagedPEM  = errors.New("its block in PEM is damaged")
	errTrailingDER = errors.New("there is more after it in the same block")
)

// certificate reads the certificate of a piece.
func (p piece) certificate() (c certificate, err error) {
	if p.block == nil {
		return c, errDamagedPEM
	}
	der := p.block.Bytes
	if p.label == "TRUSTED CERTIFICATE" {
		// After the certificate there is what OpenSSL trusts it for (X509_CERT_AUX).
		var raw asn1.RawValue
		aux, err := asn1.Unmarshal(der, &raw)
		if err != nil {
			return c, shown.Error(err)
		}
		der = raw.FullBytes
		if c.distrusted, err = distrusted(aux); err != nil {
			return c, err
		}
	}
	err = guard.Decode(func() (err error) {
		c.Certificate, err = x509.ParseCertificate(der)
		return err
	})
	return c, shown.Error(err)
}

// distrusted reports whether OpenSSL would not trust a certificate for servers.
func distrusted(der []byte) (bool, error) {
	if len(der) == 0 {
		return false, nil
	}
	var aux asn1.RawValue
	if rest, err := asn1.Unmarshal(der, &aux); err != nil {
		return false, shown.Error(err)
	} else if len(rest) > 0 {
		return false, errTrailingDER
	}
	forServers := func(oid asn1.ObjectIdentifier) bool { return oid.Equal(oidServerAuth) || oid.Equal(oidAnyPurpose) }
	for rest := aux.Bytes; len(rest) > 0; {
		var field asn1.RawValue
		var err error
		if rest, err = asn1.Unmarshal(rest, &field); err != nil {
			return false, shown.Error(err)
		}
		trust := field.Class == asn1.ClassUniversal && field.Tag == asn1.TagSequence
		reject := field.Class == asn1.ClassContextSpecific && field.Tag == 0
		if !trust && !reject {
			continue
		}
		var oids []asn1.ObjectIdentifier
		for list := field.Bytes; len(list) > 0; {
			var oid asn1.ObjectIdentifier
			if list, err = asn1.Unmarshal(list, &oid); err != nil {
				return false, shown.Error(err)
			}
			oids = append(oids, oid)
		}
		if slices.ContainsFunc(oids, forServers) == reject {
			return true, nil
		}
	}
	return false, nil
}

// insteadOf says what was found instead of what was looked for, where that can be told.
func insteadOf(content []byte) string {
	switch found := kind(content); {
	case len(pieces(content, func(label string) bool { return label == "PKCS7" })) > 0:
		return ", but PKCS #7: openssl pkcs7 -print_certs makes PEM of it"
	case found != "":
		return ", but " + found
	case len(pieces(content, func(string) bool { return true })) > 0:
		return ""
	case guard.Decode(func() error { _, err := x509.ParseCertificate(content); return err }) == nil:
		return ", but one in DER: openssl x509 -inform der makes PEM of it"
	}
	return ""
}
