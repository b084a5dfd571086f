package casedir

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/ledger"
)

var noon = time.Date(2021, 3, 5, 12, 0, 0, 0, time.UTC)

func martin() Writer { return Writer{Author: "A. Martin", Now: func() time.Time { return noon }} }

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// sample is a case of one host with two findings, and a plan.
func sample() *casefile.Case {
	at := noon
	return &casefile.Case{
		Hosts: []casefile.Host{{Name: "EX01", Build: "15.1.2176.2", Verdict: casefile.Targeted, StateNow: casefile.Exposed, Flaws: []casefile.FlawResult{
			{ID: "proxylogon", Verdict: casefile.Targeted, StateNow: casefile.Exposed, StateAt: &at}, {ID: "proxyshell", Verdict: casefile.NoTrace, StateNow: casefile.Exposed}}}},
		Findings: []casefile.Finding{finding("F-0001", "ssrf", 10), finding("F-0002", "upload", 20)},
		Actions: []casefile.Action{
			action("A-001", "preserve", "Copy the logs", "proxylogon"), action("A-002", "restore", "Install the update", "proxylogon", "proxyshell")},
		Ledger: casefile.Ledger{Files: 1, Bytes: 30, Items: []casefile.LedgerItem{{Path: "u_ex.log", Kind: "iis", Host: "EX01", Size: 30, SHA256: "aa"}}},
	}
}

func finding(id, act string, offset int64) casefile.Finding {
	return casefile.Finding{ID: id, Host: "EX01", Flaw: "proxylogon", Act: act, Time: noon, Evidence: []casefile.Evidence{{Ref: casefile.Ref{Path: "u_ex.log", Offset: offset}, SHA256: "aa"}}}
}

func action(id, phase, title string, flaws ...string) casefile.Action {
	return casefile.Action{ID: id, Phase: phase, Host: "EX01", Title: casefile.Text{FR: title, EN: title}, Flaws: flaws}
}

func revise(t *testing.T, dir string, c *casefile.Case) *Dir {
	t.Helper()
	data, err := ledger.Marshal(c)
	check(t, err)
	d, err := Revise(dir, c, data, Checked{Version: "test", Paths: []string{"logs"}}, martin())
	check(t, err)
	return d
}

