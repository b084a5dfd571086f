// Package kb loads and checks what Vigie knows about products, flaws, attacks
// and cures. It reads any fs.FS laid out like the repository's knowledge/
// folder (see knowledge/README.md for every field), so a test or a user can
// bring another; no build number, CVE or indicator stands in Go code.
package kb

import (
	"fmt"
	"time"

	"vigie/internal/buildno"
	"vigie/internal/casefile"
)

// KB is the whole knowledge, immutable after Load.
type KB struct {
	Date     string // newest date of any fact, YYYY-MM-DD
	Sources  []Source
	Products []Product
	Flaws    []Flaw // in the order of their file names
	Playbook []Step
	// AccountSteps are the steps that harden an account, Tiers the order in which accounts get them.
	AccountSteps []AccountStep
	Tiers        []Tier
	Web          WebFolders
	// Hardening is what is known of settings: checks, and the exports that show them.
	Hardening Hardening
}

// Source describes one kind of log source (the word used in coverage).
type Source struct {
	ID   string        `yaml:"id"` // iis-frontend, iis-backend, httpproxy, ecp-server…
	Name casefile.Text `yaml:"name"`
	// Path tells where the source stands on a server, for the reader who must fetch it.
	Path string `yaml:"path"`
	// MaxGap is the longest time without a record that is still called covered
	// (a busy source writes every minute thanks to health probes; a sparse one
	// only when it is used). Longer silences are holes.
	MaxGap    Duration      `yaml:"max_gap"`
	Retention casefile.Text `yaml:"retention"` // how long the product keeps it
	Ask       casefile.Text `yaml:"ask"`       // how to obtain it: one action-first sentence
	NotRead   bool          `yaml:"not_read"`  // this version reads no such source: it is only asked for
	// Channel is the name of the channel of Windows events that is this source, "" for another kind of source.
	Channel string `yaml:"channel"`
	// Product is the product that alone writes the channel, "" when any Windows does.
	Product string `yaml:"product"`
	Source  string `yaml:"source"` // where these facts come from
	Date    string `yaml:"date"`
}

// Duration is a time.Duration written "2h", "36h", "10m" in YAML.
type Duration time.Duration

// UnmarshalText reads what time.ParseDuration reads, but nothing below zero.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil || v < 0 {
		return fmt.Errorf("duration %.40q: want a number with h, m or s, such as 36h", b)
	}
	*d = Duration(v)
	return nil
}

// Product is a product line with its builds.
type Product struct {
	ID    string        `yaml:"id"`   // exchange
	Name  string        `yaml:"name"` // Exchange Server
	Lines []ProductLine `yaml:"lines"`
	// Others are products that cves.csv names though they are not of this
	// product: Outlook for Windows.
	Others []string `yaml:"others"`
	// Cited are the publications that the tables name in their source column.
	Cited []Cited `yaml:"cited"`
	// Provisos tell for which CVEs a build alone does not decide.
	Provisos []Proviso `yaml:"provisos"`
	// NotCumulative are builds that lack fixes of older builds of their branch.
	NotCumulative []NotCumulative `yaml:"not_cumulative"`
	// Paths are URL prefixes that show that a web server carries the product.
	Paths      []string          `yaml:"paths"`
	Clues      []ClueKind        `yaml:"-"` // from clues.yml
	Records    []PublisherRecord `yaml:"-"` // from records.yml
	Shields    []Shield          `yaml:"-"` // from shields.yml
	Builds     []Build           `yaml:"-"` // from builds.csv, ordered by number
	BuildsDate string            `yaml:"-"` // newest fact of builds.csv, YYYY-MM-DD: the table may be behind
	Fixes      []Fix             `yaml:"-"` // from cves.csv, ordered by CVE
	FixesDate  string            `yaml:"-"` // newest fact of cves.csv
}

// ProductLine names what a build number's first parts mean: 15.1 → Exchange Server 2016.
type ProductLine struct {
	Name string         `yaml:"name"`
	From buildno.Number `yaml:"from"` // first build of the line, included
	To   buildno.Number `yaml:"to"`   // last, excluded
	// SupportEnd is the last day with public updates, ExtendedEnd the last day
	// with paid ones ("" when there are none). After both, nobody says whether a
	// new CVE concerns the line.
	SupportEnd  string `yaml:"support_end"`
	ExtendedEnd string `yaml:"extended_end"`
	// InPlace tells that a server of the line before becomes one of this line
	// by an update: what runs today does not say that it always did.
	InPlace bool   `yaml:"in_place"`
	Source  string `yaml:"source"`
	Date    string `yaml:"date"`
}

// Cited is a publication that the source column of a table names by its ID.
type Cited struct {
	ID   string `yaml:"id"`
	Name string `yaml:"name"`
	URL  string `yaml:"url"`
	Date string `yaml:"date"` // state of the publication that was read
}

