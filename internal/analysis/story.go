package analysis

import (
	"slices"
	"strings"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/webfolder"
)

// story joins the findings of one server on files with those on records about the same page, by the URL at which the page is served.
type story struct {
	requests map[string][]*casefile.Finding // by URL: findings whose records are requests that the server answered
	writes   map[string][]*casefile.Finding // by URL: findings whose records say that a file was written
}

// The acts on records that are about one page, by what the records are.
var (
	requestActs = []string{"used", "answered", "tunnel", "tunnel-traffic", "client", "command", "parameter"}
	writeActs   = []string{"written", "written-smb", "written-loopback", "written-other", "hidden"}
)

func newStory(findings []casefile.Finding, x *webfolder.Index) *story {
	s := &story{map[string][]*casefile.Finding{}, map[string][]*casefile.Finding{}}
	for i := range findings {
		f := &findings[i]
		if f.Flaw != "webshell" {
			continue
		}
		for _, o := range f.Objects {
			switch {
			case slices.Contains(requestActs, f.Act):
				u := strings.ToLower(o)
				s.requests[u] = append(s.requests[u], f)
			case slices.Contains(writeActs, f.Act):
				if u := x.Locate(strings.ReplaceAll(o, `\`, "/")).URL; u != "" {
					s.writes[u] = append(s.writes[u], f)
				}
			}
		}
	}
	return s
}

// pages lists the files of a server that were kept, by their paths.
func (h *host) pages() map[string]*fileSeen {
	if h.seen == nil {
		return nil
	}
	m := make(map[string]*fileSeen, len(h.seen.pages))
	for _, p := range h.seen.pages {
		m[p.Path] = p
	}
	return m
}

// tell writes the stories of the files into the findings on them.
func tell(findings []casefile.Finding, pages map[string]*fileSeen, x *webfolder.Index) {
	if len(pages) == 0 {
		return
	}
	s := newStory(findings, x)
	for i := range findings {
		f := &findings[i]
		if !slices.Contains(f.Sources, casefile.FilesKind) {
			continue
		}
		told := map[string]bool{}
		for _, e := range f.Evidence {
			p := pages[e.Path]
			if p == nil || told[e.Path] || len(f.Pages) == casefile.MaxPages {
				continue
			}
			told[e.Path] = true
			f.Pages = append(f.Pages, s.page(p))
		}
	}
}

// page tells the story of one file.
func (s *story) page(x *fileSeen) casefile.Page {
	p := casefile.Page{Path: x.Path, URL: x.facts.Place.URL, SHA256: x.SHA256, Size: x.Size, WrittenLocal: x.Written.Local}
	if x.facts.Compiled != nil {
		p.URL = x.facts.Compiled.URL
	}
	if !x.Written.Time.IsZero() {
		p.Written = &x.Written.Time
	}
	if p.URL == "" {
		return p
	}
	for _, f := range s.requests[p.URL] {
		p.Findings = append(p.Findings, f.ID)
		p.FirstRequest, p.LastRequest = earlier(p.FirstRequest, f.Time), later(p.LastRequest, f.TimeEnd)
		if f.Act == "used" || f.Act == "answered" { // the other acts are sights of the same requests
			p.Requests += f.Count
		}
		if f.Act == "used" {
			p.Commands += f.Acts
		}
		p.Clients, p.Accounts = append(p.Clients, f.Clients...), append(p.Accounts, f.Accounts...)
	}
	for _, f := range s.writes[p.URL] {
		p.Findings = append(p.Findings, f.ID)
		p.Seen = earlier(p.Seen, f.Time)
	}
	for _, l := range []*[]string{&p.Clients, &p.Accounts, &p.Findings} {
		slices.Sort(*l)
		*l = slices.Compact(*l)
	}
	return p
}

func earlier(old *time.Time, t time.Time) *time.Time {
	if t.IsZero() || old != nil && !t.Before(*old) {
		return old
	}
	return &t
}

func later(old *time.Time, t time.Time) *time.Time {
	if t.IsZero() || old != nil && !t.After(*old) {
		return old
	}
	return &t
}
