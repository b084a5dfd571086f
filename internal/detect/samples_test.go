package detect_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"vigie/internal/detect"
	"vigie/internal/eventtext"
	"vigie/internal/fieldlog"
	"vigie/internal/kb"
	"vigie/internal/record"
	"vigie/internal/sigma"
	"vigie/knowledge"
)

func pack(t testing.TB) *detect.Pack {
	t.Helper()
	k, err := kb.Load(knowledge.FS)
	if err != nil {
		t.Fatal(err)
	}
	p, problems, err := detect.Load(knowledge.FS, k)
	if err != nil {
		t.Fatal(err)
	}
	for _, pr := range problems {
		t.Errorf("%s", pr.Error())
	}
	return p
}

// lineHits says for each record of a raw log which rules matched.
type lineHits struct {
	line  int64
	text  string
	rules map[string]bool
}

// read surveys a raw log as the program does. With all, every record is given
// to the rules; otherwise only those that the prefilter lets through.
func read(t testing.TB, p *detect.Pack, name string, raw []byte, all bool) (out []lineHits) {
	t.Helper()
	if strings.HasSuffix(name, ".jsonl") {
		return readEvents(t, p, raw)
	}
	f := record.Sniff(raw[:min(len(raw), record.SniffSize)], name)
	filter := p.Filter(f.Kind)
	filter.All = filter.All || all
	run := p.Start()
	if all {
		run = p.StartEvery()
	}
	s := record.Surveyor{Format: f, Filter: filter}
	sp := fieldlog.NewSplitter(bytes.NewReader(raw), f.Header)
	for {
		b, err := sp.Next(context.Background())
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		s.Block(b, func(r *record.Record) {
			h := lineHits{line: r.Line, text: r.RawText(), rules: map[string]bool{}}
			for _, hit := range run.Record(r, r.Host(), nil) {
				h.rules[hit.Key.Rule] = true
			}
			out = append(out, h)
		})
		b.Release()
	}
}

// readEvents gives the events of a sample, one line of JSON each, to the rules.
func readEvents(t testing.TB, p *detect.Pack, raw []byte) (out []lineHits) {
	t.Helper()
	run := p.Start()
	for rec, e := range eventtext.NewReader(bytes.NewReader(raw), eventtext.Options{Format: eventtext.JSON}).Records() {
		if e != nil {
			t.Fatal(e)
		}
		channel, _ := rec.Get("Channel")
		source, _ := p.Channel(channel)
		ev := &record.Event{Event: &rec.Event, Line: int64(rec.Line), Source: source}
		ev.Time = ev.When()
		h := lineHits{line: ev.Line, text: ev.Raw(), rules: map[string]bool{}}
		for _, hit := range run.Event(ev, nil) {
			h.rules[hit.Key.Rule] = true
			if source == "" || ev.Time.IsZero() {
				t.Errorf("line %d: an event without a time or of an unknown channel %q", ev.Line, channel)
			}
		}
		out = append(out, h)
	}
	return out
}

// TestSamples holds every rule against its samples: each record of a file under
// fire/ must match the rule, no record of a file under quiet/ may, and the
// prefilter must not hide a record that matches.
func TestSamples(t *testing.T) {
	t.Parallel()
	p := pack(t)
	byFile := map[string]*sigma.Rule{}
	for _, r := range p.Rules() {
		byFile[strings.TrimSuffix(path.Base(r.File), ".yml")] = r
	}
	if len(byFile) == 0 {
		t.Fatal("no rules")
	}
	for name, r := range byFile {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := fs.ReadFile(os.DirFS("../../knowledge/rules/samples"), name+".txtar")
			if err != nil {
				t.Fatalf("a rule without samples: %v", err)
			}
			fired, quiet := 0, 0
			for _, f := range txtar.Parse(text).Files {
				every := read(t, p, f.Name, f.Data, true)
				seen := map[int64]bool{}
				for _, h := range read(t, p, f.Name, f.Data, false) {
					seen[h.line] = h.rules[r.ID]
				}
				for _, h := range every {
					got := h.rules[r.ID]
					switch {
					case strings.HasPrefix(f.Name, "fire/") && !got:
						t.Errorf("%s:%d: does not fire: %.200s", f.Name, h.line, h.text)
					case strings.HasPrefix(f.Name, "quiet/") && got:
						t.Errorf("%s:%d: fires: %.200s", f.Name, h.line, h.text)
					case got && !seen[h.line]:
						t.Errorf("%s:%d: the prefilter hides it: %.200s", f.Name, h.line, h.text)
					}
				}
				if strings.HasPrefix(f.Name, "fire/") {
					fired += len(every)
				} else {
					quiet += len(every)
				}
			}
			if fired == 0 || quiet == 0 {
				t.Errorf("%d records that fire and %d that do not: both are needed", fired, quiet)
			}
		})
	}
}
