package advisory

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"vigie/internal/casefile"
)

// Names in the folder of a store.
const (
	documentsName = "documents.jsonl.gz" // one document a line, by key
	stateName     = "state.json"
	rawName       = "raw" // each accepted file, packed, by its hash: whatever is derived from it can be derived again
)

// Limits of a store. A year of NVD is the largest document.
const (
	maxDocument = 1 << 30 // bytes of the JSON of all documents
	maxState    = 16 << 20
	maxScores   = 8     // days of EPSS that are kept: a jump is one within seven days
	maxRefused  = 10000 // refused files that are told
)

// shrink is how much shorter a list may become before it is refused: publishers hardly ever take entries back.
const shrink = 0.02

// Arrival says when the files of a kind came.
type Arrival struct {
	Last time.Time `json:"last"` // when a file of the kind was last accepted or found unchanged
}

type state struct {
	Format   int                    `json:"vigie_advisories"` // 1
	Arrivals map[Kind]Arrival       `json:"arrivals"`
	Files    map[string]Kind        `json:"files"`   // kind of each file name that was accepted: a name does not change its kind
	Refused  map[string]RefusedFile `json:"refused"` // file name to why it was refused last; an accepted file of the name ends it
}

// RefusedFile is a file that was refused.
type RefusedFile struct {
	Refusal
	At time.Time `json:"at"`
}

// Store is a folder of documents, in memory while it is open. One process writes at a time.
type Store struct {
	dir   string
	docs  map[string]*Document
	state state
}

// Open reads a store; a folder that does not exist yet is an empty one.
func Open(dir string) (*Store, error) {
	s := &Store{dir: dir, docs: map[string]*Document{}, state: state{Format: 1, Arrivals: map[Kind]Arrival{}, Files: map[string]Kind{}, Refused: map[string]RefusedFile{}}}
	raw, err := os.ReadFile(filepath.Join(dir, stateName))
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	if len(raw) > maxState {
		return nil, fmt.Errorf("%s: over %d bytes", stateName, maxState)
	}
	s.state = state{}
	if err := json.Unmarshal(raw, &s.state); err != nil {
		return nil, fmt.Errorf("%s: %w", stateName, err)
	}
	if s.state.Format != 1 || s.state.Arrivals == nil || s.state.Files == nil || s.state.Refused == nil {
		return nil, fmt.Errorf("%s: not written by this version of the program", stateName)
	}
	f, err := os.Open(filepath.Join(dir, documentsName))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", documentsName, err)
	}
	dec := json.NewDecoder(io.LimitReader(z, maxDocument))
	for dec.More() {
		d := new(Document)
		if err := dec.Decode(d); err != nil {
			return nil, fmt.Errorf("%s: %w", documentsName, err)
		}
		s.docs[d.Key()] = d
	}
	// More is false at damage too: what was written ends with a readable end.
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", documentsName, err)
	}
	return s, nil
}

// Outcome is what became of a document.
type Outcome string

// The outcomes.
const (
	New       Outcome = "new"
	Changed   Outcome = "changed"
	Unchanged Outcome = "unchanged"
	Refused   Outcome = "refused" // what was there before stays
)

// Put takes a document in. It is refused, and told among the refused, when it is older or much shorter than the one it would replace, or when its file
// name held another kind before.
func (s *Store) Put(d *Document, now time.Time) (Outcome, *Refusal) {
	if kind, ok := s.state.Files[d.File]; ok && kind != d.Kind {
		return Refused, s.Refuse(d.File, kind, now, "store.kind", casefile.Text{
			FR: fmt.Sprintf("Le fichier contenait %s et contient maintenant %s.", kind, d.Kind), EN: fmt.Sprintf("The file held %s and now holds %s.", kind, d.Kind)})
	}
	old := s.docs[d.Key()]
	outcome := New
	if old != nil {
		switch {
		case old.SHA256 == d.SHA256:
			s.arrive(d, now)
			return Unchanged, nil
		case d.Updated.Before(old.Updated):
			return Refused, s.Refuse(d.File, d.Kind, now, "store.older", casefile.Text{
				FR: fmt.Sprintf("Le document est du %s, plus ancien que celui du %s qui est gardé.", d.Updated.Format(time.DateOnly), old.Updated.Format(time.DateOnly)),
				EN: fmt.Sprintf("The document is of %s, older than the one of %s that is kept.", d.Updated.Format(time.DateOnly), old.Updated.Format(time.DateOnly))})
		case (d.Kind == KEV || d.Kind == EUKEV || d.Kind == EOL) && float64(d.Records) < float64(old.Records)*(1-shrink):
			return Refused, s.Refuse(d.File, d.Kind, now, "store.shrunk", casefile.Text{
				FR: fmt.Sprintf("La liste n'a plus que %d entrées au lieu de %d.", d.Records, old.Records),
				EN: fmt.Sprintf("The list has only %d entries instead of %d.", d.Records, old.Records)})
		}
		outcome = Changed
	}
	s.docs[d.Key()] = d
	s.arrive(d, now)
	s.prune()
	return outcome, nil
}

