package sigma

// Correlations: documents that say something about several matches of other rules, such as "ten failed logons of one user in five minutes".
// This file reads them, link.go finds the rules they refer to, correlator.go collects the matches, window.go evaluates them.

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"vigie/internal/diag"
)

// CorrelationType says what a correlation asks of the matches of its rules, within a group and a span of time.
type CorrelationType string

// The types of the specification 2.1, and value_median, which other tools know.
const (
	EventCount      CorrelationType = "event_count"      // how many events
	ValueCount      CorrelationType = "value_count"      // how many distinct values of fields
	Temporal        CorrelationType = "temporal"         // how many of the rules
	TemporalOrdered CorrelationType = "temporal_ordered" // how many of the rules, in the order in which they are listed
	ValueSum        CorrelationType = "value_sum"        // sum of a numeric field
	ValueAvg        CorrelationType = "value_avg"        // its mean
	ValuePercentile CorrelationType = "value_percentile" // a percentile of it; see [Correlation.Percentile]
	ValueMedian     CorrelationType = "value_median"     // its percentile 50
)

var correlationTypes = []string{string(EventCount), string(ValueCount), string(Temporal), string(TemporalOrdered), string(ValueSum),
	string(ValueAvg), string(ValuePercentile), string(ValueMedian)}

// hasField says whether the type is about the values of a field, and numeric whether these must be numbers.
func (t CorrelationType) hasField() bool { return t == ValueCount || t.metric() }
func (t CorrelationType) metric() bool {
	return t == ValueSum || t == ValueAvg || t == ValuePercentile || t == ValueMedian
}
func (t CorrelationType) temporal() bool { return t == Temporal || t == TemporalOrdered }

// Correlation is one correlation document. It never changes after [ParseDocuments].
type Correlation struct {
	Header
	Type     CorrelationType
	Rules    []Reference
	GroupBy  []string // fields or aliases; empty means that all events are one group
	Aliases  []Alias  // in the order of the document
	Timespan time.Duration
	Fields   []string // of the condition, for the types about values; value_count takes several, which must all be equal
	Bounds   []Bound  // all must hold

	// Percentile is the one asked for by value_percentile, from 0 to 100, or NaN when the document names none. Then the correlation follows
	// the example of the specification: it asks which share of the events of the span, in percent, has the same value as the event.
	Percentile float64

	// Generate keeps the rules that it refers to as rules of their own; see [Library.Reported].
	Generate bool
}

// Alias is a name in group-by (or as field of the condition) for fields that have another name in each rule.
type Alias struct {
	Name   string
	Fields []AliasField
}

// AliasField is the field that an alias stands for in the matches of one rule.
type AliasField struct {
	Rule  Reference
	Field string
}

// Bound is one criterion of a condition.
type Bound struct {
	Op    string // gt, gte, lt, lte, eq or neq
	Value float64
	num   number
}

var boundOps = []string{"gt", "gte", "lt", "lte", "eq", "neq"}

// holds says whether a value that compares with the bound like c (-1, 0, 1) is within it.
func (b Bound) holds(c int) bool {
	switch b.Op {
	case "gt":
		return c > 0
	case "gte":
		return c >= 0
	case "lt":
		return c < 0
	case "lte":
		return c <= 0
	case "eq":
		return c == 0
	}
	return c != 0
}

const (
	// maxTimespan keeps the arithmetic of times far from its limits.
	maxTimespan = 100 * 365 * 24 * time.Hour
	// maxCorrelated bounds the rules of one correlation: temporal_ordered takes time in proportion to the square of it.
	maxCorrelated = 64
	// maxGroupBy bounds the fields of group-by and of a condition.
	maxGroupBy = 16
)

var correlationKeys = []string{"type", "rules", "group-by", "timespan", "condition", "aliases", "generate"}

