package report

import (
	"strconv"
	"strings"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/document"
	"vigie/internal/draw"
)

func itoa(n int) string { return strconv.Itoa(n) }

// lanesFigure draws the two timelines, one above the other on one axis and never mixed: what the evidence shows, and what we did. Nil
// when nothing has a date. When both lie far apart in time, each gets its own half of the axis.
func (b *builder) lanesFigure() *document.Figure {
	fs := b.storyFindings()
	ds := b.deeds()
	if len(fs) == 0 && len(ds) == 0 {
		return nil
	}
	var lo, hi, wlo, whi time.Time
	widen := func(lo, hi *time.Time, t time.Time) {
		if t.IsZero() {
			return
		}
		if lo.IsZero() || t.Before(*lo) {
			*lo = t
		}
		if hi.IsZero() || t.After(*hi) {
			*hi = t
		}
	}
	for _, f := range fs {
		widen(&lo, &hi, f.Time)
		widen(&lo, &hi, f.TimeEnd)
	}
	for _, d := range ds {
		widen(&wlo, &whi, d.at)
	}
	if lo.IsZero() && wlo.IsZero() {
		return nil
	}
	pic := &draw.Picture{W: chartW, Title: b.say("L'attaque et notre intervention", "The attack and our work")}
	y := 8.0
	if !lo.IsZero() {
		y = b.attackLanes(pic, fs, lo, hi, y)
		pic.Desc = b.say("Attaque : du %s au %s.", "Attack: from %s to %s.", b.p.DateTime(lo), b.p.DateTime(hi))
	}
	if !wlo.IsZero() {
		y = b.workLane(pic, ds, wlo, whi, y)
		pic.Desc = strings.TrimSpace(pic.Desc + " " + b.say("Intervention : du %s au %s.", "Work: from %s to %s.", b.p.DateTime(wlo), b.p.DateTime(whi)))
	}
	pic.H = y
	legend := []document.Sign{{Picture: stageSign(casefile.Attempt), Label: b.p.T("stage.attempt")}, {Picture: stageSign(casefile.Success), Label: b.p.T("stage.success")},
		{Picture: stageSign(casefile.FollowUp), Label: b.p.T("stage.follow-up")}}
	if len(ds) > 0 {
		proved, declared := &draw.Picture{W: 9, H: 9}, &draw.Picture{W: 9, H: 9}
		proved.Add(deedMark(4.5, 4.5, true))
		declared.Add(deedMark(4.5, 4.5, false))
		legend = append(legend, document.Sign{Picture: proved, Label: b.say("acte prouvé ou mesuré", "act proved or measured")}, document.Sign{Picture: declared, Label: b.say("acte déclaré", "act declared")})
	}
	return &document.Figure{ID: "lanes", Picture: pic, Legend: legend}
}

// axisOver makes a scale with a margin over a stretch of time.
func axisOver(lo, hi time.Time) scale {
	if hi.Sub(lo) < time.Hour {
		mid := lo.Add(hi.Sub(lo) / 2)
		lo, hi = mid.Add(-30*time.Minute), mid.Add(30*time.Minute)
	}
	m := hi.Sub(lo) / 40
	return scale{lo.Add(-m), hi.Add(m)}
}

func (b *builder) attackLanes(pic *draw.Picture, fs []*casefile.Finding, lo, hi time.Time, y float64) float64 {
	sc := axisOver(lo, hi)
	pic.Add(draw.Text{X: 0, Y: y + 4, Size: labelSize, Ink: draw.Ink0, Bold: true, Words: b.say("Attaque", "Attack")})
	y += 6
	for _, st := range []casefile.Stage{casefile.Attempt, casefile.Success, casefile.FollowUp} {
		l := newLane(b.p, sc, px(y+laneH/2+2), st, fs)
		l.shapes(pic)
		y += laneH
	}
	y += 4
	ticks, contexts := ticks(b.p, sc)
	axisShapes(pic, ticks, contexts, y)
	return y + 36
}

func deedMark(x, y float64, proved bool) draw.Shape {
	p := draw.Polygon{Points: []draw.Point{{X: x, Y: y - 4}, {X: x + 4, Y: y + 3.4}, {X: x - 4, Y: y + 3.4}}, Fill: draw.Paper, Stroke: draw.Teal, Width: 1.4}
	if proved {
		p.Fill = draw.Teal
	}
	return p
}

