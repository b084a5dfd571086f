package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"vigie/internal/fingerprint"
	"vigie/internal/probe"
	"vigie/internal/survey"
)

// probeFlags are the options of probe.
type probeFlags struct {
	permission, contact string
	targets, scope      string
	services, imports   []string
	rate                float64
	gap                 time.Duration
	parallel, most      int
	resume, output      string
	jsonl, csv, table   bool
	questions           bool
	limits              probe.Limits
	scoped              *probe.Scope
	resolve             func(context.Context, string) ([]netip.Addr, error) // of the demonstration; nil: the system’s
	onlyLoopback        bool                                                // of the demonstration
}

func probeCommand(t *terminal) *cobra.Command {
	o := probeFlags{limits: probe.DefaultLimits()}
	cmd := &cobra.Command{
		Use:   t.say(text{"probe HÔTE… --permission RÉFÉRENCE", "probe HOST… --permission REFERENCE"}),
		Short: t.say(text{"dit de l’extérieur, sans intrusion, quels produits tournent et quelles failles restent ouvertes", "tells from outside, without intrusion, which products run and which flaws are open"}),
		Long: t.say(text{
			`Pose à chaque hôte (nom, adresse, bloc d’adresses) les questions de tout visiteur : pages publiques, salutations des services de courrier, certificat.
Aucun compte, aucune devinette, aucune charge. --questions les montre toutes. Une permission écrite est exigée, et notée dans chaque résultat ;
elle figure aussi, avec le contact, dans l’en-tête User-Agent que voient les journaux de l’hôte.
--import lit à la place les rapports de Nmap (XML) et de Shadowserver (CSV) : rien n’est alors envoyé.`,
			`Asks each host (name, address, block of addresses) what any visitor asks: public pages, greetings of mail services, the certificate.
No account, no guess, no payload. --questions shows them all. A written permission is required, and recorded in each result; with the contact it
also stands in the header User-Agent, which the logs of the host show.
--import reads the reports of Nmap (XML) and Shadowserver (CSV) instead: then nothing is sent.`}),
		Example: t.say(text{
			`  vigie probe mail.client.example --permission "contrat 2026-114, M. Durand" --contact secu@prestataire.example
  vigie probe --targets hotes.txt --scope perimetre.txt --permission "contrat 2026-114" --resume campagne.journal --csv -o parc.csv
  vigie probe --import shadowserver.csv --import scan.xml`,
			`  vigie probe mail.client.example --permission "contract 2026-114, Ms Jones" --contact security@provider.example
  vigie probe --targets hosts.txt --scope scope.txt --permission "contract 2026-114" --resume campaign.journal --csv -o estate.csv
  vigie probe --import shadowserver.csv --import scan.xml`}),
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return runProbe(cmd.Context(), t, &o, args) },
	}
	f := cmd.Flags()
	f.StringVar(&o.permission, "permission", "", t.say(text{"`RÉFÉRENCE` de la permission écrite (obligatoire)", "`REFERENCE` of the written permission (required)"}))
	f.StringVar(&o.contact, "contact", "", t.say(text{"`ADRESSE` où vous joindre, dite aux hôtes", "`ADDRESS` where you can be reached, told to the hosts"}))
	f.StringVar(&o.targets, "targets", "", t.say(text{"`FICHIER` des hôtes, un par ligne (- : entrée standard)", "`FILE` of hosts, one a line (-: standard input)"}))
	f.StringVar(&o.scope, "scope", "", t.say(text{"`FICHIER` du périmètre : noms, *.domaine, adresses, blocs ; rien d’autre n’est visité", "`FILE` of the scope: names, *.domain, addresses, blocks; nothing else is visited"}))
	f.StringArrayVar(&o.services, "service", nil, t.say(text{"`SERVICE[:PORT]` à visiter (plusieurs possibles ; https, smtp, imap et pop3 par défaut)", "`SERVICE[:PORT]` to visit (may be repeated; https, smtp, imap and pop3 by default)"}))
	f.Float64Var(&o.rate, "rate", 50, t.say(text{"`N` requêtes par seconde au plus, tous hôtes confondus ; 0 : sans limite", "at most `N` requests a second over all hosts; 0: no limit"}))
	f.DurationVar(&o.gap, "gap", time.Second, t.say(text{"`TEMPS` entre deux requêtes à une même adresse (200 ms au moins hors de cette machine)", "`TIME` between two requests to one address (at least 200 ms outside this machine)"}))
	f.IntVar(&o.parallel, "parallel", 256, t.say(text{"`N` hôtes visités à la fois", "`N` hosts visited at once"}))
	f.DurationVar(&o.limits.Connect, "connect", o.limits.Connect, t.say(text{"`TEMPS` laissé à une connexion", "`TIME` for a connection"}))
	f.DurationVar(&o.limits.Answer, "answer", o.limits.Answer, t.say(text{"`TEMPS` laissé à une réponse", "`TIME` for an answer"}))
	f.StringVar(&o.resume, "resume", "", t.say(text{"`JOURNAL` tenu au fil de l’eau, et repris s’il existe", "`JOURNAL` kept as the run goes, and resumed if it exists"}))
	f.StringArrayVar(&o.imports, "import", nil, t.say(text{"`RAPPORT` de Nmap (XML) ou de Shadowserver (CSV) (plusieurs possibles)", "`REPORT` of Nmap (XML) or Shadowserver (CSV) (may be repeated)"}))
	f.BoolVar(&o.questions, "questions", false, t.say(text{"montrer ce qui serait demandé, et ne rien envoyer", "show what would be asked, and send nothing"}))
	f.BoolVar(&o.jsonl, "jsonl", false, t.say(text{"une ligne JSON par hôte", "one line of JSON a host"}))
	f.BoolVar(&o.csv, "csv", false, t.say(text{"CSV", "CSV"}))
	f.BoolVar(&o.table, "table", false, t.say(text{"tableau, le pire d’abord (par défaut)", "table, worst first (the default)"}))
	f.StringVarP(&o.output, "output", "o", "-", t.say(text{"écrire dans `FICHIER`", "write to `FILE`"}))
	f.IntVar(&o.most, "most", 50, t.say(text{"`N` hôtes au plus dans le tableau", "`N` hosts at most in the table"}))
	return cmd
}

