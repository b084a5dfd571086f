// Package timeline puts what happened in a case in the order of time, in two lanes: what the attacker and the servers did, and what people did about it.
//
// The lanes are never mixed in one sentence: an entry of the incident rests on a place in the evidence, one of the investigation on an entry of the ledger.
package timeline

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/ledger"
)

// Lane is one of the two threads of a timeline.
type Lane string

// The lanes.
const (
	Incident      Lane = "incident"
	Investigation Lane = "investigation"
)

// Entry is one line of a timeline.
type Entry struct {
	Time time.Time // UTC; zero for what the evidence does not date
	Lane Lane
	// Kind says what the time is of: record, file-seen, file-written, first-request, last-request, build; revision, log, finding, action, account, warning,
	// custody, verdict, signed.
	Kind string
	Host string
	Text casefile.Text
	// Of the incident: the finding it belongs to, nil for a build; where it stands in the evidence, nil for what no single record shows; the record.
	Finding *casefile.Finding
	Ref     *casefile.Ref
	SHA256  string // of the file of Ref
	Rule    string
	Source  string // kind of source
	Raw     string
	Cut     bool
	// Of the investigation: who, and the number of the entry in the ledger.
	Author string
	Seq    int64
	// Claim marks a time that whoever writes the file may choose: the date of a file.
	Claim bool
}

// Of gives the entries of a case and of its ledger, which may be nil, by time; undated ones come last. Entries of one time keep the order of the case.
func Of(c *casefile.Case, s *ledger.State) []Entry {
	list := incident(c)
	if s != nil {
		list = append(list, investigation(s)...)
	}
	slices.SortStableFunc(list, func(a, b Entry) int {
		if a.Time.IsZero() != b.Time.IsZero() {
			if a.Time.IsZero() {
				return 1
			}
			return -1
		}
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Lane, b.Lane))
	})
	return list
}

func incident(c *casefile.Case) (list []Entry) {
	for i := range c.Hosts {
		h := &c.Hosts[i]
		for j := range h.Builds {
			b := &h.Builds[j]
			name := b.Build
			if b.Label != "" {
				name += " (" + b.Label + ")"
			}
			list = append(list, Entry{Time: b.First.UTC(), Lane: Incident, Kind: "build", Host: h.Name, Source: b.Source, Ref: &b.Ref,
				Text: casefile.Text{FR: "Version mesurée : " + name, EN: "Build measured: " + name}})
		}
	}
	for i := range c.Findings {
		f := &c.Findings[i]
		for j := range f.Evidence {
			e := &f.Evidence[j]
			list = append(list, Entry{Time: e.Time.UTC(), Lane: Incident, Kind: "record", Host: f.Host, Text: f.Title, Finding: f, Ref: &e.Ref, SHA256: e.SHA256,
				Rule: e.Rule, Source: e.Kind, Raw: e.Raw, Cut: e.Cut})
		}
		for j := range f.Pages {
			list = append(list, page(f, &f.Pages[j])...)
		}
	}
	return list
}

// page gives the times in the story of a file.
func page(f *casefile.Finding, p *casefile.Page) (list []Entry) {
	name := cmp.Or(p.URL, p.Path)
	for _, e := range []struct {
		at    *time.Time
		kind  string
		fr    string
		en    string
		claim bool
	}{
		{p.Written, "file-written", "Date que porte le fichier : ", "Date that the file bears: ", true},
		{p.Seen, "file-seen", "Fichier écrit, selon un journal : ", "File written, by a log: ", false},
		{p.FirstRequest, "first-request", "Première requête réussie vers ", "First answered request to ", false},
		{p.LastRequest, "last-request", "Dernière requête réussie vers ", "Last answered request to ", false},
	} {
		if e.at != nil {
			list = append(list, Entry{Time: e.at.UTC(), Lane: Incident, Kind: e.kind, Host: f.Host, Text: casefile.Text{FR: e.fr + name, EN: e.en + name}, Finding: f,
				Ref: &casefile.Ref{Path: p.Path}, SHA256: p.SHA256, Rule: f.Rule, Source: casefile.FilesKind, Claim: e.claim})
		}
	}
	return list
}

