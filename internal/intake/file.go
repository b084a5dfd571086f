package intake

import (
	"encoding/hex"
	"errors"
	"io"
	"sync"

	"vigie/internal/casefile"
	"vigie/internal/evidence"
	"vigie/internal/record"
)

// File is an item of evidence that is looked at as a whole, since it is no log: a page, a configuration, a program.
type File struct {
	Path    string // as in [evidence.Item]
	Logical string
	Data    []byte // its first MaxFile bytes, valid during the call of [FileVisitor.File]
	Size    int64  // of the whole
	SHA256  string // of the whole, in hexadecimal; "" when it could not be read to its end
	Written evidence.Written
}

// FileVisitor is a visitor that wants files as well. Part is called after each file.
type FileVisitor interface {
	Visitor
	// File sees one file. It says what kind of file it is ("" for one that it does not know) and what could not be looked at.
	File(f *File) (kind string, gaps []casefile.Gap)
}

// MaxFile is how much of a file is given to visitors, in bytes: rules look at a file as a whole, so it is held in memory. Pages, configurations
// and programs are far below; what is larger is a database, a dump or padding, and padding stands behind what it hides.
const MaxFile = 64 << 20

// smallFile is the size in bytes up to which files are held at the same time, one for each core and a few waiting; larger ones come one at a time.
const smallFile = 2 << 20

// codeFileTooLarge tells that the rest of a file was not looked at.
const codeFileTooLarge = "file.too_large"

// wholes holds what reading files as a whole needs.
type wholes struct {
	large sync.Mutex // held while a large file is in memory
	free  sync.Pool  // of *[]byte, for small files
}

// whole is a file in memory that is on its way to a visitor.
type whole struct {
	file  File
	buf   *[]byte
	large bool
}

// read reads the first MaxFile bytes of a file; in gives them again to whoever reads on.
func (h *wholes) read(in *source, it *evidence.Item) (w *whole, err error) {
	w = &whole{file: File{Path: it.Path, Logical: it.Logical, Written: it.Written}}
	if w.buf, _ = h.free.Get().(*[]byte); w.buf == nil {
		w.buf = new([]byte)
	}
	data := append((*w.buf)[:0], in.ahead...)
	in.skip(len(in.ahead))
	for len(data) < MaxFile {
		if len(data) >= smallFile && !w.large {
			w.large = true
			h.large.Lock()
		}
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
		var n int
		n, err = in.Read(data[len(data):min(cap(data), MaxFile)])
		data = data[:len(data)+n]
		if err != nil {
			break
		}
	}
	*w.buf, w.file.Data = data, data
	in.ahead = data
	return w, err
}

// release gives the memory back.
func (h *wholes) release(w *whole) {
	if w.large {
		*w.buf = nil
		h.large.Unlock()
	}
	h.free.Put(w.buf)
}

// file reads an item that is no log, and returns what remains to be done, which may be done while the next item is read.
func (r *reader) file(n int, in *source, it *evidence.Item, res *Result, each func(any, At)) (rest func(), err error) {
	w, err := r.wholes.read(in, it)
	switch {
	case record.LogName(it.Logical) && (err == nil || errors.Is(err, io.EOF)):
		err = res.unknown(in) // a log may begin late
	case err == nil: // to the end, for its hash
		in.ahead = nil
		_, err = io.Copy(io.Discard, in)
	}
	held := int64(len(w.file.Data))
	if in.n > held {
		res.Gaps.Add(casefile.Gap{Code: codeFileTooLarge, Offset: held, Length: in.n - held, Limit: MaxFile, Got: in.n, Action: "rest of the file not searched"})
	}
	res.Item.Size, res.Item.Skipped = in.n, in.n-held
	if late := res.Kind != record.Other; late {
		res.Item.Skipped = in.n // its records were not read, though the bytes were looked at
	}
	w.file.Size = in.n
	if err == nil || errors.Is(err, io.EOF) {
		w.file.SHA256 = hex.EncodeToString(in.sum.Sum(nil))
	}
	if w.large { // not put off: those who wait for its place in memory may hold all others up
		r.examine(n, w, res, each)
		return nil, err
	}
	return func() { r.examine(n, w, res, each) }, err
}

// also gives a log whose name says that it is something else to the visitor as a file: what a web server runs may begin like a log.
func (r *reader) also(n int, in *source, it *evidence.Item, res *Result, each func(any, At)) error {
	w, err := r.wholes.read(in, it)
	if err != nil && !errors.Is(err, io.EOF) {
		r.wholes.release(w)
		return err
	}
	w.file.Data = append([]byte(nil), w.file.Data...) // what reads on takes in.ahead
	in.ahead = w.file.Data
	w.file.Size = max(it.Size, int64(len(w.file.Data)))
	kind := res.Item.Kind
	r.examine(n, w, res, each)
	res.Item.Kind = kind
	return nil
}

// examine gives a file to a visitor on one of the cores, and takes what it made of it.
func (r *reader) examine(n int, w *whole, res *Result, each func(any, At)) {
	type outcome struct {
		part any
		kind string
		gaps []casefile.Gap
	}
	out := make(chan outcome, 1)
	r.pool.jobs <- func(wk *worker) {
		v := wk.v.(FileVisitor)
		v.Start(n)
		var o outcome
		o.kind, o.gaps = v.File(&w.file)
		o.part = v.Part()
		out <- o
	}
	o := <-out
	r.wholes.release(w)
	if o.kind != "" {
		res.Item.Kind = o.kind
	}
	for _, g := range o.gaps {
		res.Gaps.Add(g)
	}
	if o.part != nil {
		each(o.part, At{Path: res.Item.Path})
	}
}
