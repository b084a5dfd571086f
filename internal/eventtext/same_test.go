package eventtext

import (
	"archive/zip"
	"bytes"
	"cmp"
	"io"
	"slices"
	"strings"
	"testing"

	"vigie/internal/evtx"
)

// TestSameAsEVTX has the events of real logs written as XML and as JSON by package evtx, and wants the same fields back that package evtx gives.
func TestSameAsEVTX(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("reads a third of the event logs of shared/data three times")
	}
	z, err := zip.OpenReader(shared + "evtx/evtx-dev.zip")
	if err != nil {
		t.Skip("no shared/data beside the checkout: ", err)
	}
	defer z.Close()
	events, told := 0, 0
	for i, entry := range z.File {
		if i%3 != 0 || !strings.HasSuffix(entry.Name, ".evtx") {
			continue
		}
		r, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			t.Fatal(err)
		}
		s := evtx.NewScanner(bytes.NewReader(data))
		d := evtx.NewDecoder(evtx.Options{})
		var c evtx.Chunk
		for s.Next(&c) {
			d.Start(&c)
			for ev := new(evtx.Event); d.Next(ev); ev = new(evtx.Event) {
				xml, ok := d.AppendXML(nil)
				if !ok || !bytes.HasPrefix(xml, []byte("<Event ")) || bytes.Contains(xml, []byte("<Value1>")) {
					continue // what was recovered without its template has values only
				}
				json, _ := d.AppendJSON(nil)
				if bytes.Contains(json, []byte(`\u0000`)) {
					continue // a damaged template, whose names are what stood in their place
				}
				events++
				for _, form := range []struct {
					format Format
					text   []byte
					want   []evtx.Field
				}{{XML, xml, inXML(ev.Fields)}, {JSON, json, inJSON(ev.Fields)}} {
					recs, codes := collect(string(form.text), Options{Format: form.format})
					var got []evtx.Field
					if len(recs) == 1 {
						got = recs[0].Fields
					}
					if form.format == JSON {
						got = sorted(got)
					}
					if slices.Equal(got, form.want) {
						continue
					}
					if told++; told > 10 {
						continue
					}
					k := 0
					for k < min(len(got), len(form.want)) && got[k] == form.want[k] {
						k++
					}
					t.Errorf("%s record %d as %v %v:\n%.300q\nwant\n%.300q", entry.Name, ev.RecordID, form.format, codes, got[k:], form.want[k:])
				}
			}
		}
	}
	if told > 0 {
		t.Errorf("%d of %d events differ", told, events)
	}
}

// inXML is what is left of fields after XML: control characters cannot stand in it. Forwarded events have the time as text with another number of
// decimals, and package evtx keeps text; here it gets the usual seven.
func inXML(fields []evtx.Field) []evtx.Field {
	out := slices.Clone(fields)
	for i, f := range out {
		out[i].Value = strings.Map(func(c rune) rune {
			if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0xfffe || c == 0xffff {
				return '\ufffd'
			}
			return c
		}, f.Value)
		if f.Name == "TimeCreated_SystemTime" {
			if when, code := parseTime([]byte(f.Value), nil, OrderUnknown); code == "" {
				out[i].Value = when.Format(systemTime)
			}
		}
	}
	return out
}

// inJSON is what is left of fields after JSON, where equal names stand together: their order among others is lost.
func inJSON(fields []evtx.Field) []evtx.Field {
	out := slices.Clone(fields)
	for i, f := range out {
		if f.Name == "TimeCreated_SystemTime" {
			out[i] = inXML(fields[i : i+1])[0]
		}
	}
	return sorted(out)
}

func sorted(fields []evtx.Field) []evtx.Field {
	slices.SortFunc(fields, func(a, b evtx.Field) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value)) })
	return fields
}
