package report

import (
	"time"

	"vigie/internal/casefile"
	"vigie/internal/document"
	"vigie/internal/ledger"
)

// duties help the client to decide: what we know, what is missing, who must fill it. The client decides and signs.
func (b *builder) duties(s *document.Section) {
	s.Add(para(document.Warning, b.say("Ce n'est pas un avis juridique. Le client décide et signe ; le prestataire prépare.",
		"This is not legal advice. The client decides and signs; the firm prepares.")))
	s.Add(b.clockTable())
	if rest := b.unstarted(); len(rest) > 0 {
		t := &document.Table{Key: "obligations", Caption: b.say("Délais que personne n'a déclenchés", "Deadlines that nobody has started"), Columns: []document.Column{col("what", b.say("Obligation", "Obligation")), col("who", b.say("Qui", "Who")),
			col("starts", b.say("Ce qui déclenche le délai", "What starts it")), col("due", b.say("Délai", "Time")), col("source", b.say("Texte", "Text"))}}
		for _, o := range rest {
			var due document.Cell
			for _, d := range o.Deadlines {
				due.Lines = append(due.Lines, document.Words(b.deadline(&d)))
			}
			t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{head(cell(b.tx(o.Title))), cell(b.tx(o.Who)), cell(b.tx(o.Starts)), due, b.lawCell(&o)}})
		}
		s.Add(t)
	}
	b.prefilled(s)
}

func (b *builder) deadline(d *casefile.Deadline) string {
	t := visibleMax(b.p.Text(d.Title), 120)
	switch {
	case d.Months > 0:
		return t + b.colon() + b.n(int64(d.Months), forms{"%s mois", "%s mois", "%s month", "%s months"})
	case d.Hours > 0:
		return t + b.colon() + b.n(int64(d.Hours), forms{"%s heure", "%s heures", "%s hour", "%s hours"})
	}
	return t
}

// lawCell names a text, its source and the day on which it was last checked (rule R12).
func (b *builder) lawCell(o *casefile.Obligation) document.Cell {
	day := visibleMax(o.CheckedOn, 20)
	if t, ok := parseDay(o.CheckedOn); ok {
		day = b.p.Date(t)
	}
	return cells(b.vMax(o.Law, 160), join(b.vMax(o.Source, 160), document.Words(b.say(", vérifié le %s", ", checked on %s", day))))
}

// unstarted are the obligations of the knowledge that have no clock in the case.
func (b *builder) unstarted() []casefile.Obligation {
	started := map[string]bool{}
	for i := range b.w.Clocks {
		started[b.w.Clocks[i].ID] = true
	}
	var out []casefile.Obligation
	for _, o := range b.src.Obligations {
		if !started[o.ID] {
			out = append(out, o)
		}
	}
	return out
}

func (b *builder) clockTable() *document.Table {
	t := &document.Table{Key: "clocks", Caption: b.say("Délais en cours", "Running deadlines"), Facts: []string{factClocks},
		Empty:   document.Words(b.say("Aucun délai n'a été déclenché dans l'affaire : c'est au client d'en décider.", "No deadline was started in the case: the client decides.")),
		Columns: []document.Column{col("id", b.p.T("col.id")), col("what", b.say("Obligation", "Obligation")), col("start", b.say("Début", "Start")), col("due", b.say("Échéance", "Due")), col("state", b.say("État", "State")), col("decided", b.say("Décidé par", "Decided by")), col("source", b.say("Texte", "Text"))}}
	for i := range b.w.Clocks {
		c := &b.w.Clocks[i]
		for j := range c.Due {
			t.Rows = append(t.Rows, b.clockRow(c, &c.Due[j], j == 0))
		}
	}
	return t
}

func (b *builder) clockRow(c *ledger.Clock, d *ledger.Due, first bool) document.Row {
	id := clockFact(c)
	state := word(b.say("en cours", "running"))
	switch {
	case d.Met != nil:
		state = cells(document.Words(b.say("fait", "done")), document.Words(b.p.Stamp(*d.Met)), b.vMax(d.Reason, 120))
	case c.State == "stopped" && c.Ended != nil:
		state = cells(document.Words(b.say("arrêté", "stopped")), b.vMax(c.Ended.Reason, 160), b.vMax(c.Ended.DecidedBy, 60))
	case !b.opt.Identity.Date.IsZero() && d.Late(b.opt.Identity.Date):
		state = cell(inked(b.say("dépassé", "overdue"), "red"))
	}
	r := document.Row{Cells: []document.Cell{head(word(visibleMax(id, 40))), cells(b.tx(d.Deadline.Title), b.tx(c.Rule.Title)), b.moment(c.Start), b.moment(d.At), state,
		cells(b.vMax(c.DecidedBy, 60), b.vMax(c.Reason, 200)), b.lawCell(&c.Rule)}}
	if first {
		r.Anchor = b.fact(id)
	}
	return r
}

func (b *builder) moment(t time.Time) document.Cell {
	c := word(b.p.DateTime(t))
	c.Value = t.UTC().Format(time.RFC3339)
	return c
}

