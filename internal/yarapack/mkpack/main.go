// Command mkpack encodes the YARA rules of the knowledge folder and their samples, and takes samples apart to be worked on.
//
//	mkpack rules KNOWLEDGE           rules/yara/*.yar -> rules/yara.pack
//	mkpack take KNOWLEDGE DIR        rules/samples/yara/ID.pack -> DIR/ID/{fire,quiet}/NAME, plain: live samples, for a folder outside the tree
//	mkpack put KNOWLEDGE DIR         the way back
//
// The samples are made for the purpose and do little by themselves; an antivirus program may remove them from DIR all the same.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"vigie/internal/yarapack"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "mkpack:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 2 && args[0] == "rules":
		files, err := readTree(filepath.Join(args[1], filepath.FromSlash(yarapack.Dir)), yarapack.Dir)
		if err != nil {
			return err
		}
		return write(filepath.Join(args[1], filepath.FromSlash(yarapack.File)), files)
	case len(args) == 3 && args[0] == "take":
		return take(filepath.Join(args[1], filepath.FromSlash(yarapack.SamplesDir)), args[2])
	case len(args) == 3 && args[0] == "put":
		return put(args[2], filepath.Join(args[1], filepath.FromSlash(yarapack.SamplesDir)))
	}
	return errors.New("usage: mkpack rules KNOWLEDGE | take KNOWLEDGE DIR | put KNOWLEDGE DIR")
}

// readTree gives the files below dir, in the order of their names, each named below prefix.
func readTree(dir, prefix string) (files []yarapack.Source, err error) {
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		files = append(files, yarapack.Source{Name: path.Join(prefix, name), Text: text})
		return err
	})
	return files, err
}

func write(name string, files []yarapack.Source) error {
	b, err := yarapack.Encode(files)
	if err != nil {
		return err
	}
	return os.WriteFile(name, b, 0o644)
}

func take(packed, dir string) error {
	names, err := filepath.Glob(filepath.Join(packed, "*.pack"))
	if err != nil {
		return err
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		files, err := yarapack.Decode(b)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		id := strings.TrimSuffix(filepath.Base(name), ".pack")
		for _, f := range files {
			if !filepath.IsLocal(filepath.FromSlash(f.Name)) {
				return fmt.Errorf("%s: %q leaves its folder", name, f.Name)
			}
			to := filepath.Join(dir, id, filepath.FromSlash(f.Name))
			if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(to, f.Text, 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}

func put(dir, packed string) error {
	rules, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(packed, 0o755); err != nil {
		return err
	}
	for _, rule := range rules {
		files, err := readTree(filepath.Join(dir, rule.Name()), "")
		if err != nil {
			return err
		}
		if err := write(filepath.Join(packed, rule.Name()+".pack"), files); err != nil {
			return err
		}
	}
	return nil
}
