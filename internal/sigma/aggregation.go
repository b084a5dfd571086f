package sigma

// Aggregations, which rules had before 2023 behind a pipe in the condition:
//
//	timeframe: 5m
//	condition: selection | count(User) by Computer > 10
//
// Such a rule is read as what replaced it: the selection becomes a rule without a result of its own, and the rest a correlation with the title, id and
// level of the whole. A rule without a timeframe counts over all events. The functions count, sum and avg are known; min, max and near have no
// correlation that means the same, and are refused.

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// aggregation is what stands behind the pipe.
type aggregation struct {
	typ       CorrelationType
	field, by string
	bound     Bound
	span      time.Duration
	at        *yaml.Node // the condition
}

var aggregationForm = regexp.MustCompile(`(?i)^\s*(count|sum|avg)\s*\(\s*([^()\s]*)\s*\)\s*(?:by\s+(\S+)\s*)?(>=|<=|==|=|>|<)\s*(\d{1,15}(?:\.\d{1,9})?)\s*$`)

// cutAggregation parts a condition at its pipe. ok is false for one without a pipe, or with something behind it that is not known.
func cutAggregation(s string) (condition string, a *aggregation, ok bool) {
	for _, t := range lex(s) {
		if t.kind != tokPipe {
			continue
		}
		m := aggregationForm.FindStringSubmatch(s[t.at+1:])
		if m == nil {
			return "", nil, false
		}
		n, known := parseNumber(m[5])
		if !known {
			return "", nil, false
		}
		a = &aggregation{field: m[2], by: m[3], bound: Bound{Value: n.f, num: n}}
		a.bound.Op = map[string]string{">": "gt", ">=": "gte", "<": "lt", "<=": "lte", "=": "eq", "==": "eq"}[m[4]]
		switch f := strings.ToLower(m[1]); {
		case f == "count" && a.field == "":
			a.typ = EventCount
		case f == "count":
			a.typ = ValueCount
		case a.field == "":
			return "", nil, false
		case f == "sum":
			a.typ = ValueSum
		default:
			a.typ = ValueAvg
		}
		return s[:t.at], a, true
	}
	return "", nil, false
}

// correlate makes the correlation of a rule with an aggregation. The rule loses its id, which is now that of the correlation, and gets a name that no
// document can have.
func (a *aggregation) correlate(p *parser, r *Rule) *Correlation {
	pos := p.at(a.at)
	c := &Correlation{Header: r.Header, Type: a.typ, Timespan: a.span, Bounds: []Bound{a.bound}, Percentile: math.NaN()}
	if a.by != "" {
		c.GroupBy = []string{a.by}
	}
	if a.field != "" {
		c.Fields = []string{a.field}
	}
	r.ID, r.Name = "", hiddenName+fmt.Sprintf("%s:%d:%d", pos.File, pos.Line, pos.Col)
	c.Rules = []Reference{{Name: r.Name, Pos: pos}}
	return c
}

// hiddenName begins the names of rules that only serve the correlation made with them. YAML allows no zero byte in a name.
const hiddenName = "\x00"

// Hidden tells whether a rule only serves the correlation that was made of the same document.
func (r *Rule) Hidden() bool { return strings.HasPrefix(r.Name, hiddenName) }

// timeframe reads how far back an aggregation counts.
func (p *parser) timeframe(a *aggregation, k, v *yaml.Node) {
	switch {
	case a == nil:
		p.bad(k, CodeObsolete, "remove it, or write a correlation rule", "not supported: timeframe without an aggregation")
	case v == nil:
		a.span = maxTimespan
	default:
		a.span = p.timespan(k, v)
	}
}
