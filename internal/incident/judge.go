package incident

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/identify"
	"vigie/internal/kb"
)

// Host is all that is known of one server when it is judged.
type Host struct {
	Name     string
	Timeline identify.Timeline
	Covers   map[string]*Cover // by source id
	// Begin and End bound the evidence: first and last record of any source.
	Begin, End time.Time
	// LostItems counts items of evidence that could not be read and may be of
	// any kind (an encrypted archive entry, a damaged container).
	LostItems int64
	// Product tells whether anything shows that the host runs the product whose
	// flaws are judged.
	Product bool
	Notes   []casefile.Text
}

// Unnamed is the name of a server that neither logs nor folders nor the user name.
const Unnamed = casefile.UnnamedHost

// Options are the user's.
type Options struct {
	// For limits the flaws to these ids; empty: all.
	For          []string
	Since, Until time.Time
	Partial      bool // the reading was interrupted
	// LeftOut counts detections outside Since and Until: what the user did not
	// ask for must not be called absent.
	LeftOut int64
}

type judge struct {
	*speaker
	kb  *kb.KB
	opt Options
	// explained are follow-ups that a flaw of which success was seen accounts for.
	explained map[string]bool
}

// Judge weighs the findings of one host. The findings must carry their ids.
func Judge(h *Host, findings []casefile.Finding, k *kb.KB, sentences kb.Sentences, opt Options) casefile.Host {
	j := &judge{speaker: newSpeaker(sentences), kb: k, opt: opt}
	out := casefile.Host{Name: h.Name, StateNow: casefile.StateUnknown, Flaws: []casefile.FlawResult{}, Notes: h.Notes}
	for _, b := range h.Timeline.Seen {
		out.Builds = append(out.Builds, b.BuildSeen)
	}
	if last := h.Timeline.Last(); !last.Number.IsZero() {
		out.Build = last.Build
		out.Product, out.BuildLabel, _ = k.Label(last.Number)
	}
	j.explained = map[string]bool{}
	for i := range k.Flaws {
		f := &k.Flaws[i]
		if f.Listed == "when-found" {
			continue
		}
		if e := j.expose(h, f); worked(of(findings, f.ID), &e) {
			for _, x := range findings {
				if adopts(f, &e, &x) {
					j.explained[x.ID] = true
				}
			}
		}
	}
	for i := range k.Flaws {
		f := &k.Flaws[i]
		if len(opt.For) > 0 && !slices.ContainsFunc(opt.For, func(s string) bool { return matches(f, s) }) {
			continue
		}
		own := of(findings, f.ID)
		asked := len(opt.For) > 0
		if f.Listed == "when-found" && !asked && !speaks(own, j.explained) {
			continue
		}
		e := j.expose(h, f)
		if !asked && len(own) == 0 {
			if e.notYet {
				out.NotExamined = append(out.NotExamined, casefile.NotExamined{ID: f.ID,
					Reason: j.before(h, &e)})
				continue
			}
			if !h.Product {
				p := f.Product
				for _, x := range k.Products {
					if x.ID == p {
						p = x.Name
					}
				}
				out.NotExamined = append(out.NotExamined, casefile.NotExamined{ID: f.ID, Reason: j.say("skip.product", map[string]slot{"product": word(p)})})
				continue
			}
		}
		out.Flaws = append(out.Flaws, j.flaw(h, f, e, own, findings))
	}
	out.Sources = allSources(h, k)
	out.Verdict = casefile.NotAffected
	if len(out.Flaws) == 0 {
		out.Verdict = casefile.Undetermined
	}
	state := len(casefile.States)
	for _, f := range out.Flaws {
		if f.Verdict.Rank() < out.Verdict.Rank() {
			out.Verdict = f.Verdict
		}
		if kf, _ := k.Flaw(f.ID); kf != nil && len(kf.Key) == 0 && f.StateNow != casefile.ToRebuild {
			continue // no build ends it: it says nothing of the patches
		}
		if i := slices.Index(casefile.States, f.StateNow); i < state {
			state = i
		}
	}
	if state < len(casefile.States) {
		out.StateNow = casefile.States[state]
	}
	firstUsed := func(r casefile.FlawResult) string {
		f, _ := k.Flaw(r.ID)
		return f.FirstUsed.Date
	}
	slices.SortStableFunc(out.Flaws, func(a, b casefile.FlawResult) int { // of equal verdicts, what was used last is told first
		return cmp.Or(cmp.Compare(a.Verdict.Rank(), b.Verdict.Rank()), cmp.Compare(firstUsed(b), firstUsed(a)))
	})
	return out
}

