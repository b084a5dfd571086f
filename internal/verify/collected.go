package verify

import (
	"errors"
	"io"

	"vigie/internal/casefile"
	"vigie/internal/seal"
	"vigie/internal/vgz"
)

// faultTexts say what the codes of package vgz mean.
var faultTexts = map[string]casefile.Text{
	"hash":      {FR: "contenu changé", EN: "content changed"},
	"missing":   {FR: "contenu absent", EN: "content is missing"},
	"extra":     {FR: "contenu que le manifeste ne nomme pas", EN: "content that the manifest does not name"},
	"chain":     {FR: "chaîne du manifeste rompue", EN: "chain of the manifest broken"},
	"cut":       {FR: "paquet coupé", EN: "package cut off"},
	"header":    {FR: "en-tête altéré", EN: "header changed"},
	"line":      {FR: "ligne du manifeste illisible", EN: "unreadable line of the manifest"},
	"signature": {FR: "signature mal placée", EN: "signature out of place"},
}

// Collected checks a package of evidence, as "vigie collect" writes it, from its bytes (see [vgz.Open]).
func Collected(f io.Reader, name string, opt Options) *Result {
	r := &Result{Path: name, Kind: "evidence-package", OK: true}
	rep, err := vgz.Check(f)
	if err != nil {
		r.add(Failed, "package", name, "aucun paquet lisible : %s", "no package that can be read: %s", short(err.Error()))
		return r
	}
	for _, f := range rep.Faults {
		t, ok := faultTexts[f.Code]
		if !ok {
			t = casefile.Text{FR: f.Code, EN: f.Code}
		}
		r.put(Failed, "package."+f.Code, f.Entry, t)
	}
	if more := rep.Count - int64(len(rep.Faults)); more > 0 {
		r.told(Failed, "package.more", name, count(more, "défaut", "défauts", "fault", "faults"), " de plus", " more")
	}
	if rep.Count == 0 {
		r.told(Passed, "package", name, files(int(rep.Files)), ", comme le collecteur les a lus, tête %s", ", as the collector read them, head %s", rep.Head)
	}
	r.collectedEnd(rep, name, opt)
	r.add(NotChecked, "limits", "", "que la machine disait vrai quand elle a été lue : elle était peut-être à l’attaquant",
		"that the machine told the truth when it was read: it may have been the attacker's")
	return r
}

// collectedEnd checks the end of a package, and its signature.
func (r *Result) collectedEnd(rep *vgz.Report, name string, opt Options) {
	switch {
	case rep.End == nil:
		r.add(Failed, "package.end", name, "le paquet n’a pas de fin : la collecte a été interrompue, ou il a été coupé", "the package has no end: collecting was interrupted, or it was cut off")
	case !rep.End.Complete:
		r.add(NotChecked, "package.complete", name, "le reste de la machine : la collecte s’est arrêtée avant (%s)", "the rest of the machine: collecting stopped before (%s)", short(rep.End.Stopped))
	}
	if opt.Head != "" {
		if rep.Head == opt.Head {
			r.add(Passed, "package.head.noted", name, "la tête est celle donnée", "the head is the one that was given")
		} else {
			r.add(Failed, "package.head.noted", name, "la tête n’est pas celle donnée : %s", "the head is not the one that was given: %s", rep.Head)
		}
	}
	switch {
	case rep.Signature != nil && rep.EndText != nil:
		key, err := seal.Verify(rep.EndText, rep.Signature)
		if err != nil {
			r.add(Failed, "signature", vgz.SignatureName, "la signature ne tient pas : %v", "the signature does not hold: %v", err)
			return
		}
		r.by(key, vgz.SignatureName, opt)
	case opt.Trust != nil:
		r.add(Failed, "signature", name, "le paquet n’est pas signé", "the package is not signed")
	default:
		r.add(NotChecked, "signature", "", "qui a collecté, et que le paquet n’a pas été refait en entier : il n’est pas signé (--head vérifie la tête que le collecteur a affichée)",
			"who collected, and that the package was not made anew as a whole: it is not signed (--head checks the head that the collector printed)")
	}
}

// Locked tells whether a package could not be opened because its key is missing.
func Locked(err error) bool { return errors.Is(err, vgz.ErrEncrypted) }
