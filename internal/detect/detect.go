// Package detect runs rules and coded checks over records, events and files.
//
// Rules are Sigma files that name the flaw and the act they show; a coded check
// exists where Sigma cannot say it (a script that no product ships, told by the
// product's own list of files). A Pack is immutable and shared; each goroutine
// has a Run. What a rule needs in the raw text is known beforehand, so that
// records in which no rule can match are never taken apart.
package detect

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigie/internal/baseline"
	"vigie/internal/casefile"
	"vigie/internal/diag"
	"vigie/internal/harden"
	"vigie/internal/kb"
	"vigie/internal/literal"
	"vigie/internal/logsource"
	"vigie/internal/record"
	"vigie/internal/sigma"
	"vigie/internal/webfolder"
	"vigie/internal/yarapack"
)

// Pack is a set of compiled rules and checks.
type Pack struct {
	Info  casefile.RulePack
	set   *sigma.Set
	kinds map[record.Kind]*kindRules
	meta  map[*sigma.Rule]meta
	web   *webCheck
	// channels are the channels of Windows events of which something is known, by lower-case name.
	channels map[string]channel
	events   *logsource.Router // gives Windows events to the rules for them
	paths    []string          // lower-case URL prefixes that only the products answer
	yara     *yarapack.Pack
	index    *webfolder.Index
	baseline *baseline.Baseline         // nil: files are compared with nothing
	weights  map[string]casefile.Weight // of each act, by flaw/act
	harden   *harden.Rules
	binaries []kb.ClueKind // the kinds of clue that binaries give
}

// meta is what a rule's vigie key says.
type meta struct {
	flaw, act, id, version string
	byObject               bool
	counts                 bool // the act is more than an attempt, and weighs
	// descendants is what the processes begun by the process of a match show, and theirs; empty for nothing.
	descendants HitMeta
}

// kindRules serve the records of one kind.
type kindRules struct {
	sub    *sigma.Set // all rules of the kind
	filter record.Filter
	lits   *literal.Set
	// byLiteral holds for each literal the rules that may match a record holding
	// it; nil for literals that any rule may hide behind, and for those of the
	// web check, which no rule needs.
	byLiteral []*sigma.Set
	web       int // first literal of the web check
}

// rulesDir holds the Sigma rules inside the knowledge folder.
const rulesDir = "rules/sigma"

// Load reads the rules of a knowledge folder. Problems are returned beside the
// pack: a rule that is wrong is left out, the others serve.
func Load(fsys fs.FS, k *kb.KB) (*Pack, diag.Problems, error) {
	files, err := fs.Glob(fsys, rulesDir+"/*.yml")
	if err != nil {
		return nil, nil, err
	}
	var rules []*sigma.Rule
	var problems diag.Problems
	sum := sha256.New()
	newest := ""
	for _, f := range files {
		text, err := fs.ReadFile(fsys, f)
		if err != nil {
			return nil, nil, fmt.Errorf("read rule: %w", err)
		}
		fmt.Fprintf(sum, "%s %d\n", path.Base(f), len(text))
		sum.Write(text)
		rs, ps := sigma.Parse(f, text)
		rules = append(rules, rs...)
		problems = append(problems, ps...)
	}
	questions := k.Conditions()
	questions.Checks = append(questions.Checks, k.Hardening.Checks...)
	questions.Exports, questions.Words = k.Hardening.Exports, k.Hardening.Words
	p := &Pack{harden: harden.New(questions), meta: map[*sigma.Rule]meta{}, kinds: map[record.Kind]*kindRules{}, channels: map[string]channel{}}
	for _, src := range k.Sources {
		if src.Channel != "" {
			p.channels[strings.ToLower(src.Channel)] = channel{src.ID, src.Product != ""}
		}
	}
	good := rules[:0]
	for _, r := range rules {
		m, bad := metaOf(r, k)
		if bad != nil {
			problems = append(problems, *bad)
			continue
		}
		p.meta[r] = m
		good = append(good, r)
		newest = max(newest, r.Date, r.Modified)
	}
	set, ps := sigma.Compile(good)
	problems = append(problems, ps...)
	p.set = set
	mappings, ps, err := logsource.Load(fsys)
	if err != nil {
		return nil, problems, err
	}
	problems = append(problems, ps...)
	p.events = logsource.NewRouter(set, mappings)
	p.web = newWebCheck(k)
	for _, pr := range k.Products {
		for _, c := range pr.Clues {
			if c.Binary.Any() {
				p.binaries = append(p.binaries, c)
			}
		}
		for _, u := range pr.Paths {
			p.paths = append(p.paths, strings.ToLower(u))
		}
	}
	for _, kind := range record.Kinds {
		kr, ps, err := p.kindRules(kind)
		if err != nil {
			return nil, problems, err
		}
		problems = append(problems, ps...)
		p.kinds[kind] = kr
	}
	for _, u := range p.events.Unmapped() {
		inText := func(kr *kindRules) bool { return slices.Contains(kr.sub.Rules(), u.Rule) }
		if !slices.ContainsFunc(slices.Collect(maps.Values(p.kinds)), inText) {
			problems = append(problems, u.Problem)
		}
	}
	if p.yara, ps, err = yarapack.Load(fsys); err != nil {
		return nil, problems, err
	}
	problems = append(append(problems, ps...), p.yara.Check(k)...)
	p.index, p.weights = webfolder.New(&k.Web), weightsOf(k)
	newest = max(newest, p.yara.Info.Version)
	fmt.Fprintf(sum, "yara %s\n", p.yara.Info.SHA256)
	p.Info = casefile.RulePack{Version: newest, Count: set.Len() + p.web.count() + p.yara.Info.Count, SHA256: hex.EncodeToString(sum.Sum(nil))}
	return p, problems, nil
}