// before says that the evidence ends before a flaw is known to have been used.
func (j *judge) before(h *Host, e *exposure) casefile.Text {
	if h.End.IsZero() {
		return j.say("skip.undated", map[string]slot{"first": date(e.From)})
	}
	return j.say("skip.before", map[string]slot{"date": date(h.End), "first": date(e.From)})
}

// speaks tells whether findings of a kind of trace without a window of its own
// say something of the host: attempts against nothing in particular and a
// single indirect clue are listed as findings and change no verdict; what a flaw
// that worked explains is told there.
func speaks(fs []casefile.Finding, explained map[string]bool) bool {
	var hints []casefile.Finding
	for _, f := range fs {
		switch {
		case f.Stage == casefile.Attempt || f.Weight == casefile.None || explained[f.ID]:
		case f.Weight == casefile.Hint:
			hints = append(hints, f)
		default:
			return true
		}
	}
	return distinctActs(hints) > 1
}

// matches tells whether a user's word names a flaw: its id, its name or a CVE.
func matches(f *kb.Flaw, word string) bool {
	return strings.EqualFold(f.ID, word) || strings.EqualFold(f.Name, word) ||
		slices.ContainsFunc(f.CVEs, func(c string) bool { return strings.EqualFold(c, word) })
}

// Known tells whether a user's word names any flaw.
func Known(k *kb.KB, word string) bool {
	return slices.ContainsFunc(k.Flaws, func(f kb.Flaw) bool { return matches(&f, word) })
}

func of(findings []casefile.Finding, flaw string) (out []casefile.Finding) {
	for _, f := range findings {
		if f.Flaw == flaw {
			out = append(out, f)
		}
	}
	return out
}

// evidenceFor is what speaks for one flaw, sorted by what it can carry.
type evidenceFor struct {
	proofs, clues, hints, attempts []casefile.Finding
	// foreign are follow-ups of no known way in that fall into the window of a
	// flaw of which nothing else was seen.
	foreign []casefile.Finding
}

// weigh sorts the findings that bear on a flaw: its own, and the follow-ups of
// other files that it adopts when they come after the window opens.
func (j *judge) weigh(f *kb.Flaw, e *exposure, own, all []casefile.Finding) evidenceFor {
	var ev evidenceFor
	put := func(x casefile.Finding) {
		switch {
		case x.Stage == casefile.Attempt:
			ev.attempts = append(ev.attempts, x)
		case x.Weight == casefile.Proof:
			ev.proofs = append(ev.proofs, x)
		case x.Weight == casefile.Clue:
			ev.clues = append(ev.clues, x)
		case x.Weight == casefile.Hint && counts(e, &x):
			ev.hints = append(ev.hints, x)
		}
	}
	for _, x := range own {
		put(x)
	}
	for _, x := range all {
		switch {
		case !adopts(f, e, &x):
		case worked(own, e):
			put(x)
		case !j.explained[x.ID] && (x.Weight == casefile.Proof || x.Weight == casefile.Clue):
			ev.foreign = append(ev.foreign, x)
		}
	}
	return ev
}

// worked tells whether the flaw's own acts show a success.
func worked(own []casefile.Finding, e *exposure) bool {
	return slices.ContainsFunc(own, func(x casefile.Finding) bool {
		return (x.Stage == casefile.Success || x.Stage == casefile.FollowUp) && counts(e, &x)
	})
}

