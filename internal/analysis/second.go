package analysis

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"vigie/internal/casefile"
	"vigie/internal/detect"
	"vigie/internal/evidence"
	"vigie/internal/intake"
)

// maxAgain bounds the pages whose requests are looked for in a second reading. Past it the first by URL are.
const maxAgain = 1000

// codeNotAgain tells that requests to web shells were not looked for, since the evidence can be read only once.
const codeNotAgain = "requests.not_searched"

// secondLook looks for the requests to web shells that stand where the first reading did not look: in folders of which nobody lists what the product
// ships, any page may be its own, so that only the file tells which requests matter. It reads the evidence again, for the web server's logs alone,
// and only when there is such a file.
func (f *folder) secondLook(ctx context.Context, c *casefile.Case, opt *Options) error {
	urls := f.shells(opt.Pack)
	if len(urls) == 0 || ctx.Err() != nil {
		return nil
	}
	if slices.Contains(opt.Paths, "-") {
		c.Gaps = append(c.Gaps, casefile.Gap{Code: codeNotAgain, Action: "requests not joined with the files", What: intake.Sentence(codeNotAgain)})
		intake.SortGaps(c.Gaps)
		return nil
	}
	pack, err := opt.Pack.RequestsTo(urls)
	if err != nil {
		return fmt.Errorf("look for requests to web shells: %w", err)
	}
	src, err := evidence.Open(opt.Paths, evidence.Options{Limits: opt.Limits, TempDir: opt.TempDir})
	if err != nil {
		return fmt.Errorf("read the evidence again: %w", err)
	}
	defer src.Close()
	again := newFold()
	err = intake.Run(ctx, src, intake.Options{
		Workers: opt.Workers, Zone: opt.LogZone, Filter: pack.Filter, Product: pack.Product, Channel: pack.Channel,
		Visitor: func() intake.Visitor { return &visitor{run: pack.Start()} }, Tick: opt.Progress,
	}, &taker{fold: again, after: opt.after})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("read the evidence again: %w", err)
	}
	again.foldAll()
	again.dets.each(func(k tallyKey, d *casefile.Detection) {
		k.Host = f.host(k.Host)
		f.dets.put(k, *d)
	})
	return nil
}

// shells lists the URLs of files that a rule or check proved to be web shells, and of whose folders no list is known.
func (f *folder) shells(p *detect.Pack) []string {
	urls := map[string]bool{}
	for _, g := range f.groups {
		for _, x := range g.seen.pages {
			if u := x.facts.Place.URL; u != "" && !p.Index().Listed(u) && slices.ContainsFunc(x.facts.Hits, p.Proves) {
				urls[u] = true
			}
		}
	}
	list := slices.Sorted(maps.Keys(urls))
	return list[:min(len(list), maxAgain)]
}
