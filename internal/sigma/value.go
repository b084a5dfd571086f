package sigma

// From the value of an item to predicates. What kind of predicate it becomes was decided by the modifiers of the key; a placeholder makes one value
// into several, linked by or.

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"vigie/internal/diag"
)

// value makes the tree of one value: one predicate, or alternatives linked by or. It is nil when the value has problems, which it reports.
func (it *item) value(v *yaml.Node) *node {
	n, err := it.build(v)
	if err != nil {
		code, hint := CodeValue, ""
		if e, ok := err.(*valueError); ok {
			code, hint = e.code, e.hint
		}
		it.p.bad(v, code, hint, "%s", err)
		return nil
	}
	return n
}

// valueError is an error with a code or a hint of its own.
type valueError struct{ code, hint, msg string }

func (e *valueError) Error() string { return e.msg }

// build makes the tree of a value. Each kind of predicate has its own way to read it.
func (it *item) build(v *yaml.Node) (*node, error) {
	if v.ShortTag() == "!!null" {
		return it.null()
	}
	text := scalarText(v)
	switch it.kind {
	case kindRegexp:
		return it.each(v.Value, quoteWild, it.regexp)
	case kindCIDR:
		return it.each(text, func(s string) string { return s }, it.cidr)
	case kindCompare:
		return it.comparison(text)
	case kindExists:
		return it.exists(text)
	case kindRef:
		return it.fieldref(text)
	}
	return it.text(text)
}

// pred is a predicate of this item, without what its value says.
func (it *item) pred() pred {
	return pred{kind: it.kind, field: it.field, keyword: it.keyword, cased: it.cased}
}

func (it *item) null() (*node, error) {
	switch {
	case it.keyword:
		return nil, &valueError{CodeValue, "put it in quotes", "a keyword must be a text, this is null"}
	case it.typ != "" || it.part != "" || len(it.mods) > 0 || it.cased:
		return nil, &valueError{CodeValue, "put it in quotes if a text is meant", "a modifier cannot be applied to null"}
	}
	p := it.pred()
	p.kind = kindNull
	return it.leaf(p)
}

// each makes a predicate of a text, or one of each text that its placeholders stand for.
func (it *item) each(text string, read func(string) string, pred func(string) (*node, error)) (*node, error) {
	if !slices.Contains(it.mods, "expand") {
		return pred(text)
	}
	texts, err := it.p.opt.expandText(text, read)
	if err != nil {
		return nil, err
	}
	var kids []*node
	for _, t := range texts {
		n, err := pred(t)
		if err != nil {
			return nil, err
		}
		kids = append(kids, n)
	}
	return join(opOr, kids), nil
}

func (it *item) regexp(src string) (*node, error) {
	for _, m := range it.mods {
		switch m {
		case "startswith":
			src = `\A(?:` + src + `)`
		case "endswith":
			src = `(?:` + src + `)\z`
		}
	}
	re, err := newRegex(src, it.flags)
	if err != nil {
		return nil, err
	}
	p := it.pred()
	p.re = re
	return it.leaf(p)
}

func (it *item) cidr(text string) (*node, error) {
	prefix, err := parseCIDR(text)
	if err != nil {
		return nil, err
	}
	p := it.pred()
	p.prefix = prefix
	return it.leaf(p)
}

func (it *item) comparison(text string) (*node, error) {
	num, ok := parseNumber(text)
	if !ok {
		return nil, fmt.Errorf("modifier %q needs a number, this is %s", cmp.Or(it.typ, it.part), diag.Quote(text))
	}
	p := it.pred()
	p.part, p.rel, p.num = it.part, it.typ, num
	p.cmp = p.part + " " + p.rel
	if p.part != "" {
		if err := checkTimePart(p.part, num); err != nil {
			return nil, err
		}
	}
	return it.leaf(p)
}