// counts tells whether a finding weighs at all: an indirect clue from after the
// window points to no use of the flaw. Proofs and direct clues always weigh.
func counts(e *exposure, x *casefile.Finding) bool {
	return x.Weight != casefile.Hint || !e.ended() || !x.Time.After(e.To)
}

// adopts tells whether a finding of another file may follow from this flaw.
func adopts(f *kb.Flaw, e *exposure, x *casefile.Finding) bool {
	return x.Flaw != f.ID && slices.Contains(f.Adopts, x.Flaw+"/"+x.Act) && (x.Time.IsZero() || !x.Time.Before(e.From)) && !e.Empty && x.Stage != casefile.Attempt && counts(e, x)
}

func (j *judge) flaw(h *Host, f *kb.Flaw, e exposure, own, all []casefile.Finding) casefile.FlawResult {
	ev := j.weigh(f, &e, own, all)
	r := casefile.FlawResult{ID: f.ID, Name: f.Name, Label: f.Label, CVEs: slices.Clone(f.CVEs), Window: e.Window, Why: []casefile.Text{}, Reasons: []string{}, WouldChange: []casefile.Text{}}
	if r.CVEs == nil {
		r.CVEs = []string{}
	}
	r.Coverage = coverage(h, f, j.kb, e.Window)
	v := verdict{j: j, h: h, f: f, e: &e, ev: ev, r: &r}
	v.decide()
	v.state()
	v.change()
	return r
}

// verdict decides one flaw of one host.
type verdict struct {
	j  *judge
	h  *Host
	f  *kb.Flaw
	e  *exposure
	ev evidenceFor
	r  *casefile.FlawResult
}

func (v *verdict) why(key string, slots map[string]slot) {
	v.r.Why = append(v.r.Why, v.j.say(key, slots))
}

// covered tells whether the required sources show the window to the threshold
// and nothing of them was lost.
func (v *verdict) covered() bool {
	return len(v.f.Required) > 0 && !v.e.Empty && v.r.Coverage.Overall >= v.f.Threshold && v.lost() == 0 && v.h.LostItems == 0 && !v.j.opt.Partial && v.j.opt.LeftOut == 0
}

// lost is how many bytes of required sources could not be searched.
func (v *verdict) lost() (n int64) {
	for _, id := range v.f.Required {
		if c := v.h.Covers[id]; c != nil {
			n += c.Lost
		}
	}
	return n
}

func (v *verdict) decide() {
	ev, r := v.ev, v.r
	for _, group := range [][]casefile.Finding{ev.proofs, ev.clues, ev.hints, ev.attempts} {
		for _, f := range group {
			r.Reasons = append(r.Reasons, f.ID)
		}
	}
	names := map[string]slot{"host": hostSlot(v.h.Name), "flaw": text(v.f.Title()), "coverage": percent(r.Coverage.Overall),
		"from": date(r.Window.From), "to": date(r.Window.To)}
	switch {
	case len(ev.proofs) > 0 || independent(ev.clues):
		v.confirmed(names)
	case len(ev.clues) > 0 || distinctActs(ev.hints) > 1 || len(ev.foreign) > 0 && !v.covered() && !v.proved():
		v.suspected(names)
	case v.proved():
		v.notAffected(names)
	case v.covered() && len(ev.hints) == 0:
		v.covering(names)
	default:
		v.undetermined(names)
	}
}

// proved tells whether the host is proved never to have been vulnerable.
func (v *verdict) proved() bool { return v.e.Empty && v.e.neverProved != nil && !v.j.opt.Partial }

// independent tells whether clues are two different acts seen by two different
// sources: views of one request were joined before and count once, and so do
// two acts raised from one record.
func independent(clues []casefile.Finding) bool {
	for i, a := range clues {
		for _, b := range clues[i+1:] {
			if (a.Act != b.Act || a.Flaw != b.Flaw) && !slices.Equal(a.Sources, b.Sources) && !shareRecord(a, b) {
				return true
			}
		}
	}
	return false
}

