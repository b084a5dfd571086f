package ledger

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigie/internal/casefile"
)

// State is a chain read into what a report shows. Lists are in the order of entry unless said otherwise.
type State struct {
	Head       Head
	Subject    Subject
	Revisions  []Revision // of case.json, oldest first
	Evidence   []EvidenceItem
	Custody    []Custody
	Log        []LogEntry     // by the time at which it happened
	Findings   []FindingState // the newest of each finding
	History    []FindingState // all of them
	Actions    []ActionRecord // the plan of the case in its order, then those that people added
	Accounts   []Account
	Steps      []StepName // columns of the matrix
	Warnings   []Warning
	Clocks     []Clock
	Verdicts   []Verdict // the newest for each host and flaw
	AllVerdict []Verdict // all of them
	Signatures []Signed
	Recoveries []Recovery
	// Unknown counts entries of kinds that this version does not know: a newer one wrote them.
	Unknown int
	// Backwards lists entries that are dated before the one above them: the clock of the machine was set back.
	Backwards []Stamp

	last     time.Time
	known    map[evidenceKey]bool
	byAction map[string]int
	byRow    map[string]int
	files    map[string]Attachment
}

type evidenceKey struct{ name, sha256 string }

// NewState gives the state of an empty chain.
func NewState() *State {
	return &State{known: map[evidenceKey]bool{}, byAction: map[string]int{}, byRow: map[string]int{}, files: map[string]Attachment{}}
}

// Add folds one entry in. The error names an entry whose body is not its kind's.
func (s *State) Add(e *Entry) error {
	st := Stamp{Seq: e.Seq, Time: e.Time, Author: e.Author}
	if e.Time.Before(s.last) {
		s.Backwards = append(s.Backwards, st)
	}
	s.last = e.Time
	add, ok := folds[e.Kind]
	if !ok {
		s.Unknown++
		return nil
	}
	if err := add(s, st, e.Body); err != nil {
		return fmt.Errorf("ledger entry %d (%s): %w", e.Seq, e.Kind, err)
	}
	return nil
}

// fold makes the folding of a kind from that of its noun.
func fold[T any](add func(*State, Stamp, T) error) func(*State, Stamp, json.RawMessage) error {
	return func(s *State, st Stamp, body json.RawMessage) error {
		var v T
		if err := json.Unmarshal(body, &v); err != nil {
			return err
		}
		return add(s, st, v)
	}
}

// folds says how each kind changes the state.
var folds = map[Kind]func(*State, Stamp, json.RawMessage) error{
	KindSubject: fold(func(s *State, _ Stamp, v Subject) error {
		s.Subject = v
		if v.Logo != nil {
			s.keep(*v.Logo)
		}
		return nil
	}),
	KindRevision: fold(func(s *State, st Stamp, v Revision) error {
		v.Stamp = st
		s.Revisions = append(s.Revisions, v)
		return nil
	}),
	KindEvidence: fold((*State).addEvidence),
	KindCustody:  fold((*State).addCustody),
	KindLog: fold(func(s *State, st Stamp, v LogEntry) error {
		v.Stamp = st
		if v.At == nil {
			v.At = &st.Time
		}
		i := len(s.Log)
		for i > 0 && s.Log[i-1].At.After(*v.At) {
			i--
		}
		s.Log = slices.Insert(s.Log, i, v)
		return nil
	}),
	KindFinding: fold((*State).addFinding),
	KindAction:  fold((*State).addAction),
	KindAccount: fold((*State).addAccount),
	KindWarning: fold((*State).addWarning),
	KindClock:   fold((*State).addClock),
	KindVerdict: fold((*State).addVerdict),
	KindSigned: fold(func(s *State, st Stamp, v Signed) error {
		v.Stamp = st
		s.Signatures = append(s.Signatures, v)
		return nil
	}),
	KindRecovery: fold(func(s *State, st Stamp, v Recovery) error {
		v.Stamp = st
		s.Recoveries = append(s.Recoveries, v)
		return nil
	}),
}

func (s *State) addEvidence(st Stamp, v EvidenceBatch) error {
	for _, it := range v.Items {
		key := evidenceKey{it.Name, it.SHA256}
		if s.known[key] {
			continue
		}
		s.known[key] = true
		it.Stamp, it.Revision = st, v.Revision
		it.ID = fmt.Sprintf("E-%04d", len(s.Evidence)+1)
		s.Evidence = append(s.Evidence, it)
	}
	return nil
}

// HasEvidence tells whether a file is in the register already.
func (s *State) HasEvidence(name, sha256 string) bool { return s.known[evidenceKey{name, sha256}] }

// EvidenceByID finds an item of the register, nil when there is none. Ids count from E-0001.
func (s *State) EvidenceByID(id string) *EvidenceItem {
	n, err := strconv.Atoi(strings.TrimPrefix(id, "E-"))
	if err != nil || n < 1 || n > len(s.Evidence) || s.Evidence[n-1].ID != id {
		return nil
	}
	return &s.Evidence[n-1]
}

func (s *State) addCustody(st Stamp, v Custody) error {
	v.Stamp = st
	if v.At == nil {
		v.At = &st.Time
	}
	if v.Item != "" {
		it := s.EvidenceByID(v.Item)
		if it == nil {
			return fmt.Errorf("no evidence %q", v.Item)
		}
		it.Custody = append(it.Custody, v)
	}
	s.Custody = append(s.Custody, v)
	return nil
}

