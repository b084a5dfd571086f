package export

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemas compiles schemas of a folder, each under its own $id or its path.
func schemas(t *testing.T, dir string) (c *jsonschema.Compiler, ids map[string]string) {
	t.Helper()
	c, ids = jsonschema.NewCompiler(), map[string]string{}
	err := filepath.WalkDir(filepath.Join("testdata", "schemas", dir), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".json" || d.Name() == "types.json" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			return err
		}
		if dir == "misp" { // a list stands among its properties, which no reader of schemas takes
			delete(doc.(map[string]any)["defs"].(map[string]any)["sharing_group"].(map[string]any)["properties"].(map[string]any), "required")
		}
		id := "mem:///" + filepath.ToSlash(path)
		if m, ok := doc.(map[string]any); ok {
			for _, key := range []string{"$id", "id"} {
				if s, ok := m[key].(string); ok {
					id = s
				}
			}
		}
		ids[strings.TrimSuffix(filepath.Base(path), ".json")] = id
		return c.AddResource(id, doc)
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, ids
}

func compiled(t *testing.T, c *jsonschema.Compiler, id string) *jsonschema.Schema {
	t.Helper()
	s, err := c.Compile(id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func exported(t *testing.T, f Format, in Input) []byte {
	t.Helper()
	var a, b bytes.Buffer
	if err := Write(&a, f, in); err != nil {
		t.Fatal(err)
	}
	if err := Write(&b, f, in); err != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Errorf("%s: a second export gives other bytes (%v)", f, err)
	}
	inert(t, string(f), a.Bytes())
	return a.Bytes()
}

func document(t *testing.T, data []byte) any {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%v in %.300s", err, data)
	}
	return doc
}

func TestSTIX(t *testing.T) {
	t.Parallel()
	c, ids := schemas(t, "stix2.1")
	for name, in := range inputs(t) {
		doc := document(t, exported(t, STIX, in)).(map[string]any)
		all := map[string]bool{}
		objects, _ := doc["objects"].([]any)
		// The schema of a bundle forgets notes among its objects; each of them is held to its own below.
		doc["objects"] = slices.DeleteFunc(slices.Clone(objects), func(o any) bool { return o.(map[string]any)["type"] == "note" })
		if err := compiled(t, c, ids["bundle"]).Validate(doc); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, o := range objects {
			m := o.(map[string]any)
			id := m["id"].(string)
			if all[id] {
				t.Errorf("%s: %s twice", name, id)
			}
			all[id] = true
			schema, ok := ids[m["type"].(string)]
			if !ok {
				t.Fatalf("no schema for %v", m["type"])
			}
			if err := compiled(t, c, schema).Validate(o); err != nil {
				t.Errorf("%s: %s: %v", name, id, err)
			}
		}
		for _, o := range objects {
			for key, v := range o.(map[string]any) {
				list, _ := v.([]any)
				if s, ok := v.(string); ok && strings.HasSuffix(key, "_ref") {
					list = []any{s}
				} else if !strings.HasSuffix(key, "_refs") {
					continue
				}
				for _, ref := range list {
					if !all[ref.(string)] {
						t.Errorf("%s: %s of an object names %v, which is not in the bundle", name, key, ref)
					}
				}
			}
		}
	}
}

