package report

import (
	"strings"

	"vigie/internal/document"
	"vigie/internal/ledger"
)

// identification says what the document is, whose, and on what it rests.
func (b *builder) identification(s *document.Section) {
	sub, id := &b.w.Subject, b.opt.Identity
	var ps []document.Pair
	add := func(label string, v document.Inlines) {
		if !v.Empty() {
			ps = append(ps, document.Pair{Label: label, Value: v})
		}
	}
	status := b.say("projet", "draft")
	switch {
	case b.opt.Automatic:
		status = b.say("établi par le programme, non relu par une personne", "made by the program, not reviewed by a person")
	case id.Final:
		status = b.say("définitif", "final")
	}
	version := document.Words(status)
	if id.Version != "" {
		version = join(b.vMax(id.Version, 40), document.Words(" ("+status+")"))
	}
	add(b.say("Affaire", "Case"), b.vMax(sub.Number, 80))
	add(b.say("Version et état", "Version and status"), version)
	if !id.Date.IsZero() {
		add(b.say("Date du document", "Date of the document"), document.Words(b.p.Date(id.Date)))
	}
	add(b.say("Client", "Client"), b.party(&sub.Client))
	add(b.say("Prestataire", "Firm"), b.party(&sub.Firm))
	add(b.say("Rédaction", "Author"), b.vMax(id.Author, 120))
	add(b.say("Relecture", "Reviewer"), b.vMax(id.Reviewer, 120))
	if m := &sub.Mission; m.From != nil || m.To != nil {
		span := b.p.T("cell.none")
		switch {
		case m.From != nil && m.To != nil:
			span = b.say("du %s au %s", "from %s to %s", b.p.Date(*m.From), b.p.Date(*m.To))
		case m.From != nil:
			span = b.say("depuis le %s", "since %s", b.p.Date(*m.From))
		case m.To != nil:
			span = b.say("jusqu'au %s", "until %s", b.p.Date(*m.To))
		}
		add(b.say("Dates d'intervention", "Dates of work"), document.Words(span))
	}
	add(b.p.T("ident.mark"), document.Words(sharingMark(b.opt.TLP)))
	add(b.say("Diffusion", "Distribution"), b.vMax(strings.Join(sub.Distribution, ", "), 400))
	first, last := evidenceSpan(b.c)
	span := b.p.T("ident.undated")
	if !last.IsZero() {
		span = b.p.T("ident.span", "From", b.p.Date(first), "To", b.p.Date(last))
	}
	add(b.p.T("ident.evidence"), document.Words(b.p.N("ident.files", b.c.Ledger.Files, "Bytes", b.p.Bytes(b.c.Ledger.Bytes))+", "+span))
	add(b.p.T("ident.zone"), document.Words(b.p.Zone()))
	add(b.say("Outil", "Tool"), join(document.Words("Vigie "), b.vMax(or(b.c.Vigie.Version, "?"), 60),
		document.Words(b.say(", connaissances arrêtées au %s", ", knowledge as of %s", b.knowledgeDate()))))
	if b.src.SHA256 != "" {
		add(b.say("Empreinte des données", "Fingerprint of the data"), join(document.Words("SHA-256 "), b.code(b.src.SHA256)))
	}
	if b.opt.For != ForManager {
		add(b.say("Vérification", "Verification"), document.Inlines{{Text: b.say("annexe G", "annex G"), To: "annex-verify"}})
	}
	s.Add(&document.Pairs{Pairs: ps})
}

func (b *builder) knowledgeDate() string {
	if t, ok := parseDay(b.c.Vigie.Knowledge.Date); ok {
		return b.p.Date(t)
	}
	return visibleMax(or(b.c.Vigie.Knowledge.Date, b.p.T("time.unknown")), 40)
}

// party names a firm or a client with what a reader needs to reach them.
func (b *builder) party(p *ledger.Party) document.Inlines {
	var s []string
	contact := p.Contact
	if p.Role != "" && contact != "" {
		contact += " (" + p.Role + ")"
	}
	for _, x := range []string{p.Name, contact, p.Address, p.Phone, p.Mail} {
		if strings.TrimSpace(x) != "" {
			s = append(s, x)
		}
	}
	return b.vMax(strings.Join(s, " · "), 400)
}
