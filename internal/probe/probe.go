// Package probe asks a server a few harmless questions and returns the clues of what runs there, never conclusions.
//
// It sends what the browser or the mail program of any visitor sends: GET requests for fixed paths, EHLO and QUIT, nothing with a query, an
// account, a payload or a guess (see package fingerprint, where the questions are data). The answers are made for hostile servers: every one
// is bounded in bytes, in headers and in time, and so are a visit and its number of requests. A name is resolved once and its address pinned
// for the whole visit; what it points to is held against the scope, at each redirect too.
package probe

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"vigie/internal/fingerprint"
)

// Limits bound one visit.
type Limits struct {
	Requests  int           // web requests, redirects and repetitions included
	Redirects int           // of one question
	Repeats   int           // how often the most telling question is asked again on a new connection: several servers may stand behind one name
	Header    int64         // bytes of the status line and headers of one answer
	Body      int64         // bytes of one body that are kept, after decompression
	Connect   time.Duration // for one connection
	Answer    time.Duration // for one answer, or one mail dialogue, from the first byte sent to the last one read
	Visit     time.Duration // for the whole visit, without the waiting for politeness
}

// DefaultLimits are for servers of strangers.
func DefaultLimits() Limits {
	return Limits{Requests: 10, Redirects: 3, Repeats: 2, Header: 64 << 10, Body: 256 << 10,
		Connect: 5 * time.Second, Answer: 15 * time.Second, Visit: 90 * time.Second}
}

// Prober asks. It may be used by many goroutines at once.
type Prober struct {
	Prints   *fingerprint.Set
	Services []Service // asked in this order; of a target with a port, that port alone
	Agent    string    // the User-Agent, which names the program, its version and whom to write to
	Scope    *Scope    // nil: the targets themselves
	Limits   Limits
	Pace     *Pace
	Now      func() time.Time
	// Resolve gives the addresses of a name.
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)
	// Dial opens a connection to exactly this address.
	Dial func(ctx context.Context, to netip.AddrPort) (net.Conn, error)
}

// Observation is what one visit showed.
type Observation struct {
	Target   Target
	Time     time.Time // of the beginning
	Address  netip.Addr
	Services []ServiceState
	fingerprint.Gathering
	TLS      []TLSFact // one for each service that spoke TLS
	Asked    []string  // what was sent, for the logs of the server's owner
	Redirect []string  // where redirects led out of the scope
	// Stopped tells that the server asked to be left alone: 429, or 503 with Retry-After. Nothing more was asked.
	Stopped string
	// Failure tells why nothing is known, or why less is: "" when every service answered or was closed.
	Failure string
	// Code is a word for a failure that is not one of a service: scope, internal, unresolved, silent (no service answers), interrupted, fault; else "".
	Code string
	// Partial tells that the visit was interrupted from our side.
	Partial bool
}

// ServiceState says how a service answered.
type ServiceState struct {
	Service string `json:"service"`
	Port    uint16 `json:"port"`
	State   string `json:"state"` // answered, refused, timeout, reset, closed, unreachable, tls, limit, protocol, failed
	Detail  string `json:"detail,omitempty"`
}

// Observe visits one target. It always returns what is known; an error is a Failure in it.
func (p *Prober) Observe(ctx context.Context, t Target) Observation {
	v := &visit{p: p, left: p.Limits.Visit, obs: Observation{Target: t, Time: p.Now().UTC().Truncate(time.Millisecond)}}
	defer v.hangUp()
	to, err := p.locate(ctx, t.Host, t.Addr)
	if err != nil {
		v.obs.Code, v.obs.Failure = classify(err)
		v.obs.Partial = ctx.Err() != nil
		return v.obs
	}
	v.obs.Address = to
	v.pins = map[string]netip.Addr{t.Host: to}
	var failures []string
	for _, s := range p.services(t) {
		if v.obs.Stopped != "" || ctx.Err() != nil {
			break
		}
		state := v.serve(ctx, s)
		v.obs.Services = append(v.obs.Services, state)
		if state.State != "answered" && state.State != "refused" {
			failures = append(failures, state.Service+": "+state.text())
		}
	}
	if ctx.Err() != nil {
		v.obs.Partial = true
		v.obs.Code = "interrupted"
		failures = append(failures, "interrupted")
	}
	if !slices.ContainsFunc(v.obs.Services, func(s ServiceState) bool { return s.State == "answered" }) && len(failures) == 0 {
		v.obs.Code = "silent"
		failures = append(failures, "no service answers")
	}
	v.obs.Failure = strings.Join(failures, "; ")
	return v.obs
}

func (s ServiceState) text() string {
	if s.Detail == "" {
		return s.State
	}
	return s.State + ", " + s.Detail
}

// services gives those that a target is asked.
func (p *Prober) services(t Target) []Service {
	if t.Port == 0 {
		return p.Services
	}
	if t.Scheme != "" {
		return []Service{{Name: t.Scheme, Port: t.Port}}
	}
	for _, s := range p.Services {
		if s.Port == t.Port {
			return []Service{s}
		}
	}
	return []Service{{Name: usual(t.Port), Port: t.Port}}
}

// serve asks one service.
func (v *visit) serve(ctx context.Context, s Service) ServiceState {
	state := ServiceState{Service: s.Name, Port: s.Port}
	var err error
	switch s.Name {
	case "https", "http":
		err = v.web(ctx, s)
	default:
		err = v.mail(ctx, s)
	}
	v.hangUp()
	state.State, state.Detail = classify(err)
	return state
}
