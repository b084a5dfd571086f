package evidence

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"vigie/internal/casefile"
)

// tree is the tree that stands in the archives of testdata.
func tree() map[string]string {
	t := map[string]string{"logs/sub/a.txt": "sub file\n", "logs/empty.log": ""}
	for i := 1; i <= 2; i++ {
		var b strings.Builder
		b.WriteString("#Software: Microsoft Internet Information Services 10.0\n#Fields: date time cs-method cs-uri-stem sc-status\n")
		for k := 1; k <= 60; k++ {
			fmt.Fprintf(&b, "2021-03-0%d 00:00:%d GET /owa/%d 200\n", i, k%60, k*k*7919%1000)
		}
		t[fmt.Sprintf("logs/u_ex21030%d.log", i)] = b.String()
	}
	return t
}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".b64"))
	if err != nil {
		t.Fatal(err)
	}
	out, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(string(b), "\n", ""))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func zipOf(files map[string]string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, n := range slices.Sorted(maps.Keys(files)) {
		f, _ := w.Create(n)
		io.WriteString(f, files[n])
	}
	w.Close()
	return b.Bytes()
}

func tarOf(files map[string]string) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, n := range slices.Sorted(maps.Keys(files)) {
		w.WriteHeader(&tar.Header{Name: n, Size: int64(len(files[n])), Mode: 0o600, Typeflag: tar.TypeReg})
		io.WriteString(w, files[n])
	}
	w.Close()
	return b.Bytes()
}

func gz(b []byte) []byte {
	var o bytes.Buffer
	w := gzip.NewWriter(&o)
	w.Write(b)
	w.Close()
	return o.Bytes()
}

func zst(b []byte) []byte {
	w, _ := zstd.NewWriter(nil)
	return w.EncodeAll(b, nil)
}

func xzOf(b []byte) []byte {
	var o bytes.Buffer
	w, _ := xz.NewWriter(&o)
	w.Write(b)
	w.Close()
	return o.Bytes()
}

// rawEntry is a zip entry whose two headers can be made to lie.
type rawEntry struct {
	name, local  string // local is the name in the local header, when it differs
	data         string
	method       uint16
	flags        uint16
	crc          uint32
	crcSet       bool
	csize, usize int64 // -1: as they are
	mode         uint32
	at           int64 // the offset the directory gives; -1: as it is
	noLocal      bool  // only in the directory
	noCentral    bool  // only in the archive
	lsize        int64 // size in the local header, -1: as in the directory
}

func raw(name, data string) rawEntry {
	return rawEntry{name: name, data: data, csize: -1, usize: -1, at: -1, lsize: -1}
}

type rawOpt struct {
	prefix, comment, tail string
	entries               int // number in the end record, 0: as it is
	noEnd                 bool
	disk                  uint16
}

func zipRaw(entries []rawEntry, o rawOpt) []byte {
	b := []byte(o.prefix)
	var cd []byte
	n := 0
	for _, e := range entries {
		off := int64(len(b))
		if e.at >= 0 {
			off = e.at
		}
		crc, csize, usize := crc32.ChecksumIEEE([]byte(e.data)), int64(len(e.data)), int64(len(e.data))
		if e.crcSet {
			crc = e.crc
		}
		if e.csize >= 0 {
			csize = e.csize
		}
		if e.usize >= 0 {
			usize = e.usize
		}
		lname, lsize := e.name, usize
		if e.local != "" {
			lname = e.local
		}
		if e.lsize >= 0 {
			lsize = e.lsize
		}
		if !e.noLocal {
			b = le.AppendUint32(b, zipLocal)
			b = le.AppendUint16(b, 20)
			b = le.AppendUint16(b, e.flags)
			b = le.AppendUint16(b, e.method)
			b = le.AppendUint32(b, 0)
			b = le.AppendUint32(b, crc)
			b = le.AppendUint32(b, uint32(csize))
			b = le.AppendUint32(b, uint32(lsize))
			b = le.AppendUint16(b, uint16(len(lname)))
			b = le.AppendUint16(b, 0)
			b = append(append(b, lname...), e.data...)
		}
		if e.noCentral {
			continue
		}
		n++
		cd = le.AppendUint32(cd, zipCentral)
		cd = append(cd, 20, 3, 20, 0)
		cd = le.AppendUint16(cd, e.flags)
		cd = le.AppendUint16(cd, e.method)
		cd = le.AppendUint32(cd, 0)
		cd = le.AppendUint32(cd, crc)
		cd = le.AppendUint32(cd, uint32(csize))
		cd = le.AppendUint32(cd, uint32(usize))
		cd = le.AppendUint16(cd, uint16(len(e.name)))
		cd = append(cd, make([]byte, 8)...)
		cd = le.AppendUint32(cd, e.mode<<16)
		cd = le.AppendUint32(cd, uint32(off))
		cd = append(cd, e.name...)
	}
	if o.noEnd {
		return b
	}
	at := len(b)
	if o.entries > 0 {
		n = o.entries
	}
	b = append(b, cd...)
	b = le.AppendUint32(b, zipEnd)
	b = le.AppendUint16(b, o.disk)
	b = le.AppendUint16(b, o.disk)
	b = le.AppendUint16(b, uint16(n))
	b = le.AppendUint16(b, uint16(n))
	b = le.AppendUint32(b, uint32(len(cd)))
	b = le.AppendUint32(b, uint32(at))
	b = le.AppendUint16(b, uint16(len(o.comment)))
	return append(append(b, o.comment...), o.tail...)
}

