package sigma

// From "field|modifier|modifier: value" to predicates. A text value is read into symbols, where wildcards are no longer characters, before any
// modifier sees it; so a modifier can add a wildcard after a value that ends in a backslash without making an escape of the two. Modifiers
// then apply from left to right, each turning a draft into one or more drafts (alternatives, linked by or). A type modifier (re, cidr,
// lt, exists, fieldref, …) says instead what kind of predicate the value becomes.

import (
	"encoding/base64"
	"fmt"
	"math"
	"math/big"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"vigie/internal/diag"
)

// Symbols of a pattern that are not characters.
const (
	symAny  rune = -1 - iota // * any run, also an empty one
	symOne                   // ? one character
	symDash                  // any of the dashes
)

// dashes are the characters that Windows takes for the beginning of an option, or that a pasted text has in its place.
const dashes = "-/–—―"

// maxAlternatives bounds what one value becomes: base64offset makes three, and each dash before an encoding multiplies by five.
const maxAlternatives = 3 * 5 * 5 * 5 * 5

// maxEncoded bounds the characters of the alternatives of one value together.
const maxEncoded = 1 << 17

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
	cmp    string              // kindCompare: lt, lte, gt, gte
	num    number              // kindCompare
	want   bool                // kindExists
	ref    string              // kindRef: the other field
	where  anchor              // kindRef: where in field its value must be
}

// The modifiers, in one place. A draft of text goes through the transforms; the types decide the kind; the rest change how values are
// linked or compared.
var (
	transforms = map[string]func(draft) ([]draft, error){
		"contains":     func(d draft) ([]draft, error) { return one(d.wrap(true, true)) },
		"startswith":   func(d draft) ([]draft, error) { return one(d.wrap(false, true)) },
		"endswith":     func(d draft) ([]draft, error) { return one(d.wrap(true, false)) },
		"base64":       draft.base64,
		"base64offset": draft.base64offset,
		"wide":         func(d draft) ([]draft, error) { return d.utf16(false, false) },
		"utf16le":      func(d draft) ([]draft, error) { return d.utf16(false, false) },
		"utf16be":      func(d draft) ([]draft, error) { return d.utf16(true, false) },
		"utf16":        func(d draft) ([]draft, error) { return d.utf16(false, true) },
		"windash":      draft.windash,
		"expand":       draft.expand,
	}
	types = map[string]predKind{
		"re": kindRegexp, "cidr": kindCIDR, "lt": kindCompare, "lte": kindCompare, "gt": kindCompare, "gte": kindCompare,
		"exists": kindExists, "fieldref": kindRef,
	}
	// companions are the modifiers that may stand beside a type.
	companions = map[predKind][]string{
		kindRegexp:  {"i", "m", "s", "all", "neq", "cased", "expand", "contains", "startswith", "endswith"},
		kindCIDR:    {"all", "neq", "expand"},
		kindCompare: {"all", "neq"},
		kindExists:  {},
		kindRef:     {"all", "neq", "cased", "contains", "startswith", "endswith"},
	}
	timeParts = []string{"minute", "hour", "day", "week", "month", "year"}
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
		case isType:
			if it.typ != "" {
				bad(CodeModifier, "", "modifiers %q and %q do not go together", it.typ, m)
				break
			}
			it.typ, it.kind = m, kind
		case m == "i" || m == "m" || m == "s":
			if it.typ != "re" {
				bad(CodeModifier, "write \"re|"+m+"\"", "modifier %q must follow \"re\"", m)
			}
			it.flags += m
		case transforms[m] != nil:
			it.mods = append(it.mods, m)
		case slices.Contains(timeParts, m):
			bad(CodeUnsupported, "", "not supported yet: time modifier %q", m)
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
	if it.typ != "" {
		for _, m := range parts[1:] {
			if m != it.typ && !slices.Contains(companions[it.kind], m) {
				bad(CodeModifier, "", "modifiers %q and %q do not go together", it.typ, m)
			}
		}
		if it.keyword && it.kind != kindRegexp && it.kind != kindCIDR {
			bad(CodeModifier, "write the field before the |", "modifier %q needs a field", it.typ)
		}
		if it.cased && strings.Contains(it.flags, "i") {
			bad(CodeModifier, "", "modifiers \"i\" and \"cased\" do not go together")
		}
	}
	return it, ok
}

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

