package ledger

import (
	"time"

	"vigie/internal/casefile"
)

// Kind names the noun in an entry's body. The words are in saved cases: never renamed.
type Kind string

// The kinds of entry.
const (
	KindSubject  Kind = "subject"  // Subject: the whole of it, each time it changes
	KindRevision Kind = "revision" // Revision
	KindEvidence Kind = "evidence" // EvidenceBatch
	KindCustody  Kind = "custody"  // Custody
	KindLog      Kind = "log"      // LogEntry
	KindFinding  Kind = "finding"  // FindingState
	KindAction   Kind = "action"   // ActionEvent
	KindAccount  Kind = "account"  // AccountEvent
	KindWarning  Kind = "warning"  // WarningEvent
	KindClock    Kind = "clock"    // ClockEvent
	KindVerdict  Kind = "verdict"  // Verdict
	KindSigned   Kind = "signed"   // Signed
	KindRecovery Kind = "recovery" // Recovery
)

// Stamp says who wrote an entry, when, and where it stands in the chain. It is filled when the chain is folded, and is not in a body.
type Stamp struct {
	Seq    int64     `json:"seq,omitzero"`
	Time   time.Time `json:"time,omitzero"` // when it was written, UTC
	Author string    `json:"author,omitempty"`
}

// Subject says whose case it is and who works on it. Every field may be empty.
type Subject struct {
	CaseID  string    `json:"case_id"` // random, made once: two cases never share a chain
	Number  string    `json:"number,omitempty"`
	Title   string    `json:"title,omitempty"`
	Client  Party     `json:"client,omitzero"`
	Firm    Party     `json:"firm,omitzero"`
	Mission Mission   `json:"mission,omitzero"`
	Contact []Contact `json:"contacts,omitempty"` // in the order of entry
	// Author, Reviewer, Version and Status are those of the report; Status is "draft" or "final", "" counts as draft.
	Author       string      `json:"author,omitempty"`
	Reviewer     string      `json:"reviewer,omitempty"`
	Version      string      `json:"version,omitempty"`
	Status       string      `json:"status,omitempty"`
	Distribution []string    `json:"distribution,omitempty"`
	TLP          string      `json:"tlp,omitempty"`
	Logo         *Attachment `json:"logo,omitempty"`   // of the firm
	Colour       string      `json:"colour,omitempty"` // "#1f4e79"
}

// Party is the client or the firm.
type Party struct {
	Name    string `json:"name,omitempty"`
	Address string `json:"address,omitempty"`
	Phone   string `json:"phone,omitempty"`
	Mail    string `json:"mail,omitempty"`
	Contact string `json:"contact,omitempty"` // the person
	Role    string `json:"role,omitempty"`    // of that person
}

// Mission says why we came and what we may do.
type Mission struct {
	Reference    string     `json:"reference,omitempty"`
	Trigger      string     `json:"trigger,omitempty"`
	Permission   string     `json:"permission,omitempty"` // who gave it
	PermissionAt *time.Time `json:"permission_at,omitempty"`
	Objectives   string     `json:"objectives,omitempty"`
	Scope        string     `json:"scope,omitempty"`
	OutOfScope   string     `json:"out_of_scope,omitempty"`
	Refused      string     `json:"refused,omitempty"` // what was refused or not available
	From         *time.Time `json:"from,omitempty"`    // dates of work
	To           *time.Time `json:"to,omitempty"`
}

// Contact is a person of the case.
type Contact struct {
	Name  string `json:"name"`
	Side  string `json:"side,omitempty"` // client, firm, insurer, authority, other
	Role  string `json:"role,omitempty"`
	Lang  string `json:"lang,omitempty"` // fr or en
	Mail  string `json:"mail,omitempty"`
	Phone string `json:"phone,omitempty"`
	// OnAsset names the server of the case that hosts the person's mail: nothing confidential goes there.
	OnAsset  string     `json:"on_asset,omitempty"`
	TestedAt *time.Time `json:"tested_at,omitempty"` // when the second way of reaching him was last tried
}

