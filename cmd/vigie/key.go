package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"vigie/internal/seal"
)

func keyCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "key",
		Short: t.say(text{"fait et montre les clés de signature", "makes and shows signing keys"}),
		Long: t.say(text{
			"Les clés et les signatures sont celles d’OpenSSH (Ed25519) : chacun peut les vérifier avec ssh-keygen, sans Vigie.",
			"Keys and signatures are those of OpenSSH (Ed25519): anyone can check them with ssh-keygen, without Vigie."}),
	}
	cmd.AddCommand(keyNewCommand(t), keyShowCommand(t))
	return cmd
}

func keyNewCommand(t *terminal) *cobra.Command {
	var name, passphrase string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   t.say(text{"new FICHIER", "new FILE"}),
		Short: t.say(text{"fait une clé : FICHIER (secret) et FICHIER.pub (à donner)", "makes a key: FILE (secret) and FILE.pub (to give away)"}),
		Args:  t.arguments(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			if name == "" || strings.ContainsAny(name, " \t\r\n,\"#") {
				return t.usage(text{"il faut un nom sans espace, virgule ni guillemet", "a name without blanks, commas and quotes is needed"}, text{"par exemple --name martin@exemple.fr", "for example --name martin@example.org"})
			}
			secret, err := t.secret(passphrase)
			if err != nil {
				return err
			}
			private, public, err := seal.NewKey(name, secret)
			if err != nil {
				return err
			}
			for _, f := range []struct {
				name string
				data []byte
			}{{args[0], private}, {args[0] + ".pub", public}} {
				err := writeNew(f.name, f.data)
				if errors.Is(err, os.ErrExist) {
					return t.usage(text{"%s existe déjà", "%s exists already"}, text{"une clé ne s’écrase pas : choisir un autre nom", "a key is never overwritten: choose another name"}, f.name)
				}
				if err != nil {
					return t.cannotOpen(err)
				}
			}
			if len(secret) == 0 {
				t.note(text{"clé sans mot de passe : qui a le fichier peut signer (voir --passphrase-file)", "key without passphrase: whoever has the file can sign (see --passphrase-file)"})
			}
			return t.showKey(args[0]+".pub", name, asJSON)
		},
	}
	f := cmd.Flags()
	f.StringVar(&name, "name", "", t.say(text{"`NOM` du signataire, par exemple une adresse", "`NAME` of the signer, for example a mail address"}))
	f.StringVar(&passphrase, "passphrase-file", "", t.say(text{"`FICHIER` du mot de passe (« - » : entrée standard)", "`FILE` with the passphrase (\"-\": standard input)"}))
	f.BoolVar(&asJSON, "json", false, t.say(text{"un objet JSON sur la sortie standard", "one JSON object on standard output"}))
	return cmd
}

// writeNew writes a file that must not be there yet, readable by its owner alone.
func writeNew(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

func keyShowCommand(t *terminal) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   t.say(text{"show FICHIER.pub", "show FILE.pub"}),
		Short: t.say(text{"montre l’empreinte d’une clé et la ligne à donner à qui vérifie", "shows the fingerprint of a key and the line for those who verify"}),
		Args:  t.arguments(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			name := args[0]
			if !strings.HasSuffix(name, ".pub") {
				name += ".pub"
			}
			return t.showKey(name, "", asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, t.say(text{"un objet JSON sur la sortie standard", "one JSON object on standard output"}))
	return cmd
}

func (t *terminal) showKey(file, name string, asJSON bool) error {
	k, err := seal.LoadKey(file)
	if err != nil {
		return t.cannotOpen(err)
	}
	if name == "" {
		name = k.Comment
	}
	if asJSON {
		return writeJSON(t.out, map[string]string{"fingerprint": k.Fingerprint(), "public": k.Line(), "allowed_signers": k.AllowedSigner(name)})
	}
	t.table([][]string{{t.say(text{"empreinte", "fingerprint"}), k.Fingerprint()}, {"allowed_signers", visible(k.AllowedSigner(name), false)}})
	return nil
}

// signKey are the options of commands that sign.
type signKey struct{ file, passphrase string }

func (k *signKey) add(t *terminal, cmd *cobra.Command, flag string) {
	cmd.Flags().StringVar(&k.file, flag, "", t.say(text{"`FICHIER` de la clé qui signe (voir « vigie key new »)", "`FILE` of the key that signs (see \"vigie key new\")"}))
	cmd.Flags().StringVar(&k.passphrase, "passphrase-file", "", t.say(text{"`FICHIER` du mot de passe de la clé (« - » : entrée standard)", "`FILE` with the passphrase of the key (\"-\": standard input)"}))
}

// signer opens the key.
func (t *terminal) signer(k *signKey) (*seal.Signer, error) {
	secret, err := t.secret(k.passphrase)
	if err != nil {
		return nil, err
	}
	s, err := seal.LoadSigner(k.file, secret)
	switch {
	case errors.Is(err, seal.ErrPassphrase):
		return nil, t.usage(text{"clé verrouillée : mot de passe absent ou faux : %s", "key is locked, passphrase missing or wrong: %s"}, text{"donner --passphrase-file", "give --passphrase-file"}, k.file)
	case err != nil:
		if cannot := t.cannotOpen(err); cannot != err {
			return nil, cannot
		}
		return nil, t.usage(text{"clé inutilisable : %v", "unusable key: %v"}, text{"une clé Ed25519 d’OpenSSH, voir « vigie key new »", "an Ed25519 key of OpenSSH, see \"vigie key new\""}, err)
	}
	if warn := loose(k.file); warn != "" {
		t.note(text{"attention : d’autres peuvent lire la clé %s (%s)", "warning: others can read the key %s (%s)"}, k.file, warn)
	}
	return s, nil
}

// loose gives the rights of a file that others can read, where rights say so.
func loose(name string) string {
	st, err := os.Stat(name)
	if err != nil || os.PathSeparator == '\\' || st.Mode().Perm()&0o077 == 0 {
		return ""
	}
	return fmt.Sprintf("%04o", st.Mode().Perm())
}