func (it *item) build(v *yaml.Node) (*node, error) {
	p := pred{kind: it.kind, field: it.field, keyword: it.keyword, cased: it.cased}
	if v.ShortTag() == "!!null" {
		switch {
		case it.keyword:
			return nil, &valueError{CodeValue, "put it in quotes", "a keyword must be a text, this is null"}
		case it.typ != "" || len(it.mods) > 0 || it.cased:
			return nil, &valueError{CodeValue, "put it in quotes if a text is meant", "a modifier cannot be applied to null"}
		}
		p.kind = kindNull
		return it.leaf(p)
	}
	text := scalarText(v)
	switch it.kind {
	case kindRegexp:
		if slices.Contains(it.mods, "expand") {
			if name := placeholder([]rune(v.Value)); name != "" {
				return nil, unfilled(name)
			}
		}
		src := v.Value
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
		p.re = re
		return it.leaf(p)
	case kindCIDR:
		if name := placeholder([]rune(text)); name != "" && slices.Contains(it.mods, "expand") {
			return nil, unfilled(name)
		}
		prefix, err := parseCIDR(text)
		if err != nil {
			return nil, err
		}
		p.prefix = prefix
		return it.leaf(p)
	case kindCompare:
		num, ok := parseNumber(text)
		if !ok {
			return nil, fmt.Errorf("modifier %q needs a number, this is %s", it.typ, diag.Quote(text))
		}
		p.cmp, p.num = it.typ, num
		return it.leaf(p)
	case kindExists:
		switch strings.ToLower(text) {
		case "true":
			p.want = true
		case "false":
		default:
			return nil, fmt.Errorf("modifier \"exists\" takes true or false, this is %s", diag.Quote(text))
		}
		return it.leaf(p)
	case kindRef:
		if text == "" {
			return nil, fmt.Errorf("modifier \"fieldref\" needs the name of a field")
		}
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

	drafts := []draft{{syms: readText(text)}}
	for _, m := range it.mods {
		var next []draft
		for _, d := range drafts {
			ds, err := transforms[m](d)
			if err != nil {
				if e, ok := err.(*valueError); ok {
					return nil, e
				}
				return nil, fmt.Errorf("modifier %q: %w", m, err)
			}
			if next = append(next, ds...); len(next) > maxAlternatives {
				return nil, &valueError{CodeLimit, "", fmt.Sprintf("modifier %q makes more than %d values of this one", m, maxAlternatives)}
			}
		}
		drafts = next
	}
	var kids []*node
	for _, d := range drafts {
		if it.keyword && !slices.ContainsFunc(it.mods, isAnchor) {
			d = d.wrap(true, true)
		}
		syms, err := d.text()
		if err != nil {
			return nil, err
		}
		p := p
		p.cased = p.cased || d.cased
		p.pat = newPattern(syms, p.cased)
		if err := p.pat.check(); err != nil {
			return nil, err
		}
		if it.keyword && p.pat.always() {
			return nil, fmt.Errorf("a keyword must hold more than wildcards: every event would match")
		}
		n, err := it.leaf(p)
		if err != nil {
			return nil, err
		}
		kids = append(kids, n)
	}
	return join(opOr, kids), nil
}

func isAnchor(m string) bool { return m == "contains" || m == "startswith" || m == "endswith" }

func (it *item) leaf(p pred) (*node, error) {
	if it.p.preds++; it.p.preds > maxPreds {
		return nil, &valueError{CodeLimit, "split the rule", fmt.Sprintf("rule has more than %d values", maxPreds)}
	}
	return leaf(&p), nil
}

// readText reads the wildcards and escapes of a text value: \* \? and \\ stand for the second character, any other backslash for itself.
func readText(s string) []rune {
	rs := []rune(s)
	syms := rs[:0]
	for i := 0; i < len(rs); i++ {
		c := rs[i]
		switch c {
		case '\\':
			if i+1 < len(rs) && (rs[i+1] == '*' || rs[i+1] == '?' || rs[i+1] == '\\') {
				i++
				c = rs[i]
			}
		case '*':
			c = symAny
		case '?':
			c = symOne
		}
		syms = append(syms, c)
	}
	return syms
}

// draft is a text value on its way through the modifiers.
type draft struct {
	syms  []rune // characters and symbols
	bytes bool   // the characters are bytes, after a UTF-16 modifier
	cased bool   // after base64, where capitals have another meaning
}

func one(d draft) ([]draft, error) { return []draft{d}, nil }

func (d draft) wrap(before, after bool) draft {
	syms := d.syms
	if before && (len(syms) == 0 || syms[0] != symAny) {
		syms = append([]rune{symAny}, syms...)
	}
	if after && (len(syms) == 0 || syms[len(syms)-1] != symAny) {
		syms = append(syms[:len(syms):len(syms)], symAny)
	}
	d.syms = syms
	return d
}

// encoded gives what a draft stands for when it is to be encoded: plain texts or bytes without wildcards, a dash in each of its forms.
func (d draft) encoded(wild bool) ([]draft, error) {
	out := []draft{{bytes: d.bytes, cased: d.cased}}
	for _, c := range d.syms {
		forms := []rune{c}
		switch {
		case c == symDash:
			forms = []rune(dashes)
		case c < 0 && !wild:
			return nil, &valueError{CodeValue, "put contains, startswith and endswith after the encoding, and write \\* for a star",
				"text with wildcards cannot be encoded in base64"}
		}
		if n := len(out) * len(forms); n > maxAlternatives || n > 1 && n*len(d.syms) > maxEncoded {
			return nil, fmt.Errorf("too many dashes before an encoding")
		}
		if len(forms) == 1 {
			for i := range out {
				out[i].syms = append(out[i].syms, c)
			}
			continue
		}
		var next []draft
		for _, o := range out {
			for _, f := range forms {
				n := o
				n.syms = append(slices.Clone(o.syms), f)
				next = append(next, n)
			}
		}
		out = next
	}
	return out, nil
}

func (d draft) raw() []byte {
	if !d.bytes {
		return []byte(string(d.syms))
	}
	b := make([]byte, len(d.syms))
	for i, c := range d.syms {
		b[i] = byte(c)
	}
	return b
}

func (d draft) base64() ([]draft, error) {
	plain, err := d.encoded(false)
	if err != nil {
		return nil, err
	}
	var out []draft
	for _, p := range plain {
		out = append(out, draft{syms: []rune(base64.StdEncoding.EncodeToString(p.raw())), cased: true})
	}
	return out, nil
}

// base64offset encodes the text as it looks inside a longer base64 text, which depends on its offset modulo three: with no, one or two bytes
// before it. The characters that also hold bits of the neighbours are left out at both ends.
func (d draft) base64offset() ([]draft, error) {
	plain, err := d.encoded(false)
	if err != nil {
		return nil, err
	}
	var out []draft
	for _, p := range plain {
		raw := p.raw()
		for shift := range 3 {
			text := base64.StdEncoding.EncodeToString(append(make([]byte, shift), raw...))
			begin := [3]int{0, 2, 3}[shift]
			end := len(text) - [3]int{0, 3, 2}[(len(raw)+shift)%3]
			if begin >= end {
				return nil, fmt.Errorf("text is too short: nothing of it is stable in base64")
			}
			out = append(out, draft{syms: []rune(text[begin:end]), cased: true})
		}
	}
	return out, nil
}

func (d draft) utf16(bigEndian, mark bool) ([]draft, error) {
	if d.bytes {
		return nil, fmt.Errorf("the text is already encoded")
	}
	plain, err := d.encoded(true)
	if err != nil {
		return nil, err
	}
	for i, p := range plain {
		var syms []rune
		unit := func(u uint16) {
			lo, hi := rune(u&0xff), rune(u>>8)
			if bigEndian {
				lo, hi = hi, lo
			}
			syms = append(syms, lo, hi)
		}
		if mark {
			unit(0xfeff)
		}
		for _, c := range p.syms {
			if c < 0 {
				syms = append(syms, c)
				continue
			}
			for _, u := range utf16.AppendRune(nil, c) {
				unit(u)
			}
		}
		plain[i] = draft{syms: syms, bytes: true, cased: d.cased}
	}
	return plain, nil
}

func (d draft) windash() ([]draft, error) {
	if d.bytes {
		return nil, fmt.Errorf("the text is already encoded, put windash first")
	}
	word := func(i int) bool {
		if i < 0 || i >= len(d.syms) || d.syms[i] < 0 {
			return false
		}
		c := d.syms[i]
		return c == '_' || unicode.IsLetter(c) || unicode.IsDigit(c)
	}
	out := slices.Clone(d.syms)
	for i, c := range d.syms {
		if strings.ContainsRune(dashes, c) && !word(i-1) && word(i+1) {
			out[i] = symDash
		}
	}
	d.syms = out
	return one(d)
}

// expand refuses placeholders, which nothing fills yet, and makes \% a percent sign.
func (d draft) expand() ([]draft, error) {
	if name := placeholder(d.syms); name != "" {
		return nil, unfilled(name)
	}
	var out []rune
	for i, c := range d.syms {
		if c == '\\' && i+1 < len(d.syms) && d.syms[i+1] == '%' {
			continue
		}
		out = append(out, c)
	}
	d.syms = out
	return one(d)
}

func unfilled(name string) error {
	return &valueError{CodePlaceholder, "write the values into the rule", "nothing fills the placeholder " + diag.Quote("%"+name+"%")}
}

// placeholder gives the first placeholder's name, or "". A percent sign after a backslash is plain.
func placeholder(syms []rune) string {
	open := -1
	for i, c := range syms {
		if c != '%' || i > 0 && syms[i-1] == '\\' {
			continue
		}
		if open >= 0 && i > open+1 {
			name := syms[open+1 : i]
			return string(name) // a wildcard inside prints as U+FFFD, and is refused all the same
		}
		open = i
	}
	return ""
}

// text gives the symbols of a finished draft. Bytes must be UTF-8, since values are text.
func (d draft) text() ([]rune, error) {
	if !d.bytes {
		return d.syms, nil
	}
	var (
		out []rune
		run []byte
	)
	flush := func() error {
		if !utf8.Valid(run) {
			return &valueError{CodeValue, "add base64 or base64offset after it", "the value in UTF-16 is not text that a field can hold"}
		}
		out = append(out, []rune(string(run))...)
		run = run[:0]
		return nil
	}
	for _, c := range d.syms {
		if c >= 0 {
			run = append(run, byte(c))
			continue
		}
		if err := flush(); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, flush()
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

// number is a number of a rule or an event. Integers of up to 64 bits are compared exactly, others as floating point.
type number struct {
	f     float64
	i     int64
	exact bool
}

// parseNumber reads a decimal number. Hexadecimal text is text.
func parseNumber(s string) (number, bool) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 400 {
		return number{}, false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < '0' || c > '9') && c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' {
			return number{}, false
		}
	}
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return number{f: float64(i), i: i, exact: true}, true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return number{}, false
	}
	return number{f: f}, true
}

// compare gives -1, 0 or 1.
func (a number) compare(b number) int {
	if a.exact && b.exact {
		switch {
		case a.i < b.i:
			return -1
		case a.i > b.i:
			return 1
		}
		return 0
	}
	if a.exact != b.exact && math.Abs(a.f) > 1<<53 { // the integer may not fit a float: compare as rationals
		return a.big().Cmp(b.big())
	}
	switch {
	case a.f < b.f:
		return -1
	case a.f > b.f:
		return 1
	}
	return 0
}

// numberKey tells numbers apart that compare differently.
func numberKey(n number) string {
	if n.exact {
		return strconv.FormatInt(n.i, 10)
	}
	return strconv.FormatFloat(n.f, 'g', -1, 64) + "f"
}

func (a number) big() *big.Float {
	if a.exact {
		return new(big.Float).SetInt64(a.i)
	}
	return big.NewFloat(a.f)
}
