package record

import (
	"bytes"
	"strings"

	"vigie/internal/buildno"
	"vigie/internal/fieldlog"
)

// Builds are read from the records: HttpProxy, EWS and PowerShell logs carry the
// running build in four columns of every record, ECP logs in a pair of their
// event data, setup logs in their messages. Together they tell on which day a
// server was patched, which no other source does once the updates are old.

// buildQuick compares the build columns with those of the record before; when
// they cannot be told the same at a glance, it asks for the long way.
func (w *blockSurvey) buildQuick(raw []byte) bool {
	if w.schema.build[0] < 0 {
		return w.schema.event < 0 // ECP: the build is inside the event data
	}
	if n := len(w.runText); n > 0 && len(raw) >= w.runAt+n && bytes.Equal(raw[w.runAt:w.runAt+n], w.runText) {
		return true
	}
	at, text := buildColumns(raw, w.schema)
	if text != nil && bytes.Equal(text, w.runText) {
		w.runAt = at
		return true
	}
	w.pend-- // the long way counts the record again
	return false
}

// buildColumns finds the four columns of the build, commas around them
// included, when no quoted column stands before them.
func buildColumns(raw []byte, s *Schema) (at int, text []byte) {
	b := s.build
	if b[1] != b[0]+1 || b[2] != b[1]+1 || b[3] != b[2]+1 {
		return 0, nil
	}
	pos := 0
	for range b[0] {
		i := bytes.IndexByte(raw[pos:], ',')
		if i < 0 || raw[pos] == '"' {
			return 0, nil
		}
		pos += i + 1
	}
	at = pos
	for range 4 {
		i := bytes.IndexByte(raw[pos:], ',')
		if i < 0 {
			return 0, nil
		}
		pos += i + 1
	}
	return at, raw[at:pos]
}

// buildFull reads the build of a record that was taken apart.
func (w *blockSurvey) buildFull(r *Record, host string) {
	if !r.Fits {
		return
	}
	s := r.schema
	var n buildno.Number
	switch {
	case s.build[0] >= 0:
		var parts [4]string
		for i, c := range s.build {
			v, _ := r.cell(c)
			parts[i] = string(v)
		}
		n, _ = buildno.Parse(strings.Join(parts[:], "."))
		if at, text := buildColumns(r.Raw, s); text != nil && !n.IsZero() {
			w.runAt, w.runText = at, append(w.runText[:0:0], text...)
		}
	case s.event >= 0 && (s.Kind == ECPServer || s.Kind == ECPActivity):
		v, ok := r.pair("BLD")
		if !ok {
			v, _ = r.pair("Bld")
		}
		n, _ = buildno.Parse(v)
	default:
		return
	}
	if n.IsZero() || n.Build == 0 {
		return
	}
	if w.run.Build != n || w.run.Host != host {
		w.endRun()
		// Revisions in these logs are those of a component and may lag behind a security update.
		w.run = BuildRun{Host: host, Build: n, First: r.Time, Line: r.Line, Offset: r.Offset, AtLeast: true}
	}
	if r.Time.Before(w.run.First) {
		w.run.First = r.Time
	}
	if r.Time.After(w.run.Last) {
		w.run.Last = r.Time
	}
}

func (w *blockSurvey) endRun() {
	if w.run.Build.IsZero() {
		return
	}
	if w.same && w.out.Last.After(w.run.Last) {
		w.run.Last = w.out.Last // the records after it showed the same columns
	}
	w.out.Builds = append(w.out.Builds, w.run)
	w.run = BuildRun{}
}

// setupHeader stands in for the header that setup logs do not have.
var setupHeader = fieldlog.NewHeader(fieldlog.Space, nil)

// setup reads one message of ExchangeSetup.log.
func (w *blockSurvey) setup(r *Record) {
	if !r.TimeOK {
		return // messages may go on over several lines
	}
	msg := r.Raw
	if i := bytes.Index(msg, []byte("] [")); i >= 0 {
		if j := bytes.IndexByte(msg[i+3:], ']'); j >= 0 {
			msg = bytes.TrimSpace(msg[i+3+j+1:])
		}
	}
	add := func(version, what string) {
		if n, err := buildno.Parse(strings.Trim(version, " .'")); err == nil {
			w.out.Builds = append(w.out.Builds, BuildRun{Build: n, First: r.Time, Last: r.Time, Line: r.Line, Offset: r.Offset, Setup: what})
		}
	}
	t := text(msg[:min(len(msg), 400)])
	switch {
	case strings.HasPrefix(t, "Setup version: "):
		add(t[len("Setup version: "):], "started")
	case strings.HasPrefix(t, "The locally installed version is "):
		add(t[len("The locally installed version is "):], "present")
	case strings.HasPrefix(t, "Command Line Parameter Name='mode', Value='"):
		w.out.Builds = append(w.out.Builds, BuildRun{First: r.Time, Last: r.Time, Line: r.Line, Offset: r.Offset,
			Setup: "mode:" + strings.ToLower(strings.Trim(t[len("Command Line Parameter Name='mode', Value='"):], "'. "))})
	case strings.Contains(t, "setup operation completed successfully"):
		w.out.Builds = append(w.out.Builds, BuildRun{First: r.Time, Last: r.Time, Line: r.Line, Offset: r.Offset, Setup: "completed"})
	}
}
