package incident

import (
	"cmp"
	"slices"
	"strings"

	"vigie/internal/casefile"
	"vigie/internal/kb"
)

// Touch lists what the findings say was reached: what an act touches is in its
// flaw file, the names are in the records. Attempts touch nothing.
func Touch(hosts []casefile.Host, findings []casefile.Finding, k *kb.KB, sentences kb.Sentences) casefile.Touched {
	s := newSpeaker(sentences)
	t := casefile.Touched{Accounts: []casefile.TouchedItem{}, Mailboxes: []casefile.TouchedItem{}, Machines: []casefile.TouchedItem{}, Data: []casefile.TouchedItem{}}
	add := func(to *[]casefile.TouchedItem, it casefile.TouchedItem) {
		for i := range *to {
			o := &(*to)[i]
			if o.Host != it.Host || !strings.EqualFold(o.Name, it.Name) {
				continue
			}
			o.Findings = append(o.Findings, it.Findings...)
			if certaintyRank(it.Certainty) < certaintyRank(o.Certainty) {
				o.Certainty, o.Why, o.CannotKnow = it.Certainty, it.Why, it.CannotKnow
			}
			return
		}
		*to = append(*to, it)
	}
	for _, f := range findings {
		a, ok := k.Act(f.Flaw, f.Act)
		if !ok || f.Stage == casefile.Attempt {
			continue
		}
		for _, touch := range a.Touches {
			it := casefile.TouchedItem{Host: f.Host, Certainty: touch.Certainty, Why: touch.Why, CannotKnow: touch.CannotKnow, Findings: []string{f.ID}}
			switch touch.What {
			case "account":
				for _, n := range f.Accounts {
					it.Name = n
					add(&t.Accounts, it)
				}
			case "mailbox":
				for _, n := range f.Mailboxes {
					it.Name = n
					add(&t.Mailboxes, it)
				}
			case "machine":
				it.Name = f.Host
				add(&t.Machines, it)
			case "data":
				it.Name, it.Label = touch.Name.EN, touch.Name
				add(&t.Data, it)
			}
		}
	}
	for _, h := range hosts {
		if h.Verdict != casefile.Confirmed {
			continue
		}
		ids := []string{}
		for _, weight := range []casefile.Weight{casefile.Proof, casefile.Clue} { // independent clues confirm where there is no proof
			for _, f := range findings {
				if f.Host == h.Name && f.Weight == weight {
					ids = append(ids, f.ID)
				}
			}
			if len(ids) > 0 {
				break
			}
		}
		add(&t.Machines, casefile.TouchedItem{Name: h.Name, Host: h.Name, Certainty: casefile.Certain, Why: s.say("touched.machine-certain", nil), Findings: ids})
		add(&t.Mailboxes, casefile.TouchedItem{Name: "*", Label: s.say("touched.mailboxes-all-name", map[string]slot{"host": hostSlot(h.Name)}), Host: h.Name, Certainty: casefile.Possible, Why: s.say("touched.mailboxes-all", nil),
			CannotKnow: s.say("touched.cannot-items", nil), Findings: ids})
	}
	for _, l := range []*[]casefile.TouchedItem{&t.Accounts, &t.Mailboxes, &t.Machines, &t.Data} {
		for i := range *l {
			slices.Sort((*l)[i].Findings)
			(*l)[i].Findings = slices.Compact((*l)[i].Findings)
		}
		slices.SortStableFunc(*l, func(a, b casefile.TouchedItem) int {
			return cmp.Or(strings.Compare(a.Host, b.Host), certaintyRank(a.Certainty)-certaintyRank(b.Certainty), strings.Compare(a.Name, b.Name))
		})
	}
	return t
}

func certaintyRank(c casefile.Certainty) int {
	return slices.Index([]casefile.Certainty{casefile.Certain, casefile.Probable, casefile.Possible}, c)
}