func (s *State) addFinding(st Stamp, v FindingState) error {
	v.Stamp, v.Current = st, v.Finding
	s.History = append(s.History, v)
	for i := range s.Findings {
		if s.Findings[i].Same(&v) {
			s.Findings[i] = v
			return nil
		}
	}
	s.Findings = append(s.Findings, v)
	return nil
}

// Same tells whether two states are about the same finding.
func (f *FindingState) Same(o *FindingState) bool {
	if f.Host != o.Host || f.Flaw != o.Flaw || f.Act != o.Act {
		return false
	}
	if f.Revision == o.Revision {
		return f.Finding == o.Finding
	}
	return shares(f.Proof, o.Proof) || len(f.Proof)+len(o.Proof) == 0 && f.SeenAt.Equal(o.SeenAt)
}

func shares(a, b []Place) bool {
	return slices.ContainsFunc(a, func(p Place) bool { return slices.Contains(b, p) })
}

func (s *State) addVerdict(st Stamp, v Verdict) error {
	v.Stamp, v.EngineNow = st, v.Engine
	s.AllVerdict = append(s.AllVerdict, v)
	for i := range s.Verdicts {
		if s.Verdicts[i].Host == v.Host && s.Verdicts[i].Flaw == v.Flaw {
			s.Verdicts[i] = v
			return nil
		}
	}
	s.Verdicts = append(s.Verdicts, v)
	return nil
}

func (s *State) addAccount(st Stamp, v AccountEvent) error {
	s.keep(v.Proof...)
	row, ok := s.byRow[v.Account]
	if !ok {
		row = len(s.Accounts)
		s.byRow[v.Account] = row
		s.Accounts = append(s.Accounts, Account{Name: v.Account, Added: st, Steps: map[string]AccountStep{}})
	}
	a := &s.Accounts[row]
	if a.Added.Seq == 0 { // the plan alone named it
		a.Added = st
	}
	if v.Kind != "" {
		a.Kind = v.Kind
	}
	if v.Step == "" {
		return nil
	}
	if i := slices.IndexFunc(s.Steps, func(n StepName) bool { return n.ID == v.Step }); i >= 0 {
		s.Steps[i].planned = false
	} else {
		s.Steps = append(s.Steps, StepName{ID: v.Step, Title: v.Title})
	}
	cell := AccountStep{Stamp: st, State: v.State, At: v.At, By: v.By, Note: v.Note, Proof: v.Proof}
	if cell.At == nil {
		cell.At = &st.Time
	}
	if cell.By == "" {
		cell.By = st.Author
	}
	a.Steps[v.Step] = cell
	return nil
}

func (s *State) addWarning(st Stamp, v WarningEvent) error {
	at := st.Time
	if v.At != nil {
		at = *v.At
	}
	for i := range s.Warnings {
		if w := &s.Warnings[i]; w.ID == v.ID {
			if v.AckBy != "" {
				w.AckAt, w.AckBy = &at, v.AckBy
			}
			if v.Escalated != "" {
				w.Escalated = append(w.Escalated, v.Escalated)
			}
			return nil
		}
	}
	s.Warnings = append(s.Warnings, Warning{Stamp: st, ID: v.ID, At: at, Channel: v.Channel, To: v.To, Kind: v.Kind, Detail: v.Detail, Text: v.Text, SHA256: v.SHA256})
	return nil
}

// Join fits the state to the case at hand: ids of findings and actions, the engine's verdicts, and the actions of the plan that nobody
// has touched yet.
func (s *State) Join(c *casefile.Case) {
	index := IndexFindings(c)
	for i := range s.Findings {
		s.Findings[i].Current = index.Find(&s.Findings[i])
	}
	for i := range s.History {
		s.History[i].Current = index.Find(&s.History[i])
	}
	engine := map[[2]string]casefile.Verdict{}
	for i := range c.Hosts {
		for j := range c.Hosts[i].Flaws {
			f := &c.Hosts[i].Flaws[j]
			engine[[2]string{c.Hosts[i].Name, f.ID}] = f.Verdict
		}
	}
	for _, list := range [][]Verdict{s.Verdicts, s.AllVerdict} {
		for i := range list {
			list[i].EngineNow = engine[[2]string{list[i].Host, list[i].Flaw}]
		}
	}
	s.joinPlan(c)
	s.joinAccounts(c)
}

// StateOf is what people decided about a finding of the joined case, nil when nobody did. A decision that ended by now still stands
// here: see [FindingState.Until].
func (s *State) StateOf(finding string) *FindingState {
	for i := range s.Findings {
		if s.Findings[i].Current == finding {
			return &s.Findings[i]
		}
	}
	return nil
}

// Hours are the hours of work that the logbook and the actions tell.
func (s *State) Hours() float64 {
	var sum float64
	for i := range s.Log {
		sum += s.Log[i].Hours
	}
	for i := range s.Actions {
		sum += s.Actions[i].Hours
	}
	return sum
}

// keep notes the files that an entry names.
func (s *State) keep(list ...Attachment) {
	for _, a := range list {
		s.files[a.File] = a
	}
}

// Attachments are all files that entries ever named, by path, each once.
func (s *State) Attachments() []Attachment {
	return slices.SortedFunc(maps.Values(s.files), func(a, b Attachment) int { return cmp.Compare(a.File, b.File) })
}

// VerdictOn is what a person said of a flaw on a host, nil when nobody did.
func (s *State) VerdictOn(host, flaw string) *Verdict {
	for i := range s.Verdicts {
		if s.Verdicts[i].Host == host && s.Verdicts[i].Flaw == flaw {
			return &s.Verdicts[i]
		}
	}
	return nil
}