func (b *builder) workLane(pic *draw.Picture, ds []deed, lo, hi time.Time, y float64) float64 {
	sc := axisOver(lo, hi)
	pic.Add(draw.Text{X: 0, Y: y + 4, Size: labelSize, Ink: draw.Ink0, Bold: true, Words: b.say("Notre intervention", "Our work")})
	y += 6 + laneH/2 + 2
	pic.Add(draw.Line{X1: plotX0, Y1: y, X2: plotX1, Y2: y, Stroke: draw.Faint})
	lastX, n := -100.0, 0
	flush := func() {
		if n > 1 {
			pic.Add(draw.Text{X: lastX, Y: y - 7, Size: tickSize, Anchor: draw.Middle, Ink: draw.Ink0, Bold: true, Words: itoa(n)})
		}
	}
	for _, d := range ds {
		if d.at.IsZero() {
			continue
		}
		if x := sc.x(d.at); x-lastX >= 12 {
			flush()
			lastX, n = x, 0
			pic.Add(deedMark(x, y, d.proved))
		}
		n++
	}
	flush()
	y += laneH/2 + 2
	ticks, contexts := ticks(b.p, sc)
	axisShapes(pic, ticks, contexts, y)
	return y + 36
}

// mapFigure draws what was touched: addresses on the left, machines in the middle, what they held on the right. A full line is certain, a
// dashed one probable or possible. Nil when nothing was touched.
func (b *builder) mapFigure() *document.Figure {
	groups := b.touchedGroups()
	total := 0
	for _, g := range groups {
		total += len(g.items)
	}
	if total == 0 {
		return nil
	}
	pic := &draw.Picture{W: chartW, Title: b.say("Carte de ce qui a été touché", "Map of what was touched")}
	clients, hosts := b.mapClients(), b.mapHosts(groups)
	var right []mapBox
	for _, g := range groups {
		if g.key == "machines" || len(g.items) == 0 {
			continue
		}
		right = append(right, b.groupBox(g))
	}
	const boxH, step = 34.0, 44.0
	rows := max(len(clients), len(hosts), len(right), 1)
	pic.H = float64(rows)*step + 26
	column := func(x, w float64, title string, boxes []mapBox) []float64 {
		pic.Add(draw.Text{X: x, Y: 10, Size: labelSize, Ink: draw.Soft, Bold: true, Words: title})
		var ys []float64
		off := (float64(rows) - float64(len(boxes))) * step / 2
		for i, bx := range boxes {
			y := 20 + off + float64(i)*step
			ink := draw.Soft
			if bx.ink != "" {
				ink = bx.ink
			}
			pic.Add(draw.Rect{X: x, Y: y, W: w, H: boxH, Fill: draw.Wash, Stroke: ink})
			pic.Add(draw.Text{X: x + 8, Y: y + 14, Size: labelSize, Ink: draw.Ink0, Bold: true, Words: bx.title})
			pic.Add(draw.Text{X: x + 8, Y: y + 26, Size: 8.2, Ink: draw.Soft, Words: bx.sub})
			ys = append(ys, y+boxH/2)
		}
		return ys
	}
	left := column(0, 190, b.say("Adresses", "Addresses"), clients)
	mid := column(275, 190, b.p.T("touched.machines"), hosts)
	end := column(550, 190, b.say("Ce qui était dessus", "What was on them"), right)
	// A line stands only where a finding, or a touched thing, ties the two.
	for i, y1 := range left {
		for k, y2 := range mid {
			if tied, _ := clients[i].tie(hosts[k]); tied {
				pic.Add(draw.Line{X1: 190, Y1: y1, X2: 275, Y2: y2, Stroke: inkOr(hosts[k].ink), Width: 1.1})
			}
		}
	}
	for i, y1 := range mid {
		for k, y2 := range end {
			if tied, certain := right[k].tie(hosts[i]); tied {
				pic.Add(draw.Line{X1: 465, Y1: y1, X2: 550, Y2: y2, Stroke: inkOr(right[k].ink), Width: 1.1, Dashed: !certain})
			}
		}
	}
	for _, bx := range append(append(clients, hosts...), right...) {
		pic.Desc = strings.TrimSpace(pic.Desc + " " + bx.title + b.colon() + bx.sub + ".")
	}
	return &document.Figure{ID: "map", Picture: pic, Legend: []document.Sign{
		{Picture: lineSign(false), Label: b.p.Certainty(casefile.Certain)},
		{Picture: lineSign(true), Label: b.p.Certainty(casefile.Probable) + " / " + b.p.Certainty(casefile.Possible)}}}
}