// Proviso says what besides a build decides whether some CVEs are fixed.
type Proviso struct {
	ID   string   `yaml:"id"`
	CVEs []string `yaml:"cves"`
	// Effect is "needed" when a fixed build is not enough (it then proves
	// nothing), or "reopens" when a setting undoes the fix (a fixed build counts
	// as fixed, and the sentence is told).
	Effect string        `yaml:"effect"`
	Text   casefile.Text `yaml:"text"`
	// Holds is what the settings of a machine show when the CVEs are fixed by a
	// fixed build; empty when no export shows it.
	Holds  []Expect `yaml:"holds"`
	Source string   `yaml:"source"`
	Date   string   `yaml:"date"`
}

// NotCumulative is a build that was made for one fix only: whether older CVEs
// are fixed on it depends on what had been installed before.
type NotCumulative struct {
	From    buildno.Number `yaml:"from"` // this build and later ones of its branch
	Updates []OlderUpdate  `yaml:"updates"`
	Source  string         `yaml:"source"`
	Date    string         `yaml:"date"`
}

// OlderUpdate is an update that a build which is not cumulative does not hold.
type OlderUpdate struct {
	KB   string   `yaml:"kb"`
	CVEs []string `yaml:"cves"` // stay open unless KB had been installed
}

// Build is one row of builds.csv.
type Build struct {
	Product    string // Exchange Server 2016
	CU, SU     string
	Type       string // CU, SU, HU, RU, RTM, Preview
	Number     buildno.Number
	KB         string
	Released   string // YYYY-MM-DD, or YYYY-MM when the day is not known
	Confidence string // of the KB number: sourced, recalled; "" when there is no number
	Source     string // ids of Product.Cited, joined by ";"
	Note       string
}

// Label names the build as administrators do: "CU19 Mar21SU".
func (b Build) Label() string {
	if b.SU == "" {
		return b.CU
	}
	return b.CU + " " + b.SU
}

// Fix says which builds of which product end one CVE: one row of cves.csv.
type Fix struct {
	CVE      string
	Lines    []string         // product lines concerned: Exchange Server 2016…
	FixedIn  []buildno.Number // one per branch that got a fix, ordered
	Source   string           // ids of Product.Cited, joined by ";"
	Recalled bool             // true when the fixed builds rest on memory and must be verified
	// Cleared are product lines without support at the time of the fix of which
	// the publisher said all the same that they are not concerned.
	Cleared     []string
	Name        string   // ProxyLogon, "" for most
	Title       string   // the publisher's title
	Kind        string   // Remote Code Execution, Spoofing…
	Severity    string   // the publisher's word, "" when not known
	Score       string   // CVSS base score, "" when not known
	ScoreSource string   // who gave the score; "recalled" when it rests on memory
	Update      string   // the update that brought the fix: Mar21SU
	KBs         []string // KB5000871
	KEV         string   // when CISA listed it as exploited, YYYY-MM-DD, "" when not listed
	Used        string   // yes, poc, "" when no use is known
	Note        string
}

// Title is what a reader calls the flaw.
func (f *Flaw) Title() casefile.Text {
	if f.Label != (casefile.Text{}) {
		return f.Label
	}
	return casefile.Text{FR: f.Name, EN: f.Name}
}

// Flaw is one way in, or one kind of trace, as a data file.
type Flaw struct {
	File string `yaml:"-"`
	ID   string `yaml:"id"`
	Name string `yaml:"name"`
	// Label is what a reader is told instead of a name that is a word of one language; empty for names that are the same in all.
	Label   casefile.Text `yaml:"label"`
	Summary casefile.Text `yaml:"summary"`
	// Listed is "always", or "when-found" for what has no exposure window of its
	// own (a web shell whose way in is not known): shown only with findings.
	Listed  string   `yaml:"listed"`
	CVEs    []string `yaml:"cves"`
	Product string   `yaml:"product"` // product id
	// Key are the CVEs whose fixes end the exposure; all must be fixed.
	Key       []string  `yaml:"key_cves"`
	FirstUsed DatedFact `yaml:"first_used"`
	Public    DatedFact `yaml:"public"`
	// Threshold is the share of the window that every required source must
	// cover before "no trace" or "targeted" may be said.
	Threshold float64 `yaml:"threshold"`
	// Unlogged tells that no log is sure to show a success: then no source is
	// required, the answer is never "no trace", and while nothing was found it
	// does not make the verdict of the host.
	Unlogged bool     `yaml:"unlogged"`
	Required []string `yaml:"required"` // source ids
	Useful   []string `yaml:"useful"`   // source ids
	// Protocols are the HttpProxy protocols (lower case) through which the flaw is
	// used: Exchange keeps a log for each, and the least covered one counts.
	Protocols   []string        `yaml:"protocols"`
	Mitigations []string        `yaml:"mitigations"`  // ids in MitigationService logs that stop it
	CannotSee   []casefile.Text `yaml:"cannot_see"`   // what these sources never show
	WouldChange []casefile.Text `yaml:"would_change"` // evidence beyond logs that would settle it
	Acts        []Act           `yaml:"acts"`
	Adopts      []string        `yaml:"adopts"` // "webshell/used": acts of other flaws that follow this one
	Attack      []string        `yaml:"attack"`
	References  []Reference     `yaml:"references"`
}