func TestNewerEvidenceKeepsTheLedgers(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "case")
	c := sample()
	d := revise(t, dir, c)
	first := d.SHA256
	state := ledger.StateFor(&c.Findings[1], 1)
	state.State, state.Reason = "false-positive", "a scanner of ours"
	check(t, d.Append(martin(), ledger.KindFinding, state))
	check(t, d.Append(martin(), ledger.KindAction, ledger.ActionEvent{ID: "A-001", State: "done", Plan: &ledger.PlanRef{Host: "EX01", Title: "Copy the logs"}}))
	check(t, d.Append(martin(), ledger.KindVerdict, ledger.Verdict{Host: "EX01", Flaw: "proxylogon", Verdict: casefile.Suspected, Engine: casefile.Targeted, Reason: "r"}))

	// The server was patched, an earlier finding was found, the plan begins otherwise.
	c = sample()
	c.Hosts[0].Build = "15.1.2176.9"
	c.Hosts[0].Flaws[0].StateNow, c.Hosts[0].Flaws[1].StateNow = casefile.Fixed, casefile.Fixed
	c.Findings = []casefile.Finding{finding("F-0001", "scan", 1), finding("F-0002", "ssrf", 10), finding("F-0003", "upload", 20)}
	c.Actions = []casefile.Action{action("A-001", "preserve", "Call the client", "proxylogon"), action("A-002", "preserve", "Copy the logs", "proxylogon")}
	c.Ledger.Items = append(c.Ledger.Items, casefile.LedgerItem{Path: "new.log", Size: 5, SHA256: "bb"})
	d = revise(t, dir, c)
	s := d.State
	if len(s.Revisions) != 2 || s.Revisions[0].SHA256 != first || d.SHA256 == first || d.Changed {
		t.Fatalf("revisions %+v", s.Revisions)
	}
	if kept, err := os.ReadFile(filepath.Join(dir, RevisionFile(s, &s.Revisions[0]))); err != nil || hash(kept) != first {
		t.Errorf("the older case.json: %v", err)
	}
	if f := s.StateOf("F-0003"); f == nil || f.State != "false-positive" || s.StateOf("F-0002") != nil {
		t.Errorf("the decision follows the finding, not its number: %+v", s.Findings)
	}
	if v := s.VerdictOn("EX01", "proxylogon"); v == nil || v.Verdict != casefile.Suspected || v.EngineNow != casefile.Targeted {
		t.Errorf("verdict %+v", v)
	}
	var changes []string
	for _, c := range s.Revisions[1].Changes {
		changes = append(changes, c.What+" "+c.Flaw+c.ID)
	}
	if want := []string{"build ", "state proxylogon", "state proxyshell", "finding-new proxylogonF-0001"}; !slices.Equal(changes, want) {
		t.Errorf("changes %q, want %q", changes, want)
	}
	copied := s.Action("A-001")
	if copied == nil || copied.State != "done" || copied.PlanID != "A-002" || copied.Title.EN != "Copy the logs" {
		t.Errorf("an action keeps the number under which it was done: %+v", copied)
	}
	if a := s.Action("A-001b"); a == nil || a.Title.EN != "Call the client" || a.State != "planned" {
		t.Errorf("the new action of that number gets another: %+v", a)
	}
	update := s.Action("A-002")
	if update == nil || update.State != "done" || update.By != "" || !update.Proved() || len(update.Measured) != 2 || update.Measured[0].Before.State != casefile.Exposed ||
		update.Measured[0].After.State != casefile.Fixed || update.Measured[0].After.Build != "15.1.2176.9" {
		t.Errorf("the update is proved by the new evidence: %+v", update)
	}
	if copied.Proved() {
		t.Error("an action without proof counts as proved")
	}
	if len(s.Evidence) != 2 || s.Evidence[0].ID != "E-0001" || s.Evidence[1].Name != "new.log" || s.Evidence[1].Revision != 2 {
		t.Errorf("evidence %+v", s.Evidence)
	}
	if len(s.Custody) != 2 || s.Custody[1].Act != "opened" || s.Custody[1].Revision != 2 || s.Custody[1].Author != "A. Martin" {
		t.Errorf("custody %+v", s.Custody)
	}

	// The same evidence again: no new revision, but it was opened.
	d = revise(t, dir, c)
	if len(d.State.Revisions) != 2 || len(d.State.Custody) != 3 {
		t.Errorf("%d revisions, %d custody entries", len(d.State.Revisions), len(d.State.Custody))
	}
	if opened, err := Open(dir); err != nil || len(opened.State.Actions) != len(d.State.Actions) {
		t.Errorf("opened again: %v", err)
	}
}

// A measurement proves what a person said that he did, and leaves who and when.
func TestMeasurementProvesAPersonsWork(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "case")
	d := revise(t, dir, sample())
	at := noon.Add(-time.Hour)
	check(t, d.Append(martin(), ledger.KindAction, ledger.ActionEvent{ID: "A-002", State: "done", By: "B. Petit", At: &at, Plan: &ledger.PlanRef{Host: "EX01", Title: "Install the update"}}))
	if a := d.State.Action("A-002"); a.Proved() || a.By != "B. Petit" {
		t.Errorf("declared: %+v", a)
	}
	c := sample()
	for i := range c.Hosts[0].Flaws {
		c.Hosts[0].Flaws[i].StateNow = casefile.Fixed
	}
	c.Actions = c.Actions[:1]
	if a := revise(t, dir, c).State.Action("A-002"); !a.Proved() || a.By != "B. Petit" || !a.DoneAt.Equal(at) || a.State != "done" {
		t.Errorf("measured: %+v", a)
	}
}

