package main

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"vigie/internal/casedir"
	"vigie/internal/ledger"
	"vigie/internal/seal"
)

func caseSignCommand(t *terminal) *cobra.Command {
	var w workFlags
	var key signKey
	var tsa string
	cmd := &cobra.Command{
		Use:   t.say(text{"sign AFFAIRE", "sign CASE"}),
		Short: t.say(text{"signe l’affaire telle qu’elle est", "signs the case as it stands"}),
		Long: t.say(text{
			`Écrit manifest.json, qui nomme tout ce que l’affaire contient (registres, révisions, pièces jointes, règles, empreintes des preuves), et sa signature.
Les écritures suivantes ne sont couvertes que par la signature suivante. --timestamp envoie une empreinte, et rien d’autre, au serveur donné.`,
			`Writes manifest.json, which names all that the case holds (ledgers, revisions, attachments, rules, hashes of the evidence), and its signature.
Later entries are covered by the next signature only. --timestamp sends a hash, and nothing else, to the server that is given.`}),
		Args: t.arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if key.file == "" {
				return t.usage(text{"avec quelle clé ?", "with which key?"}, text{"donner --key", "give --key"})
			}
			s, err := t.signer(&key)
			if err != nil {
				return err
			}
			d, err := t.openCase(args[0])
			if err != nil {
				return err
			}
			if d.Changed {
				return exitCode(exitUnverified) // told when it was opened
			}
			who := t.writer(&w)
			err = t.change(d, who, func(tx *ledger.Tx) error {
				return tx.Append(who.Author, ledger.KindSigned, ledger.Signed{Fingerprint: s.Key.Fingerprint(), Name: s.Key.Comment})
			})
			if err != nil {
				return err
			}
			m, err := d.Manifest(time.Now(), version)
			if err != nil {
				return err
			}
			name := filepath.Join(d.Path, seal.ManifestName)
			if err := m.Save(name, s); err != nil {
				return err
			}
			t.note(text{"signé par %s : %d écritures, tête %s", "signed by %s: %d entries, head %s"}, s.Key.Fingerprint(), d.State.Head.Seq, d.State.Head.Hash)
			if tsa != "" {
				return t.timestamp(cmd, s, tsa, name+seal.Ending)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&w.author, "author", "", t.say(text{"`NOM` de qui écrit (VIGIE_AUTHOR, sinon le compte du système)", "`NAME` of who writes (VIGIE_AUTHOR, else the account of the system)"}))
	key.add(t, cmd, "key")
	cmd.Flags().StringVar(&tsa, "timestamp", "", t.say(text{"`URL` d’un serveur d’horodatage (RFC 3161)", "`URL` of a time-stamping server (RFC 3161)"}))
	return cmd
}

// timestamp has a signature confirmed by a time-stamping server.
func (t *terminal) timestamp(cmd *cobra.Command, s *seal.Signer, url, sigName string) error {
	sig, err := os.ReadFile(sigName)
	if err != nil {
		return err
	}
	answer, err := seal.Stamp(cmd.Context(), http.DefaultClient, url, sig)
	if err != nil {
		t.note(text{"signé, mais pas horodaté : %v", "signed, but not time-stamped: %v"}, err)
		return exitCode(exitUnreachable)
	}
	if err := seal.SaveStamp(s, sigName, answer); err != nil {
		return err
	}
	ts, err := seal.ReadStamp(answer, sig, nil)
	if err != nil {
		return err
	}
	t.note(text{"horodaté le %s par %s", "time-stamped on %s by %s"}, t.stamp(ts.Time), ts.Authority)
	return nil
}

func caseExportCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   t.say(text{"export AFFAIRE FICHIER.zip", "export CASE FILE.zip"}),
		Short: t.say(text{"met l’affaire dans un seul fichier", "puts the case into one file"}),
		Long: t.say(text{"La même affaire donne les mêmes octets, et « vigie verify » vérifie le fichier. Les preuves elles-mêmes n’y sont pas.",
			"The same case gives the same bytes, and \"vigie verify\" checks the file. The evidence itself is not in it."}),
		Args: t.arguments(2, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			d, err := t.openCase(args[0])
			if err != nil {
				return err
			}
			if d.Alone || d.State.Head.Seq == 0 {
				return t.badCase(args[0], casedir.ErrAlone)
			}
			if err := writeFile(args[1], t.out, func(w io.Writer) error { return casedir.Export(w, d) }); err != nil {
				return t.cannotOpen(err)
			}
			if args[1] != "-" {
				t.note(text{"affaire écrite : %s", "case written: %s"}, args[1])
			}
			return nil
		},
	}
	return cmd
}

func caseImportCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use:   t.say(text{"import FICHIER.zip DOSSIER", "import FILE.zip DIR"}),
		Short: t.say(text{"sort une affaire de son fichier, dans un nouveau dossier", "takes a case out of its file, into a new folder"}),
		Args:  t.arguments(2, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := os.Open(args[0])
			if err != nil {
				return t.cannotOpen(err)
			}
			defer f.Close()
			st, err := f.Stat()
			if err != nil {
				return err
			}
			if names, err := os.ReadDir(args[1]); err == nil && len(names) > 0 || err != nil && !errors.Is(err, os.ErrNotExist) {
				return t.usage(text{"%s n’est pas un dossier vide", "%s is no empty folder"}, text{"choisir un autre dossier", "choose another folder"}, args[1])
			}
			if err := casedir.Import(args[1], f, st.Size()); err != nil {
				t.note(text{"%s n’est pas une affaire telle que Vigie l’écrit : %v", "%s is no case as Vigie writes it: %v"}, args[0], err)
				return exitCode(exitUnverified)
			}
			if _, err := t.openCase(args[1]); err != nil {
				return err
			}
			t.note(text{"affaire lue : %s ; voir « vigie verify »", `case read: %s; see "vigie verify"`}, args[1])
			return nil
		},
	}
}
