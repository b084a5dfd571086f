package collectcmd

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"vigie/internal/casefile"
	"vigie/internal/collect"
	"vigie/internal/vgz"
)

func (f *Flags) show(env Env, res *Outcome) error {
	if f.JSON {
		return writeJSON(env.Out, res)
	}
	say := env.Say
	p := func(fr, en string, args ...any) { fmt.Fprintf(env.Out, say(fr, en)+"\n", args...) }
	files := res.Parts
	if files == nil {
		files = []string{res.Package}
	}
	for i, name := range files {
		p("paquet    %s\nSHA-256   %s", "package   %s\nSHA-256   %s", env.Visible(name), res.SHA256[i])
	}
	p("empreinte %s", "hash file %s", env.Visible(res.Package+vgz.SumSuffix))
	p("chaîne    %s", "chain     %s", res.End.Head)
	p("contenu   fichiers\u00a0: %d (%s)\u202f; non lus\u00a0: %d\u202f; absents\u00a0: %d", "content   files: %d (%s); not read: %d; not there: %d", res.End.Files, size(res.End.Bytes, say), res.End.Failed, res.End.Absent)
	switch res.End.Stopped {
	case collect.StoppedDisk:
		p("arrêtée avant la fin\u00a0: le disque de destination est presque plein\u202f; libérer de la place puis --resume", "stopped before the end: the target disk is nearly full; make room, then --resume")
	case collect.StoppedInterrupted:
		p("interrompue\u202f; reprendre avec --resume", "interrupted; go on with --resume")
	}
	p("Notez l’empreinte SHA-256 hors de cette machine\u00a0: elle prouve que le paquet n’a pas changé.", "Write the SHA-256 down outside this machine: it proves that the package has not changed.")
	return nil
}

func writeJSON(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// planLine is the JSON of one line of a plan.
type planLine struct {
	Item    string           `json:"item"`
	Name    casefile.Text    `json:"name"`
	Places  []string         `json:"places"`
	Exports []collect.Export `json:"exports,omitempty"`
	Files   int64            `json:"files"`
	Bytes   int64            `json:"bytes"`
	Hashed  int64            `json:"hashed"`
	HashedB int64            `json:"hashed_bytes"`
	Left    int64            `json:"left_out"`
	Problem int64            `json:"not_readable"`
}

func (f *Flags) showPlan(env Env, list []collect.PlanItem) error {
	var lines []planLine
	for _, p := range list {
		lines = append(lines, planLine{p.Item.ID, p.Item.Name, slices.Clip(append([]string{}, p.Places...)), p.Exports, p.Files, p.Bytes, p.Hashed, p.HashedB, p.Left, p.Problem})
	}
	if f.JSON {
		return writeJSON(env.Out, lines)
	}
	fr := env.Say("fr", "en") == "fr"
	var files, bytes, hashed int64
	for i, p := range list {
		name := p.Item.Name.In("en")
		if fr {
			name = p.Item.Name.In("fr")
		}
		what := size(p.Bytes, env.Say)
		if len(p.Exports) > 0 && len(p.Places) == 0 {
			what = fmt.Sprintf(env.Say("%d sorties", "%d outputs"), len(p.Exports))
		}
		fmt.Fprintf(env.Out, "%-32s %8d %12s", name, p.Files, what)
		if p.Hashed > 0 {
			fmt.Fprintf(env.Out, env.Say("   + %d empreintes (%s lus)", "   + %d hashes (%s read)"), p.Hashed, size(p.HashedB, env.Say))
		}
		fmt.Fprintln(env.Out)
		for _, place := range p.Places {
			fmt.Fprintf(env.Out, "    %s\n", env.Visible(place))
		}
		files, bytes, hashed = files+lines[i].Files, bytes+lines[i].Bytes, hashed+lines[i].Hashed
	}
	fmt.Fprintf(env.Out, env.Say("total     fichiers à garder\u00a0: %d (%s)\u202f; empreintes\u00a0: %d\n", "total     files to keep: %d (%s); hashes: %d\n"), files, size(bytes, env.Say), hashed)
	return nil
}
