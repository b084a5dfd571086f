// Package casefile holds the nouns of an investigation and their saved form:
// what was read, what was found, how far the evidence reaches and what was
// concluded. It knows neither rules nor parsers nor outputs, so a case that is
// saved today renders next year without any of them.
//
// The JSON of a Case is the contract of `vigie check --json`; fields may be
// added, never renamed. Every slice has a documented order and no map is
// marshalled whose order could vary: the same evidence gives the same bytes.
package casefile

import (
	"time"

	"vigie/internal/inventory"
)

// Text is a sentence in the two languages of the program. Both are always
// filled: no user-facing sentence exists in one language alone.
type Text struct {
	FR string `json:"fr" yaml:"fr"`
	EN string `json:"en" yaml:"en"`
}

// In gives the text in a language, "fr" or anything else for English.
func (t Text) In(lang string) string {
	if lang == "fr" {
		return t.FR
	}
	return t.EN
}

// UnnamedHost is the name in a case of a server that neither logs nor folders nor the user name.
const UnnamedHost = "unknown"

// Verdict is one of the six words for one host and one flaw.
type Verdict string

// The verdicts, worst first. See shared contract: each holds only under its
// condition, and Undetermined is a real answer.
const (
	Confirmed    Verdict = "confirmed"
	Suspected    Verdict = "suspected"
	Undetermined Verdict = "undetermined"
	Targeted     Verdict = "targeted"
	NoTrace      Verdict = "no-trace"
	NotAffected  Verdict = "not-affected"
)

// Verdicts lists the verdicts, worst first.
var Verdicts = []Verdict{Confirmed, Suspected, Undetermined, Targeted, NoTrace, NotAffected}

// Rank is the place of the verdict in Verdicts; unknown words rank last.
func (v Verdict) Rank() int {
	for i, w := range Verdicts {
		if v == w {
			return i
		}
	}
	return len(Verdicts)
}

// Confidence is low, medium or high.
type Confidence string

const (
	Low    Confidence = "low"
	Medium Confidence = "medium"
	High   Confidence = "high"
)

// State answers "protected now?" for a flaw, measured at StateAt.
type State string

const (
	Exposed      State = "exposed"
	Mitigated    State = "mitigated"
	Fixed        State = "fixed"
	ToRebuild    State = "to-rebuild"
	StateUnknown State = "unknown"
)

// States lists the states, worst first.
var States = []State{ToRebuild, Exposed, StateUnknown, Mitigated, Fixed}

// Stage says what a finding shows of an attack.
type Stage string

const (
	Attempt   Stage = "attempt"   // somebody tried
	Success   Stage = "success"   // the flaw worked
	FollowUp  Stage = "follow-up" // what comes after a success is there
	StateSeen Stage = "state"     // a condition of the host, not an act
)

// Weight says how much one finding can carry in the verdict.
type Weight string

const (
	Proof Weight = "proof" // direct proof of success: alone enough for confirmed
	Clue  Weight = "clue"  // direct clue: alone enough for suspected, two independent ones confirm
	Hint  Weight = "hint"  // indirect clue: two make suspected
	None  Weight = "none"  // attempts and context: never raises above targeted
)

// Certainty grades what was touched.
type Certainty string

const (
	Certain  Certainty = "certain"
	Probable Certainty = "probable"
	Possible Certainty = "possible"
)

// Case is the outcome of one investigation.
type Case struct {
	Vigie    Program   `json:"vigie"`
	Hosts    []Host    `json:"hosts"`    // worst verdict first, then by name
	Findings []Finding `json:"findings"` // by host, stage, time
	Touched  Touched   `json:"touched"`
	Actions  []Action  `json:"actions"` // by priority, phase
	Gaps     []Gap     `json:"gaps"`    // by path, offset, code
	// Checks are the answers to the hardening checks, by host, worst first; empty when the evidence holds no export of settings.
	Checks []Check `json:"checks,omitempty"`
	// AccountFacts are what exports of accounts and mailboxes show, by kind, account, detail.
	AccountFacts []AccountFact `json:"account_facts,omitempty"`
	// Accounts is the order in which accounts are hardened; nil when nothing asks for it.
	Accounts *AccountPlan `json:"accounts,omitempty"`
	Ledger   Ledger       `json:"ledger"`
	// Partial is true when the run was interrupted; everything in the case is
	// true of the part that was read, and coverage counts only that part.
	Partial bool `json:"partial,omitempty"`
	// Budgets are the limits in force, for the reader who asks what was cut.
	Budgets []Budget `json:"budgets,omitempty"`
}

