package ledger

import (
	"slices"
	"time"

	"vigie/internal/casefile"
)

// ActionStates are the states of an action, in the order of work.
var ActionStates = []string{"planned", "done", "failed", "abandoned", "checked"}

// ActionEvent is one thing that happened to an action; an event leaves as it is what it does not fill.
type ActionEvent struct {
	ID    string `json:"id"` // A-… of the plan when it was first touched, W-… when a person added it; stable from then on
	State string `json:"state"`
	// Plan names the plan's action by what it is, as ids of the plan change with newer evidence.
	Plan       *PlanRef      `json:"plan,omitempty"`
	Title      casefile.Text `json:"title,omitzero"` // a person's title is the same in both languages
	Phase      string        `json:"phase,omitempty"`
	Target     string        `json:"target,omitempty"` // host, account…
	Why        string        `json:"why,omitempty"`
	Answers    []string      `json:"answers,omitempty"` // finding ids
	At         *time.Time    `json:"at,omitempty"`      // when it happened; nil: when it was written
	By         string        `json:"by,omitempty"`
	ApprovedBy string        `json:"approved_by,omitempty"`
	Result     string        `json:"result,omitempty"`
	Reversible *bool         `json:"reversible,omitempty"`
	Proof      []Attachment  `json:"proof,omitempty"`
	Before     string        `json:"before,omitempty"` // what was measured before
	After      string        `json:"after,omitempty"`
	Hours      float64       `json:"hours,omitempty"`
	// Measured is there when newer evidence proved it.
	Measured *Measured `json:"measured,omitempty"`
}

// Measured is what the engine saw before and after an action: of a flaw, or of a hardening check.
type Measured struct {
	Revision int      `json:"revision"` // the one that shows After
	Host     string   `json:"host"`
	Flaw     string   `json:"flaw"`
	Check    string   `json:"check,omitempty"` // id of the hardening check; Flaw is then ""
	Before   Sighting `json:"before"`
	After    Sighting `json:"after"`
}

// Sighting is the state of a flaw on a host at a time, or the result of a check with the settings on which it rests.
type Sighting struct {
	State  casefile.State       `json:"state,omitempty"`
	Build  string               `json:"build,omitempty"`
	Result casefile.CheckResult `json:"result,omitempty"`
	Found  string               `json:"found,omitempty"` // "key = value", the first that decides; "" when none is shown
	At     *time.Time           `json:"at,omitempty"`    // nil when the evidence does not date it
}

// PlanRef names an action of the engine's plan by its host and the step of the playbook: both stay when the plan changes. Entries that
// are older than Step have none, and are found by the title.
type PlanRef struct {
	Host  string `json:"host"`
	Title string `json:"title"` // English
	Step  string `json:"step,omitempty"`
}

// RefTo names an action of a plan.
func RefTo(a *casefile.Action) PlanRef { return PlanRef{a.Host, a.Title.EN, a.Step} }

// key is what makes two references the same action.
func (r PlanRef) key() PlanRef {
	if r.Step != "" {
		r.Title = ""
	}
	return r
}

// ActionRecord is the state of one action: of the engine's plan, or a person's own.
type ActionRecord struct {
	ID       string        `json:"id"`
	PlanID   string        `json:"plan_id,omitempty"` // id in the plan of the case at hand, "" when the plan has it not (any more)
	Priority string        `json:"priority,omitempty"`
	Phase    string        `json:"phase"`
	Target   string        `json:"target"`
	Title    casefile.Text `json:"title"`
	Why      casefile.Text `json:"why,omitzero"`
	Check    casefile.Text `json:"check,omitzero"`
	Answers  []string      `json:"answers,omitempty"`
	// Step, Who, Effort, Breaks and Checks are the plan's: see casefile.Action.
	Step    string        `json:"step,omitempty"`
	Who     casefile.Text `json:"who,omitzero"`
	Effort  string        `json:"effort,omitempty"`
	Breaks  casefile.Text `json:"breaks,omitzero"`
	Checks  []string      `json:"checks,omitempty"`
	State   string        `json:"state"` // one of ActionStates
	Planned Stamp         `json:"planned,omitzero"`
	// DoneAt, By, ApprovedBy, Result, Reversible are those of the last event that told them. By is "" when nobody said that he did it and
	// newer evidence shows that it is done; DoneAt is then when that was measured.
	DoneAt     *time.Time   `json:"done_at,omitempty"`
	By         string       `json:"by,omitempty"`
	ApprovedBy string       `json:"approved_by,omitempty"`
	Result     string       `json:"result,omitempty"`
	Reversible *bool        `json:"reversible,omitempty"`
	Proof      []Attachment `json:"proof,omitempty"` // of all events
	Before     string       `json:"before,omitempty"`
	After      string       `json:"after,omitempty"`
	CheckedAt  *time.Time   `json:"checked_at,omitempty"`
	CheckedBy  string       `json:"checked_by,omitempty"`
	Hours      float64      `json:"hours,omitempty"` // of all events
	// Measured is what the engine saw before and after, of all events.
	Measured []Measured    `json:"measured,omitempty"`
	Events   []ActionStamp `json:"events,omitempty"`
}

// ActionStamp is an event of an action with who wrote it and when.
type ActionStamp struct {
	Stamp
	ActionEvent
}

// Proved tells whether an action that is done has a proof: a file, a measurement by the engine, or a check by a second look. One that
// is done without is printed "declared, not proved".
func (a *ActionRecord) Proved() bool {
	return len(a.Proof) > 0 || len(a.Measured) > 0 || a.State == "checked"
}

