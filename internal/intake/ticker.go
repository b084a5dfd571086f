package intake

import (
	"sync"
	"time"

	"vigie/internal/evidence"
)

// ticker tells the progress ten times a second.
type ticker struct {
	tell func(Progress)
	src  *evidence.Source
	mu   sync.Mutex
	n    int64
	path string
	stop chan struct{}
	done sync.WaitGroup
}

func newTicker(tell func(Progress), src *evidence.Source) *ticker {
	t := &ticker{tell: tell, src: src, stop: make(chan struct{})}
	if tell == nil {
		return t
	}
	t.done.Go(func() {
		every := time.NewTicker(100 * time.Millisecond)
		defer every.Stop()
		for {
			select {
			case <-t.stop:
				return
			case <-every.C:
				t.now()
			}
		}
	})
	return t
}

func (t *ticker) now() {
	t.mu.Lock()
	p := Progress{Read: t.src.ReadBytes(), Total: t.src.TotalBytes(), Files: t.n, Path: t.path}
	t.mu.Unlock()
	t.tell(p)
}

func (t *ticker) step(path string) {
	t.mu.Lock()
	t.n++
	t.path = path
	t.mu.Unlock()
}

func (t *ticker) end() {
	if t.tell == nil {
		return
	}
	close(t.stop)
	t.done.Wait()
	t.now()
}
