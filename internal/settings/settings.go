// Package settings reads exports of configuration: what PowerShell, IIS, the registry and Microsoft's own scripts tell about how a server is set
// up, as settings and clues.
//
// A file is recognised by what stands in it, never by its name. Nothing is executed or deserialised, secrets are not kept (see secret.go), and
// what an export claims about itself is told as a claim. One file gives at most [MaxSettings] settings; formats and their limits are told in
// doc/exports.md.
package settings

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"vigie/internal/casefile"
	"vigie/internal/clixml"
	"vigie/internal/inventory"
	"vigie/internal/xmltree"
)

// Form is how an export is written.
type Form string

// The forms. The words stand in the ledger of a case.
const (
	None       Form = ""
	CLIXML     Form = "clixml"        // Export-Clixml
	CSV        Form = "csv"           // Export-Csv, wmic /format:csv, systeminfo /fo csv
	List       Form = "format-list"   // Format-List
	JSON       Form = "json"          // ConvertTo-Json
	SystemInfo Form = "systeminfo"    // systeminfo, any language
	Hotfixes   Form = "hotfixes"      // wmic qfe, lists of updates
	Registry   Form = "registry"      // .reg, reg query
	IISConfig  Form = "iis-config"    // applicationHost.config, web.config
	FIPFS      Form = "fip-fs-config" // Configuration.xml of Exchange's malware filter
)

// MaxSettings bounds the settings of one file: an export of a thousand mailboxes with all their properties has 150,000, and only the properties
// that checks name are kept.
const MaxSettings = 50_000

// maxClues bounds the clues of one file, and maxClaims the claims: a server has some hundred updates.
const (
	maxClues  = 5_000
	maxClaims = 1_000
)

// Facts is what one export says.
type Facts struct {
	Form Form
	// Host is the server that the export names as its own, "" when it names none or several.
	Host     string
	Settings []inventory.Setting // in the order of the file
	Clues    []inventory.Clue
	Claims   []Claim
}

// Claim is a judgement that another tool wrote into its output.
type Claim struct {
	Tool  string // "HealthChecker"
	Name  string // what it calls the check
	Text  string // its words
	Grade string // its colour or class: Red, Yellow, Green; "" when it gave none
	Where string
}

// Options say what to keep.
type Options struct {
	// Want tells which keys of settings are kept; nil keeps all. Exports of a registry hold a million values of which checks ask for some ten.
	Want func(key string) bool
}

// Read reads one file. path is where it stands in the evidence and goes into each place that is told. A file that is no export gives facts whose
// Form is None.
func Read(path string, data []byte, opt Options) (Facts, []casefile.Gap) {
	r := &reader{path: path, want: opt.Want}
	text := decode(data)
	r.facts.Form = sniff(text)
	switch r.facts.Form {
	case CLIXML:
		r.clixml(text)
	case CSV:
		r.csv(text)
	case List:
		r.list(text)
	case JSON:
		r.json(text)
	case SystemInfo:
		r.systeminfo(text)
	case Hotfixes:
		r.hotfixes(text)
	case Registry:
		r.registry(text)
	case IISConfig:
		r.iisConfig(text)
	case FIPFS:
		r.fipfs(text)
	}
	return r.finish()
}

// reader collects the facts of one file.
type reader struct {
	path  string
	want  func(string) bool
	facts Facts
	gaps  []casefile.Gap
	hosts map[string]bool // servers that objects of the file name as their own
	time  time.Time       // when the export was made, by its own word
	// checker is true in the output of HealthChecker, which asks the same cmdlets but is told apart.
	checker   bool
	lost      int64 // settings and clues over the limits
	line, nth int   // of the object at hand: its line, and which of that line it is
	// counts is how many objects of each kind the file shows.
	counts map[string]int
	order  []string // of counts
}

// set notes a setting. Values are cut to inventory.MaxValue bytes; those of secrets are replaced.
func (r *reader) set(key, subject, value, host string, line int) {
	if r.want != nil && !r.want(key) {
		return
	}
	if len(r.facts.Settings) >= MaxSettings {
		r.lost++
		return
	}
	name := key
	if strings.HasPrefix(key, "registry.") {
		name = subject // of the value
	}
	r.facts.Settings = append(r.facts.Settings, inventory.Setting{Key: key, Subject: cut(subject), Value: cut(hide(name, value)), Where: r.where(line),
		Host: cut(host), Time: r.time})
}