// seen is what a walk gave.
type seen struct {
	order []string
	byLog map[string]string // logical name to content; later ones of a name get "+"
	size  map[string]int64
	errs  map[string]*ReadError // by path
	opq   map[string]string
	gaps  []casefile.Gap
	cont  []casefile.LedgerItem
	bytes int64
}

func (s *seen) codes() []string {
	var out []string
	for _, g := range s.gaps {
		if !slices.Contains(out, g.Code) {
			out = append(out, g.Code)
		}
	}
	slices.Sort(out)
	return out
}

func (s *seen) has(code string) bool { return slices.Contains(s.codes(), code) }

func (s *seen) gap(code string) casefile.Gap {
	for _, g := range s.gaps {
		if g.Code == code {
			return g
		}
	}
	return casefile.Gap{}
}

func walkAll(t testing.TB, opt Options, paths ...string) *seen {
	t.Helper()
	src, err := Open(paths, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	s := collect(t, src)
	return s
}

func collect(t testing.TB, src *Source) *seen {
	t.Helper()
	s := &seen{byLog: map[string]string{}, size: map[string]int64{}, errs: map[string]*ReadError{}, opq: map[string]string{}}
	paths := map[string]bool{}
	err := src.Walk(context.Background(), func(it *Item) error {
		s.order = append(s.order, it.Path)
		if paths[it.Path] {
			t.Errorf("path twice: %s", it.Path)
		}
		paths[it.Path] = true
		s.opq[it.Path] = it.Opaque
		r, err := it.Open()
		var b bytes.Buffer
		if err == nil {
			_, err = io.Copy(&b, r)
			r.Close()
		}
		s.bytes += int64(b.Len())
		log := it.Logical
		for _, ok := s.byLog[log]; ok; _, ok = s.byLog[log] {
			log += "+"
		}
		s.byLog[log] = b.String()
		s.size[log] = it.Size
		if err != nil {
			re, ok := errors.AsType[*ReadError](err)
			if !ok {
				t.Errorf("%s: not a ReadError: %v", it.Path, err)
				return nil
			}
			if re.Delivered != int64(b.Len()) {
				t.Errorf("%s: %d bytes came, ReadError says %d", it.Path, b.Len(), re.Delivered)
			}
			s.errs[it.Path] = re
		} else if it.Size >= 0 && int64(b.Len()) != it.Size {
			t.Errorf("%s: %d bytes without error, size %d", it.Path, b.Len(), it.Size)
		}
		if _, err := it.Open(); err == nil {
			t.Errorf("%s opened twice", it.Path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.gaps, s.cont = src.Gaps(), src.Containers()
	for _, re := range s.errs {
		if !slices.Contains(s.gaps, re.Gap) {
			t.Errorf("gap of a ReadError is not in the source: %+v", re.Gap)
		}
	}
	for _, g := range s.gaps {
		if CodeText(g.Code).EN == "" || CodeText(g.Code).FR == "" {
			t.Errorf("code without a sentence: %s", g.Code)
		}
		if g.Action == "" || g.Path == "" {
			t.Errorf("gap without path or action: %+v", g)
		}
		if g.Path != escape(Unescape(g.Path), false) && !strings.Contains(g.Path, "!") {
			t.Errorf("path not escaped: %q", g.Path)
		}
	}
	return s
}

// put writes files into a new folder and gives its path.
func put(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for n, c := range files {
		p := filepath.Join(dir, filepath.FromSlash(n))
		if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(c), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// one walks one file of a name.
func one(t testing.TB, opt Options, name string, b []byte) *seen {
	t.Helper()
	return walkAll(t, opt, filepath.Join(put(t, map[string]string{name: string(b)}), name))
}

// viaTar walks the same bytes as a stream inside a tar.
func viaTar(t testing.TB, opt Options, name string, b []byte) *seen {
	t.Helper()
	return one(t, opt, "outer.tar", tarOf(map[string]string{name: string(b)}))
}
