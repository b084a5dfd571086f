package analysis

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/evidence"
	"vigie/internal/identify"
	"vigie/internal/incident"
	"vigie/internal/intake"
	"vigie/internal/record"
)

// folder folds the results of items together, in the order of their paths,
// whatever the order in which they were read.
type folder struct {
	mu      sync.Mutex
	next    int
	begun   map[int]*begun
	waiting map[int]*result
	held    held

	items  []casefile.LedgerItem
	gaps   []casefile.Gap
	hashes map[string]string // sha256 of a log → path of the first that has it
	copies map[string]bool   // sha256 and folder of what was folded
	groups map[groupKey]*group
	dets   *tally
	dirs   map[string]bool
	names  map[string]bool // hosts told apart
	// packages are what collectors say of the machines.
	packages []evidence.Package
	others   int64 // how often a record named yet another one
}

// maxHosts bounds the servers told apart: a forged log may name another at every
// line, and each is judged. Past it, records count for the nameless server of
// their folder.
const maxHosts = 1000

// codeManyHosts tells that more servers were named than are told apart, or more servers and sources in one file than its coverage is counted for.
const codeManyHosts = "hosts.too_many"

// codeManyProcesses tells that more processes descend from flagged ones than are followed.
const codeManyProcesses = "processes.too_many"

// host is the name under which a host is kept.
func (f *folder) host(name string) string {
	switch {
	case name == "" || f.names[name]:
		return name
	case len(f.names) >= maxHosts:
		f.others++
		return ""
	}
	f.names[name] = true
	return name
}

// groupKey names records of one host as far as the records themselves tell.
type groupKey struct {
	dir  string // folder of the file inside the evidence
	host string // as the records name it, "" when they do not
	file filing
}

// filing says of a group of files how its folder was found.
type filing uint8

const (
	records  filing = iota // no files: records of logs
	anchored               // dir holds the disk of a server, as the paths of the files show
	loose                  // dir is the folder of the file: nothing tells where it stood
)

// group is what was read of one groupKey.
type group struct {
	covers  map[string]*record.Cover
	files   map[string]int
	lost    map[string]int64
	clues   []identify.Clue
	jumps   []intake.Jump
	product bool
	seen    files
}

func newFold() *folder {
	return &folder{begun: map[int]*begun{}, waiting: map[int]*result{}, hashes: map[string]string{}, copies: map[string]bool{}, groups: map[groupKey]*group{}, dets: newTally(maxKeysAll, maxRawAll), dirs: map[string]bool{},
		names: map[string]bool{}}
}

// begun is what is collected of an item while it is read.
type begun struct {
	dets *tally
	line *lineage
	file *fileSeen
}

// begin tells where the hits, the processes and the file of item n are collected.
func (f *folder) begin(n int, b *begun) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.begun[n] = b
}

// done takes the result of item n.
func (f *folder) done(n int, res *intake.Result) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.begun[n]
	delete(f.begun, n)
	r := &result{res, b.dets, b.file}
	if b.line.left > 0 {
		r.Gaps.Add(casefile.Gap{Code: codeManyProcesses, Limit: maxTainted, Got: maxTainted + b.line.left, Action: "processes not followed further"})
	}
	r.dets.sign(r.Item.Path, r.Item.SHA256)
	f.waiting[n] = r
	for f.waiting[f.next] != nil {
		f.hold(f.waiting[f.next])
		delete(f.waiting, f.next)
		f.next++
	}
}

func (f *folder) group(dir, host string) *group { return f.groupOf(groupKey{dir: dir, host: host}) }

func (f *folder) groupOf(k groupKey) *group {
	g := f.groups[k]
	if g == nil {
		g = &group{covers: map[string]*record.Cover{}, files: map[string]int{}, lost: map[string]int64{}}
		f.groups[k] = g
	}
	return g
}

// hold takes the next result in the order of the evidence.
func (f *folder) hold(r *result) {
	if f.held.add(r) {
		f.foldHeld()
	}
}

// foldHeld folds what waits.
func (f *folder) foldHeld() {
	for _, r := range f.held.take() {
		f.fold(r)
	}
}

