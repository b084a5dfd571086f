package analysis

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/intake"
	"vigie/internal/kb"
	"vigie/internal/report"
)

// fillNote fills a remark's pattern with values that read the same in both languages.
func fillNote(opt *Options, key string, values map[string]string) casefile.Text {
	t := opt.Sentences[key]
	return casefile.Text{FR: kb.Fill(t.FR, values), EN: kb.Fill(t.EN, values)}
}

// maxNotes bounds the remarks on one host's clock.
const maxNotes = 5

func jumpNotes(opt *Options, jumps []intake.Jump) (out []casefile.Text) {
	for i, j := range jumps {
		if i == maxNotes {
			break
		}
		out = append(out, stepNote(opt, "note.jump", j.From.Sub(j.To), map[string]string{"path": j.Path, "line": strconv.FormatInt(j.Line, 10)}))
	}
	return out
}

func shiftNote(opt *Options, d time.Duration) casefile.Text {
	return stepNote(opt, "note.shift", d.Abs(), map[string]string{})
}

func stepNote(opt *Options, key string, d time.Duration, values map[string]string) casefile.Text {
	t := opt.Sentences[key]
	values["step"] = report.Words("fr").Duration(d)
	fr := kb.Fill(t.FR, values)
	values["step"] = report.Words("en").Duration(d)
	return casefile.Text{FR: fr, EN: kb.Fill(t.EN, values)}
}

// contradicted tells of packages that name another machine than their logs do.
func (n *namer) contradicted(opt *Options, name string) (out []casefile.Text) {
	for _, dir := range slices.Sorted(maps.Keys(n.claims)) {
		if claim := n.claims[dir]; n.named[dir][name] && claim != "" && claim != several && !n.named[dir][claim] {
			out = append(out, fillNote(opt, "note.claim-other", map[string]string{"claim": claim}))
		}
	}
	return out
}
