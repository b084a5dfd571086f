package evtx

// pile makes lists of parts that are read one by one, lists in lists, with few
// allocations: parts are pushed on a stack, and a list is taken off it in one
// piece. Lists of templates are kept. Those of an element in a record are used
// once; their memory serves again after reuse.
type pile[T any] struct {
	stack []T
	kept  []T // what lists to keep are cut from
	once  []T // what the others are cut from
	block []T // all of once
}

// pileBlock is how many parts are allocated together.
const pileBlock = 64

func (p *pile[T]) push(part T) { p.stack = append(p.stack, part) }

// empty forgets what a reading that failed left on the stack.
func (p *pile[T]) empty() { p.stack = p.stack[:0] }

// reuse gives the memory of all lists that are not kept to the next ones.
func (p *pile[T]) reuse() { p.once = p.block }

// take makes a list of what was pushed since the stack had the height base.
func (p *pile[T]) take(base int, keep bool) []T {
	n := len(p.stack) - base
	if n == 0 {
		return nil
	}
	from := &p.once
	if keep {
		from = &p.kept
	}
	if len(*from) < n {
		size := max(n, pileBlock)
		if !keep { // twice as many, so that records like this one do with one block
			size = max(n, 2*len(p.block), pileBlock)
		}
		*from = make([]T, size)
		if !keep {
			p.block = *from
		}
	}
	list := (*from)[:n:n]
	*from = (*from)[n:]
	copy(list, p.stack[base:])
	p.stack = p.stack[:base]
	return list
}
