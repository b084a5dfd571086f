package timeline

import (
	"encoding/json"
	"io"
	"strconv"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/csvsafe"
	"vigie/internal/jsonline"
)

// line is an entry as it is written.
type line struct {
	Time       *string        `json:"time"` // RFC 3339 in UTC; null when not dated
	Local      *string        `json:"local,omitempty"`
	Lane       Lane           `json:"lane"`
	Kind       string         `json:"kind"`
	Claim      bool           `json:"claim,omitempty"`
	Host       string         `json:"host"`
	Stage      casefile.Stage `json:"stage,omitempty"`
	Text       casefile.Text  `json:"text"`
	Finding    string         `json:"finding,omitempty"`
	Flaw       string         `json:"flaw,omitempty"`
	Confidence string         `json:"confidence,omitempty"`
	Attack     []string       `json:"attack,omitempty"`
	Rule       string         `json:"rule,omitempty"`
	Source     string         `json:"source,omitempty"`
	Ref        *casefile.Ref  `json:"ref,omitempty"`
	SHA256     string         `json:"sha256,omitempty"`
	Raw        string         `json:"raw,omitempty"`
	Cut        bool           `json:"cut,omitempty"`
	Author     string         `json:"author,omitempty"`
	Entry      int64          `json:"entry,omitempty"` // of the ledger
}

func (e *Entry) line(zone *time.Location) line {
	l := line{Time: stamp(e.Time, time.UTC), Lane: e.Lane, Kind: e.Kind, Claim: e.Claim, Host: e.Host, Text: e.Text, Rule: e.Rule, Source: e.Source, Ref: e.Ref, SHA256: e.SHA256,
		Raw: e.Raw, Cut: e.Cut, Author: e.Author, Entry: e.Seq}
	if zone != nil && zone != time.UTC {
		l.Local = stamp(e.Time, zone)
	}
	if f := e.Finding; f != nil {
		l.Stage, l.Finding, l.Flaw, l.Confidence, l.Attack = f.Stage, f.ID, f.Flaw, string(f.Confidence), f.Attack
	}
	return l
}

func stamp(t time.Time, zone *time.Location) *string {
	if t.IsZero() {
		return nil
	}
	s := t.In(zone).Format(time.RFC3339Nano)
	return &s
}

// WriteJSONL writes one object a line. With a zone other than UTC each also bears its local time.
func WriteJSONL(w io.Writer, list []Entry, zone *time.Location) error {
	enc := json.NewEncoder(jsonline.NewWriter(w))
	enc.SetEscapeHTML(false)
	for i := range list {
		if err := enc.Encode(list[i].line(zone)); err != nil {
			return err
		}
	}
	return nil
}

// WriteCSV writes one row an entry, with its sentence in one language.
func WriteCSV(w io.Writer, list []Entry, zone *time.Location, lang string) error {
	c, err := csvsafe.NewWriter(w, "time_utc", "time_local", "lane", "kind", "claim", "host", "stage", "text", "finding", "flaw", "confidence", "rule", "source", "path", "line", "record",
		"offset", "sha256", "author", "ledger_entry", "raw")
	if err != nil {
		return err
	}
	for i := range list {
		e := &list[i]
		l := e.line(zone)
		path, at, record, offset := "", "", "", ""
		if e.Ref != nil {
			path, at, record, offset = e.Ref.Path, Number(e.Ref.Line), Number(e.Ref.Record), ""
			if e.Ref.Line > 0 || e.Ref.Record > 0 {
				offset = strconv.FormatInt(e.Ref.Offset, 10)
			}
		}
		claim := ""
		if e.Claim {
			claim = "true"
		}
		if err := c.Row(text(l.Time), text(l.Local), string(e.Lane), e.Kind, claim, e.Host, string(l.Stage), e.Text.In(lang), l.Finding, l.Flaw, l.Confidence, e.Rule, e.Source, path, at, record,
			offset, e.SHA256, e.Author, Number(e.Seq), e.Raw); err != nil {
			return err
		}
	}
	return c.Flush()
}

// Number writes a count or place that is never zero: zero means that there is none, and is written as nothing.
func Number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
