// Package incident groups detections into findings and judges a host.
//
// Grouping (correlate.go) makes one finding of what belongs together: the same
// request seen by four logs is one act with four proofs. Judging (judge.go)
// weighs the findings against the exposure window (window.go) and the coverage
// of the evidence (coverage.go). Every step is a function of its input: no
// clock, no map order, no rule and no file is looked at.
package incident

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/kb"
)

// sessionGap parts two sittings of one client: attackers' scripts run for
// minutes, and half an hour is the field's usual end of a web session.
const sessionGap = 30 * time.Minute

// joinSlack is how far apart the views of one request may be stamped: records
// are written at the end of a request, back-end records a little earlier, and
// IIS writes whole seconds.
const joinSlack = 5 * time.Second

// group is a finding in the making.
type group struct {
	flaw   *kb.Flaw
	act    *kb.Act
	dets   []casefile.Detection
	first  time.Time
	last   time.Time
	client string
	object string
	ids    map[string]bool // request ids of the samples
	seq    int             // place among the groups of its act
}

func (g *group) add(d casefile.Detection) {
	g.dets = append(g.dets, d)
	if !d.First.IsZero() && (g.first.IsZero() || d.First.Before(g.first)) {
		g.first = d.First
	}
	if d.Last.After(g.last) {
		g.last = d.Last
	}
	if g.client == "" || inner(g.client) && !inner(d.Client) {
		g.client = d.Client // once the client is known, the back end's name for it fits nobody else
	}
	for _, s := range d.Samples {
		if s.RequestID != "" {
			g.ids[s.RequestID] = true
		}
	}
}

// start is the earliest moment a request of the group began.
func (g *group) start() time.Time {
	t := g.first
	for _, d := range g.dets {
		if b := began(d); b.Before(t) {
			t = b
		}
	}
	return t
}

// began is the earliest moment a request of a detection began.
func began(d casefile.Detection) time.Time {
	t := d.First
	for _, s := range d.Samples {
		if b := s.Time.Add(-s.Took); !s.Time.IsZero() && b.Before(t) {
			t = b
		}
	}
	return t
}

// Correlate makes findings of one host's detections. Their ids are given later,
// when the findings of all hosts are in order.
func Correlate(host string, dets []casefile.Detection, k *kb.KB) []casefile.Finding {
	byAct := map[string][]casefile.Detection{}
	for _, d := range dets {
		byAct[d.Flaw+"/"+d.Act] = append(byAct[d.Flaw+"/"+d.Act], d)
	}
	groups := map[string][]*group{}
	for _, key := range slices.Sorted(maps.Keys(byAct)) {
		flawID, actID, _ := strings.Cut(key, "/")
		f, _ := k.Flaw(flawID)
		a, ok := k.Act(flawID, actID)
		if !ok {
			continue
		}
		groups[key] = sittings(f, a, byAct[key])
	}
	join(groups, k)
	for key, gs := range groups {
		groups[key] = crowd(gs)
	}
	var out []casefile.Finding
	for i := range k.Flaws {
		f := &k.Flaws[i]
		for j := range f.Acts {
			for _, g := range groups[f.ID+"/"+f.Acts[j].ID] {
				out = append(out, g.finding(host))
			}
		}
	}
	slices.SortStableFunc(out, func(a, b casefile.Finding) int {
		return cmp.Or(stageRank(a.Stage)-stageRank(b.Stage), a.Time.Compare(b.Time))
	})
	return out
}

func stageRank(s casefile.Stage) int {
	return slices.Index([]casefile.Stage{casefile.Success, casefile.FollowUp, casefile.Attempt, casefile.StateSeen}, s)
}

// sittings groups the detections of one act by client and time, or by object.
func sittings(f *kb.Flaw, a *kb.Act, dets []casefile.Detection) []*group {
	slices.SortStableFunc(dets, func(x, y casefile.Detection) int {
		return cmp.Or(x.First.Compare(y.First), strings.Compare(x.Kind, y.Kind), strings.Compare(x.Client, y.Client), samplePlace(x, y))
	})
	x := newIndex()
	for _, d := range dets {
		object, about := thing(a, d)
		var into *group
		switch {
		case !about:
			into = x.sitting(d)
		case !d.Overflow:
			into = x.byObject[object]
		}
		if into == nil {
			into = &group{flaw: f, act: a, object: object, ids: map[string]bool{}, seq: len(x.all)}
			x.all = append(x.all, into)
		}
		into.add(d)
		x.note(into, d)
	}
	return x.all
}

