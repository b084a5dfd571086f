package sigma

// The index of a part of a set: from an event to the few rules that can match it.
//
// Each rule gets its keys, predicates of which at least one is true whenever the rule is: one part of an and will do, and the one that is
// likely to be true least often is taken; of an or every part is needed; nothing comes from under not. So a rule without a true key needs no
// evaluation. (Compare atoms.go, where the same is done for raw text; there it must hold for any text around the event, here only for its fields.)
//
// The keys are then turned round. For each field, the texts that keys look for are in two tables, one for whole values (a map) and one for
// parts of values (gram.go), and one search of a value finds all of them. What it does not find is false, without a look at the predicate.
// Keys that are no texts (numbers, networks, expressions that need no text, texts of less than four bytes) are evaluated one by one, if the event
// has the field. The rules of true keys are called, and those without keys always are.

import "slices"

// The number of rules from which a part is searched through its index. With fewer, asking only for the fields that the rules come to is
// cheaper, above all for events that make their fields when they are asked for.
const (
	minIndexed     = 24
	minIndexedFlat = 1 // for flat events: one rule on keywords would look for each in each value
)

type index struct {
	keys    []ruleKey
	rules   []int32  // of the keys, one after the other
	always  []uint64 // one bit for each rule without keys
	decided []uint64 // one bit for each predicate that is false unless the search says otherwise

	fields  []textIndex
	byField []int32    // in fields, by the number of a field in the program, or -1
	any     *textIndex // keys that look at every value, or nil
	shared  bool       // the texts of any are in the tables of the fields
}

// ruleKey is a predicate whose truth calls rules[from:to].
type ruleKey struct{ pred, from, to int32 }

// textIndex is the keys of one field, or those of keywords.
type textIndex struct {
	fid     int32
	wholes  map[string][]wholeText
	lengths uint64 // one bit for each length that occurs in wholes, the last for all from 63
	grams   *gramTable
	direct  []int32 // keys to evaluate
	wide    []int32 // keys to evaluate only if a value is not ASCII
}

type wholeText struct {
	key  int32
	sure bool
}

// index gives the index of a part, or nil if its rules are to be evaluated one after the other.
func (s *Set) index(flat bool) *index {
	least := minIndexed
	if flat {
		least = minIndexedFlat
	}
	if len(s.rules) < least {
		return nil
	}
	s.once.Do(func() { s.ix = newIndex(s) })
	return s.ix
}

// decides says whether a predicate that the search did not find is false.
func (ix *index) decides(pred int32) bool { return ix.decided[pred>>6]>>(pred&63)&1 != 0 }

// indexer builds an index.
type indexer struct {
	prog    *program
	preds   []predKey // of the program
	ix      *index
	done    map[int32]*keySet    // of instructions
	texts   map[int32][]gramText // by field, -1 for keywords
	fieldOf map[int32]*textIndex
}

func newIndex(s *Set) *index {
	b := indexer{
		prog:  s.prog,
		preds: s.prog.predKeys(),
		ix: &index{
			always:  make([]uint64, (len(s.rules)+63)/64),
			decided: make([]uint64, (len(s.prog.preds)+63)/64),
			byField: slices.Repeat([]int32{-1}, len(s.prog.fields)),
		},
		done:    make(map[int32]*keySet),
		texts:   make(map[int32][]gramText),
		fieldOf: make(map[int32]*textIndex),
	}
	byPred := make(map[int32][]int32)
	for i := range s.rules {
		set := b.keys(s.rules[i].root)
		if set == nil {
			b.ix.always[i>>6] |= 1 << (i & 63)
			continue
		}
		for _, p := range set.preds {
			if of := byPred[p]; len(of) == 0 || of[len(of)-1] != int32(i) {
				byPred[p] = append(of, int32(i))
			}
		}
	}
	preds := make([]int32, 0, len(byPred))
	for p := range byPred {
		preds = append(preds, p)
	}
	for p := range b.beside(s, byPred) {
		preds = append(preds, p)
	}
	slices.Sort(preds)
	for _, p := range preds {
		k := ruleKey{pred: p, from: int32(len(b.ix.rules))}
		b.ix.rules = append(b.ix.rules, byPred[p]...)
		k.to = int32(len(b.ix.rules))
		b.ix.keys = append(b.ix.keys, k)
		b.enter(int32(len(b.ix.keys)-1), &s.prog.preds[p])
	}
	b.finish()
	return b.ix
}

