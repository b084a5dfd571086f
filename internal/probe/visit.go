package probe

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigie/internal/fingerprint"
)

// visit is the state of one visit.
type visit struct {
	p        *Prober
	obs      Observation
	left     time.Duration         // of Limits.Visit
	pins     map[string]netip.Addr // the address of each host that was met
	requests int
	conn     *webConn        // kept open for the next request
	settled  bool            // a sign told the whole build
	telling  string          // URL of the answer that told most of the build, to ask it again
	told     int             // how much it told: 0 nothing, 1 a version, 2 a build that settles
	asked    map[string]bool // paths of the target that were asked for
	icon     string          // path of the icon that the last page names
}

// read takes what an answer shows. told says how much of a build: see visit.told.
func (v *visit) read(a fingerprint.Answer) (told int) {
	a.Time = v.obs.Time
	sights := v.p.Prints.Read(a)
	v.obs.Add(sights)
	for _, s := range sights {
		if s.Sign.Version {
			told = max(told, 1)
		}
		if s.Sign.Settles {
			told, v.settled = 2, true
		}
	}
	return told
}

// web asks the questions of one web service, and then the most telling one again: other servers may stand behind the same name.
func (v *visit) web(ctx context.Context, s Service) error {
	base := place{scheme: s.Name, host: v.obs.Target.Host, port: s.Port}
	if s.Name == "https" {
		if err := v.oldTLS(ctx, base); err != nil {
			return err
		}
	}
	v.asked = map[string]bool{}
	for _, q := range v.p.Prints.Questions() {
		if v.requests >= v.p.Limits.Requests || !v.wants(q) {
			continue
		}
		path := q.Path
		if path == "/favicon.ico" && v.icon != "" {
			path = v.icon
		}
		if v.asked[path] { // a redirect had led there
			continue
		}
		err := v.question(ctx, base, path, q.Print().ID+"/"+q.ID)
		if err != nil {
			return err
		}
	}
	return v.again(ctx, base)
}

// wants says whether a question is to be asked now.
func (v *visit) wants(q *fingerprint.Question) bool {
	named := slices.Contains(v.obs.Named, q.Print().ID)
	for _, a := range q.Ask {
		switch a {
		case "always":
			return true
		case "unnamed":
			if len(v.obs.Named) == 0 {
				return true
			}
		case "named":
			if named {
				return true
			}
		case "coarse":
			if named && !v.settled {
				return true
			}
		}
	}
	return false
}

// question asks for a path and follows redirects that stay in the scope.
func (v *visit) question(ctx context.Context, at place, path, id string) error {
	for hop := 0; ; hop++ {
		r, err := v.get(ctx, at, path)
		if err != nil {
			return err
		}
		if at.host == v.obs.Target.Host {
			v.asked[path] = true
		}
		v.answer(r, id)
		if v.obs.Stopped != "" {
			return errStopped
		}
		to := r.redirect
		if to == nil || hop == v.p.Limits.Redirects || v.requests >= v.p.Limits.Requests {
			return nil
		}
		if to.place != at {
			if err := v.follow(ctx, to.place); err != nil {
				if len(v.obs.Redirect) < 8 {
					v.obs.Redirect = append(v.obs.Redirect, to.place.String())
				}
				return nil
			}
		}
		at, path = to.place, to.path
	}
}

// follow pins the address of another host that a redirect names, if it may be visited.
func (v *visit) follow(ctx context.Context, to place) error {
	if to.host == v.obs.Target.Host {
		return nil // another port or scheme of the target: the pinned address serves
	}
	if _, ok := v.pins[to.host]; ok {
		return nil
	}
	if v.p.Scope == nil || len(v.pins) > v.p.Limits.Redirects {
		return scopeError{why: "outside of the scope"}
	}
	literal, _ := netip.ParseAddr(to.host)
	a, err := v.p.locate(ctx, to.host, literal.Unmap())
	if err != nil {
		return err
	}
	v.pins[to.host] = a
	return nil
}

// answer takes what one web answer shows.
func (v *visit) answer(r *webAnswer, question string) {
	told := 0
	see := func(at, text, where string) {
		if text != "" {
			told = max(told, v.read(fingerprint.Answer{At: at, Text: text, Where: where, Question: question}))
		}
	}
	names := make([]string, 0, len(r.header))
	for name := range r.header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range r.header[name] {
			value = value[:min(len(value), 1024)]
			switch name {
			case "Set-Cookie":
				cookie, _, _ := strings.Cut(value, "=")
				see("cookie", strings.TrimSpace(cookie), r.url+", Set-Cookie")
			case "Location":
				see("redirect", value, r.url+", Location")
			default:
				see("header:"+name, value, r.url+", "+name)
				see("headers", name+": "+value, r.url+", "+name)
			}
		}
	}
	if r.icon {
		see("favicon", iconHash(r.body), r.url)
	} else if len(r.body) > 0 {
		see("title", pageTitle(r.body), r.url)
		see("body", string(r.body), r.url)
		if path := pageIcon(r.body); path != "" {
			v.icon = path
		}
	}
	if told > v.told {
		v.told, v.telling = told, r.path
	}
	after := r.header["Retry-After"]
	switch {
	case r.status == http.StatusTooManyRequests, r.status == http.StatusServiceUnavailable && len(after) > 0:
		v.obs.Stopped = strconv.Itoa(r.status)
		if len(after) > 0 {
			v.obs.Stopped += ", Retry-After " + after[0][:min(len(after[0]), 40)]
		}
	}
}

// again repeats the most telling question on new connections. Its answers add clues where they differ.
func (v *visit) again(ctx context.Context, base place) error {
	for range v.p.Limits.Repeats {
		if v.telling == "" || v.requests >= v.p.Limits.Requests {
			return nil
		}
		v.hangUp()
		r, err := v.get(ctx, base, v.telling)
		if err != nil {
			return nil // what is known is known
		}
		v.answer(r, v.questionOf(v.telling))
		if v.obs.Stopped != "" {
			return errStopped
		}
	}
	return nil
}

// questionOf gives the id of the question for a path.
func (v *visit) questionOf(path string) string {
	for _, q := range v.p.Prints.Questions() {
		if q.Path == path {
			return q.Print().ID + "/" + q.ID
		}
	}
	return ""
}

// hangUp closes the connection that was kept.
func (v *visit) hangUp() {
	if v.conn != nil {
		v.conn.Close()
		v.conn = nil
	}
}

// place is a web service.
type place struct {
	scheme, host string
	port         uint16
}

// String gives the beginning of a URL.
func (p place) String() string {
	host := p.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if p.port == defaultPorts[p.scheme] {
		return p.scheme + "://" + host
	}
	return p.scheme + "://" + net.JoinHostPort(p.host, strconv.Itoa(int(p.port)))
}
