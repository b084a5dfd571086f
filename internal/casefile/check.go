package casefile

// CheckResult answers a hardening check.
type CheckResult string

// The results, worst first. Unknown is told as such: what no export shows is never taken for met.
const (
	NotMet        CheckResult = "not-met"
	CheckUnknown  CheckResult = "unknown"
	Met           CheckResult = "met"
	NotApplicable CheckResult = "not-applicable"
)

// CheckResults lists the results, worst first.
var CheckResults = []CheckResult{NotMet, CheckUnknown, Met, NotApplicable}

// Check is the answer to one question about how a server is set up.
type Check struct {
	ID       string      `json:"id"`
	Host     string      `json:"host"`
	Severity string      `json:"severity"` // critical, high, medium, low
	Result   CheckResult `json:"result"`
	Title    Text        `json:"title"`
	Expected Text        `json:"expected"`
	// Found are the settings on which the result rests, those that fail first; empty when the evidence shows none.
	Found []Found `json:"found"`
	// More is how many further settings there are than Found holds.
	More     int  `json:"more,omitempty"`
	Why      Text `json:"why"`
	Fix      Text `json:"fix"`
	Verify   Text `json:"verify"`
	Rollback Text `json:"rollback"`
	Breaks   Text `json:"breaks"`
	// Missing are the exports that would answer, when the result is unknown.
	Missing []MissingExport `json:"missing,omitempty"`
	// Claims are what other tools say of the same thing; the result does not rest on them.
	Claims    []Claim `json:"claims,omitempty"`
	Certainty string  `json:"certainty"` // of the fact behind the check: sourced, recalled, inferred
	Source    string  `json:"source"`
	Date      string  `json:"date"` // state of the source, YYYY-MM-DD
}

// MaxFound is how many settings one check holds.
const MaxFound = 40

// Found is a setting as the evidence shows it.
type Found struct {
	Key     string `json:"key"`
	Subject string `json:"subject,omitempty"`
	Value   string `json:"value"`
	// Absent is true for a setting that an export which would hold it does not have; Value is then what holds without it.
	Absent bool `json:"absent,omitempty"`
	// Fails is true when the setting itself does not pass its comparison.
	Fails bool   `json:"fails,omitempty"`
	Where string `json:"where"`
}

// MissingExport is an export that would answer a check.
type MissingExport struct {
	ID      string `json:"id"`
	Title   Text   `json:"title"`
	Command string `json:"command"` // one line of PowerShell that reads and changes nothing
}

// Claim is a judgement of another tool, in its words.
type Claim struct {
	Tool  string `json:"tool"`
	Name  string `json:"name"`
	Text  string `json:"text"`
	Grade string `json:"grade,omitempty"` // its colour or class
	Where string `json:"where"`
}
