package main

import (
	"context"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"vigie/internal/baseline"
	"vigie/internal/detect"
	"vigie/internal/evidence"
)

func baselineCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "baseline",
		Short: t.say(text{"relève les fichiers web d’un serveur de référence", "lists the web files of a reference server"}),
	}
	cmd.AddCommand(baselineMakeCommand(t))
	return cmd
}

// baselineFlags are the options of baseline make.
type baselineFlags struct {
	output, product, build, source string
}

func baselineMakeCommand(t *terminal) *cobra.Command {
	var o baselineFlags
	cmd := &cobra.Command{
		Use:   t.say(text{"make CHEMIN…", "make PATH…"}),
		Short: t.say(text{"relève chemins et empreintes des dossiers web, pour check --baseline", "lists paths and hashes of the web folders, for check --baseline"}),
		Long: t.say(text{
			`Lit la copie des dossiers web d’un serveur dont l’état est connu (installé depuis le support de l’éditeur, même version) et
écrit le chemin, la taille et l’empreinte de chaque fichier. Le lecteur et le dossier d’installation n’y figurent pas.`,
			`Reads the copy of the web folders of a server whose state is known (installed from the publisher's medium, same build) and
writes path, size and hash of each file. Drive and folder of installation are left out.`}),
		Example: t.say(text{"  vigie baseline make ./reference --build 15.1.2507.9 -o reference.jsonl", "  vigie baseline make ./reference --build 15.1.2507.9 -o reference.jsonl"}),
		Args:    cobra.ArbitraryArgs,
		RunE:    func(cmd *cobra.Command, args []string) error { return makeBaseline(cmd.Context(), t, &o, args) },
	}
	f := cmd.Flags()
	f.StringVarP(&o.output, "output", "o", "-", t.say(text{"écrire dans `FICHIER`", "write to `FILE`"}))
	f.StringVar(&o.product, "product", "exchange", t.say(text{"`PRODUIT`", "`PRODUCT`"}))
	f.StringVar(&o.build, "build", "", t.say(text{"`VERSION` du serveur de référence, par exemple 15.1.2507.9", "`BUILD` of the reference server, for example 15.1.2507.9"}))
	f.StringVar(&o.source, "source", "", t.say(text{"d’où vient le serveur de référence (`TEXTE`)", "where the reference server comes from (`TEXT`)"}))
	return cmd
}

func makeBaseline(ctx context.Context, t *terminal, o *baselineFlags, args []string) error {
	if len(args) == 0 || slices.Contains(args, "") {
		return t.usage(text{"rien à relever", "nothing to list"}, text{"donner la copie des dossiers web", "give the copy of the web folders"})
	}
	k, err := t.load()
	if err != nil {
		return err
	}
	files, left, err := baseline.Collect(ctx, args, k.pack.Index(), evidence.DefaultLimits())
	if err != nil {
		return t.cannotOpen(err)
	}
	if len(files) == 0 {
		return t.usage(text{"aucun dossier web reconnu", "no web folder recognised"}, text{"les chemins doivent contenir FrontEnd\\HttpProxy, ClientAccess ou inetpub\\wwwroot", "paths must hold FrontEnd\\HttpProxy, ClientAccess or inetpub\\wwwroot"})
	}
	about := baseline.About{Product: o.product, Build: o.build, Source: o.source, Date: time.Now().UTC().Format(time.DateOnly)}
	if err := writeFile(o.output, t.out, func(w io.Writer) error { return baseline.Write(w, about, files) }); err != nil {
		return err
	}
	t.note(text{"%d fichiers relevés", "%d files listed"}, len(files))
	if left > 0 {
		t.note(text{"%d éléments n’ont pas pu être lus : le relevé est incomplet", "%d items could not be read: the list is not whole"}, left)
		return exitCode(exitPartly)
	}
	return nil
}

// compare gives the rules that also compare files with a baseline; name is empty for none.
func (t *terminal) compare(p *detect.Pack, name string) (*detect.Pack, error) {
	if name == "" {
		return p, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, t.cannotOpen(err)
	}
	defer f.Close()
	b, err := baseline.Read(f)
	if err != nil {
		return nil, t.usage(text{"%s n’est pas un relevé de référence : %v", "%s is no baseline: %v"}, text{"le refaire avec « vigie baseline make »", `make it anew with "vigie baseline make"`}, name, err)
	}
	return p.WithBaseline(b), nil
}
