package watch

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
	"vigie/internal/version"
)

// Folder is where the watched products stand in a folder of knowledge.
const Folder = "watched"

// maxFile is far over the largest file that ships.
const maxFile = 1 << 20

// Product is a product that is watched: silence about any other means nothing.
type Product struct {
	ID     string `yaml:"id" json:"id"` // vendor/product
	Name   string `yaml:"name" json:"name"`
	Vendor string `yaml:"-" json:"vendor"`
	Scheme string `yaml:"scheme" json:"scheme"`
	// Role is edge (made to face the Internet), server or client.
	Role string `yaml:"role" json:"role"`
	// Names are what feeds and inventories call it, in lower case, with or without the vendor before it.
	Names []string `yaml:"names" json:"names"`
	// Patterns are further names, as regular expressions over the whole of the name: a product for another product must not become it.
	Patterns []string `yaml:"patterns" json:"patterns,omitempty"`
	// Captions are names, as Patterns, that several releases share: the version must be of one of Branches as well.
	Captions  []string `yaml:"captions" json:"captions,omitempty"`
	CPE       []string `yaml:"cpe" json:"cpe,omitempty"` // vendor:product
	EndOfLife string   `yaml:"endoflife" json:"endoflife,omitempty"`
	// Table is the product under knowledge/products whose own tables of builds and fixes outrank the feeds.
	Table string `yaml:"table" json:"table,omitempty"`
	// Level finds the line and the cumulative update in the names that feeds give (groups line, cu): a fixed build must be of that level.
	Level string `yaml:"level" json:"-"`
	// Closed says that Branches lists all there are: a version of another one cannot be of this product.
	Closed   bool     `yaml:"closed" json:"closed,omitempty"`
	Branches []Branch `yaml:"branches" json:"branches,omitempty"`
	Source   string   `yaml:"source" json:"source"`
	Date     string   `yaml:"date" json:"date"`

	scheme *version.Scheme
	level  *regexp.Regexp
}

// Branch is a release line.
type Branch struct {
	ID string `yaml:"id" json:"id"` // as the scheme gives it
	// Released and Ends are when the line came and when its support ends, YYYY-MM-DD; "" when not known.
	Released string `yaml:"released" json:"released,omitempty"`
	Ends     string `yaml:"support_end" json:"support_end,omitempty"`
}

type vendorFile struct {
	Vendor   string    `yaml:"vendor"`
	Names    []string  `yaml:"names"`
	Products []Product `yaml:"products"`
}

// Supersedence says which update holds which older ones.
type Supersedence struct {
	Update   string   `yaml:"update"`
	Replaces []string `yaml:"replaces"`
	Source   string   `yaml:"source"`
	Date     string   `yaml:"date"`
}

// Pace is how often a feed speaks; it is stale after twice that.
type Pace struct {
	Kind   string `yaml:"kind"`
	Hours  int    `yaml:"hours"`
	Source string `yaml:"source"`
	Date   string `yaml:"date"`
}

// Catalog is the dictionary of products, immutable after Load.
type Catalog struct {
	Products []*Product // by id
	Updates  []Supersedence
	Paces    []Pace
	Date     string // newest date of any fact

	vendors  map[string]string // normal name to vendor
	names    map[string]*Product
	cpes     map[string]*Product
	patterns []pattern
	captions []pattern
}

type pattern struct {
	re *regexp.Regexp
	p  *Product
}

var (
	idForm   = regexp.MustCompile(`^[a-z0-9-]+/[a-z0-9.-]+$`)
	dateForm = regexp.MustCompile(`^(?:19|20)\d\d-[01]\d-[0-3]\d$`)
	kbForm   = regexp.MustCompile(`^KB\d{6,8}$`)
)

