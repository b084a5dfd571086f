// Package collectcmd is the collect command: its flags, its words and its
// output, for the whole program and for the small collector alike.
package collectcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/spf13/pflag"

	"vigie/internal/collect"
	"vigie/internal/vgz"
	"vigie/knowledge/profiles"
)

// Flags are the options of the command.
type Flags struct {
	Profile, Root, Out, Machine string
	Since, MaxSize, Split       string
	By, Why                     string
	ClockOffset, ClockSource    string
	To                          []string
	Key, Passphrase             string
	CPU                         int
	Reserve                     int
	Plan, Resume, Shadow, JSON  bool
}

// Say gives a sentence in the reader's language.
type Say func(fr, en string) string

// Bind declares the flags.
func (f *Flags) Bind(fs *pflag.FlagSet, say Say) {
	ids := strings.Join(collect.Profiles(profiles.FS), ", ")
	fs.StringVar(&f.Profile, "profile", "exchange", say("ce qu’il faut prendre, `PROFIL`\u00a0: ", "what to take, `PROFILE`: ")+ids)
	fs.StringVarP(&f.Out, "output", "o", "", say("écrire le paquet dans `FICHIER` (par défaut : machine et date, dans le dossier courant)", "write the package to `FILE` (default: machine and date, in the current folder)"))
	fs.StringVar(&f.Root, "root", "", say("`DOSSIER` où le disque de la machine est monté, au lieu de cette machine", "`DIR` where the machine's disk is mounted, instead of this machine"))
	fs.StringVar(&f.Machine, "machine", "", say("`NOM` de la machine dont le disque est monté", "`NAME` of the machine whose disk is mounted"))
	fs.StringVar(&f.Since, "since", "", say("laisser les journaux modifiés pour la dernière fois avant `DATE`", "leave logs last changed before `DATE`"))
	fs.StringVar(&f.MaxSize, "max-size", "", say("garder au plus `TAILLE` de contenu (par exemple 10GiB)\u202f; le reste est listé avec son empreinte", "keep at most `SIZE` of content (10GiB, say); the rest is listed with its hash"))
	fs.StringVar(&f.Split, "split", "", say("couper le paquet en fichiers de `TAILLE`", "cut the package into files of `SIZE`"))
	fs.StringSliceVar(&f.To, "to", nil, say("chiffrer pour cette clé publique age (`CLÉ` ou fichier de clés\u202f; plusieurs possibles)", "encrypt to this age public key (`KEY` or file of keys; may be repeated)"))
	fs.StringVar(&f.Key, "key", "", say("signer avec la clé de ce `FICHIER` (OpenSSH, Ed25519\u202f; voir «\u202fvigie key new\u202f»)", "sign with the key of this `FILE` (OpenSSH, Ed25519; see \"vigie key new\")"))
	fs.StringVar(&f.Passphrase, "passphrase-file", "", say("`FICHIER` du mot de passe de la clé", "`FILE` with the passphrase of the key"))
	fs.StringVar(&f.By, "by", "", say("`NOM` de la personne qui collecte", "`NAME` of the person who collects"))
	fs.StringVar(&f.Why, "why", "", say("`MOTIF`\u00a0: mission, autorisation, numéro de dossier", "`REASON`: mission, permission, case number"))
	fs.StringVar(&f.ClockOffset, "clock-offset", "", say("avance de l’horloge de la machine, en `SECONDES`", "how far the machine's clock is ahead, in `SECONDS`"))
	fs.StringVar(&f.ClockSource, "clock-source", "", say("par rapport à quelle `HORLOGE`", "against which `CLOCK`"))
	fs.IntVar(&f.CPU, "cpu", 10, say("part d’un cœur à ne pas dépasser, en `POUR CENT` (0\u00a0: sans limite)", "share of one core not to exceed, in `PERCENT` (0: no limit)"))
	fs.IntVar(&f.Reserve, "keep-free", 10, say("s’arrêter quand il reste ce `POUR CENT` du disque de destination", "stop when this `PERCENT` of the target disk is left"))
	fs.BoolVar(&f.Plan, "plan", false, say("dire ce qui serait pris, et rien de plus", "say what would be taken, and no more"))
	fs.BoolVar(&f.Resume, "resume", false, say("reprendre la collecte interrompue de --output", "go on with the interrupted collection of --output"))
	fs.BoolVar(&f.Shadow, "shadow", false, say("permettre un cliché instantané pour les fichiers verrouillés (Windows le crée, Vigie le supprime)", "allow a shadow copy for locked files (Windows makes it, Vigie removes it)"))
	fs.BoolVar(&f.JSON, "json", false, say("un objet JSON", "one JSON object"))
}