// same is a text of a person, which has one language.
func same(s string) casefile.Text { return casefile.Text{FR: s, EN: s} }

func investigation(s *ledger.State) (list []Entry) {
	add := func(kind string, st ledger.Stamp, at *time.Time, host, by string, t casefile.Text) {
		when := st.Time
		if at != nil {
			when = *at
		}
		list = append(list, Entry{Time: when.UTC(), Lane: Investigation, Kind: kind, Host: host, Text: t, Author: cmp.Or(by, st.Author), Seq: st.Seq})
	}
	for _, r := range s.Revisions {
		n := strconv.Itoa(r.N)
		files := strconv.FormatInt(r.Files, 10)
		add("revision", r.Stamp, nil, "", "", casefile.Text{FR: "Analyse n° " + n + " par Vigie, fichiers lus : " + files, EN: "Analysis no. " + n + " by Vigie, files read: " + files})
	}
	for _, l := range s.Log {
		host := ""
		if len(l.Hosts) == 1 {
			host = l.Hosts[0]
		}
		add("log", l.Stamp, l.At, host, "", same(l.Text))
	}
	for _, f := range s.History {
		id := cmp.Or(f.Current, f.Finding)
		add("finding", f.Stamp, nil, f.Host, "", sentence(casefile.Text{FR: "Constat " + id, EN: "Finding " + id}, word(f.State), f.Reason))
	}
	for i := range s.Actions {
		a := &s.Actions[i]
		for _, e := range a.Events {
			state := word(e.State)
			about := casefile.Text{FR: "Action " + a.ID + " (" + state.FR + ")", EN: "Action " + a.ID + " (" + state.EN + ")"}
			add("action", e.Stamp, e.At, a.Target, e.By, sentence(about, a.Title, e.Result))
		}
	}
	for _, a := range s.Accounts {
		for _, id := range slices.Sorted(maps.Keys(a.Steps)) {
			step := a.Steps[id]
			title := same(id)
			for _, n := range s.Steps {
				if n.ID == id && n.Title != (casefile.Text{}) {
					title = n.Title
				}
			}
			state := word(step.State)
			about := casefile.Text{FR: "Compte " + a.Name + " (" + state.FR + ")", EN: "Account " + a.Name + " (" + state.EN + ")"}
			add("account", step.Stamp, step.At, "", step.By, sentence(about, title, step.Note))
		}
	}
	for _, w := range s.Warnings {
		at := w.At
		add("warning", w.Stamp, &at, "", "", casefile.Text{FR: "Alerte à " + w.To + " (" + w.Channel + ")", EN: "Warning to " + w.To + " (" + w.Channel + ")"})
		if w.AckAt != nil {
			add("warning", w.Stamp, w.AckAt, "", w.AckBy, casefile.Text{FR: "Alerte reçue par " + cmp.Or(w.AckBy, w.To), EN: "Warning acknowledged by " + cmp.Or(w.AckBy, w.To)})
		}
	}
	for _, x := range s.Custody {
		about := casefile.Text{FR: "Preuve " + x.Item, EN: "Evidence " + x.Item}
		if n := strconv.Itoa(x.Revision); x.Item == "" {
			about = casefile.Text{FR: "Preuves de l’analyse n° " + n, EN: "Evidence of analysis no. " + n}
		}
		add("custody", x.Stamp, x.At, "", x.Person, sentence(about, word(x.Act), x.Reason))
	}
	for _, v := range s.AllVerdict {
		add("verdict", v.Stamp, nil, v.Host, "", sentence(casefile.Text{FR: "Verdict d’une personne pour " + v.Flaw, EN: "A person's verdict for " + v.Flaw}, verdict(v.Verdict), v.Reason))
	}
	for _, x := range s.Signatures {
		add("signed", x.Stamp, nil, "", "", casefile.Text{FR: "Affaire signée avec la clé " + x.Fingerprint, EN: "Case signed with the key " + x.Fingerprint})
	}
	return list
}
