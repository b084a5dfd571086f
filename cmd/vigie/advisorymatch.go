package main

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vigie/internal/casefile"
	"vigie/internal/estate"
	"vigie/internal/fingerprint"
	"vigie/internal/watch"
)

// matched is one line of "advisory match": how one flaw stands on one product of one machine.
type matched struct {
	Organisation string         `json:"organisation,omitempty"`
	Asset        string         `json:"asset"`
	Product      string         `json:"product"`
	Version      string         `json:"version,omitempty"`
	CVE          string         `json:"cve"`
	Title        string         `json:"title,omitempty"`
	Status       watch.Status   `json:"status"`
	Level        watch.Level    `json:"level,omitempty"`
	Reasons      []watch.Reason `json:"reasons,omitempty"`
	Rule         string         `json:"rule"`
	Why          casefile.Text  `json:"why"`
	Target       string         `json:"target,omitempty"`
	Record       watch.Record   `json:"record,omitzero"`
	Exposed      watch.Exposure `json:"exposure"`
	SupportEnd   string         `json:"support_end,omitempty"`
	EndNear      bool           `json:"support_ends_soon_or_ended,omitempty"`
	Source       string         `json:"source"` // of the item
	Seen         time.Time      `json:"seen,omitzero"`
}

// left is an item of which nothing can be said.
type left struct {
	Organisation string `json:"organisation,omitempty"`
	Asset        string `json:"asset"`
	Product      string `json:"product"`
	Version      string `json:"version,omitempty"`
}

func advisoryMatchCommand(t *terminal) *cobra.Command {
	var a advisoryFlags
	var inventory, cve string
	var all bool
	cmd := &cobra.Command{
		Use:   "match --inventory FILE",
		Short: t.say(text{"quelles failles concernent un parc, et pourquoi", "which flaws concern an estate, and why"}),
		Long: t.say(text{`Compare un parc (CSV, CycloneDX, SPDX, XML de Nmap, CSV de Shadowserver, systeminfo) aux avis reçus et à ceux du programme.
Chaque ligne dit touché, inconnu, contourné, corrigé ou non touché, pourquoi, et sur la foi de quel document. Un logiciel qui n’est pas surveillé est nommé.`,
			`Matches an estate (CSV, CycloneDX, SPDX, Nmap XML, Shadowserver CSV, systeminfo) with the advisories received and those of the program.
Each line says affected, unknown, mitigated, fixed or not affected, why, and on the word of which document. Software that is not watched is named.`}),
		Args: t.atMost(0),
		RunE: func(*cobra.Command, []string) error {
			if inventory == "" {
				return t.usage(text{"aucun parc donné", "no inventory given"}, text{"donner --inventory FICHIER", "give --inventory FILE"})
			}
			return t.matchInventory(&a, inventory, strings.ToUpper(cve), all)
		},
	}
	a.add(t, cmd)
	f := cmd.Flags()
	f.StringVar(&inventory, "inventory", "", t.say(text{"`FICHIER` du parc, - pour l’entrée standard", "`FILE` of the estate, - for standard input"}))
	f.StringVar(&cve, "cve", "", t.say(text{"cette `CVE` seulement", "this `CVE` only"}))
	f.BoolVar(&all, "all", false, t.say(text{"aussi ce qui est corrigé ou non touché", "also what is fixed or not affected"}))
	return cmd
}

func (t *terminal) matchInventory(a *advisoryFlags, name, cve string, all bool) error {
	w, err := t.watchSet(a)
	if err != nil {
		return err
	}
	prints, err := fingerprint.Load(w.fsys)
	if err != nil {
		return t.badKnowledge(err)
	}
	in := t.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	list, err := estate.Reader{Prints: prints, KB: w.know.kb}.Read(name, in)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	found, rest := w.match(list, cve, all || a.asJSON)
	for _, g := range list.Gaps {
		t.note(text{"%s, %s : %s", "%s, %s: %s"}, name, g.Where, g.What.In(t.lang))
	}
	if list.More > 0 {
		t.note(text{"%s : %d autres lignes inutilisables", "%s: %d more unusable rows"}, name, list.More)
	}
	if a.asJSON {
		have, missing := w.ages()
		err = writeJSON(t.out, map[string]any{"inventory": map[string]any{"form": list.Form, "items": len(list.Items), "unusable": len(list.Gaps) + list.More}, "findings": found,
			"not_watched": rest, "feeds": have, "never_received": missing, "watched": w.catalog.Date, "at": w.now})
	} else {
		t.tellMatches(w, list, found, rest)
	}
	if err == nil && len(list.Gaps) > 0 {
		return exitCode(exitPartly)
	}
	return err
}

