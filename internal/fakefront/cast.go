package fakefront

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
)

// Member is one front end of the demonstration.
type Member struct {
	Name    string
	Address netip.Addr // in 127.0.0.0/8
	Front   *Front
	Story   struct{ FR, EN string }
}

//go:embed cast.json
var castFile []byte

// Cast gives the front ends of the demonstration, in order. Their firms are invented; .example is reserved (RFC 2606).
func Cast() ([]Member, error) {
	var list []struct {
		Name    string     `json:"name"`
		Address netip.Addr `json:"address"`
		Product string     `json:"product"`
		Builds  []string   `json:"builds"`
		Shows   []string   `json:"shows"`
		Behind  string     `json:"behind"`
		Hostile string     `json:"hostile"`
		OldTLS  bool       `json:"old_tls"`
		Story   struct {
			FR string `json:"fr"`
			EN string `json:"en"`
		} `json:"story"`
	}
	if err := json.Unmarshal(castFile, &list); err != nil {
		return nil, fmt.Errorf("cast.json: %w", err)
	}
	var out []Member
	for _, c := range list {
		f := &Front{Host: c.Name, Product: c.Product, Builds: c.Builds, Behind: c.Behind, Hostile: c.Hostile, OldTLS: c.OldTLS}
		for _, s := range c.Shows {
			f.Shows |= map[string]Show{"manifest": Manifest, "header": Header, "path": Path, "long-path": LongPath, "names": Names}[s]
		}
		m := Member{Name: c.Name, Address: c.Address, Front: f}
		m.Story.FR, m.Story.EN = c.Story.FR, c.Story.EN
		out = append(out, m)
	}
	return out, nil
}

// Theatre serves a cast on one port for each service.
type Theatre struct {
	*Server
	Ports map[string]uint16 // by service
}

// attempts is how often a port is looked for that is free on all addresses.
const attempts = 20

// Stage serves a cast on https and smtp until Close.
func Stage(cast []Member) (*Theatre, error) {
	front := func(a netip.Addr) *Front {
		if i := slices.IndexFunc(cast, func(m Member) bool { return m.Address == a }); i >= 0 {
			return cast[i].Front
		}
		return nil
	}
	server, err := NewServer(front)
	if err != nil {
		return nil, err
	}
	t := &Theatre{Server: server, Ports: map[string]uint16{}}
	for _, service := range []string{"https", "smtp"} {
		if t.Ports[service], err = t.open(service, cast); err != nil {
			server.Close()
			return nil, err
		}
	}
	return t, nil
}

// open listens on one port of every address of the cast, and on no other.
func (t *Theatre) open(service string, cast []Member) (port uint16, err error) {
	for range attempts {
		var first netip.AddrPort
		if first, err = t.Listen(service, cast[0].Address.String()+":0"); err != nil {
			return 0, err
		}
		ok := true
		for _, m := range cast[1:] {
			if service == "smtp" && m.Front.Product != "" {
				continue // a firewall takes no mail
			}
			if _, err = t.Listen(service, netip.AddrPortFrom(m.Address, first.Port()).String()); err != nil {
				ok = false // somebody has that port there: another one, and what was opened closes with the rest
				break
			}
		}
		if ok {
			return first.Port(), nil
		}
	}
	return 0, err
}
