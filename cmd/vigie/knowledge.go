package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"vigie/internal/buildno"
	"vigie/internal/casefile"
	"vigie/internal/inventory"
	"vigie/internal/kb"
)

func knowledgeCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "knowledge",
		Short: t.say(text{"montre les tables de versions et de failles, en importe de plus récentes", "shows the tables of builds and flaws, imports newer ones"}),
	}
	cmd.AddCommand(knowledgeShowCommand(t), knowledgeImportCommand(t))
	return cmd
}

// userKnowledge is the folder in which imported tables are kept.
func userKnowledge() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "vigie", "knowledge"), nil
}

// tables says from which tables an answer was made: every answer prints it.
type tables struct {
	Builds string `json:"builds"` // date of the newest fact
	CVEs   string `json:"cves"`
}

func tablesOf(p *kb.Product) tables { return tables{p.BuildsDate, p.FixesDate} }

func (t *terminal) tellTables(w io.Writer, p *kb.Product) {
	fmt.Fprintln(w, t.say(text{"Tables : versions au %s, failles au %s. Elles peuvent être en retard sur l’éditeur.",
		"Tables: builds as of %s, CVEs as of %s. They may be behind the publisher."}, p.BuildsDate, p.FixesDate))
}

func knowledgeShowCommand(t *terminal) *cobra.Command {
	var asJSON, all bool
	var updates []string
	cmd := &cobra.Command{
		Use:   "show [BUILD|CVE|KB]",
		Short: t.say(text{"ce qui est ouvert sur une version, ce qu’une CVE ou une mise à jour concerne", "what is open on a build, what a CVE or an update concerns"}),
		Args:  t.atMost(1),
		RunE: func(_ *cobra.Command, args []string) error {
			k, err := t.load()
			if err != nil {
				return err
			}
			word := ""
			if len(args) == 1 {
				word = strings.TrimSpace(args[0])
			}
			return t.showKnowledge(k.kb, word, updates, asJSON, all)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&asJSON, "json", false, t.say(text{"un objet JSON sur la sortie standard", "one JSON object on standard output"}))
	f.BoolVar(&all, "all", false, t.say(text{"aussi les CVE corrigées ou qui ne concernent pas la version", "also CVEs that are fixed or do not concern the build"}))
	f.StringSliceVar(&updates, "installed", nil, t.say(text{"`KB` installées, qui prouvent des correctifs que la version ne prouve pas", "installed `KB` numbers, which prove fixes that the build does not"}))
	return cmd
}

func (t *terminal) showKnowledge(k *kb.KB, word string, updates []string, asJSON, all bool) error {
	upper := strings.ToUpper(word)
	for i := range k.Products {
		p := &k.Products[i]
		if word == "" {
			if len(p.Builds) > 0 {
				if err := t.showTables(k, p, asJSON); err != nil {
					return err
				}
			}
			continue
		}
		if j := slices.IndexFunc(p.Fixes, func(f kb.Fix) bool { return f.CVE == upper }); j >= 0 {
			return t.showCVE(k, p, &p.Fixes[j], asJSON)
		}
		if list := builtWith(p, upper); len(list) > 0 {
			return t.showUpdate(p, upper, list, asJSON)
		}
	}
	if word == "" {
		return nil
	}
	n, err := buildno.Parse(word)
	if err != nil {
		return t.usage(text{"%q n’est ni une version, ni une CVE, ni une mise à jour des tables", "%q is no build, CVE or update of the tables"},
			text{"par exemple 15.1.2176.2, CVE-2021-26855 ou KB5000871", "for example 15.1.2176.2, CVE-2021-26855 or KB5000871"}, word)
	}
	for i := range k.Products {
		p := &k.Products[i]
		if !slices.ContainsFunc(p.Lines, func(l kb.ProductLine) bool {
			return buildno.Compare(l.From, n) <= 0 && buildno.Compare(n, l.To) < 0
		}) {
			continue
		}
		return t.showBuild(k, p, productOf(k, p, n, word, updates), asJSON, all)
	}
	return t.usage(text{"la version %s n’appartient à aucune gamme connue", "build %s is of no known product line"}, text{"« vigie knowledge show » donne les gammes", `"vigie knowledge show" tells the lines`}, word)
}

// productOf makes the product of a build that the user names.
func productOf(k *kb.KB, p *kb.Product, n buildno.Number, word string, updates []string) inventory.Product {
	line, label, _ := k.Label(n)
	ip := inventory.Product{ID: p.ID, Name: line, Build: n.String(), Label: label, Precision: inventory.Exact}
	for _, u := range updates {
		ip.Updates = append(ip.Updates, "KB"+strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(u)), "KB"))
	}
	if strings.Count(word, ".") == 2 {
		ip.Build, ip.Label, ip.Precision = word, "", inventory.CumulativeUpdate
		for _, b := range p.Builds {
			if buildno.SameBranch(b.Number, n) && ip.Label == "" {
				ip.Label = b.CU
			}
		}
	}
	return ip
}

func builtWith(p *kb.Product, word string) (out []kb.Build) {
	for _, b := range p.Builds {
		if word != "" && b.KB == word {
			out = append(out, b)
		}
	}
	return out
}

// opennessWords are what readers are told for each status.
var opennessWords = map[kb.Openness]text{
	kb.Open:               {"ouverte", "open"},
	kb.PossiblyOpen:       {"peut-être ouverte", "possibly open"},
	kb.NeedsConfiguration: {"réglage à vérifier", "setting to check"},
	kb.NobodySays:         {"inconnu", "unknown"},
	kb.FixedThere:         {"corrigée", "fixed"},
	kb.NotAffected:        {"non concernée", "not affected"},
}

