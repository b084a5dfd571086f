// Package collect takes the evidence of a machine, once, read-only: it finds the
// places that a profile names, reads them in the order of their volatility, and
// writes a package (see package vgz). Everything that could not be read is listed.
//
// The machine is a production server in trouble: memory is flat whatever the
// number of files, the share of a core is bounded, and the disk is never filled.
// Nothing of the machine is changed; access times may be, where the file system keeps them.
package collect

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"vigie/internal/vgz"
)

// Options say what to take and within which limits.
type Options struct {
	Profile *Profile
	Disk    *Disk
	// Live exports what only the running system can give; nil on a mounted image.
	Live *Live
	// Since leaves out logs that were last changed before; zero: none.
	Since time.Time
	// MaxBytes bounds the contents that are kept, 0: no bound. What is beyond is hashed and listed.
	MaxBytes int64
	// CPU is the share of one core that may be used; 0: no limit.
	CPU float64
	// Reserve is the share of the target's disk that stays free, such as 0.1.
	Reserve float64
	// Now is the clock; nil for time.Now.
	Now func() time.Time
	// Tick is told of progress; may be nil.
	Tick func(Progress)

	free  func(dir string) (free, total uint64, err error) // tests
	pacer *pacer                                           // tests
}

// Progress is how far a collection is.
type Progress struct {
	Item  string // of the profile
	Path  string
	Files int64
	Bytes int64
}

// Stopped words of vgz.End.
const (
	StoppedDisk        = "disk"
	StoppedInterrupted = "interrupted"
)

// errStop ends a walk; why is kept by the run.
var errStop = errors.New("stop")

type run struct {
	ctx    context.Context
	opt    *Options
	w      *vgz.Writer
	target string // folder of the package
	places Places
	items  []itemPatterns
	self   string // the package, which must not be collected into itself

	mark    mark
	kept    int64
	prog    Progress
	stopped string
	buf     []byte
}

// itemPatterns are the patterns of an item with the variables replaced.
type itemPatterns struct {
	take, leave []pattern
	bases       []base
}

// base is a folder to walk, with the patterns below it.
type base struct {
	parts []string
	pats  []pattern
}

// mark is where a collection stands, as the journal keeps it.
type mark struct {
	Item int      `json:"item"`
	Base int      `json:"base"`
	Path []string `json:"path,omitempty"`
	// Exports is how many of the item's exports were made.
	Exports int `json:"exports,omitempty"`
}

// Places finds where the profile's variables are on the disk.
func (o *Options) Places() Places {
	var registry func(string) (string, bool)
	if o.Live != nil {
		registry = o.Live.Registry
	}
	return resolve(o.Profile, o.Disk, registry)
}

// Run collects into w and finishes it. from is the mark of an interrupted run, or empty. The error is of
// writing: then nothing more can be kept, and the package is as far as its journal says.
func Run(ctx context.Context, w *vgz.Writer, target, from string, places Places, opt Options) (vgz.End, error) {
	r := &run{ctx: ctx, opt: &opt, w: w, target: filepath.Dir(target), places: places}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.free == nil {
		opt.free = freeSpace
	}
	if opt.pacer == nil {
		opt.pacer = &pacer{share: opt.CPU, cpu: cpuTime, now: time.Now, sleep: time.Sleep}
	}
	if from != "" {
		if err := json.Unmarshal([]byte(from), &r.mark); err != nil {
			return vgz.End{}, fmt.Errorf("the journal's mark: %w", err)
		}
	}
	r.self = absolute(target)
	r.compile()
	err := r.all()
	var end vgz.End
	if errors.Is(err, errStop) {
		if err = r.flush(); err == nil {
			err = errStop
		}
	}
	if err == nil || errors.Is(err, errStop) {
		end, err = w.Finish(r.stopped)
	}
	switch {
	case err == nil:
		return end, nil
	case errors.Is(err, vgz.ErrAbort): // in the middle of a file, which is left out whole
		return w.Salvage(StoppedInterrupted)
	case full(err):
		return w.Salvage(StoppedDisk)
	}
	return end, errors.Join(err, w.Abandon())
}

// full tells whether an error says that the disk has no room.
func full(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, errDiskFull)
}

