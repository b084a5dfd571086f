package verify

import (
	"bytes"
	"errors"
	"io/fs"
	"slices"

	"vigie/internal/casedir"
	"vigie/internal/casefile"
	"vigie/internal/ledger"
	"vigie/internal/seal"
)

// Case checks a case folder.
func Case(fsys fs.FS, name string, opt Options) *Result {
	r := &Result{Path: name, Kind: "case", OK: true}
	r.caseFolder(fsys, opt)
	return r
}

func (r *Result) caseFolder(fsys fs.FS, opt Options) {
	s, chain, ok := r.chain(fsys, opt)
	if ok {
		r.revisions(fsys, s)
		r.attachments(fsys, s)
	}
	r.caseManifest(fsys, s, chain, opt)
	r.strangers(fsys, s)
	r.add(NotChecked, "limits", "", "que les écritures disent vrai : la chaîne prouve qu’elles n’ont pas changé, non qu’elles sont exactes",
		"that the entries are true: the chain proves that they did not change, not that they are right")
	if r.Signed == nil || r.Signed.Stamped == nil {
		r.add(NotChecked, "limits.time", "", "que les heures sont justes : elles viennent de l’horloge de la machine qui écrivait",
			"that the times are right: they come from the clock of the machine that wrote")
	}
	r.add(NotChecked, "evidence", "", "les pièces elles-mêmes, qui ne sont pas dans le dossier (--evidence)", "the evidence itself, which is not in the folder (--evidence)")
}

// position is where each entry of a chain ends: by number, in bytes, and its hash.
type position struct {
	data  []byte
	heads []ledger.Head
}

// chain checks ledger.jsonl and its head. ok is false when the chain cannot be followed.
func (r *Result) chain(fsys fs.FS, opt Options) (*ledger.State, position, bool) {
	s := ledger.NewState()
	var p position
	if !exists(fsys, ledger.FileName) {
		r.add(Failed, "ledger.chain", ledger.FileName, "le dossier n’a pas de registre", "the folder has no ledger")
		return s, p, false
	}
	data, ok := r.readable(fsys, "ledger.chain", ledger.FileName, ledger.MaxFile)
	if !ok {
		return s, p, false
	}
	p.data = data
	size := int64(0)
	head, tail, err := ledger.Read(data, func(e *ledger.Entry) error {
		size += int64(bytes.IndexByte(data[size:], '\n')) + 1
		p.heads = append(p.heads, ledger.Head{Seq: e.Seq, Hash: e.Hash, Size: size})
		return s.Add(e)
	})
	s.Head = head
	var broken *ledger.BrokenError
	switch {
	case errors.As(err, &broken):
		r.add(Failed, "ledger.chain", ledger.FileName, "chaîne rompue à la ligne %d : %s", "chain broken at line %d: %s", broken.Line, broken.Cause)
		return s, p, false
	case err != nil:
		r.add(Failed, "ledger.chain", ledger.FileName, "écriture illisible : %s", "unreadable entry: %s", short(err.Error()))
		return s, p, false
	case tail != nil:
		r.add(Failed, "ledger.tail", ledger.FileName, "%d octets après la dernière écriture : un programme arrêté en plein travail, ou un ajout ; la prochaine écriture les retire et le dit",
			"%d bytes behind the last entry: a program that died at work, or an addition; the next entry cuts them off and tells so", len(tail.Bytes))
	case head.Seq == 0:
		r.add(Failed, "ledger.chain", ledger.FileName, "le registre est vide", "the ledger is empty")
	}
	r.told(Passed, "ledger.chain", ledger.FileName, entries(head.Seq), " à la suite dans la chaîne, tête %s", " in the chain, head %s", head.Hash)
	r.head(fsys, head)
	if opt.Head != "" {
		if slices.ContainsFunc(p.heads, func(h ledger.Head) bool { return h.Hash == opt.Head }) {
			r.add(Passed, "ledger.head.noted", ledger.FileName, "la chaîne contient la tête donnée", "the chain holds the head that was given")
		} else {
			r.add(Failed, "ledger.head.noted", ledger.FileName, "la chaîne ne contient pas la tête donnée %s", "the chain does not hold the head that was given, %s", short(opt.Head))
		}
	}
	for _, b := range s.Backwards {
		r.add(NotChecked, "ledger.time", ledger.FileName, "l’écriture %d est datée avant la précédente : l’horloge a reculé", "entry %d is dated before the one above it: the clock was set back", b.Seq)
	}
	if s.Unknown > 0 {
		r.told(NotChecked, "ledger.unknown", ledger.FileName, entries(s.Unknown), " d’un genre que cette version ne connaît pas", " of a kind that this version does not know")
	}
	return s, p, true
}

