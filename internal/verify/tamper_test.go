package verify

import (
	"archive/zip"
	"bytes"
	"crypto/x509"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"testing/fstest"
	"time"

	"vigie/internal/casedir"
	"vigie/internal/casefile"
	"vigie/internal/ledger"
	"vigie/internal/seal"
	"vigie/internal/seal/tsatest"
)

var noon = time.Date(2021, 3, 5, 12, 0, 0, 0, time.UTC)

// work writes a case as people do over some days, and signs it at the end. Snapshots of the folder are taken on the way.
type work struct {
	dir    string
	signer *seal.Signer
	tsa    *tsatest.Authority // stamps the signatures; nil for none
	past   []fstest.MapFS
	now    fstest.MapFS
}

func (w *work) writer() casedir.Writer {
	return casedir.Writer{Author: "A. Martin", Now: func() time.Time { return noon }}
}

func newSigner(t testing.TB, dir, name string) *seal.Signer {
	t.Helper()
	private, public, err := seal.NewKey(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, name)
	for f, data := range map[string][]byte{file: private, file + ".pub": public} {
		if err := os.WriteFile(f, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := seal.LoadSigner(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newWork makes a signed case; n makes cases that differ.
func newWork(t testing.TB, n int) *work {
	t.Helper()
	w := &work{dir: t.TempDir()}
	if n%2 == 1 {
		w.tsa = tsatest.New(t, x509.ExtKeyUsageTimeStamping)
	}
	w.signer = newSigner(t, t.TempDir(), fmt.Sprintf("key%d", n))
	c := &casefile.Case{Hosts: []casefile.Host{{Name: "EX01", Build: "15.1.2176.2", Verdict: casefile.Targeted,
		Flaws: []casefile.FlawResult{{ID: "proxylogon", Verdict: casefile.Targeted, StateNow: casefile.Exposed}}}},
		Findings: []casefile.Finding{{ID: "F-0001", Host: "EX01", Flaw: "proxylogon", Act: "ssrf", Time: noon, Evidence: []casefile.Evidence{{SHA256: "aa", Ref: casefile.Ref{Offset: int64(n)}}}}},
		Actions:  []casefile.Action{{ID: "A-001", Host: "EX01", Phase: "restore", Title: casefile.Text{FR: "Corriger", EN: "Update"}, Flaws: []string{"proxylogon"}}}}
	c.Ledger.Items = []casefile.LedgerItem{{Path: "u_ex210305.log", Size: 10, SHA256: "bb"}}
	revise := func(text string) {
		_, err := casedir.Revise(w.dir, c, []byte(text), casedir.Checked{Version: "test", Paths: []string{"logs"}}, w.writer())
		check(t, err)
	}
	encode := func() string {
		b, err := ledger.Marshal(c)
		check(t, err)
		return string(b)
	}
	revise(encode())
	w.snapshot(t)
	d, err := casedir.Open(w.dir)
	check(t, err)
	proof := filepath.Join(t.TempDir(), "proof.txt")
	for i := range 6 {
		check(t, d.Append(w.writer(), ledger.KindLog, ledger.LogEntry{Text: fmt.Sprintf("line %d of case %d", i, n)}))
		if i < 2 {
			check(t, os.WriteFile(proof, fmt.Appendf(nil, "proof %d %d", n, i), 0o600))
			a, err := d.Attach(proof)
			check(t, err)
			check(t, d.Append(w.writer(), ledger.KindAction, ledger.ActionEvent{ID: "W-001", State: "done", Proof: []ledger.Attachment{a}}))
		}
		w.snapshot(t)
	}
	c.Hosts[0].Build, c.Hosts[0].Flaws[0].StateNow, c.Actions = "15.1.2176.9", casefile.Fixed, nil
	revise(encode())
	w.sign(t)
	w.now = memory(t, w.dir)
	return w
}

func (w *work) sign(t testing.TB) {
	t.Helper()
	d, err := casedir.Open(w.dir)
	check(t, err)
	check(t, d.Append(w.writer(), ledger.KindSigned, ledger.Signed{Fingerprint: w.signer.Key.Fingerprint()}))
	m, err := d.Manifest(noon, "test")
	check(t, err)
	name := filepath.Join(w.dir, seal.ManifestName)
	check(t, m.Save(name, w.signer))
	if w.tsa == nil {
		return
	}
	server := httptest.NewServer(w.tsa)
	defer server.Close()
	sig, err := os.ReadFile(name + seal.Ending)
	check(t, err)
	answer, err := seal.Stamp(t.Context(), server.Client(), server.URL, sig)
	check(t, err)
	check(t, seal.SaveStamp(w.signer, name+seal.Ending, answer))
}

func (w *work) snapshot(t testing.TB) { w.past = append(w.past, memory(t, w.dir)) }

// memory reads a folder.
func memory(t testing.TB, dir string) fstest.MapFS {
	t.Helper()
	m := fstest.MapFS{}
	check(t, filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(p)
		m[filepath.ToSlash(rel)] = &fstest.MapFile{Data: data}
		return err
	}))
	return m
}

// tamperings is how many changes are tried of each thing: 10,000 when VIGIE_TAMPERINGS says so.
func tamperings(t *testing.T) int {
	if s := os.Getenv("VIGIE_TAMPERINGS"); s != "" {
		n, err := strconv.Atoi(s)
		check(t, err)
		return n
	}
	return 1000
}

// tamper changes one thing in a copy of files and says what; "" when the change came to nothing.
func tamper(r *rand.Rand, files, other fstest.MapFS, past []fstest.MapFS) (fstest.MapFS, string) {
	m := maps.Clone(files)
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(m)), func(n string) bool { return n == ledger.LockName })
	name := names[r.IntN(len(names))]
	data := slices.Clone(m[name].Data)
	what := ""
	at := r.IntN(max(len(data), 1))
	switch r.IntN(10) {
	case 0, 1, 2:
		what = fmt.Sprintf("bit flip in %s @%d", name, at)
		data[at] ^= 1 << r.IntN(8)
	case 3:
		what = fmt.Sprintf("byte deleted from %s @%d", name, at)
		data = slices.Delete(data, at, at+1)
	case 4:
		what = fmt.Sprintf("byte inserted in %s @%d", name, at)
		data = slices.Insert(data, r.IntN(len(data)+1), byte(r.IntN(256)))
	case 5:
		what = fmt.Sprintf("%s cut at %d", name, at)
		data = data[:at]
	case 6:
		what = name + " deleted"
		delete(m, name)
		return m, what
	case 7:
		lines := bytes.SplitAfter(data, []byte("\n"))
		i, j := r.IntN(len(lines)), r.IntN(len(lines))
		what = fmt.Sprintf("lines %d and %d of %s swapped", i+1, j+1, name)
		lines[i], lines[j] = lines[j], lines[i]
		data = bytes.Join(lines, nil)
	case 8:
		if past == nil || r.IntN(2) == 0 {
			from := slices.Sorted(maps.Keys(other))
			n := from[r.IntN(len(from))]
			what = fmt.Sprintf("%s replaced by %s of another case", name, n)
			data = other[n].Data
			break
		}
		p := past[r.IntN(len(past))]
		what = "chain and head of the past put back"
		m[ledger.FileName], m[ledger.HeadName] = p[ledger.FileName], p[ledger.HeadName]
		if r.IntN(2) == 0 {
			what += ", case too"
			m[casedir.CaseName] = p[casedir.CaseName]
		}
		return m, what
	case 9:
		n := names[r.IntN(len(names))]
		what = fmt.Sprintf("%s and %s swapped", name, n)
		m[name], m[n] = m[n], m[name]
		if bytes.Equal(m[name].Data, m[n].Data) {
			what = ""
		}
		return m, what
	}
	if bytes.Equal(data, m[name].Data) {
		return nil, ""
	}
	m[name] = &fstest.MapFile{Data: data}
	return m, what
}

