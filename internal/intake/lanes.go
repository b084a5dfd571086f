package intake

import "sync"

// Lanes brings the parts of items that are read at the same time into the order of the items, without holding more than a few of each: the reader
// of a later item waits until the earlier ones are done.
type Lanes struct {
	lanes chan chan any
	done  sync.WaitGroup
}

// lanePart bounds the parts of one item that wait.
const lanePart = 4

// NewLanes gives parts to out, from one goroutine, until Close.
func NewLanes(out func(part any)) *Lanes {
	l := &Lanes{lanes: make(chan chan any, 1024)}
	l.done.Go(func() {
		for lane := range l.lanes {
			for part := range lane {
				out(part)
			}
		}
	})
	return l
}

// Open begins the next item. Parts are sent into the channel, which is closed at the end of the item.
func (l *Lanes) Open() chan<- any {
	lane := make(chan any, lanePart)
	l.lanes <- lane
	return lane
}

// Close waits until all parts were given out. All lanes must be closed.
func (l *Lanes) Close() {
	close(l.lanes)
	l.done.Wait()
}
