package seal

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/jsonline"
	"vigie/internal/ledger"
)

// ManifestName is the name of the manifest in a case folder, a package and a folder of reports.
const ManifestName = "manifest.json"

// MaxManifest bounds a manifest in bytes: it lists every file of evidence.
const MaxManifest = 512 << 20

// Manifest lists everything that a case or a report rests on. Its signature therefore covers all of it.
type Manifest struct {
	Format  int       `json:"vigie_manifest"` // 1
	Made    time.Time `json:"made"`           // UTC, by the clock of the machine that made it
	Version string    `json:"version"`        // of Vigie
	CaseID  string    `json:"case_id,omitempty"`
	// Case is case.json, nil while no evidence was judged. It stands among Files too when the manifest is the case folder's own.
	Case *FileHash `json:"case,omitempty"`
	// Ledger is the head of the chain that the report rests on: entries up to it are covered.
	Ledger    ledger.Head        `json:"ledger"`
	Rules     casefile.RulePack  `json:"rules"`
	Knowledge casefile.Knowledge `json:"knowledge"`
	// Files are beside the manifest, by path.
	Files []FileHash `json:"files"`
	// Rests are files of the case folder that a report rests on; they need not be beside it. By path.
	Rests []FileHash `json:"rests_on,omitempty"`
	// Evidence is every file that was judged, by path. They are not in the folder.
	Evidence []FileHash `json:"evidence"`
}

// FileHash is a file by its hash. Path has / between its parts.
type FileHash struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// NewManifest begins a manifest with what the case says of rules, knowledge and evidence.
func NewManifest(c *casefile.Case, now time.Time, version string) *Manifest {
	m := &Manifest{Format: 1, Made: now.UTC().Truncate(time.Second), Version: version, Rules: c.Vigie.Rules, Knowledge: c.Vigie.Knowledge,
		Files: []FileHash{}, Evidence: []FileHash{}}
	for _, list := range [][]casefile.LedgerItem{c.Ledger.Items, c.Ledger.Containers} {
		for i := range list {
			m.Evidence = append(m.Evidence, FileHash{list[i].Path, list[i].Size, list[i].SHA256})
		}
	}
	slices.SortStableFunc(m.Evidence, byPath)
	return m
}

func byPath(a, b FileHash) int { return cmp.Compare(a.Path, b.Path) }

// HashFile hashes a file under the name that the manifest gives it.
func HashFile(name, as string) (FileHash, error) {
	f, err := os.Open(name)
	if err != nil {
		return FileHash{}, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return FileHash{as, n, hex.EncodeToString(h.Sum(nil))}, err
}

// Bytes is the manifest as it is saved and signed.
func (m *Manifest) Bytes() ([]byte, error) {
	slices.SortStableFunc(m.Files, byPath)
	slices.SortStableFunc(m.Rests, byPath)
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", " ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(m); err != nil {
		return nil, err
	}
	return jsonline.Safe(nil, b.Bytes()), nil
}

// ParseManifest reads a manifest, which must be exactly as it would be written.
func ParseManifest(data []byte) (*Manifest, error) {
	m := &Manifest{}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(m); err != nil {
		return nil, fmt.Errorf("no manifest: %w", err)
	}
	if m.Format != 1 {
		return nil, fmt.Errorf("manifest of format %d, this version knows 1", m.Format)
	}
	if again, err := m.Bytes(); err != nil || !bytes.Equal(again, data) {
		return nil, errors.New("manifest is not written as this program writes it")
	}
	return m, nil
}

// Save writes the manifest to a file, and signs it when a signer is given. A time stamp of an older signature is removed.
func (m *Manifest) Save(name string, s *Signer) error {
	data, err := m.Bytes()
	if err != nil {
		return err
	}
	if err := WriteFile(name, data); err != nil {
		return err
	}
	if s == nil {
		return nil
	}
	_, err = SignFile(s, name)
	return err
}

// ManifestOf is the name of the manifest of a report that was written as a single file.
func ManifestOf(report string) string { return report + "." + ManifestName }

// SignReports adds reports, which are files in one folder, to the manifest of what they rest on, signs each, and writes the signed
// manifest beside them: as [ManifestOf] for one, as ManifestName for several. It gives the name of the manifest.
func SignReports(m *Manifest, s *Signer, reports ...string) (string, error) {
	if len(reports) == 0 {
		return "", errors.New("no report to sign")
	}
	dir := filepath.Dir(reports[0])
	for _, r := range reports {
		rel, err := filepath.Rel(dir, r)
		if err != nil || strings.HasPrefix(rel, "..") {
			return "", fmt.Errorf("%s is not in %s", r, dir)
		}
		h, err := HashFile(r, filepath.ToSlash(rel))
		if err != nil {
			return "", err
		}
		m.Files = append(m.Files, h)
		if _, err := SignFile(s, r); err != nil {
			return "", err
		}
	}
	name := filepath.Join(dir, ManifestName)
	if len(reports) == 1 {
		name = ManifestOf(reports[0])
	}
	return name, m.Save(name, s)
}