// beside gives predicates that are no keys, but that the same search can decide: texts anywhere in a value, for which a rule that is called
// would search again. They are of fields that have keys, so that no other field need be asked for.
func (b *indexer) beside(s *Set, keys map[int32][]int32) map[int32]bool {
	found, seen, keyed := make(map[int32]bool), make(map[int32]bool), make(map[int32]bool)
	for p := range keys {
		keyed[b.prog.preds[p].fid] = true
	}
	var walk func(at int32)
	walk = func(at int32) {
		if seen[at] {
			return
		}
		seen[at] = true
		in := &b.prog.insts[at]
		if in.op != opPred {
			for _, k := range in.kids {
				walk(k)
			}
			return
		}
		k, p := &b.preds[in.pred], &b.prog.preds[in.pred]
		if keys[in.pred] == nil && keyed[p.fid] && !p.keyword && len(k.texts) == 1 && k.texts[0].where == within && !k.texts[0].whole && k.cost < maxBeside {
			found[in.pred] = true
		}
	}
	for i := range s.rules {
		walk(s.rules[i].root)
	}
	return found
}

// predKeys gives every predicate as a key. They serve all parts of a set.
func (p *program) predKeys() []predKey {
	p.once.Do(func() {
		p.keys = make([]predKey, len(p.preds))
		for i := range p.preds {
			p.keys[i] = newPredKey(p.preds[i].pred)
		}
	})
	return p.keys
}

// maxBeside is the cost as a key from which finding a text costs more than looking for it when it is asked for.
const maxBeside = 0.9

// keySet is predicates one of which is true whenever an instruction is. cost is how many evaluations of the rule they are expected to cause
// for an event, and what finding them out costs in the same unit.
type keySet struct {
	preds []int32
	cost  float64
}

// keys gives the cheapest keys of an instruction, or nil if it has none.
func (b *indexer) keys(at int32) *keySet {
	if set, ok := b.done[at]; ok {
		return set
	}
	var set *keySet
	in := &b.prog.insts[at]
	switch in.op {
	case opPred:
		if k := &b.preds[in.pred]; k.ok {
			set = &keySet{[]int32{in.pred}, k.cost}
		}
	case opAnd:
		for _, k := range in.source {
			if s := b.keys(k); s != nil && (set == nil || s.cost < set.cost) {
				set = s
			}
		}
	case opOr:
		set = new(keySet)
		for _, k := range in.source {
			s := b.keys(k)
			if s == nil {
				set = nil
				break
			}
			set.preds = append(set.preds, s.preds...)
			set.cost += s.cost
		}
		if set != nil {
			slices.Sort(set.preds)
			set.preds = slices.Compact(set.preds)
		}
	}
	b.done[at] = set
	return set
}

func (b *indexer) field(p *cpred) *textIndex {
	t := b.fieldOf[p.fid]
	if t == nil {
		t = &textIndex{fid: p.fid}
		b.fieldOf[p.fid] = t
	}
	return t
}

// enter enters a key into the index of its field.
func (b *indexer) enter(k int32, p *cpred) {
	pred := b.ix.keys[k].pred
	field, texts := b.field(p), b.preds[pred].texts
	switch {
	case len(texts) == 0 && wantsWide(p.pred):
		field.wide = append(field.wide, k)
		return
	case len(texts) == 0:
		field.direct = append(field.direct, k)
		return
	}
	b.ix.decided[pred>>6] |= 1 << (pred & 63)
	for _, t := range texts {
		if t.whole {
			field.addWhole(string(t.text), wholeText{k, t.sure})
		} else {
			b.texts[p.fid] = append(b.texts[p.fid], gramText{t.text, t.where, int32(t.window), k, t.sure, false})
		}
	}
}

func (t *textIndex) addWhole(text string, w wholeText) {
	if t.wholes == nil {
		t.wholes = make(map[string][]wholeText)
	}
	t.wholes[text] = append(t.wholes[text], w)
	t.lengths |= 1 << min(len(text), 63)
}

// maxShared is the number of texts of keywords up to which they are also in the table of each field. A flat event's values of these fields
// then need not be searched twice.
const maxShared = 256

// finish makes the tables, and puts the fields in the order of their numbers.
func (b *indexer) finish() {
	var shared []gramText
	if t := b.fieldOf[-1]; t != nil {
		if len(b.texts[-1]) <= maxShared && t.wholes == nil {
			for _, g := range b.texts[-1] {
				g.any = true
				shared = append(shared, g)
			}
		}
		t.grams = newGramTable(b.texts[-1])
		b.ix.any, b.ix.shared = t, len(shared) > 0
	}
	for fid := range int32(len(b.prog.fields)) {
		if t := b.fieldOf[fid]; t != nil {
			t.grams = newGramTable(append(b.texts[fid], shared...))
			b.ix.byField[fid] = int32(len(b.ix.fields))
			b.ix.fields = append(b.ix.fields, *t)
		}
	}
}