// An action whose verdict changed with the state is not proved: the plan may have dropped it for another reason.
func TestActionIsNotProvedByAnotherVerdict(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "case")
	revise(t, dir, sample())
	c := sample()
	for i := range c.Hosts[0].Flaws {
		c.Hosts[0].Flaws[i].StateNow, c.Hosts[0].Flaws[i].Verdict = casefile.Fixed, casefile.NotAffected
	}
	c.Actions = nil
	if a := revise(t, dir, c).State.Action("A-002"); a != nil {
		t.Errorf("%+v", a)
	}
}

func TestCaseBeforeItsEvidence(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "case")
	d, err := Create(dir, martin(), ledger.Subject{Client: ledger.Party{Name: "Example"}})
	check(t, err)
	if d.Checked || d.Case == nil || d.State.Subject.CaseID == "" {
		t.Errorf("%+v", d)
	}
	check(t, d.Append(martin(), ledger.KindLog, ledger.LogEntry{Text: "called"}))
	id := d.State.Subject.CaseID
	d = revise(t, dir, sample())
	if !d.Checked || d.State.Subject.Client.Name != "Example" || d.State.Subject.CaseID != id || len(d.State.Log) != 1 {
		t.Errorf("%+v", d.State.Subject)
	}
	if _, err := Create(dir, martin(), ledger.Subject{}); !errors.Is(err, os.ErrExist) {
		t.Errorf("a case over a case: %v", err)
	}
}

func TestCaseOfAnOlderVersionGetsALedger(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data, err := ledger.Marshal(sample())
	check(t, err)
	check(t, os.WriteFile(filepath.Join(dir, CaseName), data, 0o600))
	d, err := Open(dir)
	check(t, err)
	if d.State.Head.Seq != 0 || len(d.State.Actions) != 2 {
		t.Errorf("%+v", d.State)
	}
	check(t, d.Append(martin(), ledger.KindLog, ledger.LogEntry{Text: "x"}))
	if len(d.State.Revisions) != 1 || d.State.Revisions[0].SHA256 != hash(data) || len(d.State.Evidence) != 1 {
		t.Errorf("%+v", d.State.Revisions)
	}
	bare, err := Open(filepath.Join(dir, CaseName))
	check(t, err)
	if err := bare.Append(martin(), ledger.KindLog, ledger.LogEntry{Text: "x"}); !errors.Is(err, ErrAlone) {
		t.Errorf("a bare case.json: %v", err)
	}
}

// A program that dies between the entry and case.json leaves the new one beside it: it counts, and the next write puts it in place.
func TestDeathBetweenEntryAndCase(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "case")
	revise(t, dir, sample())
	old, err := os.ReadFile(filepath.Join(dir, CaseName))
	check(t, err)
	c := sample()
	c.Hosts[0].Build = "15.1.2176.9"
	want := revise(t, dir, c).SHA256
	check(t, os.Rename(filepath.Join(dir, CaseName), filepath.Join(dir, nextName)))
	check(t, os.WriteFile(filepath.Join(dir, CaseName), old, 0o600))
	d, err := Open(dir)
	check(t, err)
	if d.SHA256 != want || d.Changed || d.Case.Hosts[0].Build != "15.1.2176.9" {
		t.Errorf("the older one was read")
	}
	check(t, d.Append(martin(), ledger.KindLog, ledger.LogEntry{Text: "x"}))
	if data, err := os.ReadFile(filepath.Join(dir, CaseName)); err != nil || hash(data) != want {
		t.Errorf("case.json was not put in place: %v", err)
	}
}

func TestChangedCaseIsNotRevised(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "case")
	revise(t, dir, sample())
	check(t, os.WriteFile(filepath.Join(dir, CaseName), []byte("{}"), 0o600))
	d, err := Open(dir)
	check(t, err)
	if !d.Changed {
		t.Error("a changed case.json is not told")
	}
	if _, err := Revise(dir, sample(), []byte(`{"x":1}`), Checked{}, martin()); !errors.Is(err, ErrChanged) {
		t.Errorf("revised: %v", err)
	}
}

