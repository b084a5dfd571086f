package collect

import (
	"context"
	"io/fs"
	"time"
)

// PlanItem is what one item of the profile would take.
type PlanItem struct {
	Item    *Item
	Places  []string // the folders that would be walked
	Files   int64    // whose content would be kept
	Bytes   int64    // of them
	Hashed  int64    // files that would only be hashed
	HashedB int64
	Left    int64 // logs before --since
	Problem int64 // what cannot be looked at: links, denied folders
	Exports []Export
	First   time.Time // oldest and newest change of the kept files
	Last    time.Time
}

// Plan looks through the folders without opening a file.
func Plan(ctx context.Context, places Places, opt Options) ([]PlanItem, error) {
	r := &run{ctx: ctx, opt: &opt, places: places}
	r.compile()
	var list []PlanItem
	for i := range r.items {
		it := &opt.Profile.Items[i]
		p := PlanItem{Item: it, Exports: it.list(places)}
		for b, base := range r.items[i].bases {
			host, names, ok := opt.Disk.host(base.parts)
			if !ok || host == "" {
				continue
			}
			p.Places = append(p.Places, (&found{names: names}).path())
			err := opt.Disk.walk(base.parts, base.pats, nil, func(f *found) error {
				parts := lower(f.names)
				if !r.taken(i, b, parts) && !fits(r.items[i].leave, parts) {
					r.count(&p, it, f, parts)
				}
				return ctx.Err()
			})
			if err != nil {
				return nil, err
			}
		}
		list = append(list, p)
	}
	return list, nil
}

func (r *run) count(p *PlanItem, it *Item, f *found, parts []string) {
	switch {
	case f.err != nil || f.info.Mode()&(fs.ModeSymlink|fs.ModeIrregular) != 0 || !f.info.Mode().IsRegular():
		p.Problem++
	case it.Since && !r.opt.Since.IsZero() && f.info.ModTime().Before(r.opt.Since):
		p.Left++
	case !r.keeps(it, parts, f.info.Size()):
		p.Hashed++
		p.HashedB += f.info.Size()
	default:
		p.Files++
		p.Bytes += f.info.Size()
		r.kept += f.info.Size()
		if t := f.info.ModTime().UTC(); p.First.IsZero() || t.Before(p.First) {
			p.First = t
		}
		if t := f.info.ModTime().UTC(); t.After(p.Last) {
			p.Last = t
		}
	}
}
