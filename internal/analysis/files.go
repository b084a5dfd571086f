package analysis

import (
	"path"
	"slices"
	"strconv"
	"time"

	"vigie/internal/baseline"
	"vigie/internal/casefile"
	"vigie/internal/detect"
	"vigie/internal/incident"
	"vigie/internal/intake"
	"vigie/internal/inventory"
	"vigie/internal/settings"
)

// fileSeen is a file that was looked at as a whole.
type fileSeen struct {
	intake.File // without its bytes
	facts       *detect.FileFacts
}

// files are what was looked at of the files of one group.
type files struct {
	count    casefile.FilesSeen
	state    map[baseline.State]int64
	pages    []*fileSeen // scripts, what was compiled of them, and files on which a rule or check fired
	urls     map[string]bool
	clues    []inventory.Clue
	settings []inventory.Setting
	claims   []settings.Claim
	latest   time.Time // the newest date of an export
}

// maxSettings bounds the settings of one server that are kept. Checks ask for some hundred keys, of which a server has a value or, for mailboxes, some thousand.
const maxSettings = 200_000

// maxPages bounds the files of one server that are kept for what only the whole tells. The scripts of an Exchange server are some thousand.
const maxPages = 100_000

// add keeps what a file shows of its server.
func (s *files) add(x *fileSeen) {
	if s.urls == nil {
		s.urls, s.state = map[string]bool{}, map[baseline.State]int64{}
	}
	f := x.facts
	s.count.Examined++
	s.state[f.State]++
	if f.Script {
		s.count.Scripts++
	}
	if (f.Script || f.Compiled != nil || len(f.Hits) > 0) && len(s.pages) < maxPages {
		s.pages = append(s.pages, x)
		if f.Place.URL != "" {
			s.urls[f.Place.URL] = true
		}
	}
	s.clues = append(s.clues, f.Clues...)
	if w := x.Written.Time; len(f.Settings)+len(f.Clues) > 0 && w.After(s.latest) {
		s.latest = w
	}
	if len(s.settings)+len(f.Settings) <= maxSettings {
		s.settings, s.claims = append(s.settings, f.Settings...), append(s.claims, f.Claims...)
	}
}

// merge adds the files of another folder of the same server.
func (s *files) merge(o *files) {
	if s.urls == nil {
		s.urls, s.state = map[string]bool{}, map[baseline.State]int64{}
	}
	s.count.Examined += o.count.Examined
	s.count.Scripts += o.count.Scripts
	for k, n := range o.state {
		s.state[k] += n
	}
	s.pages = append(s.pages, o.pages...)
	for u := range o.urls {
		s.urls[u] = true
	}
	s.clues, s.settings, s.claims = append(s.clues, o.clues...), append(s.settings, o.settings...), append(s.claims, o.claims...)
	if o.latest.After(s.latest) {
		s.latest = o.latest
	}
}

// Where so many files differ from those of a baseline, it is of another build: an update replaces thousands.
const (
	fewChanged    = 20
	changedInHund = 10 // percent of the compared files
)

// otherBaseline tells whether the baseline is of another state of the product.
func (s *files) otherBaseline() bool {
	changed, same := s.state[baseline.Changed], s.state[baseline.Original]
	return changed > fewChanged && changed*100 > changedInHund*(changed+same)
}

// fileRules names the checks that need the whole of a server's files, by their acts.
const fileRules = "vigie-"

