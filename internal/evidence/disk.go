package evidence

import (
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"vigie/internal/casefile"
)

// diskFile is a regular file that was seen in a listing. It is opened anew for
// each use, through the root of its folder, and what was opened must be what
// was seen: somebody may swap it for a link or a pipe in between.
type diskFile struct {
	s    *Source
	open func() (*os.File, error)
	info fs.FileInfo // as listed; its size is the size of the item
}

func (d *diskFile) handle() (*os.File, error) {
	f, err := d.open()
	if err != nil {
		return nil, &fault{code: CodeFileUnreadable, detail: quoted(plainError(err))}
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, &fault{code: CodeFileUnreadable, detail: quoted(plainError(err))}
	}
	if !info.Mode().IsRegular() || !os.SameFile(info, d.info) {
		f.Close()
		return nil, &fault{code: CodeFileChanged, where: "replaced"}
	}
	return f, nil
}

// changed compares an open file with what was listed.
func (d *diskFile) changed(f *os.File) *fault {
	info, err := f.Stat()
	if err != nil {
		return nil
	}
	c := &fault{code: CodeFileChanged, limit: d.info.Size(), got: info.Size()}
	switch {
	case info.Size() > d.info.Size():
		c.where = "grew"
	case info.Size() < d.info.Size():
		c.where = "shrank"
	case !info.ModTime().Equal(d.info.ModTime()):
		c.where = "rewritten"
	default:
		return nil
	}
	return c
}

// plainError is the text of an error without the path in it: paths of the
// machine that analyses do not belong in a case.
func plainError(err error) string {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Op + ": " + pe.Err.Error()
	}
	return err.Error()
}

// diskReader reads a file up to the size that it had when it was listed.
type diskReader struct {
	d    *diskFile
	f    *os.File
	left int64
	o    opening
	cut  bool // the file is larger than Limits.FileBytes
	done bool
}

// reader opens the file as an item.
func (d *diskFile) reader(o opening) (io.ReadCloser, error) {
	f, err := d.handle()
	if err != nil {
		return nil, err
	}
	left := d.info.Size()
	r := &diskReader{d: d, f: f, left: left, o: o}
	if limit := d.s.limits.FileBytes; left > limit {
		r.left, r.cut = limit, true
	}
	return r, nil
}

func (r *diskReader) Read(p []byte) (int, error) {
	if r.left == 0 {
		if r.cut {
			return 0, &fault{code: CodeLimitFile, limit: r.d.s.limits.FileBytes, got: r.d.info.Size()}
		}
		r.check()
		return 0, io.EOF
	}
	if int64(len(p)) > r.left {
		p = p[:r.left]
	}
	n, err := r.f.Read(p)
	r.left -= int64(n)
	r.o.count.Add(int64(n))
	switch {
	case err == io.EOF:
		r.done = true
		c := r.d.changed(r.f)
		if c == nil {
			c = &fault{code: CodeFileChanged, where: "shrank", limit: r.d.info.Size(), got: r.d.info.Size() - r.left}
		}
		return n, c
	case err != nil:
		r.done = true
		return n, &fault{code: CodeFileUnreadable, detail: quoted(plainError(err))}
	}
	return n, nil
}

// check notes, once, that the file is no longer what it was.
func (r *diskReader) check() {
	if r.done {
		return
	}
	r.done = true
	if c := r.d.changed(r.f); c != nil {
		r.o.note(c)
	}
}

func (r *diskReader) Close() error {
	r.check()
	return r.f.Close()
}

// countAt counts what is read at random, for the progress of the whole.
type countAt struct {
	at io.ReaderAt
	n  *atomic.Int64
}

func (c countAt) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.at.ReadAt(p, off)
	c.n.Add(int64(n))
	return n, err
}

// listed is one name of a folder.
type listed struct {
	name string
	dir  bool
	mode fs.FileMode
}

