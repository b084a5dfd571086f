package detect

import (
	"bytes"
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
			w.acts[act] = meta{flaw: webFlaw, act: act, id: "vigie-webshell-" + act, version: "1", byObject: a.By == "object"}
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
	for _, f := range w.folders {
		out = append(out, []byte(f.url))
	}
	return out
}

// harmless dismisses a hit of a folder by the bytes around it: it is not the
// start of a request's path, or what is asked for is no script, or is shipped.
func (w *webCheck) harmless(data []byte, start, end, pos int) bool {
	if pos == start || data[pos-1] != ' ' {
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
	return !w.foreign(stem)
}

// maxStem bounds the paths that are judged in place; longer ones are taken apart.
const maxStem = 300

// foreign tells whether a path (lower case) is a script in a folder of the
// product that the product does not ship.
func (w *webCheck) foreign(stem []byte) bool {
	slash := bytes.LastIndexByte(stem, '/')
	if slash < 0 {
		return false
	}
	dir, name := stem[:slash+1], stem[slash+1:]
	dot := bytes.LastIndexByte(name, '.')
	if dot < 0 {
		return false
	}
	script := false
	for _, e := range w.exts {
		if string(name[dot:]) == e {
			script = true
			break
		}
	}
	if !script {
		return false
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

// check judges one request of an IIS log.
func (w *webCheck) check(r *record.Record) (meta, bool) {
	if len(w.acts) == 0 || !r.Fits {
		return meta{}, false
	}
	stem := strings.ToLower(r.Stem())
	if len(stem) > 2048 || !w.foreign([]byte(stem)) || r.Tier() == "backend" {
		return meta{}, false
	}
	act := "probed"
	if s := r.Status(); s >= 200 && s < 300 {
		act = "answered"
		if r.Method() == "POST" {
			act = "used"
		}
	}
	m, ok := w.acts[act]
	return m, ok
}