// judgeFiles raises what only the whole of a server's files shows: scripts that are not the product's, pages that differ from a known-good server's,
// compiled copies of pages that are not there. Files on which a rule fired are told by that.
func (h *host) judgeFiles(opt *Options, s *files) {
	b := opt.Pack.Baseline()
	hit := map[string]bool{}
	for _, x := range s.pages {
		if weighs(x.facts.Hits) {
			hit[x.Path] = true
		}
	}
	t := newTally(maxKeysFile, maxRawFile)
	raise := func(x *fileSeen, act, raw string, line, offset int64) {
		meta := detect.HitMeta{Flaw: "webshell", Act: act, Version: "1"}
		at := casefile.Ref{Path: x.Path, Line: line, Offset: offset}
		t.add(detect.FileHit(meta, fileRules+act, x.facts.Place, x.Logical, x.SHA256, at, raw))
	}
	other := b != nil && s.otherBaseline()
	for _, x := range s.pages {
		f := x.facts
		unlisted := f.State == baseline.Unlisted && f.Script && path.Base(f.Place.URL) != "web.config" && !other
		switch {
		case f.Compiled != nil:
			if opt.Pack.Index().Foreign(f.Compiled.URL) && !s.urls[f.Compiled.URL] {
				gone := *x
				facts := *f
				facts.Place.URL = f.Compiled.URL
				gone.facts = &facts
				raise(&gone, "file-compiled", f.Compiled.Raw, f.Compiled.Line, f.Compiled.Offset)
			}
		case hit[x.Path], f.State == baseline.Original:
		case f.State == baseline.Changed: // the product has a file of this name
			if f.Script && !other && path.Base(f.Place.URL) != "web.config" {
				raise(x, "file-changed", x.said(), 0, 0)
			}
		case f.Foreign || unlisted:
			raise(x, "file-unknown", x.said(), 0, 0)
			if h.exposedWhen(opt, x) {
				raise(x, "file-written", x.said(), 0, 0)
			}
		}
	}
	t.each(func(_ tallyKey, d *casefile.Detection) {
		d.Host = h.Name
		h.detections = append(h.detections, *d)
	})
	h.seen = s
	if s.count.Examined > 0 {
		h.cover(casefile.FilesKind).Files += int(s.count.Examined)
	}
	if b != nil {
		h.compared(opt, b, s, other)
	}
}

// said is what the folder or the container says of a file, in place of a line of it.
func (x *fileSeen) said() string {
	s := strconv.FormatInt(x.Size, 10) + " bytes"
	if !x.Written.Time.IsZero() {
		s += ", dated " + x.Written.Time.Format(time.RFC3339)
	}
	if x.Written.Local {
		s += " in an unknown zone"
	}
	return s
}

// weighs tells whether a hit is more than a state of the configuration.
func weighs(hits []detect.Hit) bool {
	return slices.ContainsFunc(hits, func(h detect.Hit) bool { return h.Meta.Act != "machine-key" && h.Meta.Act != "machine-key-public" })
}

// farZone is how far a clock of an unknown zone may be from UTC.
const farZone = 14 * time.Hour

// exposedWhen tells whether a file bears a date of a time at which the server could be attacked. A date of an unknown zone must be so in all of them.
func (h *host) exposedWhen(opt *Options, x *fileSeen) bool {
	w := x.Written
	if w.Time.IsZero() {
		return false
	}
	if w.Local {
		return incident.Exposed(&h.Host, opt.KB, w.Time.Add(-farZone)) && incident.Exposed(&h.Host, opt.KB, w.Time.Add(farZone))
	}
	return incident.Exposed(&h.Host, opt.KB, w.Time)
}

// compared tells what the comparison with a known-good server gave.
func (h *host) compared(opt *Options, b *baseline.Baseline, s *files, other bool) {
	seen := &casefile.BaselineSeen{Product: b.Product, Build: b.Build, Source: b.Source, Date: b.Date,
		Original: s.state[baseline.Original], Changed: s.state[baseline.Changed], Unlisted: s.state[baseline.Unlisted], Other: other}
	if seen.Original+seen.Changed+seen.Unlisted == 0 {
		return
	}
	s.count.Baseline = seen
	key, n := "note.baseline", func(v int64) string { return strconv.FormatInt(v, 10) }
	if other {
		key = "note.baseline-other"
	}
	build := b.Build
	if build == "" {
		build = b.Date
	}
	h.Notes = append(h.Notes, fillNote(opt, key, map[string]string{"same": n(seen.Original), "changed": n(seen.Changed), "other": n(seen.Unlisted),
		"compared": n(seen.Original + seen.Changed), "build": build}))
}
