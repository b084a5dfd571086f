// Package yarapack loads the YARA rules that come with Vigie, or those of a user's folder, and says what a match of each means.
//
// The rules are written as plain text in knowledge/rules/yara. Antivirus programs look for the same texts as rules do, so the program does not
// hold them so: "go generate ./internal/yarapack" makes one encoded file of them ([Encode]), which is embedded in their place. A folder that
// has the plain files is read as it is.
//
// A rule belongs to Vigie by its meta lines, which doc/yara.md explains: what is found (flaw, act), how much it weighs, how it is told in both
// languages, where its facts come from. A rule whose meta lines are wrong is told and never matches for the caller.
package yarapack

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"vigie/internal/casefile"
	"vigie/internal/diag"
	"vigie/internal/kb"
	"vigie/internal/yara"
	"vigie/internal/yara/builtin"
	"vigie/internal/yara/module"
)

//go:generate go run ./mkpack rules ../../knowledge

const (
	// Dir holds plain rules inside a knowledge folder, files that end in .yar or .yara.
	Dir = "rules/yara"
	// File holds the same rules encoded; it counts where Dir is absent.
	File = "rules/yara.pack"
)

// SamplesDir holds, for each rule, an encoded file named ID.pack: what fires the rule in fire/, what looks like it and must not in quiet/.
const SamplesDir = "rules/samples/yara"

// Pack is a set of compiled rules. It is immutable, for any number of goroutines.
type Pack struct {
	Rules *yara.Rules // matches of rules without a Meta are to be left alone
	Info  casefile.RulePack
	list  []*Meta
	byID  map[string]*Meta // by the name of the rule
}

// Meta is what a rule says of its matches.
type Meta struct {
	ID       string // stable, as saved in cases
	Rule     string // its name in the rule file
	Flaw     string
	Act      string // file-shell for a proof, file-clue, file-hint; files of several rules in one act are one kind of finding
	Weight   casefile.Weight
	Title    casefile.Text // without final period
	Harmless casefile.Text // sentences: what else gives the same
	Attack   []string      // ATT&CK techniques
	Date     string        // YYYY-MM-DD
	Source   string
	Version  string
	Pos      diag.Pos
}

// Meta gives what a match of the rule of this name means, or nil for a rule that is not to be told.
func (p *Pack) Meta(rule string) *Meta { return p.byID[rule] }

// List gives the rules in the order of their files. It must not be changed.
func (p *Pack) List() []*Meta { return p.list }

// Variables are what rules may ask of a file beside what stands in it, as in vigie hunt. name is its path with slashes, for the scan.
func Variables(name string) map[string]any {
	return map[string]any{"filename": path.Base(name), "filepath": name, "extension": path.Ext(name)}
}

// Load reads the rules of a knowledge folder; one that has none gives an empty pack. Problems are returned beside the pack: a rule that is
// wrong is left out, the others serve. The error tells of files that cannot be read at all.
func Load(fsys fs.FS) (*Pack, diag.Problems, error) {
	sources, err := read(fsys)
	if err != nil {
		return nil, nil, err
	}
	rules, problems := yara.Compile(sources, yara.Options{
		Externals: Variables(""),
		Modules:   append(builtin.Modules(), module.Modules()...),
	})
	p := &Pack{Rules: rules, byID: map[string]*Meta{}}
	errs := problems.Errors // warnings tell of slow strings, which short ones of scripts are by nature
	ids := map[string]bool{}
	for _, r := range rules.List() {
		if r.Private {
			continue
		}
		m, ps := metaOf(r)
		if ps == nil && ids[m.ID] {
			ps.Add(r.Pos, "yara.meta", "", "another rule has the id %s", diag.Quote(m.ID))
		}
		if errs = append(errs, ps...); len(ps) > 0 {
			continue
		}
		ids[m.ID] = true
		p.list = append(p.list, m)
		p.byID[m.Rule] = m
		p.Info.Version = max(p.Info.Version, m.Date)
	}
	sum := sha256.New()
	for _, s := range sources {
		fmt.Fprintf(sum, "%s %d\n", path.Base(s.Name), len(s.Text))
		sum.Write(s.Text)
	}
	p.Info.Count = len(p.list)
	p.Info.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return p, errs, nil
}

// read gives the files of rules: the plain ones where there are any, else the encoded ones. All are of one namespace, in the order of their
// names, so that a rule can refer to those of files before it.
func read(fsys fs.FS) ([]yara.Source, error) {
	var files []Source
	err := fs.WalkDir(fsys, Dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if ext := strings.ToLower(path.Ext(name)); d.Type().IsRegular() && (ext == ".yar" || ext == ".yara") {
			text, err := fs.ReadFile(fsys, name)
			files = append(files, Source{name, text})
			return err
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(files) == 0 {
		var packed []byte
		switch packed, err = fs.ReadFile(fsys, File); {
		case errors.Is(err, fs.ErrNotExist):
			return nil, nil
		case err == nil:
			files, err = Decode(packed)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read YARA rules: %w", err)
	}
	slices.SortFunc(files, func(a, b Source) int { return strings.Compare(a.Name, b.Name) })
	var out []yara.Source
	for _, f := range files {
		out = append(out, yara.Source{Name: f.Name, Text: f.Text})
	}
	return out, nil
}

// Check tells the rules whose act no flaw has, or whose weight is not that of their act.
func (p *Pack) Check(k *kb.KB) (problems diag.Problems) {
	for _, m := range p.list {
		switch a, ok := k.Act(m.Flaw, m.Act); {
		case !ok:
			problems.Add(m.Pos, "yara.meta.act", "see flaws/"+m.Flaw+".yml", "no flaw file has the act %s", diag.Quote(m.Flaw+"/"+m.Act))
		case a.Weight != m.Weight:
			problems.Add(m.Pos, "yara.meta.weight", "", "the rule weighs %s, its act %s weighs %s", diag.Quote(string(m.Weight)), diag.Quote(m.Act), diag.Quote(string(a.Weight)))
		}
	}
	return problems
}
