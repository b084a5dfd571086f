// Package survey says of each host that a prober visited, or that another scanner reported, which product it runs and which flaws are open.
//
// A [Result] is one line of the output, and of the journal from which an interrupted run is resumed. The judgement is that of packages identify
// and kb: the same as for files. What a server says is a claim; the precision of the build tells how far it goes.
package survey

import (
	"slices"
	"strings"
	"sync"
	"time"

	"vigie/internal/fingerprint"
	"vigie/internal/identify"
	"vigie/internal/inventory"
	"vigie/internal/kb"
	"vigie/internal/probe"
)

// Result is what is known of one host.
type Result struct {
	Target    string              `json:"target"`
	Time      time.Time           `json:"time,omitzero"`
	Product   string              `json:"product"` // "Exchange Server 2016"; "" when not known
	Build     string              `json:"build"`
	Precision inventory.Precision `json:"precision"` // "" when no product is known
	Clues     []inventory.Clue    `json:"clues"`
	Flaws     []Flaw              `json:"flaws"` // those that are not fixed, worst first
	Error     string              `json:"error"` // why less is known; "" when all was asked

	Code      string `json:"code,omitempty"` // see probe.Observation.Code
	ProductID string `json:"product_id,omitempty"`
	Label     string `json:"label,omitempty"`   // CU19 Mar21SU
	Nearest   bool   `json:"nearest,omitempty"` // the label is of the nearest lower build of the table
	// Conflicts are the clues that say otherwise: mixed builds behind one name, a forgery, a cache.
	Conflicts  []inventory.Clue `json:"conflicts,omitempty"`
	SupportEnd string           `json:"support_end,omitempty"` // last day of any updates, when it has passed
	CVEs       *CVEs            `json:"cves,omitempty"`
	Others     []Other          `json:"others,omitempty"` // other products that signs named
	Behind     []string         `json:"behind,omitempty"` // proxies, delivery networks, gateways before it
	Table      string           `json:"table,omitempty"`  // newest date of the table of builds: what came later is not known

	Source     string               `json:"source"` // probe, nmap, shadowserver
	Permission string               `json:"permission,omitempty"`
	Address    string               `json:"address,omitempty"`
	Services   []probe.ServiceState `json:"services,omitempty"`
	TLS        []probe.TLSFact      `json:"tls,omitempty"`
	Redirects  []string             `json:"redirects,omitempty"` // where they led out of the scope
	Stopped    string               `json:"stopped,omitempty"`
	Asked      []string             `json:"asked,omitempty"`
	Partial    bool                 `json:"partial,omitempty"` // the visit was interrupted
}

// Flaw is one flaw on the host.
type Flaw struct {
	ID     string      `json:"id"`
	Name   string      `json:"name"`
	Status kb.Openness `json:"status"`
	CVEs   []string    `json:"cves"`
	Used   bool        `json:"used"` // known to be exploited
}

// CVEs are the CVEs of the product's table by how they stand; fixed ones are left out.
type CVEs struct {
	Open          []string `json:"open,omitempty"`
	Possibly      []string `json:"possibly_open,omitempty"`
	Configuration []string `json:"needs_configuration,omitempty"`
	Unknown       int      `json:"unknown,omitempty"`
}

// Other is a product without builds of its own in the tables.
type Other struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

// Judge says what clues prove. It may be used by many goroutines at once.
type Judge struct {
	kb     *kb.KB
	prints *fingerprint.Set
	now    time.Time

	mu      sync.Mutex
	verdict map[string]verdict // by what of the product decides: thousands of hosts run some dozens of builds
}

// NewJudge makes a judge. now decides whether support has ended.
func NewJudge(k *kb.KB, prints *fingerprint.Set, now time.Time) *Judge {
	return &Judge{kb: k, prints: prints, now: now, verdict: map[string]verdict{}}
}

// Probed judges what a visit showed.
func (j *Judge) Probed(o probe.Observation, permission string) Result {
	r := Result{Target: o.Target.Text, Time: o.Time, Source: "probe", Permission: permission, Error: o.Failure, Code: o.Code, Services: o.Services, TLS: o.TLS,
		Redirects: o.Redirect, Stopped: o.Stopped, Asked: o.Asked, Partial: o.Partial}
	if o.Address.IsValid() {
		r.Address = o.Address.String()
	}
	if o.Stopped != "" {
		r.Error = strings.TrimPrefix(r.Error+"; the server asked to be left alone ("+o.Stopped+")", "; ")
	}
	j.judge(&r, o.Gathering)
	return r
}

