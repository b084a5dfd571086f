package report

import (
	"fmt"
	"strings"
	"time"

	"vigie/internal/casefile"
)

// The cases that the tests render. All hosts, people and lines are invented;
// addresses are those of RFC 5737.

type tt = casefile.Text

func at(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", s)
	if err != nil {
		panic(err)
	}
	return t
}

func atp(s string) *time.Time { t := at(s); return &t }

func span(a, b string) casefile.Span { return casefile.Span{From: at(a), To: at(b)} }

var program = casefile.Program{
	Version:   "0.1.0",
	Rules:     casefile.RulePack{Version: "2026.11.1", Count: 42, SHA256: strings.Repeat("5e", 32)},
	Knowledge: casefile.Knowledge{Date: "2026-11-01"},
}

var (
	nameIIS   = tt{FR: "Journaux web (IIS)", EN: "Web logs (IIS)"}
	nameProxy = tt{FR: "Requêtes transmises (HttpProxy)", EN: "Forwarded requests (HttpProxy)"}
	nameECP   = tt{FR: "Panneau d'administration (ECP)", EN: "Administration panel (ECP)"}
	nameCmd   = tt{FR: "Commandes Exchange (cmdlets)", EN: "Exchange commands (cmdlets)"}
)

func ledgerOf(hosts ...string) casefile.Ledger {
	var l casefile.Ledger
	for _, h := range hosts {
		for i, k := range []string{"iis", "httpproxy", "ecp-server"} {
			n := int64(1_254_300 * (i + 1))
			l.Items = append(l.Items, casefile.LedgerItem{Path: fmt.Sprintf("%s.zip!logs/%s/u_ex210303.log", h, k), Kind: k, Host: h,
				Size: n, SHA256: strings.Repeat(fmt.Sprintf("%02x", 16+i), 32), Records: n / 400, First: atp("2021-02-20 00:00:02"), Last: atp("2021-03-20 23:59:58"), Parsed: n})
			l.Files++
			l.Bytes += n
			l.Parsed += n
			l.Records += n / 400
		}
		l.Containers = append(l.Containers, casefile.LedgerItem{Path: h + ".zip", Kind: "zip", Host: h, Size: 912_345, SHA256: strings.Repeat("c0", 32)})
	}
	return l
}

func baseFlaw(v casefile.Verdict, s casefile.State) casefile.FlawResult {
	return casefile.FlawResult{
		ID: "proxylogon", Name: "ProxyLogon", CVEs: []string{"CVE-2021-26855", "CVE-2021-27065"}, Verdict: v, Confidence: casefile.High,
		Window: casefile.Window{From: at("2021-02-26 00:00:00"), FromSource: "flaw-first-use",
			FromWhy: tt{FR: "La faille est connue pour avoir servi à partir de cette date.", EN: "The flaw is known to have been used from this date."},
			To:      at("2021-03-18 09:41:00"), ToSource: "build:httpproxy",
			ToWhy: tt{FR: "Une version corrigée est mesurée pour la première fois.", EN: "A fixed build is measured for the first time."}},
		StateNow: s, StateAt: atp("2021-03-20 23:58:00"),
		StateWhy: tt{FR: "La version 15.1.2176.9 contient les correctifs de mars 2021.", EN: "Build 15.1.2176.9 holds the fixes of March 2021."},
		Coverage: casefile.Coverage{Overall: 0.871, Sources: []casefile.SourceCoverage{
			{Kind: "iis-frontend", Name: nameIIS, Required: true, First: atp("2021-02-20 00:00:02"), Last: atp("2021-03-20 23:59:58"), Covered: 1, Records: 912_004, Files: 29, Days: 29},
			{Kind: "httpproxy", Name: nameProxy, Required: true, First: atp("2021-02-20 00:03:00"), Last: atp("2021-03-20 23:50:00"), Covered: 0.871, Holes: []casefile.Span{span("2021-03-05 13:00:00", "2021-03-07 22:00:00")}, Records: 400_120, Files: 601, Days: 26},
			{Kind: "ecp-server", Name: nameECP, First: atp("2021-03-01 08:00:00"), Last: atp("2021-03-12 19:30:00"), Covered: 0.55, Holes: []casefile.Span{span("2021-02-26 00:00:00", "2021-03-01 08:00:00"), span("2021-03-12 19:30:00", "2021-03-18 09:41:00")}, Records: 12_009, Files: 210, Days: 12},
			{Kind: "cmdlet", Name: nameCmd, Covered: 0, Holes: []casefile.Span{span("2021-02-26 00:00:00", "2021-03-18 09:41:00")}},
		}},
	}
}

