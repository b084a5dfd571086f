package yarapack

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
)

// Source is a file that is kept encoded.
type Source struct {
	Name string // with slashes
	Text []byte
}

// The form of an encoded file:
//
//	"VGYP1\n"  magic
//	32 bytes   SHA-256 of the plain stream
//	the rest   the plain stream, deflated, each byte XORed with the next one of ChaCha8 (of math/rand/v2) whose seed is that hash
//
// The plain stream has for each file: length of the name, length of the text (uint32, little-endian), name, text. Nothing of it is secret: the
// form only keeps programs that look for texts, antivirus and web servers above all, from finding any.
const magic = "VGYP1\n"

// maxPlain is how large a plain stream may be, in bytes: many times the rules of today, and no burden on memory.
const maxPlain = 16 << 20

var errDamaged = errors.New("the encoded file is damaged")

// Encode gives files in a form in which none of their texts stands in clear. Equal files give an equal result under one version of Go; another
// one may compress otherwise.
func Encode(files []Source) ([]byte, error) {
	var plain []byte
	for _, f := range files {
		plain = binary.LittleEndian.AppendUint32(plain, uint32(len(f.Name)))
		plain = binary.LittleEndian.AppendUint32(plain, uint32(len(f.Text)))
		plain = append(append(plain, f.Name...), f.Text...)
	}
	if len(plain) > maxPlain {
		return nil, fmt.Errorf("%d bytes, limit %d", len(plain), maxPlain)
	}
	sum := sha256.Sum256(plain)
	out := bytes.NewBufferString(magic)
	out.Write(sum[:])
	w, err := flate.NewWriter(&veil{w: out, key: rand.NewChaCha8(sum)}, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Decode gives the files back. Whatever the bytes, it takes at most 16 MiB of memory beside them.
func Decode(b []byte) ([]Source, error) {
	rest, ok := bytes.CutPrefix(b, []byte(magic))
	if !ok || len(rest) < sha256.Size {
		return nil, fmt.Errorf("%w: no head", errDamaged)
	}
	sum := [sha256.Size]byte(rest)
	r := flate.NewReader(&veil{r: bytes.NewReader(rest[sha256.Size:]), key: rand.NewChaCha8(sum)})
	plain, err := io.ReadAll(io.LimitReader(r, maxPlain+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	case len(plain) > maxPlain:
		return nil, fmt.Errorf("%w: over %d bytes", errDamaged, maxPlain)
	case sha256.Sum256(plain) != sum:
		return nil, fmt.Errorf("%w: another hash", errDamaged)
	}
	var files []Source
	for at := 0; at < len(plain); {
		if len(plain)-at < 8 {
			return nil, fmt.Errorf("%w: file %d has no head", errDamaged, len(files))
		}
		name, text := int64(binary.LittleEndian.Uint32(plain[at:])), int64(binary.LittleEndian.Uint32(plain[at+4:]))
		at += 8
		if name+text > int64(len(plain)-at) {
			return nil, fmt.Errorf("%w: file %d needs %d bytes, %d are left", errDamaged, len(files), name+text, len(plain)-at)
		}
		end := at + int(name)
		files = append(files, Source{string(plain[at:end]), plain[end : end+int(text) : end+int(text)]})
		at = end + int(text)
	}
	return files, nil
}

// veil XORs what goes through it with a stream of bytes.
type veil struct {
	r   io.Reader
	w   io.Writer
	key *rand.ChaCha8
}

func (v *veil) xor(b []byte) {
	k := make([]byte, len(b))
	_, _ = v.key.Read(k) // never fails
	for i := range b {
		b[i] ^= k[i]
	}
}

func (v *veil) Read(b []byte) (int, error) {
	n, err := v.r.Read(b)
	v.xor(b[:n])
	return n, err
}

func (v *veil) Write(b []byte) (int, error) {
	c := bytes.Clone(b)
	v.xor(c)
	return v.w.Write(c)
}
