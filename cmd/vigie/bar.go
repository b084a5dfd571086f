package main

import (
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"vigie/internal/intake"
)

// bar shows bytes, rate and time left on a terminal, and nothing elsewhere.
type bar struct {
	on  bool
	p   *mpb.Progress
	bar *mpb.Bar
}

func newBar(t *terminal) *bar {
	b := &bar{on: !t.quiet && isTerminal(t.err)}
	if !b.on {
		return b
	}
	b.p = mpb.New(mpb.WithOutput(t.err), mpb.WithWidth(40), mpb.WithRefreshRate(120*time.Millisecond))
	b.bar = b.p.New(0, mpb.BarStyle(),
		mpb.PrependDecorators(decor.CountersKiloByte("% .1f / % .1f")),
		mpb.AppendDecorators(decor.AverageSpeed(decor.SizeB1000(0), "% .0f"), decor.Name("  "), decor.AverageETA(decor.ET_STYLE_GO)),
		mpb.BarRemoveOnComplete())
	return b
}

func (b *bar) show(p intake.Progress) {
	b.bar.SetTotal(max(p.Total, p.Read+1), false)
	b.bar.SetCurrent(p.Read)
}

func (b *bar) end() {
	if b.on {
		b.bar.Abort(true)
		b.p.Wait()
	}
}