// Attachment is a file that was copied into the case, under attachments/ by its hash.
type Attachment struct {
	Name   string `json:"name"` // as the person named it: hostile, shown and never used as a path
	File   string `json:"file"` // below the case folder, with /
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Revision is one state of case.json. The newest is case.json itself, older ones are kept as File.
type Revision struct {
	Stamp   `json:"-"`
	N       int    `json:"n"` // 1, 2, 3…
	SHA256  string `json:"sha256"`
	Size    int64  `json:"size"`
	Version string `json:"version"` // of Vigie
	Rules   string `json:"rules"`   // SHA-256 of the rules
	Known   string `json:"knowledge"`
	// Files and Bytes are what was read.
	Files   int64    `json:"files"`
	Bytes   int64    `json:"bytes"`
	Partial bool     `json:"partial,omitempty"`
	Changes []Change `json:"changes,omitempty"` // against the revision before
	// Dropped counts changes beyond MaxChanges.
	Dropped int `json:"dropped,omitempty"`
}

// MaxChanges bounds Revision.Changes.
const MaxChanges = 500

// Change is one thing that is not as it was in the revision before.
type Change struct {
	What string `json:"what"` // verdict, state, build, host-new, host-gone, finding-new, finding-gone
	Host string `json:"host,omitempty"`
	Flaw string `json:"flaw,omitempty"`
	ID   string `json:"id,omitempty"` // finding id: of the new case, or of the old one when it is gone
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

// EvidenceBatch registers files of evidence, at most MaxBatch a time.
type EvidenceBatch struct {
	Revision int            `json:"revision"` // 0 when a person registered it
	Items    []EvidenceItem `json:"items"`
}

// MaxBatch bounds EvidenceBatch.Items.
const MaxBatch = 500

// EvidenceItem is one thing of evidence, known by path and hash.
type EvidenceItem struct {
	Stamp `json:"-"`
	ID    string `json:"id"`   // E-0001
	Name  string `json:"name"` // path in the evidence, or what a person calls it
	Kind  string `json:"kind,omitempty"`
	Host  string `json:"host,omitempty"`
	Size  int64  `json:"size"`
	// SHA256 is "" for a thing that nobody hashed (a disk in a bag).
	SHA256     string     `json:"sha256"`
	AcquiredAt *time.Time `json:"acquired_at,omitempty"`
	AcquiredBy string     `json:"acquired_by,omitempty"`
	Method     string     `json:"method,omitempty"`
	StoredAt   string     `json:"stored_at,omitempty"`
	Encrypted  bool       `json:"encrypted,omitempty"`
	Revision   int        `json:"revision,omitempty"` // in which it was first read; 0 for none
	Custody    []Custody  `json:"-"`                  // in order
}

// CustodyActs are what can happen to evidence.
var CustodyActs = []string{"acquired", "received", "opened", "copied", "sent", "returned", "destroyed"}

// Custody is one event in the life of evidence.
type Custody struct {
	Stamp  `json:"-"`
	Item   string     `json:"item,omitempty"` // E-0001; "" for all files of Revision
	Act    string     `json:"act"`            // one of CustodyActs
	At     *time.Time `json:"at,omitempty"`   // when it happened; nil: when it was written
	Person string     `json:"person,omitempty"`
	From   string     `json:"from,omitempty"`
	To     string     `json:"to,omitempty"`
	Reason string     `json:"reason,omitempty"`
	Tool   string     `json:"tool,omitempty"` // "vigie 0.4"
	// Revision is that whose files were opened, 0 for none.
	Revision int `json:"revision,omitempty"`
}

// LogEntry is a line of the logbook (main courante).
type LogEntry struct {
	Stamp `json:"-"`
	At    *time.Time `json:"at,omitempty"` // when it happened; nil: when it was written
	Text  string     `json:"text"`
	Hosts []string   `json:"hosts,omitempty"`
	Hours float64    `json:"hours,omitempty"` // of work, 0 when not told
}

// FindingStates are the words for what people decided about a finding.
var FindingStates = []string{"open", "confirmed", "false-positive", "accepted", "resolved"}

// FindingState is what a person decided about a finding. The finding is kept by what it is, since ids change with newer evidence.
type FindingState struct {
	Stamp   `json:"-"`
	Finding string     `json:"finding"` // id in Revision
	State   string     `json:"state"`   // one of FindingStates
	Reason  string     `json:"reason"`
	Until   *time.Time `json:"until,omitempty"` // the decision ends then; accepted always has it
	// What the finding is: how it is found again in a newer revision.
	Revision int       `json:"revision"`
	Host     string    `json:"host"`
	Flaw     string    `json:"flaw"`
	Act      string    `json:"act"`
	SeenAt   time.Time `json:"seen_at,omitzero"`
	Proof    []Place   `json:"proof,omitempty"` // first places of its evidence
	// Current is the finding's id in the case at hand, "" when it is there no more. Filled when folded.
	Current string `json:"-"`
}

// Place is a place in the evidence that holds whatever the file is called.
type Place struct {
	SHA256 string `json:"sha256"`
	Offset int64  `json:"offset"`
}

// Verdict is what a person says of a flaw on a host, beside what the engine said.
type Verdict struct {
	Stamp    `json:"-"`
	Host     string           `json:"host"`
	Flaw     string           `json:"flaw"`
	Verdict  casefile.Verdict `json:"verdict"`
	Reason   string           `json:"reason"`
	Engine   casefile.Verdict `json:"engine"` // what the engine said then
	Revision int              `json:"revision"`
	// EngineNow is what the engine says in the case at hand, "" when it says nothing of them. Filled when folded.
	EngineNow casefile.Verdict `json:"-"`
}

// Signed tells that the case was signed as it stood with this entry.
type Signed struct {
	Stamp       `json:"-"`
	Fingerprint string `json:"fingerprint"` // SHA256:… of the public key
	Name        string `json:"name"`        // comment of the key
}

// Recovery tells that a line was cut off: the program died while writing it, and had acknowledged nothing.
type Recovery struct {
	Stamp  `json:"-"`
	Offset int64  `json:"offset"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	Text   string `json:"text"` // its beginning, at most 4,096 bytes
}