// metaOf reads the vigie key of a rule: which act of which flaw it shows.
func metaOf(r *sigma.Rule, k *kb.KB) (meta, *diag.Problem) {
	problem := func(msg, hint string) (meta, *diag.Problem) {
		return meta{}, &diag.Problem{Pos: r.Pos, Code: "rule.vigie", Msg: msg, Hint: hint}
	}
	v, ok := r.Custom["vigie"].(map[string]any)
	if !ok {
		return problem("the rule does not say which flaw and act it shows", "add a vigie key with flaw, act and version")
	}
	m := meta{id: r.ID}
	m.flaw, _ = v["flaw"].(string)
	m.act, _ = v["act"].(string)
	switch n := v["version"].(type) {
	case int:
		m.version = strconv.Itoa(n)
	case string:
		m.version = n
	}
	a, ok := k.Act(m.flaw, m.act)
	switch {
	case !ok:
		return problem(fmt.Sprintf("no flaw file has the act %q", m.flaw+"/"+m.act), "see flaws/"+m.flaw+".yml")
	case m.version == "":
		return problem("the rule has no version", "add vigie.version")
	}
	m.byObject = a.By == "object"
	m.counts = weighs(a)
	if raw, ok := v["descendants"]; ok {
		d, _ := raw.(string)
		flaw, act, foreign := strings.Cut(d, "/")
		if !foreign {
			flaw, act = m.flaw, d
		}
		if _, ok := k.Act(flaw, act); !ok {
			return problem(fmt.Sprintf("no flaw file has the act %q", flaw+"/"+act), "descendants names an act of the rule's flaw, or flaw/act")
		}
		m.descendants = HitMeta{flaw, act, m.version}
	}
	return m, nil
}

// weighs tells whether an act is more than an attempt.
func weighs(a *kb.Act) bool { return a.Stage != casefile.Attempt && a.Weight != casefile.None }

// sources gives the Sigma log sources of a kind.
func sources(kind record.Kind) []sigma.LogSource {
	switch kind {
	case record.IIS:
		return []sigma.LogSource{{Category: "webserver", Product: "windows", Service: "iis"}}
	case record.HTTPErr:
		return []sigma.LogSource{{Product: "windows", Service: "httperr"}}
	}
	return []sigma.LogSource{{Product: "exchange", Service: string(kind)}}
}

// derived are the fields whose text does not stand in the record's raw text;
// see doc/records.md.
var derived = map[string]bool{"tier": true, "ext": true, "scope": true}

// atomOptions: text may be percent-encoded or quoted in the raw line, so only
// characters that never are can be relied upon.
func atomOptions() sigma.AtomOptions {
	return sigma.AtomOptions{
		MinLen:   minAtom,
		Verbatim: func(f string) bool { return !derived[f] },
		Keep: func(b byte) bool {
			return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '.' || b == '_' || b == '~'
		},
	}
}

// minAtom keeps literals selective: two characters stand in every line.
const minAtom = 3

