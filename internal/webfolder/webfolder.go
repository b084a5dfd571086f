// Package webfolder says what the files of a web server's folders show beyond their bytes: at which URL each is served, whether the product ships
// it, what the configuration runs, what was compiled and is gone.
//
// It is made for files that an attacker wrote. Names are compared, never opened; XML is read with bounds of its own; what is not understood is left
// alone and said so. What raises a verdict and what does not is argued in doc/webfolder.md.
package webfolder

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"

	"vigie/internal/kb"
)

// Index answers questions about paths of one product's servers. It is immutable, for any number of goroutines.
type Index struct {
	roots   []root
	exts    []string
	folders map[string]map[string]bool // URL of a folder in which the shipped scripts are known → their names
	config  config
}

// root is a folder of a disk that a site serves.
type root struct {
	parts   []string
	url     string
	site    string
	product bool
}

// New makes an index of what is known of the web folders.
func New(w *kb.WebFolders) *Index {
	x := &Index{exts: w.ScriptExt, folders: map[string]map[string]bool{}, config: newConfig(&w.Config)}
	for _, r := range w.Roots {
		x.roots = append(x.roots, root{strings.Split(r.Path, "/"), r.URL, r.Site, r.Product})
	}
	slices.SortStableFunc(x.roots, func(a, b root) int { return cmp.Compare(len(b.parts), len(a.parts)) })
	for _, f := range w.Folders {
		known := map[string]bool{}
		for _, n := range f.Known {
			known[n] = true
		}
		x.folders[f.URL] = known
	}
	return x
}

// Place is where a file of the evidence stood on its server.
type Place struct {
	// URL is where a site serves the file, in lower case; "" for one that no known site serves.
	URL  string
	Site string // frontend, backend; "" with URL
	// Key names the file on any server of the product: the folder that is served and what stands below, in lower case; "" with URL.
	Key string
	// Compiled marks the folder in which ASP.NET keeps what it made of pages.
	Compiled bool
	// Server is the folder of the evidence that holds the disk of the server; "." for the top. Anchored tells that the path itself shows it.
	Server   string
	Anchored bool
	// Product tells that only a server of the product has such a folder.
	Product bool
}

// compiledFolder is where ASP.NET keeps what it compiles.
const compiledFolder = "temporary asp.net files"

// diskFolders stand at the top of a disk of Windows.
var diskFolders = []string{"inetpub", "program files", "program files (x86)", "programdata", "windows", "users", "perflogs", "recovery", "$recycle.bin"}

// installFolders stand between a drive and the folders of the product, where nobody chose another place.
var installFolders = []string{"v14", "v15", "exchange server", "exchange", "microsoft", "program files"}

// driveLetter is how collectors write a drive (C, C:, C%3A, C_, C$), and drive what they put drives into besides.
var (
	driveLetter = regexp.MustCompile(`^[a-z](:|%3a|_|\$)?$`)
	drive       = regexp.MustCompile(`^([a-z](:|%3a|_|\$)?|drive[_-]?[a-z]|ntfs|files?|uploads|auto|root|fs)$`)
)

// Locate tells where a file stood by its path in the evidence, with slashes, without the names of containers.
func (x *Index) Locate(logical string) Place {
	parts := strings.Split(logical, "/")
	low := make([]string, len(parts))
	for i, s := range parts {
		low[i] = strings.ToLower(s)
	}
	p := Place{Server: path.Dir(logical), Compiled: slices.Contains(low[:len(low)-1], compiledFolder)}
	server := -1
	for _, r := range x.roots {
		if i := lastIndex(low[:len(low)-1], r.parts); i >= 0 {
			rest := low[i+len(r.parts):]
			p.URL, p.Site = r.url+strings.Join(rest, "/"), r.site
			p.Key = strings.Join(low[i:], "/")
			p.Product = r.product
			server = i
			break
		}
	}
	for i, s := range low[:len(low)-1] {
		if slices.Contains(diskFolders, s) && (server < 0 || i < server) {
			server = i
			break
		}
	}
	if server >= 0 {
		for i := range server { // the folder of installation is anybody's choice: the drive above it is not
			if driveLetter.MatchString(low[i]) {
				server = i
				break
			}
		}
		for server > 0 && (slices.Contains(installFolders, low[server-1]) || drive.MatchString(low[server-1])) {
			server--
		}
		p.Anchored = true
		p.Server = cmp.Or(strings.Join(parts[:server], "/"), ".")
	}
	return p
}

// lastIndex finds where the parts stand last in a path, -1 where they do not.
func lastIndex(in, parts []string) int {
	for i := len(in) - len(parts); i >= 0; i-- {
		if slices.Equal(in[i:i+len(parts)], parts) {
			return i
		}
	}
	return -1
}

// Script tells whether a web server runs a file of this name, or would but for what was put behind the name: page.aspx, page.aspx.bak.
func (x *Index) Script(name string) bool {
	base := strings.ToLower(path.Base(name))
	if base == "web.config" {
		return true
	}
	for _, e := range x.exts {
		for i := strings.Index(base, e); i >= 0; {
			to := i + len(e)
			if to == len(base) || base[to] < 'a' || base[to] > 'z' {
				return true
			}
			next := strings.Index(base[to:], e)
			if next < 0 {
				break
			}
			i = to + next
		}
	}
	return false
}

// runs tells whether the name ends as those of scripts do.
func (x *Index) runs(name string) bool { return slices.Contains(x.exts, path.Ext(name)) }

// Foreign tells whether a URL (lower case) is a script that the product does not ship, in a folder, or below one, of which the shipped scripts are
// known; any other URL is not.
func (x *Index) Foreign(url string) bool {
	dir, name := path.Split(url)
	if !x.runs(name) {
		return false
	}
	for d := dir; d != "/" && d != ""; d, _ = path.Split(strings.TrimSuffix(d, "/")) {
		if known, ok := x.folders[d]; ok {
			return !known[name]
		}
	}
	return false
}

// Listed tells whether a URL (lower case) is in a folder, or below one, of which the shipped scripts are known.
func (x *Index) Listed(url string) bool {
	for d, _ := path.Split(url); d != "/" && d != ""; d, _ = path.Split(strings.TrimSuffix(d, "/")) {
		if _, ok := x.folders[d]; ok {
			return true
		}
	}
	return false
}
