package main

import (
	"cmp"
	"encoding/hex"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"vigie/internal/ledger"
	"vigie/internal/seal"
)

func caseEvidenceCommand(t *terminal) *cobra.Command {
	var w workFlags
	cmd := &cobra.Command{
		Use:   t.say(text{"evidence AFFAIRE", "evidence CASE"}),
		Short: t.say(text{"montre le registre des preuves et leur chaîne de traçabilité", "shows the register of evidence and its chain of custody"}),
		Args:  t.arguments(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			d, err := t.openCase(args[0])
			if err != nil {
				return err
			}
			if w.json {
				return writeJSON(t.out, map[string]any{
					"evidence": append([]ledger.EvidenceItem{}, d.State.Evidence...),
					"custody":  withStamps(d.State.Custody, func(c *ledger.Custody) ledger.Stamp { return c.Stamp })})
			}
			var rows [][]string
			for i := range d.State.Evidence {
				e := &d.State.Evidence[i]
				rows = append(rows, []string{e.ID, cmp.Or(e.SHA256, "–"), strconv.FormatInt(e.Size, 10), shown(e.Kind), shown(e.Host), shown(e.Name)})
			}
			t.table(rows)
			rows = nil
			for _, c := range d.State.Custody {
				what := c.Item
				if what == "" {
					what = t.say(text{"révision %d", "revision %d"}, c.Revision)
				}
				way := c.From
				if c.To != "" {
					way = strings.TrimSpace(c.From + " → " + c.To)
				}
				rows = append(rows, []string{t.stamp(*c.At), what, c.Act, shown(cmp.Or(c.Person, c.Author)), shown(way), shown(c.Reason)})
			}
			t.table(rows)
			return nil
		},
	}
	cmd.Flags().BoolVar(&w.json, "json", false, t.say(text{"un objet JSON sur la sortie standard", "one JSON object on standard output"}))
	return cmd
}

func caseRegisterCommand(t *terminal) *cobra.Command {
	var w workFlags
	var e ledger.EvidenceItem
	var file, acquired string
	cmd := &cobra.Command{
		Use:   t.say(text{"register AFFAIRE NOM", "register CASE NAME"}),
		Short: t.say(text{"inscrit une pièce que Vigie n’a pas lue (image disque, courriel…)", "registers evidence that Vigie did not read (disk image, mail…)"}),
		Args:  t.arguments(2, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			e.Name = args[1]
			var err error
			if e.AcquiredAt, err = t.optionalTime(acquired, false); err != nil {
				return err
			}
			if file != "" {
				h, err := seal.HashFile(file, file)
				if err != nil {
					return t.cannotOpen(err)
				}
				if e.SHA256 != "" && !strings.EqualFold(e.SHA256, h.SHA256) {
					t.note(text{"%s a l’empreinte %s, et non %s", "%s has the hash %s, not %s"}, file, h.SHA256, e.SHA256)
					return exitCode(exitUnverified)
				}
				e.Size, e.SHA256 = h.Size, h.SHA256
			}
			e.SHA256 = strings.ToLower(e.SHA256)
			if raw, err := hex.DecodeString(e.SHA256); err != nil || len(raw) != 0 && len(raw) != 32 {
				return t.usage(text{"empreinte SHA-256 illisible : %q", "unreadable SHA-256 %q"}, text{"64 chiffres hexadécimaux", "64 hexadecimal digits"}, e.SHA256)
			}
			d, err := t.openCase(args[0])
			if err != nil {
				return err
			}
			who := t.writer(&w)
			err = t.change(d, who, func(tx *ledger.Tx) error {
				if tx.State.HasEvidence(e.Name, e.SHA256) {
					return t.usage(text{"pièce déjà inscrite : %q", "evidence registered already: %q"}, text{"voir « vigie case evidence »", `see "vigie case evidence"`}, e.Name)
				}
				return tx.Append(who.Author, ledger.KindEvidence, ledger.EvidenceBatch{Items: []ledger.EvidenceItem{e}})
			})
			if err != nil {
				return err
			}
			last := d.State.Evidence[len(d.State.Evidence)-1]
			if w.json {
				return writeJSON(t.out, last)
			}
			t.table([][]string{{last.ID, cmp.Or(last.SHA256, "–"), shown(last.Name)}})
			return nil
		},
	}
	w.add(t, cmd)
	f := cmd.Flags()
	f.StringVar(&file, "file", "", t.say(text{"`FICHIER` dont prendre la taille et l’empreinte ; il n’est pas copié", "`FILE` to take size and hash from; it is not copied"}))
	f.StringVar(&e.SHA256, "sha256", "", t.say(text{"`EMPREINTE` notée à l’acquisition", "`HASH` noted at acquisition"}))
	f.StringVar(&e.Kind, "kind", "", t.say(text{"`GENRE` : image disque, mémoire…", "`KIND`: disk image, memory…"}))
	f.StringVar(&e.Host, "host", "", t.say(text{"`SERVEUR` d’où elle vient", "`HOST` that it comes from"}))
	f.StringVar(&acquired, "acquired", "", t.say(text{"`DATE` d’acquisition", "`TIME` of acquisition"}))
	f.StringVar(&e.AcquiredBy, "acquired-by", "", t.say(text{"`PERSONNE` qui l’a acquise", "`PERSON` who acquired it"}))
	f.StringVar(&e.Method, "method", "", t.say(text{"`MÉTHODE` et outil", "`METHOD` and tool"}))
	f.StringVar(&e.StoredAt, "stored", "", t.say(text{"`LIEU` où elle est gardée", "`PLACE` where it is kept"}))
	f.BoolVar(&e.Encrypted, "encrypted", false, t.say(text{"gardée chiffrée", "kept encrypted"}))
	return cmd
}