// maxPermission bounds the reference and the contact: both go into a header.
const maxPermission = 200

func runProbe(ctx context.Context, t *terminal, o *probeFlags, args []string) error {
	prints, err := t.fingerprints()
	if err != nil {
		return err
	}
	if o.questions {
		return t.showQuestions(prints)
	}
	if err := t.checkProbe(o, args); err != nil {
		return err
	}
	k, err := t.load()
	if err != nil {
		return err
	}
	prober, err := t.prober(o, prints)
	if err != nil {
		return err
	}
	out, done, err := t.output(o.output, o.imports)
	if err != nil {
		return err
	}
	run := &probeRun{t: t, o: o, ctx: ctx, judge: survey.NewJudge(k.kb, prints, time.Now()), w: newProbeWriter(t, o, out)}
	err = run.all(prober, args)
	if err = done(run.w.end(err)); err != nil {
		return t.probeError(err)
	}
	run.summary()
	switch {
	case ctx.Err() != nil:
		return exitCode(stopped(ctx))
	case run.visited > 0 && run.silent == run.visited:
		return exitCode(exitUnreachable)
	case run.wrong > 0:
		return exitCode(exitPartly)
	}
	return nil
}

// checkProbe refuses what is not permitted or not meant.
func (t *terminal) checkProbe(o *probeFlags, args []string) error {
	asks := len(args) > 0 || o.targets != ""
	if !asks && len(o.imports) == 0 {
		return t.usage(text{"aucun hôte", "no host"}, text{"donner un nom, une adresse, --targets ou --import", "give a name, an address, --targets or --import"})
	}
	if b2i(o.jsonl)+b2i(o.csv)+b2i(o.table) > 1 {
		return t.usage(text{"--jsonl, --csv et --table s’excluent", "--jsonl, --csv and --table exclude each other"}, text{"en choisir un", "choose one"})
	}
	if o.rate < 0 || o.gap < 0 || o.most < 0 || o.parallel < 1 || o.parallel > 4096 {
		return t.usage(text{"--rate, --gap ou --most est négatif, ou --parallel hors de 1 à 4096", "--rate, --gap or --most is negative, or --parallel not from 1 to 4096"}, text{"voir « vigie probe --help »", `see "vigie probe --help"`})
	}
	if o.limits.Connect <= 0 || o.limits.Answer <= 0 {
		return t.usage(text{"--connect et --answer sont des temps au-dessus de zéro", "--connect and --answer are times over zero"}, text{"par exemple 15s", "for example 15s"})
	}
	if !plainText(o.permission) || !plainText(o.contact) {
		return t.usage(text{"--permission et --contact tiennent en une ligne de 200 octets", "--permission and --contact are one line of 200 bytes"}, text{"sans caractère de contrôle", "without control characters"})
	}
	if asks && strings.TrimSpace(o.permission) == "" {
		return t.refuse(text{"refusé : aucune permission", "refused: no permission"},
			text{"--permission RÉFÉRENCE dit par quel écrit le propriétaire des hôtes l’accorde", "--permission REFERENCE says by which writing the owner of the hosts gives it"})
	}
	return nil
}