// compile expands the patterns and groups them by the folder to walk.
func (r *run) compile() {
	for _, it := range r.opt.Profile.Items {
		var ip itemPatterns
		for _, s := range it.Paths {
			for _, full := range r.places.expand(s) {
				pat := newPattern(full)
				ip.take = append(ip.take, pat)
				parts := splitPath(full)[:pat.fixed()]
				i := slices.IndexFunc(ip.bases, func(b base) bool { return slices.EqualFunc(b.parts, parts, strings.EqualFold) })
				if i < 0 {
					ip.bases = append(ip.bases, base{parts: parts})
					i = len(ip.bases) - 1
				}
				ip.bases[i].pats = append(ip.bases[i].pats, pat)
			}
		}
		for _, s := range it.Exclude {
			for _, full := range r.places.expand(s) {
				ip.leave = append(ip.leave, newPattern(full))
			}
		}
		r.items = append(r.items, ip)
	}
}

func (r *run) all() error {
	first := r.mark
	for i := first.Item; i < len(r.items); i++ {
		it := &r.opt.Profile.Items[i]
		r.prog.Item = it.ID
		done := 0
		if i == first.Item {
			done = first.Exports
		}
		r.mark = mark{Item: i, Exports: done}
		if err := r.exports(it, done); err != nil {
			return err
		}
		exports := r.mark.Exports
		start := 0
		if i == first.Item {
			start = first.Base
		}
		for b := start; b < len(r.items[i].bases); b++ {
			var after []string
			if i == first.Item && b == first.Base {
				after = first.Path
			}
			r.mark = mark{Item: i, Base: b, Path: after, Exports: exports}
			err := r.opt.Disk.walk(r.items[i].bases[b].parts, r.items[i].bases[b].pats, after, func(f *found) error { return r.file(i, b, it, f) })
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// file takes one thing that was found, unless an earlier pattern took it.
func (r *run) file(i, b int, it *Item, f *found) error {
	if err := r.wait(); err != nil {
		return err
	}
	parts := lower(f.names)
	if r.taken(i, b, parts) || fits(r.items[i].leave, parts) || own(r.self, f.host) {
		return nil
	}
	rec := r.record(it, f)
	if err := r.take(it, f, rec, parts); err != nil {
		return err
	}
	r.mark.Path = slices.Clone(f.names)
	r.prog.Path = rec.Path
	r.prog.Files++
	return r.commit()
}

// taken tells whether a path fits a pattern that was walked before this one.
func (r *run) taken(i, b int, parts []string) bool {
	for k := range r.items[:i] {
		if fits(r.items[k].take, parts) && !fits(r.items[k].leave, parts) {
			return true
		}
	}
	for _, other := range r.items[i].bases[:b] {
		if fits(other.pats, parts) {
			return true
		}
	}
	return false
}

// own tells whether a file is the package itself, one of its parts or its journal.
func own(self, host string) bool {
	rest, ok := strings.CutPrefix(absolute(host), self)
	return ok && (rest == "" || rest == vgz.JournalSuffix || len(rest) == len(".001") && rest[0] == '.')
}

func absolute(name string) string {
	if abs, err := filepath.Abs(name); err == nil {
		return abs
	}
	return name
}

func (r *run) record(it *Item, f *found) vgz.Record {
	rec := vgz.Record{Item: it.ID, Path: f.path(), ReadAt: r.opt.Now().UTC()}
	if !utf8.ValidString(rec.Path) {
		rec.PathHex = hex.EncodeToString([]byte(rec.Path))
	}
	if f.info != nil {
		rec.Size = f.info.Size()
		rec.Modified = f.info.ModTime().UTC()
		rec.Changed, rec.Created = times(f.info)
	}
	return rec
}

func errorWord(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return vgz.Vanished
	case errors.Is(err, fs.ErrPermission):
		return vgz.Denied
	case locked(err):
		return vgz.Locked
	}
	return vgz.Failed
}

// take reads one file.
func (r *run) take(it *Item, f *found, rec vgz.Record, parts []string) error {
	not := func(word, detail string) error {
		rec.How, rec.Error, rec.Detail = vgz.HowNotRead, word, detail
		return r.w.Note(rec)
	}
	switch {
	case f.err != nil:
		return not(errorWord(f.err), f.err.Error())
	case f.info.Mode()&(fs.ModeSymlink|fs.ModeIrregular) != 0:
		to, _ := os.Readlink(f.host)
		return not(vgz.Link, to)
	case !f.info.Mode().IsRegular():
		return not(vgz.NotAFile, f.info.Mode().Type().String())
	case it.Since && !r.opt.Since.IsZero() && f.info.ModTime().Before(r.opt.Since):
		return nil
	}
	in, how, err := r.open(f)
	if err != nil {
		return not(errorWord(err), err.Error())
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return not(errorWord(err), err.Error())
	}
	if !info.Mode().IsRegular() {
		return not(vgz.NotAFile, "changed between listing and opening")
	}
	size := info.Size() // of the open file: what a folder lists lags behind on NTFS
	rec.How = how
	src := &paced{in, r}
	if !r.keeps(it, parts, size) {
		rec.How = vgz.HowHashOnly
		var err error
		if rec.Size, rec.SHA256, err = hashAll(src, size, r.buffer()); err != nil {
			if r.ctx.Err() != nil {
				return r.stop(StoppedInterrupted)
			}
			rec.Error, rec.Detail = errorWord(err), err.Error()
		}
		return r.w.Note(rec)
	}
	r.kept += size
	return r.w.Add(rec, size, src, func(rec *vgz.Record) {
		now, err := in.Stat()
		rec.Grew = err == nil && now.Size() > size
	})
}

// buffer is what files are hashed through, one after the other.
func (r *run) buffer() []byte {
	if r.buf == nil {
		r.buf = make([]byte, 256<<10)
	}
	return r.buf
}

// keeps tells whether the content of a file is put into the package.
func (r *run) keeps(it *Item, parts []string, size int64) bool {
	if it.Mode == Hash || it.Max > 0 && size > it.Max || r.opt.MaxBytes > 0 && r.kept+size > r.opt.MaxBytes {
		return false
	}
	if it.Mode == Content {
		return true
	}
	name := parts[len(parts)-1]
	return slices.ContainsFunc(it.Scripts, func(e string) bool { return strings.HasSuffix(name, e) })
}

// open opens a file as the system allows: shared, else out of a shadow copy.
func (r *run) open(f *found) (*os.File, string, error) {
	in, err := openShared(f.host)
	if err == nil {
		return in, vgz.HowRead, nil
	}
	if r.opt.Live != nil && r.opt.Live.Shadow != nil && !errors.Is(err, fs.ErrNotExist) {
		if path, serr := r.opt.Live.Shadow(f.path()); serr == nil {
			if in, serr := openShared(path); serr == nil {
				return in, vgz.HowShadow, nil
			}
		}
	}
	return nil, "", err
}

// paced gives way to others between reads, and ends when the run is interrupted.
type paced struct {
	in io.Reader
	r  *run
}

func (p *paced) Read(b []byte) (int, error) {
	p.r.opt.pacer.pause()
	if p.r.ctx.Err() != nil {
		return 0, vgz.ErrAbort
	}
	n, err := p.in.Read(b)
	p.r.prog.Bytes += int64(n)
	if p.r.opt.Tick != nil {
		p.r.opt.Tick(p.r.prog)
	}
	return n, err
}

// wait looks whether collecting should go on.
func (r *run) wait() error {
	r.opt.pacer.pause()
	if r.ctx.Err() != nil {
		return r.stop(StoppedInterrupted)
	}
	return nil
}

func (r *run) stop(why string) error {
	r.stopped = why
	return errStop
}

// commit ends a batch when it is full, and looks whether the disk has room for the next.
func (r *run) commit() error {
	if !r.w.Full() {
		return nil
	}
	if err := r.flush(); err != nil {
		return err
	}
	if free, total, err := r.opt.free(r.target); err == nil && float64(free) < float64(total)*r.opt.Reserve {
		return r.stop(StoppedDisk)
	}
	return nil
}

// flush ends the batch at hand.
func (r *run) flush() error {
	text, err := json.Marshal(r.mark)
	if err != nil {
		return err
	}
	return r.w.Commit(string(text))
}
