package vgz

import (
	"archive/tar"
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
)

// Limits of what is believed of a package.
const (
	maxHeader = 1 << 20
	maxLine   = 1 << 20  // of a manifest: a path of 32,000 characters with escapes has room
	maxBatch  = 64 << 20 // of a batch: 4,096 lines that are far from all being of the longest
	maxHeld   = 4 * batchRecords
	maxWindow = 64 << 20
)

// Fault is something in a package that is not as it should be.
type Fault struct {
	Entry string `json:"entry"`
	Code  string `json:"code"` // stable: hash, missing, extra, chain, cut, header, line, signature
	Got   string `json:"got,omitempty"`
	Want  string `json:"want,omitempty"`
}

func (f Fault) String() string {
	s := fmt.Sprintf("%q: %s", f.Entry, f.Code)
	if f.Got != "" || f.Want != "" {
		s += fmt.Sprintf(": have %q, want %q", f.Got, f.Want)
	}
	return s
}

// Report is what [Check] found.
type Report struct {
	Header Header `json:"header"`
	End    *End   `json:"end"` // null when the package was cut before
	// Head is the hash of the last batch that could be read.
	Head    string `json:"head"`
	Records int64  `json:"records"` // of the manifest
	Files   int64  `json:"files"`   // entries whose hash was computed
	Bytes   int64  `json:"bytes"`
	// EndText and Signature are the bytes of end.json and of its signature; nil when there is none.
	EndText   []byte `json:"-"`
	Signature []byte `json:"-"`
	// Faults are at most 1,000, Count tells how many there were.
	Faults []Fault `json:"faults"`
	Count  int64   `json:"count"`
}

const maxFaults = 1000

func (r *Report) fault(f Fault) {
	r.Count++
	if len(r.Faults) < maxFaults {
		r.Faults = append(r.Faults, f)
	}
}

// Check reads a package from its first byte to its last: each content against
// its record, the chain, the end. The signature is for the caller. The error is
// of a stream that is no package at all. Memory holds one batch.
//
// What stands behind the tar's end is not of the package and is a fault.
func Check(r io.Reader) (*Report, error) {
	zr, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderMaxMemory(maxWindow))
	if err != nil {
		return nil, err
	}
	defer zr.Close()
	c := &checker{rep: &Report{Faults: []Fault{}}, sums: map[string]content{}}
	tr := tar.NewReader(zr)
	for n := 0; ; n++ {
		h, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			if n == 0 {
				return nil, fmt.Errorf("not an evidence package: %w", err)
			}
			c.rep.fault(Fault{Entry: c.before, Code: "cut", Got: err.Error()})
			break
		}
		if n == 0 && h.Name != HeaderName {
			return nil, fmt.Errorf("not an evidence package: it begins with %q", h.Name)
		}
		if err := c.entry(h, tr); err != nil {
			if n == 0 {
				return nil, fmt.Errorf("not an evidence package: %w", err)
			}
			c.rep.fault(Fault{Entry: h.Name, Code: "cut", Got: err.Error()})
			break
		}
		c.before = h.Name
	}
	if n, err := io.Copy(io.Discard, zr); n > 0 || err != nil && c.rep.End != nil {
		// tar.Reader stops at its two zero blocks; a writer pads no further.
		c.rep.fault(Fault{Entry: c.before, Code: "extra", Got: fmt.Sprintf("%d bytes behind the end", n)})
	}
	c.finish()
	return c.rep, nil
}

// checker is the state of Check.
type checker struct {
	rep    *Report
	before string // the entry before
	head   string // of the chain
	batch  int
	seq    int64
	// sums are the contents since the last batch, by entry.
	sums map[string]content
}

type content struct {
	n   int64
	sum string
}

