package probe

import (
	"context"
	"iter"
	"sync"
	"time"
)

// guarded is Observe for runs: a fault of ours that one server brings out costs that one, not the thousands after it.
func (p *Prober) guarded(ctx context.Context, t Target) (o Observation) {
	defer func() {
		if recover() != nil {
			o = Observation{Target: t, Time: p.Now().UTC().Truncate(time.Millisecond), Code: "fault", Failure: "a fault of vigie: please report it"}
		}
	}()
	return p.Observe(ctx, t)
}

// Run visits targets, so many at once, and gives each observation to each, one at a time and in the order in which visits end. The memory it
// takes does not depend on the number of targets. It ends when there is no target left, when each returns an error, or when the context
// ends: then the visits that were under way are given as Partial.
func (p *Prober) Run(ctx context.Context, targets iter.Seq[Target], parallel int, each func(Observation) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	todo, done := make(chan Target), make(chan Observation)
	var workers sync.WaitGroup
	for range max(parallel, 1) {
		workers.Go(func() {
			for t := range todo {
				done <- p.guarded(ctx, t)
			}
		})
	}
	go func() {
		defer close(done)
		defer workers.Wait()
		defer close(todo)
		for t := range targets {
			select {
			case todo <- t:
			case <-ctx.Done():
				return
			}
		}
	}()
	var failed error
	for o := range done {
		if failed == nil {
			if failed = each(o); failed != nil {
				cancel(failed)
			}
		}
	}
	return failed
}