// Program says what made the case.
type Program struct {
	Version   string    `json:"version"`
	Rules     RulePack  `json:"rules"`
	Knowledge Knowledge `json:"knowledge"`
}

type RulePack struct {
	Version string `json:"version"`
	Count   int    `json:"count"`
	SHA256  string `json:"sha256"`
}

type Knowledge struct {
	Date string `json:"date"` // newest date in the knowledge files, YYYY-MM-DD
}

type Budget struct {
	Name  string `json:"name"`
	Limit int64  `json:"limit"`
}

// Host is one server as the evidence names it.
type Host struct {
	Name    string `json:"name"`
	Product string `json:"product"` // "Exchange Server 2016", "" when not known
	Build   string `json:"build"`   // last measured build, "" when not known
	// BuildLabel names the build: "CU19 Mar21SU"; "" when the table has no such row.
	BuildLabel string      `json:"build_label,omitempty"`
	Builds     []BuildSeen `json:"builds,omitempty"` // by time
	// Identified is what all clues of logs, binaries and exports together say, with those that contradict.
	Identified []inventory.Product `json:"identified,omitempty"`
	Verdict    Verdict             `json:"verdict"`
	StateNow   State               `json:"state_now"`
	Flaws      []FlawResult        `json:"flaws"` // worst first, then in the order of the knowledge files
	// Sources is everything that was read of the host, needed by a flaw or not.
	Sources []SourceCoverage `json:"sources,omitempty"`
	// NotExamined lists flaws left out, with the reason (evidence ends before their first use).
	NotExamined []NotExamined `json:"not_examined,omitempty"`
	// Files counts what was looked at of the server's files; nil when none was.
	Files *FilesSeen `json:"files,omitempty"`
	// Notes are remarks on reading: clock jumps, local-time logs, conflicting builds.
	Notes []Text `json:"notes,omitempty"`
}

type NotExamined struct {
	ID     string `json:"id"`
	Reason Text   `json:"reason"`
}

// FilesSeen counts files of one server.
type FilesSeen struct {
	Examined int64 `json:"examined"`
	Scripts  int64 `json:"scripts"` // of these, what a web server runs
	// Baseline says what the files of the web folders were compared with, nil for nothing.
	Baseline *BaselineSeen `json:"baseline,omitempty"`
}

// BaselineSeen is what the comparison with a known-good server gave.
type BaselineSeen struct {
	Product string `json:"product"`
	Build   string `json:"build"`
	Source  string `json:"source"`
	Date    string `json:"date"`
	// Original files have the content that the known-good server has at the same place, Changed ones another, Unlisted ones are not there.
	Original int64 `json:"original"`
	Changed  int64 `json:"changed"`
	Unlisted int64 `json:"unlisted"`
	// Other tells that so much differs that the baseline is of another state of the product: nothing is held against the server for it.
	Other bool `json:"other,omitempty"`
}

// BuildSeen is a stretch of time in which one build was measured.
type BuildSeen struct {
	Build  string    `json:"build"`
	Label  string    `json:"label,omitempty"`
	First  time.Time `json:"first"`
	Last   time.Time `json:"last"`
	Source string    `json:"source"` // source kind: httpproxy, setup, ecp-server…
	Ref    Ref       `json:"ref"`    // first line that shows it
	// AtLeast is true when the source may lag behind security updates.
	AtLeast bool `json:"at_least,omitempty"`
}

