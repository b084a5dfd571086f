package kb

import (
	"path"
	"regexp"
	"strings"

	"vigie/internal/diag"
)

var severities = []string{"critical", "high", "medium", "low"}

// readHardening reads the checks of the folder hardening, and its exports.yml.
func (l *linter) readHardening() Hardening {
	var h Hardening
	var lists []*[]Check
	for _, file := range l.glob("hardening", false) {
		switch path.Base(file) {
		case "exports.yml":
			l.yaml(file, &h.Exports)
			continue
		case "words.yml":
			l.yaml(file, &h.Words)
			l.word(l.at(&h.Words.Certainty, &h.Words), "certainty", h.Words.Certainty, certainties)
			l.fact("words of hardening", &h.Words.Source, &h.Words.Date, &h.Words)
			continue
		}
		list := new([]Check)
		l.yaml(file, list)
		lists = append(lists, list)
	}
	var exports []string
	seen := make(map[string]bool)
	for i := range h.Exports {
		e := &h.Exports[i]
		l.id("export", &e.ID, e)
		l.twice(seen, "export", &e.ID, e)
		l.title("title", &e.Title, e)
		if e.Command == "" || strings.ContainsAny(e.Command, "\r\n") {
			l.add(l.at(&e.Command, e), "kb.export.command", "write it in one line", "command of export %s is missing or has several lines", e.ID)
		}
		if len(e.Shows) == 0 {
			l.add(l.at(&e.Shows, e), "kb.missing", "", "shows of export %s is missing", e.ID)
		}
		l.fact("export "+e.ID, &e.Source, &e.Date, e)
		exports = append(exports, e.ID)
	}
	seen = make(map[string]bool)
	for _, list := range lists {
		for i := range *list {
			l.check(&(*list)[i], exports, seen)
			h.Checks = append(h.Checks, (*list)[i])
		}
	}
	return h
}

func (l *linter) check(c *Check, exports []string, seen map[string]bool) {
	l.id("check", &c.ID, c)
	l.twice(seen, "check", &c.ID, c)
	l.title("title", &c.Title, c)
	l.word(l.at(&c.Severity, c), "severity", c.Severity, severities)
	l.word(l.at(&c.Certainty, c), "certainty", c.Certainty, certainties)
	l.sentence("expected", &c.Expected, c)
	l.sentence("why", &c.Why, c)
	l.sentence("fix", &c.Fix, c)
	l.sentence("verify", &c.Verify, c)
	l.sentence("rollback", &c.Rollback, c)
	l.sentence("breaks", &c.Breaks, c)
	each(l, "export", c.Exports, exports, c)
	if len(c.Exports) == 0 {
		l.add(l.at(&c.Exports, c), "kb.missing", "name an export, so that a reader knows what to bring", "exports of check %s is missing", c.ID)
	}
	if len(c.Holds) == 0 {
		l.add(l.at(&c.Holds, c), "kb.missing", "", "holds of check %s is missing", c.ID)
	}
	for i := range c.Applies {
		l.expect(&c.Applies[i], c)
	}
	for i := range c.Holds {
		l.expect(&c.Holds[i], c)
	}
	l.fact("check "+c.ID, &c.Source, &c.Date, c)
}

// comparable is what at_least, at_most and below compare with.
var comparable = regexp.MustCompile(`^\d+(\.\d+){0,3}$`)

// expect checks that a condition is either a comparison with one comparator, or one join of others.
func (l *linter) expect(e *Expect, parent any) {
	pos := l.at(e, parent)
	joins := 0
	for _, list := range [][]Expect{e.All, e.Any, e.None, e.First} {
		if len(list) > 0 {
			joins++
		}
		for i := range list {
			l.expect(&list[i], e)
		}
	}
	tests := 0
	for _, on := range []bool{len(e.Is) > 0, len(e.IsNot) > 0, e.Match != "", e.NoMatch != "", e.AtLeast != "", e.AtMost != "", e.Below != "", e.DaysLeft != 0, e.Present, e.Absent} {
		if on {
			tests++
		}
	}
	if e.AtLeast != "" && (e.AtMost != "" || e.Below != "") {
		tests-- // a range
	}
	switch {
	case joins == 0 && e.Key == "":
		l.add(pos, "kb.check.condition", "want all, any, none, first or key", "condition says nothing")
	case joins > 1 || joins == 1 && (e.Key != "" || tests > 0):
		l.add(pos, "kb.check.condition", "part it with all", "condition joins others and compares, or joins in two ways")
	case joins == 0 && tests != 1:
		l.add(pos, "kb.check.condition", "want one of is, is_not, match, no_match, at_least, at_most, below, days_left, present, absent", "comparison of %s has %d tests", diag.Quote(e.Key), tests)
	}
	if e.Key != strings.ToLower(e.Key) {
		l.add(l.at(&e.Key, e), "kb.check.key", "write it in lower case", "key %s has capitals", diag.Quote(e.Key))
	}
	for _, p := range []*string{&e.Match, &e.NoMatch} {
		if _, err := regexp.Compile(*p); err != nil {
			l.add(l.at(p, e), "kb.check.regexp", "", "%v", err)
		}
	}
	for _, p := range []*string{&e.AtLeast, &e.AtMost, &e.Below} {
		if *p != "" && !comparable.MatchString(*p) {
			l.add(l.at(p, e), "kb.check.number", "write a number or a version such as 15.2.986.5", "%s cannot be compared", diag.Quote(*p))
		}
	}
	if e.DaysLeft < 0 {
		l.add(l.at(&e.DaysLeft, e), "kb.check.number", "", "days_left is below zero")
	}
}
