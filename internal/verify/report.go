package verify

import (
	"io/fs"
	"path"

	"vigie/internal/ledger"
	"vigie/internal/seal"
)

// Report checks a signed file, as a rule a report: by the signature beside it, then by the signed manifest of what it rests on. fsys is its
// folder. rests is the case that it was made from, nil when it is not at hand.
func Report(fsys fs.FS, name string, rests fs.FS, opt Options) *Result {
	r := &Result{Path: name, Kind: "report", OK: true}
	data, ok := r.readable(fsys, "report", name, seal.MaxManifest)
	if !ok {
		return r
	}
	if !exists(fsys, name+seal.Ending) {
		r.add(Failed, "signature", name, "pas de signature %s à côté : rien à vérifier", "no signature %s beside it: nothing to check", short(name+seal.Ending))
		return r
	}
	fingerprint := r.signature(fsys, name, data, opt)
	beside := []string{seal.ManifestOf(name)}
	if !exists(fsys, path.Join(path.Dir(name), ledger.FileName)) { // that of a case folder is not about reports
		beside = append(beside, path.Join(path.Dir(name), seal.ManifestName))
	}
	for _, manifest := range beside {
		if exists(fsys, manifest) || exists(fsys, manifest+seal.Ending) {
			r.reportManifest(fsys, name, manifest, fingerprint, rests, opt)
			return r
		}
	}
	r.add(NotChecked, "manifest", name, "ce sur quoi le fichier repose : pas de manifeste à côté", "what the file rests on: no manifest beside it")
	return r
}

// Folder checks a folder of signed reports by the manifest in it, and each report by its own signature.
func Folder(fsys fs.FS, name string, rests fs.FS, opt Options) *Result {
	r := &Result{Path: name, Kind: "report", OK: true}
	m, by := r.manifest(fsys, seal.ManifestName, opt)
	if m == nil {
		return r
	}
	good := true
	for _, f := range m.Files {
		if !r.file(fsys, "manifest.file", f.Path, f.SHA256, f.Size) {
			good = false
			continue
		}
		data, ok := r.readable(fsys, "report", f.Path, seal.MaxManifest)
		if !ok {
			continue
		}
		if sig, ok := r.readable(fsys, "signature", f.Path+seal.Ending, 16<<10); ok {
			if key, err := seal.Verify(data, sig); err != nil || key.Fingerprint() != by {
				r.add(Failed, "signature", f.Path+seal.Ending, "la signature ne tient pas, ou est d’une autre clé que le manifeste", "the signature does not hold, or is by another key than the manifest")
			}
		}
	}
	if good {
		r.told(Passed, "manifest.file", seal.ManifestName, files(len(m.Files)), " sous la signature, sans changement", " under the signature, without change")
	}
	r.caseBehind(m, rests, opt)
	return r
}

// reportManifest checks the manifest beside a report.
func (r *Result) reportManifest(fsys fs.FS, name, manifest, fingerprint string, rests fs.FS, opt Options) {
	m, by := r.manifest(fsys, manifest, opt)
	if m == nil {
		return
	}
	if by != fingerprint && fingerprint != "" {
		r.add(Failed, "manifest.signed", manifest, "le manifeste est signé par une autre clé que le fichier", "the manifest is signed by another key than the file")
	}
	dir := path.Dir(manifest)
	found, good := false, true
	for _, f := range m.Files {
		where := path.Join(dir, f.Path)
		found = found || where == name
		good = r.file(fsys, "manifest.file", where, f.SHA256, f.Size) && good
	}
	switch {
	case !found:
		r.add(Failed, "manifest.file", manifest, "le manifeste ne nomme pas ce fichier", "the manifest does not name this file")
	case good:
		r.told(Passed, "manifest.file", manifest, files(len(m.Files)), " sous la signature, sans changement", " under the signature, without change")
	}
	r.caseBehind(m, rests, opt)
}