func baseHost(name string, f casefile.FlawResult) casefile.Host {
	ref := casefile.Ref{Path: name + ".zip!logs/httpproxy/HttpProxy_2021022000-1.LOG", Line: 9, Offset: 1402, Record: 1}
	return casefile.Host{Name: name, Product: "Exchange Server 2016", Build: "15.1.2176.9", BuildLabel: "CU19 Mar21SU", Verdict: f.Verdict, StateNow: f.StateNow, Flaws: []casefile.FlawResult{f},
		Builds: []casefile.BuildSeen{
			{Build: "15.1.2176.2", Label: "CU19", First: at("2021-02-20 00:03:00"), Last: at("2021-03-18 09:40:00"), Source: "httpproxy", Ref: ref},
			{Build: "15.1.2176.9", Label: "CU19 Mar21SU", First: at("2021-03-18 09:41:00"), Last: at("2021-03-20 23:58:00"), Source: "httpproxy", Ref: ref},
		},
		Sources: f.Coverage.Sources,
	}
}

func evidence(host, kind string, line int64, t time.Time, raw string) casefile.Evidence {
	return casefile.Evidence{Ref: casefile.Ref{Path: host + ".zip!logs/" + kind + "/u_ex210303.log", Line: line, Offset: line * 311, Record: line - 4}, Kind: kind, Rule: "proxylogon-" + kind, Time: t, SHA256: strings.Repeat("10", 32), Raw: raw}
}

func finding(id, host string, st casefile.Stage, w casefile.Weight, when string, title tt) casefile.Finding {
	t := at(when)
	return casefile.Finding{ID: id, Host: host, Flaw: "proxylogon", Act: "ssrf", Stage: st, Weight: w, Rule: "proxylogon-iis", RuleVersion: "3", Time: t, TimeEnd: t, Confidence: casefile.High, Count: 3, Acts: 2, Title: title,
		Harmless: tt{FR: "Un test de sécurité laisse les mêmes lignes ; aucun n'a été annoncé.", EN: "A security test leaves the same lines; none was announced."},
		Attack:   []string{"T1190"}, Sources: []string{"httpproxy", "iis-frontend"}, Clients: []string{"203.0.113.7"},
		Evidence: []casefile.Evidence{
			evidence(host, "iis", 40118, t, "2021-03-03 05:12:33 192.0.2.10 POST /ecp/y.js &CorrelationID=<empty>; 443 - 203.0.113.7 python-requests/2.25.1 - 241 0 0 78"),
			evidence(host, "httpproxy", 812, t, "2021-03-03T05:12:33.101Z,ServerInfo~a]@mail01:444/autodiscover/autodiscover.xml?#,200"),
		}}
}

