package main

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vigie/internal/casedir"
	"vigie/internal/diag"
	"vigie/internal/ledger"
)

// subjectKey is a field of the subject that a user can set.
type subjectKey struct {
	key   string
	about text
	text  func(*ledger.Subject) *string
	time  func(*ledger.Subject) **time.Time
}

// subjectKeys are the fields, in the order in which they are shown.
var subjectKeys = []subjectKey{
	{key: "number", about: text{"numéro de l’affaire", "number of the case"}, text: func(s *ledger.Subject) *string { return &s.Number }},
	{key: "title", about: text{"titre", "title"}, text: func(s *ledger.Subject) *string { return &s.Title }},
	{key: "client.name", about: text{"client", "client"}, text: func(s *ledger.Subject) *string { return &s.Client.Name }},
	{key: "client.address", about: text{"adresse du client", "address of the client"}, text: func(s *ledger.Subject) *string { return &s.Client.Address }},
	{key: "client.contact", about: text{"personne chez le client", "person at the client's"}, text: func(s *ledger.Subject) *string { return &s.Client.Contact }},
	{key: "client.role", about: text{"fonction de cette personne", "role of that person"}, text: func(s *ledger.Subject) *string { return &s.Client.Role }},
	{key: "client.mail", about: text{"adresse électronique du client", "mail address of the client"}, text: func(s *ledger.Subject) *string { return &s.Client.Mail }},
	{key: "client.phone", about: text{"téléphone du client", "phone of the client"}, text: func(s *ledger.Subject) *string { return &s.Client.Phone }},
	{key: "firm.name", about: text{"prestataire", "firm"}, text: func(s *ledger.Subject) *string { return &s.Firm.Name }},
	{key: "firm.address", about: text{"adresse du prestataire", "address of the firm"}, text: func(s *ledger.Subject) *string { return &s.Firm.Address }},
	{key: "firm.contact", about: text{"personne chez le prestataire", "person at the firm"}, text: func(s *ledger.Subject) *string { return &s.Firm.Contact }},
	{key: "firm.role", about: text{"fonction de cette personne", "role of that person"}, text: func(s *ledger.Subject) *string { return &s.Firm.Role }},
	{key: "firm.mail", about: text{"adresse électronique du prestataire", "mail address of the firm"}, text: func(s *ledger.Subject) *string { return &s.Firm.Mail }},
	{key: "firm.phone", about: text{"téléphone du prestataire", "phone of the firm"}, text: func(s *ledger.Subject) *string { return &s.Firm.Phone }},
	{key: "mission.reference", about: text{"référence de la mission", "reference of the mission"}, text: func(s *ledger.Subject) *string { return &s.Mission.Reference }},
	{key: "mission.trigger", about: text{"pourquoi nous sommes venus", "why we came"}, text: func(s *ledger.Subject) *string { return &s.Mission.Trigger }},
	{key: "mission.permission", about: text{"qui a autorisé", "who gave permission"}, text: func(s *ledger.Subject) *string { return &s.Mission.Permission }},
	{key: "mission.permission_at", about: text{"quand", "when"}, time: func(s *ledger.Subject) **time.Time { return &s.Mission.PermissionAt }},
	{key: "mission.objectives", about: text{"objectifs", "objectives"}, text: func(s *ledger.Subject) *string { return &s.Mission.Objectives }},
	{key: "mission.scope", about: text{"périmètre", "scope"}, text: func(s *ledger.Subject) *string { return &s.Mission.Scope }},
	{key: "mission.out_of_scope", about: text{"hors périmètre", "out of scope"}, text: func(s *ledger.Subject) *string { return &s.Mission.OutOfScope }},
	{key: "mission.refused", about: text{"ce qui a été refusé ou manquait", "what was refused or missing"}, text: func(s *ledger.Subject) *string { return &s.Mission.Refused }},
	{key: "mission.from", about: text{"début des travaux", "start of work"}, time: func(s *ledger.Subject) **time.Time { return &s.Mission.From }},
	{key: "mission.to", about: text{"fin des travaux", "end of work"}, time: func(s *ledger.Subject) **time.Time { return &s.Mission.To }},
	{key: "author", about: text{"auteur du rapport", "author of the report"}, text: func(s *ledger.Subject) *string { return &s.Author }},
	{key: "reviewer", about: text{"relecteur", "reviewer"}, text: func(s *ledger.Subject) *string { return &s.Reviewer }},
	{key: "version", about: text{"version du rapport", "version of the report"}, text: func(s *ledger.Subject) *string { return &s.Version }},
	{key: "status", about: text{"état du rapport : draft ou final", "status of the report: draft or final"}, text: func(s *ledger.Subject) *string { return &s.Status }},
	{key: "tlp", about: text{"marque de partage", "sharing mark"}, text: func(s *ledger.Subject) *string { return &s.TLP }},
	{key: "colour", about: text{"couleur du prestataire, #1f4e79", "colour of the firm, #1f4e79"}, text: func(s *ledger.Subject) *string { return &s.Colour }},
}

