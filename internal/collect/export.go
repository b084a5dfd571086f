package collect

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"vigie/internal/vgz"
)

// Live is what only a running Windows can give. All of it reads; a shadow copy,
// which the system itself makes and removes, is only made when it was allowed.
type Live struct {
	// Registry gives the text of a value, KEY!VALUE.
	Registry func(name string) (string, bool)
	// Export writes what a command, a registry key or a cmdlet of the Exchange shell gives.
	Export func(ctx context.Context, e Export, out io.Writer) error
	// Shadow gives the path of a file in a shadow copy; nil when none may be made.
	Shadow func(path string) (string, error)
	// Close removes shadow copies that were made.
	Close func() error
}

// Export is one thing that the system itself writes out.
type Export struct {
	Kind string   // command, registry, exchange-shell
	Name string   // of the file in the package
	Args []string // command and arguments, the key, the cmdlet
}

// maxExport bounds the output of one export in bytes.
const maxExport = 256 << 20

// ErrOffline says that an export needs the running system.
var ErrOffline = errors.New("only the running system has it")

// list gives what an item exports, and the channels whose logs it expects to find.
func (it *Item) list(places Places) []Export {
	var all []Export
	for _, c := range it.Commands {
		args := append([]string{}, c.Run...)
		if full := places.expand(args[0]); len(full) > 0 {
			args[0] = full[0]
		}
		all = append(all, Export{"command", c.Name, args})
	}
	for _, k := range it.Registry {
		all = append(all, Export{"registry", strings.ToLower(strings.NewReplacer(`\`, "-", " ", "-").Replace(k)) + ".reg", []string{k}})
	}
	for _, c := range it.ExchangeShell {
		all = append(all, Export{"exchange-shell", strings.ToLower(c) + ".clixml", []string{c}})
	}
	return all
}

// exports makes an item's exports, but for those that an interrupted run made.
func (r *run) exports(it *Item, done int) error {
	list := it.list(r.places)
	for n, e := range list {
		if n < done {
			continue
		}
		if err := r.wait(); err != nil {
			return err
		}
		if err := r.export(it, e); err != nil {
			return err
		}
		r.mark.Exports = n + 1
		if err := r.commit(); err != nil {
			return err
		}
	}
	if done > len(list) {
		return nil
	}
	r.mark.Exports = len(list) + 1 // the channels count as one
	return r.channels(it)
}

func (r *run) export(it *Item, e Export) error {
	rec := vgz.Record{Item: it.ID, Path: "exports/" + e.Name, ReadAt: r.opt.Now().UTC(), How: vgz.HowExport, Detail: strings.Join(e.Args, " ")}
	if r.opt.Live == nil || r.opt.Live.Export == nil {
		rec.How, rec.Error = vgz.HowNotRead, vgz.Offline
		return r.w.Note(rec)
	}
	spool, err := os.CreateTemp(r.target, ".vigie-export-*")
	if err != nil {
		rec.How, rec.Error, rec.Detail = vgz.HowNotRead, errorWord(err), err.Error()
		return r.w.Note(rec)
	}
	defer os.Remove(spool.Name())
	defer spool.Close()
	err = r.opt.Live.Export(r.ctx, e, &bounded{spool, maxExport})
	if r.ctx.Err() != nil {
		return r.stop(StoppedInterrupted)
	}
	size, serr := spool.Seek(0, io.SeekCurrent)
	if err == nil {
		err = serr
	}
	if err != nil {
		rec.Error, rec.Detail = errorWord(err), rec.Detail+": "+err.Error()
	}
	if size == 0 && err != nil {
		rec.How = vgz.HowNotRead
		return r.w.Note(rec)
	}
	rec.Modified = rec.ReadAt
	if _, err := spool.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return r.w.Add(rec, size, spool, nil)
}

// bounded refuses what goes beyond n bytes.
type bounded struct {
	w io.Writer
	n int64
}

var errTooLong = errors.New("longer than an export may be; cut")

func (b *bounded) Write(p []byte) (int, error) {
	if int64(len(p)) > b.n {
		n, err := b.w.Write(p[:b.n])
		b.n -= int64(n)
		if err == nil {
			err = errTooLong
		}
		return n, err
	}
	n, err := b.w.Write(p)
	b.n -= int64(n)
	return n, err
}

// channels lists event logs that the profile expects and the disk does not have:
// a channel that is off, or a log that was deleted, is a fact.
func (r *run) channels(it *Item) error {
	for _, c := range it.Channels {
		for _, root := range r.places["SystemRoot"] {
			path := root + `\System32\winevt\Logs\` + strings.ReplaceAll(c, "/", "%4") + ".evtx"
			if _, _, ok := r.opt.Disk.host(splitPath(path)); ok {
				continue
			}
			rec := vgz.Record{Item: it.ID, Path: path, ReadAt: r.opt.Now().UTC(), How: vgz.HowNotRead, Error: vgz.Absent, Detail: c}
			if err := r.w.Note(rec); err != nil {
				return err
			}
		}
	}
	return nil
}