var cleanActions = []casefile.Action{
	{ID: "A1", Priority: "now", Phase: "preserve", Title: tt{FR: "Copier les journaux avant toute correction", EN: "Copy the logs before any fix"}, Why: tt{FR: "Les journaux du serveur s'effacent au bout de 30 jours.", EN: "The server's logs are erased after 30 days."}, Check: tt{FR: "La copie s'ouvre ailleurs et son empreinte est notée.", EN: "The copy opens elsewhere and its hash is noted."}, Answers: []string{"F1"}, Flaws: []string{"proxylogon"}},
	{ID: "A2", Priority: "now", Phase: "contain", Title: tt{FR: "Couper l'accès web du serveur depuis Internet", EN: "Cut the server's web access from the Internet"}, Why: tt{FR: "Un webshell répond encore.", EN: "A web shell still answers."}, Check: tt{FR: "La page de connexion ne répond plus de l'extérieur.", EN: "The sign-in page no longer answers from outside."}, Answers: []string{"F2", "F3"}},
	{ID: "A3", Priority: "now", Phase: "evict", Title: tt{FR: "Changer les secrets des comptes qui se sont connectés au serveur", EN: "Change the secrets of the accounts that signed in to the server"}, Why: tt{FR: "L'attaquant a agi avec les droits du serveur.", EN: "The attacker acted with the server's rights."}, Answers: []string{"F3"}},
	{ID: "A4", Priority: "30-days", Phase: "restore", Title: tt{FR: "Reconstruire le serveur", EN: "Rebuild the server"}, Why: tt{FR: "Corriger ne retire pas ce que l'attaquant a laissé.", EN: "Fixing does not remove what the attacker left."}, Answers: []string{"F3"}},
	{ID: "A5", Priority: "90-days", Phase: "harden", Title: tt{FR: "Garder les journaux 12 mois hors du serveur", EN: "Keep the logs 12 months off the server"}, Why: tt{FR: "Deux jours et demi de journaux manquent.", EN: "Two and a half days of logs are missing."}, Flaws: []string{"proxylogon"}},
}

func actionsFor(host string, n int) []casefile.Action {
	var out []casefile.Action
	for _, a := range cleanActions[:n] {
		a.Host = host
		out = append(out, a)
	}
	return out
}

func confirmedCase() *casefile.Case {
	h := "mail01.entreprise.example"
	f := baseFlaw(casefile.Confirmed, casefile.ToRebuild)
	f.Sentence = tt{FR: "Le serveur " + h + " a été compromis : 2 preuves concordantes, la première le 3 mars 2021 à 05 h 12 (UTC).", EN: "Server " + h + " was compromised: 2 consistent proofs, the first on 3 March 2021, 05:12 UTC."}
	f.Why = []tt{
		{FR: "Le serveur a répondu à une requête falsifiée (SSRF) par une boîte aux lettres qu'elle n'avait pas le droit de lire.", EN: "The server answered a forged request (SSRF) with a mailbox that it had no right to read."},
		{FR: "Un webshell déposé 4 minutes plus tard a répondu 17 fois.", EN: "A web shell dropped 4 minutes later answered 17 times."},
	}
	f.Reasons = []string{"F2", "F3"}
	f.WouldChange = []tt{{FR: "Rien dans les journaux ne peut retirer une preuve directe ; une copie du disque dirait ce que l'attaquant a laissé.", EN: "Nothing in logs can take back a direct proof; a copy of the disk would tell what the attacker left."}}
	f.StateWhy = tt{FR: "La version 15.1.2176.9 est corrigée, mais l'attaquant a agi avant sa pose.", EN: "Build 15.1.2176.9 is fixed, but the attacker acted before it was installed."}
	host := baseHost(h, f)
	shell := baseFlaw(casefile.NoTrace, casefile.Fixed)
	shell.ID, shell.Name, shell.CVEs, shell.Confidence = "proxyshell", "ProxyShell", []string{"CVE-2021-34473"}, casefile.Medium
	shell.Sentence = tt{FR: "Aucune trace d'intrusion liée à cette faille n'a été trouvée sur " + h + " dans les journaux examinés.", EN: "No trace of intrusion through this flaw was found on " + h + " in the logs examined."}
	shell.Why = []tt{{FR: "Aucune requête du genre attendu.", EN: "No request of the expected kind."}}
	shell.Coverage.Overall = 1
	shell.Coverage.Sources = shell.Coverage.Sources[:1]
	shell.WouldChange = []tt{{FR: "Les journaux PowerShell, qui n'ont pas été fournis.", EN: "The PowerShell logs, which were not given."}}
	host.Flaws = append(host.Flaws, shell)
	host.NotExamined = []casefile.NotExamined{{ID: "proxynotshell", Reason: tt{FR: "Les éléments s'arrêtent avant le premier usage connu de cette faille (2022).", EN: "The evidence ends before the first known use of this flaw (2022)."}}}
	host.Notes = []tt{{FR: "L'horloge du serveur a reculé de 1 heure le 14 mars 2021.", EN: "The server's clock went back by 1 hour on 14 March 2021."}}
	f1 := finding("F1", h, casefile.Attempt, casefile.None, "2021-02-28 11:02:10", tt{FR: "Requêtes de reconnaissance vers le panneau d'administration", EN: "Scouting requests to the administration panel"})
	f1.Acts, f1.Count, f1.TimeEnd = 1204, 1310, at("2021-03-03 04:58:00")
	f2 := finding("F2", h, casefile.Success, casefile.Proof, "2021-03-03 05:12:33", tt{FR: "Requête falsifiée à laquelle le serveur a répondu", EN: "Forged request that the server answered"})
	f3 := finding("F3", h, casefile.FollowUp, casefile.Proof, "2021-03-03 05:16:50", tt{FR: "Webshell appelé et qui répond", EN: "Web shell called, and it answers"})
	f3.Objects, f3.Accounts, f3.Count, f3.TimeEnd = []string{"/aspnet_client/supp0rt.aspx"}, []string{"SYSTEM"}, 17, at("2021-03-11 22:40:00")
	return &casefile.Case{Vigie: program, Hosts: []casefile.Host{host}, Findings: []casefile.Finding{f1, f2, f3},
		Touched: casefile.Touched{
			Accounts:  []casefile.TouchedItem{{Name: "ENTREPRISE\\administrateur", Host: h, Certainty: casefile.Probable, Why: tt{FR: "L'attaquant a agi avec l'identité du premier administrateur.", EN: "The attacker acted with the first administrator's identity."}, Findings: []string{"F2"}}},
			Mailboxes: []casefile.TouchedItem{{Name: "direction@entreprise.example", Host: h, Certainty: casefile.Certain, Why: tt{FR: "Son identifiant est dans la réponse à la requête falsifiée.", EN: "Its identifier is in the answer to the forged request."}, CannotKnow: tt{FR: "Les journaux ne disent pas quels messages ont été lus.", EN: "The logs do not tell which messages were read."}, Findings: []string{"F2"}}},
			Machines:  []casefile.TouchedItem{{Name: h, Host: h, Certainty: casefile.Certain, Why: tt{FR: "Un webshell y a répondu.", EN: "A web shell answered on it."}, Findings: []string{"F3"}}},
		},
		Actions: actionsFor(h, 5), Ledger: ledgerOf(h),
		Gaps:    []casefile.Gap{{Code: "iis.fields.count", Path: h + ".zip!logs/iis/u_ex210307.log", Offset: 40118, Length: 211, Where: "line 118", Limit: 15, Got: 9, Action: "record kept raw", Detail: `"2021-03-07 10:00:0"`}},
		Budgets: []casefile.Budget{{Name: "record.bytes", Limit: 1 << 20}, {Name: "archive.depth", Limit: 4}},
	}
}