func TestEveryTamperingOfACaseIsFound(t *testing.T) {
	t.Parallel()
	w, other := newWork(t, 1), newWork(t, 2)
	opt := Options{Now: noon}
	for _, o := range []Options{opt, {Now: noon, Trust: seal.NewTrust(&w.signer.Key)}, {Now: noon, Authorities: w.tsa.Root}} {
		if r := Case(w.now, "case", o); !r.OK || r.Signed.Stamped == nil || !r.Signed.Stamped.Equal(w.tsa.At) {
			t.Fatalf("untouched case: %+v", r.Checks)
		}
	}
	if r := Case(w.now, "case", Options{Now: noon, Authorities: tsatest.New(t, x509.ExtKeyUsageTimeStamping).Root}); r.OK {
		t.Error("a time stamp of another authority than the one that is trusted passes")
	}
	r := rand.New(rand.NewPCG(1, 2))
	for n := 0; n < tamperings(t); {
		m, what := tamper(r, w.now, other.now, w.past)
		if what == "" {
			continue
		}
		n++
		if res := Case(m, "case", opt); res.OK {
			t.Fatalf("%d: %s: not found", n, what)
		}
	}
}

func TestEveryTamperingOfAReportIsFound(t *testing.T) {
	t.Parallel()
	w, other := newWork(t, 3), newWork(t, 4)
	reports := func(w *work, text string) fstest.MapFS {
		dir := t.TempDir()
		d, err := casedir.Open(w.dir)
		check(t, err)
		m, err := d.Manifest(noon, "test")
		check(t, err)
		name := filepath.Join(dir, "report.html")
		check(t, os.WriteFile(name, []byte(text), 0o600))
		_, err = seal.SignReports(m, w.signer, name)
		check(t, err)
		return memory(t, dir)
	}
	files := reports(w, "<!DOCTYPE html>\n<p>one</p>\n<p>two</p>\n")
	foreign := reports(other, "<!DOCTYPE html>\n<p>other</p>\n")
	opt := Options{Now: noon}
	for _, rests := range []fs.FS{nil, w.now} {
		if r := Report(files, "report.html", rests, opt); !r.OK {
			t.Fatalf("untouched report: %+v", r.Checks)
		}
	}
	if r := Report(files, "report.html", other.now, opt); r.OK {
		t.Error("the case of another report: not found")
	}
	r := rand.New(rand.NewPCG(3, 4))
	for n := 0; n < tamperings(t); {
		m, what := tamper(r, files, foreign, nil)
		if what == "" {
			continue
		}
		n++
		if res := Report(m, "report.html", nil, opt); res.OK {
			t.Fatalf("%d: %s: not found", n, what)
		}
	}
}