func shareRecord(a, b casefile.Finding) bool {
	return slices.ContainsFunc(a.Evidence, func(x casefile.Evidence) bool {
		return slices.ContainsFunc(b.Evidence, func(y casefile.Evidence) bool { return x.Ref == y.Ref })
	})
}

func distinctActs(fs []casefile.Finding) int {
	acts := map[string]bool{}
	for _, f := range fs {
		acts[f.Flaw+"/"+f.Act] = true
	}
	return len(acts)
}

func (v *verdict) confirmed(names map[string]slot) {
	r := v.r
	r.Verdict = casefile.Confirmed
	proofs := slices.Concat(v.ev.proofs, v.ev.clues)
	slices.SortStableFunc(proofs, func(a, b casefile.Finding) int { return a.Time.Compare(b.Time) })
	carrying := v.ev.proofs
	if len(carrying) == 0 {
		carrying = v.ev.clues
	}
	first := carrying[0].Time
	for _, p := range carrying {
		if p.Time.Before(first) {
			first = p.Time
		}
	}
	names["n"], names["date"] = number(int64(len(carrying))), moment(first)
	r.Sentence = v.j.count("verdict.confirmed", int64(len(carrying)), names)
	sources := map[string]bool{}
	for _, p := range proofs {
		for _, s := range p.Sources {
			sources[s] = true
		}
	}
	v.tell(v.ev.proofs, "why.proof", 3)
	v.tell(v.ev.clues, "why.clue", 2)
	if len(sources) > 1 {
		r.Confidence = casefile.High
		v.why("why.two-sources", nil)
	} else {
		r.Confidence = casefile.Medium
		v.why("why.one-source", nil)
	}
	v.limits()
}

func (v *verdict) suspected(names map[string]slot) {
	r := v.r
	r.Verdict, r.Confidence = casefile.Suspected, casefile.Low
	if len(v.ev.clues) > 0 {
		r.Confidence = casefile.Medium
	}
	r.Sentence = v.j.say("verdict.suspected", names)
	v.tell(v.ev.clues, "why.clue", 3)
	v.tell(v.ev.hints, "why.hint", 3)
	if len(v.ev.clues)+len(v.ev.hints) == 0 {
		for _, f := range v.ev.foreign[:1] {
			r.Reasons = append(r.Reasons, f.ID)
			v.why("why.intrusion-unknown-way", map[string]slot{"finding": word(f.ID)})
		}
	}
	v.attempts()
	v.limits()
}

func (v *verdict) notAffected(names map[string]slot) {
	r := v.r
	r.Verdict, r.Confidence = casefile.NotAffected, casefile.Medium
	r.Sentence = v.j.say("verdict.not-affected", names)
	if in := v.e.installed; in != nil {
		r.Confidence = casefile.High
		v.why("why.installed-fixed", map[string]slot{"date": date(in.At), "build": word(in.Build.String())})
	} else {
		v.why("why.never-vulnerable", map[string]slot{"build": word(v.e.neverProved.Build), "date": date(v.e.neverProved.First)})
	}
	v.attempts()
}

// covering is for covered windows: targeted when there were attempts, else no trace.
func (v *verdict) covering(names map[string]slot) {
	r := v.r
	r.Confidence = casefile.Medium
	if r.Coverage.Overall >= 0.99 && v.usefulCover() > 0 && v.e.buildKnown {
		r.Confidence = casefile.High
	}
	n := int64(0)
	for _, a := range v.ev.attempts {
		n += a.Acts
	}
	if n > 0 {
		r.Verdict = casefile.Targeted
		names["n"] = number(n)
		r.Sentence = v.j.count("verdict.targeted", n, names)
	} else {
		r.Verdict = casefile.NoTrace
		r.Sentence = v.j.say("verdict.no-trace", names)
	}
	v.attempts()
	v.why("why.covered", map[string]slot{"coverage": percent(r.Coverage.Overall)})
	v.holes(2)
	for _, f := range v.ev.foreign {
		v.why("why.intrusion-other-way", map[string]slot{"finding": word(f.ID)})
		r.Confidence = casefile.Low
		break
	}
	v.limits()
}