// head compares ledger.head with the end of the chain: it must be that, exactly.
func (r *Result) head(fsys fs.FS, head ledger.Head) {
	data, ok := r.readable(fsys, "ledger.head", ledger.HeadName, 4<<10)
	if !ok {
		return
	}
	noted, err := ledger.ParseHead(data)
	switch {
	case err != nil:
		r.add(Failed, "ledger.head", ledger.HeadName, "fichier altéré", "file was changed")
	case noted.Seq > head.Seq:
		r.add(Failed, "ledger.head", ledger.FileName, "écritures manquantes à la fin : %d sur %d", "entries missing at the end: %d of %d", head.Seq, noted.Seq)
	case noted != head:
		r.add(Failed, "ledger.head", ledger.HeadName, "ne nomme pas la dernière écriture (%d, la chaîne en a %d)", "does not name the last entry (%d, the chain has %d)", noted.Seq, head.Seq)
	default:
		r.add(Passed, "ledger.head", ledger.HeadName, "nomme la dernière écriture", "names the last entry")
	}
	if info, err := fs.Stat(fsys, ledger.LockName); err == nil && info.Size() != 0 {
		r.add(Failed, "ledger.lock", ledger.LockName, "ce fichier est toujours vide", "this file is always empty")
	}
}

// revisions checks case.json and the older ones.
func (r *Result) revisions(fsys fs.FS, s *ledger.State) {
	if len(s.Revisions) == 0 {
		if exists(fsys, casedir.CaseName) {
			r.add(Failed, "case.hash", casedir.CaseName, "le registre ne nomme aucun case.json", "the ledger names no case.json")
		}
		return
	}
	good := 0
	for i := range s.Revisions {
		if r.file(fsys, "case.hash", casedir.RevisionFile(s, &s.Revisions[i]), s.Revisions[i].SHA256, s.Revisions[i].Size) {
			good++
		}
	}
	if good == len(s.Revisions) {
		r.told(Passed, "case.hash", casedir.CaseName, count(good, "révision", "révisions", "revision", "revisions"), ", comme le registre le dit", ", as the ledger says")
	}
}

func (r *Result) attachments(fsys fs.FS, s *ledger.State) {
	list := s.Attachments()
	good := 0
	for _, a := range list {
		if r.file(fsys, "attachment", a.File, a.SHA256, a.Size) {
			good++
		}
	}
	if good == len(list) && good > 0 {
		r.told(Passed, "attachment", casedir.Attachments, count(good, "pièce jointe", "pièces jointes", "attachment", "attachments"), ", comme le registre le dit", ", as the ledger says")
	}
}

