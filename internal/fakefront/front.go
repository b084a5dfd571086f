// Package fakefront plays what the Internet sees of mail servers and their neighbours, on loopback: front ends of any build, patched or not,
// behind proxies, and hostile ones. It serves tests, measurements and "vigie demo --probe"; nothing in it is a real server.
package fakefront

import (
	"fmt"
	"strings"
	"sync/atomic"
)

// Show says what a front end betrays of its build.
type Show uint8

// What a front end of Exchange may betray.
const (
	Manifest Show = 1 << iota // the manifest of the export tool
	Header                    // X-OWA-Version
	Path                      // the version folder in the paths of its pages, three parts
	LongPath                  // the same with four
	Names                     // X-FEServer and its kin
	All      = Manifest | Header | Path | Names
)

// Front is one machine, or several behind one name. It must not be changed while it serves.
type Front struct {
	Host    string   // the name it calls itself
	Product string   // "exchange" when empty; else fortigate, sonicwall, zimbra, netscaler, ivanti-connect-secure, qnap, synology, prtg, plain
	Builds  []string // of the servers behind it, each connection the next; of Exchange, in the short form
	Shows   Show
	// Behind is what stands before it: "" for nothing; "nginx", which takes the product's headers away; "cloudflare"; "preauth", which sends
	// every visitor elsewhere to log in first.
	Behind  string
	Hostile string // "" or one of Hostiles
	OldTLS  bool   // accepts TLS 1.0
	turn    atomic.Uint32
}

// Hostiles are the ways in which a front end may treat its visitors.
var Hostiles = []string{"endless-headers", "endless-body", "slow-drip", "gzip-bomb", "redirect-outside", "redirect-loop", "bad-tls", "no-handshake", "silence",
	"wrong-length", "reset", "huge-banner", "control-text", "old-http", "busy", "bad-chunks"}

// build gives the server that the next connection meets.
func (f *Front) build() string {
	if len(f.Builds) == 0 {
		return ""
	}
	return f.Builds[int(f.turn.Add(1)-1)%len(f.Builds)]
}

// threeParts gives the cumulative update of a build.
func threeParts(build string) string {
	if i := strings.LastIndexByte(build, '.'); strings.Count(build, ".") == 3 {
		return build[:i]
	}
	return build
}

// computer is the internal name of the server with a build, so that two builds are two machines.
func computer(build string) string {
	sum := uint32(2166136261)
	for _, c := range []byte(build) {
		sum = (sum ^ uint32(c)) * 16777619
	}
	return fmt.Sprintf("EX%02d", sum%90+10)
}
