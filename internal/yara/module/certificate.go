package module

import (
	"crypto/sha1"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"vigie/internal/yara/decl"
)

// certificate is what rules ask of an X.509 certificate. Its parts are taken as they are: forged and broken ones are read as far as possible.
type certificate struct {
	issuerDER, serialDER    []byte
	thumbprint              string // SHA-1 of it all, in hexadecimal
	issuer, subject         string // "/C=FR/O=.../CN=..."
	serial                  string // bytes in hexadecimal, with colons between them
	version                 int64
	algorithm, algorithmOID string
	notBefore, notAfter     decl.Value // seconds since 1970
}

// readCertificate reads a certificate; nil when it is none.
//
//	SEQUENCE { SEQUENCE { [0] version, serial, algorithm, issuer, SEQUENCE { from, to }, subject, ... }, ... }
func readCertificate(e der) *certificate {
	tbs, ok := e.path(tagSequence)
	if e.tag != tagSequence || !ok {
		return nil
	}
	parts := tbs.children(8)
	c := &certificate{version: 1}
	if len(parts) > 0 && parts[0].tag == tagContext0 {
		if v, ok := parts[0].path(tagInteger); ok && len(v.body) == 1 {
			c.version = int64(v.body[0]) + 1
		}
		parts = parts[1:]
	}
	if len(parts) < 5 || parts[0].tag != tagInteger {
		return nil
	}
	sum := sha1.Sum(e.full)
	c.thumbprint = hex.EncodeToString(sum[:])
	c.serialDER, c.serial = parts[0].body, colons(parts[0].body)
	if alg, ok := parts[1].path(tagOID); ok {
		c.algorithmOID = dotted(alg.body)
		if c.algorithm = signatureAlgorithms[c.algorithmOID]; c.algorithm == "" {
			c.algorithm = c.algorithmOID
		}
	}
	c.issuerDER, c.issuer = parts[2].full, oneLine(parts[2])
	if times := parts[3].children(2); len(times) == 2 {
		c.notBefore, c.notAfter = derTime(times[0]), derTime(times[1])
	}
	c.subject = oneLine(parts[4])
	return c
}

// maxSerial is how many bytes of a number are shown; the standard allows 20.
const maxSerial = 64

func colons(b []byte) string {
	var s strings.Builder
	for i, c := range b[:min(len(b), maxSerial)] {
		if i > 0 {
			s.WriteByte(':')
		}
		s.WriteString(hex.EncodeToString([]byte{c}))
	}
	return s.String()
}

// derTime reads a time, which is always UTC.
func derTime(e der) decl.Value {
	text := string(e.body)
	layout := "20060102150405Z"
	if e.tag == tagUTCTime {
		layout = "060102150405Z"
	}
	t, err := time.Parse(layout, text)
	if err != nil {
		return decl.Value{}
	}
	// Two digits mean 1970 to 2069 for libyara.
	if e.tag == tagUTCTime && t.Year() < 1970 {
		t = t.AddDate(100, 0, 0)
	}
	return decl.IntOf(t.Unix())
}

// oneLine writes a name as OpenSSL does on one line; bytes that are not printable ASCII become \xNN.
func oneLine(name der) string {
	const most = 256 // parts; real names have a dozen
	var s strings.Builder
	for _, set := range name.children(most) {
		for _, pair := range set.children(8) {
			two := pair.children(2)
			if len(two) < 2 || two[0].tag != tagOID {
				continue
			}
			oid := dotted(two[0].body)
			if short, ok := attributeNames[oid]; ok {
				oid = short
			}
			s.WriteString("/" + oid + "=")
			for _, c := range two[1].body {
				if c < ' ' || c > '~' {
					s.WriteString(`\x` + strings.ToUpper(hex.EncodeToString([]byte{c})))
				} else {
					s.WriteByte(c)
				}
			}
		}
	}
	return s.String()
}

// dotted writes an object identifier. One that is damaged ends where the damage is.
func dotted(b []byte) string {
	var s strings.Builder
	var n uint64
	for _, c := range b[:min(len(b), maxSerial)] {
		if n >= 1<<56 {
			break
		}
		n = n<<7 | uint64(c&0x7f)
		if c&0x80 != 0 {
			continue
		}
		if s.Len() == 0 {
			first := min(n/40, 2)
			s.WriteString(strconv.FormatUint(first, 10))
			n -= 40 * first
		}
		s.WriteByte('.')
		s.WriteString(strconv.FormatUint(n, 10))
		n = 0
	}
	return s.String()
}

// attributeNames are the short names of OpenSSL.
var attributeNames = map[string]string{
	"2.5.4.3": "CN", "2.5.4.4": "SN", "2.5.4.5": "serialNumber", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.9": "street",
	"2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.12": "title", "2.5.4.13": "description", "2.5.4.15": "businessCategory",
	"2.5.4.17": "postalCode", "2.5.4.41": "name", "2.5.4.42": "GN", "2.5.4.43": "initials", "2.5.4.46": "dnQualifier",
	"2.5.4.97": "organizationIdentifier", "1.2.840.113549.1.9.1": "emailAddress", "0.9.2342.19200300.100.1.1": "UID",
	"0.9.2342.19200300.100.1.25": "DC", "1.3.6.1.4.1.311.60.2.1.1": "jurisdictionL", "1.3.6.1.4.1.311.60.2.1.2": "jurisdictionST",
	"1.3.6.1.4.1.311.60.2.1.3": "jurisdictionC",
}

// signatureAlgorithms are the long names of OpenSSL.
var signatureAlgorithms = map[string]string{
	"1.2.840.113549.1.1.4": "md5WithRSAEncryption", "1.2.840.113549.1.1.5": "sha1WithRSAEncryption",
	"1.2.840.113549.1.1.10": "rsassaPss", "1.2.840.113549.1.1.11": "sha256WithRSAEncryption",
	"1.2.840.113549.1.1.12": "sha384WithRSAEncryption", "1.2.840.113549.1.1.13": "sha512WithRSAEncryption",
	"1.2.840.10045.4.1": "ecdsa-with-SHA1", "1.2.840.10045.4.3.2": "ecdsa-with-SHA256", "1.2.840.10045.4.3.3": "ecdsa-with-SHA384",
	"1.2.840.10045.4.3.4": "ecdsa-with-SHA512", "1.3.14.3.2.29": "sha1WithRSA", "1.2.840.113549.1.1.2": "md2WithRSAEncryption",
}

// digestName gives the name of a digest algorithm, or its identifier.
func digestName(oid []byte) string {
	s := dotted(oid)
	if name, ok := map[string]string{"1.2.840.113549.2.5": "md5", "1.3.14.3.2.26": "sha1", "2.16.840.1.101.3.4.2.1": "sha256",
		"2.16.840.1.101.3.4.2.2": "sha384", "2.16.840.1.101.3.4.2.3": "sha512"}[s]; ok {
		return name
	}
	return s
}
