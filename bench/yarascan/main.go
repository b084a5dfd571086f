// Command yarascan scans files with the YARA engine and nothing else: the time that compiling and scanning take by themselves, for bench/yara.sh,
// and what the built-in rules say of a tree of files, for bench/benign.sh.
//
//	yarascan [-threads N] [-matches] RULES PATH…
//	yarascan [-threads N] [-matches] -pack KNOWLEDGE PATH…
//
// RULES is a file or a folder of .yar and .yara, each a namespace of its own.
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"vigie/internal/yara"
	"vigie/internal/yara/builtin"
	"vigie/internal/yara/module"
	"vigie/internal/yarapack"
)

func main() {
	threads := flag.Int("threads", 2, "files scanned at the same time")
	matches := flag.Bool("matches", false, "print \"rule path\" for each match on standard output; for the built-in rules \"weight id path\"")
	pack := flag.String("pack", "", "the built-in rules of a `KNOWLEDGE` folder in place of RULES")
	flag.Parse()
	if err := run(*threads, *matches, *pack, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "yarascan:", err)
		os.Exit(1)
	}
}

func run(threads int, matches bool, pack string, args []string) error {
	began := time.Now()
	label := func(m yara.Match) string { return m.Rule }
	vars := func(string) map[string]any { return nil }
	var rules *yara.Rules
	if pack != "" {
		p, problems, err := yarapack.Load(os.DirFS(pack))
		if err != nil {
			return err
		}
		if err := problems.Err(); err != nil {
			return err
		}
		rules, vars = p.Rules, yarapack.Variables
		label = func(m yara.Match) string {
			meta := p.Meta(m.Rule)
			return fmt.Sprintf("%s %s", meta.Weight, meta.ID)
		}
	} else {
		if len(args) == 0 {
			return fmt.Errorf("no rules")
		}
		sources, err := readRules(args[0])
		if err != nil {
			return err
		}
		args = args[1:]
		var problems yara.Problems
		rules, problems = yara.Compile(sources, yara.Options{
			Externals: map[string]any{"filename": "", "filepath": "", "extension": "", "filetype": "", "owner": ""},
			Modules:   append(builtin.Modules(), module.Modules()...),
		})
		for _, p := range problems.Errors {
			fmt.Fprintln(os.Stderr, p)
		}
	}
	compiled := time.Since(began)
	names, err := list(args)
	if err != nil {
		return err
	}
	began = time.Now()
	found, size, err := scan(rules, threads, names, vars, label)
	if err != nil {
		return err
	}
	took := time.Since(began)
	out := bufio.NewWriter(os.Stdout)
	count := 0
	for i, labels := range found {
		count += len(labels)
		for _, l := range labels {
			if matches {
				fmt.Fprintf(out, "%s %s\n", l, names[i])
			}
		}
	}
	fmt.Fprintf(os.Stderr, "rules %d compile %.3f files %d bytes %d scan %.3f matches %d\n", rules.Len(), compiled.Seconds(), len(names), size, took.Seconds(), count)
	return out.Flush()
}

// scan scans all files, and gives the labels of what matches each, and how many bytes there were.
func scan(rules *yara.Rules, threads int, names []string, vars func(string) map[string]any, label func(yara.Match) string) ([][]string, int64, error) {
	found := make([][]string, len(names))
	errs := make([]error, len(names))
	var next, size atomic.Int64
	var wg sync.WaitGroup
	for range threads {
		wg.Go(func() {
			s := rules.NewScanner(yara.ScanOptions{})
			var buf bytes.Buffer // for one file after the other, as in vigie hunt
			for i := int(next.Add(1)) - 1; i < len(names); i = int(next.Add(1)) - 1 {
				if errs[i] = read(&buf, names[i]); errs[i] != nil {
					continue
				}
				size.Add(int64(buf.Len()))
				ms, undecided := s.Scan(buf.Bytes(), vars(filepath.ToSlash(names[i])))
				for _, m := range ms {
					found[i] = append(found[i], label(m))
				}
				for _, u := range undecided {
					found[i] = append(found[i], "undecided "+u.Rule)
				}
			}
		})
	}
	wg.Wait()
	return found, size.Load(), errors.Join(errs...)
}

// read puts a file in the buffer, in place of what was there.
func read(buf *bytes.Buffer, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil {
		buf.Reset()
		buf.Grow(int(info.Size()) + bytes.MinRead)
	}
	_, err = buf.ReadFrom(f)
	return err
}

func readRules(root string) (sources []yara.Source, err error) {
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if ext := strings.ToLower(filepath.Ext(name)); err != nil || !d.Type().IsRegular() || ext != ".yar" && ext != ".yara" {
			return err
		}
		text, err := os.ReadFile(name)
		sources = append(sources, yara.Source{Name: name, Namespace: name, Text: text})
		return err
	})
	return sources, err
}

// list gives the regular files below the paths, the largest first, so that no thread is left with one at the end.
func list(paths []string) (names []string, err error) {
	sizes := map[string]int64{}
	for _, p := range paths {
		err := filepath.WalkDir(p, func(name string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			info, err := d.Info()
			if err == nil {
				names = append(names, name)
				sizes[name] = info.Size()
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(sizes[b], sizes[a]), cmp.Compare(a, b)) })
	return names, nil
}