// simple makes a case of one host with one verdict.
func simple(v casefile.Verdict, s casefile.State, sentence tt, fs ...casefile.Finding) *casefile.Case {
	h := "mx2.example.org"
	f := baseFlaw(v, s)
	f.Sentence = sentence
	f.Confidence = casefile.Medium
	f.Why = []tt{{FR: "C'est ce que montrent les journaux examinés.", EN: "This is what the logs examined show."}}
	f.WouldChange = []tt{{FR: "Les journaux des commandes Exchange.", EN: "The logs of Exchange commands."}}
	for i := range fs {
		fs[i].Host = h
		f.Reasons = append(f.Reasons, fs[i].ID)
	}
	return &casefile.Case{Vigie: program, Hosts: []casefile.Host{baseHost(h, f)}, Findings: fs, Ledger: ledgerOf(h)}
}

func cover(c *casefile.Case, share float64) *casefile.Case {
	cv := &c.Hosts[0].Flaws[0].Coverage
	cv.Overall = share
	for i := range cv.Sources[:2] {
		cv.Sources[i].Covered = share
		cv.Sources[i].Holes = nil
	}
	return c
}

func suspectedCase() *casefile.Case {
	f := finding("F1", "", casefile.Success, casefile.Clue, "2021-03-04 10:00:00", tt{FR: "Fichier inattendu demandé dans un dossier web", EN: "Unexpected file requested in a web folder"})
	c := simple(casefile.Suspected, casefile.Exposed, tt{FR: "Des indices font suspecter une compromission de mx2.example.org ; ils ne suffisent pas à l'affirmer.", EN: "Clues point to a compromise of mx2.example.org; they are not enough to assert it."}, f)
	c.Actions = actionsFor("mx2.example.org", 2)
	for i := range c.Actions {
		c.Actions[i].Answers = []string{"F1"}
	}
	return c
}