// list reads the names of a folder, in the order of the full logical names.
// more is true when there were too many.
func (a *argument) list(rel string, room int64) (out []listed, more bool, err error) {
	f, err := a.root.OpenFile(rel, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	for {
		batch, err := f.ReadDir(1024)
		for _, e := range batch {
			if int64(len(out)) >= room {
				more = true
				break
			}
			out = append(out, listed{name: e.Name(), dir: e.IsDir(), mode: e.Type()})
		}
		if more || err == io.EOF {
			break
		}
		if err != nil {
			return out, more, err
		}
	}
	// A folder sorts as "name/", as it stands in the names of what it holds.
	slices.SortFunc(out, func(x, y listed) int { return strings.Compare(x.sortName(), y.sortName()) })
	return out, more, nil
}

func (l listed) sortName() string {
	if l.dir {
		return escape(l.name, true) + "/"
	}
	return escape(l.name, true)
}

func (s *Source) folderBytes(a *argument, rel string, depth int64) (sum int64) {
	if depth > s.limits.NameParts {
		return 0
	}
	names, _, _ := a.list(rel, s.limits.FolderFiles)
	for _, l := range names {
		sub := filepath.Join(rel, l.name)
		var n int64
		if l.dir {
			n = s.folderBytes(a, sub, depth+1)
		} else if info, err := a.root.Lstat(sub); err == nil && info.Mode().IsRegular() {
			n = info.Size()
		}
		if sum > math.MaxInt64-n {
			return math.MaxInt64
		}
		sum += n
	}
	return sum
}

// argument walks one PATH.
func (w *walker) argument(a *argument) error {
	e := &env{box: a.base}
	whole := place{a.base, a.base}
	if a.prefix.display != "" {
		e.box = a.prefix.display
		whole = place{a.prefix.display, a.prefix.display}
	}
	switch {
	case a.stdin != nil:
		e.bundle = &bundle{l: &w.s.limits}
		in := &countReader{r: a.stdin}
		e.bundle.in = in.count
		e.argPrefix = a.prefix.logical
		return w.offer(e, whole, content{kind: "file", size: -1, open: func(opening) (io.ReadCloser, error) {
			return io.NopCloser(in), nil
		}})
	case a.special:
		w.gap(e, casefile.Gap{Code: CodeSpecialNotRead, Path: whole.display, Where: modeWord(a.info.Mode()), Action: "not read"})
		return nil
	case a.root != nil:
		e.prefix = place{"", ""}
		if a.prefix.display != "" {
			e.prefix = place{a.prefix.display + "/", a.prefix.logical + "/"}
		}
		left := w.s.limits.FolderFiles
		if top, _, err := a.list(".", left); err == nil { // what cannot be listed is told by the walk
			names := make([]string, len(top))
			for i, l := range top {
				names[i] = l.name
			}
			w.listed(e, names)
		}
		return w.folder(e, a, ".", 0, &left)
	}
	path := a.path
	e.argPrefix = a.prefix.logical
	return w.file(e, whole, &diskFile{s: w.s, info: a.info, open: func() (*os.File, error) {
		return os.OpenFile(path, os.O_RDONLY|openFlags, 0)
	}})
}

// folder walks a folder, at most NameParts deep: a loop of mounts ends there.
func (w *walker) folder(e *env, a *argument, rel string, depth int64, left *int64) error {
	prefix := e.prefix
	if rel != "." {
		var b strings.Builder
		for part := range strings.SplitSeq(filepath.ToSlash(rel), "/") {
			b.WriteString(escape(part, true))
			b.WriteByte('/')
		}
		prefix = place{prefix.display + b.String(), prefix.logical + b.String()}
	}
	shown := strings.TrimSuffix(prefix.display, "/")
	if shown == "" {
		shown = e.box
	}
	if depth > w.s.limits.NameParts {
		w.gap(e, casefile.Gap{Code: CodeLimitFolder, Path: shown, Where: "depth", Limit: w.s.limits.NameParts, Got: depth, Action: "folder skipped"})
		return nil
	}
	names, more, err := a.list(rel, *left)
	if err != nil {
		w.gap(e, casefile.Gap{Code: CodeFolderUnreadable, Path: shown, Action: "folder skipped", Detail: quoted(plainError(err))})
	}
	if more {
		w.gap(e, casefile.Gap{Code: CodeLimitFolder, Path: shown, Where: "files", Limit: w.s.limits.FolderFiles, Action: "rest of the folder skipped"})
	}
	*left -= int64(len(names))
	for _, l := range names {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		sub := filepath.Join(rel, l.name)
		name := escape(l.name, true)
		p := place{prefix.display + name, prefix.logical + name}
		info, err := a.root.Lstat(sub)
		if err != nil {
			w.gap(e, casefile.Gap{Code: CodeFileUnreadable, Path: p.display, Action: "file skipped", Detail: quoted(plainError(err))})
			continue
		}
		switch {
		case info.IsDir():
			err = w.folder(e, a, sub, depth+1, left)
		case info.Mode().IsRegular():
			err = w.file(e, p, &diskFile{s: w.s, info: info, open: func() (*os.File, error) {
				return a.root.OpenFile(sub, os.O_RDONLY|openFlags, 0)
			}})
		case info.Mode()&fs.ModeSymlink != 0:
			target, _ := a.root.Readlink(sub)
			w.gap(e, casefile.Gap{Code: CodeLinkNotFollowed, Path: p.display, Where: "symbolic link", Action: "not followed", Detail: quoted(target)})
		default:
			w.gap(e, casefile.Gap{Code: CodeSpecialNotRead, Path: p.display, Where: modeWord(info.Mode()), Action: "not read"})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func modeWord(m fs.FileMode) string {
	switch {
	case m&fs.ModeNamedPipe != 0:
		return "pipe"
	case m&fs.ModeSocket != 0:
		return "socket"
	case m&fs.ModeDevice != 0:
		return "device"
	}
	return "special file"
}

// file takes one regular file on disk.
func (w *walker) file(e *env, p place, d *diskFile) error {
	c := content{kind: "file", size: d.info.Size(), written: writtenAt(d.info.ModTime(), false), again: true, open: func(o opening) (io.ReadCloser, error) {
		return d.reader(o)
	}}
	f, err := d.handle()
	if err != nil {
		w.faultGap(e, p, classify("file", err), 0, d.info.Size(), "file skipped")
		return nil
	}
	defer f.Close()
	size := min(d.info.Size(), w.s.limits.FileBytes)
	head := make([]byte, min(sniffLen, size))
	n, _ := f.ReadAt(head, 0)
	kind, ok := SniffContainer(head[:n])
	tail := kind != "zip" && zipAtEnd(f, size)
	if !ok {
		if tail {
			w.gap(e, casefile.Gap{Code: CodeAmbiguous, Path: p.display, Where: "zip at the end", Action: "read as a file and as a zip"})
		}
		if err := w.item(e, p, c, ""); err != nil || !tail {
			return err
		}
	}
	e2 := *e
	e2.bundle = &bundle{l: &w.s.limits, in: func() int64 { return size }}
	b := &blob{at: f, size: size, reopen: d.handle}
	opaque := func(kind string) error { return w.item(e, p, c, kind) }
	if ok {
		err = w.container(&e2, p, kind, input{blob: b, opaque: opaque, tail: tail, written: c.written})
	} else {
		err = w.container(&e2, place{p.display + "~zip", p.logical}, "zip", input{blob: b, opaque: opaque})
	}
	if err != nil {
		return err
	}
	if ch := d.changed(f); ch != nil {
		w.faultGap(e, p, ch, size, 0, "noted")
	}
	return nil
}
