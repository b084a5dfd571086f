package detect

import (
	"cmp"
	"slices"
	"strings"

	"vigie/internal/baseline"
	"vigie/internal/casefile"
	"vigie/internal/intake"
	"vigie/internal/inventory"
	"vigie/internal/kb"
	"vigie/internal/settings"
	"vigie/internal/webfolder"
)

// FileExaminer looks at files as a whole, one after the other; each goroutine has its own. What it adds must not depend on the files before, and
// its work must be bounded whatever the bytes.
type FileExaminer interface {
	// Examine adds to out what a file shows. It keeps nothing of f.Data.
	Examine(f *intake.File, out *FileFacts)
}

// examiners gives those who look at each file, in the order in which they are told. A reader of another kind of file is one more line here.
func (p *Pack) examiners() []FileExaminer {
	return []FileExaminer{
		&webExaminer{p}, // first: it knows the place in the file better
		p.yaraExaminer(),
		&settingsExaminer{p},
		&binaryExaminer{p},
	}
}

// FileFacts is what one file shows.
type FileFacts struct {
	// Kind is what the file was recognised as, a word for the ledger; "" when nobody knows it.
	Kind     string
	Place    webfolder.Place
	Hits     []Hit
	Script   bool // a web server runs it by its name
	Foreign  bool // a script that the product does not ship, in a folder in which its scripts are known
	State    baseline.State
	Compiled *webfolder.Compiled
	Clues    []inventory.Clue
	Settings []inventory.Setting
	Claims   []settings.Claim // what other tools say of the machine
	Named    string           // the server that an export names as its own, "" when none does
	Gaps     []casefile.Gap
}

// The kinds of files that are known, as words of the ledger.
const (
	kindScript   = "web-script"
	kindConfig   = "web-config"
	kindCompiled = "web-compiled"
)

// File looks at one file. Nothing in the facts shares its memory.
func (r *Run) File(f *intake.File) *FileFacts {
	out := &FileFacts{Place: r.p.index.Locate(f.Logical), Script: r.p.index.Script(f.Logical)}
	for _, e := range r.files {
		e.Examine(f, out)
	}
	out.Hits = heaviest(out.Hits, r.p.weights)
	return out
}

// heaviest keeps of the hits on one file those that weigh most, and states, which weigh nothing: what one file is, is told once.
func heaviest(hits []Hit, weights map[string]casefile.Weight) []Hit {
	rank := func(h Hit) int {
		if h.Meta.Act == dumpAct {
			return -1 // it tells the way in as well
		}
		return slices.Index([]casefile.Weight{casefile.Proof, casefile.Clue, casefile.Hint, casefile.None}, weights[h.Meta.Flaw+"/"+h.Meta.Act])
	}
	best := 2
	for _, h := range hits {
		best = min(best, rank(h))
	}
	return slices.DeleteFunc(hits, func(h Hit) bool { return rank(h) > best && rank(h) < 3 })
}

// Proves tells whether a hit on a file is a proof.
func (p *Pack) Proves(h Hit) bool { return p.weights[h.Meta.Flaw+"/"+h.Meta.Act] == casefile.Proof }

// dumpAct is the act of a dump of a virtual directory that holds script.
const dumpAct = "file-dump"

// weightsOf lists what acts weigh.
func weightsOf(k *kb.KB) map[string]casefile.Weight {
	m := map[string]casefile.Weight{}
	for i := range k.Flaws {
		for j := range k.Flaws[i].Acts {
			m[k.Flaws[i].ID+"/"+k.Flaws[i].Acts[j].ID] = k.Flaws[i].Acts[j].Weight
		}
	}
	return m
}

// FileHit makes a hit on a file of the evidence at a place. Its time is left open: the date of a file is a claim, which is told and decides nothing.
func FileHit(meta HitMeta, rule string, place webfolder.Place, logical, sum string, at casefile.Ref, raw string) Hit {
	object := place.URL
	if object == "" {
		object = logical
	}
	h := Hit{
		Key:    Key{Rule: rule, Kind: casefile.FilesKind, Object: cmp.Or(sum, logical)}, // without a hash nothing is known to be a copy
		Meta:   meta,
		Sample: casefile.Sample{Ref: at, SHA256: sum},
	}
	h.Sample.Object, _ = CutText(object, maxObject)
	h.Sample.Raw, h.Sample.Cut = CutText(Inert([]byte(raw)), casefile.MaxRaw)
	return h
}

// Inert writes bytes of a file so that neither a browser, a web server nor an antivirus takes them for what they were: what is not plain is escaped
// as in Go, and so are the signs that open a tag, a call or an index.
func Inert(b []byte) string {
	const hex = "0123456789abcdef"
	var s strings.Builder
	for _, c := range b {
		switch {
		case c == 0: // every other byte of a text of two bytes a character
		case c == '\t':
			s.WriteByte(' ')
		case c == '\\':
			s.WriteString(`\\`)
		case c < ' ' || c > '~' || strings.IndexByte("<%([`", c) >= 0:
			s.WriteString(`\x`)
			s.WriteByte(hex[c>>4])
			s.WriteByte(hex[c&15])
		default:
			s.WriteByte(c)
		}
	}
	return s.String()
}

// Index answers questions about the web folders of the product.
func (p *Pack) Index() *webfolder.Index { return p.index }

// WithBaseline gives a pack that compares files with those of a known-good server.
func (p *Pack) WithBaseline(b *baseline.Baseline) *Pack {
	q := *p
	q.baseline = b
	return &q
}

// Baseline is what files are compared with, nil for nothing.
func (p *Pack) Baseline() *baseline.Baseline { return p.baseline }