func (p *parser) correlation(top, v *yaml.Node) *Correlation {
	c := &Correlation{Percentile: math.NaN()}
	c.Header = p.header(top, func(k, v *yaml.Node) bool {
		switch k.Value {
		case "correlation":
		case "generate": // where the specification's schema has it
			c.Generate = p.yes(k, v)
		case "logsource", "detection":
			p.bad(k, CodeType, "put the rule into a document of its own", "a correlation has no %s", k.Value)
		default:
			return false
		}
		return true
	})
	if v.Kind != yaml.MappingNode {
		p.bad(v, CodeType, "", "correlation must be a map, this is %s", kindOf(v))
		return nil
	}
	keys := make(map[string]*yaml.Node)
	for i := 0; i+1 < len(v.Content); i += 2 {
		k, val := v.Content[i], v.Content[i+1]
		keys[k.Value] = val
		switch k.Value {
		case "type":
			if t := p.oneOf(k, val, correlationTypes); slices.Contains(correlationTypes, t) {
				c.Type = CorrelationType(t)
			}
		case "rules":
			if c.Rules = p.references(k, val); len(c.Rules) > maxCorrelated {
				p.bad(val, CodeLimit, "", "correlation refers to %d rules, limit %d", len(c.Rules), maxCorrelated)
			}
		case "group-by":
			c.GroupBy = p.fieldNames(k, val)
		case "timespan":
			c.Timespan = p.timespan(k, val)
		case "generate":
			c.Generate = p.yes(k, val)
		case "condition", "aliases": // below, they need the others
		default:
			p.bad(k, CodeValue, diag.DidYouMean(k.Value, correlationKeys), "unknown key %s in correlation", diag.Quote(k.Value))
		}
	}
	for _, key := range []string{"type", "rules", "timespan"} {
		if keys[key] == nil {
			p.missing(v, "correlation", key)
		}
	}
	if n := keys["aliases"]; n != nil {
		c.Aliases = p.aliases(c, n)
	}
	switch n := keys["condition"]; {
	case n != nil:
		p.correlationCondition(c, n)
	case !c.Type.temporal() && c.Type != "":
		p.missing(v, "correlation", "condition")
	}
	return c
}

// yes reads true or false.
func (p *parser) yes(k, v *yaml.Node) bool {
	if v.Kind != yaml.ScalarNode || v.ShortTag() != "!!bool" {
		p.bad(v, CodeType, "", "%s must be true or false, this is %s", k.Value, kindOf(v))
		return false
	}
	return strings.EqualFold(v.Value, "true")
}

// fieldNames reads one field name or a list of them.
func (p *parser) fieldNames(k, v *yaml.Node) []string {
	nodes := []*yaml.Node{v}
	if v.Kind == yaml.SequenceNode {
		nodes = v.Content
	}
	if len(nodes) > maxGroupBy {
		p.bad(v, CodeLimit, "", "%s has %d fields, limit %d", k.Value, len(nodes), maxGroupBy)
		return nil
	}
	var names []string
	for _, n := range nodes {
		switch {
		case n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" || n.Value == "":
			p.bad(n, CodeType, "", "%s must be the name of a field or a list of names, this is %s", k.Value, kindOf(n))
		case slices.Contains(names, n.Value):
			p.bad(n, CodeValue, "name it once", "%s names %s twice", k.Value, diag.Quote(n.Value))
		default:
			names = append(names, n.Value)
		}
	}
	return names
}

// timespan reads a number and one of the units s, m, h, d.
func (p *parser) timespan(k, v *yaml.Node) time.Duration {
	const hint = "write it like 30s, 15m, 1h or 7d"
	s := v.Value
	if v.Kind != yaml.ScalarNode || len(s) < 2 {
		p.bad(v, CodeValue, hint, "timespan must be a number and a unit")
		return 0
	}
	unit, ok := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}[s[len(s)-1]]
	n, err := strconv.ParseUint(s[:len(s)-1], 10, 63)
	switch {
	case !ok || err != nil && !strings.HasSuffix(err.Error(), strconv.ErrRange.Error()):
		p.bad(v, CodeValue, hint, "timespan %s is not a number and a unit (s, m, h, d)", diag.Quote(s))
	case err != nil || n > uint64(maxTimespan/unit):
		p.bad(v, CodeLimit, "", "timespan %s is longer than 100 years", diag.Quote(s))
	case n == 0:
		p.bad(v, CodeValue, hint, "timespan is zero")
	default:
		return time.Duration(n) * unit
	}
	return 0
}

