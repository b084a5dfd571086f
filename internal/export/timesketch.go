package export

import (
	"encoding/json"
	"io"
	"strings"
	"time"

	"vigie/internal/csvsafe"
	"vigie/internal/jsonline"
	"vigie/internal/timeline"
)

// sketchEvent is an event of Timesketch: message, datetime and timestamp_desc are asked for, tag is known to it, all others are free.
type sketchEvent struct {
	Message  string   `json:"message"`
	Datetime string   `json:"datetime"`
	Micros   int64    `json:"timestamp"` // since 1970
	Desc     string   `json:"timestamp_desc"`
	Tag      []string `json:"tag"`
	Lane     string   `json:"lane"`
	Host     string   `json:"hostname"`
	Stage    string   `json:"stage,omitempty"`
	Finding  string   `json:"finding_id,omitempty"`
	Flaw     string   `json:"flaw,omitempty"`
	Conf     string   `json:"confidence,omitempty"`
	Attack   string   `json:"attack,omitempty"`
	Rule     string   `json:"rule,omitempty"`
	Source   string   `json:"source_kind,omitempty"`
	Path     string   `json:"evidence_path,omitempty"`
	Line     int64    `json:"evidence_line,omitempty"`
	Record   int64    `json:"evidence_record,omitempty"`
	Offset   *int64   `json:"evidence_offset,omitempty"`
	SHA256   string   `json:"evidence_sha256,omitempty"`
	Author   string   `json:"author,omitempty"`
	Raw      string   `json:"raw,omitempty"`
}

// sketch gives the event of an entry; ok is false for one without a time, which Timesketch cannot hold.
func (j *job) sketch(e *timeline.Entry) (s sketchEvent, ok bool) {
	if e.Time.IsZero() {
		return s, false
	}
	s = sketchEvent{Message: j.say(e.Text), Datetime: e.Time.Format("2006-01-02T15:04:05.000000-07:00"), Micros: e.Time.UnixMicro(), Desc: descriptions[e.Kind], Tag: []string{string(e.Lane)},
		Lane: string(e.Lane), Host: e.Host, Rule: e.Rule, Source: e.Source, SHA256: e.SHA256, Author: e.Author, Raw: e.Raw}
	if s.Desc == "" {
		s.Desc = "Work on the Case (" + e.Kind + ")"
	}
	if f := e.Finding; f != nil {
		s.Stage, s.Finding, s.Flaw, s.Conf, s.Attack = string(f.Stage), f.ID, f.Flaw, string(f.Confidence), strings.Join(f.Attack, " ")
		s.Tag = append(append(s.Tag, string(f.Stage)), f.Attack...)
	}
	if e.Claim {
		s.Tag = append(s.Tag, "time-may-be-forged")
	}
	if e.Ref != nil {
		s.Path, s.Line, s.Record = e.Ref.Path, e.Ref.Line, e.Ref.Record
		if e.Ref.Line > 0 || e.Ref.Record > 0 {
			s.Offset = &e.Ref.Offset
		}
	}
	return s, true
}

// descriptions say what the time of a kind of entry is, in the words of Timesketch's own plaso where it has them.
var descriptions = map[string]string{
	"record": "Content Recorded Time", "file-written": "Content Modification Time", "file-seen": "File Written (logged)", "first-request": "First Request Answered",
	"last-request": "Last Request Answered", "build": "Build First Measured",
}

func (j *job) timesketchJSONL(w io.Writer) error {
	enc := json.NewEncoder(jsonline.NewWriter(w))
	enc.SetEscapeHTML(false)
	for i := range j.entries() {
		if s, ok := j.sketch(&j.rows[i]); ok {
			if err := enc.Encode(s); err != nil {
				return err
			}
		}
	}
	return nil
}

func (j *job) timesketchCSV(w io.Writer) error {
	c, err := csvsafe.NewWriter(w, "message", "datetime", "timestamp", "timestamp_desc", "tag", "lane", "hostname", "stage", "finding_id", "flaw", "confidence", "attack", "rule", "source_kind",
		"evidence_path", "evidence_line", "evidence_record", "evidence_offset", "evidence_sha256", "author", "raw")
	if err != nil {
		return err
	}
	for i := range j.entries() {
		s, ok := j.sketch(&j.rows[i])
		if !ok {
			continue
		}
		tags, _ := json.Marshal(s.Tag) // as a list in a cell, which is how Timesketch reads tags
		offset := ""
		if s.Offset != nil {
			offset = decimal(*s.Offset)
		}
		if err := c.Row(s.Message, s.Datetime, decimal(s.Micros), s.Desc, string(tags), s.Lane, s.Host, s.Stage, s.Finding, s.Flaw, s.Conf, s.Attack, s.Rule, s.Source, s.Path,
			timeline.Number(s.Line), timeline.Number(s.Record), offset, s.SHA256, s.Author, s.Raw); err != nil {
			return err
		}
	}
	return c.Flush()
}

// utc writes a time that may be unknown.
func utc(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