func TestEveryTamperingOfAFolderOfReportsIsFound(t *testing.T) {
	t.Parallel()
	w := newWork(t, 10)
	dir := t.TempDir()
	d, err := casedir.Open(w.dir)
	check(t, err)
	m, err := d.Manifest(noon, "test")
	check(t, err)
	var names []string
	for _, n := range []string{"manager.html", "technical.html", "findings.csv"} {
		names = append(names, filepath.Join(dir, n))
		check(t, os.WriteFile(names[len(names)-1], []byte("one\ntwo\n"+n), 0o600))
	}
	_, err = seal.SignReports(m, w.signer, names...)
	check(t, err)
	files := memory(t, dir)
	opt := Options{Now: noon}
	for _, r := range []*Result{Folder(files, "out", nil, opt), Folder(files, "out", w.now, opt), Report(files, "findings.csv", w.now, opt)} {
		if !r.OK {
			t.Fatalf("untouched reports: %+v", r.Checks)
		}
	}
	r := rand.New(rand.NewPCG(11, 12))
	for n := 0; n < tamperings(t); {
		bad, what := tamper(r, files, w.now, nil)
		if what == "" {
			continue
		}
		n++
		if res := Folder(bad, "out", nil, opt); res.OK {
			t.Fatalf("%d: %s: not found", n, what)
		}
	}
}

func TestEveryTamperingOfAPackageIsFound(t *testing.T) {
	t.Parallel()
	w := newWork(t, 5)
	d, err := casedir.Open(w.dir)
	check(t, err)
	var b bytes.Buffer
	check(t, casedir.Export(&b, d))
	whole := b.Bytes()
	opt := Options{Now: noon}
	if r, _ := Package(bytes.NewReader(whole), int64(len(whole)), "case.zip", opt); !r.OK {
		t.Fatalf("untouched package: %+v", r.Checks)
	}
	r := rand.New(rand.NewPCG(5, 6))
	for n := range tamperings(t) {
		data := slices.Clone(whole)
		at := r.IntN(len(data))
		switch n % 4 {
		case 0, 1:
			data[at] ^= 1 << r.IntN(8)
		case 2:
			data = slices.Delete(data, at, at+1)
		case 3:
			data = slices.Insert(data, at, byte(r.IntN(256)))
		}
		if bytes.Equal(data, whole) {
			continue
		}
		if res, _ := Package(bytes.NewReader(data), int64(len(data)), "case.zip", opt); res.OK {
			t.Fatalf("change %d @%#x: not found", n, at)
		}
	}
	// The same files in another zip: what is in it holds, but its own bytes are not ours.
	var again bytes.Buffer
	z := zip.NewWriter(&again)
	check(t, z.AddFS(w.now))
	check(t, z.Close())
	if res, _ := Package(bytes.NewReader(again.Bytes()), int64(again.Len()), "case.zip", opt); res.OK {
		t.Error("a zip of another program passes for a package")
	}
}