// foldsToASCII are characters outside ASCII that equal an ASCII letter when case
// is folded (the Kelvin sign, the long s): a record with one is always looked at.
var foldsToASCII = []string{"\u212A", "\u017F"}

func (p *Pack) kindRules(kind record.Kind) (*kindRules, diag.Problems, error) {
	kr := &kindRules{sub: p.set.For(sources(kind)...)}
	var problems diag.Problems
	atoms, unfiltered := kr.sub.Atoms(atomOptions())
	for _, r := range unfiltered {
		kr.filter.All = true
		problems = append(problems, diag.Problem{Pos: r.Pos, Code: "rule.slow",
			Msg:  "no text of three characters is required by this rule, so every record must be taken apart",
			Hint: "require a literal outside every not"})
	}
	var lits [][]byte
	own := map[*sigma.Rule][]string{} // what each rule needs by itself
	for _, r := range kr.sub.Rules() {
		own[r], _ = kr.sub.Where(func(x *sigma.Rule) bool { return x == r }).Atoms(atomOptions())
	}
	for _, a := range atoms {
		lits = append(lits, []byte(a))
		// Of atoms that contain one another only the shortest is searched.
		kr.byLiteral = append(kr.byLiteral, kr.sub.Where(func(r *sigma.Rule) bool {
			return slices.ContainsFunc(own[r], func(o string) bool { return strings.Contains(o, a) })
		}))
	}
	if len(lits) > 0 {
		for _, a := range foldsToASCII {
			lits = append(lits, []byte(a))
			kr.byLiteral = append(kr.byLiteral, nil)
		}
	}
	kr.web = len(lits)
	if kind == record.IIS {
		lits = append(lits, p.web.literals()...)
		kr.filter.Reject = func(data []byte, start, end, pos, id int) bool {
			return id >= kr.web && p.web.harmless(data, start, end, pos)
		}
	}
	if len(lits) > 0 {
		s, err := literal.Compile(lits, literal.Options{Fold: true})
		if err != nil {
			return nil, nil, fmt.Errorf("literals of %s: %w", kind, err)
		}
		kr.lits = s
		kr.filter.Literals = s
	}
	return kr, problems, nil
}

// Filter says which records of a kind must be given to Run.Record.
func (p *Pack) Filter(kind record.Kind) record.Filter {
	if kr := p.kinds[kind]; kr != nil {
		return kr.filter
	}
	return record.Filter{}
}

// Product tells whether a record is of the products whose flaws are known: their
// own logs, or a web server's answer under one of their paths.
func (p *Pack) Product(rec *record.Record) bool {
	switch rec.Kind() {
	case record.HTTPErr, record.Other:
		return false
	case record.IIS:
		if s := rec.Status(); s == 404 || s == 0 {
			return false // asked for, not served
		}
		stem := strings.ToLower(rec.Stem())
		for _, u := range p.paths {
			if strings.HasPrefix(stem, u) {
				return true
			}
		}
		return false
	}
	return true
}

// Rules lists the compiled rules.
func (p *Pack) Rules() []*sigma.Rule { return p.set.Rules() }

// FileRules lists the YARA rules.
func (p *Pack) FileRules() []*yarapack.Meta { return p.yara.List() }

// Run is the state of one goroutine.
type Run struct {
	p      *Pack
	run    *sigma.Run
	events *logsource.Run
	done   map[*sigma.Rule]bool // rules that matched the record at hand
	files  []FileExaminer
	// every evaluates all rules of the kind on each record: what the literals
	// allow to leave out must make no difference, which tests hold.
	every bool
}

// Start gives a Run.
func (p *Pack) Start() *Run {
	return &Run{p: p, run: p.set.Start(), events: p.events.Start(), done: map[*sigma.Rule]bool{}, files: p.examiners()}
}

// Hit is one match of one rule on one record.
type Hit struct {
	Key    Key
	Meta   HitMeta
	Sample casefile.Sample
	// Descendants is what the processes begun by this one show; empty when it is no process, or they show nothing.
	Descendants HitMeta
}

// Key says which hits are counted together.
type Key struct {
	Rule   string
	Host   string // as the record names it
	Kind   string // coverage id
	Client string
	Object string // only for acts that are about an object
	Hour   int64  // Unix hours
}

// HitMeta is what the rule says of itself.
type HitMeta struct{ Flaw, Act, Version string }