func (v *verdict) undetermined(names map[string]slot) {
	r := v.r
	r.Verdict, r.Confidence = casefile.Undetermined, casefile.Low
	var missing []casefile.Text
	for _, s := range r.Coverage.Sources {
		if s.Required && s.Covered < v.f.Threshold {
			missing = append(missing, s.Name)
		}
	}
	names["sources"] = list(missing)
	switch {
	case v.e.Empty && v.e.neverProved != nil: // proved, but for what an interrupted reading left out
		r.Sentence = v.j.say("verdict.undetermined.lost", names)
		missing = nil
	case v.e.notYet || v.e.Empty:
		r.Sentence = v.j.say("verdict.undetermined.before", names)
		v.r.Why = append(v.r.Why, v.j.before(v.h, v.e))
	case len(missing) > 0:
		r.Sentence = v.j.count("verdict.undetermined", int64(len(missing)), names)
	case v.j.opt.LeftOut > 0:
		r.Sentence = v.j.say("verdict.undetermined.asked", names)
	case v.lost() > 0 || v.h.LostItems > 0 || v.j.opt.Partial:
		r.Sentence = v.j.say("verdict.undetermined.lost", names)
	case len(v.ev.hints) > 0:
		r.Sentence = v.j.say("verdict.undetermined.hint", names)
	default:
		r.Sentence = v.j.say("verdict.undetermined.build", names)
	}
	v.tell(v.ev.hints, "why.hint", 2)
	v.attempts()
	if len(missing) > 0 {
		v.why("why.uncovered", map[string]slot{"coverage": percent(r.Coverage.Overall), "threshold": percent(v.f.Threshold)})
	}
	v.holes(3)
	v.limits()
}

// tell gives the weightiest findings as reasons.
func (v *verdict) tell(fs []casefile.Finding, key string, most int) {
	for i, f := range fs {
		if i == most {
			return
		}
		v.why(key, map[string]slot{"title": text(f.Title), "finding": word(f.ID)})
	}
}

func (v *verdict) attempts() {
	if len(v.ev.attempts) == 0 {
		if len(v.ev.proofs)+len(v.ev.clues)+len(v.ev.hints) == 0 && v.r.Verdict != casefile.NotAffected {
			v.why("why.no-attempt", nil)
		}
		return
	}
	n, first := int64(0), v.ev.attempts[0]
	for _, a := range v.ev.attempts {
		n += a.Acts
		if a.Time.Before(first.Time) {
			first = a
		}
	}
	v.r.Why = append(v.r.Why, v.j.count("why.attempts", n, map[string]slot{"n": number(n), "date": moment(first.Time), "finding": word(first.ID)}))
}

// holes tells where required sources are silent.
func (v *verdict) holes(most int) {
	for _, s := range v.r.Coverage.Sources {
		if !s.Required {
			continue
		}
		if s.First == nil {
			v.why("why.source-missing", map[string]slot{"source": text(s.Name)})
			continue
		}
		holes := slices.Clone(s.Holes)
		slices.SortStableFunc(holes, func(a, b casefile.Span) int { return cmp.Compare(b.To.Sub(b.From), a.To.Sub(a.From)) })
		for i, hole := range holes {
			if i == most {
				break
			}
			v.why("why.source-hole", map[string]slot{"source": text(s.Name), "from": moment(hole.From), "to": moment(hole.To)})
		}
	}
}

