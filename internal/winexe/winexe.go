// Package winexe reads which version a Windows binary says it is, and whether it bears a signature.
//
// It follows the headers of the PE format (Microsoft, "PE Format") to the
// version resource (Win32, "VS_VERSIONINFO") and to the table of certificates.
// The bytes are those of strangers: each read is bounded and told by name, each
// list has a limit, and nothing is allocated by a length that the file claims. A
// version resource is text that anybody can write; whether to believe it is for
// the caller.
//
// The YARA module pe reads the same structures, but answers as libyara does:
// over a whole file in memory, within the budget of a scan, texts cut to single
// bytes, and damage read as undefined. Here it is an error with its place.
package winexe

import (
	"errors"
	"io"

	"vigie/internal/buildno"
)

// Info is what a binary says of itself.
type Info struct {
	// FileVersion and ProductVersion are the numbers of the fixed part of the
	// version resource, zero when there is none.
	FileVersion, ProductVersion buildno.Number
	// The texts of the resource, in its first language, at most MaxText bytes each.
	// An update may leave the text behind the number, or the other way round.
	FileVersionText, ProductVersionText, Product, Company, Description, OriginalName string
	// Versioned tells that there is a version resource.
	Versioned bool
	// Signed tells that an Authenticode signature is embedded. Nothing is said of whose
	// it is, nor whether it holds for these bytes. Files signed by a catalogue bear none.
	Signed bool
}

// MaxText bounds each text of Info in bytes.
const MaxText = 256

// ErrNotPE is wrapped by the error of a file that is no PE file.
var ErrNotPE = errors.New("no PE file")

// Offsets and sizes of the headers.
const (
	dosHeader      = 64 // its last four bytes say where the PE header is
	coffHeader     = 24 // with the signature before it
	sectionHeader  = 40
	magicPE32      = 0x10b
	magicPE32Plus  = 0x20b
	dirResource    = 2
	dirSecurity    = 4
	maxSections    = 96   // Windows loads no more
	maxOptional    = 4096 // Windows writes 240 bytes
	maxDirectories = 16
)

// file is a file whose headers were read.
type file struct {
	cursor
	sections []section
	dirs     [maxDirectories]directory
}

// section says where a stretch of addresses stands in the file.
type section struct{ address, virtual, offset, size uint32 }

type directory struct{ address, size uint32 }

// Read reads a binary of size bytes. An error that wraps ErrNotPE says that it
// is none; any other tells what of it is damaged, and Info holds what was read before.
func Read(r io.ReaderAt, size int64) (Info, error) {
	var info Info
	b := file{cursor: cursor{r, size}}
	if err := b.headers(); err != nil {
		return info, err
	}
	signed, err := b.signed()
	info.Signed = signed
	if verr := b.version(&info); verr != nil {
		return info, verr
	}
	return info, err
}

// headers reads all up to the table of sections.
func (b *file) headers() error {
	dos, err := b.bytes("DOS header", 0, dosHeader)
	if err != nil || dos[0] != 'M' || dos[1] != 'Z' {
		return notPE("DOS header")
	}
	at := int64(u32(dos, 60))
	coff, err := b.bytes("PE header", at, coffHeader)
	if err != nil || u32(coff, 0) != 'P'|'E'<<8 {
		return notPE("PE header")
	}
	sections, optional := int(u16(coff, 6)), int64(u16(coff, 20))
	if optional > maxOptional {
		return b.fail("optional header", at+20, "%d bytes, limit %d", optional, maxOptional)
	}
	if sections > maxSections {
		return b.fail("PE header", at+6, "%d sections, limit %d", sections, maxSections)
	}
	at += coffHeader
	opt, err := b.bytes("optional header", at, optional)
	if err != nil {
		return err
	}
	if err := b.directories(opt, at); err != nil {
		return err
	}
	table, err := b.bytes("section table", at+optional, int64(sections)*sectionHeader)
	if err != nil {
		return err
	}
	for ; len(table) > 0; table = table[sectionHeader:] {
		b.sections = append(b.sections, section{virtual: u32(table, 8), address: u32(table, 12), size: u32(table, 16), offset: u32(table, 20)})
	}
	return nil
}

// directories reads the addresses of the tables that the optional header names.
func (b *file) directories(opt []byte, at int64) error {
	if len(opt) < 2 {
		return b.fail("optional header", at, "%d bytes are too few", len(opt))
	}
	var first int
	switch magic := u16(opt, 0); magic {
	case magicPE32:
		first = 96
	case magicPE32Plus:
		first = 112
	default:
		return b.fail("optional header", at, "unknown magic %#x", magic)
	}
	if len(opt) < first {
		return b.fail("optional header", at, "need %d bytes, have %d", first, len(opt))
	}
	n := int(min(u32(opt, first-4), maxDirectories))
	for i := range n {
		if len(opt) < first+8*(i+1) {
			break // a header that ends early names fewer
		}
		b.dirs[i] = directory{u32(opt, first+8*i), u32(opt, first+8*i+4)}
	}
	return nil
}

// offset gives where an address of the loaded program stands in the file.
func (b *file) offset(what string, address uint32) (int64, error) {
	for _, s := range b.sections {
		if d := address - s.address; address >= s.address && d < max(s.virtual, s.size) && d < s.size {
			return int64(s.offset) + int64(d), nil
		}
	}
	return 0, b.fail(what, int64(address), "address is in no section of the file")
}
