package report

import (
	"vigie/internal/casefile"
	"vigie/internal/document"
	"vigie/internal/draw"
)

// hardeningRows bounds the tables of settings and of accounts; the rest is in their CSV.
const hardeningRows = 60

// bounded keeps the first rows of a table that each gives in full.
func bounded(t *document.Table, most int, each func(yield func(document.Row) bool)) *document.Table {
	t.All = each
	for r := range each {
		if t.Total++; t.Total <= most {
			t.Rows = append(t.Rows, r)
		}
	}
	return t
}

// checkWords are the results of a hardening check.
var checkWords = map[casefile.CheckResult][2]string{
	casefile.NotMet: {"non respecté", "not met"}, casefile.CheckUnknown: {"inconnu", "unknown"},
	casefile.Met: {"respecté", "met"}, casefile.NotApplicable: {"sans objet", "not applicable"},
}

var checkInk = map[casefile.CheckResult]draw.Ink{casefile.NotMet: draw.Red, casefile.CheckUnknown: draw.Violet, casefile.Met: draw.Teal}

// severityWords are how grave it is that a check is not met.
var severityWords = map[string][2]string{"critical": {"critique", "critical"}, "high": {"élevée", "high"}, "medium": {"moyenne", "medium"}, "low": {"faible", "low"}}

// checkTable shows the hardening checks that the exports of settings answer, worst first.
func (b *builder) checkTable() *document.Table {
	t := &document.Table{Key: "checks", Caption: b.say("Réglages vérifiés dans les exports de configuration", "Settings checked in the exports of configuration"), Columns: []document.Column{
		colMono("check", b.say("Contrôle", "Check")), col("server", b.p.T("col.host")), col("what", b.say("Ce qui est attendu", "What is expected")), col("result", b.say("Résultat", "Result")),
		col("severity", b.say("Gravité", "Severity")), col("found", b.say("Ce qui est mesuré", "What was measured")), col("fix", b.say("Remède", "Fix"))}}
	return bounded(t, hardeningRows, func(yield func(document.Row) bool) {
		for i := range b.c.Checks {
			if !yield(b.checkRow(&b.c.Checks[i])) {
				return
			}
		}
	})
}

func (b *builder) checkRow(c *casefile.Check) document.Row {
	result := b.orNone(string(c.Result))
	if w, ok := checkWords[c.Result]; ok {
		result = cell(inked(b.say(w[0], w[1]), inkOf(checkInk, c.Result)))
	}
	result.Value = string(c.Result)
	severity := b.orNone(c.Severity)
	if w, ok := severityWords[c.Severity]; ok {
		severity = word(b.say(w[0], w[1]))
	}
	severity.Value = c.Severity
	found := b.none()
	if len(c.Found) > 0 {
		f := &c.Found[0]
		found = cells(b.vMax(f.Key+" = "+f.Value, 160), b.vMax(f.Where, 160))
		if more := len(c.Found) - 1 + c.More; more > 0 {
			found.Lines = append(found.Lines, soft(b.n(int64(more), forms{"et %s autre", "et %s autres", "and %s other", "and %s others"})))
		}
	}
	fix := b.none()
	if c.Result == casefile.NotMet {
		fix = b.textCell(c.Fix)
	}
	return document.Row{Cells: []document.Cell{head(cell(b.vMax(c.ID, 60))), b.orNone(b.p.Host(c.Host)), cells(b.tx(c.Title), b.tx(c.Expected)), result, severity, found, fix}}
}

// accountKinds say what an export of accounts or mailboxes shows of one.
var accountKinds = map[casefile.AccountFactKind][2]string{
	casefile.RuleForwards:    {"règle de boîte qui transfère au dehors, supprime ou cache", "inbox rule that forwards outside, deletes or hides"},
	casefile.MailForwarded:   {"boîte entière transférée", "whole mailbox forwarded"},
	casefile.AppConsent:      {"application qui peut lire le courrier ou les fichiers", "application that may read mail or files"},
	casefile.FullAccess:      {"boîte ouverte à une autre personne", "mailbox open to somebody else"},
	casefile.SensitiveRole:   {"rôle qui ouvre d'autres boîtes", "role that opens other mailboxes"},
	casefile.PrivilegedGroup: {"membre d'un groupe à privilèges", "member of a privileged group"},
	casefile.ServiceAccount:  {"compte de service (nom de service principal)", "service account (service principal name)"},
	casefile.NeverExpires:    {"mot de passe qui n'expire jamais", "password that never expires"},
	casefile.RemoteShell:     {"PowerShell à distance sans être administrateur", "remote PowerShell without being an administrator"},
	casefile.KerberosKey:     {"clé krbtgt, avec la date de son mot de passe", "krbtgt key, with the date of its password"},
}

// accountFactTable shows what exports of accounts and mailboxes say, in the order of the case: what gives access without a password first.
func (b *builder) accountFactTable() *document.Table {
	t := &document.Table{Key: "account-facts", Caption: b.say("Ce que montrent les exports de comptes et de boîtes", "What the exports of accounts and mailboxes show"), Columns: []document.Column{
		col("account", b.say("Compte", "Account")), col("fact", b.say("Constat", "Fact")), col("detail", b.say("Détail", "Detail")), colMono("where", b.p.T("col.source"))}}
	return bounded(t, hardeningRows, func(yield func(document.Row) bool) {
		for i := range b.c.AccountFacts {
			f := &b.c.AccountFacts[i]
			kind := b.orNone(string(f.Kind))
			if w, ok := accountKinds[f.Kind]; ok {
				kind = word(b.say(w[0], w[1]))
			}
			kind.Value = string(f.Kind)
			if !yield(document.Row{Cells: []document.Cell{head(cell(b.vMax(f.Account, 120))), kind, b.orNone(f.Detail), b.orNone(f.Where)}}) {
				return
			}
		}
	})
}
