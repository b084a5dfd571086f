package evidence

import (
	"cmp"
	"container/heap"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"vigie/internal/casefile"
)

// ReadError ends the reading of an item early. The bytes before it are good
// and were delivered. Its Gap is already noted in the Source.
type ReadError struct {
	Gap       casefile.Gap
	Delivered int64 // bytes of the item that were read before
}

func (e *ReadError) Error() string {
	s := fmt.Sprintf("%s @0x%x (%d): %s", e.Gap.Path, e.Gap.Offset, e.Gap.Offset, e.Gap.Code)
	if e.Gap.Detail != "" {
		s += ": " + e.Gap.Detail
	}
	return s + "; " + e.Gap.Action
}

// fault is a reason to stop reading one stream, before its place is known.
type fault struct {
	code       string
	where      string
	detail     string
	limit, got int64
}

func (f *fault) Error() string {
	s := "evidence: " + f.code
	if f.detail != "" {
		s += ": " + f.detail
	}
	return s
}

// classify gives the reason behind an error of a decoder. A reason from a
// layer below (the archive around this one broke) goes before what the decoder
// makes of it.
func classify(kind string, err error) *fault {
	if f, ok := errors.AsType[*fault](err); ok {
		return f
	}
	if re, ok := errors.AsType[*ReadError](err); ok {
		return &fault{code: re.Gap.Code, where: "in " + re.Gap.Path, limit: re.Gap.Limit, got: re.Gap.Got, detail: re.Gap.Detail}
	}
	if _, ok := errors.AsType[*panicError](err); ok {
		return &fault{code: CodeDecoder, detail: quoted(err.Error())}
	}
	code := kind + ".damaged"
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		code = kind + ".truncated"
	}
	switch kind {
	case "zip":
		code = strings.Replace(code, "zip.", "zip.entry.", 1)
	case "file":
		code = CodeFileUnreadable
	}
	if kind != "file" {
		// Decoders are reused, and what one says of damaged data may depend on
		// what it decoded before: the code says enough, and says it every time.
		return &fault{code: code}
	}
	return &fault{code: code, detail: quoted(err.Error())}
}

// panicError is a panic of a library on hostile input, kept at the boundary.
type panicError struct{ v any }

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.v) }

// guard runs f and turns its panic into an error.
func guard(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicError{v}
		}
	}()
	return f()
}

// maxGaps bounds the detailed gaps of a whole run: a thousand archives with a
// thousand bad entries each must not fill the memory either.
const maxGaps = 50 * casefile.MaxGapsPerFile

// gapBook keeps the gaps. Of each container it keeps the first MaxGapsPerFile
// in the order of the report, whatever the order in which they came, and
// counts the others per code: the result does not depend on who read first.
type gapBook struct {
	mu    sync.Mutex
	boxes map[string]*gapBox
	total int
}

type gapBox struct {
	keep gapHeap
	more map[string]int64
}

// gapHeap has the last gap in report order on top.
type gapHeap []casefile.Gap

func (h gapHeap) Len() int           { return len(h) }
func (h gapHeap) Less(i, j int) bool { return compareGaps(h[i], h[j]) > 0 }
func (h gapHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *gapHeap) Push(x any)        { *h = append(*h, x.(casefile.Gap)) }
func (h *gapHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

func compareGaps(a, b casefile.Gap) int {
	return cmp.Or(
		cmp.Compare(a.Path, b.Path),
		cmp.Compare(a.Offset, b.Offset),
		cmp.Compare(a.Code, b.Code),
		cmp.Compare(a.Where, b.Where),
		cmp.Compare(a.Detail, b.Detail),
		cmp.Compare(a.Length, b.Length),
		cmp.Compare(a.Limit, b.Limit),
		cmp.Compare(a.Got, b.Got),
		cmp.Compare(a.Action, b.Action),
	)
}

// add notes a gap in the book of a container.
func (k *gapBook) add(box string, g casefile.Gap) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.boxes == nil {
		k.boxes = map[string]*gapBox{}
	}
	b := k.boxes[box]
	if b == nil {
		if k.total >= maxGaps {
			box = ""
			b = k.boxes[box]
		}
		if b == nil {
			b = &gapBox{more: map[string]int64{}}
			k.boxes[box] = b
		}
	}
	if k.total >= maxGaps && len(b.keep) < casefile.MaxGapsPerFile {
		b.more[g.Code]++
		return
	}
	heap.Push(&b.keep, g)
	k.total++
	if len(b.keep) > casefile.MaxGapsPerFile {
		out := heap.Pop(&b.keep).(casefile.Gap)
		b.more[out.Code]++
		k.total--
	}
}

// list gives the gaps by path, offset and code.
func (k *gapBook) list() []casefile.Gap {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []casefile.Gap
	for box, b := range k.boxes {
		out = append(out, b.keep...)
		for code, n := range b.more {
			out = append(out, casefile.Gap{
				Code: code, Path: strings.TrimSuffix(box, "!"), Count: n,
				Limit: casefile.MaxGapsPerFile, Action: "further ones counted",
			})
		}
	}
	slices.SortFunc(out, func(a, b casefile.Gap) int {
		return cmp.Or(compareGaps(a, b), cmp.Compare(a.Count, b.Count))
	})
	return out
}
