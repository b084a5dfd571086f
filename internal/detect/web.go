package detect

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"vigie/internal/kb"
	"vigie/internal/record"
)

// webCheck looks at requests for server-side scripts in web folders that hold
// only files which the product ships. What is answered there under a name that
// no build ships is a page somebody put there; what is redirected or missing is
// somebody looking for other people's web shells. Sigma cannot say it because
// the list of shipped names is a fact of the product, kept as data.
type webCheck struct {
	exts    []string
	folders []webFolder     // longest URL first
	acts    map[string]meta // used, answered, probed
	// pages are the only paths that are looked at, in lower case; nil for all in the folders.
	pages map[string]bool
}

type webFolder struct {
	url   string
	known map[string]bool
}

// webFlaw is the flaw file to which the acts of this check belong.
const webFlaw = "webshell"

func newWebCheck(k *kb.KB) *webCheck {
	w := &webCheck{exts: k.Web.ScriptExt, acts: map[string]meta{}}
	for _, f := range k.Web.Folders {
		wf := webFolder{url: strings.ToLower(f.URL), known: map[string]bool{}}
		for _, n := range f.Known {
			wf.known[strings.ToLower(n)] = true
		}
		w.folders = append(w.folders, wf)
	}
	slices.SortStableFunc(w.folders, func(a, b webFolder) int { return len(b.url) - len(a.url) })
	for _, act := range []string{"used", "answered", "probed"} {
		if a, ok := k.Act(webFlaw, act); ok {
			w.acts[act] = meta{flaw: webFlaw, act: act, id: "vigie-webshell-" + act, version: "1", byObject: a.By == "object", counts: weighs(a)}
		}
	}
	return w
}

func (w *webCheck) count() int { return len(w.acts) }

// literals are the folders: web servers log the path in clear, and text hidden
// by escapes is always looked at.
func (w *webCheck) literals() [][]byte {
	if len(w.acts) == 0 {
		return nil
	}
	var out [][]byte
	parts := map[string]bool{}
	urls := slices.Sorted(maps.Keys(w.pages))
	for _, f := range w.folders {
		urls = append(urls, f.url)
	}
	for _, u := range urls {
		out = append(out, []byte(u))
		for p := range strings.SplitSeq(u, "/") {
			if len(p) > 1 && !parts[p] { // Windows takes "/owa//auth/x.aspx" for the same file
				parts[p] = true
				out = append(out, []byte("//"+p))
			}
		}
	}
	return out
}

// harmless dismisses a hit of a folder by the bytes around it: it is not the
// start of a request's path, or what is asked for is no script, or is shipped.
func (w *webCheck) harmless(data []byte, start, end, pos int) bool {
	if pos == start {
		return true
	}
	if data[pos+1] == '/' { // "//auth/": go back to the start of the path
		if data[pos-1] == ':' {
			return true // a referer
		}
		pos = bytes.LastIndexByte(data[start:pos], ' ') + start + 1
		if data[pos] != '/' {
			return true
		}
	} else if data[pos-1] != ' ' {
		return true // a referer, a query, a deeper folder
	}
	to := end
	if i := bytes.IndexByte(data[pos:end], ' '); i >= 0 {
		to = pos + i
	}
	if to-pos > maxStem {
		return false
	}
	var buf [maxStem]byte
	stem := buf[:0]
	for _, c := range data[pos:to] {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		stem = append(stem, c)
	}
	return !w.foreign(plainPath(stem))
}

// plainPath brings a path to the form in which the folders are listed: one slash
// where several stand. It works in place.
func plainPath(stem []byte) []byte {
	out := stem[:0]
	for i, c := range stem {
		if c == '\\' {
			c = '/'
		}
		if c == '/' && i > 0 && len(out) > 0 && out[len(out)-1] == '/' {
			continue
		}
		out = append(out, c)
	}
	return out
}

// maxStem bounds the paths that are judged in place; longer ones are taken apart.
const maxStem = 300

// foreign tells whether a path (lower case) is a script in a folder of the
// product that the product does not ship.
func (w *webCheck) foreign(stem []byte) bool {
	dir, name := w.script(stem)
	if name == nil {
		return false
	}
	if w.pages != nil {
		return w.pages[string(dir)+string(name)]
	}
	for i := range w.folders {
		if f := &w.folders[i]; string(dir) == f.url {
			return !f.known[string(name)]
		}
	}
	// A folder below one of the product's: Current/themes/resources, a build number.
	for i := range w.folders {
		f := &w.folders[i]
		if f.url != "/" && bytes.HasPrefix(dir, []byte(f.url)) {
			return !f.known[string(name)]
		}
	}
	return false
}

// script finds the first part of a path that names a script, and the folder
// before it: what follows ("/x.aspx/info") is an argument of the script.
func (w *webCheck) script(stem []byte) (dir, name []byte) {
	for from := 0; from < len(stem); {
		to := len(stem)
		if i := bytes.IndexByte(stem[from:], '/'); i >= 0 {
			to = from + i
		}
		part := stem[from:to]
		if dot := bytes.LastIndexByte(part, '.'); dot >= 0 {
			for _, e := range w.exts {
				if string(part[dot:]) == e {
					return stem[:from], part
				}
			}
		}
		from = to + 1
	}
	return nil, nil
}

// check judges one request of an IIS log that was answered with an HTTP status.
func (w *webCheck) check(r *record.Record, status int) (meta, bool) {
	if len(w.acts) == 0 || !r.Fits {
		return meta{}, false
	}
	if r.Tier() == "backend" || !slices.ContainsFunc(r.Stems(), func(s string) bool {
		return w.foreign(plainPath([]byte(strings.ToLower(s))))
	}) {
		return meta{}, false
	}
	act := "probed"
	// OPTIONS is answered 200 for a page that does not exist: anybody could make a shell appear.
	if status >= 200 && status < 300 && r.Method() != "OPTIONS" {
		act = "answered"
		if r.Method() == "POST" {
			act = "used"
		}
	}
	m, ok := w.acts[act]
	return m, ok
}
