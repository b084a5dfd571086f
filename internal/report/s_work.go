package report

import (
	"strconv"
	"strings"

	"vigie/internal/document"
	"vigie/internal/ledger"
)

// workRows bounds section 6.
const workRows = 80

// work is the account of the work done, by phases, failures among them.
func (b *builder) work(s *document.Section) {
	s.Add(para(document.Intro, b.say("Ce qui est fait, par qui, quand, avec quelle preuve. Les essais manqués et abandonnés y figurent aussi.",
		"What was done, by whom, when, with which proof. Failed and abandoned tries are listed too.")))
	s.Add(b.workTable())
	if h := b.w.Hours(); h > 0 {
		s.Add(para(document.Note, b.say("Temps de travail consigné : %s h.", "Hours of work recorded: %s.", b.p.tenths(int64(h*10+0.5))), factWork))
	}
}

func (b *builder) workTable() *document.Table {
	t := &document.Table{Key: "work", Facts: []string{factWork},
		Empty: document.Words(b.say("Aucune intervention n'est consignée dans l'affaire : ce document dit ce que montrent les éléments, et ce qu'il faut faire.",
			"No work is recorded in the case: this document says what the evidence shows, and what is to be done.")),
		Columns: []document.Column{col("id", b.p.T("col.id")), col("time", b.p.T("col.time")), col("who", b.say("Qui", "Who")), col("action", b.say("Action et cible", "Action and target")),
			col("why", b.p.T("col.answers")), col("result", b.say("Résultat", "Result")), col("proof", b.say("Preuve", "Proof"))}}
	for _, ph := range append(phases, "") {
		var in []*ledger.ActionRecord
		for i := range b.w.Actions {
			a := &b.w.Actions[i]
			if a.State != "planned" && (a.Phase == ph || ph == "" && !known["phase."+a.Phase]) {
				in = append(in, a)
			}
		}
		if len(in) == 0 {
			continue
		}
		title := b.p.T("phase.other")
		if ph != "" {
			title = b.p.Phase(ph)
		}
		if len(t.Rows) < workRows {
			t.Rows = append(t.Rows, document.Row{Group: true, Cells: []document.Cell{word(title)}})
		}
		for _, a := range in {
			t.Total++
			if len(t.Rows) < workRows {
				t.Rows = append(t.Rows, b.workRow(a))
			}
		}
	}
	t.All = func(yield func(document.Row) bool) {
		for i := range b.w.Actions {
			if b.w.Actions[i].State != "planned" && !yield(b.workRow(&b.w.Actions[i])) {
				return
			}
		}
	}
	return t
}

func (b *builder) workRow(a *ledger.ActionRecord) document.Row {
	who := cells(b.vMax(a.By, 60))
	if a.ApprovedBy != "" {
		who.Lines = append(who.Lines, join(document.Words(b.say("approuvé par ", "approved by ")), b.vMax(a.ApprovedBy, 60)))
	}
	if a.CheckedBy != "" {
		who.Lines = append(who.Lines, join(document.Words(b.say("contrôlé par ", "checked by ")), b.vMax(a.CheckedBy, 60)))
	}
	result := cells(document.Words(b.actionState(a)), b.vMax(a.Result, 300))
	if a.Reversible != nil {
		rev := b.say("réversible", "reversible")
		if !*a.Reversible {
			rev = b.say("non réversible", "not reversible")
		}
		result.Lines = append(result.Lines, document.Words(rev))
	}
	return document.Row{Anchor: b.fact(a.ID), Cells: []document.Cell{head(word(visibleMax(a.ID, 40))), b.stampPtr(a.DoneAt), who,
		cells(b.tx(a.Title), b.vMax(b.p.Host(a.Target), 80)), cells(b.refs(a.Answers...), b.tx(a.Why)), result, b.proof(a)}}
}

func (b *builder) actionState(a *ledger.ActionRecord) string {
	switch a.State {
	case "done":
		return b.say("Fait", "Done")
	case "checked":
		return b.say("Fait et contrôlé", "Done and checked")
	case "failed":
		return b.say("Échec", "Failed")
	case "abandoned":
		return b.say("Abandonné", "Abandoned")
	case "planned":
		return b.say("À faire", "To do")
	}
	return visibleMax(a.State, 40)
}

// proof lists files with their hashes; work without proof is said to be so (rule R7).
func (b *builder) proof(a *ledger.ActionRecord) document.Cell {
	var c document.Cell
	for i, p := range a.Proof {
		if i == 4 {
			c.Lines = append(c.Lines, document.Words("+"+b.p.Int(int64(len(a.Proof)-i))))
			break
		}
		c.Lines = append(c.Lines, b.vMax(p.Name, 80), b.code(clip(p.SHA256, 17)))
	}
	if len(a.Measured) > 0 {
		c.Lines = append(c.Lines, document.Words(b.say("mesuré par le programme", "measured by the program")))
	}
	if !a.Proved() && a.Done() {
		c.Lines = append(c.Lines, document.Inlines{{Text: b.say("déclaré, non prouvé", "declared, not proved"), Style: document.Strong, Ink: "amber"}})
	}
	if len(c.Lines) == 0 {
		return b.none()
	}
	return c
}

