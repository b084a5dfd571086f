// Package verify checks that cases, packages, reports and evidence are what was written and signed, and says what it did not check.
//
// It reads files only, reaches no network, and trusts nothing in them: a case may have been changed by whoever held it. What is wrong is a
// [Check] that failed; what a check cannot tell is a Check too, so that silence never reads as proof.
package verify

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/seal"
)

// Outcome is how a check ended.
type Outcome string

// The outcomes.
const (
	Passed     Outcome = "passed"
	Failed     Outcome = "failed"
	NotChecked Outcome = "not-checked"
)

// Check is one thing that was looked at, or could not be.
type Check struct {
	Code    string        `json:"code"` // stable: ledger.chain, case.hash…
	Outcome Outcome       `json:"outcome"`
	Path    string        `json:"path,omitempty"` // hostile: shown escaped
	Text    casefile.Text `json:"text"`
}

// Result is what verifying one thing gave.
type Result struct {
	Path string `json:"path"`
	Kind string `json:"kind"` // case, package, report, evidence-package
	OK   bool   `json:"ok"`   // no check failed
	// Signed is the key whose signature holds, nil when there is none.
	Signed *Signed `json:"signed,omitempty"`
	Checks []Check `json:"checks"`
}

// Signed is a signature that holds.
type Signed struct {
	Fingerprint string `json:"fingerprint"`
	// Name is that under which the key is trusted, "" when the user has not said that he trusts it.
	Name string `json:"name,omitempty"`
	// Stamped is when a time-stamping authority saw it; nil without a time stamp that holds.
	Stamped   *time.Time `json:"stamped,omitempty"`
	Authority string     `json:"authority,omitempty"`
}

// Options say what to check against.
type Options struct {
	// Trust are the keys that the user trusts; nil when he named none. With it, only a signature by one of them holds.
	Trust *seal.Trust
	// Head, when not "", is the hash of an entry that the chain must hold: noted elsewhere, in a report or on paper.
	Head string
	// Authorities are certificates of time-stamping authorities (PEM) that the user trusts, nil for none.
	Authorities []byte
	Now         time.Time
}

// maxFailures bounds the failures that are told one by one.
const maxFailures = 200

func (r *Result) add(o Outcome, code, path, fr, en string, args ...any) {
	r.put(o, code, path, casefile.Text{FR: fmt.Sprintf(fr, args...), EN: fmt.Sprintf(en, args...)})
}

func (r *Result) put(o Outcome, code, path string, t casefile.Text) {
	if o == Failed {
		r.OK = false
		n := 0
		for i := range r.Checks {
			if r.Checks[i].Outcome == Failed {
				n++
			}
		}
		if n >= maxFailures {
			return
		}
	}
	r.Checks = append(r.Checks, Check{code, o, path, t})
}

// told is add for a sentence that begins with a number and its noun.
func (r *Result) told(o Outcome, code, path string, n casefile.Text, fr, en string, args ...any) {
	r.put(o, code, path, casefile.Text{FR: n.FR + fmt.Sprintf(fr, args...), EN: n.EN + fmt.Sprintf(en, args...)})
}

// hashOf hashes a file of a case.
func hashOf(fsys fs.FS, name string) (string, int64, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), n, err
}

// file checks a file by its hash.
func (r *Result) file(fsys fs.FS, code, name, sum string, size int64) bool {
	if !fs.ValidPath(name) {
		r.add(Failed, code, name, "nom de fichier inacceptable", "unacceptable file name")
		return false
	}
	got, n, err := hashOf(fsys, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.add(Failed, code, name, "fichier absent", "file is missing")
	case err != nil:
		r.add(Failed, code, name, "fichier illisible", "file cannot be read")
	case got != sum || n != size:
		r.add(Failed, code, name, "contenu changé : empreinte %s, attendue %s", "content changed: hash %s, expected %s", got, sum)
	default:
		return true
	}
	return false
}

// readable reads a file of at most limit bytes; what goes wrong is a failed check.
func (r *Result) readable(fsys fs.FS, code, name string, limit int64) ([]byte, bool) {
	f, err := fsys.Open(name)
	if err != nil {
		r.add(Failed, code, name, "fichier absent ou illisible", "file is missing or cannot be read")
		return nil, false
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil || int64(len(data)) > limit {
		r.add(Failed, code, name, "fichier illisible ou de plus de %d octets", "file cannot be read, or has over %d bytes", limit)
		return nil, false
	}
	return data, true
}

func exists(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return err == nil
}

// signature checks the signature of data that stands in name.sig, and whom it is by. It gives the fingerprint, "" when it does not hold.
func (r *Result) signature(fsys fs.FS, name string, data []byte, opt Options) string {
	sig, ok := r.readable(fsys, "signature", name+seal.Ending, 16<<10)
	if !ok {
		return ""
	}
	key, err := seal.Verify(data, sig)
	if err != nil {
		r.add(Failed, "signature", name+seal.Ending, "la signature ne tient pas : %v", "the signature does not hold: %v", err)
		return ""
	}
	r.by(key, name+seal.Ending, opt)
	r.stamp(fsys, name+seal.Ending, sig, opt)
	return r.Signed.Fingerprint
}

// by tells whose a signature that holds is.
func (r *Result) by(key *seal.Key, sigName string, opt Options) {
	signed := &Signed{Fingerprint: key.Fingerprint()}
	r.Signed = signed
	signed.Name = opt.Trust.Who(key, opt.Now)
	switch {
	case signed.Name != "":
		r.add(Passed, "signature", sigName, "signature valide, par %s (%s)", "signature valid, by %s (%s)", signed.Name, signed.Fingerprint)
	case opt.Trust != nil:
		r.add(Failed, "signature.trust", sigName, "signature valide, par une clé qui n’est pas parmi celles données : %s", "signature valid, by a key that is not among those given: %s", signed.Fingerprint)
	default:
		r.add(Passed, "signature", sigName, "signature valide, par %s", "signature valid, by %s", signed.Fingerprint)
		r.add(NotChecked, "signature.trust", sigName, "signature valide par une clé dont vous n’avez pas dit qu’elle a votre confiance (--key)",
			"signature valid by a key that you have not said you trust (--key)")
	}
}

// count writes a number with its noun: one or many, in both languages.
func count[T int | int64](n T, fr, frs, en, ens string) casefile.Text {
	t := casefile.Text{FR: fmt.Sprintf("%d\u00a0%s", n, frs), EN: fmt.Sprintf("%d\u00a0%s", n, ens)}
	if n < 2 {
		t.FR = fmt.Sprintf("%d\u00a0%s", n, fr)
	}
	if n == 1 {
		t.EN = fmt.Sprintf("%d\u00a0%s", n, en)
	}
	return t
}

// short is a name for a message: no line break, bounded.
func short(s string) string {
	return strings.ToValidUTF8(s[:min(len(s), 200)], "\ufffd")
}
