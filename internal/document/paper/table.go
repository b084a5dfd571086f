package paper

import (
	"vigie/internal/document"
	"vigie/internal/draw"
)

// Sizes of tables.
const (
	cellSize    = 8.2
	cellGap     = 8.0 // between columns
	measureRows = 300 // rows that decide on the widths of columns
	tallRow     = 300 // a row higher than this may be cut between its lines
)

func (t *setter) cellLook(c *document.Column) look {
	lk := t.look(cellSize)
	if c.Mono {
		lk = t.look(7.2)
		lk.mono = true
	}
	return lk
}

func (t *setter) table(tb *document.Table, width float64) []strip {
	var out []strip
	if tb.Caption != "" {
		lk := t.look(8.6)
		lk.ink = draw.Slate
		lk.bold = true
		cap := t.lines(document.Words(tb.Caption), 0, width, lk)
		for i := range cap {
			cap[i].keep = true
		}
		out = append(out, cap...)
	}
	if len(tb.Rows) == 0 {
		out = append(out, t.lines(tb.Empty, 0, width, t.look(9.4))...)
		return append(out, t.gap(6))
	}
	ws := t.widths(tb, width)
	total := cellGap * float64(len(ws)-1)
	for _, w := range ws {
		total += w
	}
	head := t.header(tb, ws, total)
	head.keep = true
	out = append(out, head)
	for i := range tb.Rows {
		out = append(out, t.row(tb, &tb.Rows[i], ws, total, &head)...)
	}
	if n := tb.Left(); n > 0 {
		lk := t.look(8.2)
		lk.ink = draw.Soft
		out = append(out, t.gap(2))
		out = append(out, t.lines(document.Words(t.lab.Left(n)), 0, width, lk)...)
	}
	return append(out, t.gap(9))
}

func (t *setter) header(tb *document.Table, ws []float64, total float64) strip {
	lk := t.look(7.8)
	lk.ink, lk.bold = draw.Soft, true
	var s strip
	x := 0.0
	var cells []strip
	for i := range tb.Columns {
		var c strip
		for _, l := range t.f.wrap(document.Words(tb.Columns[i].Title), ws[i], lk) {
			c.text(l, place(&tb.Columns[i], ws[i], l.w), c.h, lk)
			c.h += lk.height()
		}
		cells = append(cells, c)
		s.h = max(s.h, c.h)
	}
	for i := range cells {
		s.put(&cells[i], x, s.h-cells[i].h)
		x += ws[i] + cellGap
	}
	s.h += 3 * t.scale
	s.rule(0, s.h, total, draw.Soft, 0.9)
	return s
}

// place is where a line of width w begins in a column.
func place(c *document.Column, width, w float64) float64 {
	switch {
	case c.Right:
		return max(0, width-w)
	case c.Centre:
		return max(0, (width-w)/2)
	}
	return 0
}

// row gives one strip, or one a line for a row that would not fit a page.
func (t *setter) row(tb *document.Table, r *document.Row, ws []float64, total float64, head *strip) []strip {
	pad := 2.6 * t.scale
	if r.Group {
		lk := t.look(8.8)
		lk.bold = true
		s := join(t.lines(r.Cells[0].Lines[0], 0, total, lk))
		s.put(&strip{}, 0, 0)
		g := strip{h: s.h + 3*pad, keep: true, head: head}
		g.put(&s, 0, 2*pad)
		g.rule(0, g.h, total, draw.Faint, 0.5)
		return []strip{g}
	}
	cells := make([][]strip, len(ws))
	lines := 0
	for i := range ws {
		if i < len(r.Cells) {
			cells[i] = t.cell(&r.Cells[i], &tb.Columns[i], ws[i])
		}
		lines = max(lines, len(cells[i]))
	}
	var ss []strip
	for k := range lines {
		var s strip
		x := 0.0
		for i := range ws {
			if k < len(cells[i]) {
				s.put(&cells[i][k], x, 0)
				s.h = max(s.h, cells[i][k].h)
			}
			x += ws[i] + cellGap
		}
		ss = append(ss, s)
	}
	if height(ss) <= tallRow {
		ss = []strip{join(ss)}
	}
	first := strip{h: ss[0].h + pad, anchors: ss[0].anchors, outline: ss[0].outline}
	first.put(&strip{ops: ss[0].ops}, 0, pad)
	ss[0] = first
	if r.Anchor != "" {
		ss[0].anchors = append(ss[0].anchors, r.Anchor)
	}
	last := len(ss) - 1
	ss[last].h += pad
	if len(r.Below) > 0 {
		below := t.blocks(r.Below, total)
		ss[last].keep = true
		ss = append(ss, below...)
		last = len(ss) - 1
	}
	ss[last].rule(0, ss[last].h, total, draw.Faint, 0.5)
	for i := range ss {
		ss[i].head = head
		ss[i].gap = false
	}
	return ss
}

