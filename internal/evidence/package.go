package evidence

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"strings"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/vgz"
)

// A package of `vigie collect` is a tar whose first entry says so (see package
// vgz). Its files are items under the paths that they had; its manifest is held
// against what is read, and each difference is a gap; its header is kept as a
// claim. A package in a package is opened like any archive.

// Package is what the header of a package, or of another collector's archive, says of the machine: claims, which an attacker may have made.
type Package struct {
	Path    string // of the container, as items name it
	Dir     string // logical folder of its files, "" when they have none in front
	Tool    string // vgz, or the tool that made it (see collectorTools)
	Machine string // "" when not said
	Started time.Time
}

// pack is a package being read.
type pack struct {
	check *vgz.Checker
	// shown are the paths of the files since the last batch, by entry, for gaps.
	shown map[string]string
}

// packed takes an entry of a package; done is false for a tar that is none.
func (w *walker) packed(e *env, h *tar.Header, data io.Reader, entry int64) (done bool, err error) {
	if e.pack == nil {
		if entry != 1 || h.Name != vgz.HeaderName || h.Typeflag != tar.TypeReg {
			return false, nil
		}
		pk := &pack{check: vgz.NewChecker(), shown: map[string]string{}}
		if err := pk.check.Entry(h, data); err != nil {
			w.gap(e, casefile.Gap{Code: CodePackageChain, Path: e.prefix.display + vgz.HeaderName, Action: "read as an archive", Detail: quoted(err.Error())})
			return true, nil
		}
		pk.check.Each = func(r *vgz.Record) { w.recorded(e, r) }
		e.pack = pk
		head := pk.check.Header()
		w.s.claim(Package{strings.TrimSuffix(e.prefix.display, "!"), strings.TrimSuffix(e.prefix.logical, "/"), "vgz", head.Machine.Name, head.Started})
		return true, nil
	}
	if !vgz.IsContent(h) {
		if err := e.pack.check.Entry(h, data); err != nil {
			e.pack.check.Cut(err) // the walk finds the same at its next step
		}
		clear(e.pack.shown)
		return true, nil
	}
	p := w.storedAs(e, h.Name, packedPath(h), entry)
	if len(e.pack.shown) < maxShown {
		e.pack.shown[h.Name] = p.display
	}
	sum := &summed{r: data, h: sha256.New()}
	err = w.offer(e, p, content{kind: "tar", size: h.Size, written: writtenUnix(h.ModTime.Unix()), open: func(opening) (io.ReadCloser, error) {
		return io.NopCloser(sum), nil
	}})
	if err != nil {
		return true, err
	}
	if _, err := io.Copy(io.Discard, sum); err == nil { // what was not looked at must be hashed as well
		e.pack.check.Content(h.Name, sum.n, hex.EncodeToString(sum.h.Sum(nil)))
	}
	return true, nil
}

// maxShown bounds the paths kept for gaps: more than a batch has.
const maxShown = 8192

// packedPath is the path that an entry had, with "/" between its parts.
func packedPath(h *tar.Header) string {
	if parts, ok := vgz.OriginalParts(h.Name); ok {
		return strings.Join(parts, "/")
	}
	if path := h.PAXRecords[vgz.PathComment]; path != "" {
		path = strings.TrimPrefix(path, `\\?\`)
		if len(path) > 1 && path[1] == ':' {
			return path[:1] + path[2:]
		}
		return path
	}
	return h.Name
}

// recorded notes what a line of the manifest says that nothing else shows.
func (w *walker) recorded(e *env, r *vgz.Record) {
	path := e.prefix.display + cleanStored(r.Path, &w.s.limits).display
	if shown, ok := e.pack.shown[r.Entry]; ok {
		path = shown
	}
	switch r.Error {
	case "", vgz.Absent, vgz.Offline:
	case vgz.Link:
		w.gap(e, casefile.Gap{Code: CodeLinkNotFollowed, Path: path, Where: "symbolic link", Action: "not followed", Detail: quoted(r.Detail)})
	case vgz.NotAFile:
		w.gap(e, casefile.Gap{Code: CodeSpecialNotRead, Path: path, Where: "special file", Action: "not read"})
	default:
		w.gap(e, casefile.Gap{Code: CodePackageNotRead, Path: path, Offset: max(0, r.Size), Action: "told by the collector", Detail: quoted(r.Error + ": " + r.Detail)})
	}
	if r.Padded > 0 {
		w.gap(e, casefile.Gap{Code: CodePackagePadded, Path: path, Offset: max(0, r.Size), Length: r.Padded, Action: "told by the collector"})
	}
}

// unpacked ends the check of a package, if the container is one.
func (w *walker) unpacked(e *env, p place) {
	if e.pack == nil || w.ctx.Err() != nil {
		return
	}
	rep := e.pack.check.Finish()
	for _, f := range rep.Faults {
		g := casefile.Gap{Code: CodePackageChain, Path: e.prefix.display + escape(cutText(f.Entry, 200), false), Action: "noted"}
		switch f.Code {
		case "hash", "missing", "extra":
			g.Code, g.Detail = CodePackageHash, quoted(f.Code+": "+f.Got)
			if f.Entry == vgz.EndName {
				g.Code, g.Path, g.Detail = CodePackageEnd, p.display, ""
			}
		case "cut":
			g.Code, g.Path, g.Detail = CodePackageEnd, p.display, quoted(f.Got)
		default:
			g.Detail = quoted(f.Code + ": " + f.Got)
		}
		w.gap(e, g)
	}
	if rep.End != nil && !rep.End.Complete {
		w.gap(e, casefile.Gap{Code: CodePackageEnd, Path: p.display, Action: "told by the collector", Detail: quoted(rep.End.Stopped)})
	}
}

func (s *Source) claim(p Package) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.packages) < maxClaims {
		s.packages = append(s.packages, p)
	}
}

// maxClaims bounds the packages of one run.
const maxClaims = 10_000

// summed hashes what goes by.
type summed struct {
	r io.Reader
	h hash.Hash
	n int64
}

func (s *summed) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.h.Write(p[:n])
	s.n += int64(n)
	return n, err
}