func (s *Store) arrive(d *Document, now time.Time) {
	s.state.Files[d.File] = d.Kind
	delete(s.state.Refused, d.File)
	s.state.Arrivals[d.Kind] = Arrival{Last: now.UTC()}
}

// prune forgets all but the newest days of EPSS.
func (s *Store) prune() {
	var days []*Document
	for _, d := range s.docs {
		if d.Kind == EPSS {
			days = append(days, d)
		}
	}
	slices.SortFunc(days, func(a, b *Document) int { return b.Updated.Compare(a.Updated) })
	for _, d := range days[min(len(days), maxScores):] {
		delete(s.docs, d.Key())
	}
}

// Refuse notes a file that cannot be used.
func (s *Store) Refuse(file string, kind Kind, now time.Time, code string, why casefile.Text) *Refusal {
	r := Refusal{Kind: cmp.Or(kind, s.state.Files[file]), Source: file, Code: code, Why: why}
	if _, ok := s.state.Refused[file]; ok || len(s.state.Refused) < maxRefused {
		s.state.Refused[file] = RefusedFile{r, now.UTC()}
	}
	return &r
}

// Documents gives all documents, ordered by key.
func (s *Store) Documents() []*Document {
	out := make([]*Document, 0, len(s.docs))
	for _, d := range s.docs {
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b *Document) int { return cmp.Compare(a.Key(), b.Key()) })
	return out
}

// Unused gives the files whose last delivery was refused, by name.
func (s *Store) Unused() []RefusedFile {
	out := make([]RefusedFile, 0, len(s.state.Refused))
	for _, r := range s.state.Refused {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b RefusedFile) int { return cmp.Compare(a.Source, b.Source) })
	return out
}

// Feed is the state of one kind of feed.
type Feed struct {
	Kind      Kind      `json:"kind"`
	Documents int       `json:"documents"`
	Records   int       `json:"records"`
	Refused   int       `json:"refused"`         // records of its documents that are not used
	Last      time.Time `json:"last"`            // when a file of it was last accepted
	Newest    time.Time `json:"newest,omitzero"` // date of its newest document
}

// Feeds tells the state of each kind that the store has, by kind.
func (s *Store) Feeds() []Feed {
	by := map[Kind]*Feed{}
	for _, d := range s.docs {
		f := by[d.Kind]
		if f == nil {
			f = &Feed{Kind: d.Kind, Last: s.state.Arrivals[d.Kind].Last}
			by[d.Kind] = f
		}
		f.Documents++
		f.Records += d.Records
		f.Refused += len(d.Refused)
		if d.Updated.After(f.Newest) {
			f.Newest = d.Updated
		}
	}
	out := make([]Feed, 0, len(by))
	for _, f := range by {
		out = append(out, *f)
	}
	slices.SortFunc(out, func(a, b Feed) int { return cmp.Compare(a.Kind, b.Kind) })
	return out
}

// KeepFile stores an accepted file, packed, under the hash of what it unpacks to.
func (s *Store) KeepFile(sha256, from string) error {
	name := filepath.Join(s.dir, rawName, sha256+".gz")
	if _, err := os.Stat(name); err == nil {
		return nil
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		return replace(name, data)
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return replace(name, b.Bytes())
}

// Save writes the store. Documents come before the state that tells of them, each whole or not at all.
func (s *Store) Save() error {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	enc := json.NewEncoder(z)
	for _, d := range s.Documents() {
		if err := enc.Encode(d); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	if err := replace(filepath.Join(s.dir, documentsName), b.Bytes()); err != nil {
		return err
	}
	raw, err := json.MarshalIndent(s.state, "", "  ")
	if err != nil {
		return err
	}
	return replace(filepath.Join(s.dir, stateName), raw)
}

// replace writes a file whole or not at all.
func replace(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".vigie-")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
