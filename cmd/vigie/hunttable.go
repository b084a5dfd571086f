package main

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigie/internal/hunt"
	"vigie/internal/report"
)

// huntWriter writes matches in the form that was asked for.
type huntWriter struct {
	t     *terminal
	o     *huntFlags
	w     *bufio.Writer
	width int
	line  []byte
	csv   *csv.Writer
	rows  timeline
	files [][]string // of the table of YARA matches
	more  int64      // YARA matches that it leaves out
}

func newHuntWriter(t *terminal, o *huntFlags, out io.Writer) *huntWriter {
	w := &huntWriter{t: t, o: o, w: bufio.NewWriterSize(out, 1<<16), width: t.tableWidth(out)}
	if o.csv {
		w.csv = csv.NewWriter(w.w)
		_ = w.csv.Write(hunt.CSVHeader) // an error comes again at the end
	}
	return w
}

func (w *huntWriter) match(m *hunt.Match) error {
	switch {
	case w.o.jsonl:
		w.line = append(m.AppendJSON(w.line[:0]), '\n')
		_, err := w.w.Write(w.line)
		return err
	case w.csv != nil:
		return w.csv.Write(safeRow(m.Row()))
	}
	w.rows.add(m, w.o.most)
	return nil
}

// maxFileRows bounds the table of YARA matches; CSV and JSON lines have them all.
const maxFileRows = 1000

func (w *huntWriter) file(m *hunt.FileMatch) error {
	switch {
	case w.o.jsonl:
		w.line = append(m.AppendJSON(w.line[:0]), '\n')
		_, err := w.w.Write(w.line)
		return err
	case w.csv != nil:
		return w.csv.Write(safeRow(m.Row()))
	}
	if len(w.files) == maxFileRows {
		w.more++
		return nil
	}
	w.files = append(w.files, []string{m.Rule, m.Path, m.Found()})
	return nil
}

// tables writes what events showed, where a table is asked for.
func (w *huntWriter) tables(s *hunt.Summary) error {
	if w.o.jsonl || w.csv != nil {
		return nil
	}
	w.rows.trim(w.o.most)
	return w.t.huntTables(w.w, w.width, s, &w.rows)
}

// fileTable writes what files showed.
func (w *huntWriter) fileTable() error {
	if w.o.jsonl || w.csv != nil {
		return nil
	}
	if len(w.o.sigma) > 0 {
		fmt.Fprintln(w.w)
	}
	if len(w.files) == 0 {
		_, err := fmt.Fprintln(w.w, w.t.say(text{"Aucun fichier ne correspond.", "No file matches."}))
		return err
	}
	err := report.Table(w.w, []report.Column{{Title: w.t.say(text{"RÈGLE", "RULE"}), Min: 24}, {Title: w.t.say(text{"FICHIER", "FILE"}), Min: 30},
		{Title: w.t.say(text{"CHAÎNES", "STRINGS"}), Min: 12}}, w.files, w.width)
	if err == nil && w.more > 0 {
		_, err = fmt.Fprintln(w.w, w.t.say(text{"… et %s autres : --csv ou --jsonl les donnent.", "… and %s more: --csv or --jsonl give them."}, report.Words(w.t.lang).Int(w.more)))
	}
	return err
}

// end writes what is left, unless there was an error before.
func (w *huntWriter) end(err error) error {
	if w.csv != nil {
		w.csv.Flush()
		err = cmp.Or(err, w.csv.Error())
	}
	return cmp.Or(err, w.w.Flush())
}

// timeline keeps the matches that the table shows: of the worst levels, and of those the earliest.
type timeline struct {
	kept []*hunt.Match
	more int64
}

func (l *timeline) add(m *hunt.Match, most int) {
	l.kept = append(l.kept, m)
	if len(l.kept) >= 2*max(most, 1)+64 {
		l.trim(most)
	}
}

func (l *timeline) trim(most int) {
	slices.SortStableFunc(l.kept, func(a, b *hunt.Match) int {
		return cmp.Or(slices.Index(hunt.Levels, a.Rule.Level)-slices.Index(hunt.Levels, b.Rule.Level), a.Time.Compare(b.Time))
	})
	if n := max(most, 0); len(l.kept) > n {
		l.more += int64(len(l.kept) - n)
		clear(l.kept[n:])
		l.kept = l.kept[:n]
	}
}