// FlawResult is the judgement of one flaw on one host.
type FlawResult struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Label      Text       `json:"label,omitzero"` // what a reader calls it, where the name is a word of one language
	CVEs       []string   `json:"cves"`
	Verdict    Verdict    `json:"verdict"`
	Confidence Confidence `json:"confidence"`
	Why        []Text     `json:"why"`     // the reasons of verdict and confidence, most important first
	Reasons    []string   `json:"reasons"` // finding ids
	Sentence   Text       `json:"sentence"`
	Window     Window     `json:"window"`
	Coverage   Coverage   `json:"coverage"`
	StateNow   State      `json:"state_now"`
	StateAt    *time.Time `json:"state_at,omitempty"`
	StateWhy   Text       `json:"state_why"`
	// StateBy is the proof of StateNow: the clues to the build, the settings that stop the flaw; best first.
	StateBy []inventory.Clue `json:"state_by,omitempty"`
	// WouldChange says what would change this answer, most useful first.
	WouldChange []Text `json:"would_change"`
}

// Title is what a reader calls the flaw: its label, its name, or its id.
func (r *FlawResult) Title() Text {
	switch {
	case r.Label != (Text{}):
		return r.Label
	case r.Name != "":
		return Text{FR: r.Name, EN: r.Name}
	}
	return Text{FR: r.ID, EN: r.ID}
}

// Window is the exposure window: the time in which the flaw could have been
// used on this host. To is never before From; Empty is true when the host was
// never vulnerable or the evidence ends before the flaw's first known use.
type Window struct {
	From       time.Time `json:"from"`
	FromSource string    `json:"from_source"` // machine word: flaw-first-use, evidence-start, setup, asked
	FromWhy    Text      `json:"from_why"`
	To         time.Time `json:"to"`
	ToSource   string    `json:"to_source"` // build:<kind>, evidence-end, asked
	ToWhy      Text      `json:"to_why"`
	Empty      bool      `json:"empty,omitempty"`
}

// Coverage says how much of a window the evidence shows.
type Coverage struct {
	Overall float64 `json:"overall"` // 0 to 1: the least covered required source
	// Threshold is what every required source must reach before "no trace" or
	// "targeted" may be said; 0 when the flaw requires no source.
	Threshold float64          `json:"threshold,omitempty"`
	Sources   []SourceCoverage `json:"sources"` // required first, in the flaw file's order
}

// SourceCoverage is one kind of source against one window.
type SourceCoverage struct {
	Kind     string     `json:"kind"`
	Name     Text       `json:"name"`
	Required bool       `json:"required"`
	First    *time.Time `json:"first"` // first record of the kind on the host, anywhere; null when there is none
	Last     *time.Time `json:"last"`
	Covered  float64    `json:"covered"` // 0 to 1 of the window
	Holes    []Span     `json:"holes"`   // parts of the window without records, by time
	Spans    []Span     `json:"spans,omitempty"`
	Records  int64      `json:"records"`
	Files    int        `json:"files"`
	Days     int        `json:"days,omitempty"`
}

// Span is a stretch of time, From included, To excluded.
type Span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Finding is what the rules saw, grouped: the same act seen by several sources
// is one finding with several proofs.
type Finding struct {
	ID          string     `json:"id"`
	Host        string     `json:"host"`
	Flaw        string     `json:"flaw"`
	Act         string     `json:"act"` // the act of the flaw file that it shows
	Stage       Stage      `json:"stage"`
	Weight      Weight     `json:"weight"`
	Rule        string     `json:"rule"` // rule of the first evidence
	RuleVersion string     `json:"rule_version"`
	Rules       []string   `json:"rules,omitempty"` // all rules that took part, sorted
	Time        time.Time  `json:"time"`
	TimeEnd     time.Time  `json:"time_end"`
	Confidence  Confidence `json:"confidence"`
	Count       int64      `json:"count"` // records
	Acts        int64      `json:"acts"`  // distinct acts: requests joined across sources count once
	Title       Text       `json:"title"`
	Harmless    Text       `json:"harmless"` // harmless explanation that was looked at
	Attack      []string   `json:"attack"`   // ATT&CK technique ids
	Sources     []string   `json:"sources"`  // source kinds that show it, sorted
	Clients     []string   `json:"clients,omitempty"`
	Accounts    []string   `json:"accounts,omitempty"`
	Mailboxes   []string   `json:"mailboxes,omitempty"`
	Objects     []string   `json:"objects,omitempty"` // paths, cmdlets, actions named by the records
	Evidence    []Evidence `json:"evidence"`          // at most MaxEvidence, earliest of each source first
	// Pages are the stories of the files that the finding is about, at most MaxPages; nil for findings on records.
	Pages []Page `json:"pages,omitempty"`
}

