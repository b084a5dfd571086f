package export

import (
	"encoding/json"
	"io"

	"vigie/internal/casefile"
	"vigie/internal/jsonline"
)

// ocsf writes a Detection Finding (class 2004) for each finding, one a line.
func (j *job) ocsf(w io.Writer) error {
	enc := json.NewEncoder(jsonline.NewWriter(w))
	enc.SetEscapeHTML(false)
	results := map[[2]string]*casefile.FlawResult{}
	for i := range j.Case.Hosts {
		h := &j.Case.Hosts[i]
		for k := range h.Flaws {
			results[[2]string{h.Name, h.Flaws[k].ID}] = &h.Flaws[k]
		}
	}
	for i := range j.Case.Findings {
		f := &j.Case.Findings[i]
		if err := enc.Encode(j.detection(f, results[[2]string{f.Host, f.Flaw}])); err != nil {
			return err
		}
	}
	return nil
}

// The numbers of OCSF for the words of a case.
var (
	ocsfSeverity   = map[casefile.Stage]int{casefile.StateSeen: 1, casefile.Attempt: 2, casefile.FollowUp: 4, casefile.Success: 5}
	ocsfConfidence = map[casefile.Confidence]int{casefile.Low: 1, casefile.Medium: 2, casefile.High: 3}
	ocsfStatus     = map[string]int{"open": 2, "confirmed": 2, "false-positive": 3, "accepted": 3, "resolved": 4} // 1 new, 2 in progress, 3 suppressed, 4 resolved
)

func (j *job) detection(f *casefile.Finding, r *casefile.FlawResult) object {
	at := f.Time
	extra := object{"stage": f.Stage, "act": f.Act, "flaw": f.Flaw, "weight": f.Weight}
	if at.IsZero() { // the class demands a time
		at, extra["undated"] = j.at, true
	}
	info := object{"uid": j.id("finding", f.ID), "title": j.say(f.Title), "types": []string{string(f.Stage)}, "data_sources": orEmpty(f.Sources),
		"analytic": object{"type_id": 1, "type": "Rule", "uid": f.Rule, "name": f.Rule, "version": f.RuleVersion}}
	if harmless := j.say(f.Harmless); harmless != "" {
		info["desc"] = harmless
	}
	if !f.Time.IsZero() {
		info["first_seen_time"], info["last_seen_time"] = f.Time.UnixMilli(), f.TimeEnd.UnixMilli()
	}
	attacks := []object{}
	for _, t := range f.Attack {
		attacks = append(attacks, object{"technique": object{"uid": t, "name": t}}) // the case knows numbers alone, and the model demands a name
	}
	info["attacks"] = attacks
	d := object{"activity_id": 1, "activity_name": "Create", "category_uid": 2, "category_name": "Findings", "class_uid": 2004, "class_name": "Detection Finding", "type_uid": 200401,
		"severity_id": ocsfSeverity[f.Stage], "status_id": 1, "confidence_id": ocsfConfidence[f.Confidence], "count": max(f.Count, 1), "time": at.UnixMilli(), "message": j.say(f.Title),
		"metadata":     object{"version": "1.5.0", "uid": f.ID, "product": object{"name": "Vigie", "vendor_name": "Vigie", "version": j.Case.Vigie.Version}},
		"finding_info": info, "resources": []object{{"name": f.Host, "type": "server"}}, "evidences": j.evidences(f), "observables": observables(f), "unmapped": extra}
	if j.Ledger != nil {
		if s := j.Ledger.StateOf(f.ID); s != nil && ocsfStatus[s.State] != 0 {
			d["status_id"], d["comment"] = ocsfStatus[s.State], s.Reason
		}
	}
	if r != nil && len(r.CVEs) > 0 {
		list := []object{}
		for _, cve := range r.CVEs {
			list = append(list, object{"cve": object{"uid": cve}})
		}
		d["vulnerabilities"] = list
	}
	return d
}

func (j *job) evidences(f *casefile.Finding) []object {
	list := []object{}
	for i := range f.Evidence {
		e := &f.Evidence[i]
		data := object{"path": e.Path, "offset": e.Offset, "kind": e.Kind, "rule": e.Rule, "sha256": e.SHA256, "raw": e.Raw}
		if e.Line > 0 {
			data["line"] = e.Line
		}
		if e.Record > 0 {
			data["record"] = e.Record
		}
		if !e.Time.IsZero() {
			data["time"] = utc(e.Time)
		}
		list = append(list, object{"data": data})
	}
	return list
}

// observables are the addresses and hashes of a finding, by the numbers of OCSF: 2 address, 4 user name, 8 hash.
func observables(f *casefile.Finding) []object {
	list := []object{}
	for _, c := range f.Clients {
		list = append(list, object{"name": "src_endpoint.ip", "type_id": 2, "value": c})
	}
	for _, a := range f.Accounts {
		list = append(list, object{"name": "actor.user.name", "type_id": 4, "value": a})
	}
	for i := range f.Pages {
		list = append(list, object{"name": "file.hashes", "type_id": 8, "value": f.Pages[i].SHA256})
	}
	return list
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
