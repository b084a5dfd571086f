package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/evidence"
	"vigie/internal/identify"
	"vigie/internal/record"
)

// Result is what the reading of one item gave, but for what the visitor made of it.
type Result struct {
	Item    casefile.LedgerItem
	Logical string // the item's path without the containers
	Covers  map[record.CoverKey]*record.Cover
	Clues   []HostClue
	Gaps    Gaps
	Jumps   []Jump
	Lost    int64 // bytes that could not be searched and were not the padding of a crash
	Product bool  // a record shows that the product runs there
	Kind    record.Kind
	NonUTF8 bool

	lostRuns []stretch
	tail     time.Time // of the last record in order
	complete bool
}

// HostClue is a sight of a build, with the host that the record names.
type HostClue struct {
	Host string
	Clue identify.Clue
}

// Jump is a step back of the clock in one item.
type Jump struct {
	record.Jump
	Path string
}

// fail notes why an item could not be read to its end.
func (res *Result) fail(err error, it *evidence.Item) {
	var re *evidence.ReadError
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		res.Gaps.Add(casefile.Gap{Code: "run.interrupted", Offset: res.Item.Size, Action: "rest of the file not read"})
	case errors.As(err, &re):
		// The source has listed it already.
	default:
		res.Gaps.Add(casefile.Gap{Code: evidence.CodeFileUnreadable, Offset: res.Item.Size, Action: "rest of the file not read", Detail: quote(err.Error())})
	}
	if rest := it.Size - res.Item.Size; it.Size > 0 && rest > 0 {
		res.Item.Size = it.Size
		res.Item.Skipped += rest
		res.Lost += rest
	} else {
		res.Lost++
	}
}

// balance makes the item's ledger add up.
func (res *Result) balance() {
	i := &res.Item
	i.Parsed = i.Size - i.Recovered - i.Skipped
	if i.Parsed < 0 { // an encoding whose lengths cannot be told back exactly
		i.Recovered = max(0, i.Recovered+i.Parsed)
		i.Parsed = i.Size - i.Recovered - i.Skipped
	}
}

// quote makes foreign text harmless and short.
func quote(s string) string {
	q := fmt.Sprintf("%q", s)
	if len(q) > 200 {
		q = strings.ToValidUTF8(q[:199], "") + "…"
	}
	return q
}

// merge adds the survey of the next block of the file.
func (res *Result) merge(s *record.Survey, hanging []record.Flaw) {
	record.MergeCovers(res.Covers, s.Covers)
	for _, x := range slices.Concat(s.Flaws, hanging) {
		res.flaw(x)
	}
	res.Item.Recovered += s.Recovered
	res.Item.Skipped += s.Skipped
	res.NonUTF8 = res.NonUTF8 || s.NonUTF8
	for _, j := range s.Jumps {
		res.jump(j)
	}
	if !s.Head.IsZero() {
		if !res.tail.IsZero() && s.Head.Before(res.tail.Add(-record.BackStep)) {
			res.jump(record.Jump{Line: s.HeadLine, From: res.tail, To: s.Head})
		}
		res.tail = s.Tail
	}
	res.span(s.First, s.Last)
	for _, br := range s.Builds {
		res.clue(br)
	}
}

// coversNothing takes the item out of coverage: it holds records that somebody chose, and a log would hold those between them.
func (res *Result) coversNothing() {
	for _, c := range res.Covers {
		clear(c.Ticks)
	}
}

// span widens the time that the item's records cover.
func (res *Result) span(first, last time.Time) {
	if first.IsZero() {
		return
	}
	if res.Item.First == nil || first.Before(*res.Item.First) {
		res.Item.First = &first
	}
	if res.Item.Last == nil || last.After(*res.Item.Last) {
		res.Item.Last = &last
	}
}

// flaw turns a record that does not fit into a gap.
func (res *Result) flaw(x record.Flaw) {
	offset, size := x.Offset, x.Size
	g := casefile.Gap{Code: string(res.Kind) + "." + x.Code, Offset: offset, Length: size, Where: fmt.Sprintf("line %d", x.Line), Limit: x.Limit, Got: x.Got,
		Action: "record kept raw, searched as text"}
	if x.Code == "header.damaged" {
		g.Action = "columns taken by their place"
	}
	switch {
	case x.Code == "line.nul" && x.Count <= 1:
		g.Action = "bytes skipped"
		res.pending(offset, size)
	case x.Lost:
		g.Action = "bytes skipped"
		res.Lost += size
	case x.Code == codeUnanswered:
		g.Action = "record read; it has no status, so nothing says whether the request succeeded"
		res.Lost += size
	case x.Doubt:
		g.Action = "record kept raw, searched as text; it may hide an attack"
		res.Lost += size
	}
	res.Gaps.many(g, max(x.Count, 1))
}

// codeUnanswered marks a request of which the log does not say whether it succeeded, where a rule decides by that.
const codeUnanswered = "record.unanswered"

// pending counts lost bytes; NUL bytes at the very end of a file are the padding
// of a crash and hide nothing, which is only known at the end.
func (res *Result) pending(offset, size int64) {
	res.lostRuns = append(res.lostRuns, stretch{offset, size})
	if n := len(res.lostRuns); n > 1 && res.lostRuns[n-2].offset+res.lostRuns[n-2].size == offset {
		res.lostRuns[n-2].size += size
		res.lostRuns = res.lostRuns[:n-1]
	}
}

// maxPadding is how many NUL bytes at the end of a file are taken for space that
// was set aside and never written: IIS grows its files by 64 KiB.
const maxPadding = 64 << 10

// stretch is a run of bytes of the file.
type stretch struct{ offset, size int64 }

func (res *Result) finish(size int64) {
	for _, r := range res.lostRuns {
		if r.offset+r.size < size || r.size > maxPadding {
			res.Lost += r.size
		}
	}
	res.lostRuns = nil
	slices.SortStableFunc(res.Clues, func(a, b HostClue) int { return strings.Compare(a.Host, b.Host) })
}

func (res *Result) jump(j record.Jump) {
	if len(res.Jumps) < maxJumpsFile {
		res.Jumps = append(res.Jumps, Jump{j, res.Item.Path})
	}
}

// maxJumpsFile bounds remarks on one file's clock.
const maxJumpsFile = 20

// maxCluesFile bounds build clues of one file: a forged log may change its build
// at every line.
const maxCluesFile = 1000

// clue adds a sight of a build, merging it with the one before.
func (res *Result) clue(br record.BuildRun) {
	src := string(res.Kind)
	for i := range slices.Backward(res.Clues) {
		c := &res.Clues[i]
		if c.Host == br.Host && c.Clue.Build == br.Build && c.Clue.Setup == br.Setup && br.Setup == "" {
			if br.Last.After(c.Clue.Last) {
				c.Clue.Last = br.Last
			}
			if br.First.Before(c.Clue.First) {
				c.Clue.First = br.First
			}
			return
		}
	}
	if len(res.Clues) < maxCluesFile {
		res.Clues = append(res.Clues, HostClue{br.Host, identify.Clue{Build: br.Build, First: br.First, Last: br.Last, Source: src, AtLeast: br.AtLeast, Setup: br.Setup,
			Ref: casefile.Ref{Path: res.Item.Path, Line: br.Line, Offset: br.Offset}}})
	}
}
