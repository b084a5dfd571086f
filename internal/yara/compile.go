package yara

import (
	"fmt"
	"slices"

	"vigie/internal/diag"
	"vigie/internal/yara/decl"
	"vigie/internal/yara/pattern"
	"vigie/internal/yara/syntax"
)

// Compile makes a program of sources. It has every rule that is right; the problems say which are not and why. A rule that refers to one that is
// not right is not either, and a global rule that is not right takes its namespace with it, since it is a condition of every rule there.
//
// The stages: sources and what they include become one list of statements (gather.go); all strings of all rules are compiled, equal ones once;
// then each condition is checked and compiled in the order of the statements, knowing which strings are right (check*.go).
func Compile(sources []Source, opt Options) (*Rules, Problems) {
	c := &compiler{opt: opt, regexes: make(map[string]*pattern.Regex)}
	c.externals = declare(opt.Externals, &c.problems.Errors)
	c.gather(sources)
	c.strings()
	for {
		broken := len(c.broken)
		c.link()
		if len(c.broken) == broken {
			break
		}
	}
	c.index()
	c.problems.Errors.Sort()
	c.problems.Warnings.Sort()
	c.problems.Errors.Limit(maxProblems)
	c.problems.Warnings.Limit(maxProblems)
	return c.rules, c.problems
}

type compiler struct {
	opt       Options
	problems  Problems
	externals []variable
	steps     []step
	scopes    []*scope
	included  struct {
		files, bytes int
	}
	cost int // of all files, see syntax.MaxCost

	set          *pattern.Set
	numbers      map[string]int32 // string to its number, by everything that its matches depend on
	sources      []pattern.Source
	refused      map[int32]pattern.Error
	slow         map[int32][]pattern.Error // warnings
	broken       map[int32]bool            // namespaces with a global rule that is not right
	expanded     int                       // items of all sets
	regexes      map[string]*pattern.Regex // of conditions
	regexWeight  int                       // of all of them together
	stringWeight int                       // of all strings that are regular expressions

	rules *Rules
}

// step is a statement of a source, or of what it includes.
type step struct {
	file  *syntax.File
	scope *scope
	imp   *syntax.Import
	rule  *syntax.Rule
	refs  []stringRef // the numbers of the rule's strings
}

// scope is a namespace while it is compiled.
type scope struct {
	index     int32
	name      string
	rules     map[string]int32 // refusedRule for those that are not right
	prefixes  []string         // of the rule sets so far, such as "a" of (a*)
	imported  map[string]int
	declared  map[string]bool // names of all its rules
	unread    []string        // rules that could not be parsed
	badGlobal string          // the global rule that is not right
}

const refusedRule = -1

func (c *compiler) fail(pos diag.Pos, code, hint, format string, args ...any) {
	if len(c.problems.Errors) < 2*maxProblems {
		c.problems.Errors.Add(pos, code, hint, format, args...)
	}
}

func (c *compiler) warn(pos diag.Pos, code, hint, format string, args ...any) {
	if len(c.problems.Warnings) < 2*maxProblems {
		c.problems.Warnings.Add(pos, code, hint, format, args...)
	}
}

// strings gives each string its number and compiles them all.
func (c *compiler) strings() {
	c.numbers = make(map[string]int32)
	for i := range c.steps {
		st := &c.steps[i]
		if st.rule == nil {
			continue
		}
		st.refs = make([]stringRef, len(st.rule.Strings))
		for j := range st.rule.Strings {
			st.refs[j] = c.number(&st.rule.Strings[j])
		}
	}
	var errs []pattern.ErrorOf
	c.set, errs = pattern.Compile(c.sources, c.opt.Strings)
	c.refused, c.slow = make(map[int32]pattern.Error), make(map[int32][]pattern.Error)
	c.refused[tooManyStrings] = pattern.Error{Code: "string.many", Hint: "compile them in parts",
		Msg: fmt.Sprintf("all rules together have more than %d strings, or too large regular expressions", maxStrings)}
	for _, e := range errs {
		if n := int32(e.Index); e.Warning {
			c.slow[n] = append(c.slow[n], e.Error)
		} else {
			c.refused[n] = e.Error
		}
	}
	c.sources, c.numbers = nil, nil
}

// tooManyStrings is the number of the strings beyond maxStrings, which are refused.
const tooManyStrings = -1

var patternKinds = [...]pattern.Kind{syntax.Text: pattern.Text, syntax.Hex: pattern.Hex, syntax.Regex: pattern.Regexp}

// number gives the number of a string; equal strings share one.
func (c *compiler) number(s *syntax.String) stringRef {
	m := s.Mod
	m.Private = false
	key := fmt.Sprint(s.Kind, s.I, s.S, m, "\x00") + string(s.Body)
	n, ok := c.numbers[key]
	if !ok && s.Kind == syntax.Regex {
		c.stringWeight += regexWeight(s.Body)
	}
	if !ok && (len(c.sources) == maxStrings || s.Kind == syntax.Regex && c.stringWeight > maxRegexWeight) {
		return tooManyStrings
	}
	if !ok {
		n = int32(len(c.sources))
		c.numbers[key] = n
		c.sources = append(c.sources, pattern.Source{Kind: patternKinds[s.Kind], Text: s.Body, I: s.I, S: s.S, Mod: pattern.Modifiers(m)})
	}
	return stringRef(n)
}

