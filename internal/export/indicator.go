package export

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"

	"vigie/internal/casefile"
)

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// indicator is something that other networks may look for: an address from which an attacker came, or a file that he left.
type indicator struct {
	addr     netip.Addr // when it is an address
	sha256   string     // when it is a file
	size     int64
	name     string // of the file, without folders
	url      string
	findings []*casefile.Finding // that show it, in the order of the case
}

func (x *indicator) key() string { return cmp.Or(x.sha256, x.addr.String()) }

// tells whether an attacker acted in the finding: what is only a state of the server says nothing of addresses and files elsewhere.
func hostile(f *casefile.Finding) bool { return f.Stage != casefile.StateSeen && f.Flaw != "" }

// indicators are those of the case, addresses first. An address inside the network, or of nobody, is none: told to others it would accuse their own.
func (j *job) indicators() []*indicator {
	byKey := map[string]*indicator{}
	add := func(x indicator, f *casefile.Finding) {
		at := byKey[x.key()]
		if at == nil {
			at = &x
			byKey[x.key()] = at
		}
		if n := len(at.findings); n == 0 || at.findings[n-1] != f {
			at.findings = append(at.findings, f)
		}
	}
	for i := range j.Case.Findings {
		f := &j.Case.Findings[i]
		if !hostile(f) || j.dismissed(f) {
			continue
		}
		for _, c := range f.Clients {
			if a, err := netip.ParseAddr(c); err == nil && foreign(a.Unmap()) {
				add(indicator{addr: a.Unmap()}, f)
			}
		}
		for k := range f.Pages {
			if p := &f.Pages[k]; len(p.SHA256) == 64 {
				add(indicator{sha256: p.SHA256, size: p.Size, name: base(p.Path), url: p.URL}, f)
			}
		}
	}
	list := make([]*indicator, 0, len(byKey))
	for _, x := range byKey {
		list = append(list, x)
	}
	slices.SortFunc(list, func(a, b *indicator) int {
		return cmp.Or(cmp.Compare(a.sha256, b.sha256), a.addr.Compare(b.addr))
	})
	return list
}

// dismissed tells that a person called the finding a false positive.
func (j *job) dismissed(f *casefile.Finding) bool {
	if j.Ledger == nil {
		return false
	}
	s := j.Ledger.StateOf(f.ID)
	return s != nil && s.State == "false-positive"
}

// foreign tells an address of the public network. 192.0.2.0/24 and the other ones for documentation count, as the examples of Vigie use them.
func foreign(a netip.Addr) bool {
	return a.IsValid() && a.Zone() == "" && a.IsGlobalUnicast() && !a.IsPrivate()
}

// base is the name of a file without its folders and containers.
func base(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if c := path[i]; c == '/' || c == '\\' || c == '!' {
			return path[i+1:]
		}
	}
	return path
}