func lineSign(dashed bool) *draw.Picture {
	p := &draw.Picture{W: 20, H: 9}
	p.Add(draw.Line{X1: 0, Y1: 4.5, X2: 20, Y2: 4.5, Stroke: draw.Slate, Width: 1.3, Dashed: dashed})
	return p
}

func inkOr(i draw.Ink) draw.Ink {
	if i == "" {
		return draw.Soft
	}
	return i
}

type mapBox struct {
	title, sub string
	ink        draw.Ink
	// hosts are the servers that the box is about, by name: true where that is certain.
	hosts map[string]bool
}

// about adds a server; once certain it stays so.
func (m *mapBox) about(host string, certain bool) {
	if m.hosts == nil {
		m.hosts = map[string]bool{}
	}
	m.hosts[host] = m.hosts[host] || certain
}

// tie tells whether a box is about one of the servers of another, and whether that is certain.
func (m mapBox) tie(server mapBox) (tied, certain bool) {
	for h := range server.hosts {
		sure, ok := m.hosts[h]
		tied, certain = tied || ok, certain || sure
	}
	return tied, certain
}

// mapBoxes bounds a column of the map.
const mapBoxes = 4

// mapClients are the addresses of successes and follow-ups, at most a few.
func (b *builder) mapClients() []mapBox {
	var out []mapBox
	at := map[string]int{} // box of an address; mapBoxes-1 for those that share the last
	var rest mapBox
	more := 0
	for i := range b.c.Findings {
		f := &b.c.Findings[i]
		if f.Stage != casefile.Success && f.Stage != casefile.FollowUp {
			continue
		}
		for _, c := range f.Clients {
			n, seen := at[c]
			if !seen {
				if n = len(out); n < mapBoxes-1 {
					out = append(out, mapBox{title: clip(visibleMax(c, 60), 30), sub: b.p.Stamp(f.Time)})
				} else {
					more++
				}
				at[c] = n
			}
			if n < mapBoxes-1 {
				out[n].about(f.Host, true)
			} else {
				rest.about(f.Host, true)
			}
		}
	}
	if more > 0 {
		rest.title, rest.sub = b.n(int64(more), forms{"+ %s autre", "+ %s autres", "+ %s more", "+ %s more"}), b.say("voir l'annexe C", "see annex C")
		out = append(out, rest)
	}
	return out
}

func (b *builder) mapHosts(groups []touchedGroup) []mapBox {
	var out []mapBox
	seen := map[string]bool{}
	var rest mapBox
	more := 0
	for _, g := range groups {
		for i := range g.items {
			h := g.items[i].Host
			if seen[h] {
				continue
			}
			seen[h] = true
			if len(out) == mapBoxes {
				rest.about(h, true)
				more++
				continue
			}
			bx := mapBox{hosts: map[string]bool{h: true}, title: clip(visibleMax(b.p.Host(h), 80), 30)}
			if k, ok := b.hostAt[h]; ok {
				bx.sub, bx.ink = b.p.Verdict(b.c.Hosts[k].Verdict), inkOf(verdictInk, b.c.Hosts[k].Verdict)
			}
			out = append(out, bx)
		}
	}
	if more > 0 {
		rest.title = b.n(int64(more), forms{"+ %s autre", "+ %s autres", "+ %s more", "+ %s more"})
		out = append(out, rest)
	}
	return out
}

func (b *builder) groupBox(g touchedGroup) mapBox {
	bx := mapBox{title: b.p.T("touched."+g.key) + b.colon() + b.p.Int(int64(len(g.items)))}
	n := map[casefile.Certainty]int64{}
	for i := range g.items {
		n[g.items[i].Certainty]++
		bx.about(g.items[i].Host, g.items[i].Certainty == casefile.Certain)
	}
	var parts []string
	for _, c := range []casefile.Certainty{casefile.Certain, casefile.Probable, casefile.Possible} {
		if n[c] > 0 {
			parts = append(parts, b.p.Int(n[c])+" "+b.p.Certainty(c))
		}
	}
	bx.sub = strings.Join(parts, " · ")
	return bx
}

