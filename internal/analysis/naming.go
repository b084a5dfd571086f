package analysis

import (
	"maps"
	"path"
	"slices"
	"strings"

	"vigie/internal/evidence"
	"vigie/internal/incident"
	"vigie/internal/record"
)

// namer gives logs that do not name their server to a host: the only one that is
// named in the folders around them, else the user's word, else their folder.
// Where it must guess it rather tells servers apart than mixes them: one
// server's logs must not fill the silences of another.
type namer struct {
	named folders // by logs of the product, and of web and mail servers
	weak  folders // by any log: event logs may come from a computer that has nothing to do with the others
	word  string  // the user's name for logs that do not tell, "" when none
	// claims are what collectors say of the machine, by the folder of their package; logs go before them.
	claims  map[string]string
	claimed map[string]bool // names that were given by a claim alone
	sole    string          // the only server that logs make known by any means, "" when there is none or several: files without a name are of it
}

func newNamer(groups map[groupKey]*group, word string, packages []evidence.Package) *namer {
	n := &namer{named: folders{}, weak: folders{}, word: record.HostName(word), claims: map[string]string{}, claimed: map[string]bool{}}
	for _, p := range packages {
		dir := path.Clean(p.Dir) // "." for ""
		if name := record.HostName(p.Machine); n.claims[dir] == "" || n.claims[dir] == name {
			n.claims[dir] = name
		} else {
			n.claims[dir] = several
		}
	}
	for k, g := range groups {
		if k.host == "" {
			continue
		}
		n.weak.add(k)
		if g.tells() {
			n.named.add(k)
		}
	}
	known := map[string]bool{}
	for k := range groups {
		if k.file == records {
			name, _ := n.name(k)
			known[name] = true
		}
	}
	if len(known) == 1 {
		n.sole = slices.Collect(maps.Keys(known))[0]
	}
	return n
}

// several stands for packages of one folder that name several machines: none of them is believed. No host is called so.
const several = "*"

// claim gives the name that the collector's package around a folder says.
func (n *namer) claim(dir string) string {
	for d := dir; ; d = path.Dir(d) {
		if name := n.claims[d]; name != "" {
			if name == several {
				return ""
			}
			return name
		}
		if top(d) {
			return ""
		}
	}
}

// folders are the hosts that logs name, by each folder in which or below which they lie.
type folders map[string]map[string]bool

func (f folders) add(k groupKey) {
	for d := k.dir; ; d = path.Dir(d) {
		if f[d] == nil {
			f[d] = map[string]bool{}
		}
		f[d][k.host] = true
		if top(d) {
			return
		}
	}
}

// only is the one host named in a folder or the nearest above it that names any; "" when there is none or several.
func (f folders) only(dir string) string {
	for d := dir; ; d = path.Dir(d) {
		if hosts := f[d]; len(hosts) > 0 {
			if len(hosts) == 1 {
				return slices.Collect(maps.Keys(hosts))[0]
			}
			return ""
		}
		if top(d) {
			return ""
		}
	}
}

// tells says whether the logs of a group are such that logs without a name around them are of the same server.
func (g *group) tells() bool {
	if g.product || len(g.clues) > 0 {
		return true
	}
	for kind := range g.covers {
		if !strings.HasPrefix(kind, "evtx") {
			return true
		}
	}
	return false
}

func top(dir string) bool { return dir == "." || dir == "/" }

// name gives the host of a group; told is false when the name was made of a folder or of nothing.
func (n *namer) name(k groupKey) (name string, told bool) {
	if k.host != "" {
		return k.host, true
	}
	below := ""
	for d := k.dir; ; d = path.Dir(d) {
		switch hosts := n.named[d]; {
		case len(hosts) == 1:
			return slices.Collect(maps.Keys(hosts))[0], true
		case len(hosts) > 1 && hosts[n.claim(k.dir)]:
			return n.claim(k.dir), true // one of those that the logs name
		case len(hosts) > 1:
			if f := folderName(below); f != "" && !layoutFolders[strings.ToLower(path.Base(below))] {
				return f, false
			}
			return n.orWord()
		}
		if top(d) {
			break
		}
		below = d
	}
	if n.word != "" {
		return n.word, true
	}
	if host := n.weak.only(k.dir); host != "" {
		return host, true
	}
	if name := n.claim(k.dir); name != "" {
		n.claimed[name] = true
		return name, false
	}
	if k.file != records && n.sole != "" {
		return n.sole, n.sole != incident.Unnamed
	}
	for d := k.dir; !top(d) && k.file != loose; d = path.Dir(d) {
		if !layout(path.Base(d)) {
			if f := folderName(d); f != "" {
				return f, false
			}
		}
	}
	return incident.Unnamed, false
}

func (n *namer) orWord() (string, bool) {
	if n.word != "" {
		return n.word, true
	}
	return incident.Unnamed, false
}

func folderName(dir string) string {
	if dir == "" {
		return ""
	}
	return record.HostName(strings.ReplaceAll(path.Base(dir), " ", "-"))
}

// layoutFolders are folders of a server's disk, or of a collection, that are
// named for what they hold and not for a server.
var layoutFolders = map[string]bool{
	"inetpub": true, "logs": true, "logfiles": true, "log": true, "httperr": true, "iis": true, "logging": true, "httpproxy": true, "exchange": true,
	"exchange server": true, "v14": true, "v15": true, "program files": true, "microsoft": true, "windows": true, "system32": true, "transportroles": true,
	"exchangesetuplogs": true, "evidence": true, "journaux": true, "preuves": true, "backup": true, "export": true,
}

// layout tells such a folder: in the list, a site (W3SVC1), a drive letter, or a
// name without letters (a year, a day).
func layout(name string) bool {
	low := strings.ToLower(name)
	return layoutFolders[low] || strings.HasPrefix(low, "w3svc") || len(low) == 1 || !strings.ContainsAny(low, "abcdefghijklmnopqrstuvwxyz")
}
