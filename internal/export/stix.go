package export

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"vigie/internal/casefile"
)

// object is an object of STIX. Its keys come out sorted.
type object = map[string]any

// bundle is a STIX 2.1 bundle under way.
type bundle struct {
	j       *job
	objects []object
	refs    []string // of the report
	seen    map[string]bool
	at      string
	author  string
	mark    string
}

func (j *job) stix() object {
	b := &bundle{j: j, seen: map[string]bool{}, at: stixTime(j.at)}
	b.author = "identity--" + uuid5(space, []byte("stix-author"))
	b.mark = b.marking()
	b.add(object{"type": "identity", "id": b.author, "name": "Vigie", "identity_class": "system"})
	hosts := map[string]string{}
	for i := range j.Case.Hosts {
		h := &j.Case.Hosts[i]
		hosts[h.Name] = b.sdo("identity", h.Name, object{"name": h.Name, "identity_class": "system", "description": strings.TrimSpace(h.Product + " " + h.Build)})
	}
	techniques, flaws := map[string]string{}, map[string]string{}
	for _, cve := range j.cves() {
		flaws[cve] = b.sdo("vulnerability", cve, object{"name": cve, "external_references": []object{{"source_name": "cve", "external_id": cve}}})
	}
	sighted := map[*casefile.Finding][]string{} // the observed objects of a finding
	for _, x := range j.indicators() {
		b.indicator(x, sighted)
	}
	for i := range j.Case.Findings {
		f := &j.Case.Findings[i]
		if !hostile(f) || j.dismissed(f) {
			continue
		}
		for _, t := range f.Attack {
			if techniques[t] == "" {
				techniques[t] = b.sdo("attack-pattern", t, object{"name": t, "external_references": []object{{"source_name": "mitre-attack", "external_id": t}}})
			}
		}
		b.finding(f, hosts[f.Host], techniques, sighted[f])
	}
	b.targets(hosts, flaws)
	b.add(object{"type": "report", "id": "report--" + j.id("stix", "report"), "name": j.title(), "report_types": []string{"attack-pattern"}, "published": b.at, "object_refs": b.refs})
	return object{"type": "bundle", "id": "bundle--" + j.id("stix", "bundle"), "objects": b.objects}
}

// add adds a domain object or relationship.
func (b *bundle) add(o object) string {
	id := o["id"].(string)
	if b.seen[id] {
		return id
	}
	b.seen[id] = true
	o["spec_version"], o["created"], o["modified"] = "2.1", b.at, b.at
	if id != b.author {
		o["created_by_ref"] = b.author
	}
	o["object_marking_refs"] = []string{b.mark}
	b.objects = append(b.objects, o)
	b.refs = append(b.refs, id)
	return id
}

func (b *bundle) sdo(kind, name string, o object) string {
	o["type"], o["id"] = kind, kind+"--"+b.j.id("stix", kind, name)
	if o["description"] == "" {
		delete(o, "description")
	}
	return b.add(o)
}

// sco adds an observable. Its id is that of the specification, 2.9: made of its value alone, so that others who see it name it the same.
func (b *bundle) sco(kind string, contributing, rest object) string {
	var name bytes.Buffer // keys sorted and nothing escaped without need, as RFC 8785 has it
	enc := json.NewEncoder(&name)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(contributing) // texts alone: cannot fail
	id := kind + "--" + uuid5([16]byte{0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c, 0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7}, bytes.TrimSuffix(name.Bytes(), []byte("\n")))
	if !b.seen[id] {
		b.seen[id] = true
		o := object{"type": kind, "id": id, "spec_version": "2.1", "object_marking_refs": []string{b.mark}}
		for _, part := range []object{contributing, rest} {
			for k, v := range part {
				o[k] = v
			}
		}
		b.objects = append(b.objects, o)
		b.refs = append(b.refs, id)
	}
	return id
}

// marking gives the sharing mark: one of the four that the specification defines, else a statement.
func (b *bundle) marking() string {
	word := b.j.tlp()
	for _, m := range tlpMarks {
		if m.word == word {
			b.objects = append(b.objects, object{"type": "marking-definition", "spec_version": "2.1", "id": m.id, "created": "2017-01-20T00:00:00.000Z", "definition_type": "tlp",
				"name": "TLP:" + strings.ToUpper(m.name), "definition": object{"tlp": m.name}})
			return m.id
		}
	}
	id := "marking-definition--" + uuid5(space, []byte("tlp:"+word))
	b.objects = append(b.objects, object{"type": "marking-definition", "spec_version": "2.1", "id": id, "created": b.at, "definition_type": "statement",
		"definition": object{"statement": "TLP:" + word}})
	return id
}