func (p *parser) aliases(c *Correlation, v *yaml.Node) []Alias {
	if v.Kind != yaml.MappingNode {
		p.bad(v, CodeType, "", "aliases must be a map, this is %s", kindOf(v))
		return nil
	}
	var names []string
	for _, r := range c.Rules {
		names = append(names, r.Name)
	}
	var list []Alias
	for i := 0; i+1 < len(v.Content); i += 2 {
		k, of := v.Content[i], v.Content[i+1]
		if of.Kind != yaml.MappingNode {
			p.bad(of, CodeType, "write \"rule: field\" below it", "an alias must be a map from rules to fields, this is %s", kindOf(of))
			continue
		}
		a := Alias{Name: k.Value}
		for j := 0; j+1 < len(of.Content); j += 2 {
			r, f := of.Content[j], of.Content[j+1]
			if !slices.Contains(names, r.Value) {
				p.bad(r, CodeReference, diag.DidYouMean(r.Value, names), "alias names %s, which is not one of the correlation's rules", diag.Quote(r.Value))
				continue
			}
			if field := p.text(r, f); field != "" {
				a.Fields = append(a.Fields, AliasField{Reference{r.Value, p.at(r)}, field})
			}
		}
		list = append(list, a)
	}
	return list
}

func (p *parser) correlationCondition(c *Correlation, v *yaml.Node) {
	if v.Kind != yaml.MappingNode {
		p.bad(v, CodeType, "write it like {gte: 10}", "the condition of a correlation must be a map, this is %s", kindOf(v))
		return
	}
	field := false
	for i := 0; i+1 < len(v.Content); i += 2 {
		k, val := v.Content[i], v.Content[i+1]
		switch {
		case slices.Contains(boundOps, k.Value):
			if n, ok := p.boundary(k, val); ok {
				c.Bounds = append(c.Bounds, Bound{Op: k.Value, Value: n.f, num: n})
			}
		case k.Value == "field":
			field = true
			c.Fields = p.fieldNames(k, val)
			if c.Type != "" && !c.Type.hasField() {
				p.bad(k, CodeValue, "remove it", "a correlation of type %s has no field", c.Type)
			}
			if c.Type.metric() && len(c.Fields) > 1 {
				p.bad(val, CodeValue, "", "a correlation of type %s takes one field", c.Type)
			}
		case k.Value == "percentile":
			n, ok := p.boundary(k, val)
			switch {
			case c.Type != ValuePercentile:
				p.bad(k, CodeValue, "remove it", "only a correlation of type value_percentile has a percentile")
			case ok && (n.f < 0 || n.f > 100):
				p.bad(val, CodeValue, "", "percentile must be from 0 to 100")
			case ok:
				c.Percentile = n.f
			}
		default:
			p.bad(k, CodeValue, diag.DidYouMean(k.Value, append([]string{"field", "percentile"}, boundOps...)),
				"unknown key %s in the condition of a correlation", diag.Quote(k.Value))
		}
	}
	if c.Type == ValueMedian {
		c.Percentile = 50
	}
	if len(c.Bounds) == 0 {
		p.bad(v, CodeMissing, "add one of "+strings.Join(boundOps, ", "), "the condition of a correlation compares with nothing")
	}
	if c.Type.hasField() && !field {
		p.bad(v, CodeMissing, "add field: and the name of a field", "a correlation of type %s needs a field in its condition", c.Type)
	}
}

func (p *parser) boundary(k, v *yaml.Node) (number, bool) {
	if v.Kind == yaml.ScalarNode {
		if n, ok := parseNumber(scalarText(v)); ok {
			return n, true
		}
	}
	p.bad(v, CodeType, "", "%s must be a number, this is %s", k.Value, kindOf(v))
	return number{}, false
}