// matrixAccounts bounds the rows of the drawn matrix; the table below it has each step.
const matrixAccounts = 28

// matrixFigure draws accounts against steps, nil when there is no step.
func (b *builder) matrixFigure() *document.Figure {
	steps := b.w.Steps
	if len(steps) == 0 {
		return nil
	}
	rows := min(len(b.w.Accounts), matrixAccounts)
	const nameW, cellH = 190.0, 19.0
	w := min((chartW-nameW)/float64(len(steps)), 74)
	pic := &draw.Picture{W: nameW + w*float64(len(steps)), Title: b.say("Comptes et étapes", "Accounts and steps")}
	top := 20.0
	for k, st := range steps {
		words := wrap(visibleMax(b.p.Text(st.Title), 60), max(8, int(w/4.6)))
		top = max(top, float64(len(words))*9.5+10)
		for i, l := range words {
			pic.Add(draw.Text{X: nameW + (float64(k)+.5)*w, Y: 9 + float64(i)*9.5, Size: 7.8, Anchor: draw.Middle, Ink: draw.Soft, Words: l})
		}
	}
	for i := range rows {
		a := &b.w.Accounts[i]
		y := top + float64(i)*cellH
		pic.Add(draw.Line{X1: 0, Y1: y, X2: pic.W, Y2: y, Stroke: draw.Faint, Width: .6})
		pic.Add(draw.Text{X: 0, Y: y + 13, Size: 8.8, Ink: draw.Ink0, Words: clip(visibleMax(a.Name, 80), 36)})
		for k, st := range steps {
			x := nameW + (float64(k)+.5)*w
			c := a.Steps[st.ID]
			if c.State == "" && !a.Asked(st.ID) { // the plan asks other steps of this account
				c.State = "not-applicable"
			}
			pic.Add(stepMark(c.State, len(c.Proof) > 0, x, y+cellH/2)...)
			pic.Desc += b.p.T("chart.desc.row", "Name", visibleMax(a.Name, 80)+", "+visibleMax(b.p.Text(st.Title), 60), "Percent", b.stepState(c.State)) + " "
		}
	}
	pic.Desc = clip(pic.Desc, 4000)
	pic.H = top + float64(rows)*cellH + 6
	sign := func(state string, proved bool) *draw.Picture {
		p := &draw.Picture{W: 11, H: 11}
		p.Add(stepMark(state, proved, 5.5, 5.5)...)
		return p
	}
	return &document.Figure{ID: "matrix", Picture: pic, Legend: []document.Sign{
		{Picture: sign("done", true), Label: b.say("fait, avec preuve", "done, with proof")}, {Picture: sign("done", false), Label: b.say("fait, déclaré", "done, declared")},
		{Picture: sign("todo", false), Label: b.say("à faire", "to do")}, {Picture: sign("not-applicable", false), Label: b.say("sans objet", "not applicable")},
		{Picture: sign("refused", false), Label: b.say("refusé par le client", "refused by the client")}}}
}

// stepMark is a sign of a state: told by shape, not by colour alone.
func stepMark(state string, proved bool, x, y float64) []draw.Shape {
	switch state {
	case "done":
		r := draw.Rect{X: x - 4.5, Y: y - 4.5, W: 9, H: 9, Stroke: draw.Teal, Fill: draw.Paper, Width: 1.4}
		if proved {
			r.Fill = draw.Teal
			return []draw.Shape{r}
		}
		return []draw.Shape{r, draw.Rect{X: x - 2, Y: y - 2, W: 4, H: 4, Fill: draw.Teal}}
	case "not-applicable":
		return []draw.Shape{draw.Line{X1: x - 4, Y1: y, X2: x + 4, Y2: y, Stroke: draw.Slate, Width: 1.4}}
	case "refused":
		return []draw.Shape{draw.Line{X1: x - 4, Y1: y - 4, X2: x + 4, Y2: y + 4, Stroke: draw.Red, Width: 1.6}, draw.Line{X1: x - 4, Y1: y + 4, X2: x + 4, Y2: y - 4, Stroke: draw.Red, Width: 1.6}}
	}
	return []draw.Shape{draw.Circle{X: x, Y: y, R: 3.8, Stroke: draw.Amber, Width: 1.3}}
}
