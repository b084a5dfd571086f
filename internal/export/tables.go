package export

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/csvsafe"
	"vigie/internal/timeline"
)

// WriteTables writes every table of the case as a CSV file of its own. create opens the file of a name; the files are written one after the other.
func WriteTables(create func(name string) (io.WriteCloser, error), in Input) error {
	j := newJob(in)
	for _, t := range tables {
		if err := t.write(create, j); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	w, err := create("timeline.csv")
	if err != nil {
		return err
	}
	if err := timeline.WriteCSV(w, j.entries(), nil, in.Lang); err != nil {
		w.Close()
		return err
	}
	return w.Close()
}

// table is one file: its columns, and what gives its rows.
type table struct {
	name   string
	header []string
	rows   func(j *job, row func(cells ...string) error) error
}

func (t *table) write(create func(string) (io.WriteCloser, error), j *job) error {
	w, err := create(t.name)
	if err != nil {
		return err
	}
	c, err := csvsafe.NewWriter(w, t.header...)
	if err == nil {
		err = t.rows(j, c.Row)
	}
	if err == nil {
		err = c.Flush()
	}
	if e := w.Close(); err == nil {
		err = e
	}
	return err
}

// tables are the tables of a case, in the order of its JSON.
var tables = []table{
	{"hosts.csv", []string{"host", "product", "build", "build_label", "verdict", "state_now"}, func(j *job, row func(...string) error) error {
		return each(j.Case.Hosts, func(h *casefile.Host) error {
			return row(h.Name, h.Product, h.Build, h.BuildLabel, string(h.Verdict), string(h.StateNow))
		})
	}},
	{"builds.csv", []string{"host", "build", "label", "first", "last", "source", "at_least", "path", "line"}, func(j *job, row func(...string) error) error {
		return each(j.Case.Hosts, func(h *casefile.Host) error {
			return each(h.Builds, func(b *casefile.BuildSeen) error {
				return row(h.Name, b.Build, b.Label, utc(b.First), utc(b.Last), b.Source, yes(b.AtLeast), b.Ref.Path, timeline.Number(b.Ref.Line))
			})
		})
	}},
	{"flaws.csv", []string{"host", "flaw", "title", "cves", "verdict", "human_verdict", "confidence", "sentence", "window_from", "window_to", "coverage", "threshold", "state_now", "state_at", "reasons"}, flawRows},
	{"coverage.csv", []string{"host", "flaw", "source", "name", "required", "first", "last", "covered", "records", "files", "holes"}, coverageRows},
	{"findings.csv", []string{"id", "host", "flaw", "act", "stage", "weight", "confidence", "state", "rule", "rule_version", "time", "time_end", "count", "acts", "title", "harmless", "attack",
		"sources", "clients", "accounts", "mailboxes", "objects"}, findingRows},
	{"evidence.csv", []string{"finding", "time", "kind", "rule", "path", "line", "record", "offset", "sha256", "cut", "raw"}, func(j *job, row func(...string) error) error {
		return each(j.Case.Findings, func(f *casefile.Finding) error {
			return each(f.Evidence, func(e *casefile.Evidence) error {
				return row(f.ID, utc(e.Time), e.Kind, e.Rule, e.Path, timeline.Number(e.Line), timeline.Number(e.Record), decimal(e.Offset), e.SHA256, yes(e.Cut), e.Raw)
			})
		})
	}},
	{"pages.csv", []string{"finding", "host", "path", "url", "sha256", "size", "written", "seen", "first_request", "last_request", "requests", "commands", "clients", "accounts"}, func(j *job, row func(...string) error) error {
		return each(j.Case.Findings, func(f *casefile.Finding) error {
			return each(f.Pages, func(p *casefile.Page) error {
				return row(f.ID, f.Host, p.Path, p.URL, p.SHA256, decimal(p.Size), known(p.Written), known(p.Seen), known(p.FirstRequest), known(p.LastRequest), decimal(p.Requests), decimal(p.Commands),
					join(p.Clients), join(p.Accounts))
			})
		})
	}},
	{"touched.csv", []string{"what", "name", "label", "host", "certainty", "why", "cannot_know", "findings"}, touchedRows},
	{"actions.csv", []string{"id", "priority", "phase", "host", "title", "why", "check", "answers", "state", "done_at", "by", "result"}, actionRows},
	{"checks.csv", []string{"id", "host", "severity", "result", "title", "expected", "why", "fix", "verify", "certainty", "source", "date"}, func(j *job, row func(...string) error) error {
		return each(j.Case.Checks, func(c *casefile.Check) error {
			return row(c.ID, c.Host, c.Severity, string(c.Result), j.say(c.Title), j.say(c.Expected), j.say(c.Why), j.say(c.Fix), j.say(c.Verify), c.Certainty, c.Source, c.Date)
		})
	}},
	{"gaps.csv", []string{"code", "path", "offset", "length", "where", "limit", "got", "action", "what", "detail", "count"}, func(j *job, row func(...string) error) error {
		return each(j.Case.Gaps, func(g *casefile.Gap) error {
			return row(g.Code, g.Path, decimal(g.Offset), decimal(g.Length), g.Where, decimal(g.Limit), decimal(g.Got), g.Action, j.say(g.What), g.Detail, decimal(max(g.Count, 1)))
		})
	}},
	{"files.csv", []string{"path", "kind", "host", "size", "sha256", "records", "first", "last", "parsed", "recovered", "skipped", "same_as"}, func(j *job, row func(...string) error) error {
		return each(j.Case.Ledger.Items, func(i *casefile.LedgerItem) error {
			return row(i.Path, i.Kind, i.Host, decimal(i.Size), i.SHA256, decimal(i.Records), known(i.First), known(i.Last), decimal(i.Parsed), decimal(i.Recovered), decimal(i.Skipped), i.SameAs)
		})
	}},
}

func flawRows(j *job, row func(...string) error) error {
	return each(j.Case.Hosts, func(h *casefile.Host) error {
		return each(h.Flaws, func(f *casefile.FlawResult) error {
			human := ""
			if j.Ledger != nil {
				if v := j.Ledger.VerdictOn(h.Name, f.ID); v != nil {
					human = string(v.Verdict)
				}
			}
			return row(h.Name, f.ID, j.say(f.Title()), join(f.CVEs), string(f.Verdict), human, string(f.Confidence), j.say(f.Sentence), utc(f.Window.From), utc(f.Window.To),
				share(f.Coverage.Overall), share(f.Coverage.Threshold), string(f.StateNow), known(f.StateAt), join(f.Reasons))
		})
	})
}

func coverageRows(j *job, row func(...string) error) error {
	return each(j.Case.Hosts, func(h *casefile.Host) error {
		return each(h.Flaws, func(f *casefile.FlawResult) error {
			return each(f.Coverage.Sources, func(s *casefile.SourceCoverage) error {
				var holes []string
				for _, x := range s.Holes {
					holes = append(holes, utc(x.From)+"/"+utc(x.To))
				}
				return row(h.Name, f.ID, s.Kind, j.say(s.Name), yes(s.Required), known(s.First), known(s.Last), share(s.Covered), decimal(s.Records), strconv.Itoa(s.Files), join(holes))
			})
		})
	})
}

func findingRows(j *job, row func(...string) error) error {
	return each(j.Case.Findings, func(f *casefile.Finding) error {
		state := ""
		if j.Ledger != nil {
			if s := j.Ledger.StateOf(f.ID); s != nil {
				state = s.State
			}
		}
		return row(f.ID, f.Host, f.Flaw, f.Act, string(f.Stage), string(f.Weight), string(f.Confidence), state, f.Rule, f.RuleVersion, utc(f.Time), utc(f.TimeEnd), decimal(f.Count), decimal(f.Acts),
			j.say(f.Title), j.say(f.Harmless), join(f.Attack), join(f.Sources), join(f.Clients), join(f.Accounts), join(f.Mailboxes), join(f.Objects))
	})
}

func touchedRows(j *job, row func(...string) error) error {
	t := &j.Case.Touched
	for _, list := range []struct {
		what  string
		items []casefile.TouchedItem
	}{{"account", t.Accounts}, {"mailbox", t.Mailboxes}, {"machine", t.Machines}, {"data", t.Data}} {
		err := each(list.items, func(i *casefile.TouchedItem) error {
			return row(list.what, i.Name, j.say(i.Label), i.Host, string(i.Certainty), j.say(i.Why), j.say(i.CannotKnow), join(i.Findings))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// actionRows tell the work that the ledger has, which holds the plan; without a ledger the plan alone.
func actionRows(j *job, row func(...string) error) error {
	if j.Ledger == nil {
		return each(j.Case.Actions, func(a *casefile.Action) error {
			return row(a.ID, a.Priority, a.Phase, a.Host, j.say(a.Title), j.say(a.Why), j.say(a.Check), join(a.Answers), "", "", "", "")
		})
	}
	for i := range j.Ledger.Actions {
		a := &j.Ledger.Actions[i]
		if err := row(a.ID, a.Priority, a.Phase, a.Target, j.say(a.Title), j.say(a.Why), j.say(a.Check), join(a.Answers), a.State, known(a.DoneAt), a.By, a.Result); err != nil {
			return err
		}
	}
	return nil
}

func each[T any](list []T, do func(*T) error) error {
	for i := range list {
		if err := do(&list[i]); err != nil {
			return err
		}
	}
	return nil
}

func join(list []string) string { return strings.Join(list, "; ") }

func yes(b bool) string {
	if b {
		return "true"
	}
	return ""
}

func known(t *time.Time) string {
	if t == nil {
		return ""
	}
	return utc(*t)
}

// share writes a part of a whole, 0 to 1.
func share(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
