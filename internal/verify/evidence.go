package verify

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"

	"vigie/internal/casefile"
	"vigie/internal/evidence"
	"vigie/internal/seal"
)

// maxMissing bounds the files of evidence that are told one by one.
const maxMissing = 50

// Evidence hashes evidence again and compares it with what a case or report lists. A file is looked for under its path, then anywhere by
// its hash: evidence may have been moved as a whole.
func Evidence(ctx context.Context, r *Result, paths []string, listed []seal.FileHash) error {
	src, err := evidence.Open(paths, evidence.Options{Limits: evidence.DefaultLimits()})
	if err != nil {
		return err
	}
	defer src.Close()
	byPath, bySum := map[string]string{}, map[string]int{}
	err = src.Walk(ctx, func(it *evidence.Item) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		f, err := it.Open()
		if err != nil {
			return nil // it is missing then
		}
		defer f.Close()
		h := sha256.New()
		if _, err := io.Copy(h, f); err != nil {
			return nil
		}
		sum := hex.EncodeToString(h.Sum(nil))
		byPath[it.Path] = sum
		bySum[sum]++
		return nil
	})
	if err != nil {
		return err
	}
	for _, c := range src.Containers() {
		byPath[c.Path] = c.SHA256
		bySum[c.SHA256]++
	}
	r.Checks = slices.DeleteFunc(r.Checks, func(c Check) bool { return c.Code == "evidence" })
	compareEvidence(r, listed, byPath, bySum)
	return nil
}

func compareEvidence(r *Result, listed []seal.FileHash, byPath map[string]string, bySum map[string]int) {
	listed = slices.SortedFunc(slices.Values(listed), func(a, b seal.FileHash) int { return cmp.Compare(a.Path, b.Path) })
	var same, moved, wrong int
	sums := map[string]bool{}
	for _, f := range listed {
		sums[f.SHA256] = true
		got, here := byPath[f.Path]
		switch {
		case got == f.SHA256:
			same++
		case bySum[f.SHA256] > 0:
			moved++
		default:
			if wrong++; wrong > maxMissing {
				r.OK = false
				continue
			}
			if here {
				r.add(Failed, "evidence.hash", f.Path, "pièce changée : empreinte %s, attendue %s", "evidence changed: hash %s, expected %s", got, f.SHA256)
			} else {
				r.add(Failed, "evidence.missing", f.Path, "pièce absente, empreinte %s", "evidence is missing, hash %s", f.SHA256)
			}
		}
	}
	if wrong > maxMissing {
		r.told(Failed, "evidence.more", "", pieces(wrong-maxMissing), " de plus, au contenu changé ou introuvable", " more, changed or missing")
	}
	if same > 0 {
		r.told(Passed, "evidence.hash", "", pieces(same), ", même chemin et même empreinte qu’à la lecture", ", with the path and hash of when they were read")
	}
	if moved > 0 {
		r.told(Passed, "evidence.moved", "", pieces(moved), " sous un autre nom, de même empreinte", " under another name, with the same hash")
	}
	extra := 0
	for _, sum := range byPath {
		if !sums[sum] {
			extra++
		}
	}
	if extra > 0 {
		r.told(NotChecked, "evidence.extra", "", files(extra), " dont l’affaire ne sait rien", " that the case knows nothing of")
	}
	if len(listed) == 0 {
		r.add(NotChecked, "evidence", "", "les pièces : l’affaire n’en nomme aucune", "the evidence: the case names none")
	}
}

func pieces(n int) casefile.Text {
	return count(n, "pièce", "pièces", "file of evidence", "files of evidence")
}
