// Package fingerprint reads clues off what a server shows to anybody, by patterns that are data.
//
// A file of knowledge/fingerprints tells for one product (or one kind of proxy) which questions show something of it, and by which signs it
// betrays itself: a header, a title, a banner, a certificate. What a server showed is a list of [Answer], whoever collected it: the prober,
// or the report of another scanner. All of it is text of a stranger: it is bounded before it is looked at, and what it proves is for package
// identify to say.
package fingerprint

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/inventory"
)

// Set is all fingerprints, immutable after Load.
type Set struct {
	Prints []Print // in the order of their file names
	Date   string  // newest date of any fact, YYYY-MM-DD
	byAt   map[string][]*Sign
}

// Print is how one product shows itself.
type Print struct {
	ID   string `yaml:"id"`   // name of the file; the folder under knowledge/products where there is one
	Name string `yaml:"name"` // Microsoft Exchange Server
	// Role is "product", or "front" for what stands before a product: a proxy, a content delivery network, a gateway that asks for a password first.
	Role string `yaml:"role"`
	// Server is a regular expression for the header Server of the product itself: another one is that of something before it. "" when it has no name of its own.
	Server    string     `yaml:"server"`
	Questions []Question `yaml:"questions"`
	Signs     []Sign     `yaml:"signs"`
	server    *regexp.Regexp
}

// Foreign tells whether a header Server is not the product's own.
func (p *Print) Foreign(server string) bool { return p.server != nil && !p.server.MatchString(server) }

// Question is one GET request that the browser or the mail client of any visitor sends.
type Question struct {
	ID   string `yaml:"id"`
	Path string `yaml:"path"` // begins with a slash; fixed: nothing is guessed
	// Ask says when it is asked: "always"; "unnamed", while nothing has named a product; "named", once a sign has named this product;
	// "coarse", once named and as long as no sign has settled the build.
	Ask    []string      `yaml:"ask"`
	Why    casefile.Text `yaml:"why"`
	Source string        `yaml:"source"`
	Date   string        `yaml:"date"`
	print  *Print
}

// Print is the fingerprint that the question belongs to.
func (q *Question) Print() *Print { return q.print }

// Sign is one pattern.
type Sign struct {
	Kind string `yaml:"kind"` // of the clue
	// At is the place to look: "header:X-OWA-Version", "cookie", "title", "body", "redirect", "status", "favicon", "smtp.banner", "smtp.ehlo",
	// "imap.banner", "pop.banner", "tls.subject", "tls.issuer", "tls.names", "scan.product", "scan.version", "scan.cpe", "scan.device".
	At string `yaml:"at"`
	// Match is a regular expression (RE2) over the text of the answer. Its first group is the value, or the whole match when it has none.
	Match string `yaml:"match"`
	// Question restricts the sign to answers to one question of the same file; "" for any.
	Question string `yaml:"question"`
	// Hint: the sign names no product by itself, it only adds to what another sign has named.
	Hint bool `yaml:"hint"`
	// Settles: the value is a whole build from a source that says what runs, so no further question about the build is needed.
	Settles bool `yaml:"settles"`
	// Version: the value tells a version of the product.
	Version   bool   `yaml:"version"`
	Certainty string `yaml:"certainty"` // sourced, recalled, inferred
	Source    string `yaml:"source"`
	Date      string `yaml:"date"`
	re        *regexp.Regexp
	print     *Print
}

// Answer is one text that a server showed.
type Answer struct {
	At       string // as in Sign.At
	Text     string
	Where    string // URL or address, for the reader
	Question string // "file/id" of the question it answers; "" when it answers none
	Time     time.Time
}

// Sight is a clue with the fingerprint and the sign that found it.
type Sight struct {
	inventory.Clue
	Print *Print
	Sign  *Sign
}

// maxText is how much of one answer is searched: the prober keeps no more of a body.
const maxText = 256 << 10

// maxSame bounds the clues of one sign, of one answer: a page may hold a path a thousand times.
const maxSame = 4

// Read gives what an answer shows, in the order of the files and signs. Equal values of one sign are given once.
func (s *Set) Read(a Answer) (out []Sight) {
	text := a.Text[:min(len(a.Text), maxText)]
	for _, sign := range s.byAt[strings.ToLower(a.At)] {
		if sign.Question != "" && sign.print.ID+"/"+sign.Question != a.Question {
			continue
		}
		var seen []string
		for _, m := range sign.re.FindAllStringSubmatchIndex(text, maxSame*4) {
			lo, hi := m[0], m[1]
			if len(m) >= 4 && m[2] >= 0 {
				lo, hi = m[2], m[3]
			}
			value := cut(strings.TrimSpace(strings.ToValidUTF8(text[lo:hi], "\ufffd")))
			if slices.Contains(seen, value) {
				continue
			}
			if len(seen) == maxSame {
				break
			}
			seen = append(seen, value)
			out = append(out, Sight{Clue: inventory.Clue{Kind: sign.Kind, Value: value, Where: a.Where, Time: a.Time}, Print: sign.print, Sign: sign})
		}
	}
	return out
}

// cut bounds a value without breaking a character.
func cut(s string) string {
	if len(s) <= inventory.MaxValue {
		return s
	}
	return strings.ToValidUTF8(s[:inventory.MaxValue], "")
}

// Questions gives the questions that may be asked, in order.
func (s *Set) Questions() (out []*Question) {
	for i := range s.Prints {
		for j := range s.Prints[i].Questions {
			out = append(out, &s.Prints[i].Questions[j])
		}
	}
	return out
}

// Print gives a fingerprint by its id, nil when there is none.
func (s *Set) Print(id string) *Print {
	i := slices.IndexFunc(s.Prints, func(p Print) bool { return p.ID == id })
	if i < 0 {
		return nil
	}
	return &s.Prints[i]
}
