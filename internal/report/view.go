package report

import (
	"slices"
	"strings"

	"vigie/internal/casefile"
)

// The document as its templates read it. Bounds keep a hostile or huge case a
// document that opens; what they leave out is counted in it.
const (
	maxHostDetails = 200
	maxFindings    = 1000 // rows a host
	maxCharts      = 6    // a host
	maxGaps        = 200
	maxLedger      = 500
	maxTouched     = 500
	maxActions     = 1000
)

type page struct {
	Lang, Title, TLP, Zone string
	C                      *casefile.Case
	Ident                  []pair
	Manager                manager
	Fleet                  []fleetRow // nil for one host
	Hosts                  []hostView
	HostsLeft              int
	Touched                []touchedTable
	Phases                 []phaseView
	Gaps                   []casefile.Gap
	GapsLeft               []codeCount
	GapTotal               int64
	Ledger                 ledgerView
	Glossary               []term
	Words                  []wordTable
}

type pair struct{ Label, Value string }

type hostView struct {
	*casefile.Host
	N            int // anchor
	Flaws        []flawView
	Findings     []findingView
	FindingsLeft int
}

type flawView struct {
	*casefile.FlawResult
	Chart *chart
}

type findingView struct {
	*casefile.Finding
	Anchor int
	Reason bool // a verdict rests on it: its raw lines are printed on paper too
}

type touchedTable struct {
	Key   string
	Items []casefile.TouchedItem
	Left  int
}

type phaseView struct {
	Phase   string
	Actions []casefile.Action
	Left    int
}

type codeCount struct {
	Code  string
	Count int64
}

type ledgerView struct {
	Items      []casefile.LedgerItem
	Left       []kindCount
	Containers []casefile.LedgerItem
	Balanced   bool
	Kinds      []kindCount
}

type kindCount struct {
	Kind                              string
	Files                             int64
	Bytes, Parsed, Recovered, Skipped int64
}

type fleetRow struct {
	*casefile.Host
	Anchor int
	Seen   string
	First  string
	Now    int64
}

func (r *renderer) page() *page {
	c, p := r.c, r.p
	pg := &page{Lang: p.lang, Title: r.opt.Title, TLP: sharingMark(r.opt.TLP), Zone: p.Zone(), C: c}
	if pg.Title == "" {
		pg.Title = p.T("doc.title.many")
		if len(c.Hosts) == 1 {
			pg.Title = p.T("doc.title.one", "Host", visibleMax(p.Host(c.Hosts[0].Name), 200))
		}
	}
	pg.Title = visibleMax(pg.Title, 300)
	pg.Ident = r.ident()
	r.shown = map[int]bool{0: false}
	r.hosts(pg)
	r.manager(&pg.Manager)
	pg.Touched = []touchedTable{
		{Key: "accounts", Items: c.Touched.Accounts}, {Key: "mailboxes", Items: c.Touched.Mailboxes},
		{Key: "machines", Items: c.Touched.Machines}, {Key: "data", Items: c.Touched.Data},
	}
	for i := range pg.Touched {
		t := &pg.Touched[i]
		t.Left = max(0, len(t.Items)-maxTouched)
		t.Items = t.Items[:len(t.Items)-t.Left]
	}
	pg.Phases = r.phases()
	r.gaps(pg)
	pg.Ledger = newLedger(&c.Ledger)
	pg.Words = wordTables(p)
	pg.Glossary = glossary(p, c)
	return pg
}

func (r *renderer) ident() []pair {
	c, p := r.c, r.p
	first, last := evidenceSpan(c)
	evidence := p.T("ident.undated")
	if !last.IsZero() {
		evidence = p.T("ident.span", "From", p.Date(first), "To", p.Date(last))
	}
	rules := p.N("ident.rulecount", int64(c.Vigie.Rules.Count), "Version", visibleMax(or(c.Vigie.Rules.Version, "?"), 60))
	know := visibleMax(or(c.Vigie.Knowledge.Date, p.T("time.unknown")), 40)
	if t, ok := parseDay(c.Vigie.Knowledge.Date); ok {
		know = p.Date(t)
	}
	return []pair{
		{p.T("ident.hosts"), p.Int(int64(len(c.Hosts)))},
		{p.T("ident.evidence"), evidence},
		{p.T("ident.size"), p.N("ident.files", c.Ledger.Files, "Bytes", p.Bytes(c.Ledger.Bytes))},
		{p.T("ident.zone"), p.Zone()},
		{p.T("ident.version"), visibleMax(or(c.Vigie.Version, "?"), 80)},
		{p.T("ident.rules"), rules},
		{p.T("ident.knowledge"), know},
		{p.T("ident.mark"), sharingMark(r.opt.TLP)},
	}
}