func (t *setter) cell(c *document.Cell, col *document.Column, width float64) []strip {
	lk := t.cellLook(col)
	var out []strip
	indent := 0.0
	if c.Sign != nil {
		indent = c.Sign.W + 3
	}
	for i, in := range c.Lines {
		l := lk
		l.bold = c.Head && i == 0 && !col.Mono
		if i > 0 {
			l = t.look(7.4)
			l.ink, l.mono = draw.Soft, col.Mono
		}
		for k, tl := range t.f.wrap(in, max(width-indent, 8), l) {
			s := strip{h: l.height()}
			x := place(col, width, tl.w+indent)
			if i == 0 && k == 0 && c.Sign != nil {
				s.ops = append(s.ops, op{kind: opPicture, x: x, y: (s.h - c.Sign.H) / 2, w: c.Sign.W, h: c.Sign.H, pic: c.Sign, scale: 1})
			}
			s.text(tl, x+indent, 0, l)
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		out = append(out, strip{h: lk.height()})
	}
	return out
}

// widths shares the width among the columns: each gets at least its longest word where there is room, then what its words ask for.
func (t *setter) widths(tb *document.Table, width float64) []float64 {
	n := len(tb.Columns)
	least, most := make([]float64, n), make([]float64, n)
	title := t.look(7.8)
	title.bold = true
	for i := range tb.Columns {
		most[i], least[i] = t.f.extent(document.Words(tb.Columns[i].Title), title)
		most[i] = least[i] // a title may stand on several lines
	}
	for k := range tb.Rows {
		if k == measureRows {
			break
		}
		for i := range min(n, len(tb.Rows[k].Cells)) {
			c := &tb.Rows[k].Cells[i]
			if tb.Rows[k].Group {
				continue
			}
			for j, in := range c.Lines {
				lk := t.cellLook(&tb.Columns[i])
				lk.bold = c.Head && j == 0
				whole, word := t.f.extent(in, lk)
				if c.Sign != nil {
					whole += c.Sign.W + 3
					word += c.Sign.W + 3
				}
				limit := 110.0
				if tb.Columns[i].Mono {
					limit = 80
				}
				least[i], most[i] = max(least[i], min(word, limit*t.scale)), max(most[i], whole)
			}
		}
	}
	room := width - cellGap*float64(n-1)
	return share(least, most, tb.Columns, room, tb.Compact)
}

func share(least, most []float64, cols []document.Column, room float64, compact bool) []float64 {
	ws := make([]float64, len(least))
	sumLeast, sumMost := 0.0, 0.0
	for i := range least {
		most[i] = max(most[i], least[i])
		sumLeast += least[i]
		sumMost += most[i]
	}
	switch {
	case sumMost <= room:
		copy(ws, most)
		if compact {
			return ws
		}
		weights := 0.0
		for i := range ws { // what is left goes to the columns of words
			if !cols[i].Right && !cols[i].Centre {
				weights += most[i]
			}
		}
		for i := range ws {
			if weights > 0 && !cols[i].Right && !cols[i].Centre {
				ws[i] += (room - sumMost) * most[i] / weights
			}
		}
	case sumLeast >= room: // even the longest words do not fit: all give way alike
		for i := range ws {
			ws[i] = least[i] * room / sumLeast
		}
	default:
		wish := 0.0
		for i := range ws {
			wish += min(most[i]-least[i], room*0.6)
		}
		for i := range ws {
			ws[i] = least[i] + (room-sumLeast)*min(most[i]-least[i], room*0.6)/max(wish, 1)
		}
	}
	return ws
}
