package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"vigie/internal/diag"
	"vigie/internal/kb"
)

// maxTable bounds a table that is imported, in bytes: those that ship have 50 kB.
const maxTable = 1 << 20

func knowledgeImportCommand(t *terminal) *cobra.Command {
	var asJSON bool
	var accept []string
	var product string
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: t.say(text{"prend une table de versions ou de CVE plus récente", "takes a newer table of builds or CVEs"}),
		Long: t.say(text{`Prend une table builds.csv ou cves.csv plus récente que celle en usage (colonnes : knowledge/README.md).
Les lignes nouvelles s’ajoutent ; une ligne qui dit autre chose que la table en usage est refusée et nommée.
Sans --knowledge, la table va dans le dossier de connaissances de l’utilisateur et sert tant qu’elle est plus récente que celle du programme.`,
			`Takes a table builds.csv or cves.csv that is newer than the one in use (columns: knowledge/README.md).
New rows are added; a row that says something else than the table in use is refused and named.
Without --knowledge the table goes to the user's knowledge folder, and is used while it is newer than that of the program.`}),
		Args: t.atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return t.usage(text{"aucune table donnée", "no table given"}, t.seeHelp(cmd))
			}
			return t.importTable(args[0], product, accept, asJSON)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&accept, "accept", nil, t.say(text{"`LIGNES` (versions ou CVE) qui peuvent contredire la table en usage", "`ROWS` (builds or CVEs) that may contradict the table in use"}))
	f.StringVar(&product, "product", "exchange", t.say(text{"`PRODUIT` de la table", "`PRODUCT` of the table"}))
	f.BoolVar(&asJSON, "json", false, t.say(text{"un objet JSON sur la sortie standard", "one JSON object on standard output"}))
	return cmd
}

func (t *terminal) importTable(name, product string, accept []string, asJSON bool) error {
	data, err := t.readTableFile(name)
	if err != nil {
		return err
	}
	fsys, err := t.knowledgeFS()
	if err != nil {
		return err
	}
	m, problems := kb.Merge(fsys, product, name, data, accept)
	if len(problems) > 0 {
		if asJSON {
			if err := writeJSON(t.out, map[string]any{"problems": problems}); err != nil {
				return err
			}
			return exitCode(exitRefused)
		}
		t.fail(errors.New(t.say(text{"table refusée, rien n’est changé", "table refused, nothing is changed"}) + "\n" + problems.Error()))
		return exitCode(exitRefused)
	}
	dir := t.folder
	if dir == "" {
		if dir, err = userKnowledge(); err != nil {
			return err
		}
	}
	to := filepath.Join(dir, filepath.FromSlash(m.File))
	if err := replaceFile(to, m.Data); err != nil {
		return err
	}
	if asJSON {
		return writeJSON(t.out, struct {
			File    string        `json:"file"`
			Date    string        `json:"date"`
			Was     string        `json:"was"`
			Added   []string      `json:"added"`
			Changed []string      `json:"changed"`
			None    diag.Problems `json:"problems"`
		}{to, m.Date, m.Was, append([]string{}, m.Added...), append([]string{}, m.Changed...), diag.Problems{}})
	}
	fmt.Fprintln(t.out, t.say(text{"Table du %s importée, à la suite de celle du %s : %d lignes nouvelles, %d modifiées.", "Table of %s imported, after that of %s: %d new rows, %d changed."}, m.Date, m.Was, len(m.Added), len(m.Changed)))
	for _, row := range m.Added {
		fmt.Fprintln(t.out, "  + "+row)
	}
	for _, row := range m.Changed {
		fmt.Fprintln(t.out, "  ~ "+row)
	}
	fmt.Fprintln(t.out, visible(to, false))
	return nil
}

func (t *terminal) readTableFile(name string) ([]byte, error) {
	in := t.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, t.usage(text{"table illisible : %s", "table cannot be read: %s"}, text{"donner un fichier builds.csv ou cves.csv", "give a file builds.csv or cves.csv"}, err.Error())
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, maxTable+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(data) > maxTable {
		return nil, t.usage(text{"%s dépasse %d octets", "%s is over %d bytes"}, text{"donner un fichier builds.csv ou cves.csv", "give a file builds.csv or cves.csv"}, name, maxTable)
	}
	return data, nil
}

// replaceFile writes a file whole or not at all.
func replaceFile(name string, data []byte) error {
	dir := filepath.Dir(name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "."+strings.TrimSuffix(filepath.Base(name), ".csv")+"-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone once it was renamed
	if _, err := f.Write(data); err != nil {
		f.Close()
		return err
	}
	if err := f.Sync(); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