// prefilled are the fields that a notification or a complaint asks for: what the case knows, and what only the client can fill.
func (b *builder) prefilled(s *document.Section) {
	yours := soft(b.say("à remplir par vous", "yours to fill"))
	known := func(x string) document.Inlines {
		if x == "" {
			return yours
		}
		return document.Words(x)
	}
	first, last := b.hostileSpan()
	span := ""
	if !first.IsZero() {
		span = b.say("du %s au %s", "from %s to %s", b.p.DateTime(first), b.p.DateTime(last))
	}
	found := ""
	if len(b.w.Revisions) > 0 {
		found = b.p.DateTime(b.w.Revisions[0].Time)
	}
	nature := ""
	if f := b.speaking(); f != nil && (f.Verdict == casefile.Confirmed || f.Verdict == casefile.Suspected) {
		nature = b.say("Atteinte possible à la confidentialité : %s", "Possible breach of confidentiality: %s", visibleMax(b.p.Text(f.Sentence), 300))
	}
	done, open := int64(0), int64(0)
	for i := range b.w.Actions {
		if b.w.Actions[i].Done() {
			done++
		} else {
			open++
		}
	}
	measures := b.n(done, forms{"%s mesure prise", "%s mesures prises", "%s measure taken", "%s measures taken"}) + ", " +
		b.n(open, forms{"%s prévue (sections 6 et 10)", "%s prévues (sections 6 et 10)", "%s planned (sections 6 and 10)", "%s planned (sections 6 and 10)"})
	t := &document.Table{Key: "notification", Caption: b.say("Notification d'une violation de données (RGPD, articles 33 et 34) : ce que l'affaire sait", "Notice of a data breach (GDPR, articles 33 and 34): what the case knows"),
		Columns: []document.Column{col("field", b.say("Champ", "Field")), col("value", b.say("Contenu", "Content"))}}
	row := func(fr, en string, v document.Inlines) {
		t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{head(word(b.say(fr, en))), cell(v)}})
	}
	row("Première notification ou complément", "First notice or addition", yours)
	row("Début et fin de la violation", "Beginning and end of the breach", known(span))
	row("Date de la découverte", "When it was found", known(found))
	row("Nature et circonstances", "Nature and circumstances", known(nature))
	row("Catégories et nombre de personnes", "Categories and number of persons", yours)
	row("Catégories et nombre d'enregistrements", "Categories and number of records", yours)
	row("Boîtes aux lettres touchées", "Mailboxes touched", document.Words(b.p.Int(int64(len(b.c.Touched.Mailboxes)))))
	row("Conséquences probables", "Likely consequences", yours)
	row("Mesures prises et prévues", "Measures taken and planned", document.Words(measures))
	row("Contact ou délégué à la protection des données", "Contact or data protection officer", b.dpo(yours))
	row("Raisons d'un retard au-delà de 72 heures", "Reasons for a delay beyond 72 hours", yours)
	row("Personnes informées, ou pourquoi non", "Persons told, or why not", yours)
	row("Caractère transfrontalier", "Cross-border", yours)
	s.Add(t)
	s.Add(para(document.Note, b.say("Pour une plainte et pour l'assureur : la chronologie est en section 4, les adresses et heures en annexe C, les empreintes en annexe B, la main courante en annexe D. Perte estimée, numéro de sinistre et accord de l'assureur : à remplir par vous.",
		"For a complaint and for the insurer: the chronology is in section 4, addresses and times in annex C, hashes in annex B, the logbook in annex D. Estimated loss, claim number and the insurer's approval: yours to fill.")))
}

func (b *builder) dpo(otherwise document.Inlines) document.Inlines {
	for i := range b.w.Subject.Contact {
		if c := &b.w.Subject.Contact[i]; c.Side == "client" && c.Role != "" {
			return b.vMax(c.Name+", "+c.Role, 120)
		}
	}
	return otherwise
}

// hostileSpan is the time from the first to the last act that carries a verdict.
func (b *builder) hostileSpan() (first, last time.Time) {
	for i := range b.c.Findings {
		f := &b.c.Findings[i]
		if f.Stage != casefile.Success && f.Stage != casefile.FollowUp || f.Weight == casefile.None || f.Time.IsZero() {
			continue
		}
		if first.IsZero() || f.Time.Before(first) {
			first = f.Time
		}
		last = latest(last, latest(f.Time, f.TimeEnd))
	}
	return first, last
}

// annexLaw lists the texts that this document uses, each with the day it was checked.
func (b *builder) annexLaw(s *document.Section) {
	t := &document.Table{Key: "law", Facts: []string{factClocks}, Empty: document.Words(b.say("Aucun texte n'est utilisé : aucun délai n'est connu ni déclenché.", "No text is used: no deadline is known or started.")),
		Columns: []document.Column{col("law", b.say("Texte", "Text")), col("title", b.say("Objet", "Subject")), col("source", b.say("Source", "Source")), colMono("url", b.say("Adresse", "Address")), col("checked", b.say("Vérifié le", "Checked on"))}}
	seen := map[string]bool{}
	add := func(o *casefile.Obligation) {
		if seen[o.ID] {
			return
		}
		seen[o.ID] = true
		t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{head(cell(b.vMax(o.Law, 200))), cell(b.tx(o.Title)), b.orNone(o.Source), b.orNone(o.URL), b.orNone(o.CheckedOn)}})
	}
	for i := range b.w.Clocks {
		add(&b.w.Clocks[i].Rule)
	}
	for i := range b.src.Obligations {
		add(&b.src.Obligations[i])
	}
	s.Add(t)
}
