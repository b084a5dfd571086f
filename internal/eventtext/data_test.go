package eventtext

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const shared = "../../../shared/data/"

// zipped calls f for each JSON file in a zip of shared/data.
func zipped(t *testing.T, name string, f func(name string, data []byte)) {
	t.Helper()
	z, err := zip.OpenReader(name)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("no shared/data beside the checkout: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, e := range z.File {
		if !strings.HasSuffix(e.Name, ".json") || strings.Contains(e.Name, "__MACOSX") {
			continue
		}
		r, err := e.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		f(e.Name, data)
	}
}

// TestMordor reads all recordings: as many events as lines, each with what rules need, and not one problem.
func TestMordor(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("reads 280 MB")
	}
	var files []string
	filepath.WalkDir(shared+"mordor", func(path string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".zip" {
			files = append(files, path)
		}
		return nil
	})
	if len(files) == 0 {
		t.Skip("no shared/data/mordor beside the checkout")
	}
	events, problems, zoneless := 0, 0, 0
	for _, name := range files {
		zipped(t, name, func(name string, data []byte) {
			if got := Sniff(data[:min(len(data), SniffLen)]); got != JSON {
				t.Errorf("%s: sniffed as %v", name, got)
			}
			r := NewReader(bytes.NewReader(data), Options{})
			for rec, err := range r.Records() {
				if err != nil {
					if err.Code == CodeTimeZone { // some have neither zone nor @timestamp
						zoneless++
						continue
					}
					if problems++; problems < 10 {
						t.Errorf("%s: %v", name, err)
					}
					continue
				}
				events++
				for _, want := range []string{"EventID", "Channel", "Computer", "Provider_Name", "TimeCreated_SystemTime"} {
					if v, _ := rec.Get(want); v == "" && (rec.Flags&FlagTime == 0 || want != "TimeCreated_SystemTime") {
						if problems++; problems < 10 {
							t.Errorf("%s line %d: no %s", name, rec.Line, want)
						}
					}
				}
				if original := data[rec.Offset : rec.Offset+int64(rec.Length)]; original[0] != '{' || original[len(original)-1] != '}' {
					t.Fatalf("%s line %d: the original text is %q", name, rec.Line, original[:20])
				}
			}
			if l := r.Ledger(); l.Skipped != 0 || l.Parsed+l.Between != int64(len(data)) {
				t.Errorf("%s: ledger %+v of %d bytes", name, l, len(data))
			}
		})
	}
	if events != 127509 || problems != 0 || zoneless != 465 {
		t.Errorf("%d events, want 127509; %d problems; %d times without a zone, want 465", events, problems, zoneless)
	}
}

// TestRegressionDocuments reads the pretty-printed documents of SigmaHQ's regression data, of which some files have several.
func TestRegressionDocuments(t *testing.T) {
	t.Parallel()
	files, events := 0, 0
	zipped(t, shared+"sigma/sigma-regression-dev.zip", func(name string, data []byte) {
		files++
		before := events
		for rec, err := range NewReader(bytes.NewReader(data), Options{}).Records() {
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			events++
			for _, want := range []string{"EventID", "Channel", "Computer", "Provider_Name", "TimeCreated_SystemTime"} {
				if v, _ := rec.Get(want); v == "" {
					t.Errorf("%s: no %s", name, want)
				}
			}
		}
		if n := events - before; n != bytes.Count(data, []byte("\"System\": {")) {
			t.Errorf("%s: %d events, %d have System", name, n, bytes.Count(data, []byte("\"System\": {")))
		}
	})
	if files != 95 {
		t.Errorf("%d files, want 95", files)
	}
}

// references calls f for the two renderings of each log that both peers could read, by its hash.
func references(t *testing.T, f func(hash string, velocidex, libevtx []byte)) {
	t.Helper()
	file, err := os.Open(shared + "evtx/evtx-reference-dev.tar.gz")
	if err != nil {
		t.Skip("no shared/data beside the checkout: ", err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	xml := map[string][]byte{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		hash := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(h.Name), ".xml"), ".jsonl")
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(h.Name, ".xml") {
			xml[hash] = data
		} else if strings.HasSuffix(h.Name, ".jsonl") {
			f(hash, data, xml[hash])
		}
	}
}

// TestReferences reads what two peers wrote of the same logs. The parts of System must be the same from both; the values of the event differ where a
// peer renders them in its own way (Velocidex writes hexadecimal numbers as decimal and binary as base64, libevtx pads hexadecimal numbers).
func TestReferences(t *testing.T) {
	t.Parallel()
	system := []string{"Provider_Name", "Provider_Guid", "EventID", "EventID_Qualifiers", "Version", "Level", "Task", "Opcode", "Keywords",
		"EventRecordID", "Correlation_ActivityID", "Execution_ProcessID", "Execution_ThreadID", "Computer", "Security_UserID"}
	fromJSON, fromXML, compared := 0, 0, 0
	references(t, func(hash string, velocidex, libevtx []byte) {
		records := map[string][]*Record{}
		for rec, err := range NewReader(bytes.NewReader(velocidex), Options{Format: JSON}).Records() {
			if err != nil {
				t.Errorf("%s: %v", hash, err)
				continue
			}
			fromJSON++
			id, _ := rec.Get("EventRecordID")
			records[id] = append(records[id], rec)
		}
		for rec, err := range NewReader(bytes.NewReader(libevtx), Options{Format: XML}).Records() {
			if err != nil {
				t.Errorf("%s: %v", hash, err)
				continue
			}
			fromXML++
			id, _ := rec.Get("EventRecordID")
			if len(records[id]) != 1 {
				continue // recovered records have the number of another
			}
			compared++
			other := records[id][0]
			for _, name := range system {
				a, _ := rec.Get(name)
				b, _ := other.Get(name)
				if !strings.EqualFold(a, b) {
					t.Errorf("%s record %s: %s is %q and %q", hash, id, name, a, b)
				}
			}
			// The seconds of Velocidex went through a float, which is wrong by up to 0.3 µs.
			if d := rec.Written.Sub(other.Written).Abs(); rec.Written.IsZero() || d.Microseconds() > 1 {
				t.Errorf("%s record %s: written %v and %v", hash, id, rec.Written, other.Written)
			}
		}
	})
	if fromJSON != 27693 || fromXML != 26043 || compared < 22000 {
		t.Errorf("%d events from JSON, want 27693; %d from XML, want 26043; %d compared", fromJSON, fromXML, compared)
	}
}
