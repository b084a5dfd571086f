// Package feed reads one publication of one publisher of advisories.
//
// A feed is known by what stands in it, never by its name. It comes from outside, through servers that fail and people who lie: it is bounded in bytes
// and records, a record that cannot be true costs itself and is told, and a file that is empty, cut off, of another kind or of the future is refused
// whole, so that the copy that was kept before stays in use.
package feed

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"vigie/internal/advisory"
	"vigie/internal/casefile"
)

// Limits of a file. The largest feeds of 2026 are a year of NVD with 150 MB and the daily file of EPSS with 9 MB and 300,000 rows.
const (
	MaxFile    = 192 << 20 // bytes, unpacked
	maxRecords = 1_000_000 // statements, signals and scores of one file
	maxText    = 1024      // bytes of one text that is kept
	maxRefused = 1000      // records of one file that are told one by one
	// slack is how far a date may lie ahead: clocks differ, and some publishers date by the day of a zone to the east.
	slack = 48 * time.Hour
)

// Error says why a whole file is refused.
type Error struct {
	Code string
	Why  casefile.Text
}

func (e *Error) Error() string { return e.Why.EN }

func refuse(code, fr, en string, args ...any) *Error {
	return &Error{code, casefile.Text{FR: fmt.Sprintf(fr, args...), EN: fmt.Sprintf(en, args...)}}
}

// Read reads one file, which may be packed with gzip. now is the time that dates are held against. Errors are of type [*Error], but for those of r.
func Read(name string, r io.Reader, now time.Time) (*advisory.Document, error) {
	data, err := unpack(r, MaxFile)
	if err != nil {
		return nil, err
	}
	doc, err := parse(data, now)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	doc.SHA256, doc.File = hex.EncodeToString(sum[:]), name
	for i := range doc.Refused {
		doc.Refused[i].Kind, doc.Refused[i].Source = doc.Kind, doc.ID
	}
	return doc, nil
}

// unpack gives at most limit bytes.
func unpack(r io.Reader, limit int64) ([]byte, error) {
	in := bufio.NewReader(r)
	packed := false
	if head, _ := in.Peek(2); bytes.Equal(head, []byte{0x1f, 0x8b}) { // a short file shows below
		packed = true
	}
	var from io.Reader = in
	if packed {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, refuse("feed.gzip", "compression gzip illisible", "gzip compression cannot be read")
		}
		from = z
	}
	data, err := io.ReadAll(io.LimitReader(from, limit+1))
	switch {
	case err != nil && packed:
		return nil, refuse("feed.truncated", "fichier gzip coupé ou abîmé", "gzip file is cut off or damaged")
	case err != nil:
		return nil, err
	case int64(len(data)) > limit:
		return nil, refuse("feed.size", "plus de %d octets", "over %d bytes", limit)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, refuse("feed.empty", "fichier vide", "file is empty")
	}
	if !utf8.Valid(data) {
		return nil, refuse("feed.encoding", "le texte n’est pas en UTF-8", "text is not UTF-8")
	}
	return data, nil
}

// parse finds the kind and reads.
func parse(data []byte, now time.Time) (*advisory.Document, error) {
	d := &draft{now: now, Document: new(advisory.Document)}
	var err error
	switch head := bytes.TrimLeft(data, " \t\r\n"); {
	case bytes.HasPrefix(head, []byte("{")), bytes.HasPrefix(head, []byte("[")):
		err = d.json(data)
	case bytes.HasPrefix(head, []byte("<")) && bytes.Contains(head[:min(len(head), 4096)], []byte("cvrfdoc")):
		err = d.cvrf(data)
	case bytes.HasPrefix(head, []byte("#model_version")), bytes.HasPrefix(head, []byte("cve,epss")):
		err = d.epss(head)
	case bytes.Contains(head[:min(len(head), 4096)], []byte("vigie_advisory:")):
		err = d.hand(data)
	default:
		err = errKind
	}
	if err != nil {
		return nil, err
	}
	if d.ID == "" {
		return nil, refuse("feed.id", "le document n’a pas d’identifiant", "document has no id")
	}
	if d.Records == 0 && len(d.Ends) == 0 {
		return nil, refuse("feed.empty", "aucune entrée dans le document", "document has no entry")
	}
	for _, at := range []time.Time{d.Published, d.Updated} {
		if at.After(now.Add(slack)) {
			return nil, refuse("feed.future", "le document est daté du %s", "document is dated %s", at.Format(time.DateOnly))
		}
	}
	d.ID, d.Title, d.Publisher, d.URL = cut(d.ID), cut(d.Title), cut(d.Publisher), cut(d.URL)
	return d.Document, nil
}

