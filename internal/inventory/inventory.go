// Package inventory holds the nouns of the estate: what is seen of a machine
// from outside and in its files, and which product and build that points to.
// It knows neither rules nor parsers nor outputs.
package inventory

import "time"

// Clue is one sight of a product, of a build, or of an update: a header of an
// answer, the version resource of a binary, a line of a setup log. Clues are
// facts; what they prove together is for package identify to say.
type Clue struct {
	// Kind is a word of the product's table of clues (knowledge/products/<id>/clues.yml),
	// such as "http.exporttool" or "file.exsetup".
	Kind string `json:"kind"`
	// Value is what was seen, as it was written, at most MaxValue bytes.
	Value string `json:"value"`
	// Where says where: a URL and the name of a header, or a path in the evidence with a place in it.
	Where string `json:"where"`
	// Time is when it was true: the time of the record or of the answer. Zero when not known.
	Time time.Time `json:"time,omitzero"`
}

// MaxValue bounds Clue.Value and Setting.Value in bytes: both come from strangers.
const MaxValue = 1024

// Precision says how much of a build the clues tell.
type Precision string

// The precisions, best first.
const (
	Exact            Precision = "exact"             // the four parts, from a source that says what runs
	Update           Precision = "update"            // the four parts, from a component that may lag behind an update
	CumulativeUpdate Precision = "cumulative-update" // the first three parts: which security update is not known
	ProductOnly      Precision = "product"           // the product, no build
)

// Product is what a set of clues points to.
type Product struct {
	ID    string `json:"id"`    // folder under knowledge/products
	Name  string `json:"name"`  // "Exchange Server 2016"
	Build string `json:"build"` // short form; three parts where no more is known; "" when not known
	Label string `json:"label"` // "CU19 Mar21SU"; "CU19" where the update is not known; "" when the table has no such row
	// Nearest is true when Build stands in no table, and Label is that of the nearest lower build of its branch.
	Nearest   bool      `json:"nearest,omitempty"`
	Precision Precision `json:"precision"`      // of Build
	From      []Clue    `json:"from,omitempty"` // the clues that say so, best first
	// Conflicts are the clues that say otherwise: kept and shown, never averaged.
	Conflicts []Clue `json:"conflicts,omitempty"`
	// Updates are the numbers of installed updates that the clues name, sorted: KB5000871.
	Updates []string `json:"updates,omitempty"`
	// Settled and Undone are the ids of provisos of the product (what besides a
	// build decides) that the settings of the machine show to be fulfilled, and not.
	Settled []string `json:"settled,omitempty"`
	Undone  []string `json:"undone,omitempty"`
}

// Setting is one fact about how a machine is configured, as an export shows it.
type Setting struct {
	// Key is a path of lower-case words: "iis.module", "exchange.vdir.ecp.external-url",
	// "registry.hklm\software\microsoft\…". Each key stands in knowledge/README.md or doc/exports.md.
	Key string `json:"key"`
	// Subject is the thing it is about where a machine has many (a virtual directory, an account, a module); may be empty.
	Subject string    `json:"subject,omitempty"`
	Value   string    `json:"value"`
	Where   string    `json:"where"` // path in the evidence and place in it
	Host    string    `json:"host,omitempty"`
	Time    time.Time `json:"time,omitzero"` // when the export was made; zero when not known
}
