package detect

import (
	"path"
	"strings"

	"vigie/internal/casefile"
	"vigie/internal/intake"
	"vigie/internal/webfolder"
)

// webExaminer runs the checks on files of web folders that need code: what a file says of a configuration, of a compilation, of its origin.
type webExaminer struct{ p *Pack }

// checksVersion is the version of the coded checks on files, as findings name it.
const checksVersion = "1"

// codeConfigDamaged tells that a configuration of the web server could not be read to its end.
const codeConfigDamaged = "webconfig.damaged"

func (e *webExaminer) Examine(f *intake.File, out *FileFacts) {
	hit := func(w webfolder.Finding) {
		at := casefile.Ref{Path: f.Path, Offset: w.Offset, Line: w.Line}
		h := FileHit(HitMeta{webFlaw, w.Act, checksVersion}, w.Rule, out.Place, f.Logical, f.SHA256, at, w.Raw)
		if w.Object != "" {
			h.Sample.Object, _ = CutText(w.Object, maxObject)
		}
		out.Hits = append(out.Hits, h)
	}
	x := e.p.index
	if out.Script {
		out.Kind = kindScript
	}
	if w, ok := webfolder.Dump(f.Data); ok {
		if !out.Script && out.Place.URL == "" {
			w.Act = suspectAct // an export of the configuration, or notes on it: the object is trapped, the file is not
		}
		hit(w)
	}
	if webfolder.IsConfig(f.Logical, f.Data) {
		out.Kind = kindConfig
		found, err := x.Config(f.Data)
		for _, w := range found {
			hit(w)
		}
		if err != nil && strings.EqualFold(path.Ext(f.Logical), ".config") {
			out.Gaps = append(out.Gaps, casefile.Gap{Code: codeConfigDamaged, Action: "rest of the file not judged", Detail: quoted(err.Error())})
		}
	}
	if out.Place.Compiled {
		if c, ok := x.ReadCompiled(f.Logical, f.Data); ok {
			out.Kind, out.Compiled = kindCompiled, &c
		}
	}
	out.Foreign = x.Foreign(out.Place.URL)
	if b := e.p.baseline; b != nil && out.Place.Key != "" && f.SHA256 != "" {
		out.State = b.State(out.Place.Key, f.SHA256)
	}
}

// quoted makes foreign text harmless and short.
func quoted(s string) string {
	s, _ = CutText(Inert([]byte(s)), 200)
	return s
}