// limits tells what else bears on the confidence.
func (v *verdict) limits() {
	for _, id := range v.f.Required {
		if c := v.h.Covers[id]; c != nil && c.Lost > 0 {
			src, _ := v.j.kb.Source(id)
			v.why("why.lost", map[string]slot{"size": size(c.Lost), "source": text(src.Name)})
		}
	}
	if n := v.h.LostItems; n > 0 {
		v.r.Why = append(v.r.Why, v.j.count("why.lost-items", n, map[string]slot{"n": number(n)}))
	}
	if v.j.opt.Partial {
		v.why("why.partial", nil)
	}
	if !v.j.opt.Since.IsZero() || !v.j.opt.Until.IsZero() {
		v.why("why.asked", map[string]slot{"n": number(v.j.opt.LeftOut)})
		if r := v.r; r.Verdict == casefile.NoTrace || r.Verdict == casefile.Targeted {
			r.Confidence = casefile.Low
		}
	}
	if !v.e.buildKnown && len(v.f.Key) > 0 {
		v.why("why.build-unknown", nil)
	}
	var missing []casefile.Text
	for _, s := range v.r.Coverage.Sources {
		if !s.Required && s.First == nil {
			missing = append(missing, s.Name)
		}
	}
	const most = 4
	if n := len(missing) - most; n > 1 {
		missing = append(missing[:most], casefile.Text{FR: fmt.Sprintf("%d autres", n), EN: fmt.Sprintf("%d others", n)})
	}
	if len(missing) > 0 {
		v.why("why.useful-missing", map[string]slot{"sources": list(missing)})
	}
}

// usefulCover counts useful sources that show at least half of the window.
func (v *verdict) usefulCover() (n int) {
	for _, s := range v.r.Coverage.Sources {
		if !s.Required && s.Covered >= 0.5 {
			n++
		}
	}
	return n
}

// state answers "protected now?".
func (v *verdict) state() {
	r, b := v.r, v.e.last
	slots := map[string]slot{"build": word(b.Build), "date": moment(b.Last)}
	if b.Number.IsZero() {
		r.StateNow, r.StateWhy = casefile.StateUnknown, v.j.say("state.unknown", nil)
	} else {
		at := b.Last
		r.StateAt = &at
		switch {
		case v.e.status == kb.Fixed || v.e.status == kb.NotConcerned:
			r.StateNow, r.StateWhy = casefile.Fixed, v.j.say("state.fixed", slots)
		case v.e.status == kb.Vulnerable && b.AtLeast:
			r.StateNow, r.StateWhy = casefile.Exposed, v.j.say("state.exposed-at-least", slots)
		case v.e.status == kb.Vulnerable:
			r.StateNow, r.StateWhy = casefile.Exposed, v.j.say("state.exposed", slots)
		default:
			r.StateNow, r.StateWhy = casefile.StateUnknown, v.e.statusWhy
		}
	}
	if r.Verdict == casefile.Confirmed {
		r.StateNow, r.StateWhy = casefile.ToRebuild, v.j.say("state.to-rebuild", nil)
	}
}

// change says what would change the answer.
func (v *verdict) change() {
	r := v.r
	for _, s := range r.Coverage.Sources {
		if !s.Required || s.Covered >= v.f.Threshold || v.e.Empty && v.e.neverProved != nil {
			continue
		}
		src, _ := v.j.kb.Source(s.Kind)
		from, to := r.Window.From, r.Window.To
		if len(s.Holes) > 0 {
			from, to = s.Holes[0].From, s.Holes[len(s.Holes)-1].To
		}
		r.WouldChange = append(r.WouldChange, v.j.say("change.source", map[string]slot{"source": text(s.Name), "from": date(from), "to": date(to), "ask": text(src.Ask)}))
	}
	if v.h.LostItems > 0 || v.lost() > 0 {
		r.WouldChange = append(r.WouldChange, v.j.say("change.reread", nil))
	}
	if !v.e.buildKnown && len(v.f.Key) > 0 {
		r.WouldChange = append(r.WouldChange, v.j.say("change.build", nil))
	}
	if r.Verdict != casefile.NotAffected {
		r.WouldChange = append(r.WouldChange, v.f.WouldChange...)
	}
}

// allSources lists every source read of a host against the time of its evidence.
func allSources(h *Host, k *kb.KB) []casefile.SourceCoverage {
	var out []casefile.SourceCoverage
	for i := range k.Sources {
		src := &k.Sources[i]
		if c := h.Covers[src.ID]; c != nil && len(c.Ticks) > 0 {
			out = append(out, coverWindow(src, c, h.Begin, h.End, false))
		}
	}
	return out
}