// refuse tells why nothing is done, and ends with the code for that.
func (t *terminal) refuse(m, hint text) error {
	t.fail(t.usage(m, hint))
	return exitCode(exitRefused)
}

func plainText(s string) bool {
	return len(s) <= maxPermission && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) })
}

// probeError words the errors that a user can do something about.
func (t *terminal) probeError(err error) error {
	switch {
	case errors.Is(err, survey.ErrPermission):
		return t.usage(text{"le journal est celui d’une autre permission", "the journal is of another permission"}, text{"reprendre avec la même, ou choisir un autre fichier", "resume with the same, or choose another file"})
	case errors.Is(err, survey.ErrNotJournal):
		return t.usage(text{"ce fichier n’est pas un journal de vigie probe", "this file is no journal of vigie probe"}, text{"choisir un autre nom", "choose another name"})
	}
	return t.cannotOpen(err)
}

// fingerprints reads the signs of products from the knowledge that the user wants.
func (t *terminal) fingerprints() (*fingerprint.Set, error) {
	fsys, err := t.knowledgeFS()
	if err != nil {
		return nil, err
	}
	prints, err := fingerprint.Load(fsys)
	if err != nil {
		return nil, t.badKnowledge(err)
	}
	return prints, nil
}

// prober makes the prober that the options ask for.
func (t *terminal) prober(o *probeFlags, prints *fingerprint.Set) (*probe.Prober, error) {
	p := &probe.Prober{Prints: prints, Services: probe.DefaultServices(), Scope: o.scoped, Limits: o.limits, Pace: probe.NewPace(o.rate, o.gap), Now: time.Now,
		Resolve: probe.SystemResolver, Dial: probe.Dialer(nil), Agent: agent(o)}
	if o.onlyLoopback {
		p.Dial, p.Resolve = probe.Dialer(probe.LoopbackOnly), o.resolve
	}
	if o.scope != "" {
		f, err := os.Open(o.scope)
		if err != nil {
			return nil, t.cannotOpen(err)
		}
		defer f.Close()
		if p.Scope, err = probe.ReadScope(f); err != nil {
			return nil, t.usage(text{"périmètre illisible, %s : %v", "unreadable scope, %s: %v"}, text{"un nom, *.domaine, une adresse ou un bloc par ligne", "one name, *.domain, address or block a line"}, o.scope, err)
		}
	}
	if len(o.services) > 0 {
		p.Services = nil
	}
	for _, s := range o.services {
		service, err := probe.ParseService(s)
		if err != nil {
			return nil, t.usage(text{"service inconnu : %q", "unknown service %q"}, text{"https, http, smtp, smtps, imap, imaps, pop3 ou pop3s, avec :PORT s’il le faut", "https, http, smtp, smtps, imap, imaps, pop3 or pop3s, with :PORT if need be"}, s)
		}
		p.Services = append(p.Services, service)
	}
	return p, nil
}

// agent is what the logs of hosts show: who asks, by whose leave, and where to complain. A header holds ASCII.
func agent(o *probeFlags) string {
	ascii := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r < ' ' || r > '~' || r == '(' || r == ')' {
				return '_'
			}
			return r
		}, s)
	}
	s := "Vigie/" + version + " (inventory by permission " + ascii(o.permission)
	if o.contact != "" {
		s += "; contact " + ascii(o.contact)
	}
	return s + ")"
}

// showQuestions lists what is asked, for the letter that asks for permission.
func (t *terminal) showQuestions(prints *fingerprint.Set) error {
	limits := probe.DefaultLimits()
	fmt.Fprintln(t.out, t.say(text{"Au plus %d requêtes web par hôte, redirections et répétitions comprises. Aucun compte, aucune charge, aucune devinette :",
		"At most %d web requests a host, redirects and repetitions included. No account, no payload, no guess:"}, limits.Requests))
	for _, q := range prints.Questions() {
		why := q.Why.EN
		if t.lang == "fr" {
			why = q.Why.FR
		}
		fmt.Fprintf(t.out, "  GET %-80s %s\n", q.Path, why)
	}
	fmt.Fprintln(t.out, t.say(text{
		"  SMTP : salutation, EHLO, STARTTLS, QUIT ; IMAP et POP3 : salutation, puis au revoir\n  TLS : le certificat et les versions acceptées",
		"  SMTP: greeting, EHLO, STARTTLS, QUIT; IMAP and POP3: greeting, then goodbye\n  TLS: the certificate and the versions that are accepted"}))
	return nil
}