func (r *reader) clue(kind, value string, at time.Time, line int) {
	if len(r.facts.Clues) >= maxClues {
		r.lost++
		return
	}
	r.facts.Clues = append(r.facts.Clues, inventory.Clue{Kind: kind, Value: cut(value), Where: r.where(line), Time: at})
}

func (r *reader) where(line int) string {
	if line <= 0 {
		return r.path
	}
	if line == r.line && r.nth > 1 { // several objects in one line, as compressed JSON has them
		return fmt.Sprintf("%s (line %d, object %d)", r.path, line, r.nth)
	}
	return fmt.Sprintf("%s (line %d)", r.path, line)
}

// seen counts an object of a kind, which is how a check tells "the export is there, and has no such thing" from "no export".
func (r *reader) seen(kind string) {
	r.present(kind)
	if _, ok := r.counts[kind]; ok {
		r.counts[kind]++
	}
}

// maxKinds bounds the kinds that one file shows: an export of a registry has one for each of its keys.
const maxKinds = 10_000

// present notes that a kind of export was read, even if it shows no object.
func (r *reader) present(kind string) {
	if r.counts == nil {
		r.counts = map[string]int{}
	}
	if _, ok := r.counts[kind]; ok || len(r.counts) >= maxKinds || r.want != nil && !r.want(ExportPrefix+kind) {
		return
	}
	r.counts[kind] = 0
	r.order = append(r.order, kind)
}

// hostSeen notes a server that the file names as its own.
func (r *reader) hostSeen(name string) {
	if name == "" {
		return
	}
	if r.hosts == nil {
		r.hosts = map[string]bool{}
	}
	if len(r.hosts) < 1000 {
		r.hosts[short(name)] = true
	}
}

// ExportPrefix begins the keys of the settings that say that an export of a kind was read; their value is the number of objects in it.
const ExportPrefix = "export."

func (r *reader) finish() (Facts, []casefile.Gap) {
	if len(r.hosts) == 1 {
		for h := range r.hosts {
			r.facts.Host = h
		}
	}
	for _, kind := range r.order {
		r.facts.Settings = append(r.facts.Settings, inventory.Setting{Key: ExportPrefix + kind, Value: fmt.Sprint(r.counts[kind]), Where: r.path, Time: r.time})
	}
	if r.facts.Host != "" {
		for i := range r.facts.Settings {
			if s := &r.facts.Settings[i]; s.Host == "" {
				s.Host = r.facts.Host
			}
		}
	}
	if r.lost > 0 {
		r.gap("export.too_many", 0, MaxSettings, int64(len(r.facts.Settings))+r.lost, "rest of the file not read", "")
	}
	return r.facts, r.gaps
}

// gap notes a part that could not be read.
func (r *reader) gap(code string, line int, limit, got int64, action, detail string) {
	if len(r.gaps) >= casefile.MaxGapsPerFile {
		return
	}
	g := casefile.Gap{Code: code, Path: r.path, Limit: limit, Got: got, Action: action, What: Sentence(code)}
	if line > 0 {
		g.Where = fmt.Sprintf("line %d", line)
	}
	if detail != "" {
		g.Detail = fmt.Sprintf("%.150q", detail)
	}
	r.gaps = append(r.gaps, g)
}

// xmlGap tells why a document of XML broke off.
func (r *reader) xmlGap(err error) {
	code := "export.xml.form"
	switch {
	case errors.Is(err, xmltree.ErrDepth):
		code = "export.xml.depth"
	case errors.Is(err, xmltree.ErrSize):
		code = "export.xml.size"
	case errors.Is(err, clixml.ErrFormat):
		code = "export.xml.unknown"
	}
	r.gap(code, 0, 0, 0, "rest of the file not read", err.Error())
}

// cut shortens a text to inventory.MaxValue bytes, at the edge of a character, and makes it valid UTF-8.
func cut(s string) string {
	if len(s) > inventory.MaxValue {
		n := inventory.MaxValue
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		s = s[:n]
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// short is the name of a machine without its domain, in capitals as Windows shows it.
func short(name string) string {
	name = strings.TrimLeft(strings.TrimSpace(name), `\`)
	if _, err := netip.ParseAddr(name); err != nil {
		name, _, _ = strings.Cut(name, ".")
	}
	return strings.ToUpper(name)
}