// shownCVE is one CVE as "knowledge show --json" tells it.
type shownCVE struct {
	CVE         string           `json:"cve"`
	Status      kb.Openness      `json:"status"`
	Why         casefile.Text    `json:"why"`
	Name        string           `json:"name,omitempty"`
	Title       string           `json:"title"`
	Kind        string           `json:"kind,omitempty"`
	Score       string           `json:"score,omitempty"`
	ScoreSource string           `json:"score_source,omitempty"` // "recalled" must be verified
	FixedIn     []buildno.Number `json:"fixed_in,omitempty"`
	Recalled    bool             `json:"recalled,omitempty"` // the fixed builds rest on memory
	KEV         string           `json:"kev,omitempty"`
	Used        string           `json:"used,omitempty"`
}

func cveRow(a kb.Answer) shownCVE {
	f := a.Fix
	return shownCVE{f.CVE, a.Status, a.Why, f.Name, f.Title, f.Kind, f.Score, f.ScoreSource, a.FixedIn, f.Recalled, f.KEV, f.Used}
}

func (t *terminal) showBuild(k *kb.KB, p *kb.Product, ip inventory.Product, asJSON, all bool) error {
	answers := k.CVEs(ip)
	counts := map[kb.Openness]int{}
	for _, a := range answers {
		counts[a.Status]++
	}
	if asJSON {
		type shownFlaw struct {
			ID     string        `json:"id"`
			Status kb.Openness   `json:"status"`
			Why    casefile.Text `json:"why"`
		}
		out := struct {
			Tables  tables            `json:"tables"`
			Product inventory.Product `json:"product"`
			Flaws   []shownFlaw       `json:"flaws"`
			CVEs    []shownCVE        `json:"cves"`
		}{tablesOf(p), ip, []shownFlaw{}, []shownCVE{}}
		for _, a := range k.FlawsOf(ip) {
			out.Flaws = append(out.Flaws, shownFlaw{a.Flaw.ID, a.Status, a.Why})
		}
		for _, a := range answers {
			out.CVEs = append(out.CVEs, cveRow(a))
		}
		return writeJSON(t.out, out)
	}
	fmt.Fprintf(t.out, "%s %s  %s\n", ip.Name, cmp.Or(ip.Label, t.say(text{"(absente de la table)", "(not in the table)"})), ip.Build)
	n, _ := buildno.Parse(ip.Build)
	if b, ok := k.Build(n); ok && ip.Precision == inventory.Exact {
		fmt.Fprintln(t.out, t.say(text{"Parue le %s. Mise à jour : %s.", "Released %s. Update: %s."}, b.Released, t.kbNumber(b)))
	}
	if l, ok := k.ProductLine(n); ok {
		fmt.Fprintln(t.out, t.say(text{"Fin du support : %s.", "End of support: %s."}, l.SupportEnd+extended(t, l)))
	}
	t.tellTables(t.out, p)
	fmt.Fprintln(t.out)
	for _, o := range kb.Opennesses {
		if counts[o] == 0 {
			continue
		}
		fmt.Fprintf(t.out, "%s%s %d\n", t.say(opennessWords[o]), t.say(text{" :", ":"}), counts[o])
		if !all && (o == kb.FixedThere || o == kb.NotAffected) {
			continue
		}
		for _, a := range answers {
			if a.Status == o {
				fmt.Fprintf(t.out, "  %-14s  %s\n", a.Fix.CVE, t.aboutCVE(a.Fix))
				fmt.Fprintf(t.out, "  %-14s  %s\n", "", a.Why.In(t.lang))
			}
		}
	}
	return nil
}

func extended(t *terminal, l kb.ProductLine) string {
	if l.ExtendedEnd == "" {
		return ""
	}
	return t.say(text{" (%s avec le support payant)", " (%s with paid support)"}, l.ExtendedEnd)
}

// kbNumber names the update of a build, and says when the number rests on memory.
func (t *terminal) kbNumber(b kb.Build) string {
	switch {
	case b.KB == "":
		return t.say(text{"sans numéro connu", "no known number"})
	case b.Confidence == "recalled":
		return b.KB + t.say(text{" (de mémoire, à vérifier)", " (from memory, to be verified)"})
	}
	return b.KB
}

// aboutCVE is one line: title, score, use.
func (t *terminal) aboutCVE(f *kb.Fix) string {
	parts := []string{cmp.Or(f.Name, f.Title)}
	if f.Score != "" {
		s := "CVSS " + f.Score
		if f.ScoreSource == "recalled" {
			s += t.say(text{" (de mémoire)", " (from memory)"})
		}
		parts = append(parts, s)
	}
	switch {
	case f.KEV != "":
		parts = append(parts, t.say(text{"exploitée (CISA, %s)", "exploited (CISA, %s)"}, f.KEV))
	case f.Used == "yes":
		parts = append(parts, t.say(text{"exploitée", "exploited"}))
	case f.Used == "poc":
		parts = append(parts, t.say(text{"preuve de concept publique", "public proof of concept"}))
	}
	if f.Recalled {
		parts = append(parts, t.say(text{"versions corrigées de mémoire, à vérifier", "fixed builds from memory, to be verified"}))
	}
	return strings.Join(parts, ", ")
}
