package kb

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"vigie/internal/buildno"
	"vigie/internal/diag"
)

// Merged is a table of a product with the rows of a newer one.
type Merged struct {
	File    string   // where it belongs in a knowledge folder: products/exchange/builds.csv
	Data    []byte   // the whole table
	Date    string   // its newest fact
	Was     string   // that of the table before
	Added   []string // builds or CVEs that were not in it
	Changed []string // rows that now say more, or something else that was accepted
}

// Merge puts the rows of a newer table (builds.csv or cves.csv, whichever the
// columns tell) into that of a knowledge folder. It is refused, with everything
// that is wrong, when the table is not newer, when it is not well formed, when the
// folder would not pass Lint with it, or when a row says something else than the
// same row before. A row may fill in what was empty, replace what rested on
// memory, and name more fixed builds; accept lists the rows (builds or CVEs) that
// may say anything.
func Merge(fsys fs.FS, product, name string, data []byte, accept []string) (*Merged, diag.Problems) {
	var problems diag.Problems
	columns, file := buildColumns, "builds.csv"
	if head := firstRow(data); len(head) > 0 && head[0] == fixColumns[0] {
		columns, file = fixColumns, "cves.csv"
	}
	file = path.Join("products", product, file)
	old, err := fs.ReadFile(fsys, file)
	if err != nil {
		problems.Add(diag.Pos{File: file}, "kb.file", "", "%v", fileError(err))
		return nil, problems
	}
	if len(data) > maxFile {
		problems.Add(diag.Pos{File: name}, "kb.file.size", "", "file is over %d bytes", maxFile)
		return nil, problems
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	had, was, _ := readTable(file, old, columns, &diag.Problems{})
	rows, date, pos := readTable(name, data, columns, &problems)
	if len(problems) > 0 {
		return nil, limit(problems)
	}
	l := &linter{pos: make(positions), problems: &problems}
	if l.date(pos, "date of the table", date); date != "" && date <= was {
		problems.Add(pos, "kb.import.old", "", "table is of %s, that in use is of %s already", date, was)
	}
	m := &Merged{File: file, Date: date, Was: was}
	m.join(had, rows, accept, &problems)
	if len(problems) > 0 {
		return nil, limit(problems)
	}
	problems = append(problems, Lint(overlay{fsys, map[string][]byte{file: m.Data}})...)
	if len(problems) > 0 {
		return nil, limit(problems)
	}
	return m, nil
}

// firstRow gives the first row that is no comment.
func firstRow(data []byte) []string {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	r.Comment = '#'
	row, err := r.Read()
	if err != nil {
		return nil
	}
	return row
}

// join writes the table with the newer rows in their places.
func (m *Merged) join(had, rows []row, accept []string, problems *diag.Problems) {
	byKey := make(map[string]row)
	for _, r := range had {
		byKey[r.cells[0]] = r
	}
	seen := make(map[string]bool)
	for _, r := range rows {
		key := r.cells[0]
		if seen[key] {
			problems.Add(r.at(r.names[0]), "kb.import.twice", "", "row %s stands twice", diag.Quote(key))
			continue
		}
		seen[key] = true
		before, ok := byKey[key]
		switch {
		case !ok:
			m.Added = append(m.Added, key)
		case slices.Equal(before.cells, r.cells):
			continue
		default:
			if !slices.Contains(accept, key) {
				contradict(before, r, m.Was, problems)
			}
			m.Changed = append(m.Changed, key)
		}
		byKey[key] = r
	}
	all := make([]row, 0, len(byKey))
	for _, r := range byKey {
		all = append(all, r)
	}
	columns := rows0(had, rows)
	slices.SortFunc(all, func(a, b row) int {
		if columns[0] == fixColumns[0] {
			return compareCVE(a.cells[0], b.cells[0])
		}
		x, _ := buildno.Parse(a.cells[0]) // Lint tells what is no number
		y, _ := buildno.Parse(b.cells[0])
		return buildno.Compare(x, y)
	})
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Imported into the table of %s.\n# date: %s\n", m.Was, m.Date)
	w := csv.NewWriter(&b)
	_ = w.Write(columns) // a buffer takes everything
	for _, r := range all {
		_ = w.Write(r.cells)
	}
	w.Flush()
	m.Data = b.Bytes()
	slices.Sort(m.Added)
	slices.Sort(m.Changed)
}

func rows0(lists ...[]row) []string {
	for _, l := range lists {
		if len(l) > 0 {
			return l[0].names
		}
	}
	return buildColumns
}

// contradict tells every cell of a row that says something else than before.
// What was empty may be filled, what was recalled replaced, a list of builds, of
// KB numbers and of sources made longer; titles and notes may change freely.
func contradict(before, now row, was string, problems *diag.Problems) {
	free := []string{"note", "title", "severity", "score", "score_source", "name", "kind"}
	lists := []string{"fixed_in", "kbs", "source", "lines", "cleared"}
	memory := map[string]bool{}
	for i, name := range before.names {
		if before.cells[i] == "recalled" && name == "confidence" {
			memory["kb"], memory["confidence"] = true, true
		}
		if before.cells[i] == "yes" && name == "recalled" {
			memory["fixed_in"], memory["recalled"] = true, true
		}
	}
	for i, name := range before.names {
		x, y := before.cells[i], now.cells[i]
		switch {
		case x == y || x == "" || slices.Contains(free, name) || memory[name]:
			continue
		case name == "used" && x == "poc" && y == "yes":
			continue
		case slices.Contains(lists, name) && superset(now.list(name), before.list(name)):
			continue
		}
		problems.Add(now.at(name), "kb.import.differs", "accept the row by its name if the newer one is right", "%s of %s is %s, the table of %s says %s", name, now.cells[0], diag.Quote(y), was, diag.Quote(x))
	}
}

func superset(all, part []string) bool {
	return !slices.ContainsFunc(part, func(s string) bool { return !slices.Contains(all, s) })
}

// NewerTables gives base with those tables of products in user that are newer
// than its own, and the names of these tables. Everything else of user is left aside.
func NewerTables(base, user fs.FS) (fs.FS, []string) {
	o := overlay{base, map[string][]byte{}}
	var names []string
	files, _ := fs.Glob(user, "products/*/*.csv") // the pattern is well formed
	for _, file := range files {
		mine, err := fs.ReadFile(base, file)
		if err != nil {
			continue
		}
		theirs, err := fs.ReadFile(user, file)
		if err != nil || tableDate(theirs) <= tableDate(mine) {
			continue
		}
		o.files[file] = theirs
		names = append(names, file)
	}
	if len(names) == 0 {
		return base, nil
	}
	return o, names
}

// tableDate reads the date of a table.
func tableDate(data []byte) string {
	for line := range strings.Lines(string(data)) {
		if d, ok := strings.CutPrefix(strings.TrimSpace(line), "# date: "); ok {
			return d
		}
		if !strings.HasPrefix(line, "#") {
			break
		}
	}
	return ""
}

// overlay is a folder in which some files, which it has, are replaced.
type overlay struct {
	fs.FS
	files map[string][]byte
}

func (o overlay) Open(name string) (fs.File, error) {
	f, err := o.FS.Open(name)
	data, ok := o.files[name]
	if err != nil || !ok {
		return f, err
	}
	return &replaced{File: f, Reader: bytes.NewReader(data)}, nil
}

// replaced is a file with other bytes.
type replaced struct {
	fs.File
	*bytes.Reader
}

func (r *replaced) Read(b []byte) (int, error) { return r.Reader.Read(b) }