func caseCustodyCommand(t *terminal) *cobra.Command {
	var w workFlags
	var c ledger.Custody
	cmd := &cobra.Command{
		Use:   t.say(text{"custody AFFAIRE E-0001 ACTE", "custody CASE E-0001 ACT"}),
		Short: t.say(text{"note ce qui arrive à une pièce : reçue, ouverte, copiée, remise…", "records what happens to evidence: received, opened, copied, returned…"}),
		Long:  t.say(text{"ACTE : ", "ACT: "}) + strings.Join(ledger.CustodyActs, ", ") + ".",
		Args:  t.arguments(3, 3),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := t.oneOf(text{"acte", "act"}, args[2], ledger.CustodyActs); err != nil {
				return err
			}
			c.Item, c.Act = args[1], args[2]
			var err error
			if c.At, err = t.happened(&w); err != nil {
				return err
			}
			d, err := t.openCase(args[0])
			if err != nil {
				return err
			}
			who := t.writer(&w)
			err = t.change(d, who, func(tx *ledger.Tx) error {
				if tx.State.EvidenceByID(c.Item) == nil {
					return t.usage(text{"pièce inconnue : %q", "unknown evidence %q"}, text{"voir « vigie case evidence »", `see "vigie case evidence"`}, c.Item)
				}
				return tx.Append(who.Author, ledger.KindCustody, c)
			})
			if err != nil {
				return err
			}
			if w.json {
				last := d.State.Custody[len(d.State.Custody)-1]
				return writeJSON(t.out, stamped[ledger.Custody]{last.Stamp, last})
			}
			t.note(text{"écrit, ligne %d du registre", "written, line %d of the ledger"}, d.State.Head.Seq)
			return nil
		},
	}
	w.add(t, cmd)
	w.addAt(t, cmd)
	f := cmd.Flags()
	f.StringVar(&c.Person, "by", "", t.say(text{"`PERSONNE` qui l’a fait ; qui écrit, par défaut", "`PERSON` who did it; who writes, by default"}))
	f.StringVar(&c.From, "from", "", t.say(text{"`ORIGINE`", "`ORIGIN`"}))
	f.StringVar(&c.To, "to", "", t.say(text{"`DESTINATION`", "`DESTINATION`"}))
	f.StringVar(&c.Reason, "reason", "", t.say(text{"`RAISON`", "`REASON`"}))
	return cmd
}

// secret reads a passphrase from a file, or from standard input for "-". Its last line break does not count.
func (t *terminal) secret(name string) ([]byte, error) {
	switch name {
	case "":
		return nil, nil
	case "-":
		s, err := t.words("-")
		return []byte(s), err
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, t.cannotOpen(err)
	}
	if len(data) > 4096 {
		return nil, t.usage(text{"mot de passe de plus de 4096 octets : %s", "passphrase of over 4096 bytes: %s"}, text{"vérifier le fichier", "check the file"}, name)
	}
	return []byte(strings.TrimRight(string(data), "\r\n")), nil
}
