package report

import (
	"vigie/internal/document"
)

// scope says why we came, what we were allowed, and what was out of reach: ANSSI's audit rules ask for these reservations in the part for deciders.
func (b *builder) scope(s *document.Section) {
	sub := &b.w.Subject
	m := &sub.Mission
	var ps []document.Pair
	missing := 0
	add := func(label, value string) {
		v := b.v(value)
		if v.Empty() {
			v = soft(b.say("non renseigné dans l'affaire", "not told in the case"))
			missing++
		}
		ps = append(ps, document.Pair{Label: label, Value: v})
	}
	add(b.say("Motif", "Trigger"), m.Trigger)
	permission := m.Permission
	if permission != "" && m.PermissionAt != nil {
		permission += " (" + b.p.DateTime(*m.PermissionAt) + ")"
	}
	add(b.say("Autorisation", "Permission"), permission)
	add(b.say("Référence", "Reference"), m.Reference)
	add(b.say("Objectifs", "Objectives"), m.Objectives)
	add(b.say("Périmètre", "Scope"), m.Scope)
	add(b.say("Hors périmètre", "Out of scope"), m.OutOfScope)
	add(b.say("Refusé ou indisponible", "Refused or not available"), m.Refused)
	if missing == len(ps) {
		s.Add(para(document.Plain, b.say("L'affaire ne dit ni le motif, ni l'autorisation, ni le périmètre : personne ne les a saisis.",
			"The case tells neither trigger, permission nor scope: nobody has entered them."), factSubject))
	} else {
		s.Add(&document.Pairs{Pairs: ps})
	}
	if len(sub.Contact) > 0 && b.opt.For != ForManager {
		t := &document.Table{Key: "people", Caption: b.say("Personnes", "People"), Columns: []document.Column{col("name", b.p.T("col.name")),
			col("side", b.say("Partie", "Side")), col("role", b.say("Fonction", "Role"))}}
		for i, c := range sub.Contact {
			if i == 30 {
				t.Total = len(sub.Contact)
				break
			}
			t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{head(cell(b.vMax(c.Name, 80))), b.orNone(c.Side), b.orNone(c.Role)}})
		}
		s.Add(t)
	}
	s.Add(para(document.Minor, b.say("Réserves", "Reservations")))
	l := &document.List{}
	l.Items = append(l.Items, b.unseen(b.speaking(), managerUnseen)...)
	l.Items = append(l.Items, document.Item{Text: document.Words(b.say("Rien n'a été modifié sur les éléments fournis ; ce document ne dit que ce qu'ils montrent.",
		"Nothing was changed in the evidence; this document says only what it shows.")), Facts: []string{factReading}})
	s.Add(l)
}
