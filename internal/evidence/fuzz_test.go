package evidence

import (
	"bytes"
	"context"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"vigie/internal/casefile"
)

// fuzz walks input as a file on disk and as a stream, through the public API.
// Nothing may panic, what comes out is bounded, paths are unique and clean, and
// twice the same input gives twice the same result.
func fuzz(t *testing.T, b []byte) {
	dir := t.TempDir()
	p := filepath.Join(dir, "in")
	if err := os.WriteFile(p, b, 0o600); err != nil {
		t.Fatal(err)
	}
	lim := Limits{EntryRatioAfter: 256 * kib, ExpandedFloor: 4 * mib, Window: 4 * mib, Entries: 500, EntriesAll: 1000, MemoryBytes: 32 * kib}
	run := func(opt Options, path string) (paths []string, bytesOut int64, gaps []casefile.Gap) {
		opt.Limits, opt.TempDir = lim, dir
		src, err := Open([]string{path}, opt)
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		seen := map[string]bool{}
		err = src.Walk(context.Background(), func(it *Item) error {
			if seen[it.Path] {
				t.Fatalf("path twice: %q", it.Path)
			}
			seen[it.Path] = true
			for _, r := range it.Path {
				if r != '!' && hidden(r) {
					t.Fatalf("path not clean: %q", it.Path)
				}
			}
			paths = append(paths, it.Path)
			r, err := it.Open()
			n := int64(0)
			if err == nil {
				n, err = io.Copy(io.Discard, r)
				r.Close()
			}
			bytesOut += n
			if err != nil {
				re, ok := errors.AsType[*ReadError](err)
				if !ok || re.Delivered != n {
					t.Fatalf("%q: %d bytes, %v", it.Path, n, err)
				}
			} else if it.Size >= 0 && n != it.Size {
				t.Fatalf("%q: %d bytes of %d and no error", it.Path, n, it.Size)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return paths, bytesOut, src.Gaps()
	}
	p1, n1, g1 := run(Options{}, p)
	p2, n2, g2 := run(Options{}, p)
	if !reflect.DeepEqual(p1, p2) || n1 != n2 || !reflect.DeepEqual(g1, g2) {
		t.Fatalf("two results: %d %d %v %v", n1, n2, g1, g2)
	}
	run(Options{Stdin: bytes.NewReader(b)}, "-")
	if n1 > 64*mib {
		t.Fatalf("%d bytes out of %d", n1, len(b))
	}
	left, _ := os.ReadDir(dir)
	if len(left) != 1 {
		t.Fatalf("files left: %v", left)
	}
}

func FuzzZip(f *testing.F) {
	files := map[string]string{"a.log": "text", "b/c.log": strings.Repeat("more text ", 30)}
	f.Add(zipOf(files))
	f.Add(zipOf(files)[:100])
	f.Add(zipOf(map[string]string{"in.zip": string(zipOf(files)), "in.tar": string(tarOf(map[string]string{"x": "y"}))}))
	f.Add(zipRaw([]rawEntry{raw("a", "1"), raw("a", "2")}, rawOpt{prefix: "junk", comment: "comment", tail: "tail"}))
	f.Add(zipRaw([]rawEntry{{name: "x", data: string(xzOf([]byte("xz"))), method: 95, usize: 2, csize: -1, at: -1, lsize: -1}}, rawOpt{}))
	f.Add(sample(f, "deflate64.zip"))
	f.Add(sample(f, "encrypted.zip"))
	f.Fuzz(fuzz)
}

func FuzzTar(f *testing.F) {
	f.Add(tarOf(map[string]string{"a": "1", "b/c": strings.Repeat("2", 600)}))
	f.Add(append(tarOf(map[string]string{"a": "1"}), tarOf(map[string]string{"a": "1", strings.Repeat("long/", 40): ""})...))
	f.Add(tarOf(map[string]string{"in.zip": string(zipOf(map[string]string{"x": "y"}))}))
	f.Fuzz(fuzz)
}

func FuzzGzip(f *testing.F) {
	f.Add(gz([]byte("text")))
	f.Add(append(gz([]byte("one")), append(gz([]byte("two")), "junk"...)...))
	f.Add(gz(tarOf(map[string]string{"a": "1"})))
	f.Add(zst([]byte("text")))
	f.Add(xzOf([]byte("text")))
	f.Add(sample(f, "u_ex210301.log.bz2"))
	f.Fuzz(fuzz)
}

func FuzzSevenZip(f *testing.F) {
	for _, n := range []string{"tree.7z", "plain.7z", "bcj2.7z", "ppmd.7z", "link.7z", "entry-encrypted.7z", "header-encrypted.7z"} {
		f.Add(sample(f, n))
	}
	f.Add(sevenZipOf("\x00", nil, "hello", 5))
	f.Add(sevenZipOf("\x21", []byte{10}, "\x01\x00\x04hello\x00", 5))
	// The checksums of the header stop a fuzzer at the door, so they are made
	// right again here.
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) >= sz7Start && string(b[:2]) == "7z" {
			off, n := le.Uint64(b[12:]), le.Uint64(b[20:])
			if off < uint64(len(b)) && n < uint64(len(b)) && sz7Start+off+n <= uint64(len(b)) {
				le.PutUint32(b[28:], crc32.ChecksumIEEE(b[sz7Start+off:sz7Start+off+n]))
			}
			le.PutUint32(b[8:], crc32.ChecksumIEEE(b[12:32]))
		}
		fuzz(t, b)
	})
}
