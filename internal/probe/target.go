package probe

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// Target is one host to visit.
type Target struct {
	Text   string // how results name it
	Host   string // name in ASCII, or address without brackets
	Addr   netip.Addr
	Port   uint16 // 0: the services of the prober
	Scheme string // "" when not told
}

// Service is one port and what is spoken there.
type Service struct {
	Name string // https, http, smtp, smtps, imap, imaps, pop3, pop3s
	Port uint16
}

// Limits of lists of targets. They stop accidents, such as an address block of the wrong size.
const (
	maxTargets = 1 << 20
	maxLine    = 1024
)

// defaultPorts are the ports registered with IANA for each service.
var defaultPorts = map[string]uint16{"https": 443, "http": 80, "smtp": 25, "smtps": 465, "imap": 143, "imaps": 993, "pop3": 110, "pop3s": 995}

// DefaultServices are those of a mail server that faces the Internet.
func DefaultServices() []Service {
	return []Service{{"https", 443}, {"smtp", 25}, {"imap", 143}, {"pop3", 110}}
}

// usual guesses what is spoken on a port that was given without a scheme.
func usual(port uint16) string {
	switch port {
	case 80:
		return "http"
	case 25, 587:
		return "smtp"
	}
	for name, p := range defaultPorts {
		if p == port {
			return name
		}
	}
	return "https"
}

// ParseService reads "https" or "https:8443".
func ParseService(s string) (Service, error) {
	name, port, ok := strings.Cut(strings.ToLower(strings.TrimSpace(s)), ":")
	p, known := defaultPorts[name]
	if !known {
		return Service{}, fmt.Errorf("unknown service %.40q", s)
	}
	if ok {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return Service{}, fmt.Errorf("bad port in %.40q", s)
		}
		p = uint16(n)
	}
	return Service{name, p}, nil
}

var errTarget = errors.New("want a host name, an address, a block of addresses or a URL without a path")

// ParseTarget reads a host name (in any script), an address, either with a port, or a URL that names a host only.
func ParseTarget(s string) (Target, error) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > maxLine {
		return Target{}, fmt.Errorf("target %.80q: %w", s, errTarget)
	}
	t := Target{Text: s}
	host := s
	if scheme, rest, ok := strings.Cut(s, "://"); ok {
		u, err := url.Parse(s)
		t.Scheme = strings.ToLower(scheme)
		if _, known := defaultPorts[t.Scheme]; err != nil || !known || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/" || rest == "" {
			return Target{}, fmt.Errorf("target %.80q: %w", s, errTarget)
		}
		host, t.Port = u.Host, defaultPorts[t.Scheme]
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return t.at(a)
	}
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		if a, err := netip.ParseAddr(host[1 : len(host)-1]); err == nil {
			return t.at(a)
		}
	}
	if i := strings.LastIndexByte(host, ':'); i >= 0 {
		n, err := strconv.ParseUint(host[i+1:], 10, 16)
		if err != nil || n == 0 {
			return Target{}, fmt.Errorf("target %.80q: bad port", s)
		}
		t.Port, host = uint16(n), host[:i]
		if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
			return t.at(a)
		}
	}
	name, err := hostName(host)
	if err != nil {
		return Target{}, fmt.Errorf("target %.80q: %w", s, err)
	}
	t.Host = name
	return t, nil
}

// Key is the same for two ways of writing one target.
func (t Target) Key() string {
	if t.Port == 0 {
		return t.Host
	}
	return t.Scheme + " " + t.Host + " " + strconv.Itoa(int(t.Port))
}

// at makes it a target at an address. A zone would name an interface of this machine.
func (t Target) at(a netip.Addr) (Target, error) {
	if a.Zone() != "" {
		return Target{}, fmt.Errorf("target %.80q: an address with a zone", t.Text)
	}
	t.Addr = a.Unmap()
	t.Host = t.Addr.String()
	return t, nil
}

// hostName gives a name in ASCII. Numbers written in the ways of old resolvers (0x7f.1, 2130706433) are no names.
func hostName(s string) (string, error) {
	name, err := idna.Lookup.ToASCII(strings.TrimSuffix(s, "."))
	if err != nil || name == "" || len(name) > 253 {
		return "", errTarget
	}
	last := name[strings.LastIndexByte(name, '.')+1:]
	if last == "" || strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") {
		return "", errTarget
	}
	if name[0] == '.' || strings.Contains(name, "..") {
		return "", errTarget
	}
	for _, r := range name {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_' {
			return "", errTarget
		}
	}
	return strings.ToLower(name), nil
}

// Expand gives the targets of one argument: itself, or the addresses of a block (198.51.100.0/24), without the network and broadcast
// addresses of IPv4 blocks of more than two. Blocks are walked, never held in memory.
func Expand(s string) iter.Seq2[Target, error] {
	return func(yield func(Target, error) bool) {
		block, err := netip.ParsePrefix(strings.TrimSpace(s))
		if err != nil {
			yield(ParseTarget(s))
			return
		}
		block = block.Masked()
		if bits := block.Addr().BitLen() - block.Bits(); bits > 20 {
			yield(Target{}, fmt.Errorf("target %.80q: a block of over %d addresses", s, maxTargets))
			return
		}
		trim := block.Addr().Is4() && block.Bits() < 31
		for a := block.Addr(); block.Contains(a); a = a.Next() {
			if trim && (a == block.Addr() || !block.Contains(a.Next())) {
				continue
			}
			if !yield(Target{Text: a.String(), Host: a.String(), Addr: a}, nil) {
				return
			}
		}
	}
}

// List reads targets, one a line; empty lines and what follows a # are skipped. A line that is wrong gives an error with its number, and the
// next one is read.
func List(r io.Reader) iter.Seq2[Target, error] {
	return func(yield func(Target, error) bool) {
		n, line := 0, 0
		for text, err := range lines(r) {
			line++
			if err != nil {
				yield(Target{}, fmt.Errorf("line %d: %w", line, err))
				return
			}
			if text == "" {
				continue
			}
			for t, err := range Expand(text) {
				if err != nil {
					err = fmt.Errorf("line %d: %w", line, err)
				} else if n++; n > maxTargets {
					yield(Target{}, fmt.Errorf("line %d: over %d targets", line, maxTargets))
					return
				}
				if !yield(t, err) {
					return
				}
			}
		}
	}
}

// lines gives the lines of a list without comments.
func lines(r io.Reader) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		s := bufio.NewScanner(r)
		s.Buffer(make([]byte, 0, 4096), maxLine)
		for s.Scan() {
			text, _, _ := strings.Cut(strings.TrimPrefix(s.Text(), "\ufeff"), "#")
			if !yield(strings.TrimSpace(text), nil) {
				return
			}
		}
		if err := s.Err(); err != nil {
			yield("", err)
		}
	}
}
