package evtx

// maxDetailed is how many errors of a log a Report gives in full: an attacker
// can make a million of them.
const maxDetailed = 1000

// Report gathers what reading a log came to, over its chunks: for callers
// that decode chunks themselves. The zero value is ready.
type Report struct {
	Ledger   Ledger
	Errors   []*Error // the first maxDetailed, in the order of adding
	Unlisted []Count  // the others, by code, in the order of Codes
}

// Count is how many errors of a code were not listed.
type Count struct {
	Code string
	N    int
}

// Add adds the errors and the ledger of a chunk, or of the Scanner at the end.
func (r *Report) Add(errs []*Error, l Ledger) {
	r.Ledger.Add(l)
	room := min(len(errs), maxDetailed-len(r.Errors))
	r.Errors = append(r.Errors, errs[:room]...)
	for _, e := range errs[room:] {
		r.count(e.Code)
	}
}

func (r *Report) count(code string) {
	at := 0
	for _, c := range Codes {
		if at < len(r.Unlisted) && r.Unlisted[at].Code == c.Code {
			if c.Code == code {
				r.Unlisted[at].N++
				return
			}
			at++
			continue
		}
		if c.Code == code {
			r.Unlisted = append(r.Unlisted, Count{})
			copy(r.Unlisted[at+1:], r.Unlisted[at:])
			r.Unlisted[at] = Count{code, 1}
			return
		}
	}
}
