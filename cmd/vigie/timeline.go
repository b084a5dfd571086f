package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"vigie/internal/report"
	casetime "vigie/internal/timeline" // "timeline" is a type of hunttable.go
)

func timelineCommand(t *terminal) *cobra.Command {
	var asCSV, asJSONL bool
	var output, lane string
	cmd := &cobra.Command{
		Use:   t.say(text{"timeline AFFAIRE", "timeline CASE"}),
		Short: t.say(text{"montre la chronologie d’une affaire : l’incident et l’intervention", "prints the timeline of a case: the incident and the work on it"}),
		Long: t.say(text{
			`Une ligne par fait, dans l’ordre du temps, sur deux voies : I pour l’incident, chaque fait avec sa place dans les preuves ; T pour le travail, chaque
fait avec son auteur et le numéro de son entrée au registre. « ? » marque une date que l’auteur d’un fichier a pu choisir.`,
			`One line a fact, in the order of time, in two lanes: I for the incident, each fact with its place in the evidence; W for the work, each fact with its
author and the number of its entry in the ledger. "?" marks a date that whoever wrote a file may have chosen.`}),
		Args: t.arguments(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			if asCSV && asJSONL {
				return t.usage(text{"un seul format à la fois", "one format at a time"}, text{"choisir --csv ou --jsonl", "choose --csv or --jsonl"})
			}
			if lane != "" {
				if err := t.oneOf(text{"voie", "lane"}, lane, []string{string(casetime.Incident), string(casetime.Investigation)}); err != nil {
					return err
				}
			}
			d, err := t.openCase(args[0])
			if err != nil {
				return err
			}
			list := casetime.Of(d.Case, ledgerOf(d))
			if lane != "" {
				kept := list[:0]
				for _, e := range list {
					if string(e.Lane) == lane {
						kept = append(kept, e)
					}
				}
				list = kept
			}
			err = writeFile(output, t.out, func(w io.Writer) error {
				switch {
				case asCSV:
					return casetime.WriteCSV(w, list, t.zone, t.lang)
				case asJSONL:
					return casetime.WriteJSONL(w, list, t.zone)
				}
				return t.timelineLines(w, list)
			})
			if err != nil {
				return t.cannotOpen(err)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.BoolVar(&asCSV, "csv", false, t.say(text{"un tableau CSV", "a CSV table"}))
	f.BoolVar(&asJSONL, "jsonl", false, t.say(text{"un objet JSON par ligne", "one JSON object a line"}))
	f.StringVar(&lane, "lane", "", t.say(text{"une seule `VOIE` : incident ou investigation", "one `LANE` only: incident or investigation"}))
	f.StringVarP(&output, "output", "o", "-", t.say(text{"`FICHIER` à écrire", "`FILE` to write"}))
	return cmd
}

// timelineLines writes entries for a person. Text of evidence is made visible.
func (t *terminal) timelineLines(w io.Writer, list []casetime.Entry) error {
	mark := map[casetime.Lane]string{casetime.Incident: "I", casetime.Investigation: t.say(text{"T", "W"})}
	for i := range list {
		e := &list[i]
		at := t.say(text{"sans date", "undated"})
		if !e.Time.IsZero() {
			at = e.Time.Format("2006-01-02 15:04:05 UTC")
			if t.zone != nil {
				at += e.Time.In(t.zone).Format(" (2006-01-02 15:04:05 -07:00)")
			}
		}
		if e.Claim {
			at += " ?"
		}
		line := at + "  " + mark[e.Lane] + "  "
		if e.Host != "" {
			line += e.Host + "  "
		}
		line += e.Text.In(t.lang)
		if f := e.Finding; f != nil {
			line += "  [" + f.ID + " " + report.Words(t.lang).Stage(f.Stage) + "]"
		}
		switch {
		case e.Ref != nil:
			line += "  " + place(e)
		case e.Seq > 0:
			line += "  " + e.Author + " #" + strconv.FormatInt(e.Seq, 10)
		}
		if _, err := fmt.Fprintln(w, visible(strings.TrimSpace(line), false)); err != nil {
			return err
		}
	}
	return nil
}

// place is where an entry stands: path:line, or the record of a file that has no lines.
func place(e *casetime.Entry) string {
	switch r := e.Ref; {
	case r.Line > 0:
		return r.Path + ":" + strconv.FormatInt(r.Line, 10)
	case r.Record > 0:
		return r.Path + " @0x" + strconv.FormatInt(r.Offset, 16)
	default:
		return r.Path
	}
}
