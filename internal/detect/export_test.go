package detect

// StartEvery gives a Run that evaluates every rule on every record.
func (p *Pack) StartEvery() *Run {
	r := p.Start()
	r.every = true
	return r
}
