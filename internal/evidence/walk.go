package evidence

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
	"strconv"
	"strings"
	"sync/atomic"

	"vigie/internal/casefile"
)

// walker is one walk over a Source.
type walker struct {
	s       *Source
	ctx     context.Context
	visit   func(*Item) error
	entries int64 // of all containers
	full    bool  // EntriesAll was noted
}

// env is where the walk stands: a folder, or inside a container.
type env struct {
	box       string // whose gaps are counted together
	prefix    place  // in front of the names in here
	argPrefix string // logical prefix of a PATH that is one file, when there are several PATHs
	depth     int64  // containers around
	chain     []digest
	bundle    *bundle
	entries   int64
	names     map[key]int64 // names seen, with the entry that had it
	folded    map[key]int64
	list      *sumList // the collector's list of files with their hashes; nil when there is none
	pack      *pack    // the evidence package that the container is; nil when it is none
}

type digest = [sha256.Size]byte

// content is what an entry holds.
type content struct {
	kind    string // whose errors it gives: file, zip, gzip…
	size    int64  // -1 when not known
	written Written
	again   bool // open can be called more than once, later, from anywhere
	open    func(o opening) (io.ReadCloser, error)
}

// opening is what a content that is opened reports to.
type opening struct {
	note  func(*fault)  // what is worth noting and does not end the reading
	count *atomic.Int64 // bytes of the user's files that were read, for progress
	look  bool          // only a first look, inside the walk
}

// blob is content that can be read at random.
type blob struct {
	at     io.ReaderAt
	size   int64
	reopen func() (*os.File, error) // for files on disk
}

// counted gives the blob with its reading counted for progress.
func (b *blob) counted(n *atomic.Int64) io.ReaderAt {
	if b.reopen == nil {
		return b.at
	}
	return countAt{b.at, n}
}

// again opens the blob for an item that is read later. A look does without: the
// walk holds the file open.
func (b *blob) again(o opening) (io.ReaderAt, io.Closer, error) {
	if b.reopen == nil || o.look {
		return b.at, io.NopCloser(nil), nil
	}
	f, err := b.reopen()
	if err != nil {
		return nil, nil, err
	}
	return countAt{f, o.count}, f, nil
}

// input is a container to be opened: at random, or as a stream.
type input struct {
	blob   *blob
	stream io.Reader
	tail   bool                    // a zip directory stands at the end as well
	opaque func(kind string) error // delivers it unopened

	written Written
}

func (w *walker) gap(e *env, g casefile.Gap) { w.s.gaps.add(e.box, g) }

// faultGap notes a fault at a place.
func (w *walker) faultGap(e *env, p place, f *fault, offset, length int64, action string) {
	w.gap(e, casefile.Gap{
		Code: f.code, Path: p.display, Offset: offset, Length: max(0, length), Where: f.where,
		Limit: f.limit, Got: f.got, Action: action, Detail: f.detail,
	})
}

// count counts one entry, and tells whether it may still be read.
func (w *walker) count(e *env, p place, where string) bool {
	if e.entries++; e.entries > w.s.limits.Entries {
		if e.entries == w.s.limits.Entries+1 {
			w.gap(e, casefile.Gap{Code: CodeLimitEntries, Path: p.display, Where: where, Limit: w.s.limits.Entries, Got: e.entries, Action: "rest of the container skipped"})
		}
		return false
	}
	if w.entries++; w.entries > w.s.limits.EntriesAll {
		if !w.full {
			w.full = true
			w.gap(e, casefile.Gap{Code: CodeLimitEntriesAll, Path: p.display, Where: where, Limit: w.s.limits.EntriesAll, Got: w.entries, Action: "rest of the containers skipped"})
		}
		return false
	}
	return true
}

// stored gives a stored name its place in a container, and notes what is odd
// about it. Names that were seen before are numbered.
func (w *walker) stored(e *env, raw string, entry int64) place {
	return w.storedAs(e, raw, original(raw), entry)
}

