package logsource

// From the log source of a rule to the selections of the mappings that it names.

import (
	"fmt"
	"slices"
	"strings"

	"vigie/internal/diag"
	"vigie/internal/sigma"
)

// table finds the selections of a log source.
type table struct {
	mappings []*Mapping
	found    map[sigma.LogSource][]*Selection // so that rules of one log source share their selections
}

func (t *table) find(src sigma.LogSource) []*Selection {
	src = sigma.LogSource{Category: strings.ToLower(src.Category), Product: strings.ToLower(src.Product), Service: strings.ToLower(src.Service)}
	sels, ok := t.found[src]
	if !ok {
		sels = t.look(src)
		t.found[src] = sels
	}
	return sels
}

// look: the mapping of exactly this log source goes before all others; then come the mappings of log sources that are part of it, as a web
// server of one product is of all web servers; then the events that belong both to its category and to its service.
func (t *table) look(src sigma.LogSource) []*Selection {
	var part, category, service []*Selection
	for _, m := range t.mappings {
		l := m.LogSource
		product := src.Product == "" || l.Product == "" || strings.EqualFold(src.Product, l.Product)
		switch {
		case sameSource(src, l):
			return m.Events
		case !product:
		case within(src.Category, l.Category) && within(src.Service, l.Service) && (src.Category != "" || src.Service != ""):
			part = append(part, m.Events...)
		case src.Category != "" && l.Service == "" && strings.EqualFold(src.Category, l.Category):
			category = append(category, m.Events...)
		case src.Service != "" && l.Category == "" && strings.EqualFold(src.Service, l.Service):
			service = append(service, m.Events...)
		}
	}
	if len(part) > 0 {
		return part
	}
	var common []*Selection
	for _, a := range category {
		for _, b := range service {
			if s := both(a, b); s != nil {
				common = append(common, s)
			}
		}
	}
	return common
}

// within says whether a part of a mapping's log source is what a rule names, or the rule names nothing.
func within(rule, mapping string) bool { return rule == "" || strings.EqualFold(rule, mapping) }

// why says why a rule has no events.
func (t *table) why(r *sigma.Rule) diag.Problem {
	src := r.LogSource
	p := diag.Problem{Pos: r.Pos, Code: CodeUnknown, Hint: "add it to a mapping file",
		Msg: "no log source mapping for " + describe(src) + ": the rule is not run"}
	var categories, services []string
	for _, m := range t.mappings {
		if m.Uncovered != "" && sameSource(m.LogSource, sigma.LogSource{Category: src.Category, Product: src.Product, Service: src.Service}) {
			p.Msg, p.Hint = "the rule is not run: "+m.Uncovered, ""
			return p
		}
		if src.Product == "" || strings.EqualFold(m.LogSource.Product, src.Product) {
			categories, services = append(categories, m.LogSource.Category), append(services, m.LogSource.Service)
		}
	}
	if hint := t.near(src.Category, categories); hint != "" {
		p.Hint = hint
	}
	if hint := t.near(src.Service, services); hint != "" {
		p.Hint = hint
	}
	return p
}

func (t *table) near(name string, known []string) string {
	if name == "" || has(known, name) {
		return ""
	}
	return diag.DidYouMean(name, slices.DeleteFunc(known, func(s string) bool { return s == "" }))
}

func describe(l sigma.LogSource) string {
	var parts []string
	for _, p := range []struct{ name, value string }{{"product", l.Product}, {"category", l.Category}, {"service", l.Service}} {
		if p.value != "" {
			parts = append(parts, fmt.Sprintf("%s %s", p.name, diag.Quote(p.value)))
		}
	}
	return strings.Join(parts, ", ")
}
