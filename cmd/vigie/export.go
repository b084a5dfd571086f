package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"vigie/internal/casedir"
	"vigie/internal/export"
	"vigie/internal/ledger"
)

func exportCommand(t *terminal) *cobra.Command {
	var format, output string
	var names []string
	for _, f := range export.Formats {
		names = append(names, string(f))
	}
	cmd := &cobra.Command{
		Use:   t.say(text{"export AFFAIRE --format FORMAT", "export CASE --format FORMAT"}),
		Short: t.say(text{"écrit une affaire dans le format d’un autre outil", "writes a case in the format of another tool"}),
		Long: t.say(text{
			`FORMAT : ` + strings.Join(names, ", ") + `.

timesketch-csv, timesketch-jsonl : la chronologie ; misp, stix : adresses publiques, fichiers, vulnérabilités et constats à partager, sans les adresses du
réseau interne ni les constats écartés par une personne ; navigator : une couche ATT&CK ; ocsf : un constat par ligne ; csv : chaque tableau de l’affaire,
dans un dossier.`,
			`FORMAT: ` + strings.Join(names, ", ") + `.

timesketch-csv, timesketch-jsonl: the timeline; misp, stix: public addresses, files, vulnerabilities and findings to share, without addresses of the inner
network and without findings that a person dismissed; navigator: an ATT&CK layer; ocsf: one finding a line; csv: each table of the case, in a folder.`}),
		Args: t.arguments(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			if format == "" {
				return t.usage(text{"il manque --format", "--format is missing"}, text{strings.Join(names, ", "), strings.Join(names, ", ")})
			}
			if err := t.oneOf(text{"format", "format"}, format, names); err != nil {
				return err
			}
			d, err := t.openCase(args[0])
			if err != nil {
				return err
			}
			in := export.Input{Case: d.Case, Ledger: ledgerOf(d), Lang: t.lang}
			if export.Format(format) == export.CSV {
				return t.exportTables(output, in)
			}
			err = writeFile(output, t.out, func(w io.Writer) error { return export.Write(w, export.Format(format), in) })
			if err != nil {
				return t.cannotOpen(err)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&format, "format", "", t.say(text{"`FORMAT` voulu", "wanted `FORMAT`"}))
	f.StringVarP(&output, "output", "o", "-", t.say(text{"`FICHIER` à écrire, - pour la sortie standard ; un dossier nouveau ou vide pour csv", "`FILE` to write, - for standard output; a new or empty folder for csv"}))
	return cmd
}

// ledgerOf is what people did in a case, nil for a case.json alone.
func ledgerOf(d *casedir.Dir) *ledger.State {
	if d.Alone {
		return nil
	}
	return d.State
}

// exportTables writes the tables into a folder, which it makes; one that holds anything is left alone.
func (t *terminal) exportTables(dir string, in export.Input) error {
	if dir == "-" {
		return t.usage(text{"csv écrit plusieurs fichiers", "csv writes several files"}, text{"donner un dossier avec -o", "give a folder with -o"})
	}
	switch names, err := os.ReadDir(dir); {
	case err == nil && len(names) > 0:
		return t.usage(text{"%s n’est pas vide", "%s is not empty"}, text{"choisir un autre dossier", "choose another folder"}, dir)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return t.cannotOpen(err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return t.cannotOpen(err)
	}
	err := export.WriteTables(func(name string) (io.WriteCloser, error) {
		return os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	}, in)
	if err != nil {
		return t.cannotOpen(err)
	}
	return nil
}
