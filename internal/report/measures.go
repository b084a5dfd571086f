package report

import (
	"strings"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/document"
	"vigie/internal/ledger"
)

// measure is a row of section 7.
type measure struct {
	what          string
	before, after document.Cell
	source        document.Cell
}

// measures compares the first and the last measurement of a machine. What nobody measured says so.
func (b *builder) measures(i int) []measure {
	h := &b.c.Hosts[i]
	not := word(b.say("non mesuré", "not measured"))
	at := func(s string, t time.Time) document.Cell { return cells(b.vMax(s, 160), document.Words(b.p.Stamp(t))) }
	build := measure{b.say("Version et correctif", "Build and patch"), not, not, b.none()}
	if n := len(h.Builds); n > 0 {
		first, last := &h.Builds[0], &h.Builds[n-1]
		build.before = at(strings.TrimSpace(first.Build+" "+first.Label), first.First)
		build.after = at(strings.TrimSpace(last.Build+" "+last.Label), last.Last)
		build.source = cell(b.vMax(last.Source, 60))
	}
	state := measure{b.say("Protégé contre la faille la plus grave", "Protected against the gravest flaw"), not, not, b.none()}
	if r := worst(h); r != nil {
		now := b.stateCell(r.StateNow)
		if r.StateAt != nil {
			now.Lines = append(now.Lines, document.Words(b.p.Stamp(*r.StateAt)))
		}
		state.after, state.source = now, cell(b.refs(stateFact(i, 0)))
		if was, ok := b.changed("state", h.Name, r.ID); ok {
			state.before = b.stateCell(casefile.State(was.From))
		}
	}
	files := measure{b.say("Fichiers hostiles connus", "Known hostile files"), not, not, b.none()}
	var seen []string
	for _, f := range b.ofHost[h.Name] {
		if f.Flaw == "webshell" && f.Weight != casefile.None {
			seen = append(seen, f.ID)
		}
	}
	if len(seen) > 0 {
		files.before = word(b.n(int64(len(seen)), forms{"%s constat", "%s constats", "%s finding", "%s findings"}))
		files.source = cell(b.refs(seen...))
	}
	logs := measure{b.say("Conservation des journaux", "Log retention"), not, not, b.none()}
	var kinds []string
	var from, to time.Time
	for k := range h.Sources {
		s := &h.Sources[k]
		if s.First == nil || s.Last == nil {
			continue
		}
		kinds = append(kinds, sourceName(b.p, s))
		if from.IsZero() || s.First.Before(from) {
			from = *s.First
		}
		to = latest(to, *s.Last)
	}
	if !from.IsZero() {
		logs.before = cells(document.Words(b.p.Duration(to.Sub(from))), document.Words(b.p.Stamp(from)+" → "+b.p.Stamp(to)))
		logs.source = word(visibleMax(strings.Join(kinds[:min(3, len(kinds))], ", "), 120))
	}
	out := []measure{build, state, files, logs}
	for _, r := range unmeasured {
		out = append(out, measure{b.say(r.fr, r.en), not, not, b.none()})
	}
	return append(out, b.provedActions(h.Name)...)
}

// unmeasured are rows that a reader looks for and that no reader of evidence fills by itself; an action with a measurement before and after does.
var unmeasured = []struct{ fr, en string }{
	{"Exposition à Internet", "Exposure to the Internet"},
	{"Tâches planifiées et services", "Scheduled tasks and services"},
	{"Administrateurs locaux", "Local administrators"},
	{"Antivirus ou EDR", "Antivirus or EDR"},
	{"Sauvegardes : dernière réussie, testée", "Backups: last good, tested"},
	{"TLS et authentification", "TLS and authentication"},
}

// changed finds the first change of a kind that the revisions of the case tell.
func (b *builder) changed(what, host, flaw string) (ledger.Change, bool) {
	for i := range b.w.Revisions {
		for _, c := range b.w.Revisions[i].Changes {
			if c.What == what && c.Host == host && (c.Flaw == flaw || c.Flaw == "") && c.From != "" {
				return c, true
			}
		}
	}
	return ledger.Change{}, false
}

// provedActions are the actions on a machine that tell what was measured before and after.
func (b *builder) provedActions(host string) []measure {
	var out []measure
	for i := range b.w.Actions {
		a := &b.w.Actions[i]
		if a.Target != host || a.Before == "" && a.After == "" || len(out) == 20 {
			continue
		}
		after := b.orNone(a.After)
		if a.DoneAt != nil && a.After != "" {
			after.Lines = append(after.Lines, document.Words(b.p.Stamp(*a.DoneAt)))
		}
		out = append(out, measure{visibleMax(b.p.Text(a.Title), 160), b.orNone(a.Before), after, cell(b.refs(a.ID))})
	}
	return out
}
