// Package analysis runs an investigation from evidence to case: it opens the
// evidence, surveys every record, runs the rules, names the hosts, correlates,
// judges and plans.
//
// Work is cut so that memory stays flat and the result does not depend on the
// number of cores: a few files are read at once, each in blocks that any worker
// may survey; the results of a file are merged in the order of its blocks, and
// files in the order of their names.
package analysis

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/detect"
	"vigie/internal/evidence"
	"vigie/internal/incident"
	"vigie/internal/intake"
	"vigie/internal/kb"
	"vigie/internal/plan"
)

// Options say what to examine and how.
type Options struct {
	Paths     []string
	KB        *kb.KB
	Pack      *detect.Pack
	Sentences kb.Sentences
	Version   string

	For          []string // flaws: ids, names or CVEs; empty: all
	Host         string   // name of the server for logs that do not name it
	Since, Until time.Time
	LogZone      *time.Location // zone of logs whose times bear none; nil: UTC
	Stdin        io.Reader      // for the path "-"

	Workers int // 0: one for each core
	Limits  evidence.Limits
	TempDir string
	// Progress is called now and then from one goroutine; may be nil.
	Progress func(intake.Progress)

	after func() // tests: called after each item
}

// Run examines the evidence. When ctx ends early, the case holds what was read
// until then and is marked partial; the error is then nil. An error means that
// nothing could be examined at all.
func Run(ctx context.Context, opt Options) (*casefile.Case, error) {
	src, err := evidence.Open(opt.Paths, evidence.Options{Limits: opt.Limits, Stdin: opt.Stdin, TempDir: opt.TempDir, Whole: opt.Pack.Script})
	if err != nil {
		return nil, err
	}
	defer src.Close()

	fold := newFold()
	walkErr := intake.Run(ctx, src, intake.Options{
		Workers: opt.Workers, Zone: opt.LogZone, Filter: opt.Pack.Filter, Product: opt.Pack.Product, Channel: opt.Pack.Channel,
		Visitor: func() intake.Visitor { return &visitor{run: opt.Pack.Start()} }, Files: true, Script: opt.Pack.Script, Tick: opt.Progress,
	}, &taker{fold: fold, after: opt.after})
	partial := ctx.Err() != nil
	if walkErr != nil && !partial {
		return nil, fmt.Errorf("read the evidence: %w", walkErr)
	}

	c := &casefile.Case{Partial: partial, Budgets: opt.Limits.List()}
	c.Vigie = casefile.Program{Version: opt.Version, Rules: opt.Pack.Info, Knowledge: casefile.Knowledge{Date: opt.KB.Date}}
	fold.finish(c, src)
	if err := fold.secondLook(ctx, c, &opt); err != nil {
		return nil, err
	}
	c.Partial = ctx.Err() != nil
	judge(c, fold, &opt)
	c.Actions, c.Accounts = plan.For(c, opt.KB), plan.Accounts(c, opt.KB)
	return c, nil
}

// judge names the hosts, makes findings, gives them their ids and weighs them.
func judge(c *casefile.Case, fold *folder, opt *Options) {
	hosts := fold.hosts(opt)
	c.Hosts, c.Findings = []casefile.Host{}, []casefile.Finding{}
	lost := fold.lostItems(c.Gaps)
	perHost := make([][]casefile.Finding, len(hosts))
	leftOut := int64(0)
	for i, h := range hosts {
		h.LostItems = lost
		in := within(h.detections, opt)
		for _, d := range h.detections {
			leftOut += d.Count
		}
		for _, d := range in {
			leftOut -= d.Count
		}
		perHost[i] = incident.Correlate(h.Name, in, opt.KB)
	}
	n := 0
	for i := range perHost { // hosts are sorted by name: ids do not depend on verdicts
		for k := range perHost[i] {
			n++
			perHost[i][k].ID = fmt.Sprintf("F-%04d", n)
		}
	}
	c.Checks, c.AccountFacts = setUp(hosts, opt)
	for i, h := range hosts {
		tell(perHost[i], h.pages(), opt.Pack.Index())
		c.Hosts = append(c.Hosts, incident.Judge(&h.Host, perHost[i], opt.KB, opt.Sentences,
			incident.Options{For: opt.For, Since: opt.Since, Until: opt.Until, Partial: c.Partial, LeftOut: leftOut}))
		if h.seen != nil {
			c.Hosts[len(c.Hosts)-1].Files = &h.seen.count
		}
		c.Findings = append(c.Findings, perHost[i]...)
	}
	slices.SortStableFunc(c.Hosts, func(a, b casefile.Host) int { return a.Verdict.Rank() - b.Verdict.Rank() })
	c.Touched = incident.Touch(c.Hosts, c.Findings, opt.KB, opt.Sentences)
}

// within drops what the user did not ask for.
func within(dets []casefile.Detection, opt *Options) []casefile.Detection {
	if opt.Since.IsZero() && opt.Until.IsZero() {
		return dets
	}
	return slices.DeleteFunc(slices.Clone(dets), func(d casefile.Detection) bool {
		if d.Last.IsZero() {
			return false // a record without a time may be of any
		}
		return !opt.Since.IsZero() && d.Last.Before(opt.Since) || !opt.Until.IsZero() && d.First.After(opt.Until)
	})
}