func (f *folder) fold(r *result) {
	f.gaps = append(f.gaps, r.Gaps.All()...)
	dir := path.Dir(r.Logical)
	at := f.file(r, dir)
	judged := r.Item.Kind != string(record.Other) && (r.file == nil || r.Kind != record.Other) // as a log: what was not stands for nothing
	if first, ok := f.hashes[r.Item.SHA256]; ok && r.Item.SHA256 != "" && judged {
		r.Item.SameAs = first
		// Records that do not name their server are of the server of their folder: in
		// another folder the same file may speak of another server.
		if !r.nameless() || f.copies[r.Item.SHA256+dir] {
			f.items = append(f.items, r.Item)
			return
		}
	} else if judged {
		f.hashes[r.Item.SHA256] = r.Item.Path
	}
	f.copies[r.Item.SHA256+dir] = true
	f.items = append(f.items, r.Item)
	for _, k := range slices.SortedFunc(maps.Keys(r.Covers), byHost) { // in order: which hosts are kept must not vary
		c := r.Covers[k]
		g := f.group(dir, f.host(k.Host))
		if g.covers[k.Kind] == nil {
			g.covers[k.Kind] = &record.Cover{}
		}
		g.covers[k.Kind].Merge(c)
		g.files[k.Kind]++
		g.product = g.product || r.Product
	}
	for _, c := range r.Clues {
		g := f.group(dir, f.host(c.Host))
		g.clues = append(g.clues, c.Clue)
	}
	if len(r.Covers) == 0 && r.Item.Records > 0 && len(r.dets.order) == 0 {
		f.group(dir, "") // a log of which no record has a time is a server's all the same
	}
	if r.Lost > 0 {
		f.loss(r, dir)
	}
	if len(r.Jumps) > 0 {
		host, _ := r.main()
		g := f.group(dir, f.host(host))
		g.jumps = append(g.jumps, r.Jumps...)
	}
	crowded := len(r.Covers) >= record.MaxCovers
	if crowded {
		f.gaps = append(f.gaps, casefile.Gap{Code: codeManyHosts, Path: r.Item.Path, Limit: record.MaxCovers, Action: "records counted for the server of their folder"})
	}
	r.dets.each(func(k tallyKey, d *casefile.Detection) {
		if crowded && !r.covers(k.Host) { // its other records were counted for the nameless host
			k.Host = ""
		}
		k.dir, k.Host = dir, f.host(k.Host)
		if k.Kind == casefile.FilesKind {
			k.dir, k.file = at.dir, at.file
		}
		f.dets.put(k, *d)
	})
}

// file keeps what an item shows that was looked at as a whole, and tells the group of its hits.
func (f *folder) file(r *result, dir string) groupKey {
	x := r.file
	if x == nil {
		return groupKey{}
	}
	r.Item.Baseline = string(x.facts.State)
	k := groupKey{dir: dir, file: loose}
	if p := x.facts.Place; p.Anchored {
		k.dir, k.file = p.Server, anchored
	}
	if name := record.HostName(x.facts.Named); name != "" {
		k.host = f.host(name)
	}
	if facts := x.facts; facts.Place.Product || len(facts.Hits)+len(facts.Clues)+len(facts.Settings) > 0 || facts.Compiled != nil || facts.Place.URL != "" {
		g := f.groupOf(k)
		g.product = g.product || facts.Place.Product
		g.seen.add(x)
	}
	return k
}

// nameless tells whether a record of the item does not name its server.
func (r *result) nameless() bool {
	for k := range r.Covers {
		if k.Host == "" {
			return true
		}
	}
	return len(r.Covers) == 0
}

// covers tells whether records of a host were counted for it.
func (r *result) covers(host string) bool {
	for k := range r.Covers {
		if k.Host == host {
			return true
		}
	}
	return false
}

func byHost(a, b record.CoverKey) int {
	return cmp.Or(strings.Compare(a.Host, b.Host), strings.Compare(a.Kind, b.Kind))
}

// main is the host and kind of most records of an item.
func (r *result) main() (host, kind string) {
	keys := slices.SortedFunc(maps.Keys(r.Covers), func(a, b record.CoverKey) int {
		return cmp.Or(cmp.Compare(r.Covers[b].Records, r.Covers[a].Records), strings.Compare(a.Kind, b.Kind), strings.Compare(a.Host, b.Host))
	})
	if len(keys) == 0 {
		return "", ""
	}
	return keys[0].Host, keys[0].Kind
}

