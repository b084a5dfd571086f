// Package demo makes synthetic servers whose logs show each verdict, and large
// logs for benchmarks.
//
// Everything is a function of a seed: the same seed gives the same bytes on any
// machine and any number of cores. Names, addresses and firms are invented
// (addresses reserved for documentation outside, 10.x inside, example.org).
// Of an attack only what logs keep of it is shown: there is no request that
// could be replayed, script texts and tokens are cut.
//
// What the stories are stands in servers.json; the Go files know the shapes of
// log lines only. Logs are thinner than on a real server: a health probe every
// nine minutes in each of the required sources, some hundred requests of
// people in a working day, and one HttpProxy file a day and protocol instead
// of one an hour, as an archive would merge them.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"sync"
)

// Server is one synthetic server with the answer that its logs call for.
type Server struct {
	Name   string // host name in the logs
	Folder string // its folder below the folder given to Write
	// Verdict is the expected verdict of the host, the worst of its flaws.
	Verdict string
	// FlawVerdicts are the expected verdicts of the flaws the story is about, by flaw id.
	FlawVerdicts map[string]string
	// State answers "protected now?" for the flaw of the story.
	State string
	Story Story
}

// Story says in a sentence or two what happened to the server.
type Story struct{ FR, EN string }

// marker is the file that makes a folder a demo; Write empties no other.
const marker = ".vigie-demo"

const markerText = "Synthetic logs of invented servers, made by vigie demo. Safe to delete.\n" +
	"Journaux synthétiques de serveurs inventés, faits par vigie demo. Peut être supprimé.\n"

// ErrForeign is wrapped by Write when the folder holds something else than a demo.
var ErrForeign = errors.New("folder is not empty and holds no previous demo")

// Servers lists the servers that Write makes, in the order of their names.
func Servers() []Server {
	all := plans()
	list := make([]Server, len(all))
	for i, p := range all {
		list[i] = p.server()
	}
	return list
}

func (p *plan) server() Server {
	return Server{
		Name: p.Name, Folder: p.Name, Verdict: p.Verdict, State: p.State,
		FlawVerdicts: maps.Clone(p.Flaws), Story: Story{FR: p.Story.FR, EN: p.Story.EN},
	}
}

// Write makes every server below dir, each in its folder laid out as on a real
// server. dir is created when missing; a previous demo in it is replaced, and
// anything else makes Write refuse with ErrForeign and touch nothing.
func Write(ctx context.Context, dir string, seed uint64) ([]Server, error) {
	if err := prepare(dir); err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	if err := write(ctx, dir, seed, plans()); err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	return Servers(), nil
}

// prepare makes dir an empty demo. The marker goes first, so that an
// interrupted demo can be written again.
func prepare(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case len(entries) > 0:
		if info, err := os.Lstat(filepath.Join(dir, marker)); err != nil || !info.Mode().IsRegular() {
			return fmt.Errorf("%s: %w", dir, ErrForeign)
		}
		for _, p := range plans() {
			if err := os.RemoveAll(filepath.Join(dir, p.Name)); err != nil {
				return err
			}
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, marker), []byte(markerText), 0o644)
}

// write makes the given servers, as many at a time as there are cores. Each
// server draws from its own seed, so neither order nor company changes its bytes.
func write(ctx context.Context, dir string, seed uint64, list []*plan) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	queue := make(chan *plan, len(list))
	for _, p := range list {
		queue <- p
	}
	close(queue)
	var wg sync.WaitGroup
	for range min(len(list), runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for p := range queue {
				if err := p.write(ctx, filepath.Join(dir, p.Name), seed); err != nil {
					stop(fmt.Errorf("%s: %w", p.Name, err))
					return
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}
