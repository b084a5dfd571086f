package casedir

import (
	"vigie/internal/casefile"
	"vigie/internal/ledger"
)

// Compare tells what the newer of two cases says otherwise than the older: hosts, verdicts, states and builds, then findings.
func Compare(before, after *casefile.Case) []ledger.Change {
	var out []ledger.Change
	old := map[string]*casefile.Host{}
	for i := range before.Hosts {
		old[before.Hosts[i].Name] = &before.Hosts[i]
	}
	for i := range after.Hosts {
		h := &after.Hosts[i]
		o := old[h.Name]
		if o == nil {
			out = append(out, ledger.Change{What: "host-new", Host: h.Name, To: string(h.Verdict)})
			continue
		}
		delete(old, h.Name)
		out = append(out, compareHost(o, h)...)
	}
	for i := range before.Hosts {
		if o := &before.Hosts[i]; old[o.Name] == o {
			out = append(out, ledger.Change{What: "host-gone", Host: o.Name, From: string(o.Verdict)})
		}
	}
	return append(out, compareFindings(before, after)...)
}

func compareHost(o, h *casefile.Host) []ledger.Change {
	var out []ledger.Change
	if o.Build != h.Build {
		out = append(out, ledger.Change{What: "build", Host: h.Name, From: o.Build, To: h.Build})
	}
	flaws := map[string]*casefile.FlawResult{}
	for i := range o.Flaws {
		flaws[o.Flaws[i].ID] = &o.Flaws[i]
	}
	for i := range h.Flaws {
		f := &h.Flaws[i]
		var was casefile.FlawResult
		if p := flaws[f.ID]; p != nil {
			was = *p
			delete(flaws, f.ID)
		}
		if was.Verdict != f.Verdict {
			out = append(out, ledger.Change{What: "verdict", Host: h.Name, Flaw: f.ID, From: string(was.Verdict), To: string(f.Verdict)})
		}
		if was.StateNow != f.StateNow {
			out = append(out, ledger.Change{What: "state", Host: h.Name, Flaw: f.ID, From: string(was.StateNow), To: string(f.StateNow)})
		}
	}
	for i := range o.Flaws {
		if f := &o.Flaws[i]; flaws[f.ID] == f {
			out = append(out, ledger.Change{What: "verdict", Host: h.Name, Flaw: f.ID, From: string(f.Verdict)})
		}
	}
	return out
}

// compareFindings finds findings again by what they are, as their ids change with newer evidence.
func compareFindings(before, after *casefile.Case) []ledger.Change {
	var out []ledger.Change
	olds, news := ledger.IndexFindings(before), ledger.IndexFindings(after)
	for i := range after.Findings {
		f := &after.Findings[i]
		if s := ledger.StateFor(f, 0); olds.Find(&s) == "" {
			out = append(out, ledger.Change{What: "finding-new", Host: f.Host, Flaw: f.Flaw, ID: f.ID, To: f.Act})
		}
	}
	for i := range before.Findings {
		f := &before.Findings[i]
		if s := ledger.StateFor(f, 0); news.Find(&s) == "" {
			out = append(out, ledger.Change{What: "finding-gone", Host: f.Host, Flaw: f.Flaw, ID: f.ID, From: f.Act})
		}
	}
	return out
}
