package yara

import (
	"fmt"
	"slices"

	"vigie/internal/diag"
	"vigie/internal/yara/decl"
	"vigie/internal/yara/pattern"
	"vigie/internal/yara/syntax"
)

// The checker resolves the names of one rule, checks types, and gives the compiled condition. A mistake ends it: fail records the problem and
// panics with stop, which rule catches; no other panic is caught.

type checker struct {
	c     *compiler
	st    *step
	index int32 // of the rule in the program

	byName map[string][]int // name to places in uses; several of them have the name "$"
	uses   []use            // of the rule's strings
	refs   []int32          // the rules that the condition refers to

	loops []loopNames // around the place
	inOf  bool        // in a "for … of"
	cost  int64       // nodes so far
}

// use is how a condition uses a string.
type use struct {
	used  bool
	fixed bool // only as "$a at n", with one n
	at    int64
}

// loopNames are the variables of a loop.
type loopNames struct {
	slot  int
	names []string
	types []*decl.Type
}

type stop struct{}

func (k *checker) fail(at syntax.Offset, code, hint, format string, args ...any) {
	k.c.fail(k.st.file.Pos(at), code, hint, format, args...)
	panic(stop{})
}

// didYouMean gives a hint, unless there are so many problems already that nobody would read it: looking for what is near takes time.
func (k *checker) didYouMean(word string, known []string) string {
	if len(k.c.problems.Errors) > 100 {
		return ""
	}
	return diag.DidYouMean(word, known)
}

func (k *checker) warn(at syntax.Offset, code, hint, format string, args ...any) {
	k.c.warn(k.st.file.Pos(at), code, hint, format, args...)
}

// rule gives the compiled rule; ok is false when it has a problem.
func (k *checker) rule() (out rule, ok bool) {
	r := k.st.rule
	if !k.strings() {
		return rule{}, false
	}
	cond, ok := k.condition()
	if !ok {
		return rule{}, false
	}
	out = rule{name: r.Name, namespace: k.st.scope.index, tags: r.Tags, meta: metaOf(r.Meta), private: r.Private, global: r.Global,
		at: k.st.file.Pos(r.At), cond: cond}
	for _, ref := range k.refs {
		if ref != k.index {
			out.chain = max(out.chain, k.c.rules.rules[ref].chain+1)
		}
	}
	if k.index >= maxRules {
		k.c.fail(out.at, "yara.rule.many", "compile them in parts", "more than %d rules", maxRules)
		return rule{}, false
	}
	if out.chain > maxReferences {
		k.c.fail(out.at, "yara.rule.chain", "", "more than %d rules refer to one another in a chain", maxReferences)
		return rule{}, false
	}
	for i, s := range r.Strings {
		out.strings = append(out.strings, ruleString{name: s.Name, ref: k.st.refs[i], private: s.Mod.Private, fixed: k.uses[i].fixed,
			fixedAt: k.uses[i].at})
	}
	return out, true
}

// strings tells what is wrong with the strings.
func (k *checker) strings() (ok bool) {
	ok = true
	k.byName = make(map[string][]int)
	k.uses = make([]use, len(k.st.rule.Strings))
	for i := range k.st.rule.Strings {
		s := &k.st.rule.Strings[i]
		k.byName[s.Name] = append(k.byName[s.Name], i)
		n := int32(k.st.refs[i])
		if e, bad := k.c.refused[n]; bad {
			ok = false
			k.c.fail(k.stringPos(s, e), "yara."+e.Code, e.Hint, "string %s: %s", s.Name, e.Msg)
		}
		for _, e := range k.c.slow[n] {
			k.c.warn(k.stringPos(s, e), "yara."+e.Code, e.Hint, "string %s: %s", s.Name, e.Msg)
		}
	}
	return ok
}

// stringPos gives the place of an error in a string. In a text with escapes it is the beginning of the text.
func (k *checker) stringPos(s *syntax.String, e pattern.Error) diag.Pos {
	if s.Kind == syntax.Text {
		return k.st.file.Pos(s.BodyAt)
	}
	return k.st.file.Pos(s.BodyAt + syntax.Offset(min(max(e.Offset, 0), len(s.Body))))
}