func targetedCase() *casefile.Case {
	f := finding("F1", "", casefile.Attempt, casefile.None, "2021-03-02 03:00:00", tt{FR: "Tentatives refusées", EN: "Refused attempts"})
	f.TimeEnd = at("2021-03-15 03:00:00")
	f.Acts = 2
	return cover(simple(casefile.Targeted, casefile.Mitigated, tt{FR: "mx2.example.org a été visé (2 tentatives) ; nous n'avons constaté aucun succès dans les journaux disponibles (99,2 % de la période).", EN: "mx2.example.org was targeted (2 attempts); we saw no success in the available logs (99.2% of the period)."}, f), 0.992)
}

func noTraceCase() *casefile.Case {
	return cover(simple(casefile.NoTrace, casefile.Fixed, tt{FR: "Aucune trace d'intrusion liée à cette faille n'a été trouvée sur mx2.example.org dans les journaux examinés, du 26 février au 18 mars 2021 (100 % de la période).", EN: "No trace of intrusion through this flaw was found on mx2.example.org in the logs examined, from 26 February to 18 March 2021 (100% of the period)."}), 1)
}

func undeterminedCase() *casefile.Case {
	c := simple(casefile.Undetermined, casefile.StateUnknown, tt{FR: "Nous ne pouvons pas conclure pour mx2.example.org : il manque les requêtes transmises du 26 février au 18 mars 2021.", EN: "We cannot conclude for mx2.example.org: the forwarded requests are missing from 26 February to 18 March 2021."})
	f := &c.Hosts[0].Flaws[0]
	f.Confidence, f.StateAt, f.StateWhy = casefile.Low, nil, tt{FR: "Aucune version n'a été mesurée.", EN: "No build was measured."}
	f.Coverage.Overall = 0
	f.Coverage.Sources[1].First, f.Coverage.Sources[1].Last, f.Coverage.Sources[1].Covered = nil, nil, 0
	f.Coverage.Sources[1].Holes = []casefile.Span{{From: f.Window.From, To: f.Window.To}}
	c.Hosts[0].Builds, c.Hosts[0].Build, c.Hosts[0].BuildLabel, c.Hosts[0].Product = nil, "", "", ""
	return c
}

func notAffectedCase() *casefile.Case {
	c := simple(casefile.NotAffected, casefile.Fixed, tt{FR: "mx2.example.org n'est pas concerné par cette faille : une version corrigée était installée avant son premier usage connu.", EN: "mx2.example.org is not affected by this flaw: a fixed build was installed before its first known use."})
	f := &c.Hosts[0].Flaws[0]
	f.Window.Empty = true
	f.WouldChange = nil
	return c
}

func partialCase() *casefile.Case {
	c := undeterminedCase()
	c.Partial = true
	c.Ledger.Items[1].Parsed, c.Ledger.Items[1].Skipped = 1_000_000, c.Ledger.Items[1].Size-1_000_000
	c.Ledger.Parsed -= c.Ledger.Items[1].Skipped
	c.Ledger.Skipped = c.Ledger.Items[1].Skipped
	return c
}

// zeroCase has nothing in it but a host and a flaw: every time zero, every list empty.
func zeroCase() *casefile.Case {
	return &casefile.Case{Hosts: []casefile.Host{{Name: "x", Verdict: casefile.Undetermined, StateNow: casefile.StateUnknown,
		Flaws: []casefile.FlawResult{{ID: "f", Verdict: casefile.Undetermined, StateNow: casefile.StateUnknown, Sentence: tt{FR: "Nous ne pouvons pas conclure.", EN: "We cannot conclude."}, Coverage: casefile.Coverage{Sources: []casefile.SourceCoverage{{Kind: "iis", Required: true}}}}}}},
		Findings: []casefile.Finding{{ID: "F1", Host: "x", Flaw: "f", Stage: casefile.Attempt, Title: tt{FR: "Sans date", EN: "Undated"}}}}
}