// LoadCatalog reads and checks the watched products of a folder of knowledge. The error is a [diag.Problems].
func LoadCatalog(fsys fs.FS) (*Catalog, error) {
	c := &Catalog{vendors: map[string]string{}, names: map[string]*Product{}, cpes: map[string]*Product{}}
	l := &lint{fsys: fsys, c: c}
	entries, err := fs.ReadDir(fsys, Folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("watched products: %w", err)
	}
	for _, e := range entries {
		file := path.Join(Folder, e.Name())
		switch {
		case e.IsDir(), path.Ext(file) != ".yml":
		case e.Name() == "supersedence.yml":
			l.read(file, &c.Updates)
			for _, u := range c.Updates {
				l.fact(file, u.Update, u.Source, u.Date)
				for _, kb := range append([]string{u.Update}, u.Replaces...) {
					if !kbForm.MatchString(kb) {
						l.add(file, "watched.kb", "%s: %s is no number of an update", u.Update, diag.Quote(kb))
					}
				}
			}
		case e.Name() == "paces.yml":
			l.read(file, &c.Paces)
			for _, p := range c.Paces {
				l.fact(file, p.Kind, p.Source, p.Date)
				if p.Hours <= 0 {
					l.add(file, "watched.pace", "%s: hours must be over 0", p.Kind)
				}
			}
		default:
			var v vendorFile
			l.read(file, &v)
			l.vendor(file, &v)
		}
	}
	slices.SortFunc(c.Products, func(a, b *Product) int { return strings.Compare(a.ID, b.ID) })
	if len(l.problems) > 0 {
		l.problems.Sort()
		return nil, l.problems
	}
	return c, nil
}

// Product gives a product by its id.
func (c *Catalog) Product(id string) (*Product, bool) {
	i, ok := slices.BinarySearchFunc(c.Products, id, func(p *Product, id string) int { return strings.Compare(p.ID, id) })
	if !ok {
		return nil, false
	}
	return c.Products[i], true
}

// Resolve says which watched product a name means, nil when none. A vendor that is given and is not the product's own rules the product out.
func (c *Catalog) Resolve(vendor, product, cpe string) *Product {
	if p := c.cpes[strings.ToLower(cpe)]; p != nil {
		return p
	}
	name := normal(product)
	if p, ok := c.Product(product); ok {
		return p
	}
	maker := ""
	if v := normal(vendor); v != "" && v != "n/a" {
		if maker = c.vendors[v]; maker == "" {
			return nil
		}
	}
	short := name // without the vendor before it
	for i := range len(name) {
		if name[i] == ' ' && c.vendors[name[:i]] != "" {
			if maker != "" && maker != c.vendors[name[:i]] {
				return nil
			}
			maker, short = c.vendors[name[:i]], name[i+1:]
			break
		}
	}
	for _, n := range []string{name, short} {
		if p := c.names[n]; p != nil && (maker == "" || maker == p.Vendor) {
			return p
		}
	}
	for _, pt := range c.patterns {
		if (maker == "" || maker == pt.p.Vendor) && (pt.re.MatchString(short) || pt.re.MatchString(name)) {
			return pt.p
		}
	}
	return nil
}

// ResolveVersion is Resolve for names that several releases share: the version then decides.
func (c *Catalog) ResolveVersion(vendor, product, cpe, text string) *Product {
	if p := c.Resolve(vendor, product, cpe); p != nil {
		return p
	}
	name := normal(product)
	maker := c.vendors[normal(vendor)]
	for _, pt := range c.captions {
		if vendor != "" && maker != pt.p.Vendor || !pt.re.MatchString(name) {
			continue
		}
		v, err := pt.p.scheme.Parse(text)
		if err != nil {
			continue
		}
		if _, ok := pt.p.branch(v.Branch); ok {
			return pt.p
		}
	}
	return nil
}

// normal writes a name in lower case with single blanks and without marks of trade.
func normal(s string) string {
	s = strings.Map(func(r rune) rune {
		switch r {
		case '®', '™', '\u200b', '\u200c', '\u200d', '\ufeff':
			return -1
		case '_', '\u00a0', '\u202f':
			return ' '
		}
		return r
	}, s[:min(len(s), 512)])
	return strings.Join(strings.Fields(strings.ToLower(s)), " ")
}