// FilesKind is the kind of source under which findings on files of a server are counted.
const FilesKind = "web-folders"

// MaxPages is how many stories a finding carries; of more copies of one file the list of objects tells.
const MaxPages = 16

// Page is the story of one file of a web folder: the file itself, and the requests to it that the logs hold.
type Page struct {
	Path   string `json:"path"` // in the evidence
	URL    string `json:"url"`  // where a site serves it, lower case; "" for a file that no known site serves
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
	// Written is the date of the file, a claim: whoever may write a file may date it, and copying dates it anew. Null when not known.
	Written *time.Time `json:"written"`
	// WrittenLocal marks a Written of a clock whose zone is not known, read as if it were UTC.
	WrittenLocal bool `json:"written_local,omitempty"`
	// Seen is when a log says that the file was written or opened for writing; null when none does.
	Seen *time.Time `json:"seen"`
	// FirstRequest and LastRequest bound the requests that the server answered with success; null when the logs have none.
	FirstRequest *time.Time `json:"first_request"`
	LastRequest  *time.Time `json:"last_request"`
	Requests     int64      `json:"requests"` // answered with success
	Commands     int64      `json:"commands"` // of these POST, which carry commands
	Clients      []string   `json:"clients,omitempty"`
	Accounts     []string   `json:"accounts,omitempty"`
	Findings     []string   `json:"findings,omitempty"` // findings on records about the file
}

// MaxEvidence is how many raw lines a finding carries; Count tells the rest. A
// reader checks a handful; the file and line of the others follow from the rule.
const MaxEvidence = 24

// Evidence leads from a sentence to a raw line.
type Evidence struct {
	Ref
	Kind   string    `json:"kind"`
	Rule   string    `json:"rule"`
	Time   time.Time `json:"time"`
	SHA256 string    `json:"sha256"` // of the file that holds the record
	Raw    string    `json:"raw"`    // the record, UTF-8, at most MaxRaw bytes
	// Cut is true when Raw is shorter than the record.
	Cut bool `json:"cut,omitempty"`
}

// MaxRaw bounds Evidence.Raw in bytes; the whole record stays in the evidence.
const MaxRaw = 4096

// Ref is a place in the evidence.
type Ref struct {
	Path   string `json:"path"`   // containers joined by "!"
	Line   int64  `json:"line"`   // 1-based physical line, 0 when the file has no lines
	Offset int64  `json:"offset"` // byte offset in that file
	Record int64  `json:"record"` // 1-based record number in the file, 0 when unknown
}

// Tick is the grain of coverage: a stretch of ten minutes either has records or
// has none. Health probes write every few minutes on a living server, and the
// rules on silence work in hours.
const Tick = 10 * time.Minute

// Detection is what one rule saw of one client (or object) in one hour: the
// unit that detecting hands to correlating. It is not saved.
type Detection struct {
	Flaw, Act         string
	Rule, RuleVersion string
	Kind              string // coverage id of the source: iis-frontend, httpproxy…
	Host              string
	Client            string // "" when not known
	First, Last       time.Time
	Count             int64
	Samples           []Sample // earliest first
	// Overflow marks detections summed up because there were too many: their
	// client and object are not kept.
	Overflow bool
}

// Sample is one record of a detection.
type Sample struct {
	Ref
	Time      time.Time
	Took      time.Duration // the record was written at the end of the request
	RequestID string        // "" when there is none
	Account   string
	Mailbox   string
	Object    string
	Status    int
	SHA256    string
	Raw       string
	Cut       bool
}

// Touched lists what an attacker reached.
type Touched struct {
	Accounts  []TouchedItem `json:"accounts"`
	Mailboxes []TouchedItem `json:"mailboxes"`
	Machines  []TouchedItem `json:"machines"`
	Data      []TouchedItem `json:"data"`
}

