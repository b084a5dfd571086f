package builtin

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"hash/crc32"

	"vigie/internal/yara/decl"
)

// The module hash: digests of a text or of a range of the file, as lower-case hexadecimal text, and checksums, as integers. MD5 and SHA-1 name
// files here; nothing relies on them to be unforgeable.

func hash() *decl.Module {
	digest := func(sum func([]byte) []byte) func([]byte) decl.Value {
		return func(b []byte) decl.Value { return decl.StringOf([]byte(hex.EncodeToString(sum(b)))) }
	}
	return module("hash",
		digester("md5", text, 4, digest(func(b []byte) []byte { d := md5.Sum(b); return d[:] })),
		digester("sha1", text, 4, digest(func(b []byte) []byte { d := sha1.Sum(b); return d[:] })),
		digester("sha256", text, 4, digest(func(b []byte) []byte { d := sha256.Sum256(b); return d[:] })),
		digester("checksum32", integer, 16, func(b []byte) decl.Value {
			var sum uint32
			for _, c := range b {
				sum += uint32(c)
			}
			return decl.IntOf(int64(sum))
		}),
		digester("crc32", integer, 64, func(b []byte) decl.Value { return decl.IntOf(int64(crc32.ChecksumIEEE(b))) }),
	)
}

// digester makes a function of a text or a range; a step of work is so many bytes.
func digester(name string, result *decl.Type, bytesPerStep int64, sum func([]byte) decl.Value) decl.Field {
	counted := func(s *decl.Scan, b []byte) decl.Value {
		if !s.Work(int64(len(b))/bytesPerStep + 32) {
			return undefined
		}
		return sum(b)
	}
	return function(name,
		way("s", result, func(s *decl.Scan, v []decl.Value) decl.Value { return counted(s, v[0].S) }),
		way("ii", result, func(s *decl.Scan, v []decl.Value) decl.Value {
			b, ok := part(s, v[0].Int, v[1].Int)
			if !ok {
				return undefined
			}
			return remember(s, "hash."+name, v[0].Int, int64(len(b)), func() decl.Value { return counted(s, b) })
		}))
}
