package probe

import (
	"fmt"
	"io"
	"net/netip"
	"strings"
)

// Scope is what the permission covers: names, names below a domain, and blocks of addresses.
type Scope struct {
	names   map[string]bool
	domains []string // ".example.test"
	nets    []netip.Prefix
}

// maxScope bounds the entries of a scope: each address that is met is held against the blocks.
const maxScope = 100_000

// ReadScope reads one entry a line: a name, *.example.test (every name below), an address, a block. What follows a # is skipped. A scope with
// an entry that cannot be read is refused: half of a permission is none.
func ReadScope(r io.Reader) (*Scope, error) {
	s := &Scope{names: map[string]bool{}}
	line := 0
	for text, err := range lines(r) {
		line++
		if err == nil && text != "" {
			err = s.add(text)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
	}
	if len(s.names)+len(s.domains)+len(s.nets) == 0 {
		return nil, fmt.Errorf("no entry in the scope")
	}
	return s, nil
}

func (s *Scope) add(text string) error {
	if len(s.names)+len(s.domains)+len(s.nets) >= maxScope {
		return fmt.Errorf("over %d entries", maxScope)
	}
	if p, err := netip.ParsePrefix(text); err == nil {
		s.nets = append(s.nets, netip.PrefixFrom(p.Addr().Unmap(), p.Bits()).Masked())
		return nil
	}
	if domain, ok := strings.CutPrefix(text, "*."); ok {
		name, err := hostName(domain)
		if err != nil {
			return fmt.Errorf("scope %.80q: %w", text, err)
		}
		s.domains = append(s.domains, "."+name)
		return nil
	}
	t, err := ParseTarget(text)
	if err != nil || t.Port != 0 {
		return fmt.Errorf("scope %.80q: want a name, *.name, an address or a block", text)
	}
	if t.Addr.IsValid() {
		s.nets = append(s.nets, netip.PrefixFrom(t.Addr, t.Addr.BitLen()))
	} else {
		s.names[t.Host] = true
	}
	return nil
}

func (s *Scope) hasName(host string) bool {
	if s.names[host] {
		return true
	}
	for _, d := range s.domains {
		if strings.HasSuffix(host, d) {
			return true
		}
	}
	return false
}

func (s *Scope) hasAddr(a netip.Addr) bool {
	for _, n := range s.nets {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

// scopeError says that something is outside of what may be visited.
type scopeError struct {
	why      string
	internal bool // a name that points to an internal address
}

func (e scopeError) Error() string { return e.why }

// check says whether a host may be visited at these addresses, which are all that its name has now. Without a scope (nil), the names and
// addresses that the user gave are it. A name covers the public addresses that it points to; an address of an internal network must be
// in the scope itself, or whoever holds the name could send the prober there.
func (s *Scope) check(host string, literal bool, addrs []netip.Addr) error {
	for _, a := range addrs {
		switch {
		case s != nil && s.hasAddr(a), s == nil && literal:
		case literal || s != nil && !s.hasName(host):
			return scopeError{why: "outside of the scope"}
		case !public(a):
			return scopeError{"the name points to the internal address " + a.String(), true}
		}
	}
	return nil
}

// reserved are the blocks that are no public unicast, besides those that netip knows (IANA special-purpose address registries).
var reserved = func() (out []netip.Prefix) {
	for _, s := range []string{"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
		"240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"} {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}()

// public tells whether an address is unicast of the Internet. For IPv6 only 2000::/3 is; NAT64 (64:ff9b::/96) and the like lie outside.
func public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.Is6() && a.As16()[0]>>5 != 1 {
		return false
	}
	for _, p := range reserved {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
