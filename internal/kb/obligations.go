package kb

import (
	"io/fs"
	"strings"

	"vigie/internal/casefile"
	"vigie/internal/diag"
)

// AccountStep is a step that hardens an account after an incident: a column of the matrix of accounts.
type AccountStep struct {
	ID    string        `yaml:"id"`
	Title casefile.Text `yaml:"title"`
	Why   casefile.Text `yaml:"why"`
	For   []string      `yaml:"for"` // kinds of account (AccountKinds) of which it can be asked; empty: all
	// After is a step above it that must be done WaitHours before; "" for most.
	After     string `yaml:"after"`
	WaitHours int    `yaml:"wait_hours"`
	Source    string `yaml:"source"`
	Date      string `yaml:"date"`
}

var countries = []string{"EU", "FR"}

// LoadObligations reads the legal clocks (obligations/*.yml) of a knowledge folder, in the order of their file names. The error is a
// [diag.Problems]; a folder without such files has no clocks.
func LoadObligations(fsys fs.FS) ([]casefile.Obligation, error) {
	var problems diag.Problems
	l := &linter{fsys: fsys, pos: make(positions), problems: &problems}
	list := l.obligations()
	return list, limit(problems).Err()
}

// LoadAccountSteps reads the steps that harden an account (accounts.yml). The error is a [diag.Problems].
func LoadAccountSteps(fsys fs.FS) ([]AccountStep, error) {
	var problems diag.Problems
	l := &linter{fsys: fsys, pos: make(positions), problems: &problems}
	list := l.accountSteps()
	return list, limit(problems).Err()
}

func (l *linter) obligations() []casefile.Obligation {
	var list []casefile.Obligation
	seen := make(map[string]bool)
	for _, file := range l.glob("obligations", false) {
		o := new(casefile.Obligation)
		l.yaml(file, o)
		l.id("obligation", &o.ID, o)
		l.twice(seen, "obligation", &o.ID, o)
		if strings.TrimSpace(o.Law) == "" {
			l.add(l.at(&o.Law, o), "kb.missing", "", "law of obligation %s is missing", diag.Quote(o.ID))
		}
		l.word(l.at(&o.Country, o), "country", o.Country, countries)
		l.title("title", &o.Title, o)
		l.sentence("who", &o.Who, o)
		l.sentence("starts", &o.Starts, o)
		l.sentence("help", &o.Help, o)
		l.https(l.at(&o.URL, o), o.URL)
		if strings.TrimSpace(o.Source) == "" {
			l.add(l.at(&o.Source, o), "kb.source.missing", "name the document that says so", "source of obligation %s is missing", diag.Quote(o.ID))
		}
		l.day(l.at(&o.CheckedOn, o), "date of obligation "+diag.Quote(o.ID), o.CheckedOn)
		l.deadlines(o)
		list = append(list, *o)
	}
	return list
}

// maxDeadline bounds a deadline: a year in hours, and in months.
const maxDeadlineHours, maxDeadlineMonths = 366 * 24, 12

func (l *linter) deadlines(o *casefile.Obligation) {
	if len(o.Deadlines) == 0 {
		l.add(l.at(&o.Deadlines, o), "kb.missing", "", "obligation %s has no deadline", diag.Quote(o.ID))
	}
	var before []string
	for i := range o.Deadlines {
		d := &o.Deadlines[i]
		l.id("deadline", &d.ID, d)
		l.title("title", &d.Title, d)
		if (d.Hours > 0) == (d.Months > 0) || d.Hours < 0 || d.Months < 0 || d.Hours > maxDeadlineHours || d.Months > maxDeadlineMonths {
			l.add(l.at(&d.Hours, d), "kb.deadline", "give hours or months, a year at most", "deadline %s has no time, or two", diag.Quote(d.ID))
		}
		if d.After != "" {
			l.word(l.at(&d.After, d), "deadline", d.After, before)
		}
		for _, b := range before {
			if b == d.ID {
				l.add(l.at(&d.ID, d), "kb.id.twice", "", "deadline %s stands twice", diag.Quote(d.ID))
			}
		}
		before = append(before, d.ID)
	}
}

func (l *linter) accountSteps() []AccountStep {
	var list []AccountStep
	if !l.has("accounts.yml") {
		return nil
	}
	l.yaml("accounts.yml", &list)
	seen := make(map[string]bool)
	for i := range list {
		s := &list[i]
		l.id("step", &s.ID, s)
		l.twice(seen, "step", &s.ID, s)
		l.title("title", &s.Title, s)
		l.sentence("why", &s.Why, s)
		each(l, "kind", s.For, AccountKinds, s)
		l.fact("step "+s.ID, &s.Source, &s.Date, s)
	}
	l.waits(list)
	return list
}
