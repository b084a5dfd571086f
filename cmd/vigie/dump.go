package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"vigie/internal/analysis"
	"vigie/internal/casefile"
	"vigie/internal/evidence"
	"vigie/internal/record"
)

func dumpCommand(t *terminal) *cobra.Command {
	var jsonl bool
	var logTZ string
	cmd := &cobra.Command{
		Use:   t.say(text{"dump FICHIER…", "dump FILE…"}),
		Short: t.say(text{"montre un journal enregistrement par enregistrement", "prints a log record by record"}),
		Long: t.say(text{
			"Écrit chaque enregistrement des journaux reconnus sur une ligne JSON ; ce qui n’a pas pu être lu y figure comme lacune.",
			"Writes each record of the logs it knows as one line of JSON; what could not be read appears as a gap."}),
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 || slices.Contains(args, "") {
				return t.usage(text{"rien à montrer", "nothing to print"}, text{"donner un fichier", "give a file"})
			}
			opt := analysis.Options{Paths: args, Stdin: t.in, Limits: evidence.DefaultLimits()}
			if logTZ != "" {
				z, err := time.LoadLocation(logTZ)
				if err != nil {
					return t.usage(text{"fuseau horaire inconnu : %q", "unknown time zone %q"}, text{"par exemple Europe/Paris", "for example Europe/Paris"}, logTZ)
				}
				opt.LogZone = z
			}
			return runDump(cmd.Context(), t, opt)
		},
	}
	cmd.Flags().BoolVar(&jsonl, "jsonl", true, t.say(text{"une ligne JSON par enregistrement (seul format)", "one line of JSON a record (the only format)"}))
	cmd.Flags().StringVar(&logTZ, "log-tz", "", t.say(text{"`FUSEAU` des journaux tenus en heure locale", "`ZONE` of logs kept in local time"}))
	return cmd
}

func runDump(ctx context.Context, t *terminal, opt analysis.Options) error {
	w := bufio.NewWriterSize(t.out, 1<<16)
	gaps := 0
	err := analysis.Dump(ctx, opt,
		func(path string, r *record.Record) error {
			_, err := w.Write(recordLine(path, r))
			return err
		},
		func(g casefile.Gap) error {
			gaps++
			enc := json.NewEncoder(w)
			enc.SetEscapeHTML(false)
			return enc.Encode(struct {
				Gap casefile.Gap `json:"gap"`
			}{g})
		})
	if ferr := w.Flush(); err == nil {
		err = ferr
	}
	if err != nil {
		return t.cannotOpen(err)
	}
	if gaps > 0 {
		return exitCode(exitPartly)
	}
	return nil
}

// recordLine writes a record as JSON with its fields in the order of the log.
func recordLine(path string, r *record.Record) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	str := func(s string) {
		_ = enc.Encode(s) // a string and a buffer: cannot fail
		b.Truncate(b.Len() - 1)
	}
	num := func(n int64) { b.WriteString(strconv.FormatInt(n, 10)) }
	b.WriteString(`{"path":`)
	str(path)
	b.WriteString(`,"offset":`)
	num(r.Offset)
	b.WriteString(`,"line":`)
	num(r.Line)
	b.WriteString(`,"record":`)
	num(r.Num)
	b.WriteString(`,"time":`)
	if r.TimeOK {
		str(r.Time.Format(time.RFC3339Nano))
	} else {
		b.WriteString("null")
	}
	b.WriteString(`,"kind":`)
	str(string(r.Kind()))
	// A text log has no channel, event id or provider: null, never zero.
	b.WriteString(`,"channel":null,"event_id":null,"provider":null,"computer":`)
	if h := r.Host(); h != "" {
		str(h)
	} else {
		b.WriteString("null")
	}
	if !r.Fits {
		b.WriteString(`,"damaged":true`)
	}
	b.WriteString(`,"fields":{`)
	first := true
	r.Columns(func(name, value string) {
		if !first {
			b.WriteByte(',')
		}
		first = false
		str(name)
		b.WriteByte(':')
		str(value)
	})
	b.WriteString("}}\n")
	return b.Bytes()
}