// link compiles the conditions, but for those of broken namespaces.
func (c *compiler) link() {
	c.rules = &Rules{externals: c.externals, modules: c.opt.Modules, set: c.set}
	if c.broken == nil {
		c.broken = make(map[int32]bool)
	}
	first := len(c.broken) == 0
	c.expanded = 0
	for _, s := range c.scopes {
		c.rules.namespaces = append(c.rules.namespaces, namespace{name: s.name})
		s.rules, s.imported, s.prefixes = make(map[string]int32), make(map[string]int), nil
		for _, name := range s.unread {
			s.rules[name] = refusedRule
		}
	}
	told := c.problems
	for i := range c.steps {
		st := &c.steps[i]
		switch {
		case c.broken[st.scope.index]:
		case st.imp != nil:
			c.linkImport(st)
		default:
			c.linkRule(st)
		}
	}
	if !first {
		c.problems = told // everything has been told by the first round
	}
	for _, s := range c.scopes {
		if s.badGlobal != "" && !c.broken[s.index] {
			c.broken[s.index] = true
			c.fail(diag.Pos{}, "yara.global", "", "no rule of the namespace %s is used: all depend on its global rule %s, which has a problem",
				diag.Quote(s.name), diag.Quote(s.badGlobal))
		}
	}
}

func (c *compiler) linkImport(st *step) {
	i := slices.IndexFunc(c.opt.Modules, func(m *decl.Module) bool { return m.Name == st.imp.Module })
	if i < 0 {
		c.fail(st.file.Pos(st.imp.At), "yara.module.unknown", diag.DidYouMean(st.imp.Module, c.moduleNames()), "unknown module %s",
			diag.Quote(st.imp.Module))
		return
	}
	st.scope.imported[st.imp.Module] = i
}

func (c *compiler) moduleNames() []string {
	names := make([]string, len(c.opt.Modules))
	for i, m := range c.opt.Modules {
		names[i] = m.Name
	}
	return names
}

// linkRule adds a rule to the program, if it is right.
func (c *compiler) linkRule(st *step) {
	r := st.rule
	pos := st.file.Pos(r.At)
	if earlier, ok := st.scope.rules[r.Name]; ok && earlier != refusedRule {
		c.fail(pos, "yara.rule.twice", "choose another name", "the rule %s is defined twice, first at %s", diag.Quote(r.Name),
			c.rules.rules[earlier].at)
		return
	}
	if slices.ContainsFunc(c.externals, func(v variable) bool { return v.name == r.Name }) {
		c.refuse(st, "yara.rule.external", "choose another name", "the rule %s has the name of an external variable", diag.Quote(r.Name))
		return
	}
	for _, prefix := range st.scope.prefixes {
		if len(r.Name) >= len(prefix) && r.Name[:len(prefix)] == prefix {
			c.refuse(st, "yara.rule.late", "put it before that rule, or choose another name", "the rule %s is matched by the set (%s*) of an earlier rule",
				diag.Quote(r.Name), prefix)
			return
		}
	}
	k := &checker{c: c, st: st, index: int32(len(c.rules.rules))}
	out, ok := k.rule()
	if !ok {
		c.refuse(st, "", "", "")
		return
	}
	st.scope.rules[r.Name] = k.index
	c.rules.rules = append(c.rules.rules, out)
	if r.Global {
		ns := &c.rules.namespaces[st.scope.index]
		ns.globals = append(ns.globals, k.index)
	}
	for _, ref := range k.refs {
		users := &c.rules.rules[ref].users
		if ref != k.index && (len(*users) == 0 || (*users)[len(*users)-1] != k.index) {
			*users = append(*users, k.index)
		}
	}
}

// refuse leaves a rule out; the message is empty when the reason has been told.
func (c *compiler) refuse(st *step, code, hint, format string, args ...any) {
	if format != "" {
		c.fail(st.file.Pos(st.rule.At), code, hint, format, args...)
	}
	st.scope.rules[st.rule.Name] = refusedRule
	if st.rule.Global {
		st.scope.badGlobal = st.rule.Name
	}
}

// index makes the way back from strings to rules, and finds the rules that may match without a string.
func (c *compiler) index() {
	r := c.rules
	r.byString = make([][]int32, c.set.Len())
	mayMatch := make([]bool, len(r.rules))
	for i := range r.rules {
		rule := &r.rules[i]
		for _, s := range rule.strings {
			if rules := r.byString[s.ref]; len(rules) == 0 || rules[len(rules)-1] != int32(i) {
				r.byString[s.ref] = append(rules, int32(i))
			}
		}
		inOrder(rule.cond, c.set.Traced)
		a := absence{traced: c.set.Traced, mayMatch: mayMatch}
		if mayMatch[i] = a.truths(rule.cond).has(isTrue); mayMatch[i] {
			r.always = append(r.always, int32(i))
		}
		if len(rule.strings) > 0 {
			rule.facts = factsOf(rule.cond)
		}
	}
}