func (c *checker) entry(h *tar.Header, r io.Reader) error {
	switch {
	case c.rep.End != nil && h.Name != SignatureName:
		c.rep.fault(Fault{Entry: h.Name, Code: "extra", Got: "behind " + EndName})
		_, err := io.Copy(io.Discard, r)
		return err
	case h.Name == HeaderName:
		return c.header(h, r)
	case h.Name == EndName:
		return c.end(h, r)
	case h.Name == SignatureName:
		b, err := all(r, maxHeader)
		c.rep.Signature = b
		return err
	case strings.HasPrefix(h.Name, ManifestDir):
		return c.manifest(h, r)
	case h.Typeflag != tar.TypeReg || !strings.HasPrefix(h.Name, FilesDir):
		c.rep.fault(Fault{Entry: h.Name, Code: "extra", Got: "neither a file nor of the manifest"})
		_, err := io.Copy(io.Discard, r)
		return err
	}
	if _, twice := c.sums[h.Name]; twice {
		c.rep.fault(Fault{Entry: h.Name, Code: "extra", Got: "twice in a batch"})
	}
	if len(c.sums) >= maxHeld {
		c.rep.fault(Fault{Entry: h.Name, Code: "extra", Got: "too many files without a manifest"})
		clear(c.sums)
	}
	s := sha256.New()
	n, err := io.Copy(s, r)
	if err != nil {
		return err
	}
	c.rep.Files++
	c.rep.Bytes += n
	c.sums[h.Name] = content{n, hex.EncodeToString(s.Sum(nil))}
	return nil
}

func (c *checker) header(_ *tar.Header, r io.Reader) error {
	if c.head != "" {
		c.rep.fault(Fault{Entry: HeaderName, Code: "extra", Got: "a second header"})
		_, err := io.Copy(io.Discard, r)
		return err
	}
	b, err := all(r, maxHeader)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, &c.rep.Header); err != nil {
		return fmt.Errorf("%s: %w", HeaderName, err)
	}
	if f := c.rep.Header.Format; f != Format {
		return fmt.Errorf("format %d; this program reads %d", f, Format)
	}
	c.head = sum(b)
	return nil
}

func (c *checker) manifest(h *tar.Header, r io.Reader) error {
	c.batch++
	if want := fmt.Sprintf("%s%06d.jsonl", ManifestDir, c.batch); h.Name != want {
		c.rep.fault(Fault{Entry: h.Name, Code: "chain", Got: h.Name, Want: want})
	}
	s := sha256.New()
	in := bufio.NewReaderSize(io.TeeReader(io.LimitReader(r, maxBatch), s), 64<<10)
	want := -1
	for n := -1; ; n++ {
		line, err := readLine(in)
		if err != nil {
			if n != want {
				c.rep.fault(Fault{Entry: h.Name, Code: "line", Got: fmt.Sprint(n), Want: fmt.Sprint(want)})
			}
			break
		}
		if n < 0 {
			var first batchLine
			if err := json.Unmarshal(line, &first); err != nil {
				c.rep.fault(Fault{Entry: h.Name, Code: "line", Got: err.Error()})
			}
			if first.Batch != c.batch || first.Prev != c.head {
				c.rep.fault(Fault{Entry: h.Name, Code: "chain", Got: first.Prev, Want: c.head})
			}
			want = first.Records
			continue
		}
		var rec Record
		if err := json.Unmarshal(line, &rec); err != nil {
			c.rep.fault(Fault{Entry: h.Name, Code: "line", Got: err.Error()})
			continue
		}
		c.record(h.Name, &rec)
	}
	if n, err := io.Copy(io.Discard, r); err != nil {
		return err
	} else if n > 0 {
		c.rep.fault(Fault{Entry: h.Name, Code: "line", Got: "longer than a batch may be"})
	}
	for _, name := range slices.Sorted(keys(c.sums)) {
		c.rep.fault(Fault{Entry: name, Code: "extra", Got: "not in the manifest"})
	}
	clear(c.sums)
	c.head = hex.EncodeToString(s.Sum(nil))
	return nil
}