// UsageError is a mistake of the user, with what would be right.
type UsageError struct{ Msg, Hint string }

func (e UsageError) Error() string { return e.Msg }

// Env is what the command needs of its program.
type Env struct {
	Out, Err io.Writer
	Say      Say
	// Visible makes a name from the machine inert for a terminal.
	Visible func(string) string
	Version string
	Tick    func(collect.Progress)
}

// ErrPartly says that the package was written, but not everything could be read.
var ErrPartly = errors.New("part of the machine could not be read")

// Run carries the command out.
func (f *Flags) Run(ctx context.Context, env Env) error {
	s, err := f.settle(env)
	if err != nil {
		return err
	}
	if s.live != nil {
		defer s.live.Close()
	}
	places := s.opt.Places()
	if f.Plan {
		list, err := collect.Plan(ctx, places, s.opt)
		if err != nil {
			return err
		}
		return f.showPlan(env, list)
	}
	var w *vgz.Writer
	from := ""
	if f.Resume {
		w, from, err = vgz.Resume(f.Out, nextName(f.Out), s.pack)
		if err == nil {
			places = w.Header().Places
		}
	} else {
		w, err = vgz.Create(f.Out, s.header(f, env, places), s.pack)
	}
	if err != nil {
		if errors.Is(err, fs.ErrExist) {
			return UsageError{fmt.Sprintf(env.Say("%s existe déjà", "%s exists"), env.Visible(f.Out)), env.Say("donner un autre nom, ou --resume pour reprendre", "give another name, or --resume to go on")}
		}
		return err
	}
	out := f.Out
	if c := w.Header().Continues; c != nil {
		out = nextName(f.Out)
	}
	end, err := collect.Run(ctx, w, out, from, places, s.opt)
	if err != nil {
		return fmt.Errorf(env.Say("le paquet est écrit jusqu’à son dernier lot\u202f; reprendre avec --resume\u00a0: %w", "the package is written up to its last batch; go on with --resume: %w"), err)
	}
	res, err := outcome(out, w.Header().ID, end)
	if err == nil {
		err = res.note(s.pack.Sign)
	}
	if err != nil {
		return err
	}
	if err := f.show(env, res); err != nil {
		return err
	}
	if end.Failed > 0 || !end.Complete {
		return ErrPartly
	}
	return nil
}

// settled are the flags as what they mean.
type settled struct {
	opt  collect.Options
	pack vgz.Options
	live *collect.Live
}