// storedAs is stored for a file whose path on its machine is known.
func (w *walker) storedAs(e *env, raw, path string, entry int64) place {
	n := cleanStored(raw, &w.s.limits)
	if path != raw {
		o := cleanStored(path, &w.s.limits)
		n.logical, n.long, n.empty = o.logical, n.long || o.long, n.empty || o.empty
	}
	if e.names == nil {
		e.names, e.folded = map[key]int64{}, map[key]int64{}
	}
	where := "entry " + strconv.FormatInt(entry, 10)
	display, logical := n.display, n.logical
	k := exactKey(logical)
	first, dup := e.names[k]
	for i := 2; ; i++ {
		if _, taken := e.names[k]; !taken {
			break
		}
		num := "~" + strconv.Itoa(i)
		display, logical = n.display+num, n.logical+num
		k = exactKey(logical)
	}
	e.names[k] = entry
	p := place{e.prefix.display + display, e.prefix.logical + logical}
	note := func(code, action string, other int64) {
		g := casefile.Gap{Code: code, Path: p.display, Where: where, Action: action, Detail: quoted(raw)}
		if other > 0 {
			g.Detail = "like entry " + strconv.FormatInt(other, 10)
		}
		w.gap(e, g)
	}
	if dup {
		note(CodeNameDuplicate, "both read, numbered", first)
	} else {
		f := foldKey(logical)
		if other, ok := e.folded[f]; ok {
			note(CodeNameSimilar, "both read", other)
		} else {
			e.folded[f] = entry
		}
	}
	if n.unsafe {
		note(CodeNameUnsafe, "read, name kept as text", 0)
	}
	if n.long {
		note(CodeNameLong, "read, name cut", 0)
	}
	if n.empty {
		note(CodeNameEmpty, "read under another name", 0)
	}
	return p
}

// item delivers content that can be opened again to the visitor.
func (w *walker) item(e *env, p place, c content, opaque string) error {
	it := &Item{Path: p.display, Logical: p.logical, Size: c.size, Written: c.written, Opaque: opaque}
	it.open = func() (io.ReadCloser, error) {
		r, err := w.openItem(e, p, c, false)
		if err != nil {
			return nil, err
		}
		return e.list.watch(p, r), nil
	}
	return w.visit(it)
}

// openItem opens content behind a reader that knows its place.
func (w *walker) openItem(e *env, p place, c content, quiet bool) (*itemReader, error) {
	r := &itemReader{w: w, e: e, p: p, kind: c.kind, size: c.size, quiet: quiet}
	var raw io.ReadCloser
	err := guard(func() (err error) {
		o := opening{note: r.note, count: &w.s.read, look: quiet}
		if quiet {
			o.count = new(atomic.Int64)
		}
		raw, err = c.open(o)
		return err
	})
	if err != nil {
		return nil, r.fail(err)
	}
	r.raw = raw
	return r, nil
}

// offer takes one entry: a container is opened, anything else is an item.
func (w *walker) offer(e *env, p place, c content) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	r, err := w.openItem(e, p, c, c.again)
	if err != nil {
		if w.ctx.Err() != nil {
			return w.ctx.Err()
		}
		if re, ok := errors.AsType[*ReadError](err); ok && c.again {
			w.gap(e, re.Gap)
		}
		return nil
	}
	defer r.Close()
	br := bufio.NewReaderSize(r, 4096)
	head, err := br.Peek(sniffLen)
	if w.ctx.Err() != nil {
		return w.ctx.Err()
	}
	if len(head) == 0 && err != nil && err != io.EOF {
		r.loud()
		return nil // not one byte: the gap is all there is to say
	}
	kind, ok := SniffContainer(head)
	if c.again {
		r.Close()
		if !ok {
			return w.item(e, p, c, "")
		}
		if r, err = w.openItem(e, p, c, false); err != nil {
			return w.ctx.Err()
		}
		defer r.Close()
		br = bufio.NewReaderSize(r, 4096)
	}
	deliver := func(opaque string) error { return w.passOn(e, p, c, br, opaque) }
	if !ok {
		return deliver("")
	}
	return w.container(e, p, kind, input{stream: br, opaque: deliver, written: c.written})
}