// thing is what a detection is about, where findings of the act are each about one thing.
func thing(a *kb.Act, d casefile.Detection) (object string, about bool) {
	switch {
	case a.By != "object" && a.By != "content":
		return "", false
	case len(d.Samples) == 0:
		return "", true
	case a.By == "content":
		return d.Samples[0].SHA256, true
	}
	return strings.ToLower(d.Samples[0].Object), true
}

// index finds groups by what joins them, since an attacker may make as many
// clients as he likes.
type index struct {
	all      []*group
	byID     map[string]*group   // by request id, the latest
	byClient map[string][]*group // in the order in which they were begun
	byObject map[string]*group
	inner    []*group // groups of which no client but the server itself is known
}

func newIndex() *index {
	return &index{byID: map[string]*group{}, byClient: map[string][]*group{}, byObject: map[string]*group{}}
}

// note keeps what a detection adds to a group.
func (x *index) note(g *group, d casefile.Detection) {
	for _, s := range d.Samples {
		if s.RequestID != "" {
			x.byID[s.RequestID] = g
		}
	}
	if l := x.byClient[g.client]; len(l) == 0 || l[len(l)-1] != g {
		x.byClient[g.client] = append(l, g)
	}
	if inner(g.client) && (len(x.inner) == 0 || x.inner[len(x.inner)-1] != g) {
		x.inner = append(x.inner, g)
	}
	if g.object != "" && x.byObject[g.object] == nil {
		x.byObject[g.object] = g
	}
}

// sitting finds the latest group that a detection continues.
func (x *index) sitting(d casefile.Detection) *group {
	var best *group
	try := func(g *group) bool {
		if g == nil || d.First.Sub(g.last) > sessionGap || !sameClient(g, d) {
			return false
		}
		if best == nil || g.seq > best.seq {
			best = g
		}
		return true
	}
	for _, s := range d.Samples {
		if s.RequestID != "" {
			try(x.byID[s.RequestID])
		}
	}
	if l := x.byClient[d.Client]; len(l) > 0 {
		try(l[len(l)-1])
	}
	around := x.inner
	if inner(d.Client) {
		around = x.all
	}
	for _, g := range slices.Backward(around) {
		if try(g) {
			break
		}
	}
	return best
}

// samplePlace orders detections by their first record, and those of one record
// by what remains, so that the order in which they come in makes no difference.
func samplePlace(x, y casefile.Detection) int {
	rest := cmp.Or(strings.Compare(x.Rule, y.Rule), x.Last.Compare(y.Last), cmp.Compare(x.Count, y.Count))
	if len(x.Samples) == 0 || len(y.Samples) == 0 {
		return cmp.Or(len(y.Samples)-len(x.Samples), rest)
	}
	return cmp.Or(strings.Compare(x.Samples[0].Path, y.Samples[0].Path), cmp.Compare(x.Samples[0].Offset, y.Samples[0].Offset), rest)
}

// sameClient tells whether a detection may be of the group's client. The back
// end sees the server itself as client, so a local or missing address fits any
// client when a request id is shared or the times overlap.
func sameClient(g *group, d casefile.Detection) bool {
	if g.client == d.Client {
		return true
	}
	for _, s := range d.Samples {
		if s.RequestID != "" && g.ids[s.RequestID] {
			return true
		}
	}
	return (inner(g.client) || inner(d.Client)) && overlaps(g, began(d), d.Last)
}

// inner tells an address that the back end may log in place of the client's.
func inner(addr string) bool {
	return addr == "" || addr == "127.0.0.1" || addr == "::1" || strings.HasPrefix(addr, "fe80:") || strings.HasPrefix(addr, "169.254.")
}

func overlaps(g *group, first, last time.Time) bool {
	return !first.After(g.last.Add(joinSlack)) && !last.Before(g.start().Add(-joinSlack))
}

// join merges groups of acts that are views of one act in other sources: an act
// lists the acts that it takes in.
//
// Request ids are believed first, in all acts, and time only for what is left:
// a record must not go to the first act of its minute when another has its id.
func join(groups map[string][]*group, k *kb.KB) {
	for _, byTime := range []bool{false, true} {
		for i := range k.Flaws {
			f := &k.Flaws[i]
			for j := range f.Acts {
				a := &f.Acts[j]
				in := groups[f.ID+"/"+a.ID]
				if len(in) == 0 {
					continue
				}
				for _, other := range a.Joins {
					if !strings.Contains(other, "/") {
						other = f.ID + "/" + other
					}
					groups[other] = take(in, groups[other], byTime, a.By == "object")
				}
			}
		}
	}
}

