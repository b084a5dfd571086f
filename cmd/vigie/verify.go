package main

import (
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"vigie/internal/casedir"
	"vigie/internal/casefile"
	"vigie/internal/ledger"
	"vigie/internal/seal"
	"vigie/internal/verify"
	"vigie/internal/vgz"
)

// verifyFlags are the options of verify.
type verifyFlags struct {
	key, caseDir, head, tsa, identity string
	evidence                          []string
	json                              bool
}

func verifyCommand(t *terminal) *cobra.Command {
	var o verifyFlags
	cmd := &cobra.Command{
		Use:   t.say(text{"verify FICHIER|DOSSIER", "verify FILE|DIR"}),
		Short: t.say(text{"vérifie une affaire, un rapport ou un paquet, et dit ce qui n’a pas été vérifié", "checks a case, a report or a package, and says what was not checked"}),
		Long: t.say(text{
			`Vérifie hors ligne un dossier d’affaire, un paquet de « vigie case export » ou de « vigie collect », ou un rapport signé. Code de sortie 4 si quelque chose a changé.
Un rapport signé se vérifie aussi sans Vigie :
  ssh-keygen -Y verify -f allowed_signers -I NOM -n vigie -s rapport.pdf.sig < rapport.pdf`,
			`Checks offline a case folder, a package of "vigie case export" or "vigie collect", or a signed report. Exit code 4 when something was changed.
A signed report can be checked without Vigie too:
  ssh-keygen -Y verify -f allowed_signers -I NAME -n vigie -s report.pdf.sig < report.pdf`}),
		Args: t.arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error { return runVerify(cmd, t, &o, args[0]) },
	}
	f := cmd.Flags()
	f.StringVar(&o.key, "key", "", t.say(text{"`FICHIER` des clés de confiance : allowed_signers, ou une clé .pub", "`FILE` of trusted keys: allowed_signers, or one .pub key"}))
	f.StringVar(&o.caseDir, "case", "", t.say(text{"`DOSSIER` de l’affaire d’où vient le rapport", "`DIR` of the case that the report comes from"}))
	f.StringVar(&o.head, "head", "", t.say(text{"`EMPREINTE` d’une tête de registre notée ailleurs, que la chaîne doit contenir", "`HASH` of a ledger head noted elsewhere, which the chain must hold"}))
	f.StringVar(&o.tsa, "tsa", "", t.say(text{"`FICHIER` PEM des autorités d’horodatage de confiance", "PEM `FILE` of trusted time-stamping authorities"}))
	f.StringArrayVar(&o.evidence, "evidence", nil, t.say(text{"`CHEMIN` des preuves à relire (plusieurs possibles)", "`PATH` of evidence to hash again (may be repeated)"}))
	f.StringVar(&o.identity, "identity", "", t.say(text{"`FICHIER` de la clé age qui ouvre un paquet de preuves chiffré", "`FILE` of the age key that opens an encrypted evidence package"}))
	f.BoolVar(&o.json, "json", false, t.say(text{"un objet JSON sur la sortie standard", "one JSON object on standard output"}))
	return cmd
}

func runVerify(cmd *cobra.Command, t *terminal, o *verifyFlags, name string) error {
	opt := verify.Options{Head: strings.ToLower(o.head), Now: time.Now()}
	var err error
	if o.key != "" {
		if opt.Trust, err = seal.LoadTrust(o.key); err != nil {
			if cannot := t.cannotOpen(err); cannot != err {
				return cannot
			}
			return t.usage(text{"clés inutilisables : %v", "unusable keys: %v"}, text{"un fichier allowed_signers d’OpenSSH, ou une clé .pub", "an allowed_signers file of OpenSSH, or a .pub key"}, err)
		}
	}
	if o.tsa != "" {
		if opt.Authorities, err = os.ReadFile(o.tsa); err != nil {
			return t.cannotOpen(err)
		}
	}
	if dir := filepath.Dir(name); casedir.Is(dir) && slices.Contains([]string{casedir.CaseName, ledger.FileName, ledger.HeadName, seal.ManifestName}, filepath.Base(name)) {
		name = dir // a part of a case proves nothing alone
	}
	st, err := os.Stat(name)
	if err != nil {
		return t.cannotOpen(err)
	}
	var r *verify.Result
	var listed []seal.FileHash
	switch {
	case st.IsDir() && !casedir.Is(name):
		if _, err := os.Stat(filepath.Join(name, seal.ManifestName)); err != nil {
			return t.badCase(name, casedir.ErrNoCase)
		}
		r, listed = verify.Folder(os.DirFS(name), name, o.rests(), opt), manifestEvidence(os.DirFS(name), seal.ManifestName)
	case st.IsDir():
		r = verify.Case(os.DirFS(name), name, opt)
		listed = caseEvidence(os.DirFS(name))
	case isCollected(name):
		r, err = t.verifyCollected(o, name, opt)
	case begins(name, "PK\x03\x04"), strings.EqualFold(filepath.Ext(name), ".zip"):
		r, listed, err = t.verifyPackage(name, st.Size(), opt)
	default:
		r, listed = t.verifyFile(o, name, opt)
	}
	if err != nil {
		return err
	}
	if len(o.evidence) > 0 {
		if err := verify.Evidence(cmd.Context(), r, o.evidence, listed); err != nil {
			return t.cannotOpen(err)
		}
	}
	if o.json {
		err = writeJSON(t.out, r)
	} else {
		t.showResult(r)
	}
	if err == nil && !r.OK {
		return exitCode(exitUnverified)
	}
	return err
}

