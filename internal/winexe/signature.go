package winexe

// The table of certificates stands at an offset of the file, not at an address: it is not loaded. Each entry is
//
//	u32 length | u16 revision | u16 type | certificate, padded to eight bytes
//
// and Authenticode is a PKCS #7 message, which begins as a sequence of ASN.1.
const (
	certificateHeader = 8
	typePKCS          = 2
	asn1Sequence      = 0x30
	maxCertificates   = 16
)

// signed tells whether the file bears an Authenticode signature.
func (b *file) signed() (bool, error) {
	d := b.dirs[dirSecurity]
	if d.address == 0 || d.size == 0 {
		return false, nil
	}
	at, left := int64(d.address), int64(d.size)
	for range maxCertificates {
		if left < certificateHeader+1 {
			break
		}
		head, err := b.bytes("certificate table", at, certificateHeader+1)
		if err != nil {
			return false, err
		}
		length := int64(u32(head, 0))
		if length <= certificateHeader || length > left || at+length > b.size {
			return false, b.fail("certificate table", at, "certificate of %d bytes, have %d", length, min(left, b.size-at))
		}
		if u16(head, 6) == typePKCS && head[certificateHeader] == asn1Sequence {
			return true, nil
		}
		length = (length + 7) &^ 7
		at, left = at+length, left-length
	}
	return false, nil
}
