package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"vigie/internal/probe"
	"vigie/internal/report"
	"vigie/internal/scanreport"
	"vigie/internal/survey"
)

// probeRun is one run of the command.
type probeRun struct {
	t     *terminal
	o     *probeFlags
	ctx   context.Context
	judge *survey.Judge
	w     *probeWriter

	visited, silent, wrong, resumed int
	shown                           time.Time // of the progress
}

// all imports reports and visits targets.
func (r *probeRun) all(prober *probe.Prober, args []string) error {
	for _, name := range r.o.imports {
		if err := r.imported(name); err != nil {
			return err
		}
	}
	if len(args) == 0 && r.o.targets == "" || r.ctx.Err() != nil {
		return nil
	}
	var journal *survey.Journal
	if r.o.resume != "" {
		var err error
		journal, err = survey.OpenJournal(r.o.resume, r.o.permission, func(res *survey.Result) error { r.count(res); return r.w.result(res) })
		if err != nil {
			return err
		}
		if r.resumed = journal.Len(); r.resumed > 0 {
			r.t.note(text{"reprise : %d hôtes déjà visités", "resumed: %d hosts visited before"}, r.resumed)
		}
	}
	targets, closeList, err := r.targets(args, journal)
	if err != nil {
		return err
	}
	err = prober.Run(r.ctx, targets, r.o.parallel, func(o probe.Observation) error {
		res := r.judge.Probed(o, r.o.permission)
		if journal != nil {
			if err := journal.Add(&res); err != nil {
				return err
			}
		}
		r.count(&res)
		r.progress()
		return r.w.result(&res)
	})
	r.endProgress()
	if journal != nil {
		err = errors.Join(err, journal.Close())
	}
	return errors.Join(err, closeList())
}

// count counts a host.
func (r *probeRun) count(res *survey.Result) {
	r.visited++
	if !slices.ContainsFunc(res.Services, func(s probe.ServiceState) bool {
		return s.State != "timeout" && s.State != "unreachable" && s.State != "failed"
	}) {
		r.silent++
	}
}

// targets gives the hosts of the arguments and of the list, each once, without those of the journal.
func (r *probeRun) targets(args []string, journal *survey.Journal) (iter.Seq[probe.Target], func() error, error) {
	var list io.Reader = strings.NewReader("")
	closeList := func() error { return nil }
	switch r.o.targets {
	case "":
	case "-":
		list = r.t.in
	default:
		f, err := os.Open(r.o.targets)
		if err != nil {
			return nil, nil, r.t.cannotOpen(err)
		}
		list, closeList = f, f.Close
	}
	seen := map[string]bool{}
	return func(yield func(probe.Target) bool) {
		give := func(target probe.Target, err error) bool {
			switch {
			case err != nil:
				r.wrong++
				r.t.note(text{"hôte illisible : %s", "unreadable host: %s"}, err)
				return true
			case seen[target.Key()], journal != nil && journal.Done(target):
				return true
			}
			seen[target.Key()] = true
			return yield(target)
		}
		for _, a := range args {
			for target, err := range probe.Expand(a) {
				if !give(target, err) {
					return
				}
			}
		}
		for target, err := range probe.List(list) {
			if !give(target, err) {
				return
			}
		}
	}, closeList, nil
}

// imported reads one report of another scanner.
func (r *probeRun) imported(name string) error {
	var in io.Reader = r.t.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return r.t.cannotOpen(err)
		}
		defer f.Close()
		in = f
	}
	for h, err := range scanreport.Read(in) {
		if r.ctx.Err() != nil {
			return nil
		}
		if err != nil {
			r.wrong++
			r.t.note(text{"%s : %v", "%s: %v"}, name, err)
			continue
		}
		res := r.judge.Reported(h.Target, h.Source, h.Time, h.Answers)
		if err := r.w.result(&res); err != nil {
			return err
		}
	}
	return nil
}

// progress shows how far the run is, on a terminal.
func (r *probeRun) progress() {
	if r.t.quiet || !isTerminal(r.t.err) || time.Since(r.shown) < 200*time.Millisecond {
		return
	}
	r.shown = time.Now()
	fmt.Fprintf(r.t.err, "\r%s ", report.Words(r.t.lang).Int(int64(r.visited)))
}

func (r *probeRun) endProgress() {
	if !r.shown.IsZero() {
		fmt.Fprint(r.t.err, "\r\x1b[K")
	}
}

// summary tells on standard error what was done.
func (r *probeRun) summary() {
	if r.visited == 0 {
		return
	}
	n := report.Words(r.t.lang).Int
	r.t.note(text{"hôtes visités : %s, sans réponse : %s", "hosts visited: %s, without an answer: %s"}, n(int64(r.visited)), n(int64(r.silent)))
	if r.t.verbose {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		r.t.note(text{"mémoire prise au système : %s MiB", "memory taken from the system: %s MiB"}, n(int64(m.Sys>>20)))
	}
}