// tlpMarks are the marks of STIX 2.1, 7.2.1.4. CLEAR of TLP 2.0 is WHITE of TLP 1.
var tlpMarks = []struct{ word, name, id string }{
	{"CLEAR", "white", "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"},
	{"WHITE", "white", "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"},
	{"GREEN", "green", "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"},
	{"AMBER", "amber", "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"},
	{"RED", "red", "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"},
}

// indicator adds an indicator, and what it finds as observables.
func (b *bundle) indicator(x *indicator, sighted map[*casefile.Finding][]string) {
	var seen, pattern string
	kinds := []string{"anomalous-activity"}
	switch {
	case x.sha256 != "":
		what := object{"hashes": object{"SHA-256": x.sha256}}
		if x.name != "" {
			what["name"] = x.name
		}
		seen = b.sco("file", what, object{"size": x.size})
		pattern = "[file:hashes.'SHA-256' = '" + x.sha256 + "']"
	case x.addr.Is4():
		seen = b.sco("ipv4-addr", object{"value": x.addr.String()}, nil)
		pattern = "[ipv4-addr:value = '" + x.addr.String() + "']"
	default:
		seen = b.sco("ipv6-addr", object{"value": x.addr.String()}, nil)
		pattern = "[ipv6-addr:value = '" + x.addr.String() + "']"
	}
	if succeeded(x.findings) {
		kinds = []string{"malicious-activity"}
	}
	from := b.j.at
	for _, f := range x.findings {
		sighted[f] = append(sighted[f], seen)
		if !f.Time.IsZero() && f.Time.Before(from) {
			from = f.Time
		}
	}
	id := b.sdo("indicator", x.key(), object{"name": x.key(), "description": b.j.because(x.findings), "indicator_types": kinds, "pattern": pattern, "pattern_type": "stix", "valid_from": stixTime(from)})
	b.relate(id, "based-on", b.observed(x, seen))
}

// observed tells when an indicator was seen.
func (b *bundle) observed(x *indicator, seen string) string {
	first, last, count := time.Time{}, time.Time{}, int64(0)
	for _, f := range x.findings {
		if !f.Time.IsZero() && (first.IsZero() || f.Time.Before(first)) {
			first = f.Time
		}
		if f.TimeEnd.After(last) {
			last = f.TimeEnd
		}
		count += max(f.Count, 1)
	}
	if first.IsZero() {
		first = b.j.at
	}
	if last.Before(first) {
		last = first
	}
	return b.sdo("observed-data", x.key(), object{"first_observed": stixTime(first), "last_observed": stixTime(last), "number_observed": min(count, 999_999_999), "object_refs": []string{seen}})
}

// finding adds a finding as a note on its host and techniques: STIX has no word for it that says no more than we know.
func (b *bundle) finding(f *casefile.Finding, host string, techniques map[string]string, seen []string) {
	refs := []string{}
	if host != "" {
		refs = append(refs, host)
	}
	for _, t := range f.Attack {
		refs = append(refs, techniques[t])
	}
	refs = append(refs, seen...)
	if len(refs) == 0 {
		refs = append(refs, b.author)
	}
	content := utc(f.Time) + " – " + utc(f.TimeEnd) + ", " + string(f.Stage) + ", " + string(f.Confidence) + ", " + decimal(f.Count) + " records\n"
	for i := range f.Evidence {
		if i == 3 {
			break
		}
		e := &f.Evidence[i]
		content += e.Path + ":" + decimal(e.Line) + " @" + decimal(e.Offset) + "\n"
	}
	b.sdo("note", f.ID, object{"abstract": f.ID + " " + b.j.say(f.Title), "content": strings.TrimSpace(content), "object_refs": slices.Compact(refs)})
}

// targets tells which flaw was found tried or used on which host.
func (b *bundle) targets(hosts, flaws map[string]string) {
	for i := range b.j.Case.Hosts {
		h := &b.j.Case.Hosts[i]
		for k := range h.Flaws {
			f := &h.Flaws[k]
			if len(f.Reasons) == 0 || f.Verdict.Rank() > casefile.Targeted.Rank() {
				continue
			}
			for _, cve := range f.CVEs {
				if v := flaws[cve]; v != "" {
					b.relate(hosts[h.Name], "related-to", v)
				}
			}
		}
	}
}

func (b *bundle) relate(from, how, to string) {
	b.add(object{"type": "relationship", "id": "relationship--" + b.j.id("stix", from, how, to), "relationship_type": how, "source_ref": from, "target_ref": to})
}

// stixTime writes a time as STIX wants it, in UTC with milliseconds.
func stixTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
