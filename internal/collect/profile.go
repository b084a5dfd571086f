package collect

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"vigie/internal/casefile"
)

// Profile says what to take, in which order: the most volatile first.
type Profile struct {
	ID        string              `yaml:"id"`
	Name      casefile.Text       `yaml:"name"`
	Source    string              `yaml:"source"`
	Date      string              `yaml:"date"`
	Variables map[string]Variable `yaml:"variables"`
	Items     []Item              `yaml:"items"`
}

// Variable is a folder, or several, that differs from machine to machine.
type Variable struct {
	// Registry names values that hold it: KEY!VALUE.
	Registry []string `yaml:"registry"`
	// IIS takes it from applicationHost.config: log-directories or physical-paths.
	IIS string `yaml:"iis"`
	// Default are patterns that are tried on the disks; "*:" is every drive.
	Default []string `yaml:"default"`
	// Holds is a file that a folder must have to be believed.
	Holds string `yaml:"holds"`
}

// Mode says what is kept of a file.
type Mode string

const (
	Content Mode = ""        // hash and content
	Hash    Mode = "hash"    // the hash alone
	Scripts Mode = "scripts" // the content of scripts, the hash of all else
)

// Item is one kind of thing to take.
type Item struct {
	ID   string        `yaml:"id"`
	Name casefile.Text `yaml:"name"`
	Why  casefile.Text `yaml:"why"`
	// Paths are patterns: `*` and `?` inside one part, `**` for any parts. Case does not count.
	Paths   []string `yaml:"paths"`
	Exclude []string `yaml:"exclude"`
	Mode    Mode     `yaml:"mode"`
	// Scripts are the endings whose content Scripts keeps.
	Scripts []string `yaml:"scripts"`
	// Max, in bytes, bounds the content that is kept of one file: larger ones give their hash alone. 0: no bound.
	Max int64 `yaml:"max"`
	// Since is true for logs that --since may leave out by the time of their last change.
	Since bool `yaml:"since"`
	// Channels, Registry, Commands and ExchangeShell are exported by the system itself; on a mounted image they do not exist.
	Channels      []string  `yaml:"channels"`
	Registry      []string  `yaml:"registry"`
	Commands      []Command `yaml:"commands"`
	ExchangeShell []string  `yaml:"exchange_shell"`
}

// Command is a read-only command and the name under which its output is kept.
type Command struct {
	Name string   `yaml:"name"`
	Run  []string `yaml:"run"`
}

// Profiles lists the ids of the profiles in fsys, sorted.
func Profiles(fsys fs.FS) []string {
	files, _ := fs.Glob(fsys, "*.yml")
	for i, f := range files {
		files[i] = strings.TrimSuffix(path.Base(f), ".yml")
	}
	return files
}

// LoadProfile reads and checks one profile.
func LoadProfile(fsys fs.FS, id string) (*Profile, error) {
	text, err := fs.ReadFile(fsys, id+".yml")
	if err != nil {
		return nil, err
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	var p Profile
	if err := dec.Decode(&p); err != nil {
		return nil, fmt.Errorf("%s.yml: %w", id, err)
	}
	if err := p.check(id); err != nil {
		return nil, fmt.Errorf("%s.yml: %w", id, err)
	}
	return &p, nil
}

var (
	variableRE = regexp.MustCompile(`%([A-Za-z]+)%`)
	// readOnly are the first letters of every Exchange command that a profile may name.
	readOnly    = regexp.MustCompile(`^Get-[A-Za-z]+$`)
	registryKey = regexp.MustCompile(`^HK(LM|U|CR)\\[^!"%]+$`)
	fileName    = regexp.MustCompile(`^[a-z0-9-]+\.[a-z]+$`)
)

// built-in variables, which every Windows has.
var system = []string{"SystemDrive", "SystemRoot", "ProgramData"}

// check holds a profile to what it may say: only reads, only known variables.
func (p *Profile) check(id string) error {
	var bad []error
	fail := func(format string, args ...any) { bad = append(bad, fmt.Errorf(format, args...)) }
	if p.ID != id {
		fail("id %q, the file says %q", p.ID, id)
	}
	if p.Source == "" || p.Date == "" {
		fail("source and date are required")
	}
	if p.Name.FR == "" || p.Name.EN == "" {
		fail("name: both languages are required")
	}
	known := func(pattern string) bool {
		for _, m := range variableRE.FindAllStringSubmatch(pattern, -1) {
			if _, ok := p.Variables[m[1]]; !ok && !slices.Contains(system, m[1]) {
				return false
			}
		}
		return true
	}
	seen := map[string]bool{}
	for _, it := range p.Items {
		switch {
		case it.ID == "" || seen[it.ID]:
			fail("item %q: id missing or twice", it.ID)
		case it.Name.FR == "" || it.Name.EN == "" || it.Why.FR == "" || it.Why.EN == "":
			fail("item %s: name and why in both languages are required", it.ID)
		case len(it.Paths)+len(it.Channels)+len(it.Registry)+len(it.Commands)+len(it.ExchangeShell) == 0:
			fail("item %s: takes nothing", it.ID)
		case it.Mode != Content && it.Mode != Hash && it.Mode != Scripts:
			fail("item %s: mode %q is neither hash nor scripts", it.ID, it.Mode)
		case it.Mode == Scripts && len(it.Scripts) == 0:
			fail("item %s: scripts are not named", it.ID)
		}
		seen[it.ID] = true
		for _, pat := range slices.Concat(it.Paths, it.Exclude) {
			if !known(pat) {
				fail("item %s: %s: unknown variable", it.ID, pat)
			}
		}
		for _, k := range it.Registry {
			if !registryKey.MatchString(k) {
				fail("item %s: %q is no registry key", it.ID, k)
			}
		}
		for _, c := range it.Commands {
			if !fileName.MatchString(c.Name) || len(c.Run) == 0 || !known(c.Run[0]) {
				fail("item %s: command %q", it.ID, c.Name)
			}
		}
		for _, c := range it.ExchangeShell {
			if !readOnly.MatchString(c) {
				fail("item %s: %q does not begin with Get-", it.ID, c)
			}
		}
	}
	return errors.Join(bad...)
}
