package probe

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Pace spreads what is sent: so many requests a second over all targets, and a gap between two to the same address, whatever its names.
type Pace struct {
	overall *rate.Limiter
	gap     time.Duration

	mu    sync.Mutex
	next  map[netip.Addr]time.Time // when an address may be asked again
	swept time.Time
}

// MinGap is the least time between two requests to one address outside loopback, whatever the user wishes.
const MinGap = 200 * time.Millisecond

// NewPace makes a pace of so many requests a second over all targets (0: no bound) and of a gap between two to one address.
func NewPace(perSecond float64, gap time.Duration) *Pace {
	p := &Pace{gap: gap, next: map[netip.Addr]time.Time{}}
	if perSecond > 0 {
		p.overall = rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond/4)))
	}
	return p
}

// Wait returns when the address may be asked. It tells how long it waited.
func (p *Pace) Wait(ctx context.Context, a netip.Addr) (time.Duration, error) {
	began := time.Now()
	if p.overall != nil {
		if err := p.overall.Wait(ctx); err != nil {
			return time.Since(began), context.Cause(ctx)
		}
	}
	if d := p.reserve(a, time.Now()); d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
			return time.Since(began), context.Cause(ctx)
		}
	}
	return time.Since(began), ctx.Err()
}

// reserve takes the next place of an address and gives the time until then.
func (p *Pace) reserve(a netip.Addr, now time.Time) time.Duration {
	gap := p.gap
	if !a.IsLoopback() {
		gap = max(gap, MinGap)
	}
	if gap <= 0 {
		return 0
	}
	gap += time.Duration(rand.Int64N(int64(gap)/4 + 1)) // jitter: never the same rhythm
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Sub(p.swept) > time.Minute { // addresses that are free again need no entry
		for k, t := range p.next {
			if t.Before(now) {
				delete(p.next, k)
			}
		}
		p.swept = now
	}
	at := p.next[a]
	if at.Before(now) {
		at = now
	}
	p.next[a] = at.Add(gap)
	return at.Sub(now)
}