// caseBehind checks the case that a report rests on, or tells that it is not at hand.
func (r *Result) caseBehind(m *seal.Manifest, rests fs.FS, opt Options) {
	if rests == nil {
		r.add(NotChecked, "case", "", "l’affaire d’où vient le rapport : tête du registre %s (--case)", "the case that the report comes from: head of the ledger %s (--case)", m.Ledger.Hash)
		r.told(NotChecked, "evidence", "", pieces(len(m.Evidence)), " dont le manifeste donne l’empreinte (--evidence)", " whose hash the manifest gives (--evidence)")
		return
	}
	r.restsOn(m, rests, opt)
}

// restsOn checks that a case is the one that a manifest names.
func (r *Result) restsOn(m *seal.Manifest, fsys fs.FS, opt Options) {
	s, p, ok := r.chain(fsys, opt)
	if !ok {
		return
	}
	r.ledgerPart(m, s, p)
	good := true
	for _, f := range m.Rests {
		where := f.Path
		if m.Case != nil && *m.Case == f {
			where = revisionOf(s, f.SHA256)
		}
		good = r.file(fsys, "case.file", where, f.SHA256, f.Size) && good
	}
	if good {
		r.told(Passed, "case.file", "", files(len(m.Rests)), " de l’affaire, comme le rapport le dit", " of the case, as the report says")
	}
}

// manifest reads a signed manifest and gives the fingerprint of its key; nil when it does not hold.
func (r *Result) manifest(fsys fs.FS, name string, opt Options) (*seal.Manifest, string) {
	data, ok := r.readable(fsys, "manifest", name, seal.MaxManifest)
	if !ok {
		return nil, ""
	}
	by := r.signature(fsys, name, data, opt)
	m, err := seal.ParseManifest(data)
	if err != nil {
		r.add(Failed, "manifest", name, "manifeste illisible : %s", "unreadable manifest: %s", short(err.Error()))
		return nil, by
	}
	if by == "" {
		return nil, ""
	}
	return m, by
}

// stamp checks the time stamp of a signature, where there is one.
func (r *Result) stamp(fsys fs.FS, sigName string, sig []byte, opt Options) {
	name := sigName + seal.StampEnding
	if !exists(fsys, name) && !exists(fsys, name+seal.Ending) {
		r.add(NotChecked, "timestamp", sigName, "quand la signature a été faite : pas d’horodatage d’un tiers", "when the signature was made: no time stamp of a third party")
		return
	}
	data, ok := r.readable(fsys, "timestamp", name, 1<<20)
	if !ok {
		return
	}
	again, ok := r.readable(fsys, "timestamp", name+seal.Ending, 16<<10)
	if !ok {
		return
	}
	if key, err := seal.Verify(data, again); err != nil || key.Fingerprint() != r.Signed.Fingerprint {
		r.add(Failed, "timestamp", name, "l’horodatage n’est pas celui que le signataire a gardé", "the time stamp is not the one that the signer kept")
		return
	}
	ts, err := seal.ReadStamp(data, sig, opt.Authorities)
	switch {
	case err != nil:
		r.add(Failed, "timestamp", name, "l’horodatage ne tient pas : %s", "the time stamp does not hold: %s", short(err.Error()))
		return
	case opt.Authorities != nil && !ts.Trusted:
		r.add(Failed, "timestamp", name, "horodatage par une autorité qui n’est pas parmi celles données : %s", "time stamp by an authority that is not among those given: %s", short(ts.Authority))
		return
	}
	when := ts.Time.Format("2006-01-02 15:04:05 UTC")
	r.add(Passed, "timestamp", name, "horodaté le %s par %s", "time-stamped on %s by %s", when, short(ts.Authority))
	if !ts.Trusted {
		r.add(NotChecked, "timestamp.trust", name, "que cette autorité d’horodatage a votre confiance (--tsa)", "that you trust this time-stamping authority (--tsa)")
	}
	r.Signed.Stamped, r.Signed.Authority = &ts.Time, ts.Authority
}
