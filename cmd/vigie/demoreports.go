package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"vigie/internal/analysis"
	"vigie/internal/demo"
	"vigie/internal/document"
	"vigie/internal/document/paper"
	"vigie/internal/document/webpage"
	"vigie/internal/evidence"
	"vigie/internal/kb"
	"vigie/internal/report"
)

// demoReports judges each fictitious server by itself and writes its report to the folder out, in both languages, as a page and as PDF.
// Two languages that do not say the same are an error of the program.
func demoReports(ctx context.Context, t *terminal, k *knowledgeSet, dir, out string, servers []demo.Server) error {
	fsys, err := t.knowledgeFS()
	if err != nil {
		return err
	}
	obligations, err := kb.LoadObligations(fsys)
	if err != nil {
		return t.badKnowledge(err)
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return t.cannotOpen(err)
	}
	for _, s := range servers {
		c, err := examine(ctx, t, analysis.Options{Paths: []string{filepath.Join(dir, s.Folder)}, KB: k.kb, Pack: k.pack, Sentences: k.sentences, Version: version,
			Limits: evidence.DefaultLimits()})
		if err != nil {
			return err
		}
		var docs []*document.Document
		for _, lang := range []string{"fr", "en"} {
			doc := report.Build(report.Source{Case: c, Obligations: obligations}, report.Options{Lang: lang, TZ: t.zone, Automatic: true})
			docs = append(docs, doc)
			name := filepath.Join(out, strings.ToLower(s.Folder)+"."+lang)
			if err := writeFile(name+".html", t.out, func(w io.Writer) error { return webpage.Write(w, doc) }); err != nil {
				return t.cannotOpen(err)
			}
			if err := writeFile(name+".pdf", t.out, func(w io.Writer) error { return paper.Write(w, doc, paper.Options{Date: time.Now()}) }); err != nil {
				return t.cannotOpen(err)
			}
		}
		if err := report.LintPair(docs[0], docs[1]); err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	t.note(text{"comptes rendus écrits dans %s : %d serveurs, en français et en anglais", "reports written to %s: %d servers, in French and in English"}, out, len(servers))
	return nil
}