// take gives the groups of another act to those that show the same requests,
// and returns what stays: each record goes to the group that has its request id,
// the rest to the one that shares thing or time and client.
func take(in, others []*group, byTime, byObject bool) []*group {
	x := newIndex()
	x.all = in
	for _, g := range in {
		for _, d := range slices.Clone(g.dets) {
			x.note(g, d)
		}
	}
	type gift struct {
		to *group
		d  casefile.Detection
	}
	var gifts []gift
	var kept []*group
	for _, o := range others {
		rest := &group{flaw: o.flaw, act: o.act, client: o.client, object: o.object, ids: map[string]bool{}}
		for _, d := range singly(o.dets) {
			var to *group
			for _, s := range d.Samples {
				if to = x.byID[s.RequestID]; s.RequestID != "" && to != nil && to != o {
					break
				}
				to = nil
			}
			if to != nil {
				gifts = append(gifts, gift{to, d})
			} else {
				rest.add(d)
			}
		}
		if len(rest.dets) == 0 {
			continue
		}
		if to := x.partner(rest, byObject); byTime && to != nil && to != o {
			for _, d := range rest.dets {
				gifts = append(gifts, gift{to, d})
			}
			continue
		}
		kept = append(kept, rest)
	}
	for _, g := range gifts { // afterwards: what one group is given must not draw the next
		g.to.add(g.d)
	}
	return kept
}

// singly parts detections of which every record was kept, so that each record
// can go where its request id belongs.
func singly(dets []casefile.Detection) (out []casefile.Detection) {
	for _, d := range dets {
		if len(d.Samples) < 2 || int64(len(d.Samples)) != d.Count {
			out = append(out, d)
			continue
		}
		for _, s := range d.Samples {
			one := d
			one.Count, one.First, one.Last, one.Samples = 1, s.Time, s.Time, []casefile.Sample{s}
			out = append(out, one)
		}
	}
	return out
}

// partner finds the first group that shows the same thing as o, or the same time
// with a client that fits.
func (x *index) partner(o *group, byObject bool) *group {
	if byObject && o.object != "" {
		return x.byObject[o.object]
	}
	var best *group
	try := func(g *group) {
		if (best == nil || g.seq < best.seq) && overlaps(g, o.start(), o.last) && (g.client == o.client || inner(g.client) || inner(o.client)) {
			best = g
		}
	}
	around := [][]*group{x.byClient[o.client], x.inner}
	if inner(o.client) {
		around = [][]*group{x.all}
	}
	for _, l := range around {
		for _, g := range l {
			try(g)
		}
	}
	return best
}

// maxSittings is how many findings one kind of attempt may make on a host. The
// Internet knocks all day: past this, all its attempts are one finding, whose
// clients are listed.
const maxSittings = 8

// maxTold is the same for acts that succeeded: each matters, but nobody reads
// thousands.
const maxTold = 500

// crowd makes one group of sittings that are too many to be told apart, or that
// show one state which lasts: the mitigation service logs it every hour.
func crowd(gs []*group) []*group {
	if lasts := len(gs) > 1 && gs[0].act.Shows != ""; !lasts && (len(gs) <= maxSittings || gs[0].act.Stage != casefile.Attempt && len(gs) <= maxTold) {
		return gs
	}
	all := gs[0]
	all.client, all.object = "", ""
	for _, g := range gs[1:] {
		for _, d := range g.dets {
			all.add(d)
		}
	}
	return []*group{all}
}