func TestMISP(t *testing.T) {
	t.Parallel()
	c, ids := schemas(t, "misp")
	var types struct {
		Mapping map[string][]string `json:"category_type_mappings"`
	}
	data, err := os.ReadFile("testdata/schemas/misp/types.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &types); err != nil {
		t.Fatal(err)
	}
	for name, in := range inputs(t) {
		data := exported(t, MISP, in)
		if err := compiled(t, c, ids["schema"]).Validate(document(t, data)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var doc mispDocument
		if err := json.Unmarshal(data, &doc); err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, a := range doc.Event.Attribute {
			if !slices.Contains(types.Mapping[a.Category], a.Type) {
				t.Errorf("%s: type %s is none of category %s", name, a.Type, a.Category)
			}
			if key := a.Type + "\x00" + a.Value; seen[key] || seen[a.UUID] {
				t.Errorf("%s: %s twice", name, a.Value)
			} else {
				seen[key], seen[a.UUID] = true, true
			}
		}
	}
}

func TestNavigator(t *testing.T) {
	t.Parallel()
	c, ids := schemas(t, "navigator")
	for name, in := range inputs(t) {
		if err := compiled(t, c, ids["layer"]).Validate(document(t, exported(t, Navigator, in))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOCSF(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/schemas/ocsf/detection_finding.json")
	if err != nil {
		t.Fatal(err)
	}
	doc := document(t, data).(map[string]any)
	// The model lets fields through that it does not know; here they are a mistake.
	doc["additionalProperties"] = false
	for _, name := range []string{"FindingInformation", "Metadata", "Product", "Analytic", "EvidenceArtifacts", "ResourceDetails", "Observable", "MITREAttack", "VulnerabilityDetails", "CVE"} {
		doc["$defs"].(map[string]any)[name].(map[string]any)["additionalProperties"] = false
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("mem:///ocsf", doc); err != nil {
		t.Fatal(err)
	}
	schema := compiled(t, c, "mem:///ocsf")
	for name, in := range inputs(t) {
		n := 0
		for line := range bytes.Lines(exported(t, OCSF, in)) {
			n++
			if err := schema.Validate(document(t, line)); err != nil {
				t.Errorf("%s: %v\n%s", name, err, line)
			}
		}
		if n != len(in.Case.Findings) {
			t.Errorf("%s: %d of %d findings", name, n, len(in.Case.Findings))
		}
	}
}

// TestTimesketch holds the events to what Timesketch's documentation asks for: message, datetime in ISO 8601 with its zone, timestamp in microseconds and
// timestamp_desc in each.
func TestTimesketch(t *testing.T) {
	t.Parallel()
	for name, in := range inputs(t) {
		n := 0
		for line := range bytes.Lines(exported(t, TimesketchJSONL, in)) {
			n++
			var e struct {
				Message, Datetime string
				Timestamp         int64
				Desc              string `json:"timestamp_desc"`
				Tag               []string
			}
			if err := json.Unmarshal(line, &e); err != nil {
				t.Fatal(err)
			}
			at, err := time.Parse(time.RFC3339Nano, e.Datetime)
			if err != nil || at.UnixMicro() != e.Timestamp || e.Message == "" || e.Desc == "" || len(e.Tag) == 0 {
				t.Errorf("%s: %+v, %v", name, e, err)
			}
		}
		rows, err := csv.NewReader(bytes.NewReader(exported(t, TimesketchCSV, in))).ReadAll()
		if err != nil || len(rows) != n+1 || !slices.Equal(rows[0][:4], []string{"message", "datetime", "timestamp", "timestamp_desc"}) {
			t.Fatalf("%s: %d rows for %d events, %v", name, len(rows), n, err)
		}
	}
}

type closer struct{ *bytes.Buffer }

func (closer) Close() error { return nil }

func TestTables(t *testing.T) {
	t.Parallel()
	for name, in := range inputs(t) {
		files := map[string]*bytes.Buffer{}
		create := func(name string) (io.WriteCloser, error) {
			files[name] = &bytes.Buffer{}
			return closer{files[name]}, nil
		}
		if err := WriteTables(create, in); err != nil {
			t.Fatal(err)
		}
		if len(files) != len(tables)+1 {
			t.Errorf("%s: %d files", name, len(files))
		}
		for file, b := range files {
			inert(t, file, b.Bytes())
			rows, err := csv.NewReader(b).ReadAll() // refuses rows of unequal length
			if err != nil {
				t.Errorf("%s: %s: %v", name, file, err)
			}
			if file == "findings.csv" && len(rows) != len(in.Case.Findings)+1 {
				t.Errorf("%s: %d rows of findings", name, len(rows))
			}
		}
	}
}
