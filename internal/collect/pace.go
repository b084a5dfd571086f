package collect

import "time"

// pacer keeps the process below a share of one core, so that a mail server goes
// on serving while it is read: it sleeps when the CPU time used runs ahead.
type pacer struct {
	share float64 // of one core; 0: no limit
	cpu   func() time.Duration
	now   func() time.Time
	sleep func(time.Duration)

	from    time.Time
	fromCPU time.Duration
}

// horizon bounds how far back the share is taken: after a long wait for a slow
// disk the process may not take it all at once.
const horizon = 10 * time.Second

// pause is called after each piece of work.
func (p *pacer) pause() {
	if p.share <= 0 {
		return
	}
	now, cpu := p.now(), p.cpu()
	if p.from.IsZero() || now.Sub(p.from) > horizon {
		p.from, p.fromCPU = now, cpu
		return
	}
	due := time.Duration(float64(cpu-p.fromCPU) / p.share)
	if wait := due - now.Sub(p.from); wait > 5*time.Millisecond {
		p.sleep(min(wait, horizon))
	}
}