// match judges each distinct product and version once, and tells it for each machine that has it.
func (w *watchSet) match(list *estate.List, cve string, all bool) (found []matched, rest []left) {
	found, rest = []matched{}, []left{}
	r := watch.NewRegister()
	for n, i := range list.Items {
		p := w.catalog.ResolveVersion(i.Vendor, i.Product, i.CPE, i.Version)
		if p == nil {
			rest = append(rest, left{i.Organisation, i.Asset, i.Product, i.Version})
			continue
		}
		r.Add(int32(n), watch.Seen{Product: p, Version: i.Version, Updates: i.Updates})
	}
	hits := r.All(w.index)
	if cve != "" {
		hits = r.Flaw(w.index, cve)
	}
	for _, h := range hits {
		end, near := w.index.Ending(h.Seen)
		for _, n := range h.Items {
			i := &list.Items[n]
			v := w.word(h.Verdict, i)
			if !all && (v.Status == watch.Fixed || v.Status == watch.NotAffected) {
				continue
			}
			m := matched{Organisation: i.Organisation, Asset: i.Asset, Product: h.Product.Name, Version: h.Version, CVE: h.CVE, Title: w.index.Title(h.CVE), Status: v.Status,
				Rule: v.Rule, Why: v.Why, Target: v.Target, Record: v.Record, Exposed: exposure(i.Exposed), SupportEnd: end, EndNear: near, Source: i.Source, Seen: i.Seen}
			m.Level, m.Reasons = w.index.Grade(v, h.Product, m.Exposed)
			found = append(found, m)
		}
	}
	slices.SortStableFunc(found, func(a, b matched) int {
		rank := func(l watch.Level) string { return cmp.Or(string(l), "P9") }
		return cmp.Or(cmp.Compare(rank(a.Level), rank(b.Level)), slices.Index(watch.Statuses, a.Status)-slices.Index(watch.Statuses, b.Status),
			cmp.Compare(a.Organisation, b.Organisation), cmp.Compare(a.Asset, b.Asset), cmp.Compare(a.CVE, b.CVE))
	})
	return found, rest
}

func exposure(s string) watch.Exposure {
	switch s {
	case "yes":
		return watch.Exposed
	case "no":
		return watch.Internal
	}
	return watch.ExposureUnknown
}

// word applies what the inventory itself says of a flaw: VEX, and mitigations that have not ended. A word never makes an unknown flaw of a fixed one.
func (w *watchSet) word(v watch.Verdict, i *estate.Item) watch.Verdict {
	if v.Status != watch.Affected && v.Status != watch.Unknown {
		return v
	}
	for _, word := range i.Words {
		if word.CVE != v.CVE {
			continue
		}
		v.Record = watch.Record{Kind: "inventory", ID: i.Source}
		switch {
		case word.State == "not-affected":
			v.Status, v.Rule = watch.NotAffected, "vex"
			v.Why = casefile.Text{FR: fmt.Sprintf("Le parc dit que ce composant n'est pas touché (%s).", word.Reason), EN: fmt.Sprintf("The inventory says that this component is not affected (%s).", word.Reason)}
		case word.State == "fixed":
			v.Status, v.Rule = watch.Fixed, "vex"
			v.Why = casefile.Text{FR: "Le parc dit que la faille est corrigée dans ce composant.", EN: "The inventory says that the flaw is fixed in this component."}
		case word.State == "mitigated" && v.Status == watch.Affected && word.Until >= w.now.Format(time.DateOnly):
			v.Status, v.Rule = watch.Mitigated, "mitigation"
			v.Why = casefile.Text{FR: v.Why.FR + fmt.Sprintf(" Un contournement est en place jusqu'au %s ; ce n'est pas un correctif.", word.Until),
				EN: v.Why.EN + fmt.Sprintf(" A mitigation is in place until %s; it is not a fix.", word.Until)}
		}
	}
	return v
}

var statusWords = map[watch.Status]text{watch.Affected: {"touché", "affected"}, watch.Unknown: {"inconnu", "unknown"}, watch.Mitigated: {"contourné", "mitigated"},
	watch.Fixed: {"corrigé", "fixed"}, watch.NotAffected: {"non touché", "not affected"}}