func TestUntouchedCasesGiveNoFalseAlarm(t *testing.T) {
	t.Parallel()
	w := newWork(t, 6)
	d, err := casedir.Open(w.dir)
	check(t, err)
	for i := range 20 { // entries after the signature, then a new one
		check(t, d.Append(w.writer(), ledger.KindLog, ledger.LogEntry{Text: fmt.Sprint(i)}))
		r := Case(os.DirFS(w.dir), "case", Options{Now: noon})
		if !r.OK || !has(r, NotChecked, "manifest.beyond") {
			t.Fatalf("after %d entries: %+v", i+1, r.Checks)
		}
	}
	w.sign(t)
	if r := Case(os.DirFS(w.dir), "case", Options{Now: noon}); !r.OK || has(r, NotChecked, "manifest.beyond") {
		t.Fatalf("signed again: %+v", r.Checks)
	}
	// A newer revision after the signature.
	_, err = casedir.Revise(w.dir, &casefile.Case{}, []byte("{}"), casedir.Checked{}, w.writer())
	check(t, err)
	if r := Case(os.DirFS(w.dir), "case", Options{Now: noon}); !r.OK {
		t.Fatalf("revised after the signature: %+v", r.Checks)
	}
}

func TestWholeReplayIsFoundByANotedHead(t *testing.T) {
	t.Parallel()
	w := newWork(t, 7)
	old := w.now // signed, whole, and older
	d, err := casedir.Open(w.dir)
	check(t, err)
	check(t, d.Append(w.writer(), ledger.KindLog, ledger.LogEntry{Text: "later"}))
	head := d.State.Head.Hash
	if r := Case(old, "case", Options{Now: noon}); !r.OK {
		t.Fatalf("an older state is a good state: %+v", r.Checks)
	}
	if r := Case(old, "case", Options{Now: noon, Head: head}); r.OK {
		t.Error("the chain lacks the head that was noted, and this is not told")
	}
	if r := Case(os.DirFS(w.dir), "case", Options{Now: noon, Head: head}); !r.OK {
		t.Errorf("the chain holds the head: %+v", r.Checks)
	}
}

func TestTrust(t *testing.T) {
	t.Parallel()
	w, other := newWork(t, 8), newWork(t, 9)
	for _, c := range []struct {
		name  string
		trust *seal.Trust
		ok    bool
		told  string
	}{
		{"no key given", nil, true, "signature.trust"},
		{"its key", seal.NewTrust(&w.signer.Key), true, ""},
		{"another key", seal.NewTrust(&other.signer.Key), false, "signature.trust"},
	} {
		r := Case(w.now, "case", Options{Now: noon, Trust: c.trust})
		if r.OK != c.ok || (c.told != "") != (has(r, NotChecked, "signature.trust") || has(r, Failed, "signature.trust")) {
			t.Errorf("%s: %v %+v", c.name, r.OK, r.Checks)
		}
	}
	unsigned := maps.Clone(w.past[2])
	if r := Case(unsigned, "case", Options{Now: noon}); !r.OK || !has(r, NotChecked, "signature") {
		t.Errorf("a case that was never signed: %+v", r.Checks)
	}
	if r := Case(unsigned, "case", Options{Now: noon, Trust: seal.NewTrust(&w.signer.Key)}); r.OK {
		t.Error("a signature is demanded, and there is none")
	}
}

func has(r *Result, o Outcome, code string) bool {
	return slices.ContainsFunc(r.Checks, func(c Check) bool { return c.Outcome == o && c.Code == code })
}
