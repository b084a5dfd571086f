package sigma

// Why a rule matched. The values are found again after the fact, since few rules match and most events match none.

// maxListed is the number of values up to which comparing each with all before it is cheaper than a map.
const maxListed = 16

// explainer collects the values that made a rule true, each once.
type explainer struct {
	serial uint32 // of the match, so that nothing is cleared between matches
	insts  []uint32
	out    []FieldValue
	listed map[FieldValue]struct{} // of out, from maxListed values
}

// explain lists the values that made an instruction true which is true: those of its true parts, but nothing under not, where the
// reason is an absence.
func (r *Run) explain(root int32) []FieldValue {
	x := &r.explainer
	if x.insts == nil {
		x.insts = make([]uint32, len(r.prog.insts))
	}
	if x.serial++; x.serial == 0 {
		clear(x.insts)
		x.serial = 1
	}
	r.explainInst(root)
	out := x.out
	x.out, x.listed = nil, nil
	return out
}

func (r *Run) explainInst(at int32) {
	if r.explainer.insts[at] == r.explainer.serial || !r.eval(at) {
		return
	}
	r.explainer.insts[at] = r.explainer.serial
	in := &r.prog.insts[at]
	switch in.op {
	case opAnd, opOr:
		for _, k := range in.source {
			r.explainInst(k)
		}
	case opPred:
		r.explainPred(&r.prog.preds[in.pred])
	}
}

func (r *Run) explainPred(p *cpred) {
	add := r.explainer.add
	switch {
	case p.kind == kindNull, p.kind == kindExists && !p.want:
	case p.kind == kindExists:
		if i := r.field(p.fid).first; i >= 0 {
			add(p.field, r.vals[i].text)
		}
	case p.keyword:
		if i := r.find(p); i >= 0 {
			add(r.names[i-r.every.from], r.vals[i].text)
		}
	default:
		i := r.find(p)
		if i < 0 {
			return
		}
		add(p.field, r.vals[i].text)
		if p.kind != kindRef {
			return
		}
		for j := r.field(p.rid).first; j >= 0; j = r.vals[j].next {
			if p.where.holds(r.bytes(&r.vals[i], p.cased), r.bytes(&r.vals[j], p.cased)) {
				add(p.ref, r.vals[j].text)
				return
			}
		}
	}
}

func (x *explainer) add(field, text string) {
	fv := FieldValue{field, text}
	if x.listed == nil {
		for i := range x.out {
			if x.out[i] == fv {
				return
			}
		}
		if len(x.out) == maxListed {
			x.listed = make(map[FieldValue]struct{}, 2*maxListed)
			for _, o := range x.out {
				x.listed[o] = struct{}{}
			}
		}
	}
	if x.listed != nil {
		if _, ok := x.listed[fv]; ok {
			return
		}
		x.listed[fv] = struct{}{}
	}
	x.out = append(x.out, fv)
}
