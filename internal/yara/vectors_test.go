package yara

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// vector is a case of the test suites of libyara and YARA-X, which are not part of the repository.
type vector struct {
	ID       string   `json:"id"`
	Kind     string   `json:"kind"`
	Rule     string   `json:"rule"`
	Input    *string  `json:"input"`
	Base64   string   `json:"input_b64"`
	Modules  []string `json:"modules"`
	Match    bool     `json:"match"`
	Peer     string   `json:"libyara458"`
	Error    string   `json:"error"`
	Message  string   `json:"message"`
	Warnings int      `json:"warnings"`
	Capture  *string  `json:"expected_capture"`
	Strict   bool     `json:"strict_escape"`
	Rules    []struct {
		Rule    string  `json:"rule"`
		Match   bool    `json:"match"`
		Strings [][]any `json:"strings"`
	} `json:"rules"`
}

func vectors(t testing.TB) []vector {
	t.Helper()
	f, err := os.Open("../../../shared/data/yara/yara-vectors/vectors.jsonl")
	if err != nil {
		t.Skipf("the public vectors are not here: %v", err)
	}
	defer f.Close()
	var out []vector
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var v vector
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(v.Modules, func(m string) bool { return strings.HasPrefix(m, "test") }) {
			out = append(out, v)
		}
	}
	return out
}

func (v *vector) data(t testing.TB) []byte {
	if v.Input != nil {
		return []byte(*v.Input)
	}
	b, err := base64.StdEncoding.DecodeString(v.Base64)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var vectorVars = map[string]any{"var_zero": 0, "var_one": 1, "var_true": true, "var_false": false}

func TestVectorsOfLibyaraAndYaraX(t *testing.T) {
	t.Parallel()
	vs := vectors(t)
	ran := 0
	for _, v := range vs {
		if why, different := knownDifferences[v.ID]; different {
			t.Logf("%s: %s", v.ID, why)
			continue
		}
		switch { // where the two differ libyara is right here
		case strings.HasPrefix(v.Peer, "differs"):
			v.Match, v.Capture = !strings.Contains(v.Peer, "matched 0"), nil
		case strings.HasPrefix(v.Peer, "error"):
			v.Kind, v.Message = "compile_error", v.Peer
		}
		ran++
		v.check(t)
	}
	t.Logf("%d vectors, %d compared", len(vs), ran)
}

// knownDifferences are the vectors that have another outcome here, and why.
var knownDifferences = map[string]string{
	"yarax-0797": "the flags of a regular expression may stand in either order, as in YARA-X",
}

func (v *vector) check(t *testing.T) {
	rules, problems := Compile([]Source{{Name: v.ID, Text: []byte(v.Rule)}}, Options{Externals: vectorVars, Modules: testModules()})
	if v.Kind == "compile_error" {
		if len(problems.Errors) == 0 {
			t.Errorf("%s: compiles, and should not (%s %s):\n%s", v.ID, v.Error, v.Message, v.Rule)
		}
		return
	}
	if len(problems.Errors) > 0 {
		t.Errorf("%s: %v\n%s", v.ID, problems.Errors, v.Rule)
		return
	}
	if v.Kind == "compile_ok" {
		return
	}
	data := v.data(t)
	got, undecided := rules.NewScanner(ScanOptions{Offsets: true, Excerpt: 1 << 20, Now: 1}).Scan(data, nil)
	if len(undecided) > 0 {
		t.Errorf("%s: %v", v.ID, undecided)
	}
	v.compare(t, data, got)
}

func (v *vector) compare(t *testing.T, data []byte, got []Match) {
	if v.Rules == nil {
		if (len(got) > 0) != v.Match {
			t.Errorf("%s: match %v, want %v\n%s\n%q", v.ID, len(got) > 0, v.Match, v.Rule, data)
		}
		if v.Capture != nil && len(got) > 0 && !slices.ContainsFunc(got[0].Strings, func(s StringMatches) bool {
			return slices.ContainsFunc(s.Places, func(p Place) bool { return string(p.Excerpt) == latin1(*v.Capture) })
		}) {
			t.Errorf("%s: no string is %q in %v\n%s", v.ID, *v.Capture, got[0].Strings, v.Rule)
		}
		return
	}
	for _, want := range v.Rules {
		i := slices.IndexFunc(got, func(m Match) bool { return m.Rule == want.Rule })
		if (i >= 0) != want.Match {
			t.Errorf("%s: match %v, want %v\n%s\n%.200q", v.ID, i >= 0, want.Match, v.Rule, data)
		}
		if i < 0 || want.Strings == nil {
			continue
		}
		var w, g [][3]any
		for _, s := range want.Strings {
			w = append(w, [3]any{s[0], int(s[1].(float64)), int(s[2].(float64))})
		}
		for _, s := range got[i].Strings {
			for _, p := range s.Places {
				g = append(g, [3]any{s.Name, p.Offset, p.Length})
			}
		}
		slices.SortFunc(w, comparePlaces)
		slices.SortFunc(g, comparePlaces)
		if !slices.Equal(w, g) {
			t.Errorf("%s: strings %v, want %v\n%s\n%.200q", v.ID, g, w, v.Rule, data)
		}
	}
}

// latin1 gives the bytes of a capture, which the vectors write as characters up to 255 where they are no text.
func latin1(s string) string {
	var b []byte
	for _, r := range s {
		if r > 0xFF {
			return s
		}
		b = append(b, byte(r))
	}
	return string(b)
}

func comparePlaces(a, b [3]any) int {
	if a[0] != b[0] {
		return strings.Compare(a[0].(string), b[0].(string))
	}
	if a[1] != b[1] {
		return a[1].(int) - b[1].(int)
	}
	return a[2].(int) - b[2].(int)
}