// loss puts the lost bytes of an item where they weigh: on every source and host
// of which the item holds records, since nothing tells whose they were, or on the
// whole when nothing of it could be told.
func (f *folder) loss(r *result, dir string) {
	if r.Kind == record.Exchange {
		if k := record.NamedKind(r.Logical); k != record.Other {
			r.Kind = k
		}
	}
	switch {
	case len(r.Covers) > 0:
		for k := range r.Covers {
			if !strings.Contains(k.Kind, "/") {
				f.group(dir, f.host(k.Host)).lost[k.Kind] += r.Lost
			}
		}
	case r.Kind == record.EVTX, r.Kind == record.EventExport: // of no channel that a verdict rests on
	case r.Kind == record.IIS:
		f.group(dir, "").lost["iis-frontend"] += r.Lost
	case r.Kind != record.Other && r.Kind != "":
		f.group(dir, "").lost[string(r.Kind)] += r.Lost
	default:
		// Counted by the gap that the evidence lists for it.
	}
}

// foldAll folds all that is left.
func (f *folder) foldAll() {
	for len(f.waiting) > 0 { // an interrupted walk may leave numbers out
		n := slices.Min(slices.Collect(maps.Keys(f.waiting)))
		f.hold(f.waiting[n])
		delete(f.waiting, n)
	}
	f.foldHeld()
}

// finish writes ledger and gaps.
func (f *folder) finish(c *casefile.Case, src *evidence.Source) {
	f.foldAll()
	f.packages = src.Packages()
	c.Gaps = append([]casefile.Gap{}, f.gaps...)
	c.Gaps = append(c.Gaps, src.Gaps()...)
	if f.others > 0 {
		c.Gaps = append(c.Gaps, casefile.Gap{Code: codeManyHosts, Limit: maxHosts, Got: maxHosts + f.others, Action: "records counted for the server of their folder"})
	}
	for i := range c.Gaps {
		c.Gaps[i].What = intake.Sentence(c.Gaps[i].Code)
	}
	intake.SortGaps(c.Gaps)
	l := &c.Ledger
	l.Items = append([]casefile.LedgerItem{}, f.items...)
	slices.SortStableFunc(l.Items, func(a, b casefile.LedgerItem) int { return strings.Compare(a.Path, b.Path) })
	l.Containers = src.Containers()
	for _, it := range l.Items {
		l.Files++
		l.Bytes += it.Size
		l.Parsed += it.Parsed
		l.Recovered += it.Recovered
		l.Skipped += it.Skipped
		l.Records += it.Records
	}
}

// harmlessGaps are gaps of the evidence that lose no byte of it.
var harmlessGaps = map[string]bool{
	evidence.CodeLinkNotFollowed: true, evidence.CodeSpecialNotRead: true, evidence.CodeNameDuplicate: true, evidence.CodeNameSimilar: true,
	evidence.CodeNameUnsafe: true, evidence.CodeNameLong: true, evidence.CodeNameEmpty: true, evidence.CodeTarEnd: true,
	evidence.CodeZipRecovered: true,
}

// lostItems counts what the evidence could not give at all.
func (f *folder) lostItems(gaps []casefile.Gap) (n int64) {
	codes := evidenceCodes()
	for _, g := range gaps {
		if codes[g.Code] && !harmlessGaps[g.Code] {
			n += max(g.Count, 1)
		}
	}
	return n
}

func evidenceCodes() map[string]bool {
	m := map[string]bool{}
	for _, c := range evidence.Codes {
		m[c.Code] = true
	}
	return m
}

// host is a server with all that was read of it.
type host struct {
	incident.Host
	detections []casefile.Detection
	seen       *files // nil when none was looked at
}

// cover gives the host's cover of a source, made when there is none yet.
func (h *host) cover(kind string) *incident.Cover {
	if h.Covers[kind] == nil {
		h.Covers[kind] = &incident.Cover{}
	}
	return h.Covers[kind]
}

