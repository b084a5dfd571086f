// Package winexetest makes small Windows binaries for tests: headers, a version
// resource and the beginning of a signature, nothing that runs.
package winexetest

import (
	"encoding/binary"
	"unicode/utf16"
)

// Sample describes a binary to make.
type Sample struct {
	Narrow         bool // PE32 in place of PE32+
	File, Product  [4]uint16
	Texts          [][2]string
	NoResource     bool
	Certificate    []byte // with its header; nil for none
	ResourceType   uint32 // 0 for a version
	ClaimedEntries uint16 // 0 for the true number
}

// Numbers of the format.
const (
	fixedMark, fixedSize           = 0xfeef04bd, 52
	below, typeVersion             = 1 << 31, 16
	magicPE32, magicPE32Plus       = 0x10b, 0x20b
	dirResource, dirSecurity, dirs = 2, 4, 16
)

func le16(b []byte, v ...uint16) []byte {
	for _, x := range v {
		b = binary.LittleEndian.AppendUint16(b, x)
	}
	return b
}

func le32(b []byte, v ...uint32) []byte {
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, x)
	}
	return b
}

func pad(b []byte, n int) []byte {
	for len(b)%n != 0 {
		b = append(b, 0)
	}
	return b
}

func utf16z(s string) []byte { return le16(le16(nil, utf16.Encode([]rune(s))...), 0) }

// blockOf makes a block of a version resource.
func blockOf(key string, text bool, value []byte, children ...[]byte) []byte {
	units, kind := uint16(len(value)), uint16(0)
	if text {
		units, kind = units/2, 1
	}
	b := pad(append(le16(nil, 0, units, kind), utf16z(key)...), 4)
	b = append(b, value...)
	for _, c := range children {
		b = append(pad(b, 4), c...)
	}
	binary.LittleEndian.PutUint16(b, uint16(len(b)))
	return b
}

// Make gives the bytes of the binary: headers, one section with the resources, certificates behind it.
func (s Sample) Make() []byte {
	const base, raw = 0x1000, 0x400
	fixed := le32(nil, fixedMark, 0x10000,
		uint32(s.File[0])<<16|uint32(s.File[1]), uint32(s.File[2])<<16|uint32(s.File[3]),
		uint32(s.Product[0])<<16|uint32(s.Product[1]), uint32(s.Product[2])<<16|uint32(s.Product[3]))
	fixed = append(fixed, make([]byte, fixedSize-len(fixed))...)
	var pairs [][]byte
	for _, t := range s.Texts {
		pairs = append(pairs, blockOf(t[0], true, utf16z(t[1])))
	}
	version := blockOf("VS_VERSION_INFO", false, fixed,
		blockOf("VarFileInfo", true, nil, blockOf("Translation", false, le16(nil, 0x409, 1200))),
		blockOf("StringFileInfo", true, nil, blockOf("040904b0", true, nil, pairs...)))
	kind, n := s.ResourceType, s.ClaimedEntries
	if kind == 0 {
		kind = typeVersion
	}
	if n == 0 {
		n = 1
	}
	dir := func(id, to uint32, n uint16) []byte {
		return le32(le16(make([]byte, 12), 0, n), id, to)
	}
	tree := dir(kind, below|24, n)
	tree = append(tree, dir(1, below|48, 1)...)
	tree = append(tree, dir(0x409, 72, 1)...)
	tree = le32(tree, base+88, uint32(len(version)), 0, 0)
	tree = append(tree, version...)
	if s.NoResource {
		tree = nil
	}
	section := pad(append([]byte(nil), tree...), 0x200)

	out := append([]byte("MZ"), make([]byte, 58)...)
	out = le32(out, 64)
	optional, magic := 112, uint16(magicPE32Plus)
	if s.Narrow {
		optional, magic = 96, uint16(magicPE32)
	}
	out = append(out, "PE\x00\x00"...)
	out = le16(out, 0x8664, 1)
	out = le32(out, 0, 0, 0)
	out = le16(out, uint16(optional+8*dirs), 0x22)
	opt := le16(nil, magic)
	opt = append(opt, make([]byte, optional-4-len(opt))...)
	opt = le32(opt, dirs)
	table := make([]byte, 8*dirs)
	if tree != nil {
		binary.LittleEndian.PutUint32(table[8*dirResource:], base)
		binary.LittleEndian.PutUint32(table[8*dirResource+4:], uint32(len(tree)))
	}
	if s.Certificate != nil {
		binary.LittleEndian.PutUint32(table[8*dirSecurity:], uint32(raw+len(section)))
		binary.LittleEndian.PutUint32(table[8*dirSecurity+4:], uint32(len(s.Certificate)))
	}
	out = append(append(out, opt...), table...)
	out = append(out, ".rsrc\x00\x00\x00"...)
	out = le32(out, uint32(len(tree)), base, uint32(len(section)), raw, 0, 0, 0, 0)
	out = append(out, make([]byte, raw-len(out))...)
	return append(append(out, section...), s.Certificate...)
}

// Signature is the beginning of a certificate entry; what is in it does not matter here.
func Signature(kind uint16, first byte) []byte {
	b := le16(le32(nil, 24), 0x200, kind)
	return append(append(b, first), make([]byte, 15)...)
}

// ExSetup is a binary of Exchange as its files say that they are; invented.
func ExSetup() Sample {
	return Sample{File: [4]uint16{15, 1, 2176, 9}, Product: [4]uint16{15, 1, 2176, 9}, Certificate: Signature(2, 0x30),
		Texts: [][2]string{{"CompanyName", "Microsoft Corporation"}, {"ProductName", "Microsoft® Exchange"}, {"FileVersion", "15.01.2176.009"}, {"OriginalFilename", "ExSetup.exe"}}}
}