// passOn delivers a reader that already knows its place.
func (w *walker) passOn(e *env, p place, c content, r io.Reader, opaque string) error {
	it := &Item{Path: p.display, Logical: p.logical, Size: c.size, Written: c.written, Sequential: true, Opaque: opaque}
	it.open = func() (io.ReadCloser, error) { return e.list.watch(p, io.NopCloser(r)), nil }
	err := w.visit(it)
	it.used.Store(true)
	return err
}

// container opens a container and walks it.
func (w *walker) container(e *env, p place, kind string, in input) error {
	if kind == "rar" || kind == "cab" {
		w.gap(e, casefile.Gap{Code: CodeUnsupported, Path: p.display, Where: kind, Action: "kept as an opaque file"})
		return in.opaque(kind)
	}
	if e.depth >= w.s.limits.Depth {
		w.gap(e, casefile.Gap{Code: CodeTooDeep, Path: p.display, Where: kind, Limit: w.s.limits.Depth, Got: e.depth + 1, Action: "kept as an opaque file"})
		return in.opaque(kind)
	}
	a, err := w.absorb(e, p, kind, in)
	if err != nil || a == nil {
		return err
	}
	defer a.close()
	if a.hashed {
		for _, d := range e.chain {
			if d == a.sum {
				w.gap(e, casefile.Gap{Code: CodeSelf, Path: p.display, Where: kind, Action: "not opened again"})
				w.ledger(p, kind, a)
				return nil
			}
		}
	}
	if w.s.whole != nil && w.s.whole(p.logical) {
		if err := w.both(e, p, kind, in.written, a); err != nil {
			return err
		}
	}
	dir := p.dir()
	if e.argPrefix != "" {
		dir = e.argPrefix + "/"
	}
	ne := &env{
		box: p.display + "!", prefix: place{p.display + "!", dir}, depth: e.depth + 1, bundle: e.bundle,
		chain: append(append([]digest(nil), e.chain...), a.sum),
	}
	if tool, machine := nameClaim(p.base()); machine != "" {
		w.s.claim(Package{Path: p.display, Dir: strings.TrimSuffix(dir, "/"), Tool: tool, Machine: machine})
	}
	switch kind {
	case "zip":
		err = w.zip(ne, p, a.blob)
	case "7z":
		err = w.sevenZip(ne, p, a.blob)
	case "tar":
		err = w.tar(ne, p, a.reader(&w.s.read))
	default:
		inner := place{p.display + "!" + innerName(p.base(), kind), dir + innerName(p.base(), kind)}
		if e.argPrefix != "" {
			inner.logical = e.argPrefix
		}
		kind, err = w.codec(ne, p, inner, kind, a)
	}
	if err == nil {
		err = a.drain(w)
	}
	if err != nil {
		return err
	}
	w.ledger(p, kind, a)
	if a.blob != nil && kind != "zip" && (in.tail || (a.blob.reopen == nil && zipAtEnd(a.blob.at, a.blob.size))) {
		w.gap(e, casefile.Gap{Code: CodeAmbiguous, Path: p.display, Where: kind + ", and zip at the end", Action: "read both ways"})
		ze := *ne
		ze.box, ze.prefix.display = p.display+"~zip!", p.display+"~zip!"
		ze.names, ze.folded, ze.entries = nil, nil, 0
		return w.zip(&ze, place{p.display + "~zip", p.logical}, a.blob)
	}
	return nil
}

// both delivers a container as an item before it is opened. One that is read as a stream, since it is too large to be held, is opened only.
func (w *walker) both(e *env, p place, kind string, written Written, a *absorbed) error {
	g := casefile.Gap{Code: CodeAmbiguous, Path: p.display, Where: kind + " by its first bytes", Action: "read as a file and as a container"}
	if a.blob == nil {
		g.Action, g.Limit = "read as a container only", w.s.limits.MemoryBytes
		w.gap(e, g)
		return nil
	}
	w.gap(e, g)
	it := &Item{Path: p.display, Logical: p.logical, Size: a.blob.size, Written: written, Sequential: true}
	it.open = func() (io.ReadCloser, error) {
		return e.list.watch(p, io.NopCloser(guardReader{w.ctx, a.reader(new(atomic.Int64))})), nil
	}
	err := w.visit(it)
	it.used.Store(true)
	return err
}