func TestAttach(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, err := Create(filepath.Join(dir, "case"), martin(), ledger.Subject{})
	check(t, err)
	for _, c := range []struct{ name, ext string }{{"Capture.PNG", ".png"}, {"sans", ""}, {"a.b c", ""}, {"x.very-long-ending", ""}} {
		name := filepath.Join(dir, c.name)
		check(t, os.WriteFile(name, []byte("proof of "+c.name), 0o600))
		a, err := d.Attach(name)
		check(t, err)
		if a.Name != c.name || a.File != "attachments/"+a.SHA256+c.ext {
			t.Errorf("%s: %+v", c.name, a)
		}
		if data, err := os.ReadFile(filepath.Join(d.Path, filepath.FromSlash(a.File))); err != nil || hash(data) != a.SHA256 || int64(len(data)) != a.Size {
			t.Errorf("%s: %v", c.name, err)
		}
		if again, err := d.Attach(name); err != nil || again != a {
			t.Errorf("%s again: %v", c.name, err)
		}
	}
	if _, err := d.Attach(dir); err == nil {
		t.Error("a folder was attached")
	}
	if left, _ := filepath.Glob(filepath.Join(d.Path, Attachments, ".vigie-*")); left != nil {
		t.Errorf("left behind: %v", left)
	}
}

func TestPackageRoundTrip(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "case")
	d := revise(t, dir, sample())
	proof := filepath.Join(t.TempDir(), "p.txt")
	check(t, os.WriteFile(proof, []byte("p"), 0o600))
	a, err := d.Attach(proof)
	check(t, err)
	check(t, d.Append(martin(), ledger.KindAction, ledger.ActionEvent{ID: "A-001", State: "done", Proof: []ledger.Attachment{a}}))
	c := sample()
	c.Hosts = nil
	d = revise(t, dir, c)
	var b, again bytes.Buffer
	check(t, Export(&b, d))
	check(t, Export(&again, d))
	if !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Error("the same case gives other bytes")
	}
	to := filepath.Join(t.TempDir(), "in")
	check(t, Import(to, bytes.NewReader(b.Bytes()), int64(b.Len())))
	in, err := Open(to)
	check(t, err)
	if in.State.Head != d.State.Head || in.SHA256 != d.SHA256 || !slices.Equal(in.Files(), d.Files()) {
		t.Errorf("%v, want %v", in.Files(), d.Files())
	}
}

func TestHostilePackageIsRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"../evil", "/etc/passwd", `..\evil`, "attachments/../../x", "attachments/a/b", "C:evil", "attachments/.hidden", "run.exe", "ledger.lock", "case.json/x"} {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Store})
		check(t, err)
		_, err = w.Write(nil)
		check(t, err)
		check(t, z.Close())
		dir := filepath.Join(t.TempDir(), "in")
		if err := Import(dir, bytes.NewReader(b.Bytes()), int64(b.Len())); err == nil {
			t.Errorf("%s: unpacked", name)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: something was written", name)
		}
	}
}

func FuzzImport(f *testing.F) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateRaw(&zip.FileHeader{Name: "case.json", Method: zip.Store})
	check(f, err)
	_, err = w.Write(nil)
	check(f, err)
	check(f, z.Close())
	f.Add(b.Bytes())
	f.Add([]byte("PK\x05\x06" + string(make([]byte, 18))))
	f.Fuzz(func(t *testing.T, data []byte) {
		root := t.TempDir()
		_ = Import(filepath.Join(root, "in"), bytes.NewReader(data), int64(len(data))) // as a rule it is none
		if names, err := os.ReadDir(root); err != nil || len(names) > 1 {
			t.Fatal("something was written beside the folder")
		}
	})
}