// Reported judges what another scanner reported of a host.
func (j *Judge) Reported(target, source string, at time.Time, answers []fingerprint.Answer) Result {
	r := Result{Target: target, Time: at, Source: source}
	var g fingerprint.Gathering
	for _, a := range answers {
		g.Add(j.prints.Read(a))
	}
	j.judge(&r, g)
	return r
}

// kindServer is the kind of clue of the header Server.
const kindServer = "http.server"

// maxBehind bounds what is told to stand before a host: the header is a stranger's.
const maxBehind = 5

// judge fills in the product, the builds and the flaws.
func (j *Judge) judge(r *Result, g fingerprint.Gathering) {
	r.Clues, r.Flaws = g.Clues, []Flaw{}
	if r.Clues == nil {
		r.Clues = []inventory.Clue{}
	}
	for i, p := range j.products(g) {
		if i > 0 {
			r.Others = append(r.Others, Other{ID: p.ID, Name: p.Name, Version: p.Build})
			continue
		}
		r.ProductID, r.Product, r.Build, r.Label, r.Nearest, r.Precision, r.Conflicts = p.ID, p.Name, p.Build, p.Label, p.Nearest, p.Precision, p.Conflicts
		v := j.of(p)
		r.Flaws, r.CVEs = v.flaws, v.cves
		r.SupportEnd, r.Table = j.support(p)
	}
	for _, id := range g.Named {
		if p := j.prints.Print(id); p != nil && id != r.ProductID && !slices.ContainsFunc(r.Others, func(o Other) bool { return o.ID == id }) {
			r.Others = append(r.Others, Other{ID: id, Name: p.Name, Version: j.version(p, r.Clues)})
		}
	}
	if r.Product == "" && len(r.Others) > 0 {
		// A product without tables: its name, and the version that it tells.
		first := r.Others[0]
		r.ProductID, r.Product, r.Build, r.Precision = first.ID, first.Name, first.Version, inventory.ProductOnly
		if first.Version != "" {
			r.Precision = inventory.Update
		}
		r.Others = r.Others[1:]
	}
	r.Behind = j.behind(r, g.Fronts)
}

// products are those of the tables: what identify says, and those of which only a name is told, by a sign that the table of clues does not weigh.
func (j *Judge) products(g fingerprint.Gathering) []inventory.Product {
	out := identify.Products(g.Clues, j.kb)
	for _, id := range g.Named {
		for i := range j.kb.Products {
			if p := &j.kb.Products[i]; p.ID == id && !slices.ContainsFunc(out, func(q inventory.Product) bool { return q.ID == id }) {
				out = append(out, inventory.Product{ID: p.ID, Name: p.Name, Precision: inventory.ProductOnly})
			}
		}
	}
	return out
}

// behind tells what stands before a host: what signs named, and a header Server that is not the product's own.
func (j *Judge) behind(r *Result, fronts []string) (out []string) {
	for _, id := range fronts {
		if p := j.prints.Print(id); p != nil {
			out = append(out, p.Name)
		}
	}
	p := j.prints.Print(r.ProductID)
	for _, c := range r.Clues {
		if p != nil && c.Kind == kindServer && p.Foreign(c.Value) && !slices.Contains(out, c.Value) && len(out) < maxBehind {
			out = append(out, c.Value)
		}
	}
	return out
}

// version is the first version that signs of a fingerprint told.
func (j *Judge) version(p *fingerprint.Print, clues []inventory.Clue) string {
	for _, s := range p.Signs {
		for _, c := range clues {
			if s.Version && c.Kind == s.Kind {
				return c.Value
			}
		}
	}
	return ""
}

// Compare orders results worst first: open flaws that are known to be used, open flaws and CVEs, what may be open, no more updates, what is not
// known, and then what was found well.
func Compare(a, b *Result) int {
	x, y := a.badness(), b.badness()
	for i := range x {
		if x[i] != y[i] {
			return y[i] - x[i]
		}
	}
	return strings.Compare(a.Target, b.Target)
}

func (r *Result) badness() [8]int {
	var n [8]int
	for _, f := range r.Flaws {
		switch {
		case f.Status == kb.Open && f.Used:
			n[0]++
		case f.Status == kb.Open:
			n[1]++
		case f.Status == kb.PossiblyOpen:
			n[3]++
		}
	}
	if r.CVEs != nil {
		n[2], n[4] = len(r.CVEs.Open), len(r.CVEs.Possibly)
	}
	n[5] = boolRank(r.SupportEnd != "")
	n[6] = boolRank(r.Product != "" && (r.Precision == inventory.ProductOnly || len(r.Flaws) > 0))
	n[7] = boolRank(r.Product != "") * 2
	if r.Product == "" && r.Error != "" {
		n[7] = 1
	}
	return n
}