var hexColour = regexp.MustCompile(`^#[0-9a-f]{6}$`)

// setSubject applies KEY=VALUE arguments; an empty value clears the field. distribution is a list, split at semicolons.
func (t *terminal) setSubject(s *ledger.Subject, args []string) error {
	for _, arg := range args {
		key, value, ok := strings.Cut(arg, "=")
		value = strings.TrimSpace(value)
		switch {
		case !ok:
			return t.usage(text{"ni clé ni valeur : %q", "neither key nor value: %q"}, text{"écrire CLÉ=VALEUR", "write KEY=VALUE"}, arg)
		case len(value) > ledger.MaxText:
			return t.usage(text{"texte de plus de %d octets", "text of over %d bytes"}, text{"plus court", "make it shorter"}, ledger.MaxText)
		case key == "status" && value != "draft" && value != "final" && value != "":
			return t.oneOf(text{"état", "status"}, value, []string{"draft", "final"})
		case key == "colour" && value != "" && !hexColour.MatchString(value):
			return t.usage(text{"couleur illisible : %q", "unreadable colour %q"}, text{"par exemple #1f4e79", "for example #1f4e79"}, value)
		case key == "distribution":
			s.Distribution = nil
			for name := range strings.SplitSeq(value, ";") {
				if name = strings.TrimSpace(name); name != "" {
					s.Distribution = append(s.Distribution, name)
				}
			}
			continue
		}
		if err := t.setKey(s, key, value); err != nil {
			return err
		}
	}
	return nil
}

func (t *terminal) setKey(s *ledger.Subject, key, value string) error {
	names := []string{"distribution"}
	for _, k := range subjectKeys {
		if names = append(names, k.key); k.key != key {
			continue
		}
		if k.text != nil {
			*k.text(s) = value
			return nil
		}
		at, err := t.optionalTime(value, false)
		if err == nil {
			*k.time(s) = at
		}
		return err
	}
	hint := strings.Join(names, ", ")
	if near := diag.Nearest(key, names); near != "" {
		hint = near
	}
	return t.usage(text{"clé inconnue : %q", "unknown key %q"}, text{hint, hint}, key)
}

func keysHelp(t *terminal) string {
	var b strings.Builder
	for _, k := range subjectKeys {
		fmt.Fprintf(&b, "  %-22s %s\n", k.key, t.say(k.about))
	}
	fmt.Fprintf(&b, "  %-22s %s", "distribution", t.say(text{"destinataires, séparés par « ; »", `readers, separated by ";"`}))
	return b.String()
}

func caseNewCommand(t *terminal) *cobra.Command {
	var w workFlags
	cmd := &cobra.Command{
		Use:   t.say(text{"new DOSSIER [CLÉ=VALEUR…]", "new DIR [KEY=VALUE…]"}),
		Short: t.say(text{"crée une affaire avant d’avoir des éléments", "makes a case before there is evidence"}),
		Example: t.say(text{
			`  vigie case new affaire client.name="Mairie d’Exemple" mission.trigger="alerte du CERT-FR"`,
			`  vigie case new mycase client.name="Example Town" mission.trigger="alert of the CERT"`}),
		Args: t.arguments(1, -1),
		RunE: func(_ *cobra.Command, args []string) error {
			var s ledger.Subject
			if err := t.setSubject(&s, args[1:]); err != nil {
				return err
			}
			if err := prepareCase(t, args[0]); err != nil {
				return err
			}
			if casedir.Is(args[0]) {
				return t.usage(text{"%s est déjà une affaire", "%s is a case already"}, text{"« vigie case set » la change", `"vigie case set" changes it`}, args[0])
			}
			d, err := casedir.Create(args[0], t.writer(&w), s)
			if err != nil {
				return err
			}
			if w.json {
				return writeJSON(t.out, d.State.Subject)
			}
			t.note(text{"affaire créée : %s", "case made: %s"}, args[0])
			return nil
		},
	}
	w.add(t, cmd)
	return cmd
}

