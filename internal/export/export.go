// Package export writes a case in the formats of other tools: Timesketch, MISP, STIX, ATT&CK Navigator, OCSF, and tables for a spreadsheet.
//
// The same case gives the same bytes: identifiers are made of the case and of what they name (RFC 9562, version 5), times are those of the case. Text of
// evidence stays data: it is escaped where a screen or a spreadsheet would act on it, and none of it chooses a structure.
//
// Sources of the formats: Timesketch, "Import from CSV, JSON" (timesketch.org); MISP core format (misp-standard.org) and the schema and types of PyMISP 2.5;
// OASIS, STIX Version 2.1; MITRE, ATT&CK Navigator layer format 4.5; OCSF 1.5.0, class Detection Finding.
package export

import (
	"crypto/sha1" //nolint:gosec // version 5 of RFC 9562 is made with it; nothing rests on its strength
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/jsonline"
	"vigie/internal/ledger"
	"vigie/internal/timeline"
)

// Format names a form of export.
type Format string

// The formats.
const (
	TimesketchCSV   Format = "timesketch-csv"
	TimesketchJSONL Format = "timesketch-jsonl"
	MISP            Format = "misp"
	STIX            Format = "stix"
	Navigator       Format = "navigator"
	OCSF            Format = "ocsf"
	CSV             Format = "csv"
)

// Formats lists them in the order in which they are named to users.
var Formats = []Format{TimesketchCSV, TimesketchJSONL, MISP, STIX, Navigator, OCSF, CSV}

// Input is what is exported.
type Input struct {
	Case   *casefile.Case
	Ledger *ledger.State // nil for a case without
	// Lang is the language of sentences, "fr" or "en": these formats hold one.
	Lang string
}

// job is an export under way.
type job struct {
	Input
	seed string    // names the case
	at   time.Time // of the newest thing in the case: what "created" and "modified" say
	rows []timeline.Entry
}

// Write writes one format. CSV is a folder and is for WriteTables.
func Write(w io.Writer, f Format, in Input) error {
	j := newJob(in)
	switch f {
	case TimesketchCSV:
		return j.timesketchCSV(w)
	case TimesketchJSONL:
		return j.timesketchJSONL(w)
	case MISP:
		return writeJSON(w, j.misp())
	case STIX:
		return writeJSON(w, j.stix())
	case Navigator:
		return writeJSON(w, j.navigator())
	case OCSF:
		return j.ocsf(w)
	}
	return fmt.Errorf("unknown format %q", f)
}

func newJob(in Input) *job {
	j := &job{Input: in, at: newest(in.Case)}
	if in.Ledger != nil && in.Ledger.Subject.CaseID != "" {
		j.seed = in.Ledger.Subject.CaseID
		return j
	}
	sum := sha256.New()
	_ = json.NewEncoder(sum).Encode(in.Case) // neither can fail
	j.seed = fmt.Sprintf("%x", sum.Sum(nil))
	return j
}

func (j *job) entries() []timeline.Entry {
	if j.rows == nil {
		j.rows = timeline.Of(j.Case, j.Ledger)
	}
	return j.rows
}

func (j *job) say(t casefile.Text) string { return t.In(j.Lang) }

// newest is the latest time in a case; the date of the knowledge when it has none.
func newest(c *casefile.Case) (t time.Time) {
	later := func(u time.Time) {
		if u.After(t) {
			t = u
		}
	}
	for i := range c.Findings {
		later(c.Findings[i].Time)
		later(c.Findings[i].TimeEnd)
	}
	for i := range c.Ledger.Items {
		if last := c.Ledger.Items[i].Last; last != nil {
			later(*last)
		}
	}
	if t.IsZero() {
		t, _ = time.Parse(time.DateOnly, c.Vigie.Knowledge.Date)
	}
	return t.UTC()
}

// space is the name space of Vigie's identifiers.
var space = [16]byte{0x5a, 0x7e, 0x33, 0x0e, 0x29, 0x0f, 0x4b, 0x1c, 0x9d, 0x6a, 0x3f, 0x51, 0xb7, 0xc8, 0x02, 0xe4}

// id makes an identifier of the case out of what it names.
func (j *job) id(parts ...string) string {
	name, _ := json.Marshal(append([]string{j.seed}, parts...))
	return uuid5(space, name)
}

// uuid5 is the UUID of version 5 of a name in a name space.
func uuid5(space [16]byte, name []byte) string {
	h := sha1.New()
	h.Write(space[:])
	h.Write(name)
	u := h.Sum(nil)[:16]
	u[6], u[8] = u[6]&0x0f|0x50, u[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

// writeJSON writes one object with layout, safe to look at.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(jsonline.NewWriter(w))
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