// record compares one line of the manifest with what was read.
func (c *checker) record(in string, rec *Record) {
	c.rep.Records++
	if c.seq++; rec.Seq != c.seq {
		c.rep.fault(Fault{Entry: in, Code: "chain", Got: fmt.Sprintf("record %d", rec.Seq), Want: fmt.Sprintf("record %d", c.seq)})
		c.seq = rec.Seq
	}
	if rec.Entry == "" {
		return
	}
	have, ok := c.sums[rec.Entry]
	delete(c.sums, rec.Entry)
	want := rec.SHA256
	if rec.Padded > 0 {
		want = rec.EntrySHA256
	}
	switch {
	case !ok:
		c.rep.fault(Fault{Entry: rec.Entry, Code: "missing"})
	case have.n != rec.Size+rec.Padded:
		c.rep.fault(Fault{Entry: rec.Entry, Code: "hash", Got: fmt.Sprintf("%d bytes", have.n), Want: fmt.Sprintf("%d bytes", rec.Size+rec.Padded)})
	case have.sum != want:
		c.rep.fault(Fault{Entry: rec.Entry, Code: "hash", Got: have.sum, Want: want})
	}
}

func (c *checker) end(_ *tar.Header, r io.Reader) error {
	b, err := all(r, maxHeader)
	if err != nil {
		return err
	}
	var e End
	if err := json.Unmarshal(b, &e); err != nil {
		return fmt.Errorf("%s: %w", EndName, err)
	}
	if e.Head != c.head || e.Batches != c.batch {
		c.rep.fault(Fault{Entry: EndName, Code: "chain", Got: e.Head, Want: c.head})
	}
	c.rep.End, c.rep.EndText = &e, b
	return nil
}

func (c *checker) finish() {
	c.rep.Head = c.head
	for _, name := range slices.Sorted(keys(c.sums)) {
		c.rep.fault(Fault{Entry: name, Code: "extra", Got: "not in the manifest"})
	}
	if c.rep.End == nil {
		c.rep.fault(Fault{Entry: EndName, Code: "missing"})
	}
}

func keys(m map[string]content) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func all(r io.Reader, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("longer than %d bytes", limit)
	}
	return b, err
}

// Open gives the bytes of a package: the joined parts when name is the first of
// several (x.vgz.001), decrypted with ids when it is encrypted.
func Open(name string, ids ...age.Identity) (io.ReadCloser, error) {
	p := &parts{base: name}
	if strings.HasSuffix(name, ".001") {
		p.base, p.n = strings.TrimSuffix(name, ".001"), 1
	}
	if err := p.next(); err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(p, 1<<16)
	head, _ := in.Peek(len(ageMagic))
	if string(head) != ageMagic {
		return stream{in, p}, nil
	}
	if len(ids) == 0 {
		p.Close()
		return nil, ErrEncrypted
	}
	plain, err := age.Decrypt(in, ids...)
	if err != nil {
		p.Close()
		return nil, fmt.Errorf("decrypt: %w", err)
	}
	return stream{plain, p}, nil
}

const ageMagic = "age-encryption.org/v1\n"

// ErrEncrypted says that a package needs a key to be read.
var ErrEncrypted = errors.New("the package is encrypted: its key is needed")

type stream struct {
	io.Reader
	c io.Closer
}

func (s stream) Close() error { return s.c.Close() }

// parts reads the files of a package one after the other.
type parts struct {
	base string
	n    int // number of the part; 0 for a package in one file
	f    *os.File
}

func (p *parts) next() error {
	name := p.base
	if p.n > 0 {
		name = fmt.Sprintf("%s.%03d", p.base, p.n)
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	if p.f != nil {
		p.f.Close()
	}
	p.f = f
	return nil
}

func (p *parts) Read(b []byte) (int, error) {
	for {
		n, err := p.f.Read(b)
		if n > 0 || err != io.EOF || p.n == 0 {
			return n, err
		}
		p.n++
		if err := p.next(); err != nil {
			if errors.Is(err, os.ErrNotExist) {
				return 0, io.EOF
			}
			return 0, err
		}
	}
}

func (p *parts) Close() error { return p.f.Close() }
