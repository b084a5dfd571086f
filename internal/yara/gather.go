package yara

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"

	"vigie/internal/diag"
	"vigie/internal/yara/syntax"
)

// Sources and what they include become one list of statements. An included file belongs to the namespace of the file that includes it.

// Limits of all inclusions together, so that files that include one another many times cannot fill the memory.
const (
	maxIncludedFiles = 10_000
	maxIncludedBytes = 64 << 20
)

func (c *compiler) gather(sources []Source) {
	byName := make(map[string]*scope)
	for _, src := range sources {
		name := src.Namespace
		if name == "" {
			name = "default"
		}
		sc := byName[name]
		if sc == nil {
			sc = &scope{index: int32(len(c.scopes)), name: name, declared: make(map[string]bool)}
			byName[name] = sc
			c.scopes = append(c.scopes, sc)
		}
		c.file(src.Name, src.Text, sc, []string{path.Clean(src.Name)})
	}
}

// file parses a file and adds its statements; stack are the paths of the files that include it, itself last.
func (c *compiler) file(name string, text []byte, sc *scope, stack []string) {
	f := syntax.ParseWithin(name, text, syntax.MaxCost-c.cost)
	c.cost += f.Cost
	c.problems.Errors = append(c.problems.Errors, f.Problems...)
	for _, r := range f.Refused {
		if r.Name != "" {
			sc.unread = append(sc.unread, r.Name)
		}
		if r.Global {
			sc.badGlobal = r.Name
		}
	}
	for _, item := range f.Items {
		switch {
		case item.Import != nil:
			c.steps = append(c.steps, step{file: f, scope: sc, imp: item.Import})
		case item.Rule != nil:
			sc.declared[item.Rule.Name] = true
			c.steps = append(c.steps, step{file: f, scope: sc, rule: item.Rule})
		default:
			c.include(f, item.Include, sc, stack)
		}
	}
}

func (c *compiler) include(f *syntax.File, inc *syntax.Include, sc *scope, stack []string) {
	pos := f.Pos(inc.At)
	if c.opt.Includes == nil {
		c.fail(pos, "yara.include.disabled", "compile the files together", "the file includes %s, and includes are not allowed here", diag.Quote(inc.Path))
		return
	}
	if len(stack) > maxIncludeDepth {
		c.fail(pos, "yara.include.deep", "", "files include one another more than %d levels deep", maxIncludeDepth)
		return
	}
	name, text, err := c.open(stack[len(stack)-1], inc.Path)
	if err != nil {
		c.fail(pos, "yara.include.unreadable", "", "cannot include %s: %v", diag.Quote(inc.Path), err)
		return
	}
	if slices.Contains(stack, name) {
		c.fail(pos, "yara.include.circular", "", "the file %s includes itself", diag.Quote(name))
		return
	}
	c.included.files++
	c.included.bytes += len(text)
	if c.included.files > maxIncludedFiles || c.included.bytes > maxIncludedBytes {
		c.fail(pos, "yara.include.many", "", "more than %d files or %d bytes are included", maxIncludedFiles, maxIncludedBytes)
		return
	}
	c.file(name, text, sc, append(stack[:len(stack):len(stack)], name))
}

var errOutside = errors.New("the path leaves the folder of the rules")

// open reads a file relative to the one that includes it or, if there is none, to the root.
func (c *compiler) open(from, name string) (string, []byte, error) {
	err := errOutside
	for _, p := range []string{path.Join(path.Dir(from), name), path.Clean(name)} {
		if path.IsAbs(name) || !fs.ValidPath(p) {
			continue
		}
		var f fs.File
		if f, err = c.opt.Includes.Open(p); err != nil {
			if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
				err = pe.Err // the path is told already
			}
			continue
		}
		text, err := io.ReadAll(io.LimitReader(f, syntax.MaxFile+1))
		return p, text, errors.Join(err, f.Close())
	}
	return "", nil, err
}