func (w *walker) ledger(p place, kind string, a *absorbed) {
	it := casefile.LedgerItem{Path: p.display, Kind: kind, Size: a.size}
	if a.hashed && !a.partial {
		it.SHA256 = hex.EncodeToString(a.sum[:])
	}
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	w.s.containers = append(w.s.containers, it)
}

// absorbed is a container made ready: at random when it is on disk, small, or
// of a kind that needs it, else as a stream that is hashed as it goes by.
type absorbed struct {
	blob    *blob
	stream  io.Reader
	hash    hash.Hash
	size    int64
	sum     digest
	hashed  bool
	partial bool // the bytes could not be had to their end
	spool   *os.File
	release func()
}

func (a *absorbed) close() {
	if a.spool != nil {
		a.spool.Close()
		a.release()
	}
}

// reader gives the bytes from the start.
func (a *absorbed) reader(n *atomic.Int64) io.Reader {
	if a.blob != nil {
		return io.NewSectionReader(a.blob.counted(n), 0, a.blob.size)
	}
	return a.stream
}

// drain reads the rest of a stream, for its hash.
func (a *absorbed) drain(w *walker) error {
	if a.blob != nil {
		return nil
	}
	_, err := io.Copy(io.Discard, a.stream)
	if w.ctx.Err() != nil {
		return w.ctx.Err()
	}
	a.partial = a.partial || err != nil
	a.hash.Sum(a.sum[:0])
	a.hashed = true
	return nil
}

// sumWriter hashes and counts.
type sumWriter struct{ a *absorbed }

func (s sumWriter) Write(p []byte) (int, error) {
	s.a.size += int64(len(p))
	return s.a.hash.Write(p)
}

// absorb makes a container ready. It returns nil when that cannot be done, and
// has noted why.
func (w *walker) absorb(e *env, p place, kind string, in input) (*absorbed, error) {
	a := &absorbed{hash: sha256.New()}
	if in.blob != nil {
		// Hashed first: the hash tells a copy of an outer container, and what
		// is analysed is what was hashed.
		a.blob = in.blob
		_, err := io.Copy(sumWriter{a}, ctxReader{w.ctx, io.NewSectionReader(a.blob.at, 0, a.blob.size)})
		if w.ctx.Err() != nil {
			return nil, w.ctx.Err()
		}
		if err != nil || a.size != a.blob.size {
			a.partial = true
			f := &fault{code: CodeFileChanged, where: "shrank", limit: a.blob.size, got: a.size}
			if err != nil {
				f = &fault{code: CodeFileUnreadable, detail: quoted(plainError(err))}
			}
			w.faultGap(e, p, f, a.size, a.blob.size-a.size, "rest of the container skipped")
			a.blob.size = a.size
		}
		a.hash.Sum(a.sum[:0])
		a.hashed = true
		return a, nil
	}
	limit := w.s.limits.MemoryBytes
	buf, err := io.ReadAll(io.LimitReader(in.stream, limit+1))
	if w.ctx.Err() != nil {
		return nil, w.ctx.Err()
	}
	if err != nil || int64(len(buf)) <= limit {
		a.partial = err != nil
		a.size = int64(len(buf))
		a.sum, a.hashed = sha256.Sum256(buf), true
		a.blob = &blob{at: bytes.NewReader(buf), size: a.size}
		return a, nil
	}
	if kind != "zip" && kind != "7z" {
		a.stream = io.TeeReader(io.MultiReader(bytes.NewReader(buf), in.stream), sumWriter{a})
		return a, nil
	}
	err = w.spool(a, io.MultiReader(bytes.NewReader(buf), in.stream))
	if w.ctx.Err() != nil {
		a.close()
		return nil, w.ctx.Err()
	}
	if f, ok := errors.AsType[*fault](err); ok && f.code == CodeSpool {
		a.close()
		w.faultGap(e, p, f, 0, a.size, "container skipped")
		return nil, nil
	}
	a.partial = err != nil
	a.hash.Sum(a.sum[:0])
	a.hashed = true
	a.blob = &blob{at: a.spool, size: a.size}
	return a, nil
}

