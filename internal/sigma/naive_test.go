package sigma

// The slow twin of the engine: a walk over the checked tree, without folding tables, segments, memory or order. It shares with the engine only the
// reading of rules.

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

func naiveRule(r *Rule, ev Event) bool { return naiveNode(r.root, ev) }

func naiveNode(n *node, ev Event) bool {
	switch n.op {
	case opAnd:
		for _, k := range n.kids {
			if !naiveNode(k, ev) {
				return false
			}
		}
		return true
	case opOr:
		for _, k := range n.kids {
			if naiveNode(k, ev) {
				return true
			}
		}
		return false
	case opNot:
		return !naiveNode(n.kids[0], ev)
	}
	p := n.pred
	var values []string
	ok := true
	if p.keyword {
		ev.Each(func(_, v string) bool { values = append(values, v); return true })
	} else {
		values, ok = ev.Field(p.field, nil)
		if !ok {
			values = nil
		}
	}
	switch p.kind {
	case kindExists:
		return ok == p.want
	case kindNull:
		return !slices.ContainsFunc(values, func(v string) bool { return v != "" })
	}
	for _, v := range values {
		if naivePred(p, v, ev) {
			return true
		}
	}
	return false
}

func naivePred(p *pred, v string, ev Event) bool {
	switch p.kind {
	case kindText:
		return naiveGlob(p.pat.syms, naiveChars(v), p.cased)
	case kindRegexp:
		if len(v) > maxExamined {
			v = v[:maxExamined]
		}
		return naiveRegexp(p.re.src).MatchString(v)
	case kindCIDR:
		if i := strings.IndexByte(v, '%'); i >= 0 {
			v = v[:i]
		}
		a, err := netip.ParseAddr(v)
		return err == nil && (p.prefix.Contains(a) || p.prefix.Contains(a.Unmap()))
	case kindCompare:
		return p.compares(v)
	case kindRef:
		refs, _ := ev.Field(p.ref, nil)
		for _, ref := range refs {
			part := naiveChars(ref)
			var syms []rune
			if p.where == atEnd || p.where == within {
				syms = append(syms, symAny)
			}
			syms = append(syms, part...)
			if p.where == atStart || p.where == within {
				syms = append(syms, symAny)
			}
			if naiveGlob(syms, naiveChars(v), p.cased) {
				return true
			}
		}
	}
	return false
}

var naiveRegexps sync.Map // made once, since making one takes longer than all else

func naiveRegexp(src string) *regexp.Regexp {
	re, ok := naiveRegexps.Load(src)
	if !ok {
		re, _ = naiveRegexps.LoadOrStore(src, regexp.MustCompile(src))
	}
	return re.(*regexp.Regexp)
}

// naiveChars gives the characters of a text, an invalid byte as a number that no character has.
func naiveChars(s string) []rune {
	var out []rune
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n == 1 {
			r = unicode.MaxRune + 1 + rune(s[0])
		}
		out = append(out, r)
		s = s[n:]
	}
	return out
}

// naiveGlob is the textbook table: ok[i] says whether the pattern so far matches the first i characters.
func naiveGlob(syms, text []rune, cased bool) bool {
	ok := make([]bool, len(text)+1)
	ok[0] = true
	for _, c := range syms {
		next := make([]bool, len(text)+1)
		if c == symAny {
			for i := range ok {
				next[i] = ok[i] || i > 0 && next[i-1]
			}
		} else {
			for i, t := range text {
				next[i+1] = ok[i] && naiveSame(c, t, cased)
			}
		}
		ok = next
	}
	return ok[len(text)]
}

func naiveSame(c, t rune, cased bool) bool {
	switch {
	case c == symOne:
		return true
	case c == symDash:
		return strings.ContainsRune("-/\u2013\u2014\u2015", t)
	case c > unicode.MaxRune || t > unicode.MaxRune || cased:
		return c == t
	}
	return strings.EqualFold(string(c), string(t))
}
