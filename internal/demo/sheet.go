package demo

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
)

// sheet gathers the lines of one log for one day and writes them in the order
// of their times, with a header block where the service started.
type sheet struct {
	dir, prefix string // Logging/HttpProxy/Owa, HttpProxy_
	iis         bool   // W3C style, with the short date in the file name
	columns     string
	logType     string // "#Log-type:" of Exchange logs
	version     string // "#Version:" when it is not the running build
	suffix      string // after the date in the file name: 00-1.LOG
	plain       bool   // bare row of column names first

	arena []byte
	rows  []row
}

type row struct {
	at         int64
	start, end int
}

// add appends one line, made by fill, that bears the time at.
func (s *sheet) add(at int64, fill func([]byte) []byte) {
	start := len(s.arena)
	s.arena = append(fill(s.arena), "\r\n"...)
	s.rows = append(s.rows, row{at, start, len(s.arena)})
}

// bom is written at the start of Exchange logs, not of IIS logs.
const bom = "\ufeff"

// header appends the block that a log starts with at a time under a build.
func (s *sheet) header(b []byte, at int64, v build) []byte {
	if s.iis {
		b = append(b, "#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n#Date: "...)
		b = appendClock(append(appendDate(b, at), ' '), at)
		b = append(append(b, "\r\n#Fields: "...), s.columns...)
		return append(b, "\r\n"...)
	}
	if s.plain {
		b = append(append(b, s.columns...), "\r\n"...)
	}
	b = append(b, "#Software: Microsoft Exchange Server\r\n#Version: "...)
	if s.version != "" {
		b = append(b, s.version...)
	} else {
		b = v.long(b)
	}
	b = append(append(append(b, "\r\n#Log-type: "...), s.logType...), "\r\n#Date: "...)
	b = append(append(appendStamp(b, at), "\r\n#Fields: "...), s.columns...)
	return append(b, "\r\n"...)
}

// flush writes the day's file below root, or nothing when no line was added,
// and empties the sheet. out is scratch space, given back for the next call.
func (s *sheet) flush(root string, date int64, p *plan, out []byte) ([]byte, error) {
	if len(s.rows) == 0 {
		return out, nil
	}
	slices.SortStableFunc(s.rows, func(a, b row) int { return cmp.Compare(a.at, b.at) })
	out = out[:0]
	if !s.iis {
		out = append(out, bom...)
	}
	first := s.rows[0].at
	out = s.header(out, first, p.running(first))
	for i, r := range s.rows {
		for _, in := range p.Builds {
			// A service that was restarted writes its header again.
			if at := int64(in.At); i > 0 && s.rows[i-1].at < at && r.at >= at {
				out = s.header(out, r.at, in.Build)
			}
		}
		out = append(out, s.arena[r.start:r.end]...)
	}
	name := appendCompact([]byte(s.prefix), date)
	if s.iis {
		name = append(name[:len(s.prefix)], name[len(s.prefix)+2:]...) // u_ex210228
	}
	name = append(name, s.suffix...)
	s.arena, s.rows = s.arena[:0], s.rows[:0]

	dir := filepath.Join(root, filepath.FromSlash(s.dir))
	path := filepath.Join(dir, string(name))
	err := os.WriteFile(path, out, 0o644)
	if os.IsNotExist(err) { // the first file of its folder
		if err = os.MkdirAll(dir, 0o755); err == nil {
			err = os.WriteFile(path, out, 0o644)
		}
	}
	return out, err
}
