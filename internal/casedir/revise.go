package casedir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/ledger"
	"vigie/internal/seal"
)

// nextName holds the new case.json until the chain names it. It is left behind only when a program dies in between; whoever opens the
// case next reads it in the place of case.json, and whoever writes puts it there.
const nextName = "case.json.next"

// revisionName is where an older case.json is kept.
func revisionName(n int, sha256 string) string {
	return fmt.Sprintf("%s/%04d-%.12s.json", Revisions, n, sha256)
}

// RevisionFile is where the case.json of a revision stands in the folder: in its own place when it is the newest.
func RevisionFile(s *ledger.State, r *ledger.Revision) string {
	if last := &s.Revisions[len(s.Revisions)-1]; r.SHA256 == last.SHA256 {
		return CaseName
	}
	return revisionName(r.N, r.SHA256)
}

// Checked says what a run of the engine read, for the custody of the evidence.
type Checked struct {
	Version string   // of Vigie
	Paths   []string // as the user gave them
}

// ErrChanged says that case.json is not the one that the ledger names. A new revision would hide that.
var ErrChanged = errors.New("case.json is not the one that the ledger names: somebody changed it")

// Revise makes c the newest conclusions of the case in a folder, which is made when it is not there. The ledgers stay; the case.json before
// is kept, the files that were read enter the register of evidence and its custody, what changed is told in the chain, and actions of
// the plan that the new evidence proves are marked done. data is the JSON of c. The same bytes again make no new revision.
func Revise(dir string, c *casefile.Case, data []byte, how Checked, w Writer) (*Dir, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	d := &Dir{Path: dir, Case: &casefile.Case{}, State: ledger.NewState()}
	if Is(dir) {
		var err error
		if d, err = Open(dir); err != nil {
			return nil, err
		}
	}
	sum := hash(data)
	err := d.change(w, func(tx *ledger.Tx) error {
		if d.Changed {
			return ErrChanged
		}
		if d.Checked && d.SHA256 == sum {
			return opened(tx, how, w)
		}
		if d.Checked {
			if err := keep(d.Path, revisionName(len(tx.State.Revisions), d.SHA256)); err != nil {
				return err
			}
		}
		if err := seal.WriteFile(filepath.Join(d.Path, nextName), data); err != nil {
			return err
		}
		if err := d.revision(tx, c, sum, int64(len(data)), w); err != nil {
			return err
		}
		return opened(tx, how, w)
	})
	if err != nil {
		return nil, err
	}
	if err := d.settle(); err != nil {
		return nil, err
	}
	return Open(dir)
}

// keep copies case.json to its place among the older ones.
func keep(dir, name string) error {
	data, err := ledger.ReadFile(os.DirFS(dir), CaseName)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, Revisions), 0o700); err != nil {
		return err
	}
	return seal.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), data)
}

