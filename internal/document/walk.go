package document

// Anchors gives the ids that links can lead to.
func Anchors(d *Document) map[string]bool {
	m := map[string]bool{}
	EachSection(d, func(s *Section) { m[s.ID] = true })
	EachBlock(d, func(_ *Section, b Block) {
		if t, ok := b.(*Table); ok {
			for i := range t.Rows {
				if a := t.Rows[i].Anchor; a != "" {
					m[a] = true
				}
			}
		}
	})
	return m
}

// EachSection visits sections in the order of reading, but not the entries of the list of sections.
func EachSection(d *Document, visit func(*Section)) {
	var walk func([]*Section)
	walk = func(ss []*Section) {
		for _, s := range ss {
			visit(s)
			if s.ID != ContentsID {
				walk(s.Parts)
			}
		}
	}
	walk(d.Sections)
}

// EachBlock visits blocks in the order of reading, those inside of others too, with the section that they stand in.
func EachBlock(d *Document, visit func(*Section, Block)) {
	EachSection(d, func(s *Section) { within(s, s.Blocks, visit) })
}

func within(s *Section, bs []Block, visit func(*Section, Block)) {
	for _, b := range bs {
		visit(s, b)
		switch b := b.(type) {
		case *Grid:
			for _, c := range b.Columns {
				within(s, c, visit)
			}
		case *Table:
			for i := range b.Rows {
				within(s, b.Rows[i].Below, visit)
			}
		}
	}
}

// EachInlines visits runs of words that are shown, in the order of reading. They may be changed in place.
func EachInlines(d *Document, visit func(Inlines)) {
	EachBlock(d, func(_ *Section, b Block) {
		switch b := b.(type) {
		case *Paragraph:
			visit(b.Text)
		case *List:
			for _, it := range b.Items {
				visit(it.Text)
			}
		case *Pairs:
			for _, p := range b.Pairs {
				visit(p.Value)
			}
		case *Panels:
			for _, p := range b.Panels {
				visit(p.Answer)
				for _, l := range p.Lines {
					visit(l.Text)
				}
			}
		case *Quote:
			visit(b.Head)
			visit(b.Raw)
			visit(b.Note)
		case *Table:
			visit(b.Empty)
			for i := range b.Rows {
				for _, c := range b.Rows[i].Cells {
					for _, l := range c.Lines {
						visit(l)
					}
				}
			}
		}
	})
}

// Tables gives the tables that have a name, in the order of reading.
func Tables(d *Document) []*Table {
	var out []*Table
	EachBlock(d, func(_ *Section, b Block) {
		if t, ok := b.(*Table); ok && t.Key != "" {
			out = append(out, t)
		}
	})
	return out
}