var errKind = refuse("feed.kind", "le fichier n’est d’aucune forme connue", "file is of no known form")

// draft is a document that is being read.
type draft struct {
	*advisory.Document
	now time.Time
}

// json tells the kinds of JSON apart by their first level.
func (d *draft) json(data []byte) error {
	if bytes.TrimLeft(data, " \t\r\n")[0] == '[' {
		return d.euKEV(data)
	}
	var top map[string]json.RawMessage
	if err := json.Unmarshal(data, &top); err != nil {
		return jsonError(err)
	}
	has := func(keys ...string) bool {
		for _, k := range keys {
			if _, ok := top[k]; !ok {
				return false
			}
		}
		return true
	}
	switch {
	case has("document") && bytes.Contains(top["document"], []byte(`"csaf_version"`)):
		return d.csaf(data)
	case has("catalogVersion", "vulnerabilities"):
		return d.kev(data)
	case has("containers", "cveMetadata"):
		return d.cveRecord(data)
	case has("format", "vulnerabilities", "totalResults"):
		return d.nvd(top)
	case has("sourceIdentifier", "vulnStatus", "id"):
		return d.nvdOne(data)
	case has("reference", "title", "revisions"):
		return d.certFR(data)
	case has("schema_version", "result"):
		return d.endOfLife(top)
	}
	return errKind
}

// jsonError tells a file that was cut off from one that is wrong.
func jsonError(err error) error {
	var s *json.SyntaxError
	var t *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &s) && strings.Contains(s.Error(), "unexpected end"):
		return refuse("feed.truncated", "fichier coupé", "file is cut off")
	case errors.As(err, &t):
		return refuse("feed.type", "le champ %.80q n’a pas le type attendu", "field %.80q has not the type it should have", t.Field)
	}
	return refuse("feed.json", "JSON illisible", "JSON cannot be read")
}

var cveForm = regexp.MustCompile(`^CVE-(?:19|20)\d\d-\d{4,8}$`)

// cve checks the id of a record; a wrong one is refused.
func (d *draft) cve(id string) bool {
	if cveForm.MatchString(id) {
		return true
	}
	d.wrong(advisory.Refusal{Value: id, Code: "feed.cve", Why: casefile.Text{FR: "L’identifiant n’est pas celui d’une CVE.", EN: "The id is not that of a CVE."}})
	return false
}

// wrong refuses one record. How many there are shows in Records even when they are no longer told.
func (d *draft) wrong(r advisory.Refusal) {
	if len(d.Refused) < maxRefused {
		r.CVE, r.Product, r.Value = cut(r.CVE), cut(r.Product), cut(r.Value)
		d.Refused = append(d.Refused, r)
	}
}

func (d *draft) full() bool { return len(d.Statements)+len(d.Signals) >= maxRecords }

func (d *draft) state(s advisory.Statement) {
	if d.full() {
		return
	}
	for _, p := range []*string{&s.Vendor, &s.Product, &s.CPE, &s.From, &s.Below, &s.UpTo, &s.Exact, &s.Reason, &s.Needs, &s.Mitigation, &s.URL} {
		*p = cut(strings.TrimSpace(*p))
	}
	d.Statements = append(d.Statements, s)
}

func (d *draft) signal(s advisory.Signal) {
	if d.full() {
		return
	}
	s.Vendor, s.Product, s.Ref = cut(s.Vendor), cut(s.Product), cut(s.Ref)
	d.Signals = append(d.Signals, s)
}

func (d *draft) title(cve, text string) {
	if text = cut(strings.Join(strings.Fields(text), " ")); text != "" && len(d.Titles) < maxRecords {
		d.Titles = append(d.Titles, advisory.Title{CVE: cve, Text: text})
	}
}

// day reads a date of a record; it is "" and told when it is none or of the future.
func (d *draft) day(cve, s string) (string, bool) {
	at, ok := when(s)
	if !ok || at.After(d.now.Add(slack)) {
		d.wrong(advisory.Refusal{CVE: cve, Value: s, Code: "feed.date", Why: casefile.Text{FR: "La date manque, est illisible ou à venir.", EN: "The date is missing, unreadable or in the future."}})
		return "", false
	}
	return at.Format(time.DateOnly), true
}

var layouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateOnly, "2006-01-02T15:04:05-0700", "2006/01/02", "02/01/06"}

func when(s string) (time.Time, bool) {
	for _, l := range layouts {
		if at, err := time.Parse(l, s); err == nil {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}

// at is when for dates of documents, where a missing one is no date.
func at(s string) time.Time {
	v, _ := when(s)
	return v
}

// cut bounds a text at a whole character.
func cut(s string) string {
	if len(s) <= maxText {
		return s
	}
	n := maxText
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
