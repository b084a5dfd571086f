package incident

import (
	"time"

	"vigie/internal/casefile"
	"vigie/internal/kb"
	"vigie/internal/report"
)

// slot is a value of a sentence; it may read differently in each language.
type slot func(p *report.Printer) string

func date(t time.Time) slot     { return func(p *report.Printer) string { return p.Date(t) } }
func moment(t time.Time) slot   { return func(p *report.Printer) string { return p.DateTime(t) } }
func number(n int64) slot       { return func(p *report.Printer) string { return p.Int(n) } }
func percent(f float64) slot    { return func(p *report.Printer) string { return p.Percent(f) } }
func size(n int64) slot         { return func(p *report.Printer) string { return p.Bytes(n) } }
func word(s string) slot        { return func(*report.Printer) string { return s } }
func text(t casefile.Text) slot { return func(p *report.Printer) string { return t.In(p.Lang()) } }

// hostSlot names a server; one without a name is called so in each language.
func hostSlot(name string) slot {
	if name == Unnamed {
		return text(casefile.Text{FR: "(sans nom)", EN: "(unnamed)"})
	}
	return word(name)
}

func list(ts []casefile.Text) slot {
	return func(p *report.Printer) string {
		var w []string
		for _, t := range ts {
			w = append(w, t.In(p.Lang()))
		}
		return p.List(w)
	}
}

// speaker fills the sentence patterns of the knowledge folder.
type speaker struct {
	sentences kb.Sentences
	fr, en    *report.Printer
}

func newSpeaker(s kb.Sentences) *speaker {
	return &speaker{s, report.Words("fr"), report.Words("en")}
}

// say fills a pattern in both languages. A missing pattern shows its key: the
// knowledge folder is the user's to replace, and a hole must be seen.
func (s *speaker) say(key string, slots map[string]slot) casefile.Text {
	t, ok := s.sentences[key]
	if !ok {
		return casefile.Text{FR: "[" + key + "]", EN: "[" + key + "]"}
	}
	fill := func(pattern string, p *report.Printer) string {
		v := make(map[string]string, len(slots))
		for k, f := range slots {
			v[k] = f(p)
		}
		return kb.Fill(pattern, v)
	}
	return casefile.Text{FR: fill(t.FR, s.fr), EN: fill(t.EN, s.en)}
}

// count says key, or key.one for n == 1.
func (s *speaker) count(key string, n int64, slots map[string]slot) casefile.Text {
	if _, ok := s.sentences[key+".one"]; ok && n == 1 {
		key += ".one"
	}
	return s.say(key, slots)
}
