package ledger

import "vigie/internal/casefile"

// FindingIndex finds findings of another case again in one: by a place of their evidence, or by their time when they have none.
type FindingIndex struct {
	byPlace map[findingKey]string
	byTime  map[findingKey]string
}

type findingKey struct {
	host, flaw, act string
	place           Place
	time            int64
}

// IndexFindings indexes the findings of a case.
func IndexFindings(c *casefile.Case) FindingIndex {
	x := FindingIndex{map[findingKey]string{}, map[findingKey]string{}}
	for i := range c.Findings {
		f := &c.Findings[i]
		for j := range f.Evidence {
			e := &f.Evidence[j]
			put(x.byPlace, findingKey{host: f.Host, flaw: f.Flaw, act: f.Act, place: Place{e.SHA256, e.Offset}}, f.ID)
		}
		put(x.byTime, findingKey{host: f.Host, flaw: f.Flaw, act: f.Act, time: f.Time.UnixNano()}, f.ID)
	}
	return x
}

func put(m map[findingKey]string, k findingKey, id string) {
	if _, ok := m[k]; !ok {
		m[k] = id
	}
}

// Find gives the id of a finding in the indexed case, "" when it is not there.
func (x FindingIndex) Find(f *FindingState) string {
	for _, p := range f.Proof {
		if id, ok := x.byPlace[findingKey{host: f.Host, flaw: f.Flaw, act: f.Act, place: p}]; ok {
			return id
		}
	}
	if len(f.Proof) == 0 {
		return x.byTime[findingKey{host: f.Host, flaw: f.Flaw, act: f.Act, time: f.SeenAt.UnixNano()}]
	}
	return ""
}

// MaxPlaces bounds FindingState.Proof.
const MaxPlaces = 8

// StateFor begins a state of a finding in a revision: what it is, without what was decided.
func StateFor(f *casefile.Finding, revision int) FindingState {
	s := FindingState{Finding: f.ID, Revision: revision, Host: f.Host, Flaw: f.Flaw, Act: f.Act, SeenAt: f.Time}
	for i := range f.Evidence[:min(len(f.Evidence), MaxPlaces)] {
		s.Proof = append(s.Proof, Place{f.Evidence[i].SHA256, f.Evidence[i].Offset})
	}
	return s
}
