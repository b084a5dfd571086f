package kb

import (
	"bytes"
	"cmp"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"vigie/internal/diag"
)

// Limits of a knowledge folder. It comes from the program or from its user, so
// they stop accidents (the wrong folder, a huge file) more than attacks: the
// largest file that ships has 60 kB, and there are some dozens.
const (
	maxFile  = 1 << 20
	maxFiles = 1000
	// maxProblems is how many problems of one file are told.
	maxProblems = 200
)

// Load reads and checks a knowledge folder. The error is a [diag.Problems] with
// everything that is wrong, each at its file, line and column; a folder with a
// problem gives no KB, since a verdict must not rest on half of the knowledge.
func Load(fsys fs.FS) (*KB, error) {
	k, problems := read(fsys)
	if len(problems) > 0 {
		return nil, problems
	}
	return k, nil
}

// Lint checks a knowledge folder and tells everything that is wrong in it,
// ordered by file and place; nil when nothing is. Load refuses what Lint tells,
// and nothing else. Rules (folder rules) are checked by the package that runs them.
func Lint(fsys fs.FS) diag.Problems {
	_, problems := read(fsys)
	return problems
}

func read(fsys fs.FS) (*KB, diag.Problems) {
	var problems diag.Problems
	l := &linter{fsys: fsys, pos: make(positions), problems: &problems}

	var sources []Source
	l.yaml("sources.yml", &sources)

	var products []*Product
	var web WebFolders
	clueIDs := make(map[string]bool)
	for _, dir := range l.glob("products", true) {
		p := new(Product)
		l.yaml(path.Join(dir, "product.yml"), p)
		l.product(p, path.Base(dir), path.Join(dir, "product.yml"))
		if file := path.Join(dir, "builds.csv"); l.has(file) {
			l.builds(p, file, l.read(file))
		}
		if file := path.Join(dir, "cves.csv"); l.has(file) {
			l.fixes(p, file, l.read(file))
		}
		l.productTables(p)
		if file := path.Join(dir, "clues.yml"); l.has(file) {
			l.yaml(file, &p.Clues)
			l.clues(p, file, clueIDs)
		}
		if file := path.Join(dir, "records.yml"); l.has(file) {
			l.yaml(file, &p.Records)
			l.records(p)
		}
		if file := path.Join(dir, "shields.yml"); l.has(file) {
			l.yaml(file, &p.Shields)
			l.shields(p)
		}
		if file := path.Join(dir, "web.yml"); l.has(file) {
			w := new(WebFolders)
			l.yaml(file, w)
			l.web(w)
			l.webServer(w)
			web.ScriptExt = append(web.ScriptExt, w.ScriptExt...)
			web.Folders = append(web.Folders, w.Folders...)
			web.Reported = append(web.Reported, w.Reported...)
			web.Roots = append(web.Roots, w.Roots...)
			web.Config.add(&w.Config)
			web.Source, web.Date = w.Source, w.Date
		}
		products = append(products, p)
	}

	var flaws []*Flaw
	for _, file := range l.glob("flaws", false) {
		f := &Flaw{File: file}
		l.yaml(file, f)
		flaws = append(flaws, f)
	}

	var steps []*Step
	for _, file := range l.glob("playbooks", false) {
		var list []Step
		l.yaml(file, &list)
		for i := range list {
			steps = append(steps, &list[i])
		}
	}

	l.obligations()
	accountSteps := l.accountSteps()
	hardening := l.readHardening()

	if l.has("sentences.yml") {
		l.patterns("sentences.yml")
	}
	l.sources(sources)
	l.flaws(flaws, sources, products)
	l.shieldFlaws(products, flaws)
	l.playbook(steps, flaws, sources, hardening.Checks)
	tiers := l.tiers(accountSteps, flaws, &hardening)

	k := &KB{Date: l.newest, Sources: sources, Web: web, Hardening: hardening, AccountSteps: accountSteps, Tiers: tiers}
	for _, p := range products {
		k.Products = append(k.Products, *p)
	}
	for _, f := range flaws {
		k.Flaws = append(k.Flaws, *f)
	}
	for _, s := range steps {
		k.Playbook = append(k.Playbook, *s)
	}
	return k, limit(problems)
}

// limit sorts the problems and cuts those of each file.
func limit(all diag.Problems) diag.Problems {
	all.Sort()
	var out diag.Problems
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].File == all[0].File {
			n++
		}
		part := slices.Clone(all[:n])
		part.Limit(maxProblems)
		out, all = append(out, part...), all[n:]
	}
	return out
}

func (l *linter) has(file string) bool {
	_, err := fs.Stat(l.fsys, file)
	return err == nil
}

// read gives a file of at most maxFile bytes of UTF-8; after a problem it gives nil.
func (l *linter) read(file string) []byte {
	pos := diag.Pos{File: file}
	f, err := l.fsys.Open(file)
	if err != nil {
		l.add(pos, "kb.file", "", "%v", fileError(err))
		return nil
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		l.add(pos, "kb.file", "", "%v", fileError(err))
		return nil
	}
	if len(data) > maxFile {
		l.add(pos, "kb.file.size", "", "file is over %d bytes", maxFile)
		return nil
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // some editors write it
	if !utf8.Valid(data) {
		l.add(pos, "kb.file.encoding", "save it as UTF-8", "file is not UTF-8")
		return nil
	}
	return data
}

// fileError leaves out the path, which the position tells.
func fileError(err error) error {
	if pe, ok := err.(*fs.PathError); ok {
		return pe.Err
	}
	return err
}

func (l *linter) yaml(file string, out any) {
	if data := l.read(file); data != nil {
		d := decoder{file: file, pos: l.pos, problems: l.problems}
		d.decode(data, out)
	}
	if _, ok := l.pos[out]; !ok {
		l.pos[out] = diag.Pos{File: file}
	}
}

// glob gives the folders or the YAML files in dir, by name. Anything else than
// .yml there is a problem: a file with a mistyped ending would silently not
// count. A folder that does not exist has no files.
func (l *linter) glob(dir string, folders bool) []string {
	entries, err := fs.ReadDir(l.fsys, dir)
	if err != nil && len(entries) == 0 {
		return nil
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
	var out []string
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."), e.Name() == "README.md":
		case e.IsDir() != folders:
			l.add(diag.Pos{File: name}, "kb.file.place", "", "%s", map[bool]string{true: "want a folder for each product, this is a file", false: "want files, this is a folder"}[folders])
		case !folders && path.Ext(name) != ".yml":
			l.add(diag.Pos{File: name}, "kb.file.name", "name it "+strings.TrimSuffix(e.Name(), path.Ext(name))+".yml", "file is not read")
		case len(out) == maxFiles:
			l.add(diag.Pos{File: dir}, "kb.file.count", "", "over %d files", maxFiles)
			return out
		default:
			out = append(out, name)
		}
	}
	return out
}