// finding writes a group down.
func (g *group) finding(host string) casefile.Finding {
	a := g.act
	f := casefile.Finding{Host: host, Flaw: g.flaw.ID, Act: a.ID, Stage: a.Stage, Weight: a.Weight, Time: g.first, TimeEnd: g.last,
		Confidence: a.Conf, Title: a.Title, Harmless: a.Harmless, Attack: a.Attack}
	if len(f.Attack) == 0 {
		f.Attack = g.flaw.Attack
	}
	slices.SortStableFunc(g.dets, func(x, y casefile.Detection) int {
		foreign := func(d casefile.Detection) int {
			if d.Act == a.ID && d.Flaw == g.flaw.ID {
				return 0
			}
			return 1
		}
		return cmp.Or(foreign(x)-foreign(y), x.First.Compare(y.First), strings.Compare(x.Kind, y.Kind), samplePlace(x, y))
	})
	rules, sources, clients, accounts, objects, mailboxes := set{}, set{}, set{}, set{}, set{}, set{}
	// What two files hold is one record, and so is what two rules see of one.
	type sight struct {
		path string
		n    int64 // records of the longest detection that begins with it
	}
	copies, places := map[string]*sight{}, map[casefile.Ref]*sight{}
	perSource := map[string][]casefile.Evidence{}
	own := map[string]int64{} // records of the act itself, by source
	for _, d := range g.dets {
		rules.add(d.Rule)
		sources.add(d.Kind)
		clients.add(d.Client)
		var repeated []*sight
		for _, s := range d.Samples {
			key := d.Kind + "\x00" + s.Time.String() + "\x00" + s.Raw
			old := places[s.Ref]
			if c := copies[key]; old == nil && c != nil && c.path != s.Path && s.Raw != "" && d.Kind != casefile.FilesKind {
				old = c
			}
			if old != nil {
				repeated = append(repeated, old)
				continue
			}
			copies[key] = &sight{s.Path, d.Count}
			places[s.Ref] = copies[key]
			accounts.add(s.Account)
			objects.add(s.Object)
			mailboxes.add(s.Mailbox)
			perSource[d.Kind] = append(perSource[d.Kind], casefile.Evidence{Ref: s.Ref, Kind: d.Kind, Rule: d.Rule, Time: s.Time, SHA256: s.SHA256, Raw: s.Raw, Cut: s.Cut})
		}
		n := d.Count - int64(len(repeated))
		if len(repeated) > 0 && len(repeated) == len(d.Samples) {
			n = d.Count // all of it was seen before, but for what a longer copy adds
			for _, r := range repeated {
				n = min(n, max(0, d.Count-r.n))
			}
			for _, r := range repeated {
				r.n = max(r.n, d.Count)
			}
		}
		f.Count += n
		if d.Act == a.ID && d.Flaw == g.flaw.ID {
			own[d.Kind] += n
		}
	}
	f.Rule, f.RuleVersion = g.dets[0].Rule, g.dets[0].RuleVersion
	f.Rules, f.Sources, f.Clients = rules.sorted(50), sources.sorted(50), clients.sorted(50)
	f.Accounts, f.Objects, f.Mailboxes = accounts.sorted(50), objects.sorted(50), mailboxes.sorted(200)
	f.Acts = max(own[first(f.Sources, own)], 1)
	f.Evidence = spread(perSource)
	if len(f.Sources) > 1 && f.Confidence == casefile.Medium {
		f.Confidence = casefile.High // two views that agree
	}
	return f
}

// spread takes evidence from each source in turn, earliest first, so that a
// busy source does not hide the others.
func spread(perSource map[string][]casefile.Evidence) []casefile.Evidence {
	kinds := slices.Sorted(maps.Keys(perSource))
	for _, k := range kinds {
		slices.SortStableFunc(perSource[k], func(a, b casefile.Evidence) int {
			return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.Path, b.Path), cmp.Compare(a.Offset, b.Offset), strings.Compare(a.Rule, b.Rule))
		})
	}
	var out []casefile.Evidence
	places := map[casefile.Ref]bool{}
	for i := 0; len(out) < casefile.MaxEvidence; i++ {
		more := false
		for _, k := range kinds {
			if i < len(perSource[k]) && len(out) < casefile.MaxEvidence {
				more = true
				if e := perSource[k][i]; !places[e.Ref] { // two rules on one record: it is shown once
					places[e.Ref] = true
					out = append(out, e)
				}
			}
		}
		if !more {
			break
		}
	}
	slices.SortStableFunc(out, func(a, b casefile.Evidence) int {
		return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.Kind, b.Kind), strings.Compare(a.Path, b.Path), cmp.Compare(a.Offset, b.Offset))
	})
	return out
}

// first gives the source with most records: what one act is in several logs
// must not be counted several times.
func first(sources []string, n map[string]int64) string {
	best := ""
	for _, s := range sources {
		if best == "" || n[s] > n[best] {
			best = s
		}
	}
	return best
}

type set map[string]bool

func (s set) add(v string) {
	if v != "" {
		s[v] = true
	}
}

// sorted lists at most n members.
func (s set) sorted(n int) []string {
	l := slices.Sorted(maps.Keys(s))
	return l[:min(len(l), n)]
}