// Done tells whether the work is said to be done, checked or not.
func (a *ActionRecord) Done() bool { return a.State == "done" || a.State == "checked" }

// AccountStates are the states of a cell of the matrix of accounts and steps.
var AccountStates = []string{"todo", "done", "not-applicable", "refused"}

// AccountEvent changes cells of the matrix. Without a step it adds the account.
type AccountEvent struct {
	Account string        `json:"account"`
	Kind    string        `json:"kind,omitempty"` // mailbox, admin, service, machine; free
	Step    string        `json:"step,omitempty"` // id of a step
	Title   casefile.Text `json:"title,omitzero"` // of the step, kept so that a case renders without the knowledge
	State   string        `json:"state,omitempty"`
	At      *time.Time    `json:"at,omitempty"`
	By      string        `json:"by,omitempty"`
	Note    string        `json:"note,omitempty"`
	Proof   []Attachment  `json:"proof,omitempty"`
}

// Account is a row of the matrix.
type Account struct {
	Name  string                 `json:"name"`
	Kind  string                 `json:"kind,omitempty"`
	Added Stamp                  `json:"added,omitzero"` // zero for one that the plan alone names
	Steps map[string]AccountStep `json:"steps"`          // by id of the step; one that is missing is to do
	// Plan is what the plan of the case at hand asks for it, nil when it does not name the account.
	Plan *casefile.AccountTask `json:"plan,omitempty"`
}

// Asked tells whether the plan asks for a step; every step is asked of an account that a person added and the plan does not name.
func (a *Account) Asked(step string) bool {
	return a.Plan == nil || slices.Contains(a.Plan.Steps, step)
}

// AccountStep is a cell of the matrix.
type AccountStep struct {
	Stamp
	State string       `json:"state"` // one of AccountStates
	At    *time.Time   `json:"at,omitempty"`
	By    string       `json:"by,omitempty"`
	Note  string       `json:"note,omitempty"`
	Proof []Attachment `json:"proof,omitempty"`
}

// StepName is a column of the matrix.
type StepName struct {
	ID    string        `json:"id"`
	Title casefile.Text `json:"title"`

	planned bool // of the plan; nobody recorded it
}

// WarningEvent is a warning that was given, or its acknowledgement.
type WarningEvent struct {
	ID string     `json:"id"` // N-0001
	At *time.Time `json:"at,omitempty"`
	// Filled when it was given.
	Channel string `json:"channel,omitempty"` // phone, mail, meeting…
	To      string `json:"to,omitempty"`
	Kind    string `json:"kind,omitempty"`   // what it was about
	Detail  string `json:"detail,omitempty"` // how much was told: none, summary, full
	Text    string `json:"text,omitempty"`
	SHA256  string `json:"sha256,omitempty"` // of the text
	// Filled when it was acknowledged or taken higher.
	AckBy     string `json:"ack_by,omitempty"`
	Escalated string `json:"escalated_to,omitempty"`
}

// Warning is a warning with what became of it.
type Warning struct {
	Stamp
	ID        string     `json:"id"`
	At        time.Time  `json:"at"`
	Channel   string     `json:"channel"`
	To        string     `json:"to"`
	Kind      string     `json:"kind,omitempty"`
	Detail    string     `json:"detail,omitempty"`
	Text      string     `json:"text"`
	SHA256    string     `json:"sha256"`
	AckAt     *time.Time `json:"ack_at,omitempty"`
	AckBy     string     `json:"ack_by,omitempty"`
	Escalated []string   `json:"escalated_to,omitempty"`
}

// ClockStates are the states of a clock.
var ClockStates = []string{"running", "stopped", "done"}

// ClockEvent starts, stops or ends a clock. A person decides each of them.
type ClockEvent struct {
	Clock     string     `json:"clock"` // id of the obligation
	State     string     `json:"state"` // one of ClockStates
	At        *time.Time `json:"at,omitempty"`
	Reason    string     `json:"reason"`
	DecidedBy string     `json:"decided_by"`
	// Deadline is the one that was met, for state done; "" for all.
	Deadline string       `json:"deadline,omitempty"`
	Proof    []Attachment `json:"proof,omitempty"`
	// Rule is what the law file said when the clock was started, kept so that a case renders without the knowledge.
	Rule *casefile.Obligation `json:"rule,omitempty"`
}

// Clock is a clock that a person started.
type Clock struct {
	ID        string              `json:"id"`
	Rule      casefile.Obligation `json:"rule"`
	State     string              `json:"state"` // one of ClockStates
	Started   Stamp               `json:"started"`
	Start     time.Time           `json:"start"`
	Reason    string              `json:"reason"`
	DecidedBy string              `json:"decided_by"`
	Due       []Due               `json:"due"` // in the order of the rule
	// Ended tells by whom and why it was stopped or done.
	Ended *ClockEnd `json:"ended,omitempty"`
}

// ClockEnd is the end of a clock.
type ClockEnd struct {
	Stamp
	At        time.Time `json:"at"`
	Reason    string    `json:"reason"`
	DecidedBy string    `json:"decided_by"`
}

// Due is one deadline of a started clock.
type Due struct {
	Deadline casefile.Deadline `json:"deadline"`
	At       time.Time         `json:"at"` // UTC
	// Met is when a person said that it was met; nil while it was not.
	Met    *time.Time   `json:"met,omitempty"`
	MetBy  string       `json:"met_by,omitempty"`
	Reason string       `json:"reason,omitempty"`
	Proof  []Attachment `json:"proof,omitempty"`
}
