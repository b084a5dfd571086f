// Package advisory holds what publishers say of flaws, as they say it, and keeps it in a folder.
//
// A document is one publication: a month of Microsoft, a CSAF file, the list of CISA. Its statements and signals are kept as written; which product they
// mean and whether they can be true is for package watch to say, with the knowledge of the day.
package advisory

import (
	"time"

	"vigie/internal/casefile"
)

// Kind is a form of feed.
type Kind string

// The kinds of feed.
const (
	CVRF   Kind = "msrc-cvrf"
	CSAF   Kind = "csaf"
	KEV    Kind = "cisa-kev"
	EUKEV  Kind = "eu-kev"
	CVE5   Kind = "cve-record"
	NVD    Kind = "nvd"
	EPSS   Kind = "epss"
	CERTFR Kind = "cert-fr"
	EOL    Kind = "endoflife"
	Hand   Kind = "hand-written"
)

// Document is one publication.
type Document struct {
	Kind      Kind      `json:"kind"`
	ID        string    `json:"id"` // of its publisher; with Kind it is what a newer document replaces
	Publisher string    `json:"publisher"`
	Title     string    `json:"title,omitempty"`
	URL       string    `json:"url,omitempty"`
	Published time.Time `json:"published,omitzero"`
	Updated   time.Time `json:"updated,omitzero"`
	// Rank orders sources of one flaw: 0 written by hand, 1 the vendor, 2 the record of the CVE's assigner, 3 other authorities, 4 NVD.
	Rank int `json:"rank"`
	// Recalled is true when the facts rest on memory and must be verified: they are told so.
	Recalled   bool        `json:"recalled,omitempty"`
	Statements []Statement `json:"statements,omitempty"`
	Signals    []Signal    `json:"signals,omitempty"`
	Titles     []Title     `json:"titles,omitempty"`
	Scores     *Scores     `json:"scores,omitempty"`
	Ends       []End       `json:"ends,omitempty"`
	// Refused are the records of the document that cannot be used.
	Refused []Refusal `json:"refused,omitempty"`
	Records int       `json:"records"` // entries of its list, refused ones too
	SHA256  string    `json:"sha256"`  // of the file that it was read from
	File    string    `json:"file"`    // name under which it came
}

// Key names what a newer document replaces.
func (d *Document) Key() string { return string(d.Kind) + " " + d.ID }

// Status is what a publisher says of versions.
type Status string

// The statuses of statements.
const (
	Affected    Status = "affected"
	NotAffected Status = "not-affected"
	Fixed       Status = "fixed"
	Unknown     Status = "unknown" // also: under investigation
)

// Statement is the word of a publisher on one product and one CVE. Versions are as written.
type Statement struct {
	CVE     string `json:"cve"`
	Vendor  string `json:"vendor,omitempty"`
	Product string `json:"product"`
	CPE     string `json:"cpe,omitempty"` // vendor:product
	Status  Status `json:"status"`
	From    string `json:"from,omitempty"`  // first version meant; "" and "0" from the beginning
	Below   string `json:"below,omitempty"` // first version no more meant
	UpTo    string `json:"up_to,omitempty"` // last version meant
	Exact   string `json:"exact,omitempty"` // only this version
	// Rest is what the publisher says of versions that no statement of the product names; "" when nothing.
	Rest       Status   `json:"rest,omitempty"`
	KBs        []string `json:"kbs,omitempty"`        // updates that end it
	Supersedes []string `json:"supersedes,omitempty"` // updates that those replace
	Reason     string   `json:"reason,omitempty"`     // why not affected, in the words of VEX
	Needs      string   `json:"needs,omitempty"`      // what besides the version is necessary
	Mitigation string   `json:"mitigation,omitempty"` // what helps until it is fixed
	URL        string   `json:"url,omitempty"`
}

// Signal is a fact that raises how urgent a flaw is.
type Signal struct {
	CVE  string `json:"cve"`
	Kind Sign   `json:"kind"`
	By   string `json:"by"`
	Date string `json:"date,omitempty"` // since when, YYYY-MM-DD; "" when not told
	Ref  string `json:"ref,omitempty"`  // the document of the publisher
	// Vendor and Product are told by lists that name no versions.
	Vendor  string `json:"vendor,omitempty"`
	Product string `json:"product,omitempty"`
}

// Sign is a kind of signal.
type Sign string

// The signs.
const (
	Exploited   Sign = "exploited"
	Ransomware  Sign = "ransomware"
	Alert       Sign = "alert"          // an alert of a national CERT
	Notice      Sign = "notice"         // a plain notice of one
	Public      Sign = "public-exploit" // exploit code is public
	Automatable Sign = "automatable"
	Total       Sign = "total-impact"
	Severe      Sign = "severe"   // CVSS base score of 9 or more
	NoLogin     Sign = "no-login" // over the network, without login or help of a user
)

// Title is what a publisher calls a flaw.
type Title struct {
	CVE  string `json:"cve"`
	Text string `json:"text"`
}

// Scores is a day of EPSS.
type Scores struct {
	Model string             `json:"model"` // scores of two models do not compare
	Date  string             `json:"date"`
	ByCVE map[string]float32 `json:"by_cve"`
}

// End is the end of support of a release line.
type End struct {
	Product string `json:"product"`
	Branch  string `json:"branch"`
	Date    string `json:"date"`
}

// Refusal is a record, or a whole file, that is not used, and why.
type Refusal struct {
	Kind    Kind          `json:"kind,omitempty"`
	Source  string        `json:"source"` // document or file
	CVE     string        `json:"cve,omitempty"`
	Product string        `json:"product,omitempty"`
	Value   string        `json:"value,omitempty"` // as written
	Code    string        `json:"code"`
	Why     casefile.Text `json:"why"`
}