type TouchedItem struct {
	Name string `json:"name"` // as the records name it; "*" for all of a host
	// Label says the name in words where the records give none.
	Label     Text      `json:"label,omitzero"`
	Host      string    `json:"host"`
	Certainty Certainty `json:"certainty"`
	Why       Text      `json:"why"`
	// CannotKnow says what the logs cannot tell about it.
	CannotKnow Text     `json:"cannot_know,omitzero"`
	Findings   []string `json:"findings"`
}

// Action is something to do, with the findings that call for it.
type Action struct {
	ID       string   `json:"id"`
	Priority string   `json:"priority"` // now, 30-days, 90-days, later
	Phase    string   `json:"phase"`    // preserve, contain, evict, restore, harden
	Host     string   `json:"host"`
	Title    Text     `json:"title"`
	Why      Text     `json:"why"`
	Check    Text     `json:"check,omitzero"` // how to see that it is done
	Answers  []string `json:"answers"`        // finding ids
	Flaws    []string `json:"flaws"`
	// Step is the step of the playbook. With Host it is the same in every case and revision, where ID is a place in this plan.
	Step   string `json:"step,omitempty"`
	Who    Text   `json:"who,omitzero"`     // who usually does it
	Effort string `json:"effort,omitempty"` // minutes, hours, days, weeks
	Breaks Text   `json:"breaks,omitzero"`  // side effects of doing it
	// Checks are the hardening checks of Host that are not met and that it answers, worst first.
	Checks []string `json:"checks,omitempty"`
}

// Gap is something that could not be read.
type Gap struct {
	Code   string `json:"code"` // stable: iis.fields.count, zip.entry.encrypted…
	Path   string `json:"path"`
	Offset int64  `json:"offset"`
	Length int64  `json:"length"`
	Where  string `json:"where"` // logical place: "line 40118", "entry 17"
	Limit  int64  `json:"limit"`
	Got    int64  `json:"got"`
	Action string `json:"action"` // what was done: "record kept raw", "file skipped"
	// What says what the code means.
	What Text `json:"what,omitzero"`
	// Detail is attacker-proof text (quoted, at most 200 bytes), may be empty.
	Detail string `json:"detail,omitempty"`
	// Count is over 1 when the gap stands for many of one code in one file.
	Count int64 `json:"count,omitempty"`
}

// MaxGapsPerFile is how many detailed gaps one file may have; further ones are
// counted per code, since an attacker can make a million.
const MaxGapsPerFile = 1000

// Ledger accounts for every byte of evidence: Parsed + Recovered + Skipped =
// Bytes, for the whole and for each item. Containers are not counted twice:
// their contents are.
type Ledger struct {
	Files     int64        `json:"files"`
	Bytes     int64        `json:"bytes"`
	Parsed    int64        `json:"parsed"`
	Recovered int64        `json:"recovered"`
	Skipped   int64        `json:"skipped"`
	Records   int64        `json:"records"`
	Items     []LedgerItem `json:"items"` // by path
	// Containers are the archives that were opened, with their own hashes.
	Containers []LedgerItem `json:"containers,omitempty"`
}

// LedgerItem is one file of evidence.
type LedgerItem struct {
	Path      string     `json:"path"`
	Kind      string     `json:"kind"` // iis, httpproxy, ecp-server… "other" when not evidence we know
	Host      string     `json:"host,omitempty"`
	Size      int64      `json:"size"`
	SHA256    string     `json:"sha256"`
	Encoding  string     `json:"encoding,omitempty"`
	Records   int64      `json:"records,omitempty"`
	First     *time.Time `json:"first,omitempty"`
	Last      *time.Time `json:"last,omitempty"`
	Parsed    int64      `json:"parsed"`
	Recovered int64      `json:"recovered"`
	Skipped   int64      `json:"skipped"`
	// Baseline is what the baseline says of the file: original, changed or unlisted; "" when it was not compared.
	Baseline string `json:"baseline,omitempty"`
	// SameAs names an identical file that was judged in its place.
	SameAs string `json:"same_as,omitempty"`
}
