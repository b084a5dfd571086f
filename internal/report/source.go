package report

import (
	"time"

	"vigie/internal/casefile"
	"vigie/internal/ledger"
)

// Audience is for whom a document is made.
type Audience string

// The audiences.
const (
	ForManager   Audience = "manager"   // who decides: one page, and what must be decided
	ForTechnical Audience = "technical" // who works on: hashes, paths, rules
	ForInsurer   Audience = "insurer"   // who checks: dates, proofs, who did what
	ForFull      Audience = "full"      // everything
	ForPeriodic  Audience = "periodic"  // who is a client between incidents: one or two pages
)

// Audiences lists them in the order of help texts.
var Audiences = []Audience{ForManager, ForTechnical, ForInsurer, ForFull, ForPeriodic}

// Source is what a document is made from. Only Case is needed.
type Source struct {
	Case *casefile.Case
	// Work is what people did, joined to Case; nil when there is no case folder.
	Work *ledger.State
	// SHA256 is that of case.json, "" when it was never written.
	SHA256 string
	// Before is an older state of the case, for the periodic document; nil when there is none.
	Before *casefile.Case
	// Obligations are the legal clocks of the knowledge, for those that nobody has started; may be empty.
	Obligations []casefile.Obligation
}

func (s Source) withDefaults() Source {
	if s.Work == nil {
		s.Work = ledger.NewState()
		s.Work.Join(s.Case)
	}
	return s
}

// Identity is what must stand in a document that leaves the house (rule R11).
type Identity struct {
	Date     time.Time // of the document
	Version  string
	Author   string
	Reviewer string
	Final    bool
}
