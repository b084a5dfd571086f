package sigma

// Searching an event through the index of a part: the values of the fields with keys are searched once each, and what is found calls rules.

// call finds the rules of the part that can match the event.
func (r *Run) call(ix *index, flat bool) {
	r.called = append(r.called[:0], ix.always...)
	if flat {
		r.readAll()
		for _, fid := range r.present {
			if at := ix.byField[fid]; at >= 0 {
				r.searchField(&ix.fields[at])
			}
		}
	} else {
		for i := range ix.fields {
			r.searchField(&ix.fields[i])
		}
	}
	if ix.any != nil {
		in, wide := r.everything(), false
		for i := in.from; i < in.to; i++ {
			if v := &r.vals[i]; ix.shared && v.has&hasSearched != 0 {
				wide = wide || v.has&hasWide != 0
			} else {
				wide = r.search(ix.any, i) || wide
			}
		}
		r.evaluate(ix.any, wide)
	}
}

func (r *Run) searchField(t *textIndex) {
	f := r.field(t.fid)
	if !f.ok {
		return
	}
	wide := false
	for i := f.first; i >= 0; i = r.vals[i].next {
		wide = r.search(t, i) || wide
	}
	r.evaluate(t, wide)
}

// search finds the keys that are texts in a value, and says whether it is more than ASCII.
func (r *Run) search(t *textIndex, i int32) (wide bool) {
	if t.grams == nil && t.wholes == nil && t.wide == nil {
		return false
	}
	v := &r.vals[i]
	text := r.bytes(v, false)
	if t.lengths>>min(len(text), 63)&1 != 0 {
		for _, w := range t.wholes[string(text)] {
			r.found(w.key, w.sure)
		}
	}
	if t.grams != nil {
		t.grams.find(text, r.foundGram)
		v.has |= hasSearched
	}
	return v.has&hasWide != 0
}

// evaluate evaluates the keys that are no texts.
func (r *Run) evaluate(t *textIndex, wide bool) {
	for _, k := range t.direct {
		if r.pred(r.ix.keys[k].pred) {
			r.callRules(k)
		}
	}
	if !wide {
		return
	}
	for _, k := range t.wide {
		if r.pred(r.ix.keys[k].pred) {
			r.callRules(k)
		}
	}
}

// found notes that a text of a key is in the event, which decides the key's predicate if sure.
func (r *Run) found(k int32, sure bool) {
	pred := r.ix.keys[k].pred
	switch known := r.known[pred]; {
	case known>>2 != r.epoch:
		r.callRules(k)
	case known&3 == isTrue || !sure:
		return
	}
	r.known[pred] = r.epoch<<2 | isOpen
	if sure {
		r.know(pred, true)
	}
}

func (r *Run) callRules(k int32) {
	key := &r.ix.keys[k]
	for _, rule := range r.ix.rules[key.from:key.to] {
		r.called[rule>>6] |= 1 << (rule & 63)
	}
}