// hosts gives each group to a host: the one that its records name, else the
// only one that is named in the folders around it, else one made of the folder.
func (f *folder) hosts(opt *Options) []*host {
	names := newNamer(f.groups, opt.Host, f.packages)
	nameOf := names.name
	byName := map[string]*host{}
	covers := map[string]map[string]*record.Cover{}
	clues := map[string][]identify.Clue{}
	jumps := map[string][]intake.Jump{}
	seen := map[string]*files{}
	get := func(name string, told bool) *host {
		h := byName[name]
		if h == nil {
			h = &host{Host: incident.Host{Name: name, Covers: map[string]*incident.Cover{}}}
			byName[name] = h
			covers[name] = map[string]*record.Cover{}
			if !told {
				key := "note.name"
				if names.claimed[name] {
					key = "note.claim"
				}
				h.Notes = append(h.Notes, fillNote(opt, key, nil))
			}
		}
		return h
	}
	for _, k := range slices.SortedFunc(maps.Keys(f.groups), func(a, b groupKey) int {
		return cmp.Or(strings.Compare(a.dir, b.dir), strings.Compare(a.host, b.host), cmp.Compare(a.file, b.file))
	}) {
		g := f.groups[k]
		name, told := nameOf(k)
		h := get(name, told)
		h.Product = h.Product || g.product || len(g.clues) > 0
		for kind, c := range g.covers {
			if covers[name][kind] == nil {
				covers[name][kind] = &record.Cover{}
			}
			covers[name][kind].Merge(c)
			h.cover(kind).Files += g.files[kind]
		}
		for kind, n := range g.lost {
			h.cover(kind).Lost += n
			if name == incident.Unnamed && !told { // it may be of any server whose logs lie around
				for d := k.dir; ; d = path.Dir(d) {
					for other := range names.named[d] {
						get(other, true).cover(kind).Lost += n
					}
					if names.named[d] != nil || d == "." || d == "/" {
						break
					}
				}
			}
		}
		if g.seen.count.Examined > 0 {
			if seen[name] == nil {
				seen[name] = &files{}
			}
			seen[name].merge(&g.seen)
		}
		clues[name] = append(clues[name], g.clues...)
		jumps[name] = append(jumps[name], g.jumps...)
	}
	f.dets.each(func(k tallyKey, d *casefile.Detection) {
		name, told := nameOf(groupKey{k.dir, k.Host, k.file})
		h := get(name, told)
		d.Host = name
		h.detections = append(h.detections, *d)
	})
	out := make([]*host, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		h := byName[name]
		for kind, c := range covers[name] {
			ic := h.Covers[kind]
			ic.First, ic.Last, ic.Records = c.First, c.Last, c.Records
			ic.Ticks = slices.Sorted(maps.Keys(c.Ticks))
		}
		h.Begin, h.End = span(covers[name])
		h.Notes = append(h.Notes, names.contradicted(opt, name)...)
		for _, kind := range slices.Sorted(maps.Keys(covers[name])) {
			if covers[name][kind].Full && !strings.Contains(kind, "/") {
				h.Notes = append(h.Notes, fillNote(opt, "note.scattered", map[string]string{"source": kind}))
			}
		}
		h.Timeline = identify.Builds(clues[name], opt.KB)
		if c := h.Timeline.Conflict; c != nil {
			h.Notes = append(h.Notes, fillNote(opt, "note.conflict", map[string]string{"build": c.Build.String(), "path": c.Ref.Path, "line": strconv.FormatInt(c.Ref.Line, 10)}))
		}
		if s := seen[name]; s != nil {
			h.judgeFiles(opt, s)
		}
		h.Notes = append(h.Notes, jumpNotes(opt, jumps[name])...)
		if s := shift(h.detections); s != 0 {
			h.Notes = append(h.Notes, shiftNote(opt, s))
		}
		out = append(out, h)
	}
	return out
}

// span is the time of the evidence of a host: that of its own logs, or where there are none that of its event logs. One event of a computer whose
// clock was wrong once must not move the end of the window by years.
func span(covers map[string]*record.Cover) (begin, end time.Time) {
	for _, events := range []bool{false, true} {
		for kind, c := range covers {
			if strings.HasPrefix(kind, "evtx") != events || c.First.IsZero() {
				continue
			}
			if begin.IsZero() || c.First.Before(begin) {
				begin = c.First
			}
			if c.Last.After(end) {
				end = c.Last
			}
		}
		if !end.IsZero() {
			break
		}
	}
	return begin, end
}

// shift finds by how much IIS times differ from HttpProxy times of the same
// requests: a whole number of quarter hours of half an hour or more is a log in
// local time. 0 when they agree or cannot be compared.
func shift(dets []casefile.Detection) time.Duration {
	proxy := map[string]time.Time{}
	for _, d := range dets {
		for _, s := range d.Samples {
			if d.Kind == string(record.HTTPProxy) && s.RequestID != "" && !s.Time.IsZero() {
				proxy[s.RequestID] = s.Time
			}
		}
	}
	for _, d := range dets {
		if !strings.HasPrefix(d.Kind, "iis-") {
			continue
		}
		for _, s := range d.Samples {
			t, ok := proxy[s.RequestID]
			if !ok || s.Time.IsZero() {
				continue
			}
			diff := s.Time.Sub(t).Round(15 * time.Minute)
			if diff.Abs() >= 30*time.Minute && diff.Abs() <= 14*time.Hour && (s.Time.Sub(t)-diff).Abs() < time.Minute {
				return diff
			}
		}
	}
	return 0
}
