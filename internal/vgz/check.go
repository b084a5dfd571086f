package vgz

import (
	"archive/tar"
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

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
	c := NewChecker()
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
			c.Cut(err)
			break
		}
		if n == 0 && h.Name != HeaderName {
			return nil, fmt.Errorf("not an evidence package: it begins with %q", h.Name)
		}
		if IsContent(h) {
			err = c.hash(h.Name, tr)
		} else {
			err = c.Entry(h, tr)
		}
		if err != nil {
			if n == 0 {
				return nil, fmt.Errorf("not an evidence package: %w", err)
			}
			c.Cut(err)
			break
		}
	}
	if n, err := io.Copy(io.Discard, zr); n > 0 || err != nil && c.rep.End != nil {
		// tar.Reader stops at its two zero blocks; a writer pads no further.
		c.rep.fault(Fault{Entry: c.before, Code: "extra", Got: fmt.Sprintf("%d bytes behind the end", n)})
	}
	return c.Finish(), nil
}

// IsContent tells whether an entry is a collected file, which the manifest must name.
func IsContent(h *tar.Header) bool {
	return h.Typeflag == tar.TypeReg && strings.HasPrefix(h.Name, FilesDir)
}

// Checker compares the entries of a package, given to it in their order, with the manifest. It is for one goroutine.
type Checker struct {
	// Each is told of every record of the manifest; may be nil.
	Each func(*Record)

	rep    *Report
	before string // the entry before
	head   string // of the chain
	batch  int
	seq    int64
	// sums are the contents since the last batch, by entry.
	sums map[string]content
}

// NewChecker begins a check.
func NewChecker() *Checker {
	return &Checker{rep: &Report{Faults: []Fault{}}, sums: map[string]content{}}
}

type content struct {
	n   int64
	sum string
}

// Entry takes an entry that is no content (see [IsContent]): header, manifest, end, signature. The error says that the stream broke, or
// that the first entry is of no package that can be read.
func (c *Checker) Entry(h *tar.Header, r io.Reader) error {
	c.before = h.Name
	switch {
	case c.rep.End != nil && h.Name != SignatureName:
		return c.behind(h.Name, r)
	case h.Name == HeaderName:
		return c.header(r)
	case h.Name == EndName:
		return c.end(r)
	case h.Name == SignatureName:
		if c.rep.Signature != nil || c.rep.End == nil {
			c.rep.fault(Fault{Entry: h.Name, Code: "signature"})
		}
		b, err := all(r, maxHeader)
		c.rep.Signature = b
		return err
	case h.Typeflag == tar.TypeReg && strings.HasPrefix(h.Name, ManifestDir):
		return c.manifest(h, r)
	}
	c.rep.fault(Fault{Entry: h.Name, Code: "extra", Got: "neither a file nor of the manifest"})
	_, err := io.Copy(io.Discard, r)
	return err
}

func (c *Checker) behind(name string, r io.Reader) error {
	c.rep.fault(Fault{Entry: name, Code: "extra", Got: "behind " + EndName})
	_, err := io.Copy(io.Discard, r)
	return err
}

func (c *Checker) hash(name string, r io.Reader) error {
	s := sha256.New()
	n, err := io.Copy(s, r)
	if err != nil {
		c.before = name
		return err
	}
	c.Content(name, n, hex.EncodeToString(s.Sum(nil)))
	return nil
}

// Content takes what was read of a collected file: its length and its SHA-256.
func (c *Checker) Content(name string, n int64, sum string) {
	c.before = name
	if c.rep.End != nil {
		c.rep.fault(Fault{Entry: name, Code: "extra", Got: "behind " + EndName})
		return
	}
	if _, twice := c.sums[name]; twice {
		c.rep.fault(Fault{Entry: name, Code: "extra", Got: "twice in a batch"})
	}
	if len(c.sums) >= maxHeld {
		c.rep.fault(Fault{Entry: name, Code: "extra", Got: "too many files without a manifest"})
		clear(c.sums)
	}
	c.rep.Files++
	c.rep.Bytes += n
	c.sums[name] = content{n, sum}
}

// Cut notes that the stream broke behind the last entry.
func (c *Checker) Cut(err error) {
	c.rep.fault(Fault{Entry: c.before, Code: "cut", Got: err.Error()})
}

// Header is the package's header, once it was read.
func (c *Checker) Header() *Header { return &c.rep.Header }

func (c *Checker) header(r io.Reader) error {
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

func (c *Checker) manifest(h *tar.Header, r io.Reader) error {
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
func (c *Checker) record(in string, rec *Record) {
	c.rep.Records++
	if c.Each != nil {
		c.Each(rec)
	}
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

func (c *Checker) end(r io.Reader) error {
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

// Finish gives what was found.
func (c *Checker) Finish() *Report {
	c.rep.Head = c.head
	for _, name := range slices.Sorted(keys(c.sums)) {
		c.rep.fault(Fault{Entry: name, Code: "extra", Got: "not in the manifest"})
	}
	if c.rep.End == nil {
		c.rep.fault(Fault{Entry: EndName, Code: "missing"})
	}
	return c.rep
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
