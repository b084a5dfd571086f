package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"vigie/internal/advisory"
	"vigie/internal/casefile"
	"vigie/internal/feed"
)

// advisoryUpdate is what became of one file.
type advisoryUpdate struct {
	File    string           `json:"file"`
	Kind    advisory.Kind    `json:"kind,omitempty"`
	Outcome advisory.Outcome `json:"outcome"`
	Records int              `json:"records"`
	Refused int              `json:"refused_records"`
	Code    string           `json:"code,omitempty"`
	Why     *casefile.Text   `json:"why,omitempty"`
}

func advisoryUpdateCommand(t *terminal) *cobra.Command {
	var a advisoryFlags
	var from string
	cmd := &cobra.Command{
		Use:   "update --from DIR",
		Short: t.say(text{"prend les fichiers d’un dossier", "takes in the files of a folder"}),
		Long: t.say(text{`Prend chaque fichier d’un dossier (MSRC CVRF et CSAF, CSAF d’autres éditeurs, KEV de la CISA et de l’UE, CVE 5 avec Vulnrichment, NVD 2.0, EPSS,
CERT-FR, endoflife.date, avis écrits à la main), gzip ou non. Un fichier vide, coupé, d’une autre forme, du futur ou plus ancien est refusé : la copie gardée reste.`,
			`Takes in each file of a folder (MSRC CVRF and CSAF, CSAF of other publishers, KEV of CISA and of the EU, CVE 5 with Vulnrichment, NVD 2.0, EPSS,
CERT-FR, endoflife.date, advisories written by hand), with gzip or without. A file that is empty, cut off, of another form, of the future or older is refused: the copy that is kept stays.`}),
		Args: t.atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if from == "" {
				return t.usage(text{"aucun dossier donné", "no folder given"}, text{"donner --from DOSSIER", "give --from DIR"})
			}
			return t.updateAdvisories(&a, from)
		},
	}
	a.add(t, cmd)
	cmd.Flags().StringVar(&from, "from", "", t.say(text{"`DOSSIER` des fichiers reçus", "`DIR` of the files received"}))
	return cmd
}

// maxFeedFiles bounds the files of a folder: the whole CVE List has 350,000.
const maxFeedFiles = 500_000

func (t *terminal) updateAdvisories(a *advisoryFlags, from string) error {
	now, err := a.when(t)
	if err != nil {
		return err
	}
	s, err := a.open()
	if err != nil {
		return err
	}
	var files []string
	err = filepath.WalkDir(from, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.Type().IsRegular() && len(files) < maxFeedFiles {
			files = append(files, name)
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.Sort(files)
	list := []advisoryUpdate{}
	refused := false
	for _, name := range files {
		u, err := takeAdvisory(s, from, name, now)
		if err != nil {
			return err
		}
		refused = refused || u.Outcome == advisory.Refused
		list = append(list, u)
	}
	if err := s.Save(); err != nil {
		return err
	}
	if a.asJSON {
		err = writeJSON(t.out, map[string]any{"store": a.store, "files": list})
	} else {
		t.tellUpdates(list)
	}
	if err == nil && refused {
		return exitCode(exitPartly)
	}
	return err
}

// takeAdvisory reads one file into the store; an error is one of the disk.
func takeAdvisory(s *advisory.Store, from, name string, now time.Time) (advisoryUpdate, error) {
	rel, err := filepath.Rel(from, name)
	if err != nil {
		rel = name
	}
	rel = filepath.ToSlash(rel)
	u := advisoryUpdate{File: rel, Outcome: advisory.Refused}
	f, err := os.Open(name)
	if err != nil {
		return u, err
	}
	defer f.Close()
	d, err := feed.Read(rel, f, now)
	var wrong *feed.Error
	if errors.As(err, &wrong) {
		s.Refuse(rel, "", now, wrong.Code, wrong.Why)
		u.Code, u.Why = wrong.Code, &wrong.Why
		return u, nil
	}
	if err != nil {
		return u, err
	}
	u.Kind, u.Records, u.Refused = d.Kind, d.Records, len(d.Refused)
	outcome, r := s.Put(d, now)
	if u.Outcome = outcome; r != nil {
		u.Code, u.Why = r.Code, &r.Why
		return u, nil
	}
	if outcome == advisory.Unchanged {
		return u, nil
	}
	return u, s.KeepFile(d.SHA256, name)
}

func (t *terminal) tellUpdates(list []advisoryUpdate) {
	counts := map[advisory.Outcome]int{}
	for _, u := range list {
		counts[u.Outcome]++
		switch {
		case u.Outcome == advisory.Refused:
			fmt.Fprintln(t.out, visible(t.say(text{"refusé    %s : %s", "refused   %s: %s"}, u.File, u.Why.In(t.lang)), false))
		case u.Refused > 0 || t.verbose:
			fmt.Fprintln(t.out, visible(t.say(text{"%-9s %s : %s, %d entrée(s), %d écartée(s)", "%-9s %s: %s, %d entries, %d set aside"}, t.outcome(u.Outcome), u.File, u.Kind, u.Records, u.Refused), false))
		}
	}
	fmt.Fprintln(t.out, t.say(text{"%d fichier(s) : %d nouveau(x), %d changé(s), %d inchangé(s), %d refusé(s)", "%d file(s): %d new, %d changed, %d unchanged, %d refused"},
		len(list), counts[advisory.New], counts[advisory.Changed], counts[advisory.Unchanged], counts[advisory.Refused]))
}

func (t *terminal) outcome(o advisory.Outcome) string {
	return t.say(map[advisory.Outcome]text{advisory.New: {"nouveau", "new"}, advisory.Changed: {"changé", "changed"}, advisory.Unchanged: {"inchangé", "unchanged"}, advisory.Refused: {"refusé", "refused"}}[o])
}