// caseManifest checks the signed manifest of a case folder.
func (r *Result) caseManifest(fsys fs.FS, s *ledger.State, p position, opt Options) {
	here, sig := exists(fsys, seal.ManifestName), exists(fsys, seal.ManifestName+seal.Ending)
	if !here && !sig {
		switch {
		case len(s.Signatures) > 0:
			r.add(Failed, "signature", seal.ManifestName, "le registre dit l’affaire signée, et la signature manque", "the ledger tells that the case was signed, and the signature is missing")
		case opt.Trust != nil:
			r.add(Failed, "signature", seal.ManifestName, "l’affaire n’est pas signée", "the case is not signed")
		default:
			r.add(NotChecked, "signature", "", "qui a écrit, et que rien n’a été coupé à la fin ou refait en entier : l’affaire n’est pas signée",
				"who wrote, and that nothing was cut off at the end or made anew as a whole: the case is not signed")
		}
		return
	}
	data, ok := r.readable(fsys, "manifest", seal.ManifestName, seal.MaxManifest)
	if !ok {
		return
	}
	fingerprint := r.signature(fsys, seal.ManifestName, data, opt)
	m, err := seal.ParseManifest(data)
	if err != nil {
		r.add(Failed, "manifest", seal.ManifestName, "manifeste illisible : %s", "unreadable manifest: %s", short(err.Error()))
		return
	}
	if fingerprint == "" {
		return
	}
	r.ledgerPart(m, s, p)
	if n := len(s.Signatures); n == 0 || s.Signatures[n-1].Fingerprint != fingerprint || s.Signatures[n-1].Seq > m.Ledger.Seq {
		r.add(Failed, "manifest.signed", seal.ManifestName, "la dernière signature que nomme le registre n’est pas celle-ci", "the last signature that the ledger names is not this one")
	}
	good := true
	for _, f := range m.Rests {
		where := f.Path
		if m.Case != nil && f.Path == casedir.CaseName {
			where = revisionOf(s, f.SHA256)
		}
		good = r.file(fsys, "manifest.file", where, f.SHA256, f.Size) && good
	}
	if good {
		r.told(Passed, "manifest.file", seal.ManifestName, files(len(m.Rests)), " sous la signature, sans changement", " under the signature, without change")
	}
	if beyond := s.Head.Seq - m.Ledger.Seq; beyond > 0 {
		r.told(NotChecked, "manifest.beyond", ledger.FileName, entries(beyond), " après la signature : dans la chaîne, mais sans signature", " after the signature: in the chain, but not signed")
	}
}

// revisionOf finds where a case.json stands now: newer revisions may have taken its place.
func revisionOf(s *ledger.State, sum string) string {
	for i := range s.Revisions {
		if s.Revisions[i].SHA256 == sum {
			return casedir.RevisionFile(s, &s.Revisions[i])
		}
	}
	return casedir.CaseName
}

// ledgerPart checks that the chain begins with what the manifest covers.
func (r *Result) ledgerPart(m *seal.Manifest, s *ledger.State, p position) {
	switch {
	case m.CaseID != s.Subject.CaseID:
		r.add(Failed, "manifest.case", seal.ManifestName, "le manifeste est celui d’une autre affaire", "the manifest is that of another case")
	case m.Ledger.Seq > int64(len(p.heads)):
		r.add(Failed, "manifest.ledger", ledger.FileName, "écritures signées manquantes : %d sur %d", "signed entries are missing: %d of %d", len(p.heads), m.Ledger.Seq)
	case m.Ledger.Seq < 1 || p.heads[m.Ledger.Seq-1] != m.Ledger:
		r.add(Failed, "manifest.ledger", ledger.FileName, "la chaîne n’est pas celle qui a été signée", "the chain is not the one that was signed")
	default:
		r.add(Passed, "manifest.ledger", ledger.FileName, "la chaîne est celle qui a été signée, jusqu’à l’écriture %d", "the chain is the one that was signed, up to entry %d", m.Ledger.Seq)
	}
}

// known are the files of a case folder that other checks look at.
var known = []string{ledger.FileName, ledger.HeadName, ledger.LockName, casedir.CaseName, seal.ManifestName, seal.ManifestName + seal.Ending, seal.ManifestName + seal.Ending + seal.StampEnding,
	seal.ManifestName + seal.Ending + seal.StampEnding + seal.Ending}

// maxStrangers bounds the unknown files that are told.
const maxStrangers = 20

// strangers tells files that nothing in the case names.
func (r *Result) strangers(fsys fs.FS, s *ledger.State) {
	named := map[string]bool{}
	for _, n := range known {
		named[n] = true
	}
	for i := range s.Revisions {
		named[casedir.RevisionFile(s, &s.Revisions[i])] = true
	}
	for _, a := range s.Attachments() {
		named[a.File] = true
	}
	n := 0
	_ = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error { // what cannot be listed is no file that counts
		if err != nil || d.IsDir() || named[name] {
			return nil
		}
		if n++; n <= maxStrangers {
			r.add(NotChecked, "file.unknown", name, "rien dans l’affaire ne nomme ce fichier", "nothing in the case names this file")
		}
		return nil
	})
	if n > maxStrangers {
		r.told(NotChecked, "file.unknown", "", files(n-maxStrangers), " de plus que rien ne nomme", " more that nothing names")
	}
}

func entries[T int | int64](n T) casefile.Text {
	return count(n, "écriture", "écritures", "entry", "entries")
}

func files(n int) casefile.Text { return count(n, "fichier", "fichiers", "file", "files") }
