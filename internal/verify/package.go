package verify

import (
	"archive/zip"
	"io"

	"vigie/internal/casedir"
)

// Package checks a case in one zip file, as "vigie case export" writes it. It also gives the case inside, nil when it is none.
func Package(f io.ReaderAt, size int64, name string, opt Options) (*Result, *zip.Reader) {
	r := &Result{Path: name, Kind: "package", OK: true}
	z, err := zip.NewReader(f, size)
	if err != nil {
		r.add(Failed, "package", name, "archive illisible : %s", "unreadable archive: %s", short(err.Error()))
		return r, nil
	}
	names, err := casedir.PackageNames(z)
	if err != nil {
		r.add(Failed, "package", name, "contenu inattendu : %s", "unexpected contents: %s", short(err.Error()))
		return r, nil
	}
	if err := casedir.SamePackage(f, size, z, names); err != nil {
		r.add(Failed, "package.bytes", name, "l’archive n’est pas telle que Vigie l’écrit : %s", "the archive is not as Vigie writes it: %s", short(err.Error()))
	} else {
		r.told(Passed, "package.bytes", name, files(len(names)), ", archive telle que Vigie l’écrit", ", archive as Vigie writes it")
	}
	r.caseFolder(z, opt)
	return r, z
}