func (k *checker) condition() (cond boolExpr, ok bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, is := r.(stop); !is {
				panic(r)
			}
			ok = false
		}
	}()
	cond = k.truth(k.st.rule.Cond)
	for i, u := range k.uses {
		if s := &k.st.rule.Strings[i]; !u.used && (len(s.Name) < 2 || s.Name[1] != '_') {
			k.fail(s.At, "yara.string.unused", "use it, remove it, or begin its name with $_", "the condition does not use the string %s", s.Name)
		}
	}
	return cond, true
}

// operand is a checked expression: the field that belongs to its kind is set.
type operand struct {
	kind decl.Kind
	b    boolExpr
	i    intExpr
	f    floatExpr
	t    textExpr
	re   *pattern.Regex
	v    valueExpr  // Struct, Array, Dict; of a Func the structure that has it
	typ  *decl.Type // where v is set
	name string     // for messages
}

// constant gives the value of an integer known at compile time.
func (o operand) constant() (int64, bool) {
	n, ok := o.i.(intConst)
	return int64(n), ok && o.kind == decl.Int
}

func intOperand(e intExpr) operand   { return operand{kind: decl.Int, i: e} }
func boolOperand(e boolExpr) operand { return operand{kind: decl.Bool, b: e} }

// ofType makes an operand of a value of a module or loop.
func ofType(v valueExpr, t *decl.Type, name string) operand {
	o := operand{kind: t.Kind, typ: t, name: name}
	switch t.Kind {
	case decl.Int:
		o.i = valueInt{v}
	case decl.Float:
		o.f = valueFloat{v}
	case decl.String:
		o.t = valueText{v}
	default:
		o.v = v
	}
	return o
}

// expr checks any expression.
func (k *checker) expr(e syntax.Expr) operand {
	k.cost++
	switch e := e.(type) {
	case *syntax.Bool:
		return boolOperand(boolConst(e.Value))
	case *syntax.Int:
		return intOperand(intConst(e.Value))
	case *syntax.Float:
		return operand{kind: decl.Float, f: floatConst(e.Value)}
	case *syntax.TextLit:
		return operand{kind: decl.String, t: textConst(e.Value)}
	case *syntax.RegexLit:
		return operand{kind: decl.Regex, re: k.regex(e)}
	case *syntax.Filesize:
		return intOperand(filesize{})
	case *syntax.Entrypoint:
		k.warn(e.At, "yara.entrypoint", "use pe.entry_point or elf.entry_point", "entrypoint is deprecated")
		return intOperand(entrypoint{})
	case *syntax.Reader:
		return intOperand(&reader{arg: k.int(e.Arg, "the offset"), size: int64(e.Bits / 8), signed: e.Signed, bigEndian: e.BigEndian})
	case *syntax.Name:
		return k.name(e)
	case *syntax.Field:
		return k.field(e)
	case *syntax.Index:
		return k.element(e)
	case *syntax.Call:
		return k.call(e)
	case *syntax.Unary:
		return k.unary(e)
	case *syntax.Binary:
		return k.binary(e)
	case *syntax.And:
		return boolOperand(&and{k.truths(e.Kids)})
	case *syntax.Or:
		return boolOperand(&or{k.truths(e.Kids)})
	}
	return k.stringExpr(e)
}

func (k *checker) truths(kids []syntax.Expr) []boolExpr {
	out := make([]boolExpr, len(kids))
	for i, x := range kids {
		out[i] = k.truth(x)
	}
	return out
}

