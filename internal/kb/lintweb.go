package kb

import (
	"regexp"
	"strings"

	"vigie/internal/diag"
)

// add puts the lists of another product behind.
func (c *WebConfig) add(o *WebConfig) {
	to, from := c.lists(), o.lists()
	for i := range to {
		to[i].list.Values = append(to[i].list.Values, from[i].list.Values...)
		to[i].list.Source, to[i].list.Date = from[i].list.Source, from[i].list.Date
	}
}

type namedList struct {
	name string
	list *KnownList
	form string // regexp, text, ending, sha256
}

func (c *WebConfig) lists() []namedList {
	return []namedList{{"types", &c.Types, "text"}, {"images", &c.Images, "regexp"}, {"folders", &c.Folders, "regexp"}, {"hidden", &c.Hidden, "regexp"},
		{"inert", &c.Inert, "ending"}, {"public_keys", &c.PublicKeys, "sha256"}}
}

var sha256Form = regexp.MustCompile(`^[0-9a-f]{64}$`)

// webServer checks what web.yml says of the folders and the configuration of a server.
func (l *linter) webServer(w *WebFolders) {
	for i := range w.Roots {
		r := &w.Roots[i]
		if p := r.Path; p == "" || p != strings.ToLower(p) || strings.Trim(p, "/") != p || strings.Contains(p, `\`) {
			l.add(l.at(&r.Path, r), "kb.web.root", "write it frontend/httpproxy", "folder %s wants slashes, none at its ends, and no capitals", diag.Quote(p))
		}
		if u := r.URL; !strings.HasPrefix(u, "/") || !strings.HasSuffix(u, "/") || u != strings.ToLower(u) {
			l.add(l.at(&r.URL, r), "kb.web.folder", "write it /owa/auth/", "URL folder %s wants a slash at both ends and no capitals", diag.Quote(u))
		}
		l.word(l.at(&r.Site, r), "site", r.Site, []string{"frontend", "backend"})
		l.fact("root "+r.Path, &r.Source, &r.Date, r)
	}
	for _, n := range w.Config.lists() {
		if len(n.list.Values) == 0 {
			continue
		}
		l.fact("list "+n.name, &n.list.Source, &n.list.Date, n.list)
		for j, v := range n.list.Values {
			at := l.at(&n.list.Values[j], n.list)
			switch {
			case v == "" || n.form != "regexp" && v != strings.ToLower(v):
				l.add(at, "kb.web.config", "", "%s of %s is empty or has capitals", diag.Quote(v), n.name)
			case n.form == "ending" && v[0] != '.':
				l.add(at, "kb.web.ext", "write it .aspx", "ending %s has no dot", diag.Quote(v))
			case n.form == "sha256" && !sha256Form.MatchString(v):
				l.add(at, "kb.web.config", "want 64 hexadecimal digits", "%s is no SHA-256", diag.Quote(v))
			case n.form == "regexp":
				if _, err := regexp.Compile(v); err != nil {
					l.add(at, "kb.web.regexp", "", "%v", err)
				}
			}
		}
	}
}