// Record matches one record against all rules for its kind; hits are appended
// to dst. Nothing in them shares the record's memory.
func (r *Run) Record(rec *record.Record, host string, dst []Hit) []Hit {
	kr := r.p.kinds[rec.Kind()]
	if kr == nil {
		return dst
	}
	clear(r.done)
	yield := func(m sigma.Match) {
		if !r.done[m.Rule] {
			r.done[m.Rule] = true
			dst = append(dst, makeHit(rec, host, r.p.meta[m.Rule]))
		}
	}
	r.rules(kr, rec, yield)
	if rec.Kind() == record.IIS {
		if mt, ok := r.p.web.check(rec, rec.Status()); ok {
			dst = append(dst, makeHit(rec, host, mt))
		}
	}
	return dst
}

// Hangs tells whether a record that lacks its answer ([record.Record.Unanswered]) would show more than an attempt had the server answered as it does to
// what works (or, with 500, to what works by failing): then nothing says whether the attack in it worked.
func (r *Run) Hangs(rec *record.Record) bool {
	kr := r.p.kinds[rec.Kind()]
	if kr == nil {
		return false
	}
	hangs := false
	for _, status := range []string{"200", "500"} {
		// All rules of the kind: the literals of a rule may stand for the status.
		r.run.Event(kr.sub, answered{rec, status}, func(m sigma.Match) { hangs = hangs || r.p.meta[m.Rule].counts })
	}
	if !hangs && rec.Kind() == record.IIS {
		m, ok := r.p.web.check(rec, 200)
		hangs = ok && m.counts
	}
	return hangs
}

// answered is a record as if the server had answered with a status.
type answered struct {
	*record.Record
	status string
}

func (a answered) Field(name string, dst []string) ([]string, bool) {
	if name == "sc-status" || name == "HttpStatus" {
		return append(dst, a.status), true
	}
	return a.Record.Field(name, dst)
}

// rules evaluates the rules that the literals of a record allow: usually one or
// two of some eighty. Text hidden by escapes, and a kind with a rule that needs
// no literal, call for all of them.
func (r *Run) rules(kr *kindRules, rec *record.Record, yield func(sigma.Match)) {
	if r.every || kr.lits == nil || len(kr.byLiteral) == 0 || r.p.kinds[rec.Kind()].filter.All || record.HidesText(rec.Raw) {
		r.run.Event(kr.sub, rec, yield)
		return
	}
	var seen [8]int // literals of this record so far; beyond eight, all rules
	n := 0
	all := false
	kr.lits.Find(rec.Raw, func(id, _ int) bool {
		if id >= kr.web || slices.Contains(seen[:n], id) {
			return true
		}
		if kr.byLiteral[id] == nil || n == len(seen) {
			all = true
			return false
		}
		seen[n] = id
		n++
		return true
	})
	if all {
		r.run.Event(kr.sub, rec, yield)
		return
	}
	for _, id := range seen[:n] {
		r.run.Event(kr.byLiteral[id], rec, yield)
	}
}

func makeHit(rec *record.Record, host string, m meta) Hit {
	kind := string(rec.Kind())
	if rec.Kind() == record.IIS {
		kind = "iis-" + rec.Tier()
	}
	raw := rec.RawText()
	s := casefile.Sample{
		Ref:  casefile.Ref{Line: rec.Line, Offset: rec.Offset, Record: rec.Num},
		Time: rec.Time, Took: rec.Took(), RequestID: rec.RequestID(), Account: rec.Account(), Mailbox: rec.Mailbox(),
		Object: rec.Object(), Status: rec.Status(),
	}
	s.Raw, s.Cut = CutText(raw, casefile.MaxRaw)
	h := Hit{
		Key:    Key{Rule: m.id, Host: host, Kind: kind, Client: rec.Client()},
		Meta:   HitMeta{m.flaw, m.act, m.version},
		Sample: s,
	}
	if rec.TimeOK {
		h.Key.Hour = rec.Time.Unix() / int64(time.Hour/time.Second)
	}
	if m.byObject {
		h.Key.Object = strings.ToLower(s.Object)
	}
	return h
}

// CutText shortens valid text to at most n bytes at a character border.
func CutText(s string, n int) (string, bool) {
	if len(s) <= n {
		return strings.Clone(s), false
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return strings.Clone(s[:n]), true
}
