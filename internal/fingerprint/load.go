package fingerprint

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"vigie/internal/diag"
)

// Folder is where fingerprints stand in a folder of knowledge.
const Folder = "fingerprints"

// maxFile is far over the largest file that ships (9 kB).
const maxFile = 1 << 20

var (
	idForm   = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	kindForm = regexp.MustCompile(`^[a-z0-9]+([.-][a-z0-9]+)+$`)
	dateForm = regexp.MustCompile(`^20\d\d-[01]\d-[0-3]\d$`)
	pathForm = regexp.MustCompile(`^/[A-Za-z0-9/._-]*$`)
	places   = []string{"headers", "cookie", "title", "body", "redirect", "status", "favicon", "smtp.banner", "smtp.ehlo", "imap.banner", "pop.banner",
		"tls.subject", "tls.issuer", "tls.names", "scan.product", "scan.version", "scan.cpe", "scan.device", "scan.tag"}
	asks        = []string{"always", "unnamed", "named", "coarse"}
	certainties = []string{"sourced", "recalled", "inferred"}
)

// Load reads and checks the fingerprints of a folder of knowledge. A folder without any gives an empty set. The error is a [diag.Problems].
func Load(fsys fs.FS) (*Set, error) {
	s := &Set{byAt: map[string][]*Sign{}}
	var problems diag.Problems
	entries, err := fs.ReadDir(fsys, Folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("fingerprints: %w", err)
	}
	for _, e := range entries {
		file := path.Join(Folder, e.Name())
		if e.IsDir() || path.Ext(file) != ".yml" {
			problems.Add(diag.Pos{File: file}, "fingerprint.file", "", "want files that end in .yml")
			continue
		}
		data, err := readFile(fsys, file)
		if err != nil {
			problems.Add(diag.Pos{File: file}, "fingerprint.file", "", "%v", err)
			continue
		}
		p := Print{}
		dec := yaml.NewDecoder(bytes.NewReader(data))
		dec.KnownFields(true)
		if err := dec.Decode(&p); err != nil {
			problems.Add(diag.Pos{File: file}, "fingerprint.yaml", "", "%.300s", strings.ReplaceAll(err.Error(), "\n", " "))
			continue
		}
		if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
			problems.Add(diag.Pos{File: file}, "fingerprint.yaml", "keep one document a file", "second YAML document")
		}
		lint(&p, file, &problems)
		s.Prints = append(s.Prints, p)
	}
	if len(problems) > 0 {
		problems.Sort()
		return nil, problems
	}
	s.link()
	return s, nil
}

// readFile gives a file of at most maxFile bytes.
func readFile(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("file is over %d bytes", maxFile)
	}
	return data, err
}

// link fills what is looked up while reading. The prints no longer move.
func (s *Set) link() {
	for i := range s.Prints {
		p := &s.Prints[i]
		for j := range p.Questions {
			p.Questions[j].print = p
			s.Date = max(s.Date, p.Questions[j].Date)
		}
		for j := range p.Signs {
			sign := &p.Signs[j]
			sign.print = p
			s.byAt[strings.ToLower(sign.At)] = append(s.byAt[strings.ToLower(sign.At)], sign)
			s.Date = max(s.Date, sign.Date)
		}
	}
}

func lint(p *Print, file string, problems *diag.Problems) {
	bad := func(code, format string, args ...any) {
		problems.Add(diag.Pos{File: file}, "fingerprint."+code, "", format, args...)
	}
	if want := strings.TrimSuffix(path.Base(file), ".yml"); p.ID != want || !idForm.MatchString(p.ID) {
		bad("id", "id is %s, want the name of the file, %s", diag.Quote(p.ID), want)
	}
	if p.Name == "" {
		bad("name", "name is missing")
	}
	if p.Role != "product" && p.Role != "front" {
		bad("role", "role is %s, want product or front", diag.Quote(p.Role))
	}
	if p.Server != "" {
		re, err := regexp.Compile(p.Server)
		if err != nil {
			bad("server", "server: %v", err)
		}
		p.server = re
	}
	var questions []string
	for i := range p.Questions {
		q := &p.Questions[i]
		at := fmt.Sprintf("question %d (%s)", i+1, diag.Quote(q.ID))
		if !idForm.MatchString(q.ID) || slices.Contains(questions, q.ID) {
			bad("question.id", "%s: id is no id, or there twice", at)
		}
		questions = append(questions, q.ID)
		// A fixed path without query, escape or parent folder cannot be an attack, and cannot become one by an edit that nobody looks at.
		if !pathForm.MatchString(q.Path) || strings.Contains(q.Path, "..") || strings.Contains(q.Path, "//") {
			bad("question.path", "%s: path %s, want letters, digits, dots, hyphens and single slashes", at, diag.Quote(q.Path))
		}
		if len(q.Ask) == 0 || slices.ContainsFunc(q.Ask, func(a string) bool { return !slices.Contains(asks, a) }) {
			bad("question.ask", "%s: ask is a list of %s", at, strings.Join(asks, ", "))
		}
		if q.Why.FR == "" || q.Why.EN == "" {
			bad("question.why", "%s: why in fr and en is missing", at)
		}
		fact(bad, at, q.Source, q.Date)
	}
	if len(p.Signs) == 0 && len(p.Questions) == 0 {
		bad("empty", "no question and no sign")
	}
	for i := range p.Signs {
		lintSign(&p.Signs[i], i, questions, bad)
	}
}

func lintSign(s *Sign, i int, questions []string, bad func(code, format string, args ...any)) {
	at := fmt.Sprintf("sign %d (%s)", i+1, diag.Quote(s.Kind))
	if !kindForm.MatchString(s.Kind) {
		bad("sign.kind", "%s: kind is no kind of clue", at)
	}
	name, header := strings.CutPrefix(s.At, "header:")
	if header && name == "" || !header && !slices.Contains(places, s.At) {
		bad("sign.at", "%s: nothing is looked at in %s", at, diag.Quote(s.At))
	}
	if s.Question != "" && !slices.Contains(questions, s.Question) {
		bad("sign.question", "%s: no question %s in this file", at, diag.Quote(s.Question))
	}
	if !slices.Contains(certainties, s.Certainty) {
		bad("sign.certainty", "%s: certainty is one of %s", at, strings.Join(certainties, ", "))
	}
	if s.Settles && !s.Version {
		bad("sign.settles", "%s: what settles the build must tell a version", at)
	}
	fact(bad, at, s.Source, s.Date)
	re, err := regexp.Compile(s.Match)
	switch {
	case err != nil || s.Match == "":
		bad("sign.match", "%s: %v", at, err)
		return
	case re.NumSubexp() > 1:
		bad("sign.match", "%s: %d groups, want at most one: write (?:…)", at, re.NumSubexp())
	case s.At == "body":
		// Without a fixed beginning the engine walks a page of 256 KiB at some MiB a second; with one it is searched as text.
		if prefix, _ := re.LiteralPrefix(); len(prefix) < 4 {
			bad("sign.match", "%s: a pattern for a body begins with at least four fixed characters", at)
		}
	}
	s.re = re
}

func fact(bad func(code, format string, args ...any), at, source, date string) {
	if source == "" || !dateForm.MatchString(date) {
		bad("fact", "%s: source and date (YYYY-MM-DD) are required", at)
	}
}
