package demo

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

//go:embed servers.json
var serversJSON []byte

// plan is one server of servers.json: what it must show and what happened to it.
type plan struct {
	Name    string            `json:"name"`
	Firm    string            `json:"firm"` // first label of the firm's mail domain
	Verdict string            `json:"verdict"`
	Flaws   map[string]string `json:"flaws"`
	State   string            `json:"state"`
	Story   struct {
		FR string `json:"fr"`
		EN string `json:"en"`
	} `json:"story"`
	// From and To bound the logs: To is when they were collected.
	From moment `json:"from"`
	To   moment `json:"to"`
	// Builds are the installations, by time; the first one is the setup's.
	Builds []install `json:"builds"`
	// Hunters is true when scanners look for other people's web shells.
	Hunters bool `json:"hunters"`
	// PlainHeader is true when the Exchange logs begin with a bare row of column
	// names, as many builds write it, before the # lines.
	PlainHeader bool      `json:"plain_header"`
	Acts        []act     `json:"acts"`   // what attackers did
	Lost        []loss    `json:"lost"`   // logs that are gone
	Damage      []damage  `json:"damage"` // logs that are broken
	Files       []dropped `json:"files"`  // what attackers left on the disk
}

// install is a build that runs from At on.
type install struct {
	At    moment `json:"at"`
	Build build  `json:"build"`
}

// act is one thing an attacker did. What names it: see play in attack.go.
type act struct {
	What   string  `json:"what"`
	At     moment  `json:"at"`
	Client string  `json:"client"`
	Name   string  `json:"name"`  // of the decoy or dropped file, without ending
	Path   string  `json:"path"`  // URL path of a dropped file
	Count  int     `json:"count"` // requests
	Hours  float64 `json:"hours"` // over which they spread
	Status int     `json:"status"`
}

// loss is a stretch of time whose lines of some logs are gone: "httpproxy", "iis".
type loss struct {
	What []string `json:"what"`
	From moment   `json:"from"`
	To   moment   `json:"to"`
}

// damage is one broken file. How names it: see spoil in damage.go.
type damage struct {
	How  string `json:"how"`
	File string `json:"file"`
}

// moment is a time in milliseconds since 1970, written in RFC 3339.
type moment int64

func (m *moment) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.RFC3339, string(text))
	*m = moment(t.UnixMilli())
	return err
}

func (v *build) UnmarshalText(text []byte) error {
	parts := strings.Split(string(text), ".")
	if len(parts) != len(v) {
		return fmt.Errorf("build %q: want four numbers", text)
	}
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil {
			return fmt.Errorf("build %q: %w", text, err)
		}
		v[i] = n
	}
	return nil
}

// plans reads servers.json, which is part of the program: an error in it is a
// broken invariant of this package.
var plans = sync.OnceValue(func() []*plan {
	var list []*plan
	if err := json.Unmarshal(serversJSON, &list); err != nil {
		panic("demo: servers.json: " + err.Error())
	}
	return list
})

// outage is how long a server is down for an installation, in milliseconds.
const outage = 35 * minute

// running gives the build that runs at a time.
func (p *plan) running(t int64) build {
	v := p.Builds[0].Build
	for _, in := range p.Builds[1:] {
		if t >= int64(in.At) {
			v = in.Build
		}
	}
	return v
}

// down tells whether the server writes nothing at t: before its first day,
// after collection, and while it is being patched.
func (p *plan) down(t int64) bool {
	if t < int64(p.From) || t >= int64(p.To) {
		return true
	}
	for _, in := range p.Builds {
		if t >= int64(in.At)-outage && t < int64(in.At) {
			return true
		}
	}
	return false
}

// gone tells whether the lines of a kind at t did not survive.
func (p *plan) gone(kind string, t int64) bool {
	for _, l := range p.Lost {
		if t >= int64(l.From) && t < int64(l.To) && slices.Contains(l.What, kind) {
			return true
		}
	}
	return false
}