// rests is the case that a report comes from, nil when the user gives none.
func (o *verifyFlags) rests() fs.FS {
	if o.caseDir == "" {
		return nil
	}
	return os.DirFS(o.caseDir)
}

// begins tells a file by its first bytes.
func begins(name, magic string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, len(magic))
	n, _ := io.ReadFull(f, head) // a shorter file is none
	return string(head[:n]) == magic
}

// isCollected tells a package of evidence: by its name, or as a zstd stream.
func isCollected(name string) bool {
	return begins(name, "\x28\xb5\x2f\xfd") || strings.Contains(filepath.Base(name), ".vgz") && !strings.HasSuffix(name, seal.Ending)
}

// verifyCollected checks a package of "vigie collect"; an encrypted one is opened with the key of the recipient.
func (t *terminal) verifyCollected(o *verifyFlags, name string, opt verify.Options) (*verify.Result, error) {
	var ids []age.Identity
	if o.identity != "" {
		f, err := os.Open(o.identity)
		if err != nil {
			return nil, t.cannotOpen(err)
		}
		defer f.Close()
		if ids, err = age.ParseIdentities(f); err != nil {
			return nil, t.usage(text{"clé de déchiffrement illisible : %s", "unreadable decryption key: %s"}, text{"un fichier de age-keygen", "a file of age-keygen"}, o.identity)
		}
	}
	f, err := vgz.Open(name, ids...)
	if verify.Locked(err) {
		return nil, t.usage(text{"paquet chiffré : %s", "encrypted package: %s"}, text{"donner --identity", "give --identity"}, name)
	}
	if err != nil {
		return nil, t.cannotOpen(err)
	}
	defer f.Close()
	sums := &verify.Result{OK: true}
	if sums.Sums(os.DirFS(filepath.Dir(name)), filepath.Base(name), opt) {
		opt.Head = ""
	}
	r := verify.Collected(f, name, opt)
	r.Join(sums)
	return r, nil
}

func (t *terminal) verifyPackage(name string, size int64, opt verify.Options) (*verify.Result, []seal.FileHash, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, t.cannotOpen(err)
	}
	defer f.Close()
	r, z := verify.Package(f, size, name, opt)
	if z == nil {
		return r, nil, nil
	}
	return r, caseEvidence(z), nil
}

// verifyFile checks a file that was signed, in its folder.
func (t *terminal) verifyFile(o *verifyFlags, name string, opt verify.Options) (*verify.Result, []seal.FileHash) {
	dir := os.DirFS(filepath.Dir(name))
	base := filepath.Base(name)
	r := verify.Report(dir, base, o.rests(), opt)
	r.Path = name
	return r, manifestEvidence(dir, seal.ManifestOf(base), seal.ManifestName)
}

// manifestEvidence lists the evidence of the first manifest that can be read; what is wrong with it was told by the check.
func manifestEvidence(fsys fs.FS, names ...string) []seal.FileHash {
	for _, name := range names {
		if data, err := fs.ReadFile(fsys, name); err == nil {
			if m, err := seal.ParseManifest(data); err == nil {
				return m.Evidence
			}
		}
	}
	return nil
}

// caseEvidence lists the evidence of a case; what cannot be read was told by the check of the case.
func caseEvidence(fsys fs.FS) []seal.FileHash {
	data, err := fs.ReadFile(fsys, casedir.CaseName)
	var c casefile.Case
	if err != nil || json.Unmarshal(data, &c) != nil {
		return nil
	}
	return seal.NewManifest(&c, time.Time{}, "").Evidence
}

func (t *terminal) showResult(r *verify.Result) {
	words := map[verify.Outcome]text{verify.Passed: {"vérifié", "checked"}, verify.Failed: {"ÉCHEC", "FAILED"}, verify.NotChecked: {"non vérifié", "not checked"}}
	var rows [][]string
	for _, o := range []verify.Outcome{verify.Failed, verify.Passed, verify.NotChecked} {
		for _, c := range r.Checks {
			if c.Outcome == o {
				s := c.Text.In(t.lang)
				if c.Path != "" {
					s = c.Path + t.say(text{" : ", ": "}) + s
				}
				rows = append(rows, []string{t.say(words[o]), shown(s)})
			}
		}
	}
	t.table(rows)
	if r.OK {
		t.note(text{"%s : rien de ce qui a été vérifié n’a changé", "%s: nothing that was checked has changed"}, r.Path)
	} else {
		t.note(text{"%s : la vérification a échoué", "%s: verification failed"}, r.Path)
	}
}