// beforeAfter is one table a machine: each cell measured, with its time, or said not to be.
func (b *builder) beforeAfter(s *document.Section) {
	s.Add(para(document.Intro, b.say("Chaque case porte une mesure et son heure. Une case sans mesure le dit : rien n'y est supposé.",
		"Each cell holds a measurement and its time. A cell without one says so: nothing is assumed.")))
	if len(b.c.Hosts) == 0 {
		s.Add(para(document.Plain, b.p.T("text.nohost"), factReading))
		return
	}
	for i := range b.c.Hosts {
		if i == detailHosts {
			s.Add(para(document.Note, b.p.N("more.hosts", int64(len(b.c.Hosts)-i)), hostFact(i)))
			break
		}
		s.Add(b.measureTable(i))
	}
	if len(b.c.Checks) > 0 {
		s.Add(b.checkTable())
	}
}

func (b *builder) measureTable(i int) *document.Table {
	h := &b.c.Hosts[i]
	t := &document.Table{Key: "before-after-" + strconv.Itoa(i+1), Caption: visibleMax(b.p.Host(h.Name), 100), Columns: []document.Column{col("what", b.say("Mesure", "Measurement")), col("before", b.say("Avant", "Before")), col("after", b.say("Après", "After")),
		col("source", b.p.T("col.source"))}}
	for _, m := range b.measures(i) {
		t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{head(word(m.what)), m.before, m.after, m.source}})
	}
	return t
}

// accounts is the matrix of accounts and steps.
func (b *builder) accounts(s *document.Section) {
	if len(b.c.AccountFacts) > 0 {
		s.Add(b.accountFactTable())
	}
	if len(b.w.Accounts) == 0 {
		s.Add(para(document.Plain, b.say("Aucun compte n'a été durci dans l'affaire, ou personne ne l'a consigné.", "No account was hardened in the case, or nobody recorded it."), factWork))
		return
	}
	s.Add(para(document.Intro, b.say("Une case vide veut dire : à faire. Une action sans preuve jointe est déclarée par la personne nommée.",
		"An empty cell means: to do. A step without a proof is declared by the person named.")))
	if fig := b.matrixFigure(); fig != nil {
		s.Add(fig)
	}
	s.Add(b.accountTable())
}

// accountRows bounds the list below the matrix.
const accountRows = 60

func (b *builder) accountTable() *document.Table {
	t := &document.Table{Key: "accounts", Caption: b.say("Étape par étape", "Step by step"), Columns: []document.Column{col("account", b.say("Compte", "Account")), col("step", b.say("Étape", "Step")), col("state", b.say("État", "State")),
		col("time", b.p.T("col.time")), col("who", b.say("Qui", "Who")), col("note", b.say("Remarque", "Remark")), col("proof", b.say("Preuve", "Proof"))}}
	each := func(yield func(document.Row) bool) {
		for i := range b.w.Accounts {
			a := &b.w.Accounts[i]
			for _, st := range b.w.Steps {
				c, ok := a.Steps[st.ID]
				if !ok {
					continue
				}
				proof := b.none()
				switch {
				case len(c.Proof) > 0:
					proof = cells(b.vMax(c.Proof[0].Name, 60), b.code(clip(c.Proof[0].SHA256, 17)))
				case c.State == "done":
					proof = word(b.say("déclaré, non prouvé", "declared, not proved"))
				}
				state := word(b.stepState(c.State))
				state.Value = c.State
				if !yield(document.Row{Cells: []document.Cell{head(cell(b.vMax(a.Name, 80))), cell(b.tx(st.Title)), state, b.stampPtr(c.At), b.orNone(or(c.By, c.Author)), b.orNone(c.Note), proof}}) {
					return
				}
			}
		}
	}
	each(func(r document.Row) bool {
		t.Total++
		if t.Total <= accountRows {
			t.Rows = append(t.Rows, r)
		}
		return true
	})
	t.All = each
	t.Empty = document.Words(b.say("Aucune étape n'est consignée pour ces comptes.", "No step is recorded for these accounts."))
	t.Facts = []string{factWork}
	return t
}

func (b *builder) stepState(s string) string {
	switch s {
	case "done":
		return b.say("fait", "done")
	case "not-applicable":
		return b.say("sans objet", "not applicable")
	case "refused":
		return b.say("refusé par le client", "refused by the client")
	case "todo", "":
		return b.say("à faire", "to do")
	}
	return visibleMax(strings.TrimSpace(s), 40)
}