func (r *renderer) hosts(pg *page) {
	c, p := r.c, r.p
	chartID := 0
	reasons := map[string]bool{}
	for i := range c.Hosts {
		for j := range c.Hosts[i].Flaws {
			for _, id := range c.Hosts[i].Flaws[j].Reasons {
				reasons[id] = true
			}
		}
	}
	byHost := map[string][]int{}
	for i := range c.Findings {
		byHost[c.Findings[i].Host] = append(byHost[c.Findings[i].Host], i)
	}
	for i := range c.Hosts {
		h := &c.Hosts[i]
		var fs []*casefile.Finding
		for _, k := range byHost[h.Name] {
			fs = append(fs, &c.Findings[k])
		}
		if len(c.Hosts) > 1 {
			row := fleetRow{Host: h, Seen: p.T("cell.none"), First: p.T("cell.none"), Now: actionsNow(c, h.Name)}
			if i < maxHostDetails {
				row.Anchor = i + 1
			}
			if lo, ok := leastCoverage(h); ok {
				row.Seen = p.Percent(lo)
			}
			if at := firstSign(fs); !at.IsZero() {
				row.First = p.Stamp(at)
			}
			pg.Fleet = append(pg.Fleet, row)
		}
		if i >= maxHostDetails {
			pg.HostsLeft++
			continue
		}
		hv := hostView{Host: h, N: i + 1}
		r.hostFindings(&hv, byHost[h.Name], reasons)
		for j := range h.Flaws {
			fv := flawView{FlawResult: &h.Flaws[j]}
			if j < maxCharts && (h.Flaws[j].Verdict != casefile.NotAffected || j == 0) {
				chartID++
				fv.Chart = newChart(p, chartID, h, &h.Flaws[j], ofFlaw(fs, h.Flaws[j].ID))
			}
			hv.Flaws = append(hv.Flaws, fv)
		}
		pg.Hosts = append(pg.Hosts, hv)
		delete(byHost, h.Name) // a second host of that name has no second set of rows
	}
	r.orphans(pg, byHost, reasons)
}

// orphans shows the findings whose host the case does not list, which only a
// damaged or foreign case has: a finding is never left out in silence.
func (r *renderer) orphans(pg *page, byHost map[string][]int, reasons map[string]bool) {
	for i := maxHostDetails; i < len(r.c.Hosts); i++ {
		delete(byHost, r.c.Hosts[i].Name) // counted among the hosts that stand in the table only
	}
	var idx []int
	for _, list := range byHost {
		idx = append(idx, list...)
	}
	if len(idx) == 0 {
		return
	}
	slices.Sort(idx)
	hv := hostView{Host: &casefile.Host{Name: r.p.T("host.unnamed")}, N: len(r.c.Hosts) + 1}
	r.hostFindings(&hv, idx, reasons)
	pg.Hosts = append(pg.Hosts, hv)
}

// hostFindings chooses the rows: all, or when there are too many those that
// carry a verdict first.
func (r *renderer) hostFindings(hv *hostView, idx []int, reasons map[string]bool) {
	keep := map[int]bool{}
	if len(idx) > maxFindings {
		for _, pass := range []bool{true, false} {
			for _, k := range idx {
				if reasons[r.c.Findings[k].ID] == pass && len(keep) < maxFindings {
					keep[k] = true
				}
			}
		}
	}
	for _, k := range idx {
		if len(idx) > maxFindings && !keep[k] {
			hv.FindingsLeft++
			continue
		}
		f := &r.c.Findings[k]
		hv.Findings = append(hv.Findings, findingView{Finding: f, Anchor: k + 1, Reason: reasons[f.ID]})
		r.shown[k+1] = true
	}
}

func ofFlaw(fs []*casefile.Finding, flaw string) []*casefile.Finding {
	var out []*casefile.Finding
	for _, f := range fs {
		if f.Flaw == flaw {
			out = append(out, f)
		}
	}
	return out
}

func (r *renderer) phases() []phaseView {
	var out []phaseView
	other := phaseView{Phase: "other"}
	for _, ph := range phases {
		v := phaseView{Phase: ph}
		for _, a := range r.c.Actions {
			if a.Phase == ph {
				v.Actions = append(v.Actions, a)
			}
		}
		out = append(out, v)
	}
	for _, a := range r.c.Actions {
		if !known["phase."+a.Phase] {
			other.Actions = append(other.Actions, a)
		}
	}
	if len(other.Actions) > 0 {
		out = append(out, other)
	}
	for i := range out {
		out[i].Left = max(0, len(out[i].Actions)-maxActions)
		out[i].Actions = out[i].Actions[:len(out[i].Actions)-out[i].Left]
	}
	return out
}

func (r *renderer) gaps(pg *page) {
	gs := r.c.Gaps
	pg.GapTotal = gapCount(gs)
	pg.Gaps = gs[:min(len(gs), maxGaps)]
	at := map[string]int{}
	for i := range gs[len(pg.Gaps):] {
		g := &gs[len(pg.Gaps)+i]
		k, ok := at[g.Code]
		if !ok {
			if len(pg.GapsLeft) == 500 {
				continue
			}
			k = len(pg.GapsLeft)
			at[g.Code] = k
			pg.GapsLeft = append(pg.GapsLeft, codeCount{Code: g.Code})
		}
		pg.GapsLeft[k].Count += max(g.Count, 1)
	}
}

func newLedger(l *casefile.Ledger) ledgerView {
	v := ledgerView{Items: l.Items[:min(len(l.Items), maxLedger)], Containers: l.Containers[:min(len(l.Containers), maxLedger)]}
	v.Balanced = l.Parsed+l.Recovered+l.Skipped == l.Bytes
	v.Kinds = byKind(l.Items)
	v.Left = byKind(l.Items[len(v.Items):])
	return v
}

// byKind sums files of each kind, in the order they first appear.
func byKind(items []casefile.LedgerItem) []kindCount {
	var out []kindCount
	at := map[string]int{}
	for i := range items {
		it := &items[i]
		k, ok := at[it.Kind]
		if !ok {
			if len(out) == 200 {
				continue
			}
			k = len(out)
			at[it.Kind] = k
			out = append(out, kindCount{Kind: strings.TrimSpace(it.Kind)})
		}
		s := &out[k]
		s.Files++
		s.Bytes += it.Size
		s.Parsed += it.Parsed
		s.Recovered += it.Recovered
		s.Skipped += it.Skipped
	}
	return out
}
