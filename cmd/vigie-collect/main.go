// Vigie-collect takes the evidence of a machine, once, read-only, into a
// package that vigie judges. It is the collect command of vigie alone, small
// enough to carry to a server: no engines, no rules, no network.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"unicode"

	"github.com/spf13/pflag"

	"vigie/internal/collect/collectcmd"
)

// version is set when a release is built.
var version = "dev"

// memoryLimit is half of what a collection may take on a server: the rest is for the moment before the collector of garbage has run.
const memoryLimit = 64 << 20

// Exit codes, as those of vigie.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitPartly      = 3
	exitInterrupted = 130
)

func main() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	french := language(args) == "fr"
	say := func(fr, en string) string {
		if french {
			return fr
		}
		return en
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	var f collectcmd.Flags
	var lang string
	flags := pflag.NewFlagSet("vigie-collect", pflag.ContinueOnError)
	flags.SortFlags = false
	f.Bind(flags, say)
	flags.StringVar(&lang, "lang", "", say("langue, fr ou en", "language, fr or en"))
	showVersion := flags.Bool("version", false, say("la version", "the version"))
	flags.Usage = func() {
		fmt.Fprintf(os.Stdout, "%s\n\n%s", say("vigie-collect : prend les éléments de preuve d’une machine, en lecture seule.",
			"vigie-collect: takes the evidence of a machine, read-only."), flags.FlagUsages())
	}
	err := flags.Parse(args)
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return 0
	case err != nil || flags.NArg() > 0:
		if err == nil {
			err = fmt.Errorf(say("argument de trop : %s", "unexpected argument: %s"), strconv.Quote(flags.Arg(0)))
		}
		fmt.Fprintf(os.Stderr, "vigie-collect: %v\n  %s\n", err, say("voir --help", "see --help"))
		return exitUsage
	case *showVersion:
		fmt.Println("vigie-collect " + version)
		return 0
	}
	err = f.Run(ctx, collectcmd.Env{Out: os.Stdout, Err: os.Stderr, Say: say, Visible: visible, Version: "vigie-collect " + version})
	var u collectcmd.UsageError
	switch {
	case ctx.Err() != nil:
		return exitInterrupted
	case err == nil:
		return 0
	case errors.Is(err, collectcmd.ErrPartly):
		return exitPartly
	case errors.As(err, &u):
		fmt.Fprintf(os.Stderr, "vigie-collect: %s\n  %s\n", visible(u.Msg), u.Hint)
		return exitUsage
	}
	fmt.Fprintf(os.Stderr, "vigie-collect: %s\n", visible(err.Error()))
	return exitFailed
}

// language is found before anything is said: --lang, VIGIE_LANG, LANG.
func language(args []string) string {
	for i, a := range args {
		if v, ok := strings.CutPrefix(a, "--lang="); ok {
			return v
		}
		if a == "--lang" && i+1 < len(args) {
			return args[i+1]
		}
	}
	for _, k := range []string{"VIGIE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(k); v != "" {
			if strings.HasPrefix(strings.ToLower(v), "fr") {
				return "fr"
			}
			break
		}
	}
	return "en"
}

// visible writes what a terminal would act on or hide as an escape.
func visible(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsGraphic(r) {
			b.WriteRune(r)
			continue
		}
		q := strconv.QuoteRuneToASCII(r)
		b.WriteString(q[1 : len(q)-1])
	}
	return b.String()
}
