package kb

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"vigie/internal/buildno"
	"vigie/internal/diag"
)

// This file reads the two tables of a product. They begin with comment lines
// (#), of which one is "# date: YYYY-MM-DD", the newest fact; then a header row
// with exactly the columns below, in this order; then rows ordered by their
// first column. Lists in a cell are separated by ";".

var (
	buildColumns = []string{"build", "line", "cu", "su", "type", "released", "kb", "confidence", "source", "note"}
	fixColumns   = []string{"cve", "name", "title", "kind", "severity", "score", "score_source", "lines", "cleared", "fixed_in", "update", "kbs", "kev", "used", "recalled", "source", "note"}
)

// row is one row of a table that knows where its cells stood.
type row struct {
	file  string
	cells []string
	line  int
	cols  []int
	names []string
}

func (r row) cell(name string) string { return r.cells[slices.Index(r.names, name)] }

func (r row) at(name string) diag.Pos {
	return diag.Pos{File: r.file, Line: r.line, Col: r.cols[slices.Index(r.names, name)]}
}

// list splits a cell at ";"; empty parts are kept for the linter to see.
func (r row) list(name string) []string {
	s := r.cell(name)
	if s == "" {
		return nil
	}
	parts := strings.Split(s, ";")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// readTable reads the rows and the date of a table. A row that is no CSV ends
// the reading: after a stray quote nothing can be trusted.
func readTable(file string, data []byte, columns []string, problems *diag.Problems) (rows []row, date string, datePos diag.Pos) {
	datePos = diag.Pos{File: file, Line: 1, Col: 1}
	rest := data
	for n := 1; bytes.HasPrefix(rest, []byte("#")); n++ {
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		if d, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("# date: ")); ok {
			date, datePos = string(d), diag.Pos{File: file, Line: n, Col: 9}
		}
		rest = after
	}
	rd := csv.NewReader(bytes.NewReader(data))
	rd.Comment = '#'
	rd.FieldsPerRecord = -1
	header := true
	for {
		cells, err := rd.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			pos := diag.Pos{File: file}
			if pe, ok := errors.AsType[*csv.ParseError](err); ok {
				pos.Line, pos.Col, err = pe.Line, pe.Column, pe.Err
			}
			problems.Add(pos, "kb.csv.syntax", "", "%v", err)
			break
		}
		line, _ := rd.FieldPos(0)
		if header {
			header = false
			if !slices.Equal(cells, columns) {
				problems.Add(diag.Pos{File: file, Line: line, Col: 1}, "kb.csv.header", "want "+strings.Join(columns, ","), "wrong columns")
				return nil, date, datePos
			}
			continue
		}
		if len(cells) != len(columns) {
			problems.Add(diag.Pos{File: file, Line: line, Col: 1}, "kb.csv.columns", "", "row has %d cells, want %d", len(cells), len(columns))
			continue
		}
		r := row{file: file, cells: cells, line: line, names: columns, cols: make([]int, len(cells))}
		for i := range cells {
			_, r.cols[i] = rd.FieldPos(i)
			if strings.TrimSpace(cells[i]) != cells[i] {
				problems.Add(diag.Pos{File: file, Line: line, Col: r.cols[i]}, "kb.csv.blank", "", "blank at the edge of a cell")
			}
			if strings.ContainsFunc(cells[i], isControl) {
				problems.Add(diag.Pos{File: file, Line: line, Col: r.cols[i]}, "kb.csv.control", "", "control character in a cell")
			}
		}
		rows = append(rows, r)
	}
	if header {
		problems.Add(diag.Pos{File: file}, "kb.csv.header", "want "+strings.Join(columns, ","), "no header row")
	}
	return rows, date, datePos
}

func (l *linter) number(r row, name, s string) buildno.Number {
	n, err := buildno.Parse(s)
	if err != nil {
		l.add(r.at(name), "kb.build", "", "%v", err)
	} else if n.String() != s {
		l.add(r.at(name), "kb.build", "write "+n.String(), "build number %s is not in the short form", diag.Quote(s))
	}
	return n
}