func (f *Flags) settle(env Env) (*settled, error) {
	usage := func(fr, en, hintFR, hintEN string, args ...any) error {
		return UsageError{fmt.Sprintf(env.Say(fr, en), args...), env.Say(hintFR, hintEN)}
	}
	p, err := collect.LoadProfile(profiles.FS, f.Profile)
	if err != nil {
		return nil, usage("profil inconnu\u00a0: %q", "unknown profile %q", "choisir parmi "+strings.Join(collect.Profiles(profiles.FS), ", "), "choose among "+strings.Join(collect.Profiles(profiles.FS), ", "), f.Profile)
	}
	s := &settled{}
	s.opt = collect.Options{Profile: p, CPU: float64(f.CPU) / 100, Reserve: float64(f.Reserve) / 100, Tick: env.Tick}
	if f.CPU < 0 || f.CPU > 100 || f.Reserve < 0 || f.Reserve > 90 {
		return nil, usage("pourcentage hors limites", "percentage out of range", "--cpu de 0 à 100, --keep-free de 0 à 90", "--cpu from 0 to 100, --keep-free from 0 to 90")
	}
	if s.opt.Disk, err = collect.OpenDisk(f.Root); errors.Is(err, collect.ErrNoSystem) {
		return nil, usage("cette machine n’est pas sous Windows", "this machine does not run Windows", "donner --root DOSSIER, où le disque du serveur est monté", "give --root DIR, where the server's disk is mounted")
	} else if err != nil {
		return nil, usage("dossier illisible\u00a0: %v", "unreadable folder: %v", "donner à --root le dossier où le disque est monté", "give --root the folder where the disk is mounted", err)
	}
	if f.Since != "" {
		if s.opt.Since, err = time.Parse(time.DateOnly, f.Since); err != nil {
			return nil, usage("date illisible\u00a0: %q", "unreadable date %q", "par exemple 2021-01-03", "for example 2021-01-03", f.Since)
		}
	}
	for _, z := range []struct {
		text string
		to   *int64
	}{{f.MaxSize, &s.opt.MaxBytes}, {f.Split, &s.pack.Part}} {
		if z.text == "" {
			continue
		}
		n, ok := ParseSize(z.text)
		if !ok || n < 1<<20 {
			return nil, usage("taille illisible\u00a0: %q", "unreadable size %q", "au moins 1MiB, par exemple 700MiB ou 2GiB", "at least 1MiB, for example 700MiB or 2GiB", z.text)
		}
		*z.to = n
	}
	for _, to := range f.To {
		list, err := recipients(to)
		if err != nil {
			return nil, usage("clé age illisible\u00a0: %q", "unreadable age key %q", "une clé publique «\u202fage1…\u202f» ou un fichier qui en contient", "a public key age1… or a file that holds some", to)
		}
		s.pack.To = append(s.pack.To, list...)
	}
	if f.Key != "" {
		if s.pack.Sign, err = f.signer(); err != nil {
			return nil, usage("clé inutilisable\u00a0: %v", "unusable key: %v", "une clé Ed25519 d’OpenSSH, et --passphrase-file si elle est verrouillée", "an Ed25519 key of OpenSSH, and --passphrase-file when it is locked", err)
		}
	}
	if f.Resume && f.Out == "" {
		return nil, usage("--resume sans --output", "--resume without --output", "donner le paquet à reprendre", "give the package to go on with")
	}
	if f.ClockOffset != "" {
		if _, err := strconv.ParseFloat(f.ClockOffset, 64); err != nil {
			return nil, usage("écart d’horloge illisible\u00a0: %q", "unreadable clock offset %q", "un nombre de secondes, négatif si la machine retarde", "a number of seconds, negative when the machine is behind", f.ClockOffset)
		}
	}
	if f.Root == "" {
		s.live = collect.NewLive(f.Shadow)
		s.opt.Live = s.live
	}
	if f.Out == "" {
		name := f.Machine
		if name == "" {
			name = collect.Facts(s.live).Name
		}
		f.Out = fileWord(name) + time.Now().UTC().Format("-20060102-150405") + ".vgz"
		if len(s.pack.To) > 0 {
			f.Out += ".age"
		}
	}
	return s, nil
}

// fileWord makes a word that every file system takes.
func fileWord(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '-'
	}, s)
	if s = strings.Trim(s, "-"); s == "" {
		return "machine"
	}
	return s[:min(len(s), 60)]
}

// nextName is the name of the second package of an encrypted collection: x.vgz.age gives x.2.vgz.age.
func nextName(name string) string {
	dir, base := filepath.Split(name)
	stem, ext, ok := strings.Cut(base, ".vgz")
	if ok {
		ext = ".vgz" + ext
	}
	n := 2
	if i := strings.LastIndexByte(stem, '.'); i >= 0 {
		if k, err := strconv.Atoi(stem[i+1:]); err == nil && k >= 2 {
			stem, n = stem[:i], k+1
		}
	}
	return dir + stem + "." + strconv.Itoa(n) + ext
}

func recipients(s string) ([]age.Recipient, error) {
	if strings.HasPrefix(s, "age1") {
		r, err := age.ParseX25519Recipient(s)
		return []age.Recipient{r}, err
	}
	f, err := os.Open(s)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return age.ParseRecipients(io.LimitReader(f, 1<<20))
}

func (s *settled) header(f *Flags, env Env, places collect.Places) vgz.Header {
	m := collect.ImageFacts(f.Root, f.Machine)
	if f.Root == "" {
		m = collect.Facts(s.live)
	}
	if v, err := strconv.ParseFloat(f.ClockOffset, 64); err == nil {
		m.ClockOffset, m.ClockSource = &v, f.ClockSource
	}
	opt := map[string]string{"cpu": strconv.Itoa(f.CPU), "keep-free": strconv.Itoa(f.Reserve), "shadow": strconv.FormatBool(f.Shadow)}
	for k, v := range map[string]string{"since": f.Since, "max-size": f.MaxSize, "split": f.Split} {
		if v != "" {
			opt[k] = v
		}
	}
	return vgz.Header{Collector: env.Version, Started: time.Now().UTC().Truncate(time.Second), Profile: f.Profile, Machine: m, By: f.By, Why: f.Why, Options: opt, Places: places}
}
