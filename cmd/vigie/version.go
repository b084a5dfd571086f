package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"vigie/internal/casefile"
)

func versionCommand(t *terminal) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: t.say(text{"version du programme, des règles et des connaissances", "version of the program, the rules and the knowledge"}),
		Args:  t.atMost(0),
		RunE: func(*cobra.Command, []string) error {
			k, err := t.load()
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(t.out, struct {
					Vigie casefile.Program `json:"vigie"`
					Go    string           `json:"go"`
					OS    string           `json:"os"`
					Arch  string           `json:"arch"`
				}{casefile.Program{Version: version, Rules: k.pack.Info, Knowledge: casefile.Knowledge{Date: k.kb.Date}}, runtime.Version(), runtime.GOOS, runtime.GOARCH})
			}
			fmt.Fprintf(t.out, "vigie %s (%s %s/%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			fmt.Fprintf(t.out, "%s %s: %d, sha256 %s\n", t.say(text{"règles", "rules"}), k.pack.Info.Version, k.pack.Info.Count, k.pack.Info.SHA256)
			fmt.Fprintf(t.out, "%s %s\n", t.say(text{"connaissances du", "knowledge of"}), k.kb.Date)
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, t.say(text{"un objet JSON sur la sortie standard", "one JSON object on standard output"}))
	return cmd
}