// truth checks an expression that is to be true or false.
func (k *checker) truth(e syntax.Expr) boolExpr {
	o := k.expr(e)
	switch o.kind {
	case decl.Bool:
		return o.b
	case decl.Int:
		return intTruth{o.i}
	case decl.Float:
		return floatTruth{o.f}
	case decl.String:
		if _, literal := o.t.(textConst); literal {
			k.warn(e.Pos(), "yara.text.condition", "", "a text as a condition is true unless it is empty")
		}
		return textTruth{o.t}
	case decl.Regex:
		k.fail(e.Pos(), "yara.type", `write: text matches /…/; to look in the file, define a string`, "a regular expression is no condition")
	}
	k.wrongUse(e, o)
	return nil
}

// wrongUse says that a part of a module stands where a value should.
func (k *checker) wrongUse(e syntax.Expr, o operand) {
	hint := ""
	switch o.kind {
	case decl.Struct:
		hint = "name one of its fields"
	case decl.Array:
		hint = "choose an element: [0]"
	case decl.Dict:
		hint = `choose an element: ["key"]`
	case decl.Func:
		hint = "call it: " + o.name + "(…)"
	}
	k.fail(e.Pos(), "yara.type", hint, "%s is %s, not a value", diag.Quote(o.name), article(o.kind))
}

func article(kind decl.Kind) string {
	s := kind.String()
	if s[0] == 'i' || s[0] == 'a' {
		return "an " + s
	}
	return "a " + s
}

// int checks an expression that must be an integer.
func (k *checker) int(e syntax.Expr, what string) intExpr {
	return k.intOperand(e, what).i
}

func (k *checker) intOperand(e syntax.Expr, what string) operand {
	o := k.expr(e)
	if o.kind != decl.Int {
		k.fail(e.Pos(), "yara.type", "", "%s must be an integer, found %s", what, article(o.kind))
	}
	return o
}

// name resolves an identifier: a loop variable, an external variable, a module or a rule.
func (k *checker) name(e *syntax.Name) operand {
	for _, l := range slices.Backward(k.loops) {
		if i := slices.Index(l.names, e.Name); i >= 0 {
			return ofType(loopVar{l.slot + i}, l.types[i], e.Name)
		}
	}
	for i, v := range k.c.externals {
		if v.name == e.Name {
			x := external{i}
			return operand{kind: v.value.Kind, i: x, f: x, t: x, name: e.Name}
		}
	}
	if i, ok := k.st.scope.imported[e.Name]; ok {
		return ofType(moduleRoot{i}, k.c.opt.Modules[i].Type, e.Name)
	}
	if e.Name == k.st.rule.Name {
		k.warn(e.At, "yara.rule.self", "", "the rule refers to itself, which is false while it is evaluated")
	}
	return boolOperand(ruleRef{k.reference(e.At, e.Name)})
}

// reference gives the number of an earlier rule of the namespace.
func (k *checker) reference(at syntax.Offset, name string) int32 {
	sc := k.st.scope
	i, ok := sc.rules[name]
	switch {
	case name == k.st.rule.Name:
		i = k.index
	case ok && i == refusedRule:
		k.fail(at, "yara.rule.refused", "", "the rule %s, which this one refers to, has a problem", diag.Quote(name))
	case !ok:
		k.unknown(at, name)
	}
	k.refs = append(k.refs, i)
	return i
}

// unknown says that there is nothing of that name, and what might be meant.
func (k *checker) unknown(at syntax.Offset, name string) {
	if slices.Contains(k.c.moduleNames(), name) {
		k.fail(at, "yara.name.unknown", fmt.Sprintf("add: import %q", name), "the module %s is not imported", diag.Quote(name))
	}
	if k.st.scope.declared[name] {
		k.fail(at, "yara.name.unknown", "put it before this rule", "the rule %s comes later in the file", diag.Quote(name))
	}
	known := append(k.c.moduleNames(), "filesize", "entrypoint", "true", "false", "them")
	for _, l := range k.loops {
		known = append(known, l.names...)
	}
	for _, v := range k.c.externals {
		known = append(known, v.name)
	}
	k.fail(at, "yara.name.unknown", k.didYouMean(name, known), "unknown name %s: no variable, imported module or earlier rule has it", diag.Quote(name))
}