// spool copies a nested archive to a temporary file that has no name.
func (w *walker) spool(a *absorbed, r io.Reader) error {
	f, err := os.CreateTemp(w.s.tempDir, "vigie-*.tmp")
	if err != nil {
		return &fault{code: CodeSpool, detail: quoted(plainError(err))}
	}
	var used int64
	a.spool = f
	a.release = func() {
		w.s.spooled.Add(-used)
		if !unlinkOpen {
			os.Remove(f.Name()) // Close of the Source tries again
		}
	}
	if unlinkOpen {
		if err := os.Remove(f.Name()); err != nil {
			return &fault{code: CodeSpool, detail: quoted(plainError(err))}
		}
	} else {
		w.s.mu.Lock()
		w.s.temps = append(w.s.temps, f.Name())
		w.s.mu.Unlock()
	}
	buf := make([]byte, 64*kib)
	for {
		n, err := r.Read(buf)
		if total := w.s.spooled.Add(int64(n)); total > w.s.limits.SpoolBytes {
			used += int64(n)
			return &fault{code: CodeSpool, where: "budget", limit: w.s.limits.SpoolBytes, got: total}
		}
		used += int64(n)
		if _, werr := f.Write(buf[:n]); werr != nil {
			return &fault{code: CodeSpool, detail: quoted(plainError(werr))}
		}
		sumWriter{a}.Write(buf[:n])
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// codec walks a compressed stream: a tar inside counts as the same level, any
// other content is the one entry of the container. It returns the full kind.
func (w *walker) codec(e *env, p, inner place, kind string, a *absorbed) (string, error) {
	again := a.blob != nil && a.blob.reopen != nil
	c := content{kind: kind, size: -1, again: again}
	c.open = func(o opening) (io.ReadCloser, error) {
		src, closer, b := a.stream, io.Closer(io.NopCloser(nil)), e.bundle
		if a.blob != nil {
			at, cl, err := a.blob.again(o)
			if err != nil {
				return nil, err
			}
			src, closer = io.NewSectionReader(at, 0, a.blob.size), cl
		}
		if again {
			b = b.fresh() // each reading of the one item starts anew
		}
		r, err := decode(kind, src, &w.s.limits, b, o.note)
		if err != nil {
			closer.Close()
			return nil, err
		}
		return readCloser{r, func() error { return errors.Join(r.Close(), closer.Close()) }}, nil
	}
	open := func(look bool) (raw io.ReadCloser, br *bufio.Reader, err error) {
		o := opening{note: func(f *fault) { w.faultGap(e, p, f, 0, 0, "noted") }, count: &w.s.read, look: look}
		if look {
			o.note, o.count = func(*fault) {}, new(atomic.Int64)
		}
		err = guard(func() (err error) {
			raw, err = c.open(o)
			return err
		})
		if err != nil {
			if w.ctx.Err() == nil {
				w.faultGap(e, p, classify(kind, err), 0, a.size, "container skipped")
			}
			return nil, nil, w.ctx.Err()
		}
		return raw, bufio.NewReaderSize(guardReader{w.ctx, raw}, 4096), nil
	}
	raw, br, err := open(again)
	if raw == nil {
		return kind, err
	}
	if head, _ := br.Peek(sniffLen); isTarHeader(head) {
		if again {
			raw.Close()
			if raw, br, err = open(false); raw == nil {
				return kind, err
			}
		}
		defer raw.Close()
		return "tar." + map[string]string{"gzip": "gz", "zstd": "zst", "bzip2": "bz2", "xz": "xz"}[kind], w.tarIn(e, p, br, kind)
	}
	if !w.count(e, inner, "entry 1") {
		raw.Close()
		return kind, nil
	}
	if again {
		raw.Close()
		return kind, w.offer(e, inner, c)
	}
	c.open = func(opening) (io.ReadCloser, error) { return readCloser{br, raw.Close}, nil }
	return kind, w.offer(e, inner, c)
}