// branch gives what is known of a release line.
func (p *Product) branch(id string) (Branch, bool) {
	i := slices.IndexFunc(p.Branches, func(b Branch) bool { return b.ID == id })
	if i < 0 {
		return Branch{}, false
	}
	return p.Branches[i], true
}

type lint struct {
	fsys     fs.FS
	c        *Catalog
	problems diag.Problems
}

func (l *lint) add(file, code, format string, args ...any) {
	l.problems.Add(diag.Pos{File: file}, code, "", format, args...)
}

func (l *lint) read(file string, out any) {
	f, err := l.fsys.Open(file)
	if err != nil {
		l.add(file, "watched.file", "%v", err)
		return
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil || len(data) > maxFile {
		l.add(file, "watched.file", "file cannot be read or is over %d bytes", maxFile)
		return
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(out); err != nil {
		l.add(file, "watched.yaml", "%.300s", strings.ReplaceAll(err.Error(), "\n", " "))
	}
}

func (l *lint) fact(file, what, source, date string) {
	if source == "" || !dateForm.MatchString(date) {
		l.add(file, "watched.source", "%s: source and date are needed", diag.Quote(what))
	}
	if date > l.c.Date {
		l.c.Date = date
	}
}

func (l *lint) vendor(file string, v *vendorFile) {
	if v.Vendor == "" || len(v.Products) == 0 {
		l.add(file, "watched.vendor", "vendor or products are missing")
		return
	}
	for _, n := range append([]string{v.Vendor}, v.Names...) {
		l.c.vendors[normal(n)] = v.Vendor
	}
	for i := range v.Products {
		p := &v.Products[i]
		p.Vendor = v.Vendor
		l.fact(file, p.ID, p.Source, p.Date)
		if !idForm.MatchString(p.ID) || p.Name == "" || len(p.Names) == 0 {
			l.add(file, "watched.product", "%s: id, name or names are missing or wrong", diag.Quote(p.ID))
		}
		if !slices.Contains([]string{"edge", "server", "client"}, p.Role) {
			l.add(file, "watched.role", "%s: role must be edge, server or client", p.ID)
		}
		var ok bool
		if p.scheme, ok = version.Named(p.Scheme); !ok {
			l.add(file, "watched.scheme", "%s: no scheme %s", p.ID, diag.Quote(p.Scheme))
		}
		for _, n := range append([]string{p.Name}, p.Names...) {
			if other := l.c.names[normal(n)]; other != nil && other != p {
				l.add(file, "watched.alias", "%s is a name of %s and of %s: an alias is of one product", diag.Quote(n), p.ID, other.ID)
			}
			l.c.names[normal(n)] = p
		}
		for _, n := range p.CPE {
			if other := l.c.cpes[n]; other != nil {
				l.add(file, "watched.alias", "CPE %s is of %s and of %s", diag.Quote(n), p.ID, other.ID)
			}
			l.c.cpes[n] = p
		}
		for _, set := range []struct {
			texts []string
			to    *[]pattern
		}{{p.Patterns, &l.c.patterns}, {p.Captions, &l.c.captions}} {
			for _, text := range set.texts {
				re, err := regexp.Compile(`^(?:` + text + `)$`)
				if err != nil {
					l.add(file, "watched.pattern", "%s: %v", p.ID, err)
					continue
				}
				*set.to = append(*set.to, pattern{re, p})
			}
		}
		if p.Level != "" {
			var err error
			if p.level, err = regexp.Compile(p.Level); err != nil || p.level.SubexpIndex("line") < 0 || p.level.SubexpIndex("cu") < 0 {
				l.add(file, "watched.level", "%s: level is no pattern with the groups line and cu", p.ID)
			}
		}
		for _, b := range p.Branches {
			for _, date := range []string{b.Released, b.Ends} {
				if date != "" && !dateForm.MatchString(date) {
					l.add(file, "watched.date", "%s %s: %s is no date", p.ID, b.ID, diag.Quote(date))
				}
			}
		}
		l.c.Products = append(l.c.Products, p)
	}
}
