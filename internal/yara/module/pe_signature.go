package module

import (
	"bytes"

	"vigie/internal/yara/decl"
)

// peSignature is an Authenticode signature: a PKCS#7 message in the table of certificates, or one nested in another. Nothing is verified:
// what a signature says is a claim, and the fields of libyara that judge it are left out.
type peSignature struct {
	signer       *certificate // nil when it is not among the certificates
	certificates []*certificate
	digestAlg    string
	digest       []byte
}

const (
	maxSignatures   = 64
	maxCertificates = 256 // of one signature
	maxSignedSize   = 16 << 20
	certPKCS7       = 2 // wCertificateType
)

// The object identifiers that lead to a signature, as they are encoded.
var (
	oidSignedData      = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02}
	oidNestedSignature = []byte{0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x04, 0x01}
)

// signatureList reads all signatures: those of the table, each followed by those nested in it.
func (p *pe) signatureList() []peSignature {
	return *p.signatures.get(func() (all []peSignature) {
		at32, size, ok := p.directory(dirSecurity)
		at := int64(at32) // an offset in the file, other than in all other directories
		if !ok || at == 0 || !p.data.fits(at, int64(size)) || !p.scan.Work(int64(size)) {
			return nil
		}
		for end := at + int64(size); at+8 <= end && len(all) < maxSignatures; {
			length, _ := p.data.u32(at)
			kind, _ := p.data.u16(at + 6)
			if length < 8 || at+int64(length) > end {
				break
			}
			if kind == certPKCS7 && length <= maxSignedSize {
				all = readSignatures(p.data[at+8:at+int64(length)], all)
			}
			at += (int64(length) + 7) &^ 7
		}
		return all
	})
}

// readSignatures reads a message and those nested in it, one behind the other.
func readSignatures(message []byte, all []peSignature) []peSignature {
	for queue := [][]byte{message}; len(queue) > 0 && len(all) < maxSignatures; queue = queue[1:] {
		info, _, ok := nextDER(queue[0])
		if !ok {
			continue
		}
		parts := info.children(2)
		if len(parts) < 2 || !bytes.Equal(parts[0].body, oidSignedData) {
			continue
		}
		signed, ok := parts[1].path(tagSequence)
		if !ok {
			continue
		}
		s, nested := readSigned(signed)
		all = append(all, s)
		if len(queue) < maxSignatures {
			queue = append(queue, nested...)
		}
	}
	return all
}

// readSigned reads a SignedData: version, digest algorithms, content, certificates [0], revocations [1], signers.
func readSigned(signed der) (s peSignature, nested [][]byte) {
	parts := signed.children(8)
	var signers []der
	for i, part := range parts {
		switch {
		case i == 2 && part.tag == tagSequence:
			// The content is a sequence of its own: what is signed, and the digest as algorithm and octets.
			if digest, ok := part.path(tagContext0, tagSequence); ok {
				if two := digest.children(2); len(two) == 2 {
					if alg, ok := two[1].path(tagSequence, tagOID); ok {
						s.digestAlg = digestName(alg.body)
					}
					if octets, ok := two[1].path(tagOctetString); ok {
						s.digest = octets.body
					}
				}
			}
		case i > 2 && part.tag == tagContext0:
			for _, c := range part.children(maxCertificates) {
				if cert := readCertificate(c); cert != nil {
					s.certificates = append(s.certificates, cert)
				}
			}
		case i > 2 && part.tag == tagSet:
			signers = part.children(1)
		}
	}
	if len(signers) == 0 {
		return s, nil
	}
	for i, part := range signers[0].children(8) {
		switch {
		case i == 1 && part.tag == tagSequence:
			if id := part.children(2); len(id) == 2 {
				for _, c := range s.certificates {
					if bytes.Equal(c.issuerDER, id[0].full) && bytes.Equal(c.serialDER, id[1].body) {
						s.signer = c
						break
					}
				}
			}
		case part.tag == tagContext1:
			for _, attribute := range part.children(64) {
				if two := attribute.children(2); len(two) == 2 && bytes.Equal(two[0].body, oidNestedSignature) {
					for _, message := range two[1].children(maxSignatures) {
						nested = append(nested, message.full)
					}
				}
			}
		}
	}
	return s, nested
}

// validOn reports whether the certificate of the signer was valid at a time.
func (s *peSignature) validOn(when int64) decl.Value {
	if s.signer == nil || s.signer.notBefore.Kind != decl.Int || s.signer.notAfter.Kind != decl.Int {
		return decl.Value{}
	}
	return decl.BoolOf(s.signer.notBefore.Int <= when && when <= s.signer.notAfter.Int)
}