// builds reads builds.csv into p, ordered by number.
func (l *linter) builds(p *Product, file string, data []byte) {
	rows, date, pos := readTable(file, data, buildColumns, l.problems)
	l.date(pos, "date of the table", date)
	p.BuildsDate = date
	for _, r := range rows {
		b := Build{
			Number: l.number(r, "build", r.cell("build")), Product: r.cell("line"), CU: r.cell("cu"), SU: r.cell("su"), Type: r.cell("type"),
			Released: r.cell("released"), KB: r.cell("kb"), Confidence: r.cell("confidence"), Source: r.cell("source"), Note: r.cell("note"),
		}
		if line, ok := p.line(b.Number); !ok || line.Name != b.Product {
			l.add(r.at("line"), "kb.build.line", hintIf(ok, "want "+line.Name), "build %s is not of line %s", b.Number, diag.Quote(b.Product))
		}
		if b.CU == "" {
			l.add(r.at("cu"), "kb.missing", "", "cumulative update of build %s is missing", b.Number)
		}
		l.word(r.at("type"), "type", b.Type, buildTypes)
		if b.SU == "" && (b.Type == "SU" || b.Type == "HU") {
			l.add(r.at("su"), "kb.missing", "", "name of the update of build %s is missing", b.Number)
		}
		l.dayOrMonth(r.at("released"), b.Released)
		l.kbNumber(r.at("kb"), b.KB)
		if (b.KB == "") != (b.Confidence == "") || b.Confidence != "" && !slices.Contains([]string{"sourced", "recalled"}, b.Confidence) {
			l.add(r.at("confidence"), "kb.word", "want sourced or recalled with a KB number, nothing without", "confidence %s", diag.Quote(b.Confidence))
		}
		l.cited(p, r)
		if k := len(p.Builds); k > 0 && buildno.Compare(p.Builds[k-1].Number, b.Number) >= 0 {
			l.add(r.at("build"), "kb.order", "order rows by build number, each once", "build %s follows %s", b.Number, p.Builds[k-1].Number)
		}
		p.Builds = append(p.Builds, b)
	}
	slices.SortStableFunc(p.Builds, func(a, b Build) int { return buildno.Compare(a.Number, b.Number) })
}

// fixes reads cves.csv into p; builds must have been read.
func (l *linter) fixes(p *Product, file string, data []byte) {
	rows, date, pos := readTable(file, data, fixColumns, l.problems)
	l.date(pos, "date of the table", date)
	p.FixesDate = date
	for _, r := range rows {
		f := Fix{
			CVE: r.cell("cve"), Lines: r.list("lines"), Cleared: r.list("cleared"), Source: r.cell("source"), Recalled: r.cell("recalled") == "yes",
			Name: r.cell("name"), Title: r.cell("title"), Kind: r.cell("kind"), Severity: r.cell("severity"), Score: r.cell("score"),
			ScoreSource: r.cell("score_source"), Update: r.cell("update"), KBs: r.list("kbs"), KEV: r.cell("kev"), Used: r.cell("used"), Note: r.cell("note"),
		}
		l.cve(r.at("cve"), f.CVE)
		if len(f.Lines) == 0 {
			l.add(r.at("lines"), "kb.missing", "", "product lines of %s are missing", f.CVE)
		}
		names := p.lineNames()
		for _, name := range f.Lines {
			l.word(r.at("lines"), "line", name, append(names, p.Others...))
		}
		for _, name := range f.Cleared {
			l.word(r.at("cleared"), "line", name, names)
			if slices.Contains(f.Lines, name) {
				l.add(r.at("cleared"), "kb.cleared", "", "%s is concerned and cleared", name)
			}
		}
		for _, s := range r.list("fixed_in") {
			n := l.number(r, "fixed_in", s)
			if line, ok := p.line(n); !ok || !slices.Contains(f.Lines, line.Name) {
				l.add(r.at("fixed_in"), "kb.fix.line", "", "build %s is of no line that %s concerns", n, f.CVE)
			}
			if _, ok := p.build(n); !ok {
				l.add(r.at("fixed_in"), "kb.fix.build", "add the build to builds.csv", "build %s is not in the table of builds", n)
			}
			if k := len(f.FixedIn); k > 0 && buildno.Compare(f.FixedIn[k-1], n) >= 0 {
				l.add(r.at("fixed_in"), "kb.order", "order builds, each once", "build %s follows %s", n, f.FixedIn[k-1])
			}
			f.FixedIn = append(f.FixedIn, n)
		}
		for _, s := range f.KBs {
			l.kbNumber(r.at("kbs"), s)
		}
		if f.KEV != "" {
			l.date(r.at("kev"), "date", f.KEV)
		}
		l.word(r.at("used"), "used", f.Used, []string{"", "yes", "poc"})
		l.word(r.at("recalled"), "recalled", r.cell("recalled"), []string{"", "yes"})
		l.cited(p, r)
		if k := len(p.Fixes); k > 0 && compareCVE(p.Fixes[k-1].CVE, f.CVE) >= 0 {
			l.add(r.at("cve"), "kb.order", "order rows by CVE, each once", "%s follows %s", f.CVE, p.Fixes[k-1].CVE)
		}
		slices.SortStableFunc(f.FixedIn, buildno.Compare)
		p.Fixes = append(p.Fixes, f)
	}
}

// compareCVE orders by year and number: CVE-2021-9999 before CVE-2021-10000.
func compareCVE(a, b string) int {
	aYear, aNumber := splitCVE(a)
	bYear, bNumber := splitCVE(b)
	return cmp.Or(cmp.Compare(aYear, bYear), cmp.Compare(len(aNumber), len(bNumber)), cmp.Compare(aNumber, bNumber))
}

func splitCVE(s string) (year, number string) {
	i := strings.LastIndexByte(s, '-')
	return s[:max(i, 0)], s[i+1:]
}