func fleetCase() *casefile.Case {
	c := confirmedCase()
	for i := 2; i <= 40; i++ {
		name := fmt.Sprintf("mx%02d.filiale-%d.example", i, i%7)
		v := []casefile.Verdict{casefile.Suspected, casefile.Undetermined, casefile.Targeted, casefile.NoTrace, casefile.NotAffected}[(i-2)*5/39]
		s := []casefile.State{casefile.Exposed, casefile.Fixed, casefile.Mitigated, casefile.StateUnknown}[i%4]
		one := simple(v, s, tt{FR: "Réponse pour " + name + ".", EN: "Answer for " + name + "."})
		h := one.Hosts[0]
		h.Name = name
		if v == casefile.NotAffected {
			h.Flaws[0].Window.Empty = true
		}
		if v == casefile.Suspected {
			f := finding(fmt.Sprintf("F%d", i+2), name, casefile.Success, casefile.Clue, "2021-03-04 10:00:00", tt{FR: "Fichier inattendu", EN: "Unexpected file"})
			h.Flaws[0].Reasons = []string{f.ID}
			c.Findings = append(c.Findings, f)
			c.Actions = append(c.Actions, actionsFor(name, 2)...)
		}
		c.Hosts = append(c.Hosts, h)
	}
	return c
}

// manyCase has 300 findings, 20 sources and three years to draw.
func manyCase() *casefile.Case {
	c := confirmedCase()
	h := &c.Hosts[0]
	f := &h.Flaws[0]
	f.Window.From, f.Window.To = at("2021-02-26 00:00:00"), at("2024-02-20 00:00:00")
	for i := range f.Coverage.Sources {
		if s := &f.Coverage.Sources[i]; s.Last != nil {
			s.Last = atp("2024-02-19 00:00:00")
		}
	}
	for i := 4; i < 20; i++ {
		s := casefile.SourceCoverage{Kind: fmt.Sprintf("source-%02d", i), Name: tt{FR: fmt.Sprintf("Source supplémentaire numéro %d", i), EN: fmt.Sprintf("Additional source number %d", i)}, First: atp("2021-01-01 00:00:00"), Last: atp("2024-03-01 00:00:00"), Covered: 1 - float64(i)/100}
		for d := range i {
			from := at("2021-03-01 00:00:00").AddDate(0, d*2, i)
			s.Holes = append(s.Holes, casefile.Span{From: from, To: from.AddDate(0, 0, i-2)})
		}
		f.Coverage.Sources = append(f.Coverage.Sources, s)
	}
	h.Builds[1].Last = at("2024-02-19 00:00:00")
	for i := range 297 {
		st := []casefile.Stage{casefile.Attempt, casefile.Attempt, casefile.FollowUp, casefile.StateSeen}[i%4]
		g := finding(fmt.Sprintf("F%d", i+4), h.Name, st, casefile.None, "2021-03-05 00:00:00", tt{FR: fmt.Sprintf("Constat numéro %d", i+4), EN: fmt.Sprintf("Finding number %d", i+4)})
		g.Time = g.Time.Add(time.Duration(i) * 77 * time.Hour)
		g.TimeEnd = g.Time
		c.Findings = append(c.Findings, g)
	}
	return c
}

// shortCase is an incident of three hours.
func shortCase() *casefile.Case {
	c := confirmedCase()
	f := &c.Hosts[0].Flaws[0]
	f.Window.From, f.Window.To = at("2021-03-03 04:00:00"), at("2021-03-03 07:00:00")
	for i := range f.Coverage.Sources[:2] {
		f.Coverage.Sources[i].First, f.Coverage.Sources[i].Last = atp("2021-03-03 03:10:00"), atp("2021-03-03 07:20:00")
		f.Coverage.Sources[i].Holes = nil
	}
	f.Coverage.Sources[1].Holes = []casefile.Span{span("2021-03-03 05:30:00", "2021-03-03 05:53:00")}
	f.Coverage.Sources = f.Coverage.Sources[:2]
	return c
}