func (t *terminal) tellMatches(w *watchSet, list *estate.List, found []matched, rest []left) {
	counts := map[watch.Status]int{}
	for _, m := range found {
		counts[m.Status]++
		who := m.Asset
		if m.Organisation != "" {
			who = m.Organisation + " / " + m.Asset
		}
		fmt.Fprintln(t.out, visible(fmt.Sprintf("%-2s  %s  %s  %s %s  %s", cmp.Or(string(m.Level), "--"), t.say(statusWords[m.Status]), who, m.Product, m.Version, m.CVE), false))
		fmt.Fprintln(t.out, visible("      "+prose(t.lang, m.Why.In(t.lang)), false))
		for _, r := range m.Reasons {
			fmt.Fprintln(t.out, visible("      "+prose(t.lang, r.Why.In(t.lang)), false))
		}
		if m.Target != "" && m.Status != watch.Fixed {
			fmt.Fprintln(t.out, visible("      "+t.say(text{"cible : %s", "target: %s"}, m.Target), false))
		}
		if m.EndNear {
			fmt.Fprintln(t.out, "      "+t.say(text{"fin de support : %s", "end of support: %s"}, m.SupportEnd))
		}
		fmt.Fprintln(t.out, visible("      "+t.say(text{"source : %s", "source: %s"}, recordLine(m.Record)), false))
	}
	for _, l := range rest[:min(len(rest), 20)] {
		fmt.Fprintln(t.out, visible(t.say(text{"non surveillé : %s, %s %s", "not watched: %s, %s %s"}, l.Asset, l.Product, l.Version), false))
	}
	if len(rest) > 20 {
		fmt.Fprintln(t.out, t.say(text{"non surveillés : %d autres ; --json les donne tous", "not watched: %d more; --json gives them all"}, len(rest)-20))
	}
	fmt.Fprintln(t.out, t.say(text{"%d élément(s) : %d touché(s), %d inconnu(s), %d contourné(s), %d logiciel(s) non surveillé(s)", "%d item(s): %d affected, %d unknown, %d mitigated, %d not watched"},
		len(list.Items), counts[watch.Affected], counts[watch.Unknown], counts[watch.Mitigated], len(rest)))
	fmt.Fprintln(t.out, t.say(text{"Ce qui n’est pas cité n’est pas pour autant hors de cause. Sources et âge :", "What is not listed is not thereby out of question. Feeds and their age:"}))
	t.tellAges(w)
}

func recordLine(r watch.Record) string {
	return strings.TrimSpace(fmt.Sprintf("%s, %s %s %s", cmp.Or(r.Publisher, "-"), r.Kind, r.ID, r.URL))
}

// prose sets the marks of French apart as its typography wants.
func prose(lang, s string) string {
	if lang != "fr" {
		return s
	}
	return strings.NewReplacer(" ; ", "\u202f; ", " ! ", "\u202f! ", " ? ", "\u202f? ", " : ", "\u00a0: ", "'", "’").Replace(s)
}

func advisoryMeasureCommand(t *terminal) *cobra.Command {
	var a advisoryFlags
	cmd := &cobra.Command{
		Use:   "measure",
		Short: t.say(text{"justesse des verdicts sur les cas étiquetés du programme", "how right the verdicts are on the labelled cases of the program"}),
		Args:  t.atMost(0),
		RunE: func(*cobra.Command, []string) error {
			w, err := t.watchSet(&a)
			if err != nil {
				return err
			}
			cases, err := watch.Cases(w.fsys)
			if err != nil {
				return err
			}
			m := w.index.Measure(cases)
			if a.asJSON {
				return writeJSON(t.out, m)
			}
			fmt.Fprintln(t.out, t.say(text{"%d cas, %d éditeurs, %d produits, %d failles", "%d cases, %d vendors, %d products, %d flaws"}, m.Cases, len(m.Vendors), m.Products, m.Flaws))
			fmt.Fprintf(t.out, "%-14s", t.say(text{"attendu", "label"}))
			for _, s := range watch.Statuses {
				fmt.Fprintf(t.out, "%14s", s)
			}
			fmt.Fprintln(t.out)
			for _, label := range watch.Statuses {
				fmt.Fprintf(t.out, "%-14s", label)
				for _, s := range watch.Statuses {
					fmt.Fprintf(t.out, "%14d", m.Table[label][s])
				}
				fmt.Fprintln(t.out)
			}
			fmt.Fprintln(t.out, t.say(text{"précision %.3f, rappel %.3f", "precision %.3f, recall %.3f"}, m.Precision, m.Recall))
			for _, wrong := range m.Wrong {
				fmt.Fprintln(t.out, visible("  "+wrong, false))
			}
			return nil
		},
	}
	a.add(t, cmd)
	return cmd
}

func advisoryProductsCommand(t *terminal) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "products",
		Short: t.say(text{"les produits surveillés : le silence ne vaut que pour eux", "the watched products: silence means something for them alone"}),
		Args:  t.atMost(0),
		RunE: func(*cobra.Command, []string) error {
			fsys, err := t.knowledgeFS()
			if err != nil {
				return err
			}
			c, err := watch.LoadCatalog(fsys)
			if err != nil {
				return t.badKnowledge(err)
			}
			if asJSON {
				return writeJSON(t.out, map[string]any{"date": c.Date, "products": c.Products})
			}
			for _, p := range c.Products {
				fmt.Fprintf(t.out, "%-36s  %-32s  %s\n", p.ID, p.Name, p.Scheme)
			}
			fmt.Fprintln(t.out, t.say(text{"%d produits, au %s", "%d products, as of %s"}, len(c.Products), c.Date))
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, t.say(text{"un objet JSON sur la sortie standard", "one JSON object on standard output"}))
	return cmd
}
