package verify

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"vigie/internal/seal"
	"vigie/internal/vgz"
)

// maxSums bounds a file of hashes, in bytes: a package of a thousand parts has 100 KiB.
const maxSums = 1 << 20

var sumLine = regexp.MustCompile(`^([0-9a-f]{64}) [ *]([^/\\]+)$`)

// Sums checks the files of a package of evidence against the hashes beside it, and their signature, and against a hash that the user noted.
// name is the package, or its first part, in fsys. It tells whether opt.Head was such a hash of the whole, which then is no head of the chain.
func (r *Result) Sums(fsys fs.FS, name string, opt Options) (noted bool) {
	if opt.Head != "" {
		if got, _, err := hashOf(fsys, name); err == nil && got == opt.Head {
			r.add(Passed, "package.bytes.noted", name, "le fichier a l’empreinte donnée", "the file has the hash that was given")
			noted = true
		}
	}
	base := strings.TrimSuffix(name, ".001")
	list := base + vgz.SumSuffix
	if _, err := fs.Stat(fsys, list); err != nil {
		if !noted {
			r.add(NotChecked, "package.bytes", "", "l’empreinte du fichier entier : %s n’est pas à côté", "the hash of the file as a whole: %s is not beside it", list)
		}
		return noted
	}
	data, ok := r.readable(fsys, "package.bytes", list, maxSums)
	if !ok {
		return noted
	}
	n := 0
	for line := range strings.Lines(string(data)) {
		m := sumLine.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		n++
		want := path.Base(name)
		if base != name { // parts, in their order
			want = fmt.Sprintf("%s.%03d", path.Base(base), n)
		}
		if m == nil || m[2] != want {
			r.add(Failed, "package.bytes", list, "ligne %d : pas l’empreinte de %s", "line %d: not the hash of %s", n, want)
			return noted
		}
		got, _, err := hashOf(fsys, want)
		switch {
		case err != nil:
			r.add(Failed, "package.bytes", want, "fichier absent ou illisible", "file is missing or cannot be read")
		case got != m[1]:
			r.add(Failed, "package.bytes", want, "empreinte %s, notée %s", "hash %s, noted %s", got, m[1])
		default:
			r.add(Passed, "package.bytes", want, "empreinte %s, comme notée à la collecte", "hash %s, as noted when it was collected", got)
		}
	}
	if next := fmt.Sprintf("%s.%03d", base, n+1); base != name {
		if _, err := fs.Stat(fsys, next); err == nil {
			r.add(Failed, "package.bytes", next, "partie que la liste des empreintes ne nomme pas", "part that the list of hashes does not name")
		}
	}
	if n == 0 {
		r.add(Failed, "package.bytes", list, "liste vide", "the list is empty")
	}
	if _, err := fs.Stat(fsys, list+seal.Ending); err == nil {
		r.signature(fsys, list, data, opt)
	}
	return noted
}

// Join adds what another check of the same thing found.
func (r *Result) Join(o *Result) {
	r.Checks = append(r.Checks, o.Checks...)
	r.OK = r.OK && o.OK
	if r.Signed == nil {
		r.Signed = o.Signed
	}
}