func caseSetCommand(t *terminal) *cobra.Command {
	var w workFlags
	var logo string
	cmd := &cobra.Command{
		Use:   t.say(text{"set AFFAIRE CLÉ=VALEUR…", "set CASE KEY=VALUE…"}),
		Short: t.say(text{"change le client, le prestataire, la mission, la marque de partage", "changes the client, the firm, the mission, the sharing mark"}),
		Long:  t.say(text{"Une valeur vide efface le champ. Les clés :\n\n", "An empty value clears the field. The keys:\n\n"}) + keysHelp(t),
		Args:  t.arguments(1, -1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 && logo == "" {
				return t.usage(text{"rien à changer", "nothing to change"}, text{"donner CLÉ=VALEUR ou --logo", "give KEY=VALUE or --logo"})
			}
			d, err := t.openCase(args[0])
			if err != nil {
				return err
			}
			who := t.writer(&w)
			err = t.change(d, who, func(tx *ledger.Tx) error {
				s := tx.State.Subject
				if err := t.setSubject(&s, args[1:]); err != nil {
					return err
				}
				if logo != "" {
					a, err := t.attach(d, []string{logo})
					if err != nil {
						return err
					}
					s.Logo = &a[0]
				}
				return tx.Append(who.Author, ledger.KindSubject, s)
			})
			if err != nil {
				return err
			}
			if w.json {
				return writeJSON(t.out, d.State.Subject)
			}
			t.showSubject(&d.State.Subject)
			return nil
		},
	}
	w.add(t, cmd)
	cmd.Flags().StringVar(&logo, "logo", "", t.say(text{"`FICHIER` du logo du prestataire (PNG ou JPEG), copié dans l’affaire", "`FILE` with the firm's logo (PNG or JPEG), copied into the case"}))
	return cmd
}

func (t *terminal) showSubject(s *ledger.Subject) {
	var rows [][]string
	for _, k := range subjectKeys {
		value := ""
		if k.text != nil {
			value = *k.text(s)
		} else if at := *k.time(s); at != nil {
			value = t.stamp(*at)
		}
		if value != "" {
			rows = append(rows, []string{k.key, shown(value)})
		}
	}
	if len(s.Distribution) > 0 {
		rows = append(rows, []string{"distribution", shown(strings.Join(s.Distribution, "; "))})
	}
	if s.Logo != nil {
		rows = append(rows, []string{"logo", shown(s.Logo.Name) + " " + s.Logo.SHA256})
	}
	for _, c := range s.Contact {
		rows = append(rows, []string{"contact", shown(strings.Join(strings.Fields(strings.Join([]string{c.Name, c.Side, c.Role, c.Mail, c.Phone}, " ")), " "))})
	}
	t.table(rows)
}

func caseContactCommand(t *terminal) *cobra.Command {
	var w workFlags
	var c ledger.Contact
	var tested string
	var remove bool
	cmd := &cobra.Command{
		Use:   t.say(text{"contact AFFAIRE NOM", "contact CASE NAME"}),
		Short: t.say(text{"ajoute, change ou retire une personne de l’affaire", "adds, changes or removes a person of the case"}),
		Args:  t.arguments(2, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := t.oneOf(text{"côté", "side"}, cmp.Or(c.Side, "client"), []string{"client", "firm", "insurer", "authority", "other"}); err != nil {
				return err
			}
			var err error
			if c.TestedAt, err = t.optionalTime(tested, false); err != nil {
				return err
			}
			d, err := t.openCase(args[0])
			if err != nil {
				return err
			}
			c.Name, c.Side = args[1], cmp.Or(c.Side, "client")
			who := t.writer(&w)
			err = t.change(d, who, func(tx *ledger.Tx) error {
				s := tx.State.Subject
				var list []ledger.Contact
				for _, old := range s.Contact {
					if old.Name != c.Name {
						list = append(list, old)
					}
				}
				if remove && len(list) == len(s.Contact) {
					return t.usage(text{"personne inconnue : %q", "unknown person %q"}, text{"voir « vigie case show »", `see "vigie case show"`}, c.Name)
				}
				if !remove {
					list = append(list, c)
				}
				s.Contact = list
				return tx.Append(who.Author, ledger.KindSubject, s)
			})
			if err != nil {
				return err
			}
			if w.json {
				return writeJSON(t.out, d.State.Subject)
			}
			t.showSubject(&d.State.Subject)
			return nil
		},
	}
	w.add(t, cmd)
	f := cmd.Flags()
	f.StringVar(&c.Side, "side", "", t.say(text{"`CÔTÉ` : client, firm, insurer, authority, other", "`SIDE`: client, firm, insurer, authority, other"}))
	f.StringVar(&c.Role, "role", "", t.say(text{"`FONCTION`", "`ROLE`"}))
	f.StringVar(&c.Mail, "mail", "", t.say(text{"`ADRESSE` électronique", "mail `ADDRESS`"}))
	f.StringVar(&c.Phone, "phone", "", t.say(text{"`NUMÉRO` de téléphone", "phone `NUMBER`"}))
	f.StringVar(&c.Lang, "language", "", t.say(text{"`LANGUE` de la personne : fr ou en", "`LANGUAGE` of the person: fr or en"}))
	f.StringVar(&c.OnAsset, "mail-on", "", t.say(text{"`SERVEUR` de l’affaire qui porte sa messagerie", "`SERVER` of the case that carries the person's mail"}))
	f.StringVar(&tested, "tested", "", t.say(text{"`DATE` du dernier essai du second moyen de contact", "`TIME` when the second way of contact was last tried"}))
	f.BoolVar(&remove, "remove", false, t.say(text{"retirer la personne", "remove the person"}))
	return cmd
}
