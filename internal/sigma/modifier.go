package sigma

// The keys of detection maps, "field|modifier|modifier": which modifiers there are, what they decide, which of them go together. A text value is
// read into symbols, where wildcards are no longer characters, before any modifier sees it (draft.go); so a modifier can add a wildcard after
// a value that ends in a backslash without making an escape of the two. Modifiers apply from left to right, each turning a draft into one or
// more drafts. A type modifier (re, cidr, lt, hour, exists, fieldref, …) says instead what kind of predicate the value becomes (value.go).

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"vigie/internal/diag"
)

type predKind uint8

const (
	kindText predKind = iota
	kindRegexp
	kindCIDR
	kindCompare
	kindExists
	kindNull
	kindRef
	kindOneOf // several texts at once, made by the compiler
)

type anchor uint8

const (
	whole anchor = iota
	atStart
	atEnd
	within
)

// pred is a leaf of a rule's tree: a question about one field, or about all values of the event.
type pred struct {
	kind    predKind
	field   string
	keyword bool // ask every value of the event
	cased   bool

	pat    *pattern            // kindText
	set    map[string]struct{} // kindOneOf: texts, folded unless cased
	re     *regex              // kindRegexp
	prefix netip.Prefix        // kindCIDR
	part   string              // kindCompare: the part of a time that is compared, or empty
	rel    string              // kindCompare: lt, lte, gt, gte, or empty for equal
	cmp    string              // kindCompare: part and rel, which with num tell comparisons apart
	num    number              // kindCompare
	want   bool                // kindExists
	ref    string              // kindRef: the other field
	where  anchor              // kindRef: where in field its value must be
}

// The modifiers, in one place. A draft of text goes through the transforms; the types decide the kind; the rest change how values are
// linked or compared.
var (
	transforms = []string{"contains", "startswith", "endswith", "base64", "base64offset", "wide", "utf16le", "utf16be", "utf16", "windash", "expand"}
	types      = map[string]predKind{
		"re": kindRegexp, "cidr": kindCIDR, "lt": kindCompare, "lte": kindCompare, "gt": kindCompare, "gte": kindCompare,
		"exists": kindExists, "fieldref": kindRef,
		"minute": kindCompare, "hour": kindCompare, "day": kindCompare, "week": kindCompare, "month": kindCompare, "year": kindCompare,
	}
	// companions are the modifiers that may stand beside a type.
	companions = map[predKind][]string{
		kindRegexp:  {"i", "m", "s", "all", "neq", "cased", "expand", "contains", "startswith", "endswith"},
		kindCIDR:    {"all", "neq", "expand"},
		kindCompare: append([]string{"all", "neq", "lt", "lte", "gt", "gte"}, timeParts...),
		kindExists:  {},
		kindRef:     {"all", "neq", "cased", "contains", "startswith", "endswith"},
	}
	// modifiers is every modifier, for hints.
	modifiers = []string{"contains", "startswith", "endswith", "all", "re", "cased", "exists", "windash", "cidr", "base64", "base64offset",
		"wide", "utf16le", "utf16be", "utf16", "lt", "lte", "gt", "gte", "neq", "fieldref", "expand", "i", "m", "s",
		"minute", "hour", "day", "week", "month", "year"}
)

// item is a key of a detection map: a field and how its values are compared.
type item struct {
	p       *parser
	field   string
	keyword bool
	mods    []string // the transforms, in order
	kind    predKind
	typ     string // the type modifier, if any
	part    string // the time modifier, if any
	flags   string // of re
	all     bool
	neq     bool
	cased   bool
}

// newItem reads a key. It reports what is wrong with the modifiers.
func (p *parser) newItem(k *yaml.Node) (item, bool) {
	parts := strings.Split(k.Value, "|")
	it := item{p: p, field: parts[0], keyword: parts[0] == ""}
	ok, at := true, len(parts[0])
	bad := func(code, hint, format string, args ...any) {
		ok = false
		p.problems.Add(p.inside(k, at+1), code, hint, format, args...)
	}
	if k.Value == "" {
		p.bad(k, CodeValue, "", "field name is empty")
		return it, false
	}
	for i, m := range parts[1:] {
		if i > 0 {
			at += 1 + len(parts[i])
		}
		kind, isType := types[m]
		switch {
		case slices.Contains(parts[1:i+1], m):
			bad(CodeModifier, "write it once", "modifier %s is written twice", diag.Quote(m))
		case m == "all":
			it.all = true
		case m == "neq":
			it.neq = true
		case m == "cased":
			it.cased = true
		case slices.Contains(timeParts, m) && it.part == "" && it.typ == "":
			it.part, it.kind = m, kind
		case isType:
			if it.typ != "" || slices.Contains(timeParts, m) || it.part != "" && kind != kindCompare {
				bad(CodeModifier, it.timeHint(m), "modifiers %q and %q do not go together", cmp.Or(it.typ, it.part), m)
				break
			}
			it.typ, it.kind = m, kind
		case m == "i" || m == "m" || m == "s":
			if it.typ != "re" {
				bad(CodeModifier, "write \"re|"+m+"\"", "modifier %q must follow \"re\"", m)
			}
			it.flags += m
		case slices.Contains(transforms, m):
			it.mods = append(it.mods, m)
		case m == "":
			bad(CodeModifier, "", "modifier after | is empty")
		default:
			bad(CodeModifier, diag.DidYouMean(m, modifiers), "unknown modifier %s", diag.Quote(m))
		}
	}
	if !ok {
		return it, false
	}
	at = len(parts[0])
	if typ := cmp.Or(it.typ, it.part); typ != "" {
		for _, m := range parts[1:] {
			if m != typ && !slices.Contains(companions[it.kind], m) {
				bad(CodeModifier, "", "modifiers %q and %q do not go together", typ, m)
			}
		}
		if it.keyword && it.kind != kindRegexp && it.kind != kindCIDR {
			bad(CodeModifier, "write the field before the |", "modifier %q needs a field", typ)
		}
		if it.cased && strings.Contains(it.flags, "i") {
			bad(CodeModifier, "", "modifiers \"i\" and \"cased\" do not go together")
		}
	}
	return it, ok
}

// timeHint helps where a time modifier comes after the comparison.
func (it *item) timeHint(m string) string {
	if it.kind == kindCompare && it.part == "" && slices.Contains(timeParts, m) {
		return fmt.Sprintf("write \"%s|%s\"", m, it.typ)
	}
	return ""
}