// settle puts a case.json that the chain names into its place.
func (d *Dir) settle() error {
	err := os.Rename(filepath.Join(d.Path, nextName), filepath.Join(d.Path, CaseName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// opened tells that the evidence of the newest revision was read.
func opened(tx *ledger.Tx, how Checked, w Writer) error {
	return tx.Append(w.Author, ledger.KindCustody, ledger.Custody{Act: "opened", Person: w.Author, Tool: "vigie " + how.Version, Revision: len(tx.State.Revisions),
		From: strings.Join(how.Paths, " "), Reason: "vigie check"})
}

// revision appends the entries of a new revision: itself, its evidence, and what it proves.
func (d *Dir) revision(tx *ledger.Tx, c *casefile.Case, sha256 string, size int64, w Writer) error {
	n := len(tx.State.Revisions) + 1
	r := ledger.Revision{N: n, SHA256: sha256, Size: size, Version: c.Vigie.Version, Rules: c.Vigie.Rules.SHA256, Known: c.Vigie.Knowledge.Date,
		Files: c.Ledger.Files, Bytes: c.Ledger.Bytes, Partial: c.Partial}
	var proved []ledger.ActionEvent
	if n > 1 {
		r.Changes = Compare(d.Case, c)
		if over := len(r.Changes) - ledger.MaxChanges; over > 0 {
			r.Changes, r.Dropped = r.Changes[:ledger.MaxChanges], over
		}
		proved = provedActions(tx.State, d.Case, c, n)
	}
	if err := tx.Append(w.Author, ledger.KindRevision, r); err != nil {
		return err
	}
	var items []ledger.EvidenceItem
	before := map[[2]string]bool{} // by file name and hash: paths begin otherwise when other folders are given
	for i := range tx.State.Evidence {
		before[[2]string{baseName(tx.State.Evidence[i].Name), tx.State.Evidence[i].SHA256}] = true
	}
	for _, list := range [][]casefile.LedgerItem{c.Ledger.Containers, c.Ledger.Items} {
		for i := range list {
			it := &list[i]
			if !before[[2]string{baseName(it.Path), it.SHA256}] {
				items = append(items, ledger.EvidenceItem{Name: it.Path, Kind: it.Kind, Host: it.Host, Size: it.Size, SHA256: it.SHA256})
			}
		}
	}
	for batch := range slices.Chunk(items, ledger.MaxBatch) {
		if err := tx.Append(w.Author, ledger.KindEvidence, ledger.EvidenceBatch{Revision: n, Items: batch}); err != nil {
			return err
		}
	}
	for _, a := range proved {
		if err := tx.Append(w.Author, ledger.KindAction, a); err != nil {
			return err
		}
	}
	return nil
}

// baseName is the name of a file of evidence without its folders and containers.
func baseName(path string) string { return path[strings.LastIndexAny(path, "/!")+1:] }

// provedActions gives the actions of the old plan that the new evidence proves: the plan asks for them no more, and either the state of a flaw
// that they answer became fixed while its verdict stayed, or all the checks that they answer are now met.
func provedActions(s *ledger.State, before, after *casefile.Case, revision int) []ledger.ActionEvent {
	still := map[[2]string]bool{}
	for i := range after.Actions {
		a := &after.Actions[i]
		still[[2]string{a.Host, a.Title.EN}], still[[2]string{a.Host, "step " + a.Step}] = true, true
	}
	var proved []ledger.ActionEvent
	for i := range s.Actions {
		a := &s.Actions[i]
		ref := ledger.PlanRef{Host: a.Target, Title: a.Title.EN, Step: a.Step}
		if a.PlanID == "" || still[[2]string{a.Target, a.Title.EN}] || a.Step != "" && still[[2]string{a.Target, "step " + a.Step}] {
			continue
		}
		done := func(m ledger.Measured) {
			proved = append(proved, ledger.ActionEvent{ID: a.ID, State: "done", Plan: &ref, Title: a.Title, Phase: a.Phase, Target: a.Target, At: m.After.At, Measured: &m})
		}
		for _, m := range provedChecks(before, after, a, revision) {
			done(m)
		}
		for _, flaw := range planFlaws(before, a.PlanID) {
			h0, f0 := judged(before, a.Target, flaw)
			h1, f1 := judged(after, a.Target, flaw)
			if f0 == nil || f1 == nil || f0.Verdict != f1.Verdict || f0.StateNow == casefile.Fixed || f1.StateNow != casefile.Fixed {
				continue
			}
			done(ledger.Measured{Revision: revision, Host: a.Target, Flaw: flaw, Before: sighting(h0, f0), After: sighting(h1, f1)})
		}
	}
	return proved
}

func planFlaws(c *casefile.Case, id string) []string {
	for i := range c.Actions {
		if c.Actions[i].ID == id {
			return c.Actions[i].Flaws
		}
	}
	return nil
}

func judged(c *casefile.Case, host, flaw string) (*casefile.Host, *casefile.FlawResult) {
	for i := range c.Hosts {
		h := &c.Hosts[i]
		for j := range h.Flaws {
			if h.Name == host && h.Flaws[j].ID == flaw {
				return h, &h.Flaws[j]
			}
		}
	}
	return nil, nil
}

func sighting(h *casefile.Host, f *casefile.FlawResult) ledger.Sighting {
	s := ledger.Sighting{State: f.StateNow, Build: h.Build}
	if f.StateAt != nil {
		at := f.StateAt.UTC().Truncate(time.Second)
		s.At = &at
	}
	return s
}