// huntTables writes what was found by rule, and then in order of time.
func (t *terminal) huntTables(w io.Writer, width int, s *hunt.Summary, rows *timeline) error {
	if len(s.Rules) == 0 {
		fmt.Fprintln(w, t.say(text{"Aucune correspondance.", "No match."}))
		return nil
	}
	p := report.Words(t.lang)
	stamp := func(at time.Time) string {
		if at.IsZero() {
			return "–"
		}
		return at.UTC().Format("2006-01-02 15:04:05")
	}
	var byRule [][]string
	for _, r := range s.Rules {
		host := strings.Join(r.Computers[:min(1, len(r.Computers))], "")
		if n := int64(len(r.Computers)); n > 1 {
			host += " +" + p.Int(n-1)
			if r.More {
				host += "…"
			}
		}
		byRule = append(byRule, []string{t.level(r.Rule.Level), p.Int(r.N), r.Rule.Title, host, stamp(r.First), stamp(r.Last)})
	}
	err := report.Table(w, []report.Column{{Title: t.say(text{"NIVEAU", "LEVEL"})}, {Title: t.say(text{"NOMBRE", "MATCHES"}), Right: true}, {Title: t.say(text{"RÈGLE", "RULE"}), Min: 24},
		{Title: t.say(text{"ORDINATEUR", "COMPUTER"}), Min: 12}, {Title: t.say(text{"PREMIÈRE (UTC)", "FIRST (UTC)"})}, {Title: t.say(text{"DERNIÈRE", "LAST"})}}, byRule, width)
	if err != nil {
		return err
	}
	if err := t.huntComputers(w, width, s); err != nil {
		return err
	}
	slices.SortStableFunc(rows.kept, func(a, b *hunt.Match) int { return a.Time.Compare(b.Time) })
	if len(rows.kept) == 0 {
		return nil
	}
	fmt.Fprintln(w)
	var list [][]string
	for _, m := range rows.kept {
		what := m.Rule.Title
		for _, f := range m.Fields[:min(2, len(m.Fields))] {
			what += " · " + f.Field + "=" + f.Value
		}
		where := m.Channel
		if where == "" {
			where = m.Kind
		}
		if m.EventID != "" {
			where += " " + m.EventID
		}
		number := ""
		if m.HasRecord {
			number = strconv.FormatUint(m.Record, 10)
		}
		list = append(list, []string{stamp(m.Time), t.level(m.Rule.Level), m.Computer, where, number, what})
	}
	err = report.Table(w, []report.Column{{Title: t.say(text{"DATE (UTC)", "TIME (UTC)"})}, {Title: t.say(text{"NIVEAU", "LEVEL"})}, {Title: t.say(text{"ORDINATEUR", "COMPUTER"}), Min: 10},
		{Title: t.say(text{"ÉVÉNEMENT", "EVENT"}), Min: 14}, {Title: t.say(text{"N°", "RECORD"}), Right: true}, {Title: t.say(text{"RÈGLE ET CHAMPS", "RULE AND FIELDS"}), Min: 24}}, list, width)
	if err != nil {
		return err
	}
	if rows.more > 0 {
		fmt.Fprintln(w, t.say(text{"… et %s autres : --most, --csv ou --jsonl les donnent.", "… and %s more: --most, --csv or --jsonl give them."}, p.Int(rows.more)))
	}
	return nil
}

// huntComputers writes the table of computers, where there are several.
func (t *terminal) huntComputers(w io.Writer, width int, s *hunt.Summary) error {
	if len(s.Computers) < 2 {
		return nil
	}
	const most = 30
	p := report.Words(t.lang)
	cols := []report.Column{{Title: t.say(text{"ORDINATEUR", "COMPUTER"}), Min: 12}}
	for _, l := range hunt.Levels[:len(hunt.Levels)-1] {
		cols = append(cols, report.Column{Title: strings.ToUpper(t.level(l)), Right: true})
	}
	cols = append(cols, report.Column{Title: t.say(text{"RÈGLES", "RULES"}), Right: true})
	var rows [][]string
	for _, c := range s.Computers[:min(most, len(s.Computers))] {
		row := []string{c.Name}
		for _, n := range c.Levels[:len(hunt.Levels)-1] {
			row = append(row, p.Int(n))
		}
		rows = append(rows, append(row, p.Int(c.Rules)))
	}
	fmt.Fprintln(w)
	if err := report.Table(w, cols, rows, width); err != nil {
		return err
	}
	if n := int64(len(s.Computers) - most); n > 0 {
		fmt.Fprintln(w, t.say(text{"… et %s autres ordinateurs", "… and %s more computers"}, p.Int(n)))
	}
	return nil
}

// level is the level of a rule in the reader's language.
func (t *terminal) level(l string) string {
	switch l {
	case "critical":
		return t.say(text{"critique", "critical"})
	case "high":
		return t.say(text{"élevé", "high"})
	case "medium":
		return t.say(text{"moyen", "medium"})
	case "low":
		return t.say(text{"faible", "low"})
	case "informational":
		return t.say(text{"information", "informational"})
	}
	return "–"
}
