package pattern

// link is one part of a tree that is cut at its long jumps; min and max are the distance from the part before.
type link struct {
	root     *node
	min, max int
}

// splitChain cuts a tree where libyara does: at jumps of more than chainThreshold bytes between the items of its top level. The parts are
// matched by themselves, which shows: a jump in a regular expression crosses newlines there, and each part has its own shortest match.
func splitChain(root *node) []link {
	if root.kind != nodeConcat {
		return []link{{root: root}}
	}
	var links []link
	current := link{}
	var items []*node
	for i, sub := range root.subs {
		long := sub.jump && (sub.min > chainThreshold || sub.max > chainThreshold || sub.max == unbounded)
		if long && len(items) > 0 && i < len(root.subs)-1 {
			current.root = concatNode(items)
			links = append(links, current)
			current = link{min: sub.min, max: sub.max}
			items = nil
			continue
		}
		items = append(items, sub)
	}
	current.root = concatNode(items)
	return append(links, current)
}

// joinChain joins the matches of two parts: of each match of head the length becomes that up to the end of the first match of tail that
// begins in its reach. Both are in ascending order of offsets, and those of tail reach to the end of the string already. Heads that reach
// no tail are dropped. It works in place and returns what is left of head.
func joinChain(head, tail []Match, gapMin, gapMax int) []Match {
	kept := head[:0]
	for _, h := range head {
		end := h.Offset + h.Length
		i := firstFrom(tail, end+gapMin)
		if i < len(tail) && (gapMax == unbounded || tail[i].Offset-end <= gapMax) {
			h.Length = tail[i].Offset + tail[i].Length - h.Offset
			kept = append(kept, h)
		}
	}
	return kept
}

// firstFrom returns the index of the first match at offset or later.
func firstFrom(all []Match, offset int) int {
	lo, hi := 0, len(all)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if all[mid].Offset < offset {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}
