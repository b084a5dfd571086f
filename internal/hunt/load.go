package hunt

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"vigie/internal/diag"
	"vigie/internal/logsource"
	"vigie/internal/sigma"
)

// Rules are compiled rules, and what is known of those that are not.
type Rules struct {
	lib     *sigma.Library
	router  *logsource.Router
	loaded  int
	skipped int
	found   int
	chosen  func(*sigma.Header) bool
}

// Loaded is the number of rules and correlations that are in use.
func (r *Rules) Loaded() int { return r.loaded }

// Found is the number of rules and correlations that could be used, whether chosen or not.
func (r *Rules) Found() int { return r.found }

// Skipped is the number of documents that were left out because of a problem.
func (r *Rules) Skipped() int { return r.skipped }

// Unmapped lists the rules whose log source no mapping covers: they are never run.
func (r *Rules) Unmapped() []logsource.Unmapped { return r.router.Unmapped() }

// LoadOptions say where rules come from and which of them are wanted.
type LoadOptions struct {
	Sigma   []string // files and folders; none: the rules of the knowledge
	Mapping []string // files that say which events a log source means, over those of the knowledge
	Expand  []string // files of values for placeholders
	Keep    Choice
}

// Choice selects rules. Each list selects those that fit one of its words; an empty one selects all.
type Choice struct {
	Level    string // the least level, "" for all
	Statuses []string
	Tags     []string // as path.Match
	IDs      []string
	NotIDs   []string
}

func (c *Choice) takes(h *sigma.Header) bool {
	fold := func(s string) func(string) bool { return func(t string) bool { return strings.EqualFold(s, t) } }
	switch {
	case c.Level != "" && slices.Index(Levels, h.Level) > slices.Index(Levels, c.Level):
		return false
	case len(c.Statuses) > 0 && !slices.ContainsFunc(c.Statuses, fold(h.Status)):
		return false
	case len(c.IDs) > 0 && !slices.ContainsFunc(c.IDs, fold(h.ID)):
		return false
	case slices.ContainsFunc(c.NotIDs, fold(h.ID)):
		return false
	case len(c.Tags) == 0:
		return true
	}
	return slices.ContainsFunc(c.Tags, func(want string) bool {
		return slices.ContainsFunc(h.Tags, func(tag string) bool {
			ok, err := path.Match(strings.ToLower(want), strings.ToLower(tag))
			return err == nil && ok
		})
	})
}

// maxRuleFile bounds a file of rules, in bytes; a document has its own limit.
const maxRuleFile = 64 << 20

// Load reads and compiles rules. Problems are returned beside them: a rule that is wrong is left out, the others serve. An error means that a file
// which was asked for cannot be read.
func Load(knowledge fs.FS, opt LoadOptions) (*Rules, diag.Problems, error) {
	for _, tag := range opt.Keep.Tags {
		if _, err := path.Match(tag, ""); err != nil {
			return nil, nil, fmt.Errorf("tag %q: %w", tag, err)
		}
	}
	mappings, problems, err := logsource.Load(knowledge)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range opt.Mapping {
		text, err := readFile(name)
		if err != nil {
			return nil, nil, err
		}
		own, ps := logsource.Read(name, text)
		mappings, problems = logsource.Merge(mappings, own), append(problems, ps...)
	}
	values := sigma.Placeholders{}
	for _, name := range opt.Expand {
		text, err := readFile(name)
		if err != nil {
			return nil, nil, err
		}
		own, ps := sigma.ReadPlaceholders(name, text)
		maps.Copy(values, own)
		problems = append(problems, ps...)
	}
	files, err := ruleFiles(knowledge, opt.Sigma)
	if err != nil {
		return nil, nil, err
	}
	docs, ps := parse(files, sigma.Options{Placeholders: values})
	problems = append(problems, ps...)
	lib, ps := sigma.Link(docs)
	problems = append(problems, ps...)
	r := &Rules{lib: lib, found: len(lib.Rules) + len(lib.Correlations), chosen: opt.Keep.takes, skipped: docs.Refused + len(docs.Rules) + len(docs.Correlations) - len(lib.Rules) - len(lib.Correlations)}
	needed := lib.Correlate(sigma.CorrelationLimits{})
	var rules []*sigma.Rule
	for _, rule := range lib.Rules {
		if opt.Keep.takes(&rule.Header) || needed.Wants(rule) {
			rules = append(rules, rule)
		}
	}
	for _, c := range lib.Correlations {
		if opt.Keep.takes(&c.Header) {
			r.loaded++
		}
	}
	set, ps := sigma.Compile(rules)
	problems = append(problems, ps...)
	r.router = logsource.NewRouter(set, mappings)
	for _, rule := range set.Rules() {
		if !rule.Hidden() { // it is counted as the correlation made with it
			r.loaded++
		}
	}
	problems.Sort()
	return r, problems, nil
}

// file is a file of rules whose text is read when its turn comes.
type file struct {
	name string
	read func() ([]byte, error)
}

func readFile(name string) ([]byte, error) {
	st, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case !st.Mode().IsRegular():
		return nil, &os.PathError{Op: "open", Path: name, Err: fmt.Errorf("not a file")}
	case st.Size() > maxRuleFile:
		return nil, &os.PathError{Op: "open", Path: name, Err: fmt.Errorf("%d bytes, limit %d", st.Size(), maxRuleFile)}
	}
	return os.ReadFile(name)
}

// ruleFiles lists the files of rules: those named, and all YAML files in folders, in order.
func ruleFiles(knowledge fs.FS, paths []string) (files []file, err error) {
	if len(paths) == 0 {
		names, err := fs.Glob(knowledge, "rules/sigma/*.yml")
		for _, n := range names {
			files = append(files, file{n, func() ([]byte, error) { return fs.ReadFile(knowledge, n) }})
		}
		return files, err
	}
	add := func(name string) {
		files = append(files, file{name, func() ([]byte, error) { return readFile(name) }})
	}
	for _, p := range paths {
		st, err := os.Stat(p)
		if err != nil {
			return nil, err
		}
		if !st.IsDir() {
			add(p)
			continue
		}
		err = filepath.WalkDir(p, func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if ext := strings.ToLower(filepath.Ext(name)); d.Type().IsRegular() && (ext == ".yml" || ext == ".yaml") {
				add(name)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

// parse reads files at the same time and gives their documents in order.
func parse(files []file, opt sigma.Options) (docs sigma.Documents, problems diag.Problems) {
	type parsed struct {
		docs     sigma.Documents
		problems diag.Problems
	}
	all := make([]parsed, len(files))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), max(1, len(files))) {
		wg.Go(func() {
			for i := range next {
				p := &all[i]
				text, err := files[i].read()
				if err != nil {
					p.problems.Add(diag.Pos{File: files[i].name}, "sigma.file", "", "%v", err)
					p.docs.Refused++
					continue
				}
				p.docs, p.problems = sigma.ParseDocuments(files[i].name, text, opt)
			}
		})
	}
	for i := range files {
		next <- i
	}
	close(next)
	wg.Wait()
	for _, p := range all {
		docs.Add(p.docs)
		problems = append(problems, p.problems...)
	}
	return docs, problems
}