// Act is one thing an attacker does, as one or several rules see it.
type Act struct {
	ID       string              `yaml:"id"`
	Stage    casefile.Stage      `yaml:"stage"`
	Weight   casefile.Weight     `yaml:"weight"`
	Conf     casefile.Confidence `yaml:"confidence"`
	Title    casefile.Text       `yaml:"title"`
	Harmless casefile.Text       `yaml:"harmless"` // the harmless explanation, and why it does or does not hold
	Attack   []string            `yaml:"attack"`
	Touches  []Touch             `yaml:"touches"`
	// Shows is "mitigated" or "unmitigated" for an act of stage state that shows
	// that the flaw was stopped, or no longer is; else "".
	Shows string `yaml:"shows"`
	// By says what one finding is about: "client" (default: what one address did
	// in one stretch of time), "object" (one path or thing, whoever asked) or
	// "content" (one content of files, wherever it lies).
	By string `yaml:"by"`
	// Joins lists acts of the same flaw, or adopted ones ("webshell/used"), that are views of the same request in
	// other sources: joined records make one finding with several proofs. An
	// act always joins itself across sources.
	Joins []string `yaml:"joins"`
}

// Touch says what an act reached.
type Touch struct {
	What       string             `yaml:"what"` // account, mailbox, machine, data
	Name       casefile.Text      `yaml:"name"` // for data and machine: what; accounts and mailboxes are named by the records
	Certainty  casefile.Certainty `yaml:"certainty"`
	Why        casefile.Text      `yaml:"why"`
	CannotKnow casefile.Text      `yaml:"cannot_know"`
}

// DatedFact is a date with its source.
type DatedFact struct {
	Date      string `yaml:"date"` // YYYY-MM-DD
	Source    string `yaml:"source"`
	Certainty string `yaml:"certainty"` // sourced, recalled, inferred
}

// Reference is a document to read.
type Reference struct {
	Title string `yaml:"title"`
	URL   string `yaml:"url"`
	Date  string `yaml:"date"` // when it was read or published
}

// WebFolders describes the web folders of a product for the web-shell check.
type WebFolders struct {
	// ScriptExt are the endings (with dot, lower case) that the server runs.
	ScriptExt []string `yaml:"script_ext"`
	Source    string   `yaml:"source"` // of ScriptExt
	Date      string   `yaml:"date"`
	// Folders are URL folders in which only shipped files belong.
	Folders []WebFolder `yaml:"folders"`
	// Reported are file names (lower case, with ending) reported as web shells.
	Reported []ReportedName `yaml:"reported"`
	// Roots say at which URL the folders of a server's disk are served.
	Roots []WebRoot `yaml:"roots"`
	// Config is what the configuration of a web server holds on a server of the product.
	Config WebConfig `yaml:"config"`
}

// WebRoot is a folder of a server's disk that a site serves.
type WebRoot struct {
	Path string `yaml:"path"` // lower case, slashes, none at its ends, without drive and what is chosen at installation: frontend/httpproxy
	URL  string `yaml:"url"`  // lower case, slash at both ends
	Site string `yaml:"site"` // frontend or backend
	// Product tells that only a server of the product has such a folder.
	Product bool   `yaml:"product"`
	Source  string `yaml:"source"`
	Date    string `yaml:"date"`
}

// WebConfig is what the configuration of a web server is expected to hold. All texts are in lower case.
type WebConfig struct {
	Types   KnownList `yaml:"types"`   // beginnings of names of managed handlers and modules
	Images  KnownList `yaml:"images"`  // regular expressions over the paths of native modules and script processors, slashes
	Folders KnownList `yaml:"folders"` // regular expressions over the paths of virtual directories, slashes
	// Hidden are regular expressions over paths of virtual directories in which nothing is served but by who hides it.
	Hidden KnownList `yaml:"hidden"`
	// Inert are endings that are data: what runs them as script hides.
	Inert KnownList `yaml:"inert"`
	// PublicKeys are SHA-256 hashes of machine keys (upper-case hexadecimal text) that are published.
	PublicKeys KnownList `yaml:"public_keys"`
}

// KnownList is a list that one source gives.
type KnownList struct {
	Values []string `yaml:"values"`
	Source string   `yaml:"source"`
	Date   string   `yaml:"date"`
}

// WebFolder is a URL folder (lower case, with final slash) and the script files shipped in it.
type WebFolder struct {
	URL   string   `yaml:"url"`
	Known []string `yaml:"known"` // file names, lower case
	// MissingStatus are the answers to a script that does not exist there.
	MissingStatus []int  `yaml:"missing_status"`
	Source        string `yaml:"source"`
	Date          string `yaml:"date"`
}

// ReportedName is a name or regular expression over the URL path seen in real attacks.
type ReportedName struct {
	Name   string `yaml:"name"`
	Regexp string `yaml:"regexp"` // RE2, matched against the path in lower case
	Source string `yaml:"source"`
	Date   string `yaml:"date"`
}
