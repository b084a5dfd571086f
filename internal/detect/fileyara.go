package detect

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"vigie/internal/casefile"
	"vigie/internal/intake"
	"vigie/internal/yara"
	"vigie/internal/yarapack"
)

// yaraExaminer runs the YARA rules that come with Vigie, or those of the user's knowledge folder.
type yaraExaminer struct {
	p    *Pack
	scan *yara.Scanner
}

func (p *Pack) yaraExaminer() *yaraExaminer {
	// A rule is told by its first place; the others would only cost time.
	return &yaraExaminer{p, p.yara.Rules.NewScanner(yara.ScanOptions{Offsets: true, MaxOffsets: 1})}
}

func (e *yaraExaminer) Examine(f *intake.File, out *FileFacts) {
	matches, undecided := e.scan.Scan(f.Data, yarapack.Variables(f.Logical))
	for _, m := range matches {
		meta := e.p.yara.Meta(m.Rule)
		if meta == nil {
			continue
		}
		offset := firstPlace(m)
		at := casefile.Ref{Path: f.Path, Offset: offset, Line: int64(bytes.Count(f.Data[:offset], []byte("\n"))) + 1}
		act := e.p.actAt(meta, out)
		hit := FileHit(HitMeta{meta.Flaw, act, meta.Version}, meta.ID, out.Place, f.Logical, f.SHA256, at, excerpt(f.Data, offset))
		for _, h := range out.Hits {
			if h.Meta.Flaw == meta.Flaw && h.Meta.Act == act { // another rule saw the same: one sight, told where the first saw it
				hit.Sample = h.Sample
				break
			}
		}
		out.Hits = append(out.Hits, hit)
	}
	for _, u := range undecided {
		out.Gaps = append(out.Gaps, casefile.Gap{Code: u.Code, Action: "rule not decided for the file", Detail: fmt.Sprintf("%.100q", u.Rule)})
	}
}

// The acts that stand for a match where no web server would run the file.
const (
	suspectAct   = "file-suspect"
	elsewhereAct = "file-elsewhere"
)

// actAt is the act that a rule shows in a file: its own where the name says that a web server runs it. In a web folder a file of another name is at
// most a clue, since it needs a configuration that runs it; anywhere else it is a hint: notes and rule packs of investigators hold the same texts.
func (p *Pack) actAt(m *yarapack.Meta, out *FileFacts) string {
	act := m.Act
	switch {
	case out.Script, m.Flaw != webFlaw:
	case out.Place.URL != "" || out.Place.Compiled:
		if m.Weight == casefile.Proof {
			act = suspectAct
		}
	case m.Weight == casefile.Proof || m.Weight == casefile.Clue || m.Weight == casefile.Hint:
		act = elsewhereAct
	}
	return act
}

// firstPlace is the lowest offset at which a string of the rule was found; 0 for a rule without strings.
func firstPlace(m yara.Match) int64 {
	first := int64(-1)
	for _, s := range m.Strings {
		for _, p := range s.Places {
			if o := int64(p.Offset); first < 0 || o < first {
				first = o
			}
		}
	}
	return max(first, 0)
}

// Bounds on the part of a line that is shown, in bytes before and from the place on.
const (
	excerptBefore = 80
	excerptFrom   = 240
)

// excerpt gives the line around a place, or what is near it of a long one.
func excerpt(data []byte, offset int64) string {
	at := int(offset)
	from := max(0, at-excerptBefore)
	if i := bytes.LastIndexByte(data[from:at], '\n'); i >= 0 {
		from += i + 1
	}
	to := min(len(data), at+excerptFrom)
	if i := bytes.IndexByte(data[at:to], '\n'); i > 0 {
		to = at + i
	}
	return string(bytes.TrimSpace(data[from:to]))
}

// Script tells by its name that a web server runs a file of the evidence, so that it is looked at even when it begins like a log.
func (p *Pack) Script(logical string) bool {
	return p.index.Script(logical) || strings.EqualFold(path.Ext(logical), ".dll") && p.index.Locate(logical).Key != ""
}