func (it *item) exists(text string) (*node, error) {
	p := it.pred()
	switch strings.ToLower(text) {
	case "true":
		p.want = true
	case "false":
	default:
		return nil, fmt.Errorf("modifier \"exists\" takes true or false, this is %s", diag.Quote(text))
	}
	return it.leaf(p)
}

func (it *item) fieldref(text string) (*node, error) {
	if text == "" {
		return nil, fmt.Errorf("modifier \"fieldref\" needs the name of a field")
	}
	p := it.pred()
	p.ref = text
	start, end := slices.Contains(it.mods, "startswith"), slices.Contains(it.mods, "endswith")
	switch {
	case slices.Contains(it.mods, "contains") || start && end:
		p.where = within
	case start:
		p.where = atStart
	case end:
		p.where = atEnd
	}
	return it.leaf(p)
}

// text sends a value through the modifiers that change it, and makes a predicate of each draft that comes out.
func (it *item) text(text string) (*node, error) {
	drafts := []draft{{syms: readText(text)}}
	for _, m := range it.mods {
		var next []draft
		for _, d := range drafts {
			ds, err := it.transform(m, d)
			if err != nil {
				if e, ok := err.(*valueError); ok {
					return nil, e
				}
				return nil, fmt.Errorf("modifier %q: %w", m, err)
			}
			if next = append(next, ds...); len(next) > max(maxAlternatives, len(drafts)) && m != "expand" {
				return nil, &valueError{CodeLimit, "", fmt.Sprintf("modifier %q makes more than %d values of this one", m, maxAlternatives)}
			}
		}
		drafts = next
	}
	var kids []*node
	for _, d := range drafts {
		n, err := it.finished(d)
		if err != nil {
			return nil, err
		}
		kids = append(kids, n)
	}
	return join(opOr, kids), nil
}

// transform applies one modifier to a draft.
func (it *item) transform(modifier string, d draft) ([]draft, error) {
	switch modifier {
	case "contains":
		return one(d.wrap(true, true))
	case "startswith":
		return one(d.wrap(false, true))
	case "endswith":
		return one(d.wrap(true, false))
	case "base64":
		return d.base64()
	case "base64offset":
		return d.base64offset()
	case "wide", "utf16le":
		return d.utf16(false, false)
	case "utf16be":
		return d.utf16(true, false)
	case "utf16":
		return d.utf16(false, true)
	case "windash":
		return d.windash()
	}
	return it.p.opt.expand(d)
}

// finished makes the predicate of a draft.
func (it *item) finished(d draft) (*node, error) {
	if it.keyword && !slices.ContainsFunc(it.mods, isAnchor) {
		d = d.wrap(true, true)
	}
	syms, err := d.text()
	if err != nil {
		return nil, err
	}
	p := it.pred()
	p.cased = p.cased || d.cased
	p.pat = newPattern(syms, p.cased)
	if err := p.pat.check(); err != nil {
		return nil, err
	}
	if it.keyword && p.pat.always() {
		return nil, fmt.Errorf("a keyword must hold more than wildcards: every event would match")
	}
	return it.leaf(p)
}

func isAnchor(m string) bool { return m == "contains" || m == "startswith" || m == "endswith" }

func (it *item) leaf(p pred) (*node, error) {
	if it.p.preds++; it.p.preds > maxPreds {
		return nil, &valueError{CodeLimit, "split the rule", fmt.Sprintf("rule has more than %d values", maxPreds)}
	}
	return leaf(&p), nil
}

func parseCIDR(s string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(s); err == nil && addr.Zone() == "" {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(s)
	if err != nil {
		return prefix, &valueError{CodeValue, "write it like 10.0.0.0/8 or fe80::/10", "not a network: " + diag.Quote(s)}
	}
	if m := prefix.Masked(); m != prefix {
		return prefix, &valueError{CodeValue, "write " + m.String(), "network " + diag.Quote(s) + " has bits set after its prefix"}
	}
	return prefix, nil
}
